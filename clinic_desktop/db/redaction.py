"""Taking one person's words out of rows and out of the log, so that both still agree.

The log is a chain over the digests of what each commit wrote. A commit that wrote about the person
keeps its place, author, time and digest; its body is written anew without the words, and a row of
``log_redaction`` (itself in the log, chained and signed) tells both digests. So the chain is whole,
a body that somebody else changes is still found, and nothing that was said of the person is left.

What the exchange with other PCs keeps beside the log is treated alike: versions that differ,
questions about them, what a newer program wrote into these rows, commits that wait. Sealed segments
cannot be written anew: those of other PCs lose their content once they are applied, those of this
PC stay as they were sent, because a server that lost them asks for just these bytes, and the key to
them is in the record too. So do segments that could not be opened yet, and rows of tables that only
a newer program knows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from clinic_desktop.db import journal, search, triggers
from clinic_desktop.db.chain import ERASED, PLAIN_SINCE, THIS_PC, body_digest, redactions
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, GroupSpec, TableSpec

Blanks = Mapping[str, Mapping[bytes, Mapping[str, Any]]]
"""Of each table the rows, and the columns that get another value."""
_Numbered = Mapping[int, Mapping[bytes, Mapping[str, Any]]]
_encode = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_decode_commit = msgspec.msgpack.Decoder(CommitRecord).decode
_UNREADABLE = (zlib.error, msgspec.MsgspecError, ValueError, TypeError)


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
    numbered = {BY_NAME[table].number: rows for table, rows in blanks.items()}
    found = [*_rewrite(cursor, numbered), *_rewrite_held(cursor, numbered)]
    for number, rows in numbered.items():
        for pk, values in rows.items():
            _blank_versions(cursor, BY_NUMBER[number], pk, values)
    _drop_segments(cursor, found)
    # A snapshot that is on its way out is of before; the next pass makes another.
    cursor.execute("DELETE FROM sync_page")
    cursor.execute("DELETE FROM sync_snapshot")
    triggers.install(cursor)
    search.reindex(cursor, sorted(blanks.get("patient", ())))
    cursor.execute("INSERT INTO patient_fts (patient_fts) VALUES ('optimize')")
    return found


def _rewrite(cursor: Any, blanks: _Numbered) -> Iterator[Redacted]:
    before = redactions(cursor)
    devices = _devices(cursor)
    commits = cursor.execute("SELECT cid FROM sync_commit ORDER BY cid").fetchall()
    for (cid,) in commits:
        dev, dseq, schema, body = cursor.execute(
            "SELECT dev, dseq, schema_ver, body FROM sync_commit WHERE cid = ?", (cid,)
        ).fetchone()
        inserts, updates = journal.read_body(body)
        if not _blank_body(inserts, updates, blanks):
            continue
        new = zlib.compress(_encode([inserts, updates]), 1)
        cursor.execute("UPDATE sync_commit SET body = ? WHERE cid = ?", (new, cid))
        original = body_digest(body, schema, before.get((dev, dseq)))
        yield Redacted(dev, devices[dev], dseq, original, body_digest(new, schema))


def _rewrite_held(cursor: Any, blanks: _Numbered) -> Iterator[Redacted]:
    """Commits of other PCs that wait or are kept out, as their author's own erasure hands them."""
    devices = _devices(cursor)
    for dev, dseq, packed in cursor.execute(
        "SELECT dev, dseq, body FROM sync_hold WHERE dseq > 0 AND why <> ? ORDER BY dev, dseq",
        (ERASED,),
    ).fetchall():
        commit = _decode_commit(packed)
        new = _without_words(commit, blanks)
        if new is None:
            continue
        original = commit.original or body_digest(commit.stored_body, commit.schema)
        kept = msgspec.structs.replace(commit, body=new, original=original)
        cursor.execute(
            "UPDATE sync_hold SET body = ? WHERE dev = ? AND dseq = ?", (_encode(kept), dev, dseq)
        )
        redacted = body_digest(kept.stored_body, kept.schema)
        yield Redacted(dev, devices[dev], dseq, original, redacted)


