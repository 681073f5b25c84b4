"""Snapshots on their way: a PC leaves one with the server, and a PC that joins begins with it.

Whoever takes one believes the server nothing: the manifest is signed by a PC of the practice, each
piece and each page is found right by its keyed name, the log inside is chained up to the value that
the manifest names, and what the rows hold is compared with what the log says before it counts.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlcipher3

from clinic_desktop.db.chain import ERASED, THIS_PC
from clinic_desktop.db.log_check import Trouble, check_log
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import Loader, refuse_untold_erasures
from clinic_desktop.db.snapshot_making import head, tell
from clinic_desktop.db.snapshot_pages import DeviceAt, Head, SnapshotError
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, ServerError, StorageError
from clinic_desktop.models.types import to_millis
from clinic_desktop.sync import epochs, segment, state, taking
from clinic_desktop.sync.client import Link, RefusedError, Tuner
from clinic_desktop.sync.exchange import Tell, refused, strange
from clinic_desktop.sync.files import TURN_S
from clinic_desktop.sync.messages import (
    Keybox,
    MessageError,
    PagesReply,
    PagesRequest,
    Snapshots,
    Statements,
    SyncReply,
    SyncRequest,
    decode,
    encode,
)
from clinic_desktop.sync.segment import Segment, SegmentError
from clinic_desktop.sync.snapshot import (
    Contents,
    Manifest,
    SealedPage,
    Sealer,
    read_manifest,
)
from clinic_desktop.sync.statements import StatementError, read, replay

log = logging.getLogger(__name__)
DUE: Final = 2000
"""So many commits beyond the newest snapshot make another worth while, and a tenth of all."""
NEAR = timedelta(days=365)
_TRIES: Final = 4
_MANY: Final = 500
"""Names in one question."""


class _Line:
    """What both directions ask of a server."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store, self._link = store, link
        self._tuner = Tuner(size=128 << 10)

    def _ask(self, **said: Any) -> PagesReply:
        """One round trip; a line that fails is tried again with less.

        Raises:
            ServerError: no answer, or a no.
        """
        for left in reversed(range(_TRIES)):
            request = PagesRequest(1, said.get("asked", ()), said.get("wanted", ()),
                                   self._tuner.size, said.get("brought", ()))  # fmt: skip
            started = self._link.clock.uptime()
            try:
                answer = self._link.signed("POST", "/v1/pages", encode(request))
                reply = decode(answer, PagesReply)
            except RefusedError as error:
                raise refused(error) from error
            except MessageError as error:
                raise strange(str(error)) from error
            except ServerError:
                self._tuner.failed()
                if not left:
                    raise
                continue
            self._tuner.went_well(self._link.clock.uptime() - started)
            return reply
        raise strange("no answer")

    def _offered(self) -> list[Manifest]:
        """What the server has, the oldest first."""
        try:
            found = decode(self._link.signed("GET", "/v1/snapshots"), Snapshots)
        except RefusedError as error:
            raise refused(error) from error
        except MessageError as error:
            raise strange(str(error)) from error
        manifests = []
        for raw in found.manifests:
            with suppress(SnapshotError):
                manifests.append(read_manifest(raw))
        return manifests


# ------------------------------------------------------------------ leaving one


