"""Brings the pages of a snapshot into a record that has none of it.

Part of writing transactions. First come the headings of the log, so that every version has its
number here; what the commits wrote comes last, and only then the log counts as whole: each commit
is chained to the one before, up to the value that the head names.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec

from clinic_desktop.db import search, triggers, unknown
from clinic_desktop.db.answers import close_answered
from clinic_desktop.db.applying import forget_told_erasures
from clinic_desktop.db.bodies import RefusedError, read_deps
from clinic_desktop.db.chain import ERASED, PLAIN_SINCE, THIS_PC, chain_value
from clinic_desktop.db.conflicts import switched_off
from clinic_desktop.db.devices import device_number, show_members
from clinic_desktop.db.incoming import MORE_COLUMNS, WHOLE_ROW, Rows
from clinic_desktop.db.journal import next_cid
from clinic_desktop.db.lists import marks
from clinic_desktop.db.log_check import Trouble, check_log
from clinic_desktop.db.new_rows import column_defaults
from clinic_desktop.db.snapshot_pages import (
    CommitsPage,
    DepsPage,
    Head,
    LogPage,
    MarksPage,
    Page,
    Question,
    QuestionsPage,
    RowsPage,
    SnapshotError,
    UnknownPage,
)
from clinic_desktop.db.versions_check import VersionsCheck
from clinic_desktop.domain.merging import EXISTENCE
from clinic_desktop.models.registry import BY_NUMBER, SCHEMA_VERSION

_LITTLE_CACHE = -16_384
"""In KiB, for SQLite."""
_COMMIT_GUARD = "guard_sync_commit_update"
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


class TogetherError(Exception):
    """The parts so far do not stand alone: they are loaded with the others."""


class Loader:
    """Takes pages in the order of their parts."""

    def __init__(self, cursor: Any, head: Head) -> None:
        """Begin, or go on where it was.

        Raises:
            SnapshotError: a newer program made it, or it tells of this PC itself.
        """
        if head.schema > SCHEMA_VERSION:
            raise SnapshotError("of a newer program")
        self._cursor, self._head = cursor, head
        self._devs = {each.device: device_number(cursor, each.device) for each in head.devices}
        if THIS_PC in self._devs.values():
            raise SnapshotError("this PC is in it")
        self._cids = {device: self._known(dev) for device, dev in self._devs.items()}
        self._causes = 0
        """How many dependencies the log told of."""

    def _known(self, dev: int) -> array[int]:
        rows = self._cursor.execute(
            "SELECT cid FROM sync_commit WHERE dev = ? ORDER BY dseq", (dev,)
        ).fetchall()
        return array("q", (row[0] for row in rows))

    def take(self, page: Page) -> None:
        """Write one page.

        Raises:
            SnapshotError: it does not follow what is here.
        """
        match page:
            case CommitsPage():
                self._commits(page)
            case DepsPage():
                self._deps(page)
            case RowsPage():
                with switched_off(self._cursor):
                    self._rows(page)
            case UnknownPage():
                self._unknown(page)
            case QuestionsPage():
                self._questions(page.entries)
            case LogPage():
                with _unguarded(self._cursor):
                    self._log(page)
            case MarksPage():
                self._marks(page)

    # -------------------------------------------------------------- the log

    def _commits(self, page: CommitsPage) -> None:
        cid, clock = next_cid(self._cursor), 0
        rows = []
        columns = (page.makers, page.numbers, page.clocks, page.walls, page.authors, page.why,
                   page.schemas)  # fmt: skip
        for maker, dseq, step, wall, author, why, schema in zip(*columns, strict=True):
            device = page.devices[maker]
            here = self._here(device)
            if dseq != len(here) + 1:
                raise SnapshotError("a gap among the headings")
            clock += step
            rows.append((cid, self._devs[device], dseq, clock, wall + (clock >> 16),
                         page.users[author], page.reasons[why], schema))  # fmt: skip
            here.append(cid)
            cid += 1
        self._cursor.executemany(
            "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver, deps,"
            " body, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, x'', x'', x'')",
            rows,
        )

    def _here(self, device: bytes) -> array[int]:
        found = self._cids.get(device)
        if found is None:
            raise SnapshotError("a PC that the head does not name")
        return found

    def _cid(self, device: bytes, dseq: int) -> int:
        here = self._here(device)
        if not 0 < dseq <= len(here):
            raise SnapshotError("a commit that has no heading")
        return here[dseq - 1]

    def _deps(self, page: DepsPage) -> None:
        dev = self._devs.get(page.device) or _fail("a PC that the head does not name")
        others = [self._devs.get(each) or _fail("an unknown PC") for each in page.others]
        self._cursor.executemany(
            "INSERT INTO sync_dep (dev, other, dseq, upto) VALUES (?, ?, ?, ?)",
            [(dev, others[other], dseq, upto) for dseq, other, upto in page.entries],
        )

    def _log(self, page: LogPage) -> None:
        """What commits wrote, each checked against the chain.

        Raises:
            SnapshotError: a value of the chain is not what it must be.
        """
        dev = self._devs.get(page.device) or _fail("a PC that the head does not name")
        self._compare_causes(dev, page)
        last = self._chain_at(dev, page.first - 1)
        for at, (deps, plain) in enumerate(zip(page.deps, page.bodies, strict=True)):
            dseq = page.first + at
            header = self._heading(dev, dseq)
            body = zlib.compress(plain, 1) if header[5] >= PLAIN_SINCE else plain
            redaction = None
            if dseq in page.originals:
                left = hashlib.blake2b(plain, digest_size=32).digest()
                redaction = page.originals[dseq], frozenset({left})
                self._cursor.execute(
                    "INSERT INTO sync_hold (dev, dseq, why, body, since) VALUES (?, ?, ?, ?, ?)",
                    (dev, dseq, ERASED, page.originals[dseq] + left, header[2]),
                )
            last = chain_value(last, (THIS_PC, *header, deps), body, redaction)
            self._cursor.execute(
                "UPDATE sync_commit SET deps = ?, body = ?, chain = ? WHERE dev = ? AND dseq = ?",
                (deps, body, last, dev, dseq),
            )

    def _compare_causes(self, dev: int, page: LogPage) -> None:
        """What a commit builds on is what it says itself, and comes before it here.

        Else the maker could decide which version of a group replaced which.

        Raises:
            SnapshotError: the headings told otherwise.
        """
        told: dict[int, dict[int, int]] = defaultdict(dict)
        for dseq, other, upto in self._cursor.execute(
            "SELECT dseq, other, upto FROM sync_dep WHERE dev = ? AND dseq BETWEEN ? AND ?",
            (dev, page.first, page.first + len(page.deps) - 1),
        ).fetchall():
            told[dseq][other] = upto
        for dseq, raw in enumerate(page.deps, page.first):
            try:
                causes = read_deps(raw)
            except RefusedError as error:
                raise SnapshotError("dependencies that cannot be read") from error
            if {self._devs.get(each): upto for each, upto in causes.items()} != told[dseq]:
                _fail("other dependencies than the log tells")
            number = self._cid(page.device, dseq)
            if any(self._cid(each, upto) > number for each, upto in causes.items()):
                _fail("commits before what they build on")
            self._causes += len(causes)

    def _heading(self, dev: int, dseq: int) -> tuple[Any, ...]:
        row = self._cursor.execute(
            "SELECT dseq, hlc, wall, user_id, reason, schema_ver FROM sync_commit"
            " WHERE dev = ? AND dseq = ? AND chain = x''",
            (dev, dseq),
        ).fetchone()
        return tuple(row) if row else _fail("a commit that has no heading")

    def _chain_at(self, dev: int, dseq: int) -> bytes:
        if dseq == 0:
            return bytes(32)
        row = self._cursor.execute(
            "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, dseq)
        ).fetchone()
        return bytes(row[0]) if row and row[0] else _fail("a gap in the log")

    # -------------------------------------------------------------- rows

    def _rows(self, page: RowsPage) -> None:
        table = BY_NUMBER.get(page.table) or _fail("an unknown table")
        names = [table.names.get(each) or _fail("an unknown column") for each in page.columns]
        more = {n: v for n, v in column_defaults(table.name).items() if n not in names}
        made = [
            self._cid(page.devices[maker], dseq)
            for maker, dseq in zip(page.makers, page.made, strict=True)
        ]
        columns = [page.ids, made, *page.values, *([v] * len(page.ids) for v in more.values())]
        self._cursor.executemany(
            f"INSERT INTO {table.name} (id, sv, {', '.join([*names, *more])})"
            f" VALUES ({marks(columns)})",
            list(zip(*columns, strict=True)),
        )
        self._cursor.executemany(
            "INSERT INTO sync_cell (tbl, pk, grp, ver, val) VALUES (?, ?, ?, ?, ?)",
            [
                (table.number, page.ids[at], grp, self._cid(page.devices[maker], dseq), val)
                for at, grp, maker, dseq, val in page.cells
            ],
        )

    def _unknown(self, page: UnknownPage) -> None:
        for tbl, pk, grp, device, dseq, told in page.entries:
            op = told
            if grp not in {WHOLE_ROW, MORE_COLUMNS}:
                is_of_author, *rest = _unpack(told)
                op = _pack([self._devs[device] if is_of_author else 0, *rest])
            self._cursor.execute(
                "INSERT INTO sync_unknown (tbl, pk, grp, cid, op) VALUES (?, ?, ?, ?, ?)",
                (tbl, pk, grp, self._cid(device, dseq), op),
            )

    def _questions(self, entries: Iterable[Question]) -> None:
        self._cursor.executemany(
            "INSERT INTO sync_conflict (id, kind, severity, patient, tbl, pk, grp, vers,"
            " opened_hlc, state, other) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [
                (*each[:7], _pack([self._cid(*dot) for dot in each[7]]), *each[8:])
                for each in entries
            ],
        )

    def _marks(self, page: MarksPage) -> None:
        self._questions(page.questions)
        self._cursor.executemany(
            "INSERT INTO sync_checkpoint (dev, number, dseq, hlc, wall, chain, signature)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(self._devs[device], *rest) for device, *rest in page.points],
        )

    # -------------------------------------------------------------- the end

    def show(self) -> None:
        """Let people look at what is here while the rest is to come.

        Raises:
            TogetherError: a row refers to one that is not here.
        """
        if self._cursor.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise TogetherError("a row refers to one that comes later")
        show_members(self._cursor)
        self._index()

    def _index(self) -> None:
        patients = self._cursor.execute("SELECT id FROM patient").fetchall()
        search.reindex(self._cursor, [bytes(row[0]) for row in patients])

    def finish(self) -> None:
        """Go on from where the snapshot ends.

        Raises:
            SnapshotError: the log is not the one that the head speaks of.
        """
        for each in self._head.devices:
            dev = self._devs[each.device]
            if len(self._cids[each.device]) != each.dseq:
                raise SnapshotError("headings are missing")
            if self._chain_at(dev, each.dseq) != each.chain:
                raise SnapshotError("another chain")
            self._cursor.execute(
                "UPDATE sync_device SET tip = ?, seg_tip = ?, seg_hash = ? WHERE dev = ?",
                (each.dseq, each.seg_no, each.seg_hash, dev),
            )
            if each.seg_no:  # its content is not needed: what it carried is here
                self._cursor.execute(
                    "INSERT INTO sync_segment (dev, seg_no, from_dseq, to_dseq, epoch, hash,"
                    " content, state) VALUES (?, ?, ?, ?, 0, ?, x'', 'applied')",
                    (dev, each.seg_no, each.seg_dseq, each.seg_dseq, each.seg_hash),
                )
        (causes,) = self._cursor.execute("SELECT count(*) FROM sync_dep").fetchone()
        if causes != self._causes:
            raise SnapshotError("dependencies that no commit tells of")
        forget_told_erasures(self._cursor)
        show_members(self._cursor)
        # What the maker, an older program, had no place for: here it may have one.
        unknown.replay(self._cursor)
        self._settle()
        close_answered(self._cursor)
        self._index()

    def _settle(self) -> None:
        """What is shown of several versions, and what people are asked, is told by these alone."""
        rows = Rows(self._cursor)
        rows.in_dispute = {
            (tbl, bytes(pk))
            for tbl, pk in self._cursor.execute(
                "SELECT DISTINCT tbl, pk FROM (SELECT tbl, pk, grp FROM sync_cell"
                " GROUP BY tbl, pk, grp HAVING count(*) > 1 OR grp = ?)",
                (EXISTENCE,),
            ).fetchall()
            if tbl in BY_NUMBER
        }
        with switched_off(self._cursor):
            rows.settle()


def refuse_untold(cursor: Any, go_on: Callable[[], None] = lambda: None) -> None:
    """Believe no maker what rows hold: the log is chained, and each row must be what it comes to.

    Raises:
        SnapshotError: a value, or which versions of a group stand, is not what the log says.
    """
    versions = VersionsCheck(cursor)
    worst = check_log(cursor, None, also=versions.take, progress=lambda _commits: go_on())
    if worst.trouble >= Trouble.BROKEN:
        raise SnapshotError(f"the rows are not what the log says: {worst.findings[0].what}")
    for table, _row in versions.finish():
        raise SnapshotError(f"other versions stand in {table} than the log comes to")


def refuse_untold_erasures(cursor: Any) -> None:
    """Believe no maker that words of another PC's commits went: the row of an erasure says so.

    Raises:
        SnapshotError: there is none, so it may be other words than that PC signed.
    """
    if cursor.execute("SELECT 1 FROM sync_hold WHERE why = ?", (ERASED,)).fetchone():
        raise SnapshotError("words are gone, and no erasure tells of it")


@contextmanager
def little_memory(cursor: Any) -> Iterator[None]:
    """Keep fewer pages of the file in memory than for work: each is written once, and left."""
    (usual,) = cursor.execute("PRAGMA cache_size").fetchone()
    cursor.execute(f"PRAGMA cache_size = {_LITTLE_CACHE}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA cache_size = {usual}")


@contextmanager
def _unguarded(cursor: Any) -> Iterator[None]:
    """Headings get their bodies: the one change of the log that is none."""
    cursor.execute(f"DROP TRIGGER {_COMMIT_GUARD}")
    yield
    cursor.execute(triggers.trigger_sql()[_COMMIT_GUARD])


def _fail(reason: str) -> NoReturn:
    raise SnapshotError(reason)