def _without_words(commit: CommitRecord, blanks: _Numbered) -> bytes | None:
    """The body of a commit that waits; ``None`` if it says nothing of these rows."""
    is_plain = commit.schema >= PLAIN_SINCE
    try:
        plain = commit.body if is_plain else zlib.decompress(commit.body)
        inserts, updates = _unpack(plain)
        if not _blank_body(inserts, updates, blanks):
            return None
    except _UNREADABLE:
        # Nobody could ever apply it. It stays unreadable, and says nothing of the person.
        named = any(pk in commit.body for rows in blanks.values() for pk in rows)
        return b"" if named else None
    new = _encode([inserts, updates])
    return new if is_plain else zlib.compress(new, 1)


def _devices(cursor: Any) -> dict[int, bytes]:
    rows = cursor.execute("SELECT dev, device_id FROM sync_device").fetchall()
    return {dev: bytes(device_id) for dev, device_id in rows}


def _blank_body(inserts: list[Any], updates: list[Any], blanks: _Numbered) -> bool:
    """Whether it wrote about one of these rows; then its lists hold no word of them any more."""
    return _blank_inserts(inserts, blanks) | _blank_updates(updates, blanks)


def _blank_inserts(inserts: list[Any], blanks: _Numbered) -> bool:
    touched = False
    known_only: list[Any] = []
    for insert in inserts:
        number, columns, rows = insert
        wanted = blanks.get(number)
        if not wanted:
            continue
        names = BY_NUMBER[number].names
        left: list[Any] = []
        for row in rows:
            values = wanted.get(bytes(row[0]))
            if values is None:
                left.append(row)
                continue
            touched = True
            told = [(n, old) for n, old in zip(columns, row[1:], strict=True) if n in names]
            blank = [row[0], *(values.get(names[n], old) for n, old in told)]
            if len(told) == len(columns):
                left.append(blank)
            else:  # columns of a newer program: their words go too
                known_only.append([number, [n for n, _old in told], [blank]])
        insert[2] = left
    inserts[:] = [each for each in inserts if each[2]] + known_only
    return touched


def _blank_updates(updates: list[Any], blanks: _Numbered) -> bool:
    touched = False
    left: list[Any] = []
    for update in updates:
        number, pk, grp = update[:3]
        values = blanks.get(number, {}).get(bytes(pk))
        if values is not None:
            touched = True
            group = BY_NUMBER[number].by_number.get(grp)
            if group is None:  # of a newer program: nobody here can tell words from others
                continue
            update[3] = _blank_group(group, values, update[3])
        left.append(update)
    updates[:] = left
    return touched


def _blank_group(group: GroupSpec, blank: Mapping[str, Any], values: list[Any]) -> list[Any]:
    """What is left of a group's values, in the log and in its versions alike."""
    return [blank.get(name, old) for name, old in zip(group.names, values, strict=False)]


def _blank_versions(cursor: Any, table: TableSpec, pk: bytes, blank: Mapping[str, Any]) -> None:
    """Versions that differ say the same now, so nobody is asked which of them holds."""
    row = (table.number, pk)
    for grp, ver, val in cursor.execute(
        "SELECT grp, ver, val FROM sync_cell WHERE tbl = ? AND pk = ?", row
    ).fetchall():
        group = table.by_number.get(grp)
        if group is None:
            cursor.execute(
                "DELETE FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", (*row, grp)
            )
        elif val is not None:
            cursor.execute(
                "UPDATE sync_cell SET val = ? WHERE tbl = ? AND pk = ? AND grp = ? AND ver = ?",
                (_encode(_blank_group(group, blank, _unpack(val))), *row, grp, ver),
            )
    for kept in ("sync_unknown", "sync_conflict"):
        cursor.execute(f"DELETE FROM {kept} WHERE tbl = ? AND pk = ?", row)


def _drop_segments(cursor: Any, found: Iterable[Redacted]) -> None:
    """Sealed runs of other PCs that are in the log; only their places and digests are needed."""
    cursor.executemany(
        "UPDATE sync_segment SET content = x'' WHERE dev = ? AND state = 'applied'"
        " AND from_dseq <= ? AND to_dseq >= ?",
        [(each.dev, each.dseq, each.dseq) for each in found if each.dev != THIS_PC],
    )