class Leaving(_Line):
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
            log.warning("No snapshot can be made: %s", _said(error))
            self._store.write(SYSTEM, _not_now).result()
            return False

    def _run(self, least: int, seconds: float) -> bool:
        if not self._store.read(SYSTEM, _is_due, least).result():
            return False
        traffic, url = self._link.traffic, self._link.address.url
        number = self._store.write(SYSTEM, _begin, url).result()
        before, code = (traffic.up, traffic.down), "stopped"
        try:
            done = self._go_on(least, self._link.clock.uptime() + seconds)
            code = ""
        except ServerError as error:
            code = error.code
            raise
        finally:
            sizes = (traffic.up - before[0], traffic.down - before[1])
            self._store.write(SYSTEM, _end, number, sizes, code).result()
        return done

    def _go_on(self, least: int, until: float) -> bool:
        """With the one that is on its way, else with a new one if the server has none as good."""
        if not self._is_all_there():
            self._store.write(SYSTEM, _not_now).result()
            return False
        manifest = self._store.read(SYSTEM, _on_its_way).result()
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
            self._store.write(SYSTEM, _forget).result()
            return False
        self._store.write(SYSTEM, _left, manifest).result()
        return True

    def _begin_one(self, least: int) -> Manifest | None:
        commits = self._store.read(SYSTEM, _commits).result()
        if not _is_worth(commits, self._newest(), least):
            return None
        self._store.write(SYSTEM, _forget).result()
        made = self._store.read(SYSTEM, self._make).result()
        if made is None:
            return None
        manifest, writes = made
        for each in writes:
            each.result()
        self._store.write(SYSTEM, _keep_manifest, manifest).result()
        return manifest

    def _is_all_there(self) -> bool:
        """Whether the server holds the last segment of each PC that is here.

        Else nobody who takes the snapshot could find that its PC signed what it covers.
        """
        have, mine = self._store.read(SYSTEM, _tips).result()
        try:
            answer = self._link.signed("POST", "/v1/sync", encode(SyncRequest(1, have, 0)))
            reply = decode(answer, SyncReply)
            said = decode(self._link.signed("GET", "/v1/statements"), Statements)
            known = replay(read(each) for each in said.statements)
        except RefusedError as error:
            raise refused(error) from error
        except (MessageError, StatementError) as error:
            raise strange(str(error)) from error
        # Of PCs that a server was never told of it holds nothing, and says nothing.
        named = known is not None and have.keys() <= known.devices.keys() | known.ended.keys()
        return reply.tip >= mine and named and not reply.behind

    def _newest(self) -> int:
        """How many commits the newest snapshot on the server covers, as far as can be read."""
        deks = self._store.read(SYSTEM, _deks).result()
        found = 0
        for each in self._offered():
            with suppress(SnapshotError, KeyError):
                sealer = _sealer(each, deks)
                found = max(found, sealer.look_into(each).commits)
        self._store.write(SYSTEM, _note_newest, found).result()
        return found

    def _make(self, reads: ReadSession) -> tuple[Manifest, list[Future[None]]] | None:
        """Tell the record in one view of it; pieces go to a table of their own meanwhile.

        They are not waited for here: the writer may wait until nobody reads.
        """
        cursor = reads.cursor
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        me, key = self._link.me, epochs.in_use(reads, state.covered(cursor))
        since = _begin_of_near(to_millis(reads.now))
        at = head(cursor, since)
        if at is None or key is None:
            return None
        sealer = Sealer(me.clinic, key[0], epochs.usable(reads)[key[0]])
        pages: list[SealedPage] = []
        writes: list[Future[None]] = []
        for told in tell(cursor, since):
            mark, pieces = sealer.seal(told.page)
            names = tuple(name for name, _sealed in pieces)
            pages.append(SealedPage(told.part, mark, names, told.counts))
            writes.append(self._store.write(SYSTEM, _keep_pages, pieces))
        pages.sort(key=lambda each: each.part)
        return sealer.manifest(me, to_millis(reads.now), at, pages), writes

    def _send(self, names: Sequence[bytes], until: float) -> bool:
        """Whether the server has all pieces now."""
        for some in _some(names):
            missing = self._ask(asked=tuple(some)).missing
            while missing:
                if self._link.clock.uptime() > until:
                    return False
                brought = self._store.read(SYSTEM, _pages, missing, self._tuner.size).result()
                if not brought:  # they are gone from here: it is made anew
                    self._store.write(SYSTEM, _forget).result()
                    return False
                self._ask(brought=tuple(brought))
                sent = {name for name, _content in brought}
                missing = tuple(each for each in missing if each not in sent)
        return True


# ------------------------------------------------------------------ beginning with one


@dataclass(frozen=True)
class _Chosen:
    manifest: Manifest
    sealer: Sealer
    contents: Contents


class Beginning(_Line):
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
        offered = [each for each in self._offered() if each.id not in self._left_out]
        if not offered:
            return False
        self._fetch_keys()
        deks = self._store.read(SYSTEM, _deks).result()
        for manifest in reversed(offered):
            try:
                with _told_wrongly():
                    chosen = _choose(manifest, makers, deks)
                self._fetch(chosen)
                with _told_wrongly():
                    self._store.write(SYSTEM, _load, chosen).result()
            except SnapshotError as error:
                log.warning("A snapshot cannot be taken: %s", error)
                self._store.write(SYSTEM, _forget).result()
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
            found = dict(self._ask(wanted=tuple(lacking[:_MANY])).found)
            if not found or not found.keys() <= set(lacking):
                raise SnapshotError("pieces are missing")
            traffic = self._link.traffic
            self._say(0, 0, traffic.up + traffic.down)
            for name, sealed in found.items():
                chosen.sealer.open_piece(name, sealed)
            self._store.write(SYSTEM, _keep_pages, list(found.items())).result()
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
        raise SnapshotError(_said(error)) from error


def _said(error: Exception) -> str:
    """For the log; errors of others may quote what the record says of people."""
    return str(error) if isinstance(error, SnapshotError) else type(error).__name__


