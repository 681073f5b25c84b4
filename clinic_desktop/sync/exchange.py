"""One pass: what is new here goes out, what others did comes in, each step whole or not at all.

Killed at any moment it goes on where it was: segments are kept before they are sent and sent again
byte for byte, what came is kept before it is applied, and a request that was not answered is asked
anew. Nothing that a server says is believed: each segment is checked against the key of the PC that
made it and the one before it, and what a server claims to hold of this PC must be what it made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, RevokedError, ServerError
from clinic_desktop.i18n import _
from clinic_desktop.sync import (
    epochs,
    kept_segments,
    known_pcs,
    passes,
    proving,
    receiving,
    state,
    taking,
    unheard,
)
from clinic_desktop.sync.carried import Cargo
from clinic_desktop.sync.client import Link, RefusedError, Tuner
from clinic_desktop.sync.kept_segments import Arrived
from clinic_desktop.sync.messages import (
    Keybox,
    MessageError,
    Statements,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.rebasing import Rebasing
from clinic_desktop.sync.refusals import newer_program, refused, strange
from clinic_desktop.sync.segment import BEGINNING, Newer

_TRIES: Final = 4
CLOCK_OFF_MS: Final = 10 * 60 * 1000
"""Clocks that are less apart are not spoken of."""
_MOST_ROUNDS: Final = 100_000


class Exchange:
    """One pass between an open record and its server."""

    def __init__(
        self,
        store: Store,
        link: Link,
        tell: Tell = lambda *_far: None,
        *,
        is_current: bool = False,
        beside: bool = False,
    ) -> None:
        """``is_current``: since the record was opened a pass has shown that it is no older state.

        Then what is new goes out with the first request; else what came is looked at before.
        """
        self._store, self.link = store, link
        self._tell, self._is_current = tell, is_current
        self._asks_first = self._carries_first = False
        """What is new may build on work of others that the server lacks: that goes before it."""
        self._is_beside = beside
        """Whether it is a hub beside the server in use: what it holds is not remembered."""
        self._tuner = Tuner()
        self._sent = self._received = 0
        self._unknown: dict[bytes, int] = {}
        """The last segment that was left of each PC that this record does not know yet."""
        self._aside: dict[bytes, int] = {}
        """The same of PCs that went on from an older state: what they write is not taken."""
        self._asked_about: set[bytes] = set()
        self._full: RefusedError | None = None
        """The server's word that it has no room: from then on the pass only receives."""
        self._has_newer = False
        """Whether a PC seals in a form that only a newer program reads: it is set aside."""
        self._cargo = Cargo()
        """What is brought of other PCs."""
        self._has_rebased = False
        self._near_tip: int | None = None
        """What a hub holds of this PC, once it has said so."""

    def run(self) -> Passed:
        """Bring both sides to the same state, as far as the server has it.

        Raises:
            ServerError: no server, or one that says what cannot be; everything is kept.
            NewerProgramError: what one PC sealed needs a newer program; all else was exchanged.
            RevokedError: this PC was taken out of the practice.
            CopiedRecordError: this record is a copy of one that went on elsewhere.
            PartedError: of a copied PC something else was taken here than the server has, or
                another PC left there what this one has written anew.
        """
        number = self._store.write(SYSTEM, passes.begin_run, self.link.address.url).result()
        code = "stopped"  # until it is known how it ended: a pass broken off is no good one
        try:
            if not self._is_beside:
                self._compare()
                unheard.look(self._store, self.link)
            self._rounds()
            if self._is_beside and self._near_tip:
                self._store.write(SYSTEM, _came_back, self._near_tip).result()
            if not self._is_beside:
                self._store.write(SYSTEM, _note_lacks, self._cargo.given_up).result()
            code = ""
        except ClinicError as error:
            code = error.code
            raise
        finally:
            traffic = self.link.traffic
            sizes = (traffic.up, traffic.down)
            self._store.write(SYSTEM, passes.end_run, number, sizes, code).result()
        found = self._store.read(SYSTEM, passes.still_open).result()
        return Passed(
            self._sent, self._received, sum(self._unknown.values()), found,
            traffic.up, traffic.down, traffic.round_trips,
        )  # fmt: skip

    def _rounds(self) -> None:
        self._apply()
        if self._is_current:
            self._seal()
        for _round in range(_MOST_ROUNDS):
            before = self._progress()
            reply = self._ask()
            self._take(reply)
            # Only now: what came may have said that this record is an older state of another.
            self._seal()
            after = self._progress()
            introduced = self._unknown.keys() & after.known
            for device in introduced:
                del self._unknown[device]
            to_send = (after.unsent or self._cargo.lacks) and self._full is None
            if not (to_send or reply.more or introduced):
                break
            if after == before and not self._asks_first:
                raise strange("no progress")
            self._asks_first = False
        else:
            raise strange("no end")
        if self._full is not None:
            raise refused(self._full)
        if self._has_newer:
            raise newer_program(_("It stays on the server. All else was exchanged."))

    def _seal(self) -> None:
        if self._is_beside:  # a hub is brought it next
            self._store.write(SYSTEM, unheard.hand_out).result()
        while self._store.write(SYSTEM, taking.seal).result():
            pass

    def _say(self) -> None:
        traffic = self.link.traffic
        self._tell(self._sent, self._received, traffic.up + traffic.down)

    def _progress(self) -> _Progress:
        found = self._store.read(SYSTEM, _progress).result()
        if self._near_tip is not None:
            found = replace(found, sent=self._near_tip, unsent=found.made > self._near_tip)
        return replace(
            found,
            left=sum((*self._unknown.values(), *self._aside.values())),
            lacks=tuple(sorted(self._cargo.lacks.items())),
        )

    def _ask(self) -> SyncReply:
        """One round trip; a line that fails is tried again with less."""
        for tries_left in reversed(range(_TRIES)):
            request = encode(self._store.read(SYSTEM, self._request).result())
            started = self.link.clock.uptime()
            try:
                answer = self.link.signed("POST", "/v1/sync", request)
                reply = decode(answer, SyncReply)
            except RefusedError as error:
                self._refused(error)
                continue
            except MessageError as error:
                raise strange(str(error)) from error
            except RevokedError:
                raise
            except ServerError:
                self._tuner.failed()
                if not tries_left:
                    raise
                continue
            took = self.link.clock.uptime() - started
            self._tuner.went_well(took, len(request) + len(answer))
            if not self._is_beside:
                off = reply.time - to_millis(self.link.clock.now())
                self._store.write(SYSTEM, _note_clock, off).result()
            self._tip(reply.tip, reply.tip_hash)
            self._cargo.told(reply.behind)
            return reply
        raise strange("tip")

    def _refused(self, error: RefusedError) -> None:
        """Go on after a no that names what the server holds of this PC.

        Raises:
            ServerError: it is another.
        """
        is_full = error.refusal.code == "quota" and self._full is None
        is_dropped = error.refusal.code == "dropped" and not self._has_rebased
        if not (is_full or is_dropped or error.refusal.code == "tip"):
            raise refused(error) from error
        self._tip(error.refusal.seg_no, _digest(error.refusal.hash))
        if is_full:
            self._full = error
        if is_dropped:
            self._rebase()

    def _rebase(self) -> None:
        """The server dropped what this PC lacks, because snapshots hold it: take it from there."""
        self._has_rebased = True
        before = self._store.read(SYSTEM, _applied).result()
        Rebasing(self._store, self.link).run()
        self._received += self._store.read(SYSTEM, _applied).result() - before
        self.fetch_keys()  # what says that they count is here now
        self._apply()

    def _request(self, reads: ReadSession) -> SyncRequest:
        """What this PC holds, and what it brings: nothing to a server that is full.

        What a hub holds is not remembered: the first request to it only asks.
        """
        cursor, size = reads.cursor, self._tuner.size
        have = {device: each.tip.seg_no for device, each in known_pcs.known_devices(cursor).items()}
        have |= {**self._unknown, **self._aside}
        asks_only = self._asks_first or (self._is_beside and self._near_tip is None)
        if self._full or asks_only:
            return SyncRequest(1, have, size)
        carried = self._cargo.load(reads, size) if self._carries_first else []
        brings = [] if carried else kept_segments.unsent(cursor, size, self._near_tip)
        if not self._carries_first:
            carried = self._cargo.load(reads, size - sum(map(len, brings)))
        return SyncRequest(1, have, size, tuple(brings), tuple(carried))

    def _tip(self, seg_no: int, tip_hash: bytes) -> None:
        """Look at what the server holds of this PC, and remember it if it is ours."""
        if self._is_beside:
            self._store.read(SYSTEM, _must_be_mine, seg_no, tip_hash).result()
            self._near_tip = seg_no
        else:
            arrived = self._store.write(SYSTEM, _arrived, seg_no, tip_hash).result()
            self._sent += arrived.commits
            if arrived.has_lost:  # what it holds of others may be another thing by now
                self._compare()
        self._say()

    def _compare(self) -> None:
        """Whether what is here is what the server has, before anything more goes there.

        Raises:
            PartedError: it is not.
        """
        self._asks_first = self._carries_first = proving.prove(self._store, self.link)

    def _take(self, reply: SyncReply) -> None:
        found = receiving.read(reply.segments)
        keep = receiving.keep_besides if self._is_beside else receiving.keep
        left = self._store.write(SYSTEM, keep, found, self._unknown, self._aside).result()
        self._unknown, self._aside = left
        newer = {each.header.device for each in found if isinstance(each, Newer)}
        self._has_newer |= not newer.isdisjoint(self._aside)
        self._introduce()
        self._apply()

    def _introduce(self) -> None:
        """Ask once who the PCs are that nobody here has told of: an owner may have stated it."""
        strangers = self._unknown.keys() - self._asked_about
        self._asked_about |= strangers
        if not strangers:
            return
        try:
            found = decode(self.link.signed("GET", "/v1/statements"), Statements)
        except (RefusedError, MessageError):
            return  # they stay unknown, and it says so
        self._store.write(SYSTEM, taking.introduce, found.statements).result()

    def _apply(self) -> None:
        """Bring what is kept into the record, a run at a time; fetch the keys it needs.

        What is brought in may name the key that another run waits for: then they are asked again.
        """
        asked, applied = False, 0
        while True:
            found = self._store.write(SYSTEM, taking.apply_run).result()
            self._received += found.applied
            applied += found.applied
            self._say()
            if found.runs:
                asked = asked and not found.applied
            elif (found.lacks_key or (applied and self._lacks_newest())) and not asked:
                asked = True
                self.fetch_keys()
            else:
                self._store.read(SYSTEM, taking.refuse_copy).result()
                return

    def _lacks_newest(self) -> bool:
        return self._store.read(SYSTEM, epochs.lacks_newest).result()

    def fetch_keys(self) -> None:
        """Take the data keys that others handed to this PC.

        Raises:
            ServerError: no server, or one that says what cannot be.
        """
        try:
            box = decode(self.link.signed("GET", "/v1/keybox"), Keybox)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        self._store.write(SYSTEM, taking.keep_keys, box.keys).result()


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
        raise strange("tip")
    return found


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
    lacks: tuple[tuple[bytes, int], ...] = ()
    """What the server lacks of others."""


