"""Taking one person's words out of rows and out of the log, so that both still agree.

The log is a chain over the digests of what each commit wrote. A commit that wrote about the person
keeps its place, author, time and digest; its body is written anew without the words, and a row of
``log_redaction`` (itself in the log, chained and signed) tells both digests. So the chain is whole,
a body that somebody else changes is still found, and nothing that was said of the person is left.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from clinic_desktop.db import journal, search, triggers
from clinic_desktop.db.chain import body_digest, redactions
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, TableSpec

Blanks = Mapping[str, Mapping[bytes, Mapping[str, Any]]]
"""Of each table the rows, and the columns that get another value."""
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class Redacted:
    """One commit whose body was written anew."""

    dev: int
    device_id: bytes
    dseq: int
    original: bytes
    redacted: bytes


def erase(cursor: Any, blanks: Blanks) -> list[Redacted]:
    """Give rows their empty values, in the tables and wherever the log tells of them.

    Part of a writing transaction. The triggers that hold rows and log fast are made anew before
    it goes on, so nothing but this can pass them.
    """
    for name in triggers.present(cursor):
        cursor.execute(f'DROP TRIGGER "{name}"')
    for table, rows in blanks.items():
        for pk, values in rows.items():
            names = ", ".join(f"{name} = ?" for name in values)
            cursor.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*values.values(), pk))
    found = list(_rewrite(cursor, blanks))
    triggers.install(cursor)
    search.reindex(cursor, sorted(blanks.get("patient", ())))
    cursor.execute("INSERT INTO patient_fts (patient_fts) VALUES ('optimize')")
    return found


def _rewrite(cursor: Any, blanks: Blanks) -> Iterator[Redacted]:
    numbered = {BY_NAME[table].number: rows for table, rows in blanks.items()}
    before = redactions(cursor)
    devices = dict(cursor.execute("SELECT dev, device_id FROM sync_device").fetchall())
    commits = cursor.execute("SELECT cid FROM sync_commit ORDER BY cid").fetchall()
    for (cid,) in commits:
        dev, dseq, schema, body = cursor.execute(
            "SELECT dev, dseq, schema_ver, body FROM sync_commit WHERE cid = ?", (cid,)
        ).fetchone()
        inserts, updates = journal.read_body(body)
        if not (_blank_inserts(inserts, numbered) | _blank_updates(updates, numbered)):
            continue
        new = zlib.compress(_encode([inserts, updates]), 1)
        cursor.execute("UPDATE sync_commit SET body = ? WHERE cid = ?", (new, cid))
        original = body_digest(body, schema, before.get((dev, dseq)))
        yield Redacted(dev, bytes(devices[dev]), dseq, original, body_digest(new, schema))


def _blank_inserts(
    inserts: list[Any], blanks: Mapping[int, Mapping[bytes, Mapping[str, Any]]]
) -> bool:
    touched = False
    for number, columns, rows in inserts:
        wanted = blanks.get(number)
        if not wanted:
            continue
        names = _names(BY_NUMBER[number])
        for place, row in enumerate(rows):
            values = wanted.get(bytes(row[0]))
            if values is None:
                continue
            pairs = zip(columns, row[1:], strict=True)
            rows[place] = [row[0], *(values.get(names.get(n, ""), old) for n, old in pairs)]
            touched = True
    return touched


def _blank_updates(
    updates: list[Any], blanks: Mapping[int, Mapping[bytes, Mapping[str, Any]]]
) -> bool:
    touched = False
    for update in updates:
        number, pk, group = update[:3]
        values = blanks.get(number, {}).get(bytes(pk))
        if values is None:
            continue
        spec = next((each for each in BY_NUMBER[number].groups if each.number == group), None)
        if spec is None:
            continue
        old = zip(spec.names, update[3], strict=False)
        update[3] = [values.get(name, value) for name, value in old]
        touched = True
    return touched


def _names(table: TableSpec) -> dict[int, str]:
    return {number: name for group in table.groups for name, number in group.columns}
