"""A PC leaves a snapshot of the record with the server, for those that join later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import Final

from clinic_desktop.db.chain import ERASED, THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import little_memory
from clinic_desktop.db.snapshot_making import head, tell
from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError
from clinic_desktop.sync import epochs, kept_segments, passes, state
from clinic_desktop.sync.carried import can_give
from clinic_desktop.sync.client import RefusedError
from clinic_desktop.sync.files import TURN_S
from clinic_desktop.sync.messages import (
    MessageError,
    Statements,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.snapshot import Manifest, SealedPage, Sealer
from clinic_desktop.sync.snapshot_line import (
    SnapshotLine,
    data_keys,
    forget_snapshot,
    in_lots,
    keep_manifest,
    keep_pieces,
    kept_manifest,
    note_newest,
    reason_of,
    sealer_of,
)
from clinic_desktop.sync.statements import StatementError, read, replay

log = logging.getLogger(__name__)
DUE: Final = 2000
"""So many commits beyond the newest snapshot make another worth while, and a tenth of all."""
NEAR = timedelta(days=365)


class Leaving(SnapshotLine):
    """Makes a snapshot where one is due, and leaves it with the server."""

    def run(self, least: int = DUE, seconds: float = TURN_S) -> bool:
        """Whether a snapshot of this PC is on the server now that was not before.

        What is not sent within these seconds goes with the next pass, so that nothing that people
        write waits behind it.

        Raises:
            ServerError: it is tried again, and what the server has need not be sent again.
            StorageError: the disk fails.
        """
        try:
            return self._run(least, seconds)
        except ClinicError:
            raise
        except Exception as error:  # noqa: BLE001 - the pass was a good one without it
            log.warning("No snapshot can be made: %s", reason_of(error))
            self._store.write(SYSTEM, _not_now).result()
            return False

    def _run(self, least: int, seconds: float) -> bool:
        if not self._store.read(SYSTEM, _is_due, least).result():
            return False
        with self.counted():
            return self._go_on(least, self._link.clock.uptime() + seconds)

    def _go_on(self, least: int, until: float) -> bool:
        """With the one that is on its way, else with a new one if the server has none as good."""
        if not self._is_all_there():
            self._store.write(SYSTEM, _not_now).result()
            return False
        manifest = self._store.read(SYSTEM, kept_manifest).result()
        if manifest is None:
            manifest = self._begin_one(least)
        if manifest is None or not self._send(manifest.names, until):
            return False
        try:
            self._link.signed("POST", "/v1/snapshots", manifest.raw)
        except RefusedError as error:
            if error.refusal.code != "pages":
                raise refused(error) from error
            # Another PC's snapshot came between, and with it pieces went: it is made anew.
            self._store.write(SYSTEM, forget_snapshot).result()
            return False
        self._store.write(SYSTEM, _left, manifest).result()
        return True

    def _begin_one(self, least: int) -> Manifest | None:
        commits = self._store.read(SYSTEM, _commits).result()
        if not _is_worth(commits, self._newest(), least):
            return None
        self._store.write(SYSTEM, forget_snapshot).result()
        made = self._store.read(SYSTEM, self._make).result()
        if made is None:
            return None
        manifest, writes = made
        for each in writes:
            each.result()
        self._store.write(SYSTEM, keep_manifest, manifest).result()
        return manifest

    def _is_all_there(self) -> bool:
        """Whether the server holds the last segment of each PC that is here.

        Else nobody who takes the snapshot could find that its PC signed what it covers. A server
        that lost everything may lack the first ones of a PC that is gone, and nobody has them:
        there the snapshot stands for them, once it was checked, and what follows it comes then.
        """
        have, mine = self._store.read(SYSTEM, _tips).result()
        try:
            answer = self._link.signed("POST", "/v1/sync", encode(SyncRequest(1, have, 0)))
            reply = decode(answer, SyncReply)
            told = decode(self._link.signed("GET", "/v1/statements"), Statements)
            known = replay(read(each) for each in told.statements)
        except RefusedError as error:
            raise refused(error) from error
        except (MessageError, StatementError) as error:
            raise strange(str(error)) from error
        # Of PCs that a server was never told of it holds nothing, and says nothing.
        named = known is not None and have.keys() <= known.devices.keys() | known.ended.keys()
        has_rest = self._store.read(SYSTEM, _can_follow, dict(reply.behind)).result()
        return reply.tip >= mine and named and has_rest

    def _newest(self) -> int:
        """How many commits the newest snapshot on the server covers, as far as can be read."""
        deks = self._store.read(SYSTEM, data_keys).result()
        found = 0
        for each in self.offered():
            with suppress(SnapshotError, KeyError):
                sealer = sealer_of(each, deks)
                found = max(found, sealer.look_into(each).commits)
        self._store.write(SYSTEM, note_newest, found).result()
        return found

    def _make(self, reads: ReadSession) -> tuple[Manifest, list[Future[None]]] | None:
        """Tell the record in one view of it; pieces go to a table of their own meanwhile.

        They are not waited for here: the writer may wait until nobody reads.
        """
        cursor = reads.cursor
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        me, key = self._link.me, epochs.in_use(reads, kept_segments.covered(cursor))
        since = _begin_of_near(to_millis(reads.now))
        at = head(cursor, since)
        if at is None or key is None:
            return None
        sealer = Sealer(me.clinic, key[0], epochs.usable(reads)[key[0]])
        pages: list[SealedPage] = []
        writes: list[Future[None]] = []
        with little_memory(cursor):
            for told in tell(cursor, since):
                mark, pieces = sealer.seal(told.page)
                names = tuple(name for name, _sealed in pieces)
                pages.append(SealedPage(told.part, mark, names, told.counts))
                writes.append(self._store.write(SYSTEM, keep_pieces, pieces))
        pages.sort(key=lambda each: each.part)
        return sealer.manifest(me, to_millis(reads.now), at, pages), writes

    def _send(self, names: Sequence[bytes], until: float) -> bool:
        """Whether the server has all pieces now."""
        for some in in_lots(names):
            missing = self.ask(asked=tuple(some)).missing
            while missing:
                if self._link.clock.uptime() > until:
                    return False
                brought = self._store.read(SYSTEM, _pages, missing, self._tuner.size).result()
                if not brought:  # they are gone from here: it is made anew
                    self._store.write(SYSTEM, forget_snapshot).result()
                    return False
                self.ask(brought=tuple(brought))
                sent = {name for name, _content in brought}
                missing = tuple(each for each in missing if each not in sent)
        return True


def _begin_of_near(now: int) -> int:
    """A year ago, to the month: two PCs that tell a record in the same month say the same."""
    month = 30 * 86_400_000
    return (now - int(NEAR.total_seconds()) * 1000) // month * month


def _is_worth(commits: int, covered: int, least: int) -> bool:
    return commits - covered >= max(least, commits // 10)


def _commits(reads: ReadSession | UnitOfWork) -> int:
    """About how many commits there are."""
    row = reads.cursor.execute("SELECT coalesce(max(cid), 0) FROM sync_commit").fetchone()
    return int(row[0])


def _is_due(reads: ReadSession, least: int) -> bool:
    """Whether one is on its way, or may be worth while, and everything is where it should be."""
    if kept_manifest(reads) is not None:
        return True
    peer = state.peer(reads.cursor)
    if peer is None or not _is_worth(_commits(reads), peer.settings.in_snapshot, least):
        return False
    erased = reads.cursor.execute("SELECT 1 FROM sync_hold WHERE why = ?", (ERASED,)).fetchone()
    if erased is not None:  # the row that tells of it is to come: nobody would believe it before
        return False
    found = passes.still_open(reads)
    return not (found.to_send or found.to_apply)


def _not_now(uow: UnitOfWork) -> None:
    """The next pass would fare alike: another is made when as much has come anew."""
    forget_snapshot(uow)
    note_newest(uow, _commits(uow))


def _tips(reads: ReadSession) -> tuple[dict[bytes, int], int]:
    """The last segment here of each other PC whose work is in the record, and of this one."""
    rows = reads.cursor.execute(
        "SELECT device_id, coalesce(seg_tip, 0) FROM sync_device WHERE dev <> ? AND tip > 0",
        (THIS_PC,),
    ).fetchall()
    have = {bytes(device): seg_no for device, seg_no in rows}
    return have, kept_segments.tip(reads.cursor).seg_no


def _can_follow(reads: ReadSession, behind: dict[bytes, int]) -> bool:
    """Whether of each PC whose next segment is not here at all those after the snapshot are."""
    at = head(reads.cursor, 0)
    ends = {each.device: each.seg_no for each in at.devices} if at is not None else {}
    for device, tip in behind.items():
        if can_give(reads, device, tip):
            return False  # it goes there with the next pass
        if tip >= ends.get(device, 0) or not can_give(reads, device, ends[device]):
            return False  # it lacks what follows, too
    return True


def _pages(reads: ReadSession, names: Sequence[bytes], most: int) -> list[tuple[bytes, bytes]]:
    """Pieces of these names: one, then as many as ``most`` bytes hold."""
    found: list[tuple[bytes, bytes]] = []
    for name in names:
        row = reads.cursor.execute(
            "SELECT content FROM sync_page WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            break
        (content,) = row
        most -= len(content)
        if found and most < 0:
            break
        found.append((name, bytes(content)))
    return found


def _left(uow: UnitOfWork, manifest: Manifest) -> None:
    forget_snapshot(uow)
    note_newest(uow, sealer_of(manifest, epochs.usable(uow)).look_into(manifest).commits)