def _note_clock(uow: UnitOfWork, off: int) -> None:
    """Remember how far the clocks are apart, if that says anything; nothing is decided by it."""
    found = state.peer(uow.cursor)
    said = off if abs(off) >= CLOCK_OFF_MS else 0
    if found is not None and (found.settings.clock_off or said):
        state.change_settings(uow.cursor, clock_off=said)


def _progress(reads: ReadSession) -> _Progress:
    sent, made, unsent = reads.cursor.execute(
        "SELECT coalesce(max((state = ?) * seg_no), 0), coalesce(max(seg_no), 0),"
        " coalesce(max(state = ?), 0) FROM sync_segment WHERE dev = ?",
        (kept_segments.SENT, kept_segments.MADE, THIS_PC),
    ).fetchone()
    devices = known_pcs.known_devices(reads.cursor)
    kept = sum(each.tip.seg_no for each in devices.values())
    return _Progress(sent, made, bool(unsent), kept, frozenset(devices))


def _arrived(uow: UnitOfWork, seg_no: int, tip_hash: bytes) -> Arrived:
    """Remember what the server holds of this PC."""
    _must_be_mine(uow, seg_no, tip_hash)
    if seg_no:
        unheard.hand_out(uow)
    found = kept_segments.arrived(uow.cursor, seg_no)
    if found.has_lost:
        proving.note(uow.cursor, known_pcs.known_devices(uow.cursor))
    return found


def _came_back(uow: UnitOfWork, seg_no: int) -> None:
    kept_segments.came_back(uow.cursor, seg_no)


def _must_be_mine(reads: ReadSession | UnitOfWork, seg_no: int, tip_hash: bytes) -> None:
    """Compare what a server holds of this PC with what this PC made.

    Raises:
        CopiedRecordError: somebody went on from the same record elsewhere.
    """
    if kept_segments.hash_of(reads.cursor, seg_no) != tip_hash:
        raise taking.copied(_("Nothing was sent, and nothing was changed."), f"segment {seg_no}")


def _applied(reads: ReadSession) -> int:
    """How many commits of other PCs are in the record."""
    row = reads.cursor.execute("SELECT sum(tip) FROM sync_device WHERE dev <> ?", (THIS_PC,))
    return int(row.fetchone()[0] or 0)


def _note_lacks(uow: UnitOfWork, count: int) -> None:
    found = state.peer(uow.cursor)
    if found is not None and found.settings.server_lacks != count:
        state.change_settings(uow.cursor, server_lacks=count)
