"""A PC that joins begins with a snapshot that another has left with the server.

It believes the server nothing: the manifest is signed by a PC of the practice, each piece and each
page is found right by its keyed name, the log inside is chained up to the value that the manifest
names, and what the rows hold is compared with what the log says before it counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlcipher3
from msgspec.structs import replace

from clinic_desktop.db.arriving import Arriving, arriving, keep
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import (
    Loader,
    TogetherError,
    little_memory,
    refuse_untold,
    refuse_untold_erasures,
)
from clinic_desktop.db.snapshot_pages import DeviceAt, Part, SnapshotError
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError
from clinic_desktop.sync import epochs, segment, taking
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.messages import Keybox, MessageError, decode
from clinic_desktop.sync.passes import Tell
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.snapshot import Contents, Manifest, Sealer
from clinic_desktop.sync.snapshot_line import (
    MANY,
    SnapshotLine,
    data_keys,
    forget_snapshot,
    keep_manifest,
    keep_only,
    keep_pieces,
    kept_manifest,
    names_here,
    note_newest,
    reason_of,
    sealer_of,
)

log = logging.getLogger(__name__)


class BeginAnewError(Exception):
    """What is in the record came of a snapshot that is wrong, or that the server has no more."""

    def __init__(self, snapshot: bytes, reason: str) -> None:
        super().__init__(reason)
        self.snapshot = snapshot


@dataclass(frozen=True)
class _Chosen:
    manifest: Manifest
    sealer: Sealer
    contents: Contents

    def names(self, upto: Part) -> list[bytes]:
        """The pieces of the parts so far, each once, in the order in which they are needed."""
        found = (name for page in self.contents.pages if page.part <= upto for name in page.names)
        return list(dict.fromkeys(found))


class Beginning(SnapshotLine):
    """Brings a record that is still empty to where the newest good snapshot ends.

    Broken off at any moment it goes on where it was: pieces are kept as they came, and the record
    knows which parts are in it.
    """

    def __init__(
        self, store: Store, link: Link, tell: Tell = lambda *_far: None,
        far: Callable[[int], object] = lambda _percent: None,
    ) -> None:  # fmt: skip
        """``tell`` hears what came over the line; whatever it raises stops it.

        ``far`` hears of how much of the snapshot is here.
        """
        super().__init__(store, link)
        self._say, self._far = tell, far

    def first(self, makers: Mapping[bytes, bytes]) -> bool:
        """Whether the first parts are in the record now; if not, the segments tell everything.

        ``makers`` are the PCs whose snapshots count, with their signing keys.

        Raises:
            ServerError: the line failed; pieces that came are here when it is tried again.
            StorageError: the disk fails.
        """
        state = self._state()
        if state.loaded:
            return True
        offered = [each for each in self.offered() if each.id not in state.left_out]
        if not offered:
            return False
        self._fetch_keys()
        deks = self._store.read(SYSTEM, data_keys).result()
        for manifest in reversed(offered):
            try:
                with _told_wrongly():
                    chosen = _choose(manifest, makers, deks)
                self._store.write(SYSTEM, keep_only, manifest.names).result()
                self._begin_with(chosen)
            except SnapshotError as error:
                log.warning("A snapshot cannot be taken: %s", error)
                continue
            return True
        return False

    def _begin_with(self, chosen: _Chosen) -> None:
        """The first parts, or all at once where those do not stand alone."""
        self._fetch(chosen, Part.NEAR)
        try:
            with _told_wrongly():
                self._store.write(SYSTEM, _load, chosen, Part.NEAR, self._go_on).result()
        except TogetherError:
            self._fetch(chosen, Part.LOG)
            with _told_wrongly():
                self._store.write(SYSTEM, _load, chosen, Part.LOG, self._go_on).result()

    def rest(self) -> None:
        """Bring what is left into the record, and compare it with its log.

        Raises:
            BeginAnewError: the snapshot is wrong, or the server has it no more.
            ServerError, StorageError: as ``first``.
        """
        state = self._state()
        if state.loaded in {0, Part.LOG}:
            return
        manifest = self._store.read(SYSTEM, kept_manifest).result()
        try:
            with _told_wrongly():
                if manifest is None or manifest.id in state.left_out:
                    raise SnapshotError("it was left out")  # noqa: TRY301 - as any other fault
                chosen = _look_into(manifest, self._store.read(SYSTEM, data_keys).result())
            self._fetch(chosen, Part.LOG)
            with _told_wrongly():
                self._store.write(SYSTEM, _load, chosen, Part.LOG, self._go_on).result()
        except SnapshotError as error:
            log.warning("A snapshot cannot be taken: %s", error)
            raise BeginAnewError(manifest.id if manifest else b"", str(error)) from error

    def refuse_doubted(self) -> None:
        """After the pass: see that each PC signed a run that ends as the snapshot says.

        Raises:
            BeginAnewError: one did not; the record is none.
        """
        manifest = self._store.read(SYSTEM, kept_manifest).result()
        if manifest is None or not self._state().loaded:
            return
        unsigned = self._store.read(SYSTEM, _unsigned, manifest).result()
        if unsigned:
            log.warning("A snapshot cannot be taken: %s did not sign it", unsigned)
            raise BeginAnewError(manifest.id, "not signed")

    def _state(self) -> Arriving:
        return self._store.read(SYSTEM, _arriving).result() or Arriving()

    def _go_on(self) -> None:
        """While pages are loaded, on the writer's thread."""
        traffic = self._link.traffic
        self._say(0, 0, traffic.up + traffic.down)

    def _fetch_keys(self) -> None:
        try:
            box = decode(self._link.signed("GET", "/v1/keybox"), Keybox)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        self._store.write(SYSTEM, taking.keep_keys, box.keys).result()

    def _fetch(self, chosen: _Chosen, upto: Part) -> None:
        """All pieces up to a part that are not here, each looked at before it is kept.

        Raises:
            SnapshotError: the server does not have one, or has another.
        """
        here = self._store.read(SYSTEM, names_here).result()
        lacking = [each for each in chosen.names(upto) if each not in here]
        whole = len(chosen.manifest.names)
        while lacking:
            self._far(100 * len(here) // whole)
            found = dict(self.ask(wanted=tuple(lacking[:MANY])).found)
            if not found or not found.keys() <= set(lacking):
                raise SnapshotError("pieces are missing")
            for name, sealed in found.items():
                chosen.sealer.open_piece(name, sealed)
            self._store.write(SYSTEM, keep_pieces, list(found.items())).result()
            self._go_on()
            here |= found.keys()
            lacking = [each for each in lacking if each not in found]
        self._far(100 * len(here) // whole)


@contextmanager
def _told_wrongly() -> Iterator[None]:
    """Whatever pages raise that are not what a PC of ours tells: the next snapshot is tried.

    Raises:
        SnapshotError: instead.
        ClinicError: as it is, the line's, the disk's or a person's; the next would fare alike.
    """
    try:
        yield
    except (SnapshotError, TogetherError, ClinicError):
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
    return _look_into(manifest, deks)


def _look_into(manifest: Manifest, deks: Mapping[int, bytes]) -> _Chosen:
    sealer = sealer_of(manifest, deks)
    return _Chosen(manifest, sealer, sealer.look_into(manifest))


def _arriving(reads: ReadSession) -> Arriving | None:
    return arriving(reads.cursor)


def _load(uow: UnitOfWork, chosen: _Chosen, upto: Part, go_on: Callable[[], None]) -> None:
    """Bring the pages up to a part into the record, and what is whole then to where it ends.

    Raises:
        SnapshotError, and whatever else false pages bring about: nothing of it is here.
        TogetherError: these parts do not stand alone.
    """
    try:
        with little_memory(uow.cursor):
            _load_pages(uow, chosen, upto, go_on)
    except sqlcipher3.OperationalError as error:
        if error.sqlite_errorcode != sqlcipher3.SQLITE_ERROR:
            raise  # the disk
        raise SnapshotError("the record has no place for it") from error


def _load_pages(uow: UnitOfWork, chosen: _Chosen, upto: Part, go_on: Callable[[], None]) -> None:
    cursor, contents = uow.cursor, chosen.contents
    state = arriving(cursor) or Arriving()
    loader = Loader(cursor, contents.head)
    for page in contents.pages:
        if state.loaded < page.part <= upto:
            go_on()
            pieces = ((name, _content(cursor, name)) for name in page.names)
            loader.take(chosen.sealer.open_page(page.mark, pieces))
    if upto == Part.LOG:
        loader.finish()
        refuse_untold_erasures(cursor)
    else:
        loader.show()
    if chosen.manifest.epoch not in epochs.usable(uow):
        raise SnapshotError("sealed with a key that no owner began")
    if upto == Part.LOG:
        refuse_untold(cursor, go_on)
        note_newest(uow, contents.commits)
    forget_snapshot(uow, keeps_pieces=upto != Part.LOG)
    keep_manifest(uow, chosen.manifest)
    keep(cursor, replace(state, loaded=int(upto), made=chosen.manifest.made))


def _unsigned(reads: ReadSession, manifest: Manifest) -> str:
    """The first PC whose signed run does not end as the snapshot says; empty where all do."""
    deks = epochs.usable(reads)
    for each in _look_into(manifest, deks).contents.head.devices:
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
