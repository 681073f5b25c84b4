"""Every value that a row ever had, read back from the log.

A group's newest version is in ``sync_cell`` or is the row's first; each version names those it
replaced. So a row's history costs as many look-ups as it has changes, however long the log is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clinic_desktop.db import journal
from clinic_desktop.db.commits import Names
from clinic_desktop.db.lists import marks
from clinic_desktop.models.registry import BY_NAME, GroupSpec, TableSpec


@dataclass(frozen=True)
class Version:
    """What one commit made of one group of a row."""

    cid: int
    wall: int
    """Milliseconds since 1970 UTC, by the clock of the PC that wrote it."""
    user_id: uuid.UUID | None
    reason: str
    group: GroupSpec
    values: dict[str, Any]
    """As the file keeps them."""
    replaces: tuple[int, ...] = ()
    """Commits of the versions it took the place of; none for the first."""


class History:
    """Reads versions; commits that many rows share are read once."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._names = Names(cursor)
        self._read: dict[int, tuple[Any, list[Any], list[Any]] | None] = {}

    def of(self, table: str, row_id: uuid.UUID) -> list[Version]:
        """All versions of all groups of a row, oldest first; empty for a row there never was."""
        spec, pk = BY_NAME[table], row_id.bytes
        row = self._cursor.execute(f"SELECT sv FROM {spec.name} WHERE id = ?", (pk,)).fetchone()
        if row is None:
            return []
        wanted: list[tuple[int, int]] = [(grp.number, row[0]) for grp in spec.groups]
        wanted += self._cursor.execute(
            "SELECT grp, ver FROM sync_cell WHERE tbl = ? AND pk = ?", (spec.number, pk)
        ).fetchall()
        found: dict[tuple[int, int], Version] = {}
        while wanted:
            place = wanted.pop()
            version = None if place in found else self._version(spec, pk, *place)
            if version is not None:
                found[place] = version
                wanted += [(place[0], cid) for cid in version.replaces]
        return sorted(found.values(), key=lambda each: (each.cid, each.group.number))

    def _version(self, table: TableSpec, pk: bytes, grp: int, cid: int) -> Version | None:
        header, inserts, updates = self._commit(cid) or ((0, None, "", 0), [], [])
        group = table.by_number.get(grp)
        if group is None:
            return None
        user = uuid.UUID(bytes=bytes(header[1])) if header[1] else None
        for number, row_pk, number_of_group, values, replaces in updates:
            if (number, row_pk, number_of_group) == (table.number, pk, grp):
                held = dict(zip(group.names, values, strict=False))
                before = tuple(self._names.read(header[3], replaces))
                return Version(cid, header[0], user, header[2], group, held, before)
        for number, columns, rows in inserts:
            made = next((row for row in rows if row[0] == pk), None)
            if number == table.number and made is not None:
                at = dict(zip(columns, made[1:], strict=True))
                held = {name: at.get(column) for name, column in group.columns}
                return Version(cid, header[0], user, header[2], group, held)
        return None

    def _commit(self, cid: int) -> tuple[Any, list[Any], list[Any]] | None:
        if cid not in self._read:
            row = self._cursor.execute(
                "SELECT wall, user_id, reason, dev, body FROM sync_commit WHERE cid = ?", (cid,)
            ).fetchone()
            is_here = row is not None and row[4]  # else what it wrote is still to come
            self._read[cid] = (row[:4], *journal.read_body(row[4])) if is_here else None
        return self._read[cid]


def changed_rows(cursor: Any, table: str, patients: Sequence[bytes]) -> list[uuid.UUID]:
    """Rows about these patients that were changed after they were made."""
    spec = BY_NAME[table]
    owner = "id" if table == "patient" else "patient_id"
    rows = cursor.execute(
        f"SELECT DISTINCT t.id FROM {spec.name} t JOIN sync_cell c ON c.tbl = ? AND c.pk = t.id"
        f" WHERE t.{owner} IN ({marks(patients)})",
        (spec.number, *patients),
    )
    return [uuid.UUID(bytes=row[0]) for row in rows.fetchall()]


def write_values(
    cursor: Any, table: str, row_id: uuid.UUID, values: Iterable[tuple[str, Any]]
) -> None:
    """Give columns of a row these values, as the file keeps them; captured like any write."""
    pairs = list(values)
    spec = BY_NAME[table]
    names = ", ".join(f"{name} = ?" for name, _value in pairs if name in spec.columns)
    cursor.execute(
        f"UPDATE {spec.name} SET {names} WHERE id = ?",
        (*(value for name, value in pairs if name in spec.columns), row_id.bytes),
    )
