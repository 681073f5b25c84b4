"""A request as it came to a server, and its no."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.sync.messages import Refusal


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    header: str
    body: bytes
    address: str


class RefusedError(Exception):
    """A call that is answered with no; nothing of it was kept."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.status, self.refusal = status, refusal


def refuse(status: int, code: str) -> RefusedError:
    """The no to raise, of an HTTP status and a word that PCs know."""
    return RefusedError(status, Refusal(code))
