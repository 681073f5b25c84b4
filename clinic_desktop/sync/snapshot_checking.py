"""What a PC says, signed, of the snapshots that others have left with the server.

That its own record has come as far; and, for one of them at a time, that all its pages were fetched
anew, brought into a record of their own, compared with the log there, and come to the digest that
their maker signed. The server drops segments by what PCs say here, and by nothing else.
"""

from __future__ import annotations

import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Final

import sqlcipher3

from clinic_desktop.db.arriving import arriving
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import (
    Loader,
    little_memory,
    refuse_untold,
    refuse_untold_erasures,
)
from clinic_desktop.db.snapshot_making import tell
from clinic_desktop.db.snapshot_pages import SnapshotError, write
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, ServerError
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.sync import kept_segments, known_pcs, state
from clinic_desktop.sync.client import RefusedError
from clinic_desktop.sync.files import TURN_S
from clinic_desktop.sync.messages import MessageError, Vouches, decode
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.snapshot import Contents, Manifest, Sealer
from clinic_desktop.sync.snapshot_line import (
    MANY,
    SnapshotLine,
    data_keys,
    forget_snapshot,
    keep_only,
    keep_pieces,
    names_here,
    reason_of,
    sealer_of,
)
from clinic_desktop.sync.vouching import Said, Vouch, VouchError, read_vouch, vouch

log = logging.getLogger(__name__)
EVERY_MS: Final = 6 * 3_600_000
"""How often a PC looks what others have left."""
_PREFIX: Final = "checking-"


class _Compared(Enum):
    """How far this record has come, beside a snapshot."""

    AS_FAR = auto()
    BEHIND = auto()
    OTHERWISE = auto()
    """On another chain: one of the two is not what its PCs wrote."""


@dataclass
class _Offer:
    """A snapshot on the server that this PC can open, and what is said of it."""

    manifest: Manifest
    sealer: Sealer
    contents: Contents
    words: dict[bytes, set[Said]] = field(default_factory=lambda: defaultdict(set))


