"""One pass: what is new here goes out, what others did comes in, each step whole or not at all.

Killed at any moment it goes on where it was: segments are kept before they are sent and sent again
byte for byte, what came is kept before it is applied, and a request that was not answered is asked
anew. Nothing that a server says is believed: each segment is checked against the key of the PC that
made it and the one before it, and what a server claims to hold of this PC must be what it made.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from clinic_desktop.db.applying import COPIED, apply
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.commits import checkpoints, outgoing
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    ClinicError,
    CopiedRecordError,
    RevokedError,
    ServerError,
    SetupError,
)
from clinic_desktop.i18n import _
from clinic_desktop.models.types import to_millis
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import keys, segment, state
from clinic_desktop.sync.client import Address, Link, RefusedError, Tuner
from clinic_desktop.sync.messages import (
    Keybox,
    MessageError,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.segment import BEGINNING, Origin, Segment, SegmentError
from clinic_desktop.sync.state import Open, Peer

_AT_A_TIME: Final = 100
"""Commits that one transaction seals."""
_TRIES: Final = 4
_MOST_ROUNDS: Final = 100_000


@dataclass(frozen=True)
class Passed:
    """What a pass brought about."""

    sent: int
    """Own commits that the server holds since."""
    received: int
    """Others' commits that are in the record since."""
    unknown: int
    """Segments on the server of PCs that nobody here has told of yet."""
    open: Open
    bytes_up: int
    bytes_down: int
    round_trips: int


class Exchange:
    """One pass between an open record and its server."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store, self.link = store, link
        self._tuner = Tuner()
        self._sent = self._received = 0
        self._unknown: dict[bytes, int] = {}
        """The last segment that was left of each PC that this record does not know yet."""
        self._aside: dict[bytes, int] = {}
        """The same of PCs that went on from an older state: what they write is not taken."""
        self._full: RefusedError | None = None
        """The server's word that it has no room: from then on the pass only receives."""

    def run(self) -> Passed:
        """Bring both sides to the same state, as far as the server has it.

        Raises:
            ServerError: no server, or one that says what cannot be; everything is kept.
            RevokedError: this PC was taken out of the practice.
            CopiedRecordError: this record is a copy of one that went on elsewhere.
        """
        number = self._store.write(SYSTEM, _begin, self.link.address.url).result()
        code = "stopped"  # until it is known how it ended: a pass broken off is no good one
        try:
            self._rounds()
            code = ""
        except ClinicError as error:
            code = error.code
            raise
        finally:
            traffic = self.link.traffic
            sizes = (traffic.up, traffic.down)
            self._store.write(SYSTEM, _end, number, sizes, code).result()
        found = self._store.read(SYSTEM, _still_open).result()
        return Passed(
            self._sent, self._received, sum(self._unknown.values()), found,
            traffic.up, traffic.down, traffic.round_trips,
        )  # fmt: skip

    def _rounds(self) -> None:
        self._received += self._apply()
        for _round in range(_MOST_ROUNDS):
            before = self._progress()
            reply = self._ask()
            self._take(reply)
            # Only now: what came may have said that this record is an older state of another.
            while self._store.write(SYSTEM, _seal).result():
                pass
            after = self._progress()
            introduced = self._unknown.keys() & after.known
            for device in introduced:
                del self._unknown[device]
            to_send = after.unsent and self._full is None
            if not (to_send or reply.more or introduced):
                break
            if after == before:
                raise _strange("no progress")
        else:
            raise _strange("no end")
        if self._full is not None:
            raise refused(self._full)

    def _progress(self) -> _Progress:
        found = self._store.read(SYSTEM, _progress).result()
        return replace(found, left=sum((*self._unknown.values(), *self._aside.values())))

    def _ask(self) -> SyncReply:
        """One round trip; a line that fails is tried again with less."""
        for tries_left in reversed(range(_TRIES)):
            left = {**self._unknown, **self._aside}
            most = 0 if self._full else self._tuner.size
            request = self._store.read(SYSTEM, _request, self._tuner.size, most, left).result()
            started = self.link.clock.uptime()
            try:
                answer = self.link.signed("POST", "/v1/sync", encode(request))
                reply = decode(answer, SyncReply)
            except RefusedError as error:
                is_full = error.refusal.code == "quota" and self._full is None
                if not is_full and error.refusal.code != "tip":
                    raise refused(error) from error
                self._tip(error.refusal.seg_no, _digest(error.refusal.hash))
                if is_full:
                    self._full = error
                continue
            except MessageError as error:
                raise _strange(str(error)) from error
            except RevokedError:
                raise
            except ServerError:
                self._tuner.failed()
                if not tries_left:
                    raise
                continue
            self._tuner.went_well(self.link.clock.uptime() - started)
            self._tip(reply.tip, reply.tip_hash)
            return reply
        raise _strange("tip")

    def _tip(self, seg_no: int, tip_hash: bytes) -> None:
        """Look at what the server holds of this PC, and remember it if it is ours."""
        self._sent += self._store.write(SYSTEM, _arrived, seg_no, tip_hash).result()

    def _take(self, reply: SyncReply) -> None:
        try:
            segments = [segment.read(raw) for raw in reply.segments]
        except SegmentError as error:
            raise _strange(str(error)) from error
        left = self._store.write(SYSTEM, _keep, segments, self._unknown, self._aside).result()
        self._unknown, self._aside = left
        self._received += self._apply()

    def _apply(self) -> int:
        """Bring what is kept into the record, a run at a time; fetch the keys it needs."""
        applied, asked = 0, False
        while True:
            found = self._store.write(SYSTEM, _apply_runs).result()
            applied += found.applied
            if found.lacks_key and not asked:
                asked = True
                self._fetch_keys()
            elif not found.runs:
                self._store.read(SYSTEM, _refuse_copy).result()
                return applied

    def _fetch_keys(self) -> None:
        try:
            box = decode(self.link.signed("GET", "/v1/keybox"), Keybox)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise _strange(str(error)) from error
        self._store.write(SYSTEM, _keep_keys, box).result()


