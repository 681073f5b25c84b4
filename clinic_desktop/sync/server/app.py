"""The HTTP around the relay: bounded bodies, one route per call, a log that names nobody."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from clinic_desktop.sync.messages import MEDIA, REQUEST_HEADER, Refusal
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.proxies import Trusted
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import NoRoomError

log = logging.getLogger(__name__)
_JSON: Final = "application/json"
Work = Callable[[Call, Request], bytes]
Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(relay: Relay, trusted: Trusted = Trusted()) -> Starlette:  # noqa: B008 - frozen
    """The server's calls; ``openapi.json`` describes them, and a test compares the two."""
    door = _Door(relay, trusted)

    def by_box(work: Callable[[Call, bytes], bytes]) -> Work:
        return lambda call, request: work(call, _box(request))

    def plain(work: Callable[[Call], bytes]) -> Work:
        return lambda call, _request: work(call)

    routes = [
        ("POST", "/v1/practices", plain(relay.found)),
        ("POST", "/v1/statements", plain(relay.state)),
        ("GET", "/v1/statements", plain(relay.stated)),
        ("POST", "/v1/sync", plain(relay.sync)),
        ("POST", "/v1/chunks", plain(relay.chunks)),
        ("POST", "/v1/pages", plain(relay.pages)),
        ("GET", "/v1/snapshots", plain(relay.snapshots)),
        ("POST", "/v1/snapshots", plain(relay.keep_snapshot)),
        ("GET", "/v1/vouches", plain(relay.vouches)),
        ("POST", "/v1/vouches", plain(relay.vouch)),
        ("PUT", "/v1/keybox", plain(relay.put_key)),
        ("GET", "/v1/keybox", plain(relay.keys)),
        ("POST", "/v1/mail/{box}", by_box(relay.open_mail)),
        ("PUT", "/v1/mail/{box}", by_box(relay.put_mail)),
        ("GET", "/v1/mail/{box}", by_box(relay.get_mail)),
    ]
    served = [
        Route(path, door.serve(path, work), methods=[method]) for method, path, work in routes
    ]
    return Starlette(
        routes=[
            *served,
            Route("/v1/health", door.health, methods=["GET"]),
            Route("/v1/openapi.json", door.openapi, methods=["GET"]),
            Route("/metrics", door.metrics, methods=["GET"]),
        ]
    )


def _box(request: Request) -> bytes:
    try:
        found = bytes.fromhex(request.path_params["box"])
    except ValueError:
        found = b""
    if len(found) != 16:
        raise RefusedError(404, Refusal("unknown"))
    return found


class _Door:
    """From a request to a call and from its result to an answer."""

    def __init__(self, relay: Relay, trusted: Trusted) -> None:
        self._relay, self._trusted = relay, trusted
        self._bodies = 0
        self._answers: Counter[int] = Counter()

    def serve(self, route: str, work: Work) -> Endpoint:
        """An endpoint of the relay."""

        async def endpoint(request: Request) -> Response:
            started = self._relay.clock.uptime()
            body = bytearray()
            try:
                await self._read(request, body)
                call = self._call(request, bytes(body))
                answer = await run_in_threadpool(work, call, request)
                response = Response(answer, media_type=MEDIA)
            except RefusedError as error:
                response = _refused(error)
            except NoRoomError:
                log.error("the disk of the server is full: nothing was taken")  # noqa: TRY400
                response = _refused(RefusedError(507, Refusal("full")))
            except ClientDisconnect:
                response = Response(status_code=499)
            except Exception:
                ticket = secrets.token_hex(4)
                log.exception("request %s failed", ticket)
                response = _json(500, {"code": "fault", "request": ticket})
            finally:
                self._bodies -= len(body)
            taken = self._relay.clock.uptime() - started
            self._note(request.method, route, response, len(body), taken)
            return response

        return endpoint

    def _note(self, method: str, route: str, response: Response, size: int, taken: float) -> None:
        """A line per request: no address, no id, nothing of what was sent."""
        self._answers[response.status_code] += 1
        line = {
            "method": method, "route": route, "status": response.status_code,
            "in": size, "out": len(response.body), "ms": round(taken * 1000),
        }  # fmt: skip
        log.info("%s", json.dumps(line))

    async def _read(self, request: Request, found: bytearray) -> None:
        """Read the body into ``found``, within what one request and all together may hold."""
        limits = self._relay.limits
        said = request.headers.get("content-length", "0")
        if not said.isdigit() or len(said) > 12 or int(said) > limits.request_bytes:
            raise RefusedError(413, Refusal("too-long"))
        try:
            async with asyncio.timeout(limits.body_s):
                async for piece in request.stream():
                    found += piece
                    self._bodies += len(piece)
                    if len(found) > limits.request_bytes:
                        raise RefusedError(413, Refusal("too-long"))
                    if self._bodies > limits.bodies_bytes:
                        raise RefusedError(503, Refusal("slow-down"))
        except TimeoutError:
            raise RefusedError(408, Refusal("too-slow")) from None

    def _call(self, request: Request, body: bytes) -> Call:
        peer = request.client.host if request.client else ""
        address = self._trusted.address(peer, request.headers.getlist("x-forwarded-for"))
        header = request.headers.get(REQUEST_HEADER, "")
        return Call(request.method, request.url.path, header, body, address)

    async def health(self, _request: Request) -> Response:
        """Whether it serves: whether it reaches what it keeps."""
        try:
            await run_in_threadpool(self._relay.answers)
        except Exception:
            log.exception("the server cannot reach what it keeps")
            return _json(503, {"status": "down"})
        return _json(200, {"status": "ok"})

    async def openapi(self, _request: Request) -> Response:
        """What it serves."""
        return Response(description(), media_type=_JSON)

    async def metrics(self, _request: Request) -> Response:
        """Counts for a monitoring system; of all practices together."""
        relay = self._relay
        practices = await run_in_threadpool(relay.practices.count)
        lines = [
            "# TYPE clinic_practices gauge",
            f"clinic_practices {practices}",
            "# TYPE clinic_segments_taken counter",
            f"clinic_segments_taken {relay.segments_taken}",
            "# TYPE clinic_segments_given counter",
            f"clinic_segments_given {relay.segments_given}",
            "# TYPE clinic_segments_dropped counter",
            f"clinic_segments_dropped {relay.segments_dropped}",
            "# TYPE clinic_damaged counter",
            f"clinic_damaged {relay.pieces_damaged}",
            *_free(relay.practices.free_bytes()),
            "# TYPE clinic_answers counter",
            *(f'clinic_answers{{status="{s}"}} {n}' for s, n in sorted(self._answers.items())),
        ]
        return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


@cache
def description() -> bytes:
    """The OpenAPI description."""
    return resources.files(__package__).joinpath("openapi.json").read_bytes()


def _free(found: int | None) -> list[str]:
    return [] if found is None else ["# TYPE clinic_free_bytes gauge", f"clinic_free_bytes {found}"]


def _refused(error: RefusedError) -> Response:
    return Response(msgspec.json.encode(error.refusal), error.status, media_type=_JSON)


def _json(status: int, data: dict[str, Any]) -> Response:
    return Response(json.dumps(data), status, media_type=_JSON)