class Checking(SnapshotLine):
    """One turn, after a pass."""

    def run(self, seconds: float = TURN_S, *, at_once: bool = False) -> None:
        """Look what is there and say what is to be said of it.

        What is not fetched within these seconds comes with the next pass. ``at_once``: though it
        was looked not long ago.

        Raises:
            ServerError: it is tried again.
            StorageError: the disk fails.
        """
        if not (at_once or self._store.read(SYSTEM, _is_due).result()):
            return
        try:
            is_done = self._run(self._link.clock.uptime() + seconds)
        except ClinicError:
            raise
        except Exception as error:  # noqa: BLE001 - the pass was a good one without it
            log.warning("The snapshots cannot be looked at: %s", reason_of(error))
            is_done = True
        if is_done:
            self._store.write(SYSTEM, _looked).result()

    def _run(self, until: float) -> bool:
        """Whether there is nothing left to fetch."""
        try:
            said = self._said()
        except ServerError:  # one that knows no such question is not asked with each pass
            self._store.write(SYSTEM, _looked).result()
            raise
        is_lacking = self._store.read(SYSTEM, _server_lacks).result()
        if not said.keep and not said.vouches and not is_lacking:
            return True  # nothing is dropped there, and nothing depends on a snapshot
        with self.counted():
            return self._look(said, until)

    def _look(self, said: Vouches, until: float) -> bool:
        offers = self._known_offers(said)
        compared = {
            each.manifest.id: self._store.read(SYSTEM, _compare, each.contents).result()
            for each in offers
        }
        for each in offers:
            if compared[each.manifest.id] is _Compared.OTHERWISE:
                self._say(each, Said.DOUBTED)
        as_far = [each for each in offers if compared[each.manifest.id] is _Compared.AS_FAR]
        is_done = self._check_one(as_far[::-1], until)
        for each in as_far:
            self._say(each, Said.HAS)
        self._store.write(SYSTEM, _note_doubts, any(map(_is_doubted, offers))).result()
        return is_done

    def _said(self) -> Vouches:
        try:
            return decode(self._link.signed("GET", "/v1/vouches"), Vouches)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error

    def _known_offers(self, said: Vouches) -> list[_Offer]:
        """The snapshots by PCs of the practice, the oldest first, and what such PCs say of them."""
        members = self._store.read(SYSTEM, _members).result()
        deks = self._store.read(SYSTEM, data_keys).result()
        found: dict[bytes, _Offer] = {}
        for manifest in self.offered():
            with suppress(SnapshotError, KeyError):
                if manifest.is_signed_by(members[manifest.device]):
                    sealer = sealer_of(manifest, deks)
                    found[manifest.id] = _Offer(manifest, sealer, sealer.look_into(manifest))
        for raw in said.vouches:
            with suppress(VouchError, KeyError):
                one = read_vouch(raw)
                if one.is_signed_by(members[one.device]):
                    found[one.snapshot].words[one.device].add(_heard(one, found[one.snapshot]))
        return list(found.values())

    def _say(self, offer: _Offer, said: Said) -> None:
        """Tell the server, once."""
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        mine = offer.words[self._link.me.device.bytes]
        if said in mine or (said is Said.HAS and mine):
            return
        digest = b"" if said is Said.DOUBTED else offer.contents.digest
        try:
            self._link.signed(
                "POST", "/v1/vouches", vouch(self._link.me, offer.manifest, said, digest).raw
            )
        except RefusedError as error:
            raise refused(error) from error
        mine.add(said)

    # ------------------------------------------------------------ checking one

    def _check_one(self, offers: list[_Offer], until: float) -> bool:
        """Check the first of these that nobody has checked; whether nothing is left to fetch."""
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        mine = self._link.me.device.bytes
        if self._store.read(SYSTEM, _is_leaving).result():
            return False  # its own pieces lie where these would
        is_alone = self._store.read(SYSTEM, _is_alone).result()
        for each in offers:
            is_mine = each.manifest.device == mine
            checked = {who for who, said in each.words.items() if Said.CHECKED in said}
            if _is_doubted(each) or (is_mine and not is_alone) or checked - {each.manifest.device}:
                continue
            if is_mine and checked:
                continue
            return self._check(each, until)
        return True

    def _check(self, offer: _Offer, until: float) -> bool:
        try:
            if not self._fetch(offer, until):
                return False
            reason = "" if self._derive(offer) == offer.contents.digest else "another digest"
        except SnapshotError as error:
            reason = str(error)
        if reason:
            log.warning("A snapshot is not what it says: %s", reason)
        self._say(offer, Said.DOUBTED if reason else Said.CHECKED)
        self._store.write(SYSTEM, forget_snapshot).result()
        return False  # there may be another

    def _fetch(self, offer: _Offer, until: float) -> bool:
        """Whether all pieces are here, each looked at before it is kept.

        Raises:
            SnapshotError: the server does not have one, or has another.
        """
        names = offer.manifest.names
        self._store.write(SYSTEM, keep_only, names).result()
        here = self._store.read(SYSTEM, names_here).result()
        lacking = [each for each in names if each not in here]
        while lacking:
            if self._link.clock.uptime() > until:
                return False
            reply = self.ask(wanted=tuple(lacking[:MANY]))
            found = dict(reply.found)
            if not set(reply.missing).isdisjoint(lacking):
                return False  # rotten there, it says, and offers this one no more
            if not found or not found.keys() <= set(lacking):
                raise SnapshotError("pieces are missing")
            for name, sealed in found.items():
                offer.sealer.open_piece(name, sealed)
            self._store.write(SYSTEM, keep_pieces, list(found.items())).result()
            lacking = [each for each in lacking if each not in found]
        return True

    def _derive(self, offer: _Offer) -> bytes:
        """What the pages come to in a record of their own, which is gone afterwards.

        Raises:
            SnapshotError: they are no record, or one that its log does not come to.
        """

        def piece(name: bytes) -> bytes:
            return bytes(self._store.read(SYSTEM, _piece, name).result())

        beside = self._store.path.parent
        _remove_left_over(beside)
        with tempfile.TemporaryDirectory(dir=beside, prefix=_PREFIX) as folder:
            place = Path(folder) / "record.db"
            with closing(create_store(place, new_database_key(), self._store.clock)) as scratch:
                try:
                    scratch.write(SYSTEM, _load, offer, piece).result()
                    return bytes(scratch.read(SYSTEM, _digest, offer).result())
                except ClinicError:
                    raise
                except sqlcipher3.OperationalError as error:
                    if error.sqlite_errorcode != sqlcipher3.SQLITE_ERROR:
                        raise  # the disk
                    raise SnapshotError("the record has no place for it") from error
                except Exception as error:
                    raise SnapshotError(reason_of(error)) from error


def _heard(one: Vouch, offer: _Offer) -> Said:
    """What a PC says; one that names another digest says that something is wrong."""
    return one.said if one.digest in {b"", offer.contents.digest} else Said.DOUBTED


