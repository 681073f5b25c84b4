"""Packs what the triggers caught into one chained commit, in the transaction that made it.

A commit's body is MessagePack of ``[inserts, updates]``, deflated:

* inserts: ``[table, [column numbers], [[row id, value, …], …]]`` per table;
* updates: ``[table, row id, group, [values], [versions this replaces]]`` per changed group.

A version of a group is the commit that wrote it; a row's first versions are its column ``sv``,
later ones are in ``sync_cell``. There they are numbers of this record (``cid``), in bodies names
that hold on every PC (``commits.Names``).
"""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from clinic_desktop.db.chain import READER_SHIFT, THIS_PC, chain_value
from clinic_desktop.db.commits import Names, news
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.domain.merging import EXISTENCE, Policy
from clinic_desktop.errors import StaleError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, SCHEMA_VERSION, TableSpec

INSERT, UPDATE = 0, 1
_Cell = tuple[int, bytes, int]
"""A group of a row: table, row id, group number."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True)
class Changes:
    """What one commit changed; screens refresh by it. Ids only, never content."""

    rows: frozenset[tuple[str, uuid.UUID]]
    origin: str = "local"
    """``local``, ``import`` or ``sync``."""
    reason: str = ""
    cid: int | None = None

    @property
    def tables(self) -> frozenset[str]:
        """The tables touched."""
        return frozenset(table for table, _id in self.rows)

    def touches(self, *tables: str) -> bool:
        """Whether one of these tables was changed."""
        return not self.tables.isdisjoint(tables)

    def ids(self, table: str) -> frozenset[uuid.UUID]:
        """The changed rows of one table."""
        return frozenset(row for name, row in self.rows if name == table)


@dataclass(frozen=True)
class Author:
    """Who makes the commit, when and why."""

    user_id: uuid.UUID | None
    wall_ms: int
    reason: str
    origin: str = "local"
    at_once: bool = False
    """Sign the log as soon as this commit is in it."""


def next_cid(cursor: Any) -> int:
    """The number the next commit will get."""
    return int(cursor.execute("SELECT coalesce(max(cid), 0) + 1 FROM sync_commit").fetchone()[0])


def pack(cursor: Any, author: Author) -> Changes | None:
    """Turn the journal into a commit and empty it; ``None`` when nothing synced was written."""
    _delete_again(cursor)
    entries = cursor.execute("SELECT tbl, pk, op, grp FROM sync_journal ORDER BY tbl, j").fetchall()
    if not entries:
        return None
    cid = next_cid(cursor)
    # Rows, and groups of rows that were there before: each once.
    fresh = dict.fromkeys((table, pk) for table, pk, op, _grp in entries if op == INSERT)
    changed = dict.fromkeys(
        (table, pk, grp)
        for table, pk, op, grp in entries
        if op == UPDATE and (table, pk) not in fresh
    )
    replaced = _replace(cursor, list(changed), cid)
    inserts = [
        _pack_inserts(cursor, BY_NUMBER[number], [pk for _table, pk in rows], cid)
        for number, rows in groupby(fresh, key=itemgetter(0))
    ]
    updates = [
        packed
        for number, keys in groupby(changed, key=itemgetter(0))
        for packed in _pack_updates(cursor, BY_NUMBER[number], list(keys), replaced)
    ]
    body = zlib.compress(_encode([inserts, updates]), 1)
    _append(cursor, cid, author, body, _reader(fresh, changed))
    cursor.execute("DELETE FROM sync_journal")
    touched = {*fresh, *((table, pk) for table, pk, _grp in changed)}
    rows = frozenset((BY_NUMBER[table].name, uuid.UUID(bytes=pk)) for table, pk in touched)
    return Changes(rows, author.origin, author.reason, cid)


def _reader(fresh: Iterable[tuple[int, bytes]], changed: Iterable[tuple[int, bytes, int]]) -> int:
    """The oldest program that understands all of a commit."""
    whole = {number for number, _pk in fresh}
    groups = {(number, grp) for number, _pk, grp in changed}
    found = [each.reader for number in whole for each in BY_NUMBER[number].groups]
    found += [BY_NUMBER[number].by_number[grp].reader for number, grp in groups]
    return max(found, default=0)


def _delete_again(cursor: Any) -> None:
    """Whoever writes into a deleted row says again that it is deleted.

    Other PCs bring a row back for a write that no deletion knew of (``domain.merging``).
    """
    tables = cursor.execute("SELECT DISTINCT tbl FROM sync_journal WHERE op = ?", (UPDATE,))
    for (number,) in tables.fetchall():
        cursor.execute(
            "INSERT INTO sync_journal (tbl, pk, op, grp) SELECT DISTINCT j.tbl, j.pk, j.op, 0"
            f" FROM sync_journal j JOIN {BY_NUMBER[number].name} t ON t.id = j.pk"
            " WHERE j.tbl = ? AND j.op = ? AND t.is_deleted = 1",
            (number, UPDATE),
        )


def _pack_inserts(cursor: Any, table: TableSpec, ids: Sequence[bytes], cid: int) -> list[Any]:
    columns = ", ".join(table.columns)
    packed: list[Any] = []
    for part in batches(ids):
        which = f"id IN ({marks(part)})"
        packed += cursor.execute(
            f"SELECT id, {columns} FROM {table.name} WHERE {which}", part
        ).fetchall()
        cursor.execute(f"UPDATE {table.name} SET sv = ? WHERE {which} AND sv = 0", [cid, *part])
    return [table.number, table.column_numbers, packed]


def _pack_updates(
    cursor: Any, table: TableSpec, changed: Sequence[_Cell], replaced: dict[_Cell, list[int]]
) -> list[Any]:
    """Changed groups: what they hold now and what they replace."""
    rows = _values(cursor, table, list(dict.fromkeys(pk for _table, pk, _grp in changed)))
    before = [replaced.get(cell) or [rows[cell[1]]["sv"]] for cell in changed]
    names = Names(cursor)
    names.learn({cid for versions in before for cid in versions})
    return [
        [
            *cell,
            [rows[cell[1]][name] for name in table.by_number[cell[2]].names],
            names.written(versions),
        ]
        for cell, versions in zip(changed, before, strict=True)
    ]


def _values(cursor: Any, table: TableSpec, ids: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
    columns = ("sv", *table.columns)
    found: dict[bytes, dict[str, Any]] = {}
    for part in batches(ids):
        for pk, *values in cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {table.name} WHERE id IN ({marks(part)})", part
        ).fetchall():
            found[bytes(pk)] = dict(zip(columns, values, strict=True))
    return found


def _replace(cursor: Any, changed: Sequence[_Cell], cid: int) -> dict[_Cell, list[int]]:
    """Give changed groups the version of this commit; returns those that it replaces.

    A group that was not changed since its row was made has none yet; one in dispute has several.
    Of these a form showed one, unless it says otherwise: what it did not show stays in question.
    """
    found: dict[_Cell, dict[int, bytes | None]] = defaultdict(dict)
    for table, pk, grp, version, value in cursor.execute(
        "SELECT tbl, pk, grp, ver, val FROM sync_cell WHERE (tbl, pk, grp) IN"
        " (SELECT tbl, pk, grp FROM sync_journal WHERE op = 1) ORDER BY ver"
    ).fetchall():
        found[table, pk, grp][version] = value
    said = _bases(cursor, changed)
    replaced = {cell: said.get(cell) or _shown(cursor, cell, found[cell]) for cell in found}
    cursor.executemany(
        "DELETE FROM sync_cell WHERE tbl=? AND pk=? AND grp=? AND ver=?",
        [(*cell, version) for cell, versions in replaced.items() for version in versions],
    )
    stays = {cell for cell, held in found.items() if held.keys() - set(replaced[cell])}
    cursor.executemany(
        "INSERT INTO sync_cell (tbl, pk, grp, ver, val) VALUES (?,?,?,?,?)",
        [(*cell, cid, _written(cursor, cell) if cell in stays else None) for cell in changed],
    )
    return said | replaced


def _bases(cursor: Any, changed: Sequence[_Cell]) -> dict[_Cell, list[int]]:
    """Take the versions that forms said they showed; seldom are there any."""
    found = {
        (table, pk, grp): list(_decode(versions))
        for table, pk, grp, versions in cursor.execute(
            "SELECT tbl, pk, grp, vers FROM sync_base"
        ).fetchall()
    }
    taken = {cell: found[cell] for cell in changed if cell in found}
    cursor.executemany("DELETE FROM sync_base WHERE tbl=? AND pk=? AND grp=?", list(taken))
    return taken


def _shown(cursor: Any, cell: _Cell, held: Mapping[int, bytes | None]) -> list[int]:
    """Of the versions of a cell those that the row showed until now."""
    table, _pk, grp = cell
    if (
        len(held) == 1
        or grp == EXISTENCE
        or BY_NUMBER[table].by_number[grp].policy is Policy.LATEST
    ):
        return list(held)
    (first,) = cursor.execute(
        f"SELECT c.cid FROM sync_commit c JOIN sync_device d USING (dev)"
        f" WHERE c.cid IN ({marks(list(held))})"
        " ORDER BY c.hlc DESC, d.device_id DESC, c.dseq DESC LIMIT 1",
        list(held),
    ).fetchone()
    return [version for version, value in held.items() if value == held[first]]


def _written(cursor: Any, cell: _Cell) -> bytes:
    """What a group holds now, as it is kept where there are other versions."""
    table, pk, grp = cell
    names = BY_NUMBER[table].by_number[grp].names
    row = cursor.execute(
        f"SELECT {', '.join(names)} FROM {BY_NUMBER[table].name} WHERE id = ?", (pk,)
    ).fetchone()
    return _encode(list(row))


def row_version(cursor: Any, table: str, row_id: uuid.UUID) -> int:
    """The commit that last wrote any group of the row; a form keeps it as its base.

    Returns 0 for a row that does not exist.
    """
    spec, pk = BY_NAME[table], row_id.bytes
    row = cursor.execute(
        f"SELECT max(sv, coalesce((SELECT max(ver) FROM sync_cell WHERE tbl=? AND pk=?), 0))"
        f" FROM {spec.name} WHERE id = ?",
        (spec.number, pk, pk),
    ).fetchone()
    return int(row[0] or 0)


def row_versions(cursor: Any, table: str) -> dict[uuid.UUID, int]:
    """The same for every row of a table; for short lists that are edited line by line."""
    spec = BY_NAME[table]
    rows = cursor.execute(
        "SELECT id, max(sv, coalesce((SELECT max(ver) FROM sync_cell WHERE tbl=? AND pk=id), 0))"
        f" FROM {spec.name}",
        (spec.number,),
    )
    return {uuid.UUID(bytes=row_id): version for row_id, version in rows.fetchall()}


def expect(cursor: Any, table: str, row_id: uuid.UUID, base: int | None) -> None:
    """Refuse to write over a change that the form did not show.

    Raises:
        StaleError: the row was written after ``base``.
    """
    if base is not None and row_version(cursor, table, row_id) > base:
        raise StaleError(
            _("Somebody changed this while you were editing."),
            kept=_("Your text is still in the form; nothing was saved over the other change."),
            hint=_("Compare with the newer version and save again."),
        )


def _append(cursor: Any, cid: int, author: Author, body: bytes, reader: int) -> None:
    last = cursor.execute(
        "SELECT dseq, hlc, chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone() or (0, 0, bytes(32))
    dseq, hlc = last[0] + 1, max(last[1] + 1, author.wall_ms << 16)
    deps = news(cursor, dseq)
    user = author.user_id.bytes if author.user_id else None
    schema = reader << READER_SHIFT | SCHEMA_VERSION
    header = (THIS_PC, dseq, hlc, author.wall_ms, user, author.reason, schema, deps)
    cursor.execute(
        "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver, deps,"
        " body, chain) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (cid, *header, body, chain_value(bytes(last[2]), header, body)),
    )


def read_body(body: bytes) -> tuple[list[Any], list[Any]]:
    """Inserts and updates of a commit, as documented above."""
    inserts, updates = _decode(zlib.decompress(body))
    return inserts, updates