def link_of(store: Store) -> Link:
    """The connection to the server in use.

    Raises:
        SetupError: none was set up.
    """
    found = store.read(SYSTEM, _peer).result()
    if found is None:
        raise SetupError(
            _("This PC exchanges with no server yet."),
            hint=_("Set one up with “sync setup”, or join a practice that has one."),
        )
    me = store.write(SYSTEM, _me, found.settings.clinic).result()

    def count(least: int) -> int:
        return store.write(SYSTEM, _count, least).result()

    return Link(Address(found.url, found.settings.authority), store.clock, me, count)


def refused(error: RefusedError) -> ServerError:
    """The sentence for a server's no."""
    words = {
        "unknown": _("The server does not know this PC or this practice."),
        "quota": _("The practice has used up its room on the server."),
        "full": _("The server is full."),
        "slow-down": _("The server asks to wait: there were too many requests."),
        "fault": _("The server has a fault."),
    }
    return ServerError(
        words.get(error.refusal.code, _("The server refused what this PC sent.")),
        kept=_("Nothing was lost: what is here goes out at the next try."),
        hint=_("Ask whoever runs the server."),
        place=f"{error.status} {error.refusal.code}",
    )


def _digest(said: str) -> bytes:
    """The digest in a server's no.

    Raises:
        ServerError: it is none.
    """
    try:
        found = bytes.fromhex(said)
    except ValueError:
        found = b""
    if len(found) != len(BEGINNING):
        raise _strange("tip")
    return found


def _strange(reason: str) -> ServerError:
    return ServerError(
        _("The server said something that cannot be."),
        kept=_("Nothing of it was taken over; nothing was lost here."),
        hint=_("Try again; if it stays so, ask whoever runs the server."),
        place=reason,
    )


# ------------------------------------------------------------------ steps, each a transaction


