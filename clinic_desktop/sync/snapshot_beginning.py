"""A PC that joins begins with a snapshot that another has left with the server.

It believes the server nothing: the manifest is signed by a PC of the practice, each piece and each
page is found right by its keyed name, the log inside is chained up to the value that the manifest
names, and what the rows hold is compared with what the log says before it counts.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlcipher3

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import Loader, refuse_untold, refuse_untold_erasures
from clinic_desktop.db.snapshot_pages import DeviceAt, Head, SnapshotError
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError, StorageError
from clinic_desktop.sync import epochs, segment, taking
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.exchange import Tell, refused, strange
from clinic_desktop.sync.messages import Keybox, MessageError, decode
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.snapshot import Contents, Manifest, Sealer
from clinic_desktop.sync.snapshot_line import (
    MANY,
    SnapshotLine,
    data_keys,
    forget_snapshot,
    keep_pieces,
    note_newest,
    reason_of,
    sealer_of,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Chosen:
    manifest: Manifest
    sealer: Sealer
    contents: Contents


class Beginning(SnapshotLine):
    """Brings a record that is still empty to where the newest good snapshot ends."""

    def __init__(
        self, store: Store, link: Link, tell: Tell = lambda *_far: None,
        left_out: Collection[bytes] = (),
    ) -> None:  # fmt: skip
        """``tell`` hears what came over the line; whatever it raises stops it.

        ``left_out`` are the ids of snapshots that were doubted before.
        """
        super().__init__(store, link)
        self._say, self._left_out = tell, left_out
        self._taken: _Chosen | None = None

    def run(self, makers: Mapping[bytes, bytes]) -> bool:
        """Whether a snapshot is in the record now; if none, the segments tell everything.

        ``makers`` are the PCs whose snapshots count, with their signing keys.

        Raises:
            ServerError: the line failed; pages that came are here when it is tried again.
            StorageError: the disk fails.
        """
        offered = [each for each in self.offered() if each.id not in self._left_out]
        if not offered:
            return False
        self._fetch_keys()
        deks = self._store.read(SYSTEM, data_keys).result()
        for manifest in reversed(offered):
            try:
                with _told_wrongly():
                    chosen = _choose(manifest, makers, deks)
                self._fetch(chosen)
                with _told_wrongly():
                    self._store.write(SYSTEM, _load, chosen).result()
            except SnapshotError as error:
                log.warning("A snapshot cannot be taken: %s", error)
                self._store.write(SYSTEM, forget_snapshot).result()
                continue
            self._taken = chosen
            return True
        return False

    def doubted(self) -> bytes | None:
        """After the pass: the id of the snapshot if a PC signed no run that ends as it says.

        The record is none then: it is begun anew without this snapshot.
        """
        if self._taken is None:
            return None
        unsigned = self._store.read(SYSTEM, _unsigned, self._taken.contents.head).result()
        if not unsigned:
            return None
        log.warning("A snapshot cannot be taken: %s did not sign it", unsigned)
        return self._taken.manifest.id

    def _fetch_keys(self) -> None:
        try:
            box = decode(self._link.signed("GET", "/v1/keybox"), Keybox)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        self._store.write(SYSTEM, taking.keep_keys, box.keys).result()

    def _fetch(self, chosen: _Chosen) -> None:
        """All pieces that are not here, each looked at before it is kept.

        Raises:
            SnapshotError: the server does not have one, or has another.
        """
        here = self._store.read(SYSTEM, _names_here).result()
        lacking = [each for each in chosen.manifest.names if each not in here]
        while lacking:
            found = dict(self.ask(wanted=tuple(lacking[:MANY])).found)
            if not found or not found.keys() <= set(lacking):
                raise SnapshotError("pieces are missing")
            traffic = self._link.traffic
            self._say(0, 0, traffic.up + traffic.down)
            for name, sealed in found.items():
                chosen.sealer.open_piece(name, sealed)
            self._store.write(SYSTEM, keep_pieces, list(found.items())).result()
            lacking = [each for each in lacking if each not in found]


@contextmanager
def _told_wrongly() -> Iterator[None]:
    """Whatever pages raise that are not what a PC of ours tells: the next snapshot is tried.

    Raises:
        SnapshotError: instead.
        ServerError, StorageError: as they are; the next one would fare alike.
    """
    try:
        yield
    except (SnapshotError, ServerError, StorageError):
        raise
    except Exception as error:
        raise SnapshotError(reason_of(error)) from error


def _choose(
    manifest: Manifest, makers: Mapping[bytes, bytes], deks: Mapping[int, bytes]
) -> _Chosen:
    """A snapshot by a PC that counts.

    Raises:
        SnapshotError, LookupError: it is none.
    """
    if not manifest.is_signed_by(makers[manifest.device]):
        raise SnapshotError("a false signature")
    sealer = sealer_of(manifest, deks)
    return _Chosen(manifest, sealer, sealer.look_into(manifest))


def _names_here(reads: ReadSession) -> set[bytes]:
    return {bytes(row[0]) for row in reads.cursor.execute("SELECT name FROM sync_page").fetchall()}


def _load(uow: UnitOfWork, chosen: _Chosen) -> None:
    """Bring all pages into the record, and compare what the rows hold with the log.

    Raises:
        SnapshotError, and whatever else false pages bring about: nothing of it is here.
    """
    try:
        _load_pages(uow, chosen)
    except sqlcipher3.OperationalError as error:
        if error.sqlite_errorcode != sqlcipher3.SQLITE_ERROR:
            raise  # the disk
        raise SnapshotError("the record has no place for it") from error


def _load_pages(uow: UnitOfWork, chosen: _Chosen) -> None:
    cursor, contents = uow.cursor, chosen.contents
    loader = Loader(cursor, contents.head)
    for page in contents.pages:
        pieces = ((name, _content(cursor, name)) for name in page.names)
        loader.take(chosen.sealer.open_page(page.mark, pieces))
    loader.finish()
    refuse_untold_erasures(cursor)
    if chosen.manifest.epoch not in epochs.usable(uow):
        raise SnapshotError("sealed with a key that no owner began")
    refuse_untold(cursor)
    forget_snapshot(uow)
    note_newest(uow, contents.commits)


def _unsigned(reads: ReadSession, at: Head) -> str:
    """The first PC whose signed run does not end as the snapshot says; empty where all do."""
    deks = epochs.usable(reads)
    for each in at.devices:
        try:
            is_signed = _has_signed(reads.cursor, each, deks)
        except (SegmentError, KeyError):
            is_signed = False
        if not is_signed:
            return each.device.hex()
    return ""


def _has_signed(cursor: Any, at: DeviceAt, deks: Mapping[int, bytes]) -> bool:
    """Segments here are signed by their PC: the one with this commit must chain to this value."""
    run: list[Segment] = []
    for (raw,) in cursor.execute(
        "SELECT content FROM sync_segment JOIN sync_device USING (dev)"
        " WHERE device_id = ? AND seg_no > ? ORDER BY seg_no",
        (at.device, at.seg_no),
    ):
        run.append(segment.read(bytes(raw)))
        if run[-1].header.part < run[-1].header.parts:
            continue
        for commit in segment.open_run(run, deks[run[0].header.epoch]).commits:
            if commit.dseq == at.dseq:
                return commit.chain == at.chain
        run.clear()
    return False


def _content(cursor: Any, name: bytes) -> bytes:
    row = cursor.execute("SELECT content FROM sync_page WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise SnapshotError("a piece is missing")
    return bytes(row[0])
