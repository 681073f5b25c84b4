"""The tables of a server, the same in SQLite and in PostgreSQL, and how statements reach them.

Every table and every key begins with the practice, and every statement names it: rows of two
practices never meet, and a distributed PostgreSQL finds each statement's one shard. Letter boxes
belong to nobody that the server knows; they go by their own number in the same way. A test reads
every statement of this package.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

VERSION: Final = 5
PRACTICE: Final = {
    "practice": "clinic {bytes} PRIMARY KEY, head {number} NOT NULL, used {number} NOT NULL",
    "statement": "clinic {bytes}, n {number}, body {bytes} NOT NULL, PRIMARY KEY (clinic, n)",
    "device": "clinic {bytes}, device_id {bytes}, counter {number} NOT NULL,"
    " tip {number} NOT NULL, tip_hash {bytes} NOT NULL, last_seen {number},"
    " PRIMARY KEY (clinic, device_id)",
    "segment": "clinic {bytes}, sseq {number}, device_id {bytes} NOT NULL,"
    " seg_no {number} NOT NULL, hash {bytes} NOT NULL, received {number} NOT NULL,"
    " bytes {bytes} NOT NULL, PRIMARY KEY (clinic, sseq), UNIQUE (clinic, device_id, seg_no)",
    "chunk": "clinic {bytes}, id {bytes}, body {bytes} NOT NULL, hash {bytes},"
    " PRIMARY KEY (clinic, id)",
    "invitation": "clinic {bytes}, box {bytes}, until {number} NOT NULL, PRIMARY KEY (clinic, box)",
    "snapshot": "clinic {bytes}, id {bytes}, n {number} NOT NULL, body {bytes} NOT NULL,"
    " PRIMARY KEY (clinic, id)",
    "page": "clinic {bytes}, id {bytes}, body {bytes} NOT NULL, hash {bytes},"
    " PRIMARY KEY (clinic, id)",
    "vouch": "clinic {bytes}, snapshot {bytes}, device_id {bytes}, said {number},"
    " body {bytes} NOT NULL, PRIMARY KEY (clinic, snapshot, device_id, said)",
    "lost": "clinic {bytes}, id {bytes}, PRIMARY KEY (clinic, id)",
    "gap": "clinic {bytes}, device_id {bytes}, seg_no {number},"
    " PRIMARY KEY (clinic, device_id, seg_no)",
    "handed": "clinic {bytes}, device_id {bytes}, epoch {number}, author {bytes},"
    " body {bytes} NOT NULL, PRIMARY KEY (clinic, device_id, epoch, author)",
}
"""What belongs to a practice; ``head`` numbers its segments, ``used`` counts all bytes it keeps.

``lost`` names pieces, ``gap`` segments that are not as they came: see ``damage``.
``handed`` are sealed data keys; ``author`` is empty for those that a server before version 5 had,
in ``keybox`` with one for each PC and epoch.
"""
SINCE: Final = {"snapshot": 2, "page": 2, "vouch": 3, "lost": 4, "gap": 4, "handed": 5}
"""Tables that a server of version 1 did not have, and since which one they are there."""
HASHED: Final = ("chunk", "page")
"""Tables that had no digest of what they hold before version 4: what they held then has none."""
PARTS: Final = 16
LETTERS: Final = {"letter": "box {bytes} PRIMARY KEY, until {number} NOT NULL, body {bytes}"}


MOVED: Final = (
    "INSERT INTO handed (clinic, device_id, epoch, author, body)"
    " SELECT clinic, device_id, epoch, {nobody}, body FROM keybox"
)
_IS_NEW: Final = "UPDATE relay SET version = 5"


def in_sqlite(kept: dict[str, str]) -> tuple[str, ...]:
    """The statements that make these tables in SQLite."""
    return tuple(
        f"CREATE TABLE {name} ({columns.format(bytes='BLOB', number='INTEGER')}) STRICT"
        for name, columns in kept.items()
    )


def new_in_sqlite(version: int) -> tuple[str, ...]:
    """The statements that bring a practice's file of an older version to this one."""
    return (*in_sqlite(_after(version)), *_digests(version, "BLOB"), *_handed(version, "x''"))


