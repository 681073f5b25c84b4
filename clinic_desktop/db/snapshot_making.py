"""Tells a record in pages, in one view of the file; PCs that have come equally far tell the same.

Memory holds one page of each kind, where the versions of one table stand, and eight bytes for each
commit; never the record.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from clinic_desktop.db.chain import PLAIN_SINCE, THIS_PC, body_digest, inflated, redactions
from clinic_desktop.db.incoming import MORE_COLUMNS, WHOLE_ROW
from clinic_desktop.db.snapshot_pages import (
    CommitsPage,
    Cut,
    DepsPage,
    DeviceAt,
    Head,
    LogPage,
    MarksPage,
    Page,
    Part,
    Places,
    Question,
    QuestionsPage,
    RowsPage,
    SnapshotError,
    UnknownPage,
    size_of,
)
from clinic_desktop.db.writing_order import place
from clinic_desktop.models import Base
from clinic_desktop.models.registry import SCHEMA_VERSION, TABLES, TableSpec

_FAR_TABLES = {"audit_event", "import_batch", "source_resource"}
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_Cell = tuple[bytes, int, int, bytes | None]
"""Row, group, commit here, values."""


@dataclass(frozen=True)
class Told:
    """One page, where it belongs, and whether it is part of the digest."""

    part: Part
    page: Page
    counts: bool = True


def head(cursor: Any, since: int) -> Head | None:
    """How far this record has come; ``None`` while a last commit lies in no segment here.

    ``since`` is in milliseconds since 1970 UTC.
    """
    rows = cursor.execute("SELECT dev, device_id, tip FROM sync_device ORDER BY device_id")
    found = []
    for dev, device, applied in rows.fetchall():
        tip = _own_tip(cursor) if dev == THIS_PC else applied
        if not tip:
            continue
        (value,) = cursor.execute(
            "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, tip)
        ).fetchone()
        run = _last_run(cursor, dev, tip)
        if run is None or (dev == THIS_PC and run[0] < tip):
            return None
        found.append(DeviceAt(bytes(device), tip, bytes(value), *run[1:]))
    return Head(SCHEMA_VERSION, since, tuple(found)) if found else None


def _last_run(cursor: Any, dev: int, tip: int) -> tuple[int, int, int, bytes] | None:
    """The last commit of the newest run up to a commit, and the segment before that run.

    Whoever takes the snapshot fetches that run, which its PC signed, and compares.
    """
    last = cursor.execute(
        "SELECT to_dseq, seg_no - parts FROM sync_segment WHERE dev = ? AND part = parts"
        " AND from_dseq <= to_dseq AND to_dseq <= ?"
        " ORDER BY seg_no DESC LIMIT 1",
        (dev, tip),
    ).fetchone()
    if last is None:
        return None
    upto, seg_no = last
    before = cursor.execute(
        "SELECT to_dseq, hash FROM sync_segment WHERE dev = ? AND seg_no = ?", (dev, seg_no)
    ).fetchone() or (None if seg_no else (0, bytes(32)))
    return (upto, seg_no, before[0], bytes(before[1])) if before else None


def _own_tip(cursor: Any) -> int:
    row = cursor.execute(
        "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?", (THIS_PC,)
    ).fetchone()
    return int(row[0])


def tell(cursor: Any, since: int) -> Iterator[Told]:
    """All pages, in no order of parts; the cursor's transaction holds one view of the file.

    Raises:
        SnapshotError: a row names a commit that the log does not have.
    """
    names = _Commits(cursor)
    yield from (Told(Part.GENERAL, page) for page in _headings(cursor, names))
    yield from (Told(Part.GENERAL, page) for page in _deps(cursor, names))
    yield from _Tables(cursor, names, since).tell()
    yield from _asides(cursor, names)
    yield from (Told(Part.LOG, page) for page in _log(cursor, names))


class _Commits:
    """What the commits of this record are called everywhere."""

    def __init__(self, cursor: Any) -> None:
        self._devs, self._numbers = array("i"), array("i")
        self.ids: dict[int, bytes] = {
            dev: bytes(device)
            for dev, device in cursor.execute("SELECT dev, device_id FROM sync_device")
        }
        for cid, dev, dseq in cursor.execute("SELECT cid, dev, dseq FROM sync_commit ORDER BY cid"):
            missing = cid + 1 - len(self._devs)
            self._devs.extend([0] * missing)
            self._numbers.extend([0] * missing)
            self._devs[cid], self._numbers[cid] = dev, dseq

    @property
    def devices(self) -> list[tuple[int, bytes]]:
        """By id."""
        return sorted(self.ids.items(), key=itemgetter(1))

    def dot(self, cid: int) -> tuple[bytes, int]:
        """PC and number there.

        Raises:
            SnapshotError: there is no such commit.
        """
        if not 0 < cid < len(self._devs) or not self._devs[cid]:
            raise SnapshotError(f"no commit {cid}")
        return self.ids[self._devs[cid]], self._numbers[cid]


# ------------------------------------------------------------------ the log


def _headings(cursor: Any, names: _Commits) -> Iterator[CommitsPage]:
    """Of all commits, the earliest first as far as what their authors had seen allows it."""
    reached: dict[bytes, int] = {}
    waiting = {device: _Log(cursor, names, dev) for dev, device in names.devices}
    draft = _CommitsDraft()
    while ready := [log for log in waiting.values() if log.is_ready(reached)]:
        log = min(ready, key=lambda each: (each.row[1], each.device))
        dseq = reached[log.device] = log.row[0]
        draft.add(log.device, log.row)
        if draft.cut.ends(log.device + dseq.to_bytes(8, "big"), 16):
            yield draft.page()
            draft = _CommitsDraft()
        log.go_on()
    if any(log.row for log in waiting.values()):
        raise SnapshotError("commits before what they build on")
    if draft.numbers:
        yield draft.page()


class _Log:
    """The headings of one PC, in their order."""

    def __init__(self, cursor: Any, names: _Commits, dev: int) -> None:
        self.device = names.ids[dev]
        self._names = names
        self._rows = iter(cursor.execute(
            "SELECT dseq, hlc, wall, user_id, reason, schema_ver FROM sync_commit"
            " WHERE dev = ? ORDER BY dseq",
            (dev,),
        ))  # fmt: skip
        self._deps = iter(cursor.execute(
            "SELECT dseq, other, upto FROM sync_dep WHERE dev = ? ORDER BY dseq", (dev,)
        ))  # fmt: skip
        self._next_dep = next(self._deps, None)
        self._needs: list[tuple[bytes, int]] = []
        self.row: tuple[Any, ...] = ()
        self.go_on()

    def go_on(self) -> None:
        """To the next commit."""
        self.row = next(self._rows, ())
        while self.row and self._next_dep is not None and self._next_dep[0] <= self.row[0]:
            _dseq, other, upto = self._next_dep
            self._needs.append((self._names.ids[other], upto))
            self._next_dep = next(self._deps, None)

    def is_ready(self, reached: dict[bytes, int]) -> bool:
        """Whether all that the next commit builds on was told."""
        self._needs = [(each, upto) for each, upto in self._needs if reached.get(each, 0) < upto]
        return bool(self.row) and not self._needs


@dataclass
class _CommitsDraft:
    cut: Cut = field(default_factory=Cut)
    devices: Places = field(default_factory=Places)
    users: Places = field(default_factory=Places)
    reasons: Places = field(default_factory=Places)
    numbers: list[int] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=lambda: [[] for _column in range(6)])
    last: int = 0

    def add(self, device: bytes, row: tuple[Any, ...]) -> None:
        dseq, hlc, wall, user, reason, schema = row
        self.numbers.append(dseq)
        fields = (self.devices.of(device), hlc - self.last, wall - (hlc >> 16),
                  self.users.of(bytes(user) if user else None), self.reasons.of(reason),
                  schema)  # fmt: skip
        for column, value in zip(self.columns, fields, strict=True):
            column.append(value)
        self.last = hlc

    def page(self) -> CommitsPage:
        makers, clocks, walls, authors, why, schemas = self.columns
        return CommitsPage(self.devices.all, self.users.all, self.reasons.all, makers,
                           self.numbers, clocks, walls, authors, why, schemas)  # fmt: skip


def _deps(cursor: Any, names: _Commits) -> Iterator[DepsPage]:
    for dev, device in names.devices:
        others, entries, cut = Places(), [], Cut()
        rows = cursor.execute(
            "SELECT s.dseq, d.device_id, s.upto FROM sync_dep s JOIN sync_device d"
            " ON d.dev = s.other WHERE s.dev = ? ORDER BY s.dseq, d.device_id",
            (dev,),
        )
        for dseq, other, upto in rows:
            entries.append((dseq, others.of(bytes(other)), upto))
            if cut.ends(device + dseq.to_bytes(8, "big"), 12):
                yield DepsPage(device, others.all, entries)
                others, entries = Places(), []
        if entries:
            yield DepsPage(device, others.all, entries)


def _log(cursor: Any, names: _Commits) -> Iterator[LogPage]:
    redacted = redactions(cursor)
    for dev, device in names.devices:
        page, cut = LogPage(device, 1, [], [], {}), Cut()
        for dseq, schema, deps, body in cursor.execute(
            "SELECT dseq, schema_ver, deps, body FROM sync_commit WHERE dev = ? ORDER BY dseq",
            (dev,),
        ):
            digest = body_digest(body, schema, redacted.get((dev, dseq)))
            if digest != body_digest(body, schema):
                page.originals[dseq] = digest
            plain = inflated(body) if schema >= PLAIN_SINCE else bytes(body)
            page.deps.append(bytes(deps))
            page.bodies.append(plain)
            if cut.ends(device + dseq.to_bytes(8, "big"), len(plain) + len(deps) + 4):
                yield page
                page = LogPage(device, dseq + 1, [], [], {})
        if page.bodies:
            yield page


# ------------------------------------------------------------------ rows


class _Tables:
    """The rows of all tables, each in the part where its chart is."""

    def __init__(self, cursor: Any, names: _Commits, since: int) -> None:
        self._cursor, self._names = cursor, names
        self._near = _near_patients(cursor, since)
        self._near_bills: set[bytes] = set()
        self._files: dict[bytes, Part] = {}
        """By attachment the earliest part with a row that refers to it."""

    def tell(self) -> Iterator[Told]:
        """Table after table; attachments last, because their part is that of what needs them."""
        order = sorted(TABLES, key=lambda table: (table.name == "attachment", place(table.name)))
        for table in order:
            yield from self._table(table)

    def _table(self, table: TableSpec) -> Iterator[Told]:
        drafts: dict[Part, _RowsDraft] = {}
        files = [name for name in table.columns if _refers(table.name, name) == "attachment"]
        names = ("id", "sv", *table.columns)
        cells = _Cells(self._cursor, table)
        for row in self._cursor.execute(f"SELECT {', '.join(names)} FROM {table.name} ORDER BY id"):
            named = dict(zip(names, row, strict=True))
            part = self._part(table.name, named)
            for name in files:
                if named[name]:
                    key = bytes(named[name])
                    self._files[key] = min(part, self._files.get(key, Part.FAR))
            draft = drafts.setdefault(part, _RowsDraft(table, self._names))
            if draft.add(bytes(row[0]), row[1], row[2:], cells.of(bytes(row[0]), named)):
                yield Told(part, draft.page())
                del drafts[part]
        for part, draft in sorted(drafts.items()):
            yield Told(part, draft.page())

    def _part(self, table: str, row: dict[str, Any]) -> Part:
        if table in _FAR_TABLES:
            return Part.FAR
        if table == "attachment":
            return self._files.get(bytes(row["id"]), Part.FAR)
        if table == "invoice_line":
            return Part.NEAR if row["invoice_id"] in self._near_bills else Part.FAR
        column = {"patient": "id", "patient_merge": "survivor_id"}.get(table, "patient_id")
        if column not in row:
            return Part.GENERAL
        is_near = row[column] is None or row[column] in self._near
        if is_near and table == "invoice":
            self._near_bills.add(row["id"])
        return Part.NEAR if is_near else Part.FAR


def _refers(table: str, column: str) -> str:
    found = Base.metadata.tables[table].columns[column]
    return next((str(key.column.table.name) for key in found.foreign_keys), "")


def _near_patients(cursor: Any, since: int) -> set[bytes]:
    """Patients with a booking or a visit since a day, and the charts merged with theirs."""
    rows = cursor.execute(
        "SELECT patient_id FROM appointment WHERE start_at >= ?1 AND patient_id IS NOT NULL"
        " UNION SELECT patient_id FROM encounter WHERE start_at >= ?1",
        (since,),
    )
    found = {bytes(row[0]) for row in rows.fetchall()}
    merged = cursor.execute(
        "SELECT id, merged_into FROM patient WHERE merged_into IS NOT NULL"
    ).fetchall()
    before = -1
    while before != len(found):
        before = len(found)
        for pair in merged:
            if not found.isdisjoint(pair):
                found.update(pair)
    return found


class _Cells:
    """The versions of one table's rows, which are asked for in the order of their ids."""

    def __init__(self, cursor: Any, table: TableSpec) -> None:
        self._table = table
        rows: Iterable[_Cell] = cursor.execute(
            "SELECT pk, grp, ver, val FROM sync_cell WHERE tbl = ? ORDER BY pk, grp",
            (table.number,),
        )
        self._rows = groupby(rows, key=itemgetter(0))
        self._next = next(self._rows, None)
        self._held = list(self._next[1]) if self._next else []

    def of(self, pk: bytes, row: dict[str, Any]) -> list[tuple[int, int, bytes | None]]:
        """Group, commit here, and values where they are not what the row shows."""
        while self._next is not None and self._next[0] < pk:
            self._next = next(self._rows, None)
            self._held = list(self._next[1]) if self._next else []
        if self._next is None or self._next[0] != pk:
            return []
        found: dict[int, list[tuple[int, bytes | None]]] = defaultdict(list)
        for _pk, grp, ver, val in self._held:
            found[grp].append((ver, val))
        return [
            (grp, ver, self._value(grp, val, row, alone=len(held) == 1))
            for grp, held in sorted(found.items())
            for ver, val in held
        ]

    def _value(self, grp: int, val: bytes | None, row: dict[str, Any], *, alone: bool) -> Any:
        """Kept values only where they say more than the row: some PCs keep them without need."""
        group = self._table.by_number.get(grp)
        if group is None:
            return val
        shown = [row[name] for name in group.names]
        if val is None:
            return None if alone else _pack(shown)
        return None if alone and _unpack(val) == shown else val


