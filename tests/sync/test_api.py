"""The server answers as described, whatever is sent: schemathesis, and signed nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator as Judge,
)
from schemathesis import Case, SerializationContext
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.applications import Starlette

from clinic_desktop.clock import FixedClock
from clinic_desktop.sync.messages import MEDIA, REQUEST_HEADER
from clinic_desktop.sync.server.app import description, make_app
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from tests.support.asgi import ask
from tests.support.relays import PaperPractice, Pc

SPEC = json.loads(description())
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance, unsupported_method,
]  # fmt: skip
SIGNED = sorted(
    (method.upper(), path)
    for path, calls in SPEC["paths"].items()
    for method, call in calls.items()
    if method != "parameters" and "security" in call
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=300)


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Iterator[Starlette]:
    files = Files(tmp_path / "server")
    yield make_app(Relay(files, clock, Limits(per_minute=10**9, burst=10**9)))
    files.close()


@schemathesis.serializer(MEDIA)
def bytes_as_they_are(_context: SerializationContext, value: Any) -> bytes:
    """A body of bytes goes out byte for byte."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.leaks("schemathesis keeps the thread in which it ran the server")
def test_every_call_keeps_to_the_description(app: Starlette) -> None:
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert {(each.method.upper(), each.path) for each in operations} >= set(SIGNED)
    for operation in operations:

        @FEW
        @given(case=operation.as_strategy())
        def keeps(case: Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        keeps()


@pytest.mark.slow
def test_signed_nonsense_is_answered_as_described(app: Starlette) -> None:
    practice = PaperPractice()
    pc = Pc(practice.clinic)
    assert ask(app, "POST", "/v1/practices", practice.found(pc)).status == 200

    @MANY
    @given(call=st.sampled_from(SIGNED), body=bodies(pc))
    def is_described(call: tuple[str, str], body: bytes) -> None:
        method, route = call
        path = route.replace("{box}", "0" * 32)
        signed = pc.call(method, path, body)
        answer = ask(app, method, path, body, {REQUEST_HEADER: signed.header})
        assert answer.status < 500, answer.body
        told = SPEC["paths"][route][method.lower()]["responses"][str(answer.status)]
        if answer.headers.get("content-type") != MEDIA:
            assert list(told["content"]) == ["application/json"]
            Judge(SPEC["components"]["schemas"]["Refusal"]).validate(json.loads(answer.body))

    is_described()


def bodies(pc: Pc) -> st.SearchStrategy[bytes]:
    """Bytes, MessagePack of any shape, and what is nearly a message."""
    leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=64)
    shapes = st.recursive(leaves, lambda inner: st.lists(inner, max_size=6), max_leaves=12)
    good = pc.sync_body(pc.work(), have={pc.device.bytes: 3})
    pc.made.clear()

    def bent(change: tuple[int, int]) -> bytes:
        at, byte = change[0] % len(good), change[1]
        return good[:at] + bytes([byte]) + good[at + 1 :]

    changes = st.tuples(st.integers(0, 2**16), st.integers(0, 255))
    return st.binary(max_size=200) | shapes.map(msgspec.msgpack.encode) | changes.map(bent)