def _after(version: int) -> dict[str, str]:
    return {name: PRACTICE[name] for name, since in SINCE.items() if since > version}


def _digests(version: int, kind: str) -> tuple[str, ...]:
    return tuple(
        f"ALTER TABLE {name} ADD COLUMN hash {kind}"
        for name in HASHED
        if SINCE.get(name, 1) <= version < 4
    )


def _handed(version: int, nobody: str) -> tuple[str, ...]:
    """The sealed keys that lay in the table of before."""
    if version >= SINCE["handed"]:
        return ()
    return (
        MOVED.format(nobody=nobody),
        "DROP TABLE keybox",
    )


def in_postgres(parts: int = PARTS) -> tuple[str, ...]:
    """The statements that make these tables in PostgreSQL, in ``parts`` partitions each."""
    made = [f"CREATE TABLE relay AS SELECT {VERSION} AS version"]
    return (*made, *_in_postgres({**PRACTICE, **LETTERS}, parts))


def new_in_postgres(version: int, parts: int = PARTS) -> tuple[str, ...]:
    """The statements that bring a database of an older version to this one."""
    return (*_in_postgres(_after(version), parts), *_digests(version, "bytea"),
            *_handed(version, "''::bytea"), _IS_NEW)  # fmt: skip


def _in_postgres(kept: dict[str, str], parts: int) -> tuple[str, ...]:
    made = []
    for name, columns in kept.items():
        key = columns.split()[0]
        split = f" PARTITION BY HASH ({key})" if parts else ""
        made.append(
            f"CREATE TABLE {name} ({columns.format(bytes='bytea', number='bigint')}){split}"
        )
        made += [
            f"CREATE TABLE {name}_{part} PARTITION OF {name}"
            f" FOR VALUES WITH (MODULUS {parts}, REMAINDER {part})"
            for part in range(parts)
        ]
    # What is sealed does not shrink: PostgreSQL need not try.
    sealed = {"segment": "bytes", "chunk": "body", "page": "body"}
    made += [
        f"ALTER TABLE {name} ALTER COLUMN {column} SET STORAGE EXTERNAL"
        for name, column in sealed.items()
        if name in kept
    ]
    return tuple(made)


class NoRoomError(Exception):
    """The server's disk is full; nothing of what was asked was kept."""


class Rows:
    """What one transaction sees: the rows of one practice, or the letter boxes.

    Statements name their values (``:device``); ``:clinic`` is given by itself.
    """

    def __init__(
        self, cursor: Any, clinic: bytes, spelt: Callable[[str], str] = lambda sql: sql
    ) -> None:
        self._cursor, self._clinic, self._spelt = cursor, clinic, spelt

    def run(self, sql: str, **values: Any) -> None:
        """Write."""
        self._cursor.execute(self._spelt(sql), {"clinic": self._clinic, **values})

    def all(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows found."""
        self.run(sql, **values)
        return list(self._cursor.fetchall())

    def one(self, sql: str, **values: Any) -> tuple[Any, ...] | None:
        """The row found; ``None`` where there is none."""
        self.run(sql, **values)
        found = self._cursor.fetchone()
        return None if found is None else tuple(found)


class Practices(Protocol):
    """Where a server keeps what it was given: files, or a database."""

    def count(self) -> int:
        """How many practices there are."""

    def practice(
        self, clinic: uuid.UUID, *, make: bool = False
    ) -> AbstractContextManager[Rows | None]:
        """A transaction on a practice's rows, alone with them; ``None`` where there is none."""

    def letters(self) -> AbstractContextManager[Rows]:
        """A transaction on the letter boxes."""

    def free_bytes(self) -> int | None:
        """What is left on its disk; ``None`` where that is on another machine."""

    def close(self) -> None:
        """Let go of everything."""


def only(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """The row that must be there."""
    assert row is not None  # noqa: S101 - it was made with what asks for it
    return row
