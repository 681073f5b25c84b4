"""Packs what the triggers caught into one chained commit, in the transaction that made it.

A commit's body is MessagePack of ``[inserts, updates]``, deflated:

* inserts: ``[table, [column numbers], [[row id, value, …], …]]`` per table;
* updates: ``[table, row id, group, [values], [versions this replaces]]`` per changed group.

A version of a group is the number (``cid``) of the commit that wrote it; a row's first versions
are its column ``sv``, later ones are in ``sync_cell``.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from clinic_desktop.errors import StaleError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, SCHEMA_VERSION, TableSpec

THIS_PC = 1
INSERT, UPDATE = 0, 1
_CHUNK = 500
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
    entries = cursor.execute("SELECT tbl, pk, op, grp FROM sync_journal ORDER BY tbl, j").fetchall()
    if not entries:
        return None
    cid = next_cid(cursor)
    inserts, updates = [], []
    touched: set[tuple[str, uuid.UUID]] = set()
    for number, rows in groupby(entries, key=itemgetter(0)):
        table, caught = BY_NUMBER[number], list(rows)
        fresh = dict.fromkeys(bytes(pk) for _t, pk, op, _g in caught if op == INSERT)
        changed = dict.fromkeys(
            (bytes(pk), grp) for _t, pk, op, grp in caught if op == UPDATE and pk not in fresh
        )
        if fresh:
            inserts.append(_pack_inserts(cursor, table, list(fresh), cid))
        if changed:
            updates += _pack_updates(cursor, table, list(changed), cid)
        touched |= {(table.name, uuid.UUID(bytes=pk)) for pk in fresh}
        touched |= {(table.name, uuid.UUID(bytes=pk)) for pk, _grp in changed}
    body = zlib.compress(_encode([inserts, updates]), 1)
    _append(cursor, cid, author, body)
    cursor.execute("DELETE FROM sync_journal")
    return Changes(frozenset(touched), author.origin, author.reason, cid)


def _pack_inserts(cursor: Any, table: TableSpec, ids: Sequence[bytes], cid: int) -> list[Any]:
    numbers = {name: number for group in table.groups for name, number in group.columns}
    columns = ", ".join(table.columns)
    packed: list[Any] = []
    for part in _chunks(ids):
        which = f"id IN ({marks(part)})"
        packed += cursor.execute(
            f"SELECT id, {columns} FROM {table.name} WHERE {which}", part
        ).fetchall()
        cursor.execute(f"UPDATE {table.name} SET sv = ? WHERE {which} AND sv = 0", [cid, *part])
    return [table.number, [numbers[name] for name in table.columns], packed]


def _pack_updates(
    cursor: Any, table: TableSpec, changed: Sequence[tuple[bytes, int]], cid: int
) -> list[Any]:
    """Changed groups, as row id and group number: what they hold now and what they replace."""
    ids = list(dict.fromkeys(pk for pk, _grp in changed))
    rows = _values(cursor, table, ids)
    replaced = _versions(cursor, table, ids) | _bases(cursor, table, changed)
    keys = [(table.number, pk, grp) for pk, grp in changed]
    cursor.executemany("DELETE FROM sync_cell WHERE tbl=? AND pk=? AND grp=?", keys)
    cursor.executemany(
        "INSERT INTO sync_cell (tbl, pk, grp, ver) VALUES (?,?,?,?)", [(*key, cid) for key in keys]
    )
    names = {group.number: group.names for group in table.groups}
    return [
        [
            table.number,
            pk,
            grp,
            [rows[pk][name] for name in names[grp]],
            replaced.get((pk, grp)) or [rows[pk]["sv"]],
        ]
        for pk, grp in changed
    ]


def _values(cursor: Any, table: TableSpec, ids: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
    columns = ("sv", *table.columns)
    found: dict[bytes, dict[str, Any]] = {}
    for part in _chunks(ids):
        for pk, *values in cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {table.name} WHERE id IN ({marks(part)})", part
        ).fetchall():
            found[bytes(pk)] = dict(zip(columns, values, strict=True))
    return found


def _versions(
    cursor: Any, table: TableSpec, ids: Sequence[bytes]
) -> dict[tuple[bytes, int], list[int]]:
    """The versions of groups changed since their row was made; several where one is disputed."""
    found: dict[tuple[bytes, int], list[int]] = defaultdict(list)
    for part in _chunks(ids):
        for pk, grp, version in cursor.execute(
            f"SELECT pk, grp, ver FROM sync_cell WHERE tbl=? AND pk IN ({marks(part)})"
            " ORDER BY ver",
            [table.number, *part],
        ).fetchall():
            found[bytes(pk), grp].append(version)
    return found


def _bases(
    cursor: Any, table: TableSpec, changed: Sequence[tuple[bytes, int]]
) -> dict[tuple[bytes, int], list[int]]:
    """Take the versions that forms said they showed; seldom are there any."""
    found = {
        (bytes(pk), grp): list(_decode(versions))
        for pk, grp, versions in cursor.execute(
            "SELECT pk, grp, vers FROM sync_base WHERE tbl=?", (table.number,)
        ).fetchall()
    }
    taken = {key: found[key] for key in changed if key in found}
    cursor.executemany(
        "DELETE FROM sync_base WHERE tbl=? AND pk=? AND grp=?",
        [(table.number, *key) for key in taken],
    )
    return taken


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


def _append(cursor: Any, cid: int, author: Author, body: bytes) -> None:
    last = cursor.execute(
        "SELECT dseq, hlc, chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone() or (0, 0, bytes(32))
    dseq, hlc = last[0] + 1, max(last[1] + 1, author.wall_ms << 16)
    deps = _encode({})  # commits of other PCs applied since; sync fills this in
    user = author.user_id.bytes if author.user_id else None
    header = (THIS_PC, dseq, hlc, author.wall_ms, user, author.reason, SCHEMA_VERSION, deps)
    cursor.execute(
        "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver, deps,"
        " body, chain) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (cid, *header, body, chain_value(bytes(last[2]), header, body)),
    )


def chain_value(previous: bytes, header: Iterable[Any], body: bytes) -> bytes:
    """BLAKE2b-256 over the previous value, the commit's header and its body."""
    digest = hashlib.blake2b(previous, digest_size=32)
    digest.update(_encode(list(header)))
    digest.update(hashlib.blake2b(body, digest_size=32).digest())
    return digest.digest()


def verify_chain(cursor: Any) -> str | None:
    """The place of the first broken link of this PC's log, or ``None`` when it is whole."""
    previous, expected = bytes(32), 1
    for row in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit WHERE dev = ? ORDER BY dseq",
        (THIS_PC,),
    ):
        *header, body, chain = row
        if header[1] != expected or chain != chain_value(previous, header, body):
            return f"{header[0]}/{header[1]}"
        previous, expected = chain, expected + 1
    return None


def read_body(body: bytes) -> tuple[list[Any], list[Any]]:
    """Inserts and updates of a commit, as documented above."""
    inserts, updates = _decode(zlib.decompress(body))
    return inserts, updates


def marks(values: Sequence[object]) -> str:
    """The question marks of a list of values in SQL."""
    return ",".join("?" * len(values))


def _chunks(ids: Sequence[bytes]) -> Iterable[list[bytes]]:
    for start in range(0, len(ids), _CHUNK):
        yield list(ids[start : start + _CHUNK])