def _choose(
    manifest: Manifest, makers: Mapping[bytes, bytes], deks: Mapping[int, bytes]
) -> _Chosen:
    """A snapshot by a PC that counts.

    Raises:
        SnapshotError, LookupError: it is none.
    """
    if not manifest.is_signed_by(makers[manifest.device]):
        raise SnapshotError("a false signature")
    sealer = _sealer(manifest, deks)
    return _Chosen(manifest, sealer, sealer.look_into(manifest))


def _sealer(manifest: Manifest, deks: Mapping[int, bytes]) -> Sealer:
    return Sealer(manifest.clinic_id, manifest.epoch, deks[manifest.epoch])


def _some(names: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(names), _MANY):
        yield names[at : at + _MANY]


def _begin_of_near(now: int) -> int:
    """A year ago, to the month: two PCs that tell a record in the same month say the same."""
    month = 30 * 86_400_000
    return (now - int(NEAR.total_seconds()) * 1000) // month * month


# ------------------------------------------------------------------ steps, each a transaction


def _is_worth(commits: int, covered: int, least: int) -> bool:
    return commits - covered >= max(least, commits // 10)


def _commits(reads: ReadSession | UnitOfWork) -> int:
    """About how many commits there are."""
    row = reads.cursor.execute("SELECT coalesce(max(cid), 0) FROM sync_commit").fetchone()
    return int(row[0])


def _is_due(reads: ReadSession, least: int) -> bool:
    """Whether one is on its way, or may be worth while, and everything is where it should be."""
    if _on_its_way(reads) is not None:
        return True
    peer = state.peer(reads.cursor)
    if peer is None or not _is_worth(_commits(reads), peer.settings.in_snapshot, least):
        return False
    erased = reads.cursor.execute("SELECT 1 FROM sync_hold WHERE why = ?", (ERASED,)).fetchone()
    if erased is not None:  # the row that tells of it is to come: nobody would believe it before
        return False
    found = state.still_open(reads.cursor)
    return not (found.to_send or found.to_apply)


def _on_its_way(reads: ReadSession) -> Manifest | None:
    row = reads.cursor.execute("SELECT manifest FROM sync_snapshot LIMIT 1").fetchone()
    return read_manifest(bytes(row[0])) if row else None


def _keep_manifest(uow: UnitOfWork, manifest: Manifest) -> None:
    uow.cursor.execute(
        "INSERT INTO sync_snapshot (id, manifest) VALUES (?, ?)", (manifest.id, manifest.raw)
    )


def _begin(uow: UnitOfWork, url: str) -> int:
    return state.begin_run(uow.cursor, url, to_millis(uow.now))


def _end(uow: UnitOfWork, number: int, sizes: tuple[int, int], error: str) -> None:
    state.end_run(uow.cursor, number, to_millis(uow.now), sizes, error)


def _deks(reads: ReadSession) -> dict[int, bytes]:
    return epochs.usable(reads)


def _note_newest(uow: UnitOfWork, commits: int) -> None:
    state.change_settings(uow.cursor, in_snapshot=commits)


def _forget(uow: UnitOfWork) -> None:
    uow.cursor.execute("DELETE FROM sync_page")
    uow.cursor.execute("DELETE FROM sync_snapshot")


def _not_now(uow: UnitOfWork) -> None:
    """The next pass would fare alike: another is made when as much has come anew."""
    _forget(uow)
    _note_newest(uow, _commits(uow))


def _tips(reads: ReadSession) -> tuple[dict[bytes, int], int]:
    """The last segment here of each other PC whose work is in the record, and of this one."""
    rows = reads.cursor.execute(
        "SELECT device_id, coalesce(seg_tip, 0) FROM sync_device WHERE dev <> ? AND tip > 0",
        (THIS_PC,),
    ).fetchall()
    have = {bytes(device): seg_no for device, seg_no in rows}
    return have, state.tip(reads.cursor).seg_no


def _keep_pages(uow: UnitOfWork, pieces: Sequence[tuple[bytes, bytes]]) -> None:
    uow.cursor.executemany(
        "INSERT INTO sync_page (name, content) VALUES (?, ?) ON CONFLICT DO NOTHING", pieces
    )


def _names_here(reads: ReadSession) -> set[bytes]:
    return {bytes(row[0]) for row in reads.cursor.execute("SELECT name FROM sync_page").fetchall()}


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
    _forget(uow)
    _note_newest(uow, _sealer(manifest, epochs.usable(uow)).look_into(manifest).commits)


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
    worst = check_log(cursor, None)
    if worst.trouble >= Trouble.BROKEN:
        raise SnapshotError(f"the rows are not what the log says: {worst.findings[0].what}")
    _forget(uow)
    _note_newest(uow, contents.commits)


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