@dataclass(frozen=True)
class _Progress:
    sent: int
    made: int
    unsent: bool
    kept: int
    """Segments of others."""
    known: frozenset[bytes]
    """The other PCs."""
    left: int = 0


@dataclass(frozen=True)
class _Step:
    applied: int = 0
    runs: int = 0
    lacks_key: bool = False


def _peer(reads: ReadSession) -> Peer | None:
    return state.peer(reads.cursor)


def _me(uow: UnitOfWork, clinic: uuid.UUID) -> keys.Courier:
    return state.me(uow.cursor, clinic)


def _count(uow: UnitOfWork, least: int) -> int:
    return state.next_counter(uow.cursor, least)


def _begin(uow: UnitOfWork, url: str) -> int:
    return state.begin_run(uow.cursor, url, to_millis(uow.now))


def _end(uow: UnitOfWork, number: int, sizes: tuple[int, int], error: str) -> None:
    state.end_run(uow.cursor, number, to_millis(uow.now), sizes, error)


def _still_open(reads: ReadSession) -> Open:
    return state.still_open(reads.cursor)


def _progress(reads: ReadSession) -> _Progress:
    sent, made, unsent = reads.cursor.execute(
        "SELECT coalesce(max((state = ?) * seg_no), 0), coalesce(max(seg_no), 0),"
        " coalesce(max(state = ?), 0) FROM sync_segment WHERE dev = ?",
        (state.SENT, state.MADE, THIS_PC),
    ).fetchone()
    devices = state.known_devices(reads.cursor)
    kept = sum(each.tip.seg_no for each in devices.values())
    return _Progress(sent, made, bool(unsent), kept, frozenset(devices))


def _seal(uow: UnitOfWork) -> bool:
    """Seal what is in no segment yet; whether there may be more."""
    cursor = uow.cursor
    found = state.peer(cursor)
    epochs = state.keys(cursor)
    if found is None or not epochs:
        return False
    commits = outgoing(cursor, state.covered(cursor), _AT_A_TIME)
    is_all = len(commits) < _AT_A_TIME
    points = checkpoints(cursor, THIS_PC, found.settings.told) if is_all else []
    if not commits and not points:
        return False
    me, last, epoch = state.me(cursor, found.settings.clinic), state.tip(cursor), max(epochs)
    origin = Origin(me.clinic, me.device, me.keys, epoch, epochs[epoch], last.seg_no, last.hash)
    try:
        made = segment.make(origin, commits, points)
    except SegmentError as error:
        raise ServerError(
            _("A change of this PC is too large to be exchanged."),
            kept=_("It is kept on this PC."),
            hint=_("Ask for help."),
            place=str(error),
        ) from error
    state.keep(cursor, THIS_PC, made, state.MADE)
    if points:
        state.change_settings(cursor, told=points[-1].number)
    return not is_all


def _request(reads: ReadSession, size: int, most_sent: int, left: dict[bytes, int]) -> SyncRequest:
    """What this PC holds, and what it brings: nothing where ``most_sent`` is 0."""
    cursor = reads.cursor
    have = {device: each.tip.seg_no for device, each in state.known_devices(cursor).items()}
    brings = state.unsent(cursor, most_sent) if most_sent else ()
    return SyncRequest(1, {**have, **left}, size, tuple(brings))


def _arrived(uow: UnitOfWork, seg_no: int, tip_hash: bytes) -> int:
    """Remember what the server holds of this PC, which must be what this PC made.

    Raises:
        CopiedRecordError: somebody went on from the same record elsewhere.
    """
    if state.hash_of(uow.cursor, seg_no) != tip_hash:
        raise _copied(_("Nothing was sent, and nothing was changed."), f"segment {seg_no}")
    return state.arrived(uow.cursor, seg_no)


def _refuse_copy(reads: ReadSession) -> None:
    """Stop for good once another PC showed that it had more of this one than is here.

    Raises:
        CopiedRecordError: commits that come from now on would bear numbers that were given before.
    """
    row = reads.cursor.execute("SELECT dev FROM sync_hold WHERE why = ?", (COPIED,)).fetchone()
    if row is not None:
        raise _copied(_("What is on this PC stays readable here."), f"known better by {row[0]}")


