"""A record as an earlier program would have left it: its tables, its rows, and its log."""

from __future__ import annotations

import uuid
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from clinic_desktop.db import triggers
from clinic_desktop.db.chain import THIS_PC, chain_value
from clinic_desktop.db.checkpoints import Checkpoint, sign_as
from clinic_desktop.db.engine import connect, create_file
from clinic_desktop.db.facts import tables
from clinic_desktop.db.journal import read_body
from clinic_desktop.models.registry import BY_NUMBER, SCHEMA_VERSION, TABLES
from tests.proofs.storage.migrating import bring_to

_OF_THIS_PC = ("sync_device", "device_key", "blob", "local_setting", "number_series")
_SIGNED_SINCE, _EXCHANGED_SINCE = 3, 12
Columns = dict[str, set[str]]
"""By table of the old record."""


def lay_back(source: Path, key: bytes, target: Path, version: int) -> None:
    """Make ``target`` by the revisions up to a version, with what fits of a record of one PC."""
    create_file(target, key)
    bring_to(target, key, version)
    with closing(connect(source, key, read_only=True)) as now, closing(connect(target, key)) as old:
        old.execute("PRAGMA foreign_keys = OFF")
        old.execute("BEGIN")
        for name in triggers.present(old):
            old.execute(f'DROP TRIGGER "{name}"')
        columns = {table: _columns(old, table) for table in tables(old)}
        if version < _SIGNED_SINCE:  # its entries named no key of the PC: it is begun anew
            columns.pop("membership_entry", None)
        for name in (*(table.name for table in TABLES), *_OF_THIS_PC):
            if name in columns:
                _copy(now, old, name, columns[name] & _columns(now, name))
        for tbl, pk, grp, ver, val in now.execute("SELECT tbl, pk, grp, ver, val FROM sync_cell"):
            if _fits(columns, tbl, grp):
                old.execute(
                    "INSERT INTO sync_cell VALUES (?, ?, ?, ?, ?)", (tbl, pk, grp, ver, val)
                )
        if version >= _EXCHANGED_SINCE:
            for name in ("sync_commit", "sync_checkpoint"):
                _copy(now, old, name, columns[name] & _columns(now, name))
        else:
            _write_log(now, old, columns, version)
        triggers.install(old)
        old.execute("COMMIT")


def _columns(cursor: Any, table: str) -> set[str]:
    return {str(row[1]) for row in cursor.execute(f'PRAGMA table_info("{table}")').fetchall()}


def _copy(now: Any, old: Any, table: str, columns: set[str]) -> None:
    names = ", ".join(f'"{each}"' for each in sorted(columns))
    marks = ", ".join("?" * len(columns))
    rows = now.execute(f'SELECT {names} FROM "{table}"').fetchall()  # noqa: S608 - of the file
    old.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608


def _fits(columns: Columns, tbl: int, grp: int) -> bool:
    table = BY_NUMBER[tbl]
    return table.by_number[grp].names[0] in columns.get(table.name, ())


def _write_log(now: Any, old: Any, columns: Columns, version: int) -> None:
    """The same commits as that program wrote them: less in them, and chained by its rules."""
    chain = bytes(32)
    last: tuple[Any, ...] = ()
    for cid, dseq, hlc, wall, user, reason, body in now.execute(
        "SELECT cid, dseq, hlc, wall, user_id, reason, body FROM sync_commit ORDER BY cid"
    ):
        packed = zlib.compress(msgspec.msgpack.encode(_less(columns, *read_body(body))), 1)
        header = (THIS_PC, dseq, hlc, wall, user, reason, min(version, SCHEMA_VERSION), b"\x80")
        chain = chain_value(chain, header, packed)
        old.execute(
            "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver,"
            " deps, body, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (cid, *header, packed, chain),
        )
        last = dseq, hlc, wall, chain
    if version >= _SIGNED_SINCE:
        _sign(old, last)


def _less(columns: Columns, inserts: list[Any], updates: list[Any]) -> list[Any]:
    """What of a body has a place in the old record."""
    made, changed = [], []
    for tbl, numbers, rows in inserts:
        table = BY_NUMBER[tbl]
        held = columns.get(table.name, set())
        at = [place for place, number in enumerate(numbers, 1) if table.names[number] in held]
        if at:
            kept = [numbers[place - 1] for place in at]
            made.append([tbl, kept, [[row[0], *(row[place] for place in at)] for row in rows]])
    for tbl, pk, grp, values, replaced in updates:
        if _fits(columns, tbl, grp):
            names = BY_NUMBER[tbl].by_number[grp].names
            held = columns[BY_NUMBER[tbl].name]
            kept = [value for name, value in zip(names, values, strict=True) if name in held]
            changed.append([tbl, pk, grp, kept, replaced])
    return [made, changed]


def _sign(old: Any, last: tuple[Any, ...]) -> None:
    seed, device = old.execute(
        "SELECT seed, device_id FROM device_key JOIN sync_device USING (dev)"
    ).fetchone()
    point = Checkpoint(THIS_PC, 1, *last)
    signature = sign_as(bytes(seed), point.statement(uuid.UUID(bytes=bytes(device))))
    old.execute(
        "INSERT INTO sync_checkpoint (dev, number, dseq, hlc, wall, chain, signature)"
        " VALUES (?, 1, ?, ?, ?, ?, ?)",
        (THIS_PC, *last, signature),
    )
