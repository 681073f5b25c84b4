"""What each call does: keeps what a known PC sends, hands on what it lacks, believes nothing.

A PC is known by the practice's chain of statements. Its requests are signed and counted, so that
none works twice; segments are taken in their order only, each once. An answer leaves when what it
acknowledges is on the disk.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from clinic_desktop.clock import Clock
from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import segment, statements
from clinic_desktop.sync.keys import read_sealed
from clinic_desktop.sync.messages import (
    MAX_MAIL,
    MOST_CHUNKS,
    MOST_VOUCHES,
    Caller,
    ChunksReply,
    ChunksRequest,
    Keybox,
    MessageError,
    PagesReply,
    PagesRequest,
    Refusal,
    Snapshots,
    Statements,
    SyncReply,
    SyncRequest,
    Vouches,
    decode,
    encode,
    read_caller,
)
from clinic_desktop.sync.server import damage, held, keyboxes, mail, pieces, retention, snapshots
from clinic_desktop.sync.server.calls import Call, RefusedError, refuse
from clinic_desktop.sync.server.held import Sender, Taken
from clinic_desktop.sync.server.limits import Limits, Rate
from clinic_desktop.sync.server.polls import Polls, Tips
from clinic_desktop.sync.server.tables import Practices, Rows, only
from clinic_desktop.sync.snapshot import read_manifest
from clinic_desktop.sync.statements import DeviceKeys, Known, NewRoot, StatementError, person_id
from clinic_desktop.sync.vouching import VouchError, read_vouch

_FOR_EVER: Final = 2**53
_SPARE: Final = 64 << 10
"""What an answer holds besides its segments."""
_MOST_KNOWN: Final = 4096
"""Practices whose checked statements are remembered."""


def _is_signed(call: Call, caller: Caller, device: DeviceKeys) -> bool:
    return caller.is_signed_by(device.signing, call.method, call.path, call.body)


@dataclass
class _Asking:
    """A PC whose request is signed and new, inside the transaction that serves it."""

    caller: Caller
    rows: Rows
    known: Known


class Relay:
    """All calls of one server."""

    def __init__(
        self, practices: Practices, clock: Clock, limits: Limits, polls: Polls | None = None
    ) -> None:
        """``polls`` where nothing but this relay changes the practices."""
        self.practices, self.clock, self.limits, self._polls = practices, clock, limits, polls
        self._rate = Rate(limits.per_minute, limits.burst)
        self._together = Rate(limits.per_minute * limits.together, limits.burst * limits.together)
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._known_lock = threading.Lock()
        self.segments_taken = self.segments_given = self.segments_dropped = 0
        self.pieces_damaged = 0
        """Of segments too, that were found not to be as they came."""

    def answers(self) -> None:
        """Raise what keeps the server from its rows, if anything does."""
        with self.practices.letters() as letters:
            letters.one("SELECT until FROM letter WHERE box = :box", box=bytes(16))

    def found(self, call: Call) -> bytes:
        """Take a practice in: its first statement says who decides there."""
        self._slow_down(f"address {call.address}")
        first = self._statement(call.body)
        try:
            known = statements.follow(None, first)
        except StatementError:
            raise refuse(400, "statement") from None
        with self.practices.practice(known.clinic) as rows:
            is_new = rows is None
        if is_new and self.practices.count() >= self.limits.practices:
            raise refuse(507, "full")
        self._guide(known.root, known.clinic)
        with self.practices.practice(known.clinic, make=True) as rows:
            assert rows is not None  # noqa: S101 - it was just made
            rows.run(
                "INSERT INTO practice (clinic, head, used) VALUES (:clinic, 0, 0)"
                " ON CONFLICT DO NOTHING"
            )
            row = rows.one("SELECT body FROM statement WHERE clinic = :clinic AND n = 1")
            if row is not None and bytes(row[0]) != call.body:
                raise refuse(409, "exists")
            if row is None:
                self._keep(rows, known, call.body)
        return b""

    def state(self, call: Call) -> bytes:
        """Take the practice's next statement; the same one again changes nothing."""
        one = self._statement(call.body)
        with self._asking(call, people=True) as asking:
            row = asking.rows.one(
                "SELECT body FROM statement WHERE clinic = :clinic AND n = :n", n=one.n
            )
            if row is not None and bytes(row[0]) == call.body:
                return b""
            try:
                self._keep(asking.rows, statements.follow(asking.known, one), call.body)
            except StatementError:
                raise refuse(409, "statement") from None
        if isinstance(one.body, NewRoot):
            self._guide(one.body.key, asking.caller.clinic)
        return b""

    def _guide(self, root: bytes, clinic: uuid.UUID) -> None:
        """A letter that tells the recovery sheet, which bears no name, what its practice is."""
        if root:
            with self.practices.letters() as letters:
                letters.run(
                    "INSERT INTO letter (box, until, body) VALUES (:box, :until, :body)"
                    " ON CONFLICT DO NOTHING",
                    box=person_id(root), until=_FOR_EVER, body=clinic.bytes,
                )  # fmt: skip

    def stated(self, call: Call) -> bytes:
        """The practice's whole chain of statements."""
        with self._asking(call, people=True) as asking:
            rows = asking.rows.all("SELECT body FROM statement WHERE clinic = :clinic ORDER BY n")
        return encode(Statements(1, tuple(bytes(row[0]) for row in rows)))

    def sync(self, call: Call) -> bytes:
        """Take what the PC brings, and hand on what it lacks."""
        request = self._decode(call.body, SyncRequest)
        quiet = self._quiet(self._polls, call, request) if self._polls else None
        if quiet is not None:
            return quiet
        with self._asking(call) as asking:
            taken, answer = self._serve(asking, request)
        self.segments_taken += taken.count
        if answer is None:
            # What came before it is kept: the PC goes on from there.
            raise RefusedError(409, Refusal(taken.fault, taken.tip, taken.tip_hash.hex()))
        self.segments_given += len(answer.segments)
        return encode(answer)

    def _quiet(self, polls: Polls, call: Call, request: SyncRequest) -> bytes | None:
        """The answer to a PC that brings nothing and lacks nothing, from memory."""
        try:
            caller = read_caller(call.header)
        except MessageError:
            return None
        stranger, mine = f"stranger {call.address}", caller.device.bytes
        self._slow_down(stranger)
        try:
            tips = polls.tips(caller.clinic)
            device = tips.known.devices.get(mine) if tips is not None else None
            if tips is None or device is None or not _is_signed(call, caller, device):
                return None
            answer = tips.answer(mine, request, to_millis(self.clock.now()))
            if answer is None or not polls.serves((caller.clinic.bytes, mine), caller.counter):
                return None
        finally:
            self._rate.give_back(stranger)
        self._slow_down_pc(caller)
        return encode(answer)

    def _serve(self, asking: _Asking, request: SyncRequest) -> tuple[Taken, SyncReply | None]:
        """Keep what comes; the answer, if the PC's own segments were taken."""
        self._remember_tips(asking, is_changed=bool(request.segments or request.carried))
        rows, mine, now = asking.rows, asking.caller.device.bytes, to_millis(self.clock.now())
        clinic, bound = asking.caller.clinic.bytes, self.limits.practice_bytes
        sender = Sender(clinic, mine, asking.known.devices[mine].signing)
        taken = held.take(rows, sender, request.segments, bound, now)
        if taken.fault:
            return taken, None
        others = {**asking.known.ended, **asking.known.devices}
        keys = {
            each: Sender(clinic, each, one.signing) for each, one in others.items() if each != mine
        }
        have = {each: request.have[each] for each in request.have.keys() & keys.keys()}
        gaps = damage.gaps(rows)
        behind = held.behind(rows, have, gaps)
        bridges = retention.bridges(rows, asking.known, now) if behind else {}
        count = held.take_carried(rows, keys, request.carried, bound, now, bridges)
        gaps = damage.gaps(rows) if request.carried else gaps
        rest = {**request.have, mine: 2**53}
        if held.dropped(rows, rest):
            return replace(taken, fault="dropped", count=taken.count + count), None
        most, before = min(request.max_bytes, self.limits.request_bytes - _SPARE), dict(gaps)
        found, more = held.lacking(rows, rest, most, gaps)
        if request.carried or gaps != before:
            behind = held.behind(rows, have, gaps)
        self._note_damage(asking, len(gaps.items() - before.items()))
        if mine in gaps:
            taken = held.up_to(rows, mine, taken, gaps[mine])
        behind = {each: max(tip, bridges.get(each, 0)) for each, tip in behind.items()}
        answer = SyncReply(1, now, taken.tip, taken.tip_hash, tuple(found), more, behind)
        return replace(taken, count=taken.count + count), answer

    def _note_damage(self, asking: _Asking, count: int) -> None:
        """Segments of so many PCs were found to be damaged: others are to hear what is needed."""
        self.pieces_damaged += count
        if count and self._polls is not None:
            self._polls.forget(asking.caller.clinic)

    def _remember_tips(self, asking: _Asking, *, is_changed: bool) -> None:
        if self._polls is None:
            return
        clinic = asking.caller.clinic
        if is_changed:
            self._polls.forget(clinic)
        elif self._polls.tips(clinic) is None and not damage.gaps(asking.rows):
            held = {
                bytes(device): (int(tip), bytes(last))
                for device, tip, last in asking.rows.all(
                    "SELECT device_id, tip, tip_hash FROM device WHERE clinic = :clinic"
                )
            }
            self._polls.remember(clinic, Tips(asking.known, held))

    def chunks(self, call: Call) -> bytes:
        """Keep pieces of files, and hand on those that are wanted."""
        request = self._decode(call.body, ChunksRequest)
        return encode(ChunksReply(1, *self._pieces(call, "chunk", request)))

    def pages(self, call: Call) -> bytes:
        """Keep pieces of snapshots, and hand on those that are wanted."""
        request = self._decode(call.body, PagesRequest)
        return encode(PagesReply(1, *self._pieces(call, "page", request)))

    def _pieces(
        self, call: Call, kind: pieces.Kind, request: ChunksRequest | PagesRequest
    ) -> tuple[tuple[bytes, ...], tuple[pieces.Named, ...]]:
        with self._asking(call) as asking:
            if not pieces.keep(asking.rows, kind, request.brought, self.limits.practice_bytes):
                raise refuse(409, "quota")
            missing = pieces.missing(asking.rows, kind, request.asked)
            most = min(request.max_bytes, self.limits.request_bytes - _SPARE)
            found, damaged = pieces.found(asking.rows, kind, request.wanted, most)
            self.pieces_damaged += damage.note_pieces(asking.rows, damaged)
            told = pieces.told(asking.rows, kind, damaged, MOST_CHUNKS - len(missing))
        return (*missing, *told), tuple(found)

    def keep_snapshot(self, call: Call) -> bytes:
        """Take in a snapshot whose pages are here."""
        try:
            manifest = read_manifest(call.body)
        except SnapshotError:
            raise refuse(400, "message") from None
        with self._asking(call) as asking:
            caller = asking.caller
            mine = (caller.clinic.bytes, caller.device.bytes)
            key = asking.known.devices[caller.device.bytes].signing
            if (manifest.clinic, manifest.device) != mine or not manifest.is_signed_by(key):
                raise refuse(400, "message")
            fault = snapshots.keep(asking.rows, manifest, self.limits.practice_bytes)
            if fault:
                raise refuse(409, fault)
            self._tidy(asking)
        return b""

    def snapshots(self, call: Call) -> bytes:
        """The practice's snapshots."""
        with self._asking(call) as asking:
            room = self.limits.request_bytes - _SPARE
            return encode(Snapshots(1, snapshots.listed(asking.rows, room)))

    def vouch(self, call: Call) -> bytes:
        """Keep what a PC says of a snapshot, and drop what may go by it."""
        try:
            said = read_vouch(call.body)
        except VouchError:
            raise refuse(400, "message") from None
        with self._asking(call) as asking:
            caller = asking.caller
            key = asking.known.devices[caller.device.bytes].signing
            mine = (caller.clinic.bytes, caller.device.bytes)
            if (said.clinic, said.device) != mine or not said.is_signed_by(key):
                raise refuse(400, "message")
            if not retention.keep_vouch(asking.rows, said):
                raise refuse(404, "unknown")
            self._tidy(asking)
        return b""

    def vouches(self, call: Call) -> bytes:
        """What PCs say of the snapshots, and for how long segments are kept."""
        with self._asking(call) as asking:
            said = retention.vouches(asking.rows, MOST_VOUCHES)
        return encode(Vouches(1, self.limits.keep_ms, said))

    def _tidy(self, asking: _Asking) -> None:
        now = to_millis(self.clock.now())
        gone = retention.tidy(asking.rows, asking.known, now, self.limits.keep_ms)
        self.segments_dropped += gone

    def put_key(self, call: Call) -> bytes:
        """Keep a data key for another PC of the practice."""
        try:
            key = read_sealed(call.body)
        except UnreadableError:
            raise refuse(400, "message") from None
        with self._asking(call) as asking:
            known = asking.known
            if key.device not in known.devices and known.person(key.device) is None:
                raise refuse(404, "unknown")
            if key.author != asking.caller.device.bytes:
                raise refuse(400, "message")
            keyboxes.keep(asking.rows, known, key, call.body, self.limits.keys)
        return b""

    def keys(self, call: Call) -> bytes:
        """The data keys that wait for the PC that asks, or for the recovery sheet."""
        with self._asking(call, people=True) as asking:
            found = keyboxes.of(asking.rows, asking.caller.device.bytes)
        return encode(Keybox(1, found))

    def open_mail(self, call: Call, box: bytes) -> bytes:
        """Open a letter box for an invitation; it closes by itself."""
        now = self._second()
        until = now + self.limits.mail_s
        with self._asking(call) as asking:
            closed = mail.invite(asking.rows, box, now, until, self.limits.mails)
        with self.practices.letters() as letters:
            mail.open_box(letters, box, until, closed)
        return b""

    def put_mail(self, call: Call, box: bytes) -> bytes:
        """Put a letter into an open box that is empty; the same letter again changes nothing."""
        self._slow_down(f"address {call.address}")
        if not 0 < len(call.body) <= MAX_MAIL:
            raise refuse(400, "message")
        with self.practices.letters() as letters:
            mail.put(letters, box, call.body, self._second())
        return b""

    def get_mail(self, call: Call, box: bytes) -> bytes:
        """The letter of a box; empty where none came yet."""
        self._slow_down(f"address {call.address}")
        with self.practices.letters() as letters:
            return mail.found(letters, box, self._second())

    def _second(self) -> int:
        """Now, in seconds since 1970 UTC."""
        return int(self.clock.now().timestamp())

    @contextmanager
    def _asking(self, call: Call, *, people: bool = False) -> Iterator[_Asking]:
        """Who asks, once the signature holds and the counter is new; one answer for all others.

        With ``people``, an owner or the recovery sheet may ask without a PC of the practice.
        """
        stranger = f"stranger {call.address}"
        self._slow_down(stranger)  # whose id it bears is not known before the signature holds
        try:
            caller = read_caller(call.header)
        except MessageError:
            raise refuse(401, "unknown") from None
        with self.practices.practice(caller.clinic) as rows:
            if rows is None:
                raise refuse(401, "unknown")
            known = self._stated_so_far(caller.clinic, rows)
            person = known.person(caller.device.bytes) if people else None
            written = self._check(rows, call, caller, known, person)
            self._rate.give_back(stranger)
            self._slow_down_pc(caller)
            yield _Asking(caller, rows, known)
        if self._polls is not None:
            self._polls.kept((caller.clinic.bytes, caller.device.bytes), written)

    def _stated_so_far(self, clinic: uuid.UUID, rows: Rows) -> Known:
        """What the practice's statements say; each is checked once while it is remembered."""
        with self._known_lock:
            known = self._known.pop(clinic.bytes, None)
        for (body,) in rows.all(
            "SELECT body FROM statement WHERE clinic = :clinic AND n > :n ORDER BY n",
            n=known.n if known else 0,
        ):
            known = statements.follow(known, statements.read(bytes(body)))
        if known is None:
            raise refuse(401, "unknown")
        with self._known_lock:
            self._known[clinic.bytes] = known
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return known

    def _check(
        self, rows: Rows, call: Call, caller: Caller, known: Known, person: DeviceKeys | None
    ) -> int:
        """Refuse who may not ask; returns up to which counter the rows say that it was served."""
        asks = caller.device.bytes
        device = known.devices.get(asks) or known.ended.get(asks) or person
        if device is None or not _is_signed(call, caller, device):
            raise refuse(401, "unknown")
        if caller.device.bytes in known.ended:
            raise refuse(403, "revoked")
        if person is not None:
            self._remember(rows, asks)
        counter = only(rows.one(
            "SELECT counter FROM device WHERE clinic = :clinic AND device_id = :device",
            device=device.id,
        ))[0]  # fmt: skip
        last, written = counter, caller.counter
        if self._polls is not None:
            last = self._polls.last((caller.clinic.bytes, asks), counter, caller.counter)
            written = max(counter, self._polls.ahead(caller.counter))
        if caller.counter <= last:
            raise RefusedError(409, Refusal("counter", counter=last))
        if caller.counter <= counter:
            return int(counter)  # one of those that were written ahead
        rows.run(
            "UPDATE device SET counter = :counter, last_seen = :now"
            " WHERE clinic = :clinic AND device_id = :device",
            counter=written, now=to_millis(self.clock.now()), device=device.id,
        )  # fmt: skip
        return written

    def _keep(self, rows: Rows, known: Known, raw: bytes) -> None:
        if self._polls is not None:
            self._polls.forget(known.clinic)
        rows.run(
            "INSERT INTO statement (clinic, n, body) VALUES (:clinic, :n, :body)",
            n=known.n, body=raw,
        )  # fmt: skip
        for device in known.devices:
            self._remember(rows, device)

    @staticmethod
    def _remember(rows: Rows, device: bytes) -> None:
        rows.run(
            "INSERT INTO device (clinic, device_id, counter, tip, tip_hash)"
            " VALUES (:clinic, :device, 0, 0, :hash) ON CONFLICT DO NOTHING",
            device=device, hash=segment.BEGINNING,
        )  # fmt: skip

    def _slow_down(self, name: str) -> None:
        if not self._rate.takes(name, self.clock.uptime()):
            raise refuse(429, "slow-down")

    def _slow_down_pc(self, caller: Caller) -> None:
        """One that asks too often, or whose practice does, all its PCs together."""
        self._slow_down(f"device {caller.device}")
        if not self._together.takes(caller.clinic.hex, self.clock.uptime()):
            raise refuse(429, "slow-down")

    @staticmethod
    def _statement(raw: bytes) -> statements.Statement:
        try:
            return statements.read(raw)
        except StatementError:
            raise refuse(400, "statement") from None

    @staticmethod
    def _decode(raw: bytes, kind: type[Any]) -> Any:
        try:
            return decode(raw, kind)
        except MessageError:
            raise refuse(400, "message") from None
