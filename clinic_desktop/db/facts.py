"""What one state of a record is known by, and whether its pages are whole.

Loads no tables: the trial of a backup is a fresh process, and most of its time was spent on them.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

import msgspec
import sqlcipher3
from msgspec import Struct

from clinic_desktop.db.chain import THIS_PC, verify_chain
from clinic_desktop.db.migrations import version_of

SAMPLE = 20
"""Charts that are compared byte by byte."""
MOST_NAMED = 20
"""Faults of one kind that are named."""
_pack = msgspec.msgpack.Encoder().encode


class Facts(Struct, frozen=True):
    """What one state of a record is known by."""

    schema: int
    counts: dict[str, int]
    """Rows of every table."""
    log_length: int
    log_chain: bytes
    """Length and last chain value of this PC's log."""
    charts: dict[str, bytes]
    """By patient id in hexadecimal, the digest of every row of a few charts."""
    layout: bytes = b""
    """Digest of every table, index and trigger; empty in backups of earlier versions."""


def look_through(cursor: Any) -> dict[str, str]:
    """Read every page, every reference and every link of the log.

    Returns what each check found; an empty text means that all is well.
    """
    pages = [
        str(row[0]) for row in cursor.execute("PRAGMA cipher_integrity_check").fetchmany(MOST_NAMED)
    ]
    orphans = cursor.execute("PRAGMA foreign_key_check").fetchmany(MOST_NAMED)
    return {
        "pages": "; ".join(pages),
        "structure": "; ".join(faults_of_structure(cursor)),
        "references": "; ".join(f"{row[0]} → {row[2]}" for row in orphans),
        "log": verify_chain(cursor) or "",
    }


def faults_of_structure(cursor: Any) -> list[str]:
    """What is wrong with pages and indexes; nothing in a whole file.

    What a connection once learnt of a full-text index it goes by in the check, even where another
    one has written there since: an alarm without a cause. Only a search lets it look anew.
    """
    indexes = cursor.execute(
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'"
    ).fetchall()
    for (name,) in indexes:
        with suppress(sqlcipher3.DatabaseError):  # a damaged one: the check says so
            wanted = f"SELECT 1 FROM {name} WHERE {name} MATCH 'a' LIMIT 1"
            cursor.execute(wanted).fetchall()
    found = cursor.execute(f"PRAGMA integrity_check({MOST_NAMED})").fetchall()
    return [str(row[0]) for row in found if row[0] != "ok"]


def facts(cursor: Any, charts: list[str] | None = None) -> Facts:
    """The facts of the state that the connection sees; of a random few charts, or of these."""
    last = cursor.execute(
        "SELECT dseq, chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1",
        (THIS_PC,),
    ).fetchone() or (0, b"")
    if charts is None:
        rows = cursor.execute("SELECT id FROM patient ORDER BY random() LIMIT ?", (SAMPLE,))
        charts = [bytes(row[0]).hex() for row in rows.fetchall()]
    about = tables_about_patients(cursor)
    return Facts(
        version_of(cursor),
        {table: _count(cursor, table) for table in tables(cursor)},
        int(last[0]),
        bytes(last[1]),
        {chart: _digest(cursor, about, bytes.fromhex(chart)) for chart in charts},
        _layout(cursor),
    )


def _layout(cursor: Any) -> bytes:
    rows = cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    return hashlib.blake2b(_pack([list(row) for row in rows.fetchall()]), digest_size=32).digest()


def tables(cursor: Any) -> list[str]:
    """Every table that keeps rows, the search index's own included."""
    rows = cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    return [str(row[0]) for row in rows]


def tables_about_patients(cursor: Any) -> list[str]:
    """The tables whose rows name the patient they are about."""
    rows = cursor.execute(
        "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND c.name = 'patient_id' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
        " ORDER BY m.name"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _count(cursor: Any, table: str) -> int:
    return int(cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _digest(cursor: Any, about: list[str], patient: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=32)
    wanted = [("patient", "id"), *((table, "patient_id") for table in about)]
    for table, column in wanted:
        rows = cursor.execute(
            f'SELECT * FROM "{table}" WHERE {column} = ? ORDER BY rowid', (patient,)
        )
        digest.update(_pack([table, [list(row) for row in rows.fetchall()]]))
    return digest.digest()