def _copied(kept: str, place: str) -> CopiedRecordError:
    return CopiedRecordError(
        _("This record is a copy, or an older state, of one that went on elsewhere."),
        kept=kept,
        hint=_("Let this PC join the practice anew, and ask for help before."),
        place=place,
    )


def _keep(
    uow: UnitOfWork, segments: list[Segment], unknown: dict[bytes, int], aside: dict[bytes, int]
) -> tuple[dict[bytes, int], dict[bytes, int]]:
    """Keep what follows what is here of PCs that are known.

    Returns ``unknown`` and ``aside`` with what was left now: the last segment of each PC.

    Raises:
        ServerError: forged, of another practice, or something before it was left out.
    """
    cursor, unknown, aside = uow.cursor, dict(unknown), dict(aside)
    found = state.peer(cursor)
    for each in segments:
        header = each.header
        device = state.known_devices(cursor).get(header.device)
        if found is None or header.clinic != found.settings.clinic.bytes:
            raise _strange("another practice")
        if device is None or header.device in aside:
            left = unknown if device is None else aside
            if header.seg_no > left.get(header.device, 0) + 1:
                raise _strange("a segment is left out")
            left[header.device] = max(header.seg_no, left.get(header.device, 0))
            continue
        tip = device.tip
        if state.hash_of(cursor, header.seg_no, device.dev) == each.hash:
            continue
        if not each.is_signed_by(device.signing):
            raise _strange("a false signature")
        if header.seg_no > tip.seg_no + 1:
            raise _strange("a segment is left out")
        if header.seg_no <= tip.seg_no or header.prev != tip.hash:
            # Signed, and not what it signed before: that PC is at fault, and nobody else waits.
            state.put_aside(cursor, device.dev, each, to_millis(uow.now))
            aside[header.device] = max(header.seg_no, tip.seg_no)
            continue
        state.keep(cursor, device.dev, [each], state.HELD)
    return unknown, aside


def _apply_runs(uow: UnitOfWork) -> _Step:
    """Bring the next run that waits into the record."""
    cursor = uow.cursor
    epochs = state.keys(cursor)
    lacks_key = False
    for dev, device, run in state.held_runs(cursor):
        dek = epochs.get(run[0].header.epoch)
        if dek is None:
            lacks_key = True
            continue
        try:
            payload = segment.open_run(run, dek)
        except SegmentError:  # its PC signed it: that PC is at fault, and what it did is kept aside
            state.settle_run(cursor, dev, run, state.BAD)
            return _Step(runs=1)
        shown = state.covered(cursor)
        report = apply(uow, device, payload.commits, payload.checkpoints, shown)
        state.settle_run(cursor, dev, run, state.APPLIED)
        return _Step(report.applied, 1)
    return _Step(lacks_key=lacks_key)


def _keep_keys(uow: UnitOfWork, box: Keybox) -> None:
    """Keep data keys that another PC of the practice sealed to this one, and no others.

    They are taken in the order of their epochs: a PC that was away may lack several.
    """
    cursor = uow.cursor
    found = state.peer(cursor)
    if found is None:
        return
    me, devices = state.me(cursor, found.settings.clinic), state.known_devices(cursor)
    highest = max(state.keys(cursor), default=0)
    for sealed in sorted(_sealed_keys(box), key=lambda each: each.epoch):
        if not keys.may_follow(sealed.epoch, highest):
            continue
        try:
            author = devices.get(sealed.author)
            if author is None or author.has_ended:
                continue
            dek = keys.open_dek(sealed, me, author.signing)
        except UnreadableError:
            continue
        state.keep_key(cursor, sealed.epoch, dek, to_millis(uow.now))
        highest = max(highest, sealed.epoch)


def _sealed_keys(box: Keybox) -> Iterator[keys.SealedKey]:
    for raw in box.keys:
        with suppress(UnreadableError):
            yield keys.read_sealed(raw)
