"""What people must be asked, because two PCs wrote without knowing of each other.

Made from the versions in ``sync_cell``, so that every PC that holds the same commits shows the
same questions; nothing of it is exchanged. Whoever decides writes the cell, and so replaces all its
versions.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from clinic_desktop.db.answers import close_answered, places, reopened, rows_asked_again
from clinic_desktop.db.chain import PLAIN_SINCE
from clinic_desktop.db.collisions import COLLISIONS
from clinic_desktop.db.collisions import ask as ask_about_collisions
from clinic_desktop.db.commits import Names
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import (
    EXISTENCE,
    Conflict,
    Kind,
    Severity,
    Version,
    Versions,
)
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, GroupSpec, TableSpec

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
ERASED = "subject.erase"
"""The event of an erasure, see ``services/privacy/erasure.py``."""
SEALS: Mapping[str, tuple[int, str, str]] = {
    "note": (2, "status", "signed"),
    "invoice": (1, "status", "issued"),
}
"""Rows that are fixed by one of their groups: its number, the column, and the value that does it.

The write that fixes them writes all their groups again (see ``triggers``), and of several versions
what stood there when it was fixed is shown.
"""
_SEALED_BY = {"invoice_line": ("invoice", "invoice_id")}


@dataclass(frozen=True)
class OpenConflict:
    """One question, as a list shows it."""

    id: bytes
    kind: str
    """``value``, ``delete_edit``, ``too_late``, ``membership``, ``old-keys``, ``erasure`` or
    ``author``."""
    severity: int
    """3 safety, 2 clinical, 1 admin."""
    table: str
    row_id: uuid.UUID
    group: int
    versions: tuple[int, ...]
    """Commits of this record (``cid``); ``History`` tells who, when and what."""
    patient_id: uuid.UUID | None
    opened_hlc: int
    other_id: uuid.UUID | None = None
    """The row that it does not go together with, see ``collisions``."""


def put(cursor: Any, table: TableSpec, pk: bytes, group: GroupSpec, values: list[Any]) -> None:
    """Write the values of a group into its row; an older program may leave out the last ones.

    What says the same already is not written: a row that is never changed may be made twice, by a
    PC and by the one that it became.
    """
    pairs = list(zip(group.names, values, strict=False))
    wanted = ", ".join(f"{name} = ?" for name, _value in pairs)
    same = " AND ".join(f"{name} IS ?" for name, _value in pairs)
    held = [value for _name, value in pairs]
    cursor.execute(
        f"UPDATE {table.name} SET {wanted} WHERE id = ? AND NOT ({same})", (*held, pk, *held)
    )


class Settler:
    """Brings rows, versions and questions into agreement after commits of several PCs."""

    def __init__(self, cursor: Any, names: Names, pasts: Pasts) -> None:
        self._cursor, self.names, self.pasts = cursor, names, pasts
        self._clocks: dict[int, int] = {}

    def version(self, cid: int, value: Iterable[Any]) -> Version:
        """A version as the rules of merging know it."""
        if cid not in self._clocks:
            row = self._cursor.execute("SELECT hlc FROM sync_commit WHERE cid = ?", (cid,))
            self._clocks[cid] = (row.fetchone() or (0,))[0]
        dev, dseq = self.names.dot(cid)
        return Version(Dot(self.names.device_id(dev), dseq), self._clocks[cid], tuple(value))

    def shown(self, table: TableSpec, pk: bytes, held: list[tuple[int, list[Any]]]) -> list[Any]:
        """Of several versions of a cell the values that the row shows."""
        seal = self.seal(table, pk)
        for cid, value in held:
            if cid == seal:
                return value
        best = max(held, key=lambda each: self._rank(*each))
        return best[1]

    def _rank(self, cid: int, value: list[Any]) -> tuple[int, Dot]:
        found = self.version(cid, value)
        return found.hlc, found.dot

    def seal(self, table: TableSpec, pk: bytes) -> int | None:
        """The commit that fixed the row, if one did."""
        if table.name in _SEALED_BY:
            parent, column = _SEALED_BY[table.name]
            row = self._cursor.execute(
                f"SELECT {column} FROM {table.name} WHERE id = ?", (pk,)
            ).fetchone()
            return self.seal(BY_NAME[parent], bytes(row[0])) if row and row[0] else None
        if table.name not in SEALS:
            return None
        return self.sealing(table, self.live(table, pk, SEALS[table.name][0]))

    def sealing(self, table: TableSpec, held: Mapping[int, list[Any]]) -> int | None:
        """Of versions of the group that fixes a row the one that did; not asked is what is shown.

        For the row shows what came first until all versions are settled.
        """
        number, column, fixed = SEALS[table.name]
        at = next(spec.names.index(column) for spec in table.groups if spec.number == number)
        fixing = [cid for cid, value in held.items() if value[at : at + 1] == [fixed]]
        return max(fixing, key=lambda cid: self._rank(cid, []), default=None)

    def live(self, table: TableSpec, pk: bytes, grp: int) -> dict[int, list[Any]]:
        """By commit the versions of a cell that nothing here replaced; none if there is no row."""
        names = table.by_number[grp].names
        sv, *shown = self.columns(table, pk, ("sv", *names)) or [None]
        cells = self._cursor.execute(
            "SELECT ver, val FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?",
            (table.number, pk, grp),
        ).fetchall()
        if sv is None:
            return {}
        found = {cid: shown if val is None else _unpack(val) for cid, val in cells}
        return found or {sv: shown}

    def settle(self, table: TableSpec, pk: bytes) -> None:
        """Say whether the row is hidden, and ask what must be asked about it."""
        cells, cids = self._cells(table, pk)
        known = {group.number: group.policy for group in table.groups}
        state = merging.row_state(
            table.number, pk, self._without_blanks(cells), known, self.pasts.of_dot
        )
        for group in table.own_groups:
            if len(cells.get(group.number, ())) > 1:
                self._show(table, pk, group, cells[group.number], cids)
        again = reopened(self._cursor, self.names, table.number, pk, cells)
        cids |= places(self.names, again)
        found = [*state.conflicts, *again]
        late = self._too_late(table, pk, cells, cids)
        if EXISTENCE in cells:
            hidden = state.is_hidden or late is not None
            self._hide(table, pk, cells[EXISTENCE], cids, hidden=hidden)
        self._write(table, pk, [*found, *([late] if late else [])], cids)

    def _too_late(
        self, table: TableSpec, pk: bytes, cells: dict[int, Versions], cids: dict[Dot, int]
    ) -> Conflict | None:
        """A line that was added to a bill while another PC issued it is not of what was issued."""
        seal = self.seal(table, pk) if table.name in _SEALED_BY else None
        if seal is None:
            return None
        (made,) = self._cursor.execute(
            f"SELECT sv FROM {table.name} WHERE id = ?", (pk,)
        ).fetchone()
        if self.pasts.sees(self.pasts.of_cid(seal), made):
            return None
        line, bill = self.version(made, [0]), self.version(seal, [])
        if EXISTENCE not in cells:
            cells[EXISTENCE] = (line,)
            self._cursor.execute(
                "INSERT INTO sync_cell (tbl, pk, grp, ver, val) VALUES (?, ?, ?, ?, ?)",
                (table.number, pk, EXISTENCE, made, _pack([0])),
            )
        elif all(each.value and each.value[0] for each in cells[EXISTENCE]):
            return None  # somebody left it out
        cids |= {line.dot: made, bill.dot: seal}
        cell = merging.Cell(table.number, pk, EXISTENCE)
        return Conflict(Kind.TOO_LATE, Severity.CLINICAL, cell, (line.dot, bill.dot))

    def _show(
        self, table: TableSpec, pk: bytes, group: GroupSpec, held: Versions, cids: dict[Dot, int]
    ) -> None:
        """One of several versions in the row, the same on every PC."""
        values = self.shown(table, pk, [(cids[each.dot], list(each.value)) for each in held])
        put(self._cursor, table, pk, group, values)

    def _cells(self, table: TableSpec, pk: bytes) -> tuple[dict[int, Versions], dict[Dot, int]]:
        rows = self._cursor.execute(
            "SELECT grp, ver, val FROM sync_cell WHERE tbl = ? AND pk = ? ORDER BY grp, ver",
            (table.number, pk),
        ).fetchall()
        self.names.learn({row[1] for row in rows})
        found: dict[int, list[Version]] = defaultdict(list)
        cids: dict[Dot, int] = {}
        for grp, ver, val in rows:
            if val is not None:
                value = _unpack(val)
            elif grp in table.by_number:
                value = self.columns(table, pk, table.by_number[grp].names)
            else:
                value = []
            version = self.version(ver, value)
            found[grp].append(version)
            cids[version.dot] = ver
        return {grp: tuple(sorted(each)) for grp, each in found.items()}, cids

    def columns(self, table: TableSpec, pk: bytes, names: tuple[str, ...]) -> list[Any]:
        """What the row shows in these columns; nothing if there is no such row."""
        row = self._cursor.execute(
            f"SELECT {', '.join(names)} FROM {table.name} WHERE id = ?", (pk,)
        ).fetchone()
        return list(row or ())

    def _without_blanks(self, cells: dict[int, Versions]) -> dict[int, Versions]:
        """Without what older programs wrote into rows that they had deleted themselves.

        Later ones say with such a write that the row stays deleted (``journal.pack``).
        """
        gone = [each.dot for each in cells.get(EXISTENCE, ()) if each.value and each.value[0]]
        if not gone:
            return cells
        return {
            grp: left
            for grp, held in cells.items()
            if (left := tuple(e for e in held if grp == EXISTENCE or not self._is_blank(e, gone)))
        }

    def _is_blank(self, edit: Version, gone: list[Dot]) -> bool:
        if not any(dot.device == edit.dot.device and dot < edit.dot for dot in gone):
            return False
        dev = self.names.dev(edit.dot.device)
        row = self._cursor.execute(
            "SELECT schema_ver FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, edit.dot.number)
        ).fetchone()
        return row is not None and row[0] < PLAIN_SINCE

    def _hide(
        self, table: TableSpec, pk: bytes, held: Versions, cids: dict[Dot, int], *, hidden: bool
    ) -> None:
        """The column holds what all versions come to; so each keeps what it said itself."""
        self._cursor.executemany(
            "UPDATE sync_cell SET val = ? WHERE tbl = ? AND pk = ? AND grp = ? AND ver = ?",
            [
                (_pack(list(each.value)), table.number, pk, EXISTENCE, cids[each.dot])
                for each in held
                if len(held) > 1 or bool(each.value[0]) != hidden
            ],
        )
        self._cursor.execute(
            f"UPDATE {table.name} SET is_deleted = ? WHERE id = ? AND is_deleted <> ?",
            (int(hidden), pk, int(hidden)),
        )

    def _write(
        self, table: TableSpec, pk: bytes, found: Iterable[Conflict], cids: dict[Dot, int]
    ) -> None:
        conflicts = {each.id: each for each in found}
        held = {
            bytes(row[0])
            for row in self._cursor.execute(
                "SELECT id FROM sync_conflict WHERE tbl = ? AND pk = ?"
                f" AND kind NOT IN ({marks(COLLISIONS)})",
                (table.number, pk, *COLLISIONS),
            ).fetchall()
        }
        for gone in held - conflicts.keys():
            self._cursor.execute("DELETE FROM sync_conflict WHERE id = ?", (gone,))
        for each in conflicts.values():
            if each.id in held:
                continue
            versions = [cids[dot] for dot in each.dots]
            opened = max(self.version(cid, ()).hlc for cid in versions)
            self._cursor.execute(
                "INSERT INTO sync_conflict (id, kind, severity, patient, tbl, pk, grp, vers,"
                " opened_hlc) VALUES (?,?,?,?,?,?,?,?,?)",
                (each.id, each.kind.value, each.severity.value, _patient(self._cursor, table, pk),
                 table.number, pk, each.cell.group, _pack(versions), opened),
            )  # fmt: skip


def _patient(cursor: Any, table: TableSpec, pk: bytes) -> bytes | None:
    if table.name == "patient":
        return pk
    if "patient_id" not in table.columns:
        return None
    row = cursor.execute(f"SELECT patient_id FROM {table.name} WHERE id = ?", (pk,)).fetchone()
    return bytes(row[0]) if row and row[0] else None


def refresh(cursor: Any, changes: Changes) -> None:
    """Close what a commit of this PC decided, and ask again about rows that it brought back.

    Part of that commit's transaction.
    """
    asked = cursor.execute("SELECT DISTINCT tbl, pk, kind FROM sync_conflict").fetchall()
    if any(row[2] == "erasure" for row in asked):
        cursor.execute(
            "DELETE FROM sync_conflict WHERE kind = 'erasure' AND EXISTS (SELECT 1 FROM"
            " audit_event e JOIN sync_commit c ON c.cid = e.sv WHERE e.patient_id = patient"
            " AND e.kind = ? AND c.dev = 1)",
            (ERASED,),
        )
    disputed = {
        (BY_NUMBER[tbl].name, uuid.UUID(bytes=bytes(pk)))
        for tbl, pk, _kind in asked
        if tbl in BY_NUMBER
    }
    again = rows_asked_again(cursor, [row.bytes for row in changes.ids("audit_event")])
    touched = (disputed & changes.rows) | _brought_back(cursor, changes)
    touched |= {(BY_NUMBER[tbl].name, uuid.UUID(bytes=pk)) for tbl, pk in again if tbl in BY_NUMBER}
    if touched:
        names = Names(cursor)
        settler = Settler(cursor, names, Pasts(cursor, names))
        with switched_off(cursor):
            for table, row_id in sorted(touched):
                settler.settle(BY_NAME[table], row_id.bytes)
    ask_about_collisions(cursor, changes.rows)
    close_answered(cursor)


def ask_about_erasures(cursor: Any, touched: Iterable[tuple[str, uuid.UUID]]) -> None:
    """Tell that another PC took a patient's words out: here they are until it is done here too.

    The log tells which commits were touched, never the words, so no PC can do it for another.
    """
    table = BY_NAME["audit_event"]
    events = [row.bytes for name, row in touched if name == table.name]
    for part in batches(events):
        rows = cursor.execute(
            "SELECT e.id, e.patient_id, e.sv, c.hlc FROM audit_event e JOIN sync_commit c"
            f" ON c.cid = e.sv WHERE e.kind = ? AND e.id IN ({marks(part)}) AND NOT EXISTS"
            " (SELECT 1 FROM audit_event o JOIN sync_commit d ON d.cid = o.sv WHERE d.dev = 1"
            " AND o.patient_id = e.patient_id AND o.kind = e.kind)",
            [ERASED, *part],
        ).fetchall()
        cursor.executemany(
            "INSERT INTO sync_conflict (id, kind, severity, patient, tbl, pk, grp, vers,"
            " opened_hlc) VALUES (?, 'erasure', 2, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING",
            [(pk, patient, table.number, pk, _pack([sv]), hlc) for pk, patient, sv, hlc in rows],
        )


def _brought_back(cursor: Any, changes: Changes) -> set[tuple[str, uuid.UUID]]:
    """Rows of a commit that were deleted or brought back once: nothing is asked while hidden."""
    found = set()
    for name in changes.tables:
        for part in batches([row.bytes for row in changes.ids(name)]):
            rows = cursor.execute(
                f"SELECT pk FROM sync_cell WHERE tbl = ? AND grp = ? AND pk IN ({marks(part)})",
                (BY_NAME[name].number, EXISTENCE, *part),
            )
            found |= {(name, uuid.UUID(bytes=bytes(pk))) for (pk,) in rows.fetchall()}
    return found


def ask_about_authors(cursor: Any, cids: Iterable[int]) -> None:
    """Tell who went on writing at a PC where it was known that the right had been taken.

    Once for each person and PC, until somebody writes that person's row.
    """
    table = BY_NAME["app_user"]
    for cid in cids:
        user, device, hlc = cursor.execute(
            "SELECT c.user_id, d.device_id, c.hlc FROM sync_commit c JOIN sync_device d"
            " ON d.dev = c.dev WHERE c.cid = ?",
            (cid,),
        ).fetchone()
        cursor.execute(
            "INSERT INTO sync_conflict (id, kind, severity, tbl, pk, grp, vers, opened_hlc)"
            " VALUES (?, 'author', 2, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING",
            (_once(user, device), table.number, bytes(user), _pack([cid]), hlc),
        )


def _once(user: bytes, device: bytes) -> bytes:
    return hashlib.blake2b(bytes(user) + bytes(device), digest_size=16).digest()


def open_conflicts(cursor: Any, patient: bytes | None = None) -> list[OpenConflict]:
    """All questions, or those about one patient; the most urgent first, then the oldest."""
    where, values = ("WHERE patient = ?", [patient]) if patient else ("", [])
    rows = cursor.execute(
        "SELECT id, kind, severity, tbl, pk, grp, vers, patient, opened_hlc, other"
        " FROM sync_conflict"
        f" {where} ORDER BY severity DESC, opened_hlc, id",
        values,
    ).fetchall()
    return [
        OpenConflict(
            bytes(row[0]), row[1], row[2], BY_NUMBER[row[3]].name, uuid.UUID(bytes=bytes(row[4])),
            row[5], tuple(_unpack(row[6])), uuid.UUID(bytes=bytes(row[7])) if row[7] else None,
            row[8], uuid.UUID(bytes=bytes(row[9])) if row[9] else None,
        )
        for row in rows
        if row[3] in BY_NUMBER
    ]  # fmt: skip


def decide(
    cursor: Any, table: str, row_id: uuid.UUID, group: int, values: Mapping[str, Any]
) -> None:
    """Write what somebody decided, as the file keeps it; replaces every version that is here.

    Also where the row already shows these values, and where a rule holds the row fast: it is the
    choice between versions, not a change of what was fixed. Part of a writing transaction.
    """
    spec, pk = BY_NAME[table], row_id.bytes
    names = spec.by_number[group].names
    unknown = values.keys() - set(names)
    if unknown:
        raise KeyError(min(unknown))
    with switched_off(cursor):
        if values:
            wanted = ", ".join(f"{name} = ?" for name in values)
            cursor.execute(f"UPDATE {spec.name} SET {wanted} WHERE id = ?", (*values.values(), pk))
    cell = (spec.number, pk, group)
    cursor.execute("INSERT INTO sync_journal (tbl, pk, op, grp) VALUES (?, ?, 1, ?)", cell)
    versions = cursor.execute(
        "SELECT ver FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", cell
    ).fetchall()
    if versions:
        cursor.execute(
            "INSERT OR REPLACE INTO sync_base VALUES (?, ?, ?, ?)",
            (*cell, _pack([version for (version,) in versions])),
        )


class switched_off:  # noqa: N801 - used as a statement
    """Capture and the guards of this PC's own writes sleep in this block; a crash wakes them."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __enter__(self) -> None:
        self._cursor.execute("UPDATE sync_ctx SET applying = 1")

    def __exit__(self, *_error: object) -> None:
        self._cursor.execute("UPDATE sync_ctx SET applying = 0")