class _RowsDraft:
    """A page of rows on its way."""

    def __init__(self, table: TableSpec, names: _Commits) -> None:
        self._table, self._names = table, names
        self._cut, self._devices = Cut(), Places()
        self._ids: list[bytes] = []
        self._made: list[tuple[int, int]] = []
        self._rows: list[tuple[Any, ...]] = []
        self._cells: list[tuple[int, int, int, int, bytes | None]] = []

    def add(
        self, pk: bytes, sv: int, values: tuple[Any, ...],
        cells: list[tuple[int, int, bytes | None]],
    ) -> bool:  # fmt: skip
        """One more row; whether the page ends with it."""
        maker, number = self._names.dot(sv)
        self._ids.append(pk)
        self._made.append((self._devices.of(maker), number))
        self._rows.append(values)
        dots = sorted((grp, *self._names.dot(ver), val or b"", val) for grp, ver, val in cells)
        for grp, device, dseq, _key, val in dots:
            self._cells.append((len(self._ids) - 1, grp, self._devices.of(device), dseq, val))
        size = 24 + size_of(values) + sum(12 + len(val or b"") for _grp, _ver, val in cells)
        return self._cut.ends(pk, size)

    def page(self) -> RowsPage:
        """What was added."""
        return RowsPage(
            self._table.number, self._devices.all, list(self._numbers), self._ids,
            [maker for maker, _number in self._made], [number for _maker, number in self._made],
            [list(column) for column in zip(*self._rows, strict=True)], self._cells,
        )  # fmt: skip

    @property
    def _numbers(self) -> Iterator[int]:
        return (self._table.numbers[name] for name in self._table.columns)