def _is_doubted(offer: _Offer) -> bool:
    return any(Said.DOUBTED in said for said in offer.words.values())


def _remove_left_over(beside: Path) -> None:
    """What a program that was killed left here; nobody has its key."""
    for folder in beside.glob(f"{_PREFIX}*"):
        for each in folder.glob("*"):
            with suppress(OSError):
                each.unlink()
        with suppress(OSError):
            folder.rmdir()


# ------------------------------------------------------------------ steps, each a transaction


def _is_due(reads: ReadSession) -> bool:
    found = state.peer(reads.cursor)
    now = to_millis(reads.now)
    if found is None or arriving(reads.cursor) is not None:
        return False
    looked = found.settings.looked_at
    return bool(found.settings.server_lacks) or not looked <= now < looked + EVERY_MS


def _looked(uow: UnitOfWork) -> None:
    state.change_settings(uow.cursor, looked_at=to_millis(uow.now))


def _note_doubts(uow: UnitOfWork, is_doubted: bool) -> None:  # noqa: FBT001 - one fact
    found = state.peer(uow.cursor)
    if found is not None and found.settings.is_doubted != is_doubted:
        state.change_settings(uow.cursor, is_doubted=is_doubted)


def _server_lacks(reads: ReadSession) -> bool:
    found = state.peer(reads.cursor)
    return found is not None and bool(found.settings.server_lacks)


def _members(reads: ReadSession) -> dict[bytes, bytes]:
    """The PCs that belong to the practice, with their keys."""
    rows = reads.cursor.execute(
        "SELECT device_id, sign_pk FROM sync_device"
        " WHERE sign_pk IS NOT NULL AND (status = 'active' OR dev = ?)",
        (THIS_PC,),
    ).fetchall()
    return {bytes(device): bytes(key) for device, key in rows}


def _is_alone(reads: ReadSession) -> bool:
    row = reads.cursor.execute(
        "SELECT 1 FROM sync_device WHERE dev <> ? AND status IN ('active', ?)",
        (THIS_PC, known_pcs.STATED),
    ).fetchone()
    return row is None


def _is_leaving(reads: ReadSession) -> bool:
    return reads.cursor.execute("SELECT 1 FROM sync_snapshot").fetchone() is not None


def _compare(reads: ReadSession, contents: Contents) -> _Compared:
    """Whether this record has all that a snapshot covers, on the same chains."""
    cursor, found = reads.cursor, _Compared.AS_FAR
    for each in contents.head.devices:
        row = cursor.execute(
            "SELECT d.dev, c.chain FROM sync_device d LEFT JOIN sync_commit c"
            " ON c.dev = d.dev AND c.dseq = ? WHERE d.device_id = ?",
            (each.dseq, each.device),
        ).fetchone()
        if row is None or row[1] is None:
            found = _Compared.BEHIND
            continue
        held = kept_segments.hash_of(cursor, each.seg_no, row[0])
        if bytes(row[1]) != each.chain or held not in {None, each.seg_hash}:
            return _Compared.OTHERWISE
        if kept_segments.tip(cursor, row[0]).seg_no < each.seg_no:
            found = _Compared.BEHIND
    return found


def _piece(reads: ReadSession, name: bytes) -> bytes:
    row = reads.cursor.execute("SELECT content FROM sync_page WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise SnapshotError("a piece is missing")
    return bytes(row[0])


def _load(uow: UnitOfWork, offer: _Offer, piece: Callable[[bytes], bytes]) -> None:
    """Bring the pages into the other record, and compare what rows hold with the log."""
    cursor = uow.cursor
    with little_memory(cursor):
        loader = Loader(cursor, offer.contents.head)
        for page in offer.contents.pages:
            pieces = ((name, piece(name)) for name in page.names)
            loader.take(offer.sealer.open_page(page.mark, pieces))
        loader.finish()
        refuse_untold_erasures(cursor)
        refuse_untold(cursor)


def _digest(reads: ReadSession, offer: _Offer) -> bytes:
    """What that record tells itself comes to."""
    head = offer.contents.head
    with little_memory(reads.cursor):
        told = sorted(
            (
                (each.part, offer.sealer.mark(write(each.page)))
                for each in tell(reads.cursor, head.since)
                if each.counts
            ),
            key=lambda each: each[0],
        )
    return offer.sealer.digest(head, [mark for _part, mark in told])
