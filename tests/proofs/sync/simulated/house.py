"""A house where PCs meet at one of them: the program's own hub, on the simulated network.

What a hub says to a request is said by the handler that listens on a real PC; only its socket and
its TLS are left out. Who asks "is there a hub?" is answered by those that hold a common key.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from unittest import mock
from urllib.parse import urlsplit

from clinic_desktop import hub
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync import nearby
from clinic_desktop.sync.connecting import courier
from clinic_desktop.sync.pinned import NEAR
from clinic_desktop.sync.server import listening
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.hub import HubRelay

if TYPE_CHECKING:
    from tests.proofs.sync.simulated.machine import Pc

PORT: Final = 8471
_LOOP: Final = "127.0.0.1"


class Hub:
    """What answers at one PC while its program runs."""

    def __init__(self, pc: Pc) -> None:
        assert pc.store is not None
        self.pc = pc
        self._files = Files(DataDir(pc.folder).hub)
        me = pc.store.write(SYSTEM, courier, pc.person.keys.vault.clinic).result()
        self.record = hub._Record(pc.store, me)
        self.relay = HubRelay(self._files, pc.store.clock, self.record, lambda: None)

    def serve(self, sent: bytes) -> bytes:
        """The answer to what came.

        Raises:
            PowerCut: the PC went off.
        """
        line = _Caller(sent)
        server: Any = self  # of the server the handler asks for the relay only
        listening._Handler(line, ("192.0.2.7", 5000), server)  # type: ignore[arg-type]
        return bytes(line.answer)

    def stop(self) -> None:
        """Answer no more."""
        self._files.close()


class _Caller:
    """A connection on which all that is ever sent has come."""

    def __init__(self, sent: bytes) -> None:
        self._sent, self.answer = sent, bytearray()

    def settimeout(self, _seconds: float) -> None:
        """Time is simulated."""

    def makefile(self, *_how: Any, **_more: Any) -> io.BytesIO:
        return io.BytesIO(self._sent)

    def sendall(self, data: bytes) -> None:
        self.answer += data


class House:
    """The PCs of a practice in one network, each with an address of its own."""

    def __init__(self) -> None:
        self.pcs: list[Pc] = []
        self.asks: Pc | None = None
        """Who is at work."""

    def address(self, pc: Pc) -> str:
        """Of a PC in this network."""
        return f"10.0.0.{self.pcs.index(pc) + 1}"

    def hub(self, url: str) -> Hub | None:
        """What answers at an address for the PC that asks."""
        host = urlsplit(url).hostname
        for pc in self.pcs:
            if pc.hub is not None and host == self.address(pc):
                return pc.hub
        return self.asks.hub if host == _LOOP and self.asks is not None else None

    def find(self, deks: Sequence[bytes], *_where: Any) -> list[str]:
        """Hubs that share a key with who asks, as if all had heard the question."""
        return [
            f"{NEAR}://{self.address(pc)}:{PORT}"
            for pc in self.pcs
            if pc.hub is not None and pc is not self.asks and {*deks} & {*pc.hub.record.deks()}
        ]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """PCs look for each other in this house only."""

        def own() -> list[str]:
            return [_LOOP] if self.asks is None else [self.address(self.asks), _LOOP]

        with (
            mock.patch.object(nearby, "find", self.find),
            mock.patch.object(nearby, "own_addresses", own),
        ):
            yield
