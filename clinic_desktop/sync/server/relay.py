"""What each call does: keeps what a known PC sends, hands on what it lacks, believes nothing.

A PC is known by the practice's chain of statements. Its requests are signed and counted, so that
none works twice; segments are taken in their order only, each once. An answer leaves when what it
acknowledges is on the disk.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from clinic_desktop.clock import Clock
from clinic_desktop.models.types import to_millis
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import segment, statements
from clinic_desktop.sync.keys import read_sealed
from clinic_desktop.sync.messages import (
    MAX_MAIL,
    Caller,
    Keybox,
    MessageError,
    Refusal,
    Statements,
    SyncReply,
    SyncRequest,
    decode,
    encode,
    read_caller,
)
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.server.limits import Limits, Rate
from clinic_desktop.sync.server.practices import PlainFile, Practices
from clinic_desktop.sync.statements import Known, StatementError

_SPARE: Final = 64 << 10
"""What an answer holds besides its segments."""


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


def _refuse(status: int, code: str) -> RefusedError:
    return RefusedError(status, Refusal(code))


@dataclass
class _Asking:
    """A PC whose request is signed and new, inside the transaction that serves it."""

    caller: Caller
    cursor: Any
    known: Known


class Relay:
    """All calls of one server."""

    def __init__(self, practices: Practices, clock: Clock, limits: Limits) -> None:
        self.practices, self.clock, self.limits = practices, clock, limits
        self._rate = Rate(limits.per_minute, limits.burst)
        self.segments_taken = self.segments_given = 0

    def found(self, call: Call) -> bytes:
        """Take a practice in: its first statement says who decides there."""
        self._slow_down(f"address {call.address}")
        first = self._statement(call.body)
        try:
            known = statements.follow(None, first)
        except StatementError:
            raise _refuse(400, "statement") from None
        is_new = not self.practices.path(known.clinic).exists()
        if is_new and self.practices.count() >= self.limits.practices:
            raise _refuse(507, "full")
        with self.practices.using(known.clinic, make=True) as file:
            assert file is not None  # noqa: S101 - it was just made
            with file.transaction() as cursor:
                row = cursor.execute("SELECT body FROM statement WHERE n = 1").fetchone()
                if row is not None and bytes(row[0]) != call.body:
                    raise _refuse(409, "exists")
                if row is None:
                    cursor.execute(
                        "INSERT INTO practice (one, clinic) VALUES (1, ?)", (known.clinic.bytes,)
                    )
                    self._keep(cursor, known, call.body)
        return b""

    def state(self, call: Call) -> bytes:
        """Take the practice's next statement; the same one again changes nothing."""
        one = self._statement(call.body)
        with self._asking(call) as asking:
            cursor = asking.cursor
            row = cursor.execute("SELECT body FROM statement WHERE n = ?", (one.n,)).fetchone()
            if row is not None and bytes(row[0]) == call.body:
                return b""
            try:
                self._keep(cursor, statements.follow(asking.known, one), call.body)
            except StatementError:
                raise _refuse(409, "statement") from None
        return b""

    def stated(self, call: Call) -> bytes:
        """The practice's whole chain of statements."""
        with self._asking(call) as asking:
            rows = asking.cursor.execute("SELECT body FROM statement ORDER BY n").fetchall()
        return encode(Statements(1, tuple(bytes(row[0]) for row in rows)))

    def sync(self, call: Call) -> bytes:
        """Take what the PC brings, and hand on what it lacks."""
        request = self._decode(call.body, SyncRequest)
        with self._asking(call) as asking:
            tip, tip_hash, fault = self._take(asking, request.segments)
        if fault:
            # What came before it is kept: the PC goes on from there.
            raise RefusedError(409, Refusal(fault, tip, tip_hash.hex()))
        with self._file(asking.caller.clinic) as file, file.transaction() as cursor:
            found, more = self._lacking(cursor, asking, request)
        self.segments_given += len(found)
        now = to_millis(self.clock.now())
        return encode(SyncReply(1, now, tip, tip_hash, tuple(found), more))

    def _take(self, asking: _Asking, raw: tuple[bytes, ...]) -> tuple[int, bytes, str]:
        """Keep segments in their order up to the first that does not fit; the tip, and why not."""
        cursor, device = asking.cursor, asking.caller.device.bytes
        tip, tip_hash = cursor.execute(
            "SELECT tip, tip_hash FROM device WHERE device_id = ?", (device,)
        ).fetchone()
        tip_hash, fault, room = bytes(tip_hash), "", self._room(cursor)
        public = asking.known.devices[device].signing
        for each in raw:
            one = self._segment(each)
            header = one.header if one is not None else None
            if one is None or header is None or not _is_of(one, asking.caller, public):
                fault = "segment"
            elif header.seg_no <= tip:
                fault = "" if self._has(cursor, one) else "tip"
            elif header.seg_no != tip + 1 or header.prev != tip_hash:
                fault = "tip"
            elif (room := room - len(each)) < 0:
                fault = "quota"
            else:
                tip, tip_hash = header.seg_no, one.hash
                self._insert(cursor, one)
            if fault:
                break
        cursor.execute(
            "UPDATE device SET tip = ?, tip_hash = ? WHERE device_id = ?", (tip, tip_hash, device)
        )
        return tip, tip_hash, fault

    def _room(self, cursor: Any) -> int:
        used = cursor.execute("SELECT used FROM practice").fetchone()[0]
        return self.limits.practice_bytes - int(used)

    @staticmethod
    def _segment(raw: bytes) -> Segment | None:
        try:
            return segment.read(raw)
        except SegmentError:
            return None

    @staticmethod
    def _has(cursor: Any, one: Segment) -> bool:
        row = cursor.execute(
            "SELECT hash FROM segment WHERE device_id = ? AND seg_no = ?",
            (one.header.device, one.header.seg_no),
        ).fetchone()
        return row is not None and bytes(row[0]) == one.hash

    def _insert(self, cursor: Any, one: Segment) -> None:
        cursor.execute(
            "INSERT INTO segment (device_id, seg_no, hash, received, bytes) VALUES (?, ?, ?, ?, ?)",
            (one.header.device, one.header.seg_no, one.hash, to_millis(self.clock.now()), one.raw),
        )
        cursor.execute("UPDATE practice SET used = used + ?", (len(one.raw),))
        self.segments_taken += 1

    def _lacking(
        self, cursor: Any, asking: _Asking, request: SyncRequest
    ) -> tuple[list[bytes], bool]:
        """Segments of others that the PC does not hold, in the order in which they came here."""
        have = {**request.have, asking.caller.device.bytes: 2**53}
        starts = [
            row[0]
            for (device,) in cursor.execute("SELECT device_id FROM device").fetchall()
            if (row := cursor.execute(
                "SELECT sseq FROM segment WHERE device_id = ? AND seg_no = ?",
                (device, have.get(bytes(device), 0) + 1),
            ).fetchone()) is not None
        ]  # fmt: skip
        most = min(request.max_bytes, self.limits.request_bytes - _SPARE)
        found: list[bytes] = []
        size = 0
        for device, seg_no, raw in cursor.execute(
            "SELECT device_id, seg_no, bytes FROM segment WHERE sseq >= ? ORDER BY sseq",
            (min(starts, default=2**62),),
        ):
            if seg_no <= have.get(bytes(device), 0):
                continue
            if found and size + len(raw) > most:
                return found, True
            found.append(bytes(raw))
            size += len(raw)
        return found, False

    def put_key(self, call: Call) -> bytes:
        """Keep a data key for another PC of the practice."""
        try:
            key = read_sealed(call.body)
        except UnreadableError:
            raise _refuse(400, "message") from None
        with self._asking(call) as asking:
            if key.device not in asking.known.devices:
                raise _refuse(404, "unknown")
            if key.author != asking.caller.device.bytes:
                raise _refuse(400, "message")
            count = asking.cursor.execute("SELECT count(*) FROM keybox").fetchone()[0]
            if count >= self.limits.keys:
                raise _refuse(507, "full")
            asking.cursor.execute(
                "INSERT OR REPLACE INTO keybox (device_id, epoch, body) VALUES (?, ?, ?)",
                (key.device, key.epoch, call.body),
            )
        return b""

    def keys(self, call: Call) -> bytes:
        """The data keys that wait for the PC that asks."""
        with self._asking(call) as asking:
            rows = asking.cursor.execute(
                "SELECT body FROM keybox WHERE device_id = ? ORDER BY epoch LIMIT 500",
                (asking.caller.device.bytes,),
            ).fetchall()
        return encode(Keybox(1, tuple(bytes(row[0]) for row in rows)))

    def open_mail(self, call: Call, box: bytes) -> bytes:
        """Open a letter box for an invitation; it closes by itself."""
        with self._asking(call):
            pass
        now = int(self.clock.now().timestamp())
        with self.practices.mail.transaction() as cursor:
            cursor.execute("DELETE FROM mail WHERE until <= ?", (now,))
            if cursor.execute("SELECT count(*) FROM mail").fetchone()[0] >= self.limits.mails:
                raise _refuse(507, "full")
            cursor.execute(
                "INSERT OR IGNORE INTO mail (id, until) VALUES (?, ?)",
                (box, now + self.limits.mail_s),
            )
        return b""

    def put_mail(self, call: Call, box: bytes) -> bytes:
        """Put a letter into an open box that is empty; the same letter again changes nothing."""
        self._slow_down(f"address {call.address}")
        if not 0 < len(call.body) <= MAX_MAIL:
            raise _refuse(400, "message")
        with self.practices.mail.transaction() as cursor:
            found = self._letter(cursor, box)
            if found not in {b"", call.body}:
                raise _refuse(409, "taken")
            cursor.execute("UPDATE mail SET body = ? WHERE id = ?", (call.body, box))
        return b""

    def get_mail(self, call: Call, box: bytes) -> bytes:
        """The letter of a box; empty where none came yet."""
        self._slow_down(f"address {call.address}")
        with self.practices.mail.transaction() as cursor:
            return self._letter(cursor, box)

    def _letter(self, cursor: Any, box: bytes) -> bytes:
        now = int(self.clock.now().timestamp())
        row = cursor.execute(
            "SELECT body FROM mail WHERE id = ? AND until > ?", (box, now)
        ).fetchone()
        if row is None:
            raise _refuse(404, "unknown")
        return bytes(row[0] or b"")

    @contextmanager
    def _file(self, clinic: uuid.UUID) -> Iterator[PlainFile]:
        with self.practices.using(clinic) as file:
            if file is None:
                raise _refuse(401, "unknown")
            yield file

    @contextmanager
    def _asking(self, call: Call) -> Iterator[_Asking]:
        """Who asks, once the signature holds and the counter is new; one answer for all others."""
        stranger = f"stranger {call.address}"
        self._slow_down(stranger)  # whose id it bears is not known before the signature holds
        try:
            caller = read_caller(call.header)
        except MessageError:
            raise _refuse(401, "unknown") from None
        with self._file(caller.clinic) as file, file.transaction() as cursor:
            known = self._known(file, cursor)
            self._check(cursor, call, caller, known)
            self._rate.give_back(stranger)
            self._slow_down(f"device {caller.device}")
            yield _Asking(caller, cursor, known)

    @staticmethod
    def _known(file: PlainFile, cursor: Any) -> Known:
        """What the practice's statements say; each is checked once while its file is open."""
        known = file.known
        for (body,) in cursor.execute(
            "SELECT body FROM statement WHERE n > ? ORDER BY n", (known.n if known else 0,)
        ).fetchall():
            known = statements.follow(known, statements.read(bytes(body)))
        if known is None:
            raise _refuse(401, "unknown")
        file.known = known
        return known

    def _check(self, cursor: Any, call: Call, caller: Caller, known: Known) -> None:
        device = known.devices.get(caller.device.bytes) or known.ended.get(caller.device.bytes)
        if device is None or not caller.is_signed_by(
            device.signing, call.method, call.path, call.body
        ):
            raise _refuse(401, "unknown")
        if caller.device.bytes in known.ended:
            raise _refuse(403, "revoked")
        counter = cursor.execute(
            "SELECT counter FROM device WHERE device_id = ?", (device.id,)
        ).fetchone()[0]
        if caller.counter <= counter:
            raise RefusedError(409, Refusal("counter", counter=counter))
        cursor.execute(
            "UPDATE device SET counter = ?, last_seen = ? WHERE device_id = ?",
            (caller.counter, to_millis(self.clock.now()), device.id),
        )

    @staticmethod
    def _keep(cursor: Any, known: Known, raw: bytes) -> None:
        cursor.execute("INSERT INTO statement (n, body) VALUES (?, ?)", (known.n, raw))
        cursor.executemany(
            "INSERT OR IGNORE INTO device (device_id, tip_hash) VALUES (?, ?)",
            [(each, segment.BEGINNING) for each in known.devices],
        )

    def _slow_down(self, name: str) -> None:
        if not self._rate.takes(name, self.clock.uptime()):
            raise _refuse(429, "slow-down")

    @staticmethod
    def _statement(raw: bytes) -> statements.Statement:
        try:
            return statements.read(raw)
        except StatementError:
            raise _refuse(400, "statement") from None

    @staticmethod
    def _decode(raw: bytes, kind: type[Any]) -> Any:
        try:
            return decode(raw, kind)
        except MessageError:
            raise _refuse(400, "message") from None


def _is_of(one: Segment, caller: Caller, public: bytes) -> bool:
    header = one.header
    is_place = header.clinic == caller.clinic.bytes and header.device == caller.device.bytes
    return is_place and one.is_signed_by(public)
