"""The server's calls for one practice in one house, answered by a PC while its program runs.

Who may ask is what the PC's own record says at that moment, so a hub needs no statements: a PC that
was let in or taken out there is so at once. All else is the relay that a server runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final, Protocol

from clinic_desktop.clock import Clock
from clinic_desktop.sync import segment
from clinic_desktop.sync.keys import read_sealed
from clinic_desktop.sync.messages import Keybox, Refusal, Statements, decode, encode, read_caller
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import Practices, Rows
from clinic_desktop.sync.statements import AddDevice, Known

LIMITS: Final = Limits(per_minute=1200, burst=1200)
"""PCs in the house ask often, and hold up nobody else."""
_MOST_KEYS: Final = 500


class Record(Protocol):
    """What a hub asks the record of its PC; from any thread."""

    def members(self) -> Known:
        """Who belongs to the practice now, and who did."""

    def sealed_keys(self) -> list[bytes]:
        """All data keys, sealed to each other PC."""

    def believe(self, statement: bytes) -> bool:
        """Take the word of an owner for another PC; whether an owner said it."""

    def said(self) -> tuple[bytes, ...]:
        """Such statements."""


class HubRelay(Relay):
    """The relay of one practice."""

    def __init__(
        self, practices: Practices, clock: Clock, record: Record, arrived: Callable[[], None]
    ) -> None:
        """``arrived`` hears that a PC brought something; from any thread."""
        super().__init__(practices, clock, LIMITS)
        self._record, self._arrived = record, arrived
        clinic = record.members().clinic
        with practices.practice(clinic, make=True) as rows:
            assert rows is not None  # noqa: S101 - it was just made
            rows.run(
                "INSERT INTO practice (clinic, head, used) VALUES (:clinic, 0, 0)"
                " ON CONFLICT DO NOTHING"
            )

    def sync(self, call: Call) -> bytes:
        """Take what the PC brings, and hand on what it lacks."""
        before = self.segments_taken
        answer = super().sync(call)
        if self.segments_taken != before:
            self._arrived()
        return answer

    def keys(self, call: Call) -> bytes:
        """The data keys that wait for the PC that asks, and those that this PC has itself."""
        waiting = decode(super().keys(call), Keybox)
        asks = read_caller(call.header).device.bytes
        own = [each for each in self._record.sealed_keys() if read_sealed(each).device == asks]
        return encode(Keybox(1, (*waiting.keys, *own)[-_MOST_KEYS:]))

    def found(self, call: Call) -> bytes:  # noqa: ARG002 - other practices have their own hubs
        """Take in no practice."""
        raise RefusedError(403, Refusal("unknown"))

    def state(self, call: Call) -> bytes:
        """Take the word of an owner for one more PC, and no other: the record says who belongs."""
        one = self._statement(call.body)
        with self._asking(call, people=True):
            pass
        if not (isinstance(one.body, AddDevice) and self._record.believe(call.body)):
            raise RefusedError(403, Refusal("unknown"))
        return b""

    def stated(self, call: Call) -> bytes:
        """What owners said of PCs that the chain of members may not have told of yet."""
        with self._asking(call, people=True):
            pass
        return encode(Statements(1, tuple(self._record.said())))

    def _stated_so_far(self, clinic: uuid.UUID, rows: Rows) -> Known:
        known = self._record.members()
        if clinic != known.clinic:
            raise RefusedError(401, Refusal("unknown"))
        have = {
            bytes(row[0]) for row in rows.all("SELECT device_id FROM device WHERE clinic = :clinic")
        }
        for device in (known.devices.keys() | known.ended.keys()) - have:
            rows.run(
                "INSERT INTO device (clinic, device_id, counter, tip, tip_hash)"
                " VALUES (:clinic, :device, 0, 0, :hash)",
                device=device, hash=segment.BEGINNING,
            )  # fmt: skip
        return known