# ------------------------------------------------------------------ the rest


def _asides(cursor: Any, names: _Commits) -> Iterator[Told]:
    unknown = _unknown(cursor, names)
    if unknown:
        yield Told(Part.GENERAL, UnknownPage(unknown))
    asked = _questions(cursor, names)
    same = [each for each in asked if each[1] != "erasure"]
    if same:
        yield Told(Part.GENERAL, QuestionsPage(same))
    points = [
        (names.ids[row[0]], *row[1:])
        for row in cursor.execute(
            "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        ).fetchall()
    ]
    own = [each for each in asked if each[1] == "erasure"]
    yield Told(Part.LOG, MarksPage(sorted(points), own), counts=False)


def _unknown(cursor: Any, names: _Commits) -> list[tuple[int, bytes, int, bytes, int, bytes]]:
    found = []
    for tbl, pk, grp, cid, op in cursor.execute(
        "SELECT tbl, pk, grp, cid, op FROM sync_unknown"
    ).fetchall():
        told = bytes(op)
        if grp not in {WHOLE_ROW, MORE_COLUMNS}:
            dev, *rest = _unpack(op)
            told = _pack([int(bool(dev)), *rest])
        found.append((tbl, bytes(pk), grp, *names.dot(cid), told))
    return sorted(found)


def _questions(cursor: Any, names: _Commits) -> list[Question]:
    rows = cursor.execute(
        "SELECT id, kind, severity, patient, tbl, pk, grp, vers, opened_hlc, state, other"
        " FROM sync_conflict ORDER BY id"
    ).fetchall()
    return [(*row[:7], [names.dot(cid) for cid in _unpack(row[7])], *row[8:]) for row in rows]
