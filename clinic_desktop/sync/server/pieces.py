"""Pieces that a server keeps by their names: of files, and of the pages of snapshots.

What is there stays as it is; the name of a piece is a keyed digest that only the practice can make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from clinic_desktop.sync.server.held import used
from clinic_desktop.sync.server.tables import Rows

Kind = Literal["chunk", "page"]
"""The table they are kept in."""
_HAS = {
    "chunk": "SELECT 1 FROM chunk WHERE clinic = :clinic AND id = :id",
    "page": "SELECT 1 FROM page WHERE clinic = :clinic AND id = :id",
}
_GET = {
    "chunk": "SELECT body FROM chunk WHERE clinic = :clinic AND id = :id",
    "page": "SELECT body FROM page WHERE clinic = :clinic AND id = :id",
}
_PUT = {
    "chunk": "INSERT INTO chunk (clinic, id, body) VALUES (:clinic, :id, :body)",
    "page": "INSERT INTO page (clinic, id, body) VALUES (:clinic, :id, :body)",
}
Named = tuple[bytes, bytes]


def keep(rows: Rows, kind: Kind, brought: Sequence[Named], most: int) -> bool:
    """Keep pieces that are not here yet, all or none; whether there was room."""
    fresh = dict(brought)
    lacking = missing(rows, kind, tuple(fresh))
    size = sum(len(fresh[each]) for each in lacking)
    if not lacking:
        return True
    if used(rows) + size > most:
        return False
    for each in lacking:
        rows.run(_PUT[kind], id=each, body=fresh[each])
    rows.run("UPDATE practice SET used = used + :size WHERE clinic = :clinic", size=size)
    return True


def missing(rows: Rows, kind: Kind, asked: Sequence[bytes]) -> list[bytes]:
    """Which of these are not here."""
    return [each for each in asked if rows.one(_HAS[kind], id=each) is None]


def found(rows: Rows, kind: Kind, wanted: Sequence[bytes], most: int) -> list[Named]:
    """The pieces wanted that are here: one, then as many as ``most`` bytes hold."""
    held: list[Named] = []
    for each in wanted:
        row = rows.one(_GET[kind], id=each)
        if row is None:
            continue
        most -= len(row[0])
        if held and most < 0:
            break
        held.append((each, bytes(row[0])))
    return held
