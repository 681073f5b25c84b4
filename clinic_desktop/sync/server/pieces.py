"""Pieces that a server keeps by their names: of files, and of the pages of snapshots.

What is there stays as it is, unless it is damaged; the name of a piece is a keyed digest that only
the practice can make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from clinic_desktop.sync.server import damage
from clinic_desktop.sync.server.held import used
from clinic_desktop.sync.server.tables import Rows

Kind = Literal["chunk", "page"]
"""The table they are kept in."""
_HAS = {
    "chunk": "SELECT 1 FROM chunk WHERE clinic = :clinic AND id = :id AND NOT EXISTS"
    " (SELECT 1 FROM lost WHERE clinic = :clinic AND id = :id)",
    "page": "SELECT 1 FROM page WHERE clinic = :clinic AND id = :id AND NOT EXISTS"
    " (SELECT 1 FROM lost WHERE clinic = :clinic AND id = :id)",
}
_GET = {
    "chunk": "SELECT body, hash FROM chunk WHERE clinic = :clinic AND id = :id",
    "page": "SELECT body, hash FROM page WHERE clinic = :clinic AND id = :id",
}
_PUT = {
    "chunk": "INSERT INTO chunk (clinic, id, body, hash) VALUES (:clinic, :id, :body, :hash)",
    "page": "INSERT INTO page (clinic, id, body, hash) VALUES (:clinic, :id, :body, :hash)",
}
_TAKE_OUT = {
    "chunk": "DELETE FROM chunk WHERE clinic = :clinic AND id = :id RETURNING length(body)",
    "page": "DELETE FROM page WHERE clinic = :clinic AND id = :id RETURNING length(body)",
}
_NAME = {"chunk": 16, "page": 32}
"""Bytes of a name."""
_MOST_TOLD = 64
"""Damaged pieces that one answer names besides those that were wanted."""
Named = tuple[bytes, bytes]


def keep(rows: Rows, kind: Kind, brought: Sequence[Named], most: int) -> bool:
    """Keep pieces that are not here yet, all or none; whether there was room."""
    fresh = dict(brought)
    lacking = missing(rows, kind, tuple(fresh))
    size = sum(len(fresh[each]) for each in lacking)
    if not lacking:
        return True
    if damage.is_any_lost(rows):
        size -= sum(_take_out(rows, kind, each) for each in lacking)
    if used(rows) + size > most:
        return False
    for each in lacking:
        rows.run(_PUT[kind], id=each, body=fresh[each], hash=damage.digest(fresh[each]))
    rows.run("UPDATE practice SET used = used + :size WHERE clinic = :clinic", size=size)
    return True


def _take_out(rows: Rows, kind: Kind, name: bytes) -> int:
    """Make room for another copy of a damaged piece; how many bytes it had."""
    damage.forget_piece(rows, name)
    row = rows.one(_TAKE_OUT[kind], id=name)
    return int(row[0]) if row else 0


def missing(rows: Rows, kind: Kind, asked: Sequence[bytes]) -> list[bytes]:
    """Which of these are not here."""
    return [each for each in asked if rows.one(_HAS[kind], id=each) is None]


def found(
    rows: Rows, kind: Kind, wanted: Sequence[bytes], most: int
) -> tuple[list[Named], list[bytes]]:
    """The pieces wanted that are here: one, then as many as ``most`` bytes hold.

    Besides, the names of those that are damaged.
    """
    held: list[Named] = []
    damaged: list[bytes] = []
    for each in wanted:
        row = rows.one(_GET[kind], id=each)
        if row is None:
            continue
        if not damage.is_whole(bytes(row[0]), row[1]):
            damaged.append(each)
            continue
        most -= len(row[0])
        if held and most < 0:
            break
        held.append((each, bytes(row[0])))
    return held, damaged


def told(rows: Rows, kind: Kind, damaged: Sequence[bytes], room: int) -> list[bytes]:
    """Damaged pieces to name in an answer: these, and some others, so that who has them hears."""
    others = damage.some_lost(rows, _NAME[kind], _MOST_TOLD)
    return list(dict.fromkeys([*damaged, *others]))[: max(room, 0)]
