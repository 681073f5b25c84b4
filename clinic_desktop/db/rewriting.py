"""Commits that are written anew under this PC's name: same changes, times and authors, new numbers.

They are those of this PC that bear a name which another goes on under, and those of other PCs that
were taken from such a one.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from clinic_desktop.db import journal
from clinic_desktop.db.chain import PLAIN_SINCE, THIS_PC, chain_value
from clinic_desktop.db.commits import NamedVersion

_encode = msgspec.msgpack.Encoder().encode
_NOBODY = 0
"""The number of no PC: that of commits while they have no name."""
_Deps = dict[int, int]
"""By number of a PC, up to which of its commits."""


@dataclass(frozen=True)
class _Old:
    """A commit as it was named before."""

    cid: int
    dev: int
    dseq: int
    hlc: int
    wall: int
    user: bytes | None
    reason: str
    schema: int
    body: bytes


def builds_on(cursor: Any, dev: int, first: int) -> dict[int, int]:
    """The first commit of each PC that builds on what this one wrote from ``first`` on.

    By the number of the PC, this one among them; empty where nothing of it is in the record.
    """
    (last,) = cursor.execute(
        "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?", (dev,)
    ).fetchone()
    if last < first:
        return {}
    found, rows = {dev: first}, cursor.execute("SELECT dev, dseq, other, upto FROM sync_dep")
    said, is_more = rows.fetchall(), True
    while is_more:
        is_more = False
        for who, dseq, other, upto in said:
            if upto >= found.get(other, upto + 1) and dseq < found.get(who, dseq + 1):
                found[who], is_more = dseq, True
    return found


def rewrite(cursor: Any, old: int, upto: Mapping[int, int]) -> None:
    """Write all commits after those of ``upto`` anew, in the order in which they came here.

    ``upto`` is the last commit that stays, by number of the PC; ``old`` is this PC under the name
    that it had, and its later commits are those of number 1.
    """
    names: dict[int, bytes] = {
        dev: bytes(device)
        for dev, device in cursor.execute("SELECT dev, device_id FROM sync_device").fetchall()
    }
    later = _later(cursor, old, upto)
    numbers = {(each.dev, each.dseq): number for number, each in enumerate(later, 1)}
    news = _news(cursor, old, upto, later)
    for each in later:  # no number is given twice on the way
        cursor.execute(
            "UPDATE sync_commit SET dev = ?, dseq = ? WHERE cid = ?", (_NOBODY, each.cid, each.cid)
        )
    chain = bytes(32)
    for number, each in enumerate(later, 1):
        deps = news[number - 1]
        packed = _encode({names[dev]: last for dev, last in sorted(deps.items())})
        body = _renamed(each, names, numbers)
        header = (THIS_PC, number, each.hlc, each.wall, each.user, each.reason,
                  max(each.schema, PLAIN_SINCE), packed)  # fmt: skip
        chain = chain_value(chain, header, body)
        cursor.execute(
            "UPDATE sync_commit SET dev = ?, dseq = ?, schema_ver = ?, deps = ?, body = ?,"
            " chain = ? WHERE cid = ?",
            (THIS_PC, number, header[6], packed, body, chain, each.cid),
        )
        cursor.executemany(
            "INSERT INTO sync_dep (dev, other, dseq, upto) VALUES (?, ?, ?, ?)",
            [(THIS_PC, dev, number, last) for dev, last in deps.items()],
        )
    _tell(cursor, news)


def _later(cursor: Any, old: int, upto: Mapping[int, int]) -> list[_Old]:
    found = []
    for dev, last in upto.items():
        stored = THIS_PC if dev == old else dev
        found += [
            _Old(row[0], dev, *row[1:])
            for row in cursor.execute(
                "SELECT cid, dseq, hlc, wall, user_id, reason, schema_ver, body FROM sync_commit"
                " WHERE dev = ? AND dseq > ?",
                (stored, last),
            ).fetchall()
        ]
    return sorted(found, key=lambda each: each.cid)


def _news(cursor: Any, old: int, upto: Mapping[int, int], later: list[_Old]) -> list[_Deps]:
    """What each of these had come to know of what stays; the first of a PC, all it knew before."""
    said: dict[tuple[int, int], _Deps] = defaultdict(dict)
    past: dict[int, _Deps] = {}
    for dev, last in upto.items():
        stored = THIS_PC if dev == old else dev
        for dseq, other, most in cursor.execute(
            "SELECT dseq, other, upto FROM sync_dep WHERE dev = ? AND dseq > ?", (stored, last)
        ).fetchall():
            said[dev, dseq][other] = most
        past[dev] = dict(
            cursor.execute(
                "SELECT other, max(upto) FROM sync_dep WHERE dev = ? AND dseq <= ? GROUP BY other",
                (dev, last),
            ).fetchall()
        )
        past[dev][dev] = last
        cursor.execute("DELETE FROM sync_dep WHERE dev = ? AND dseq > ?", (stored, last))
    found = []
    known: _Deps = {}
    for each in later:
        deps: _Deps = {}
        for other, most in (*past.pop(each.dev, {}).items(), *said[each.dev, each.dseq].items()):
            stays = min(most, upto.get(other, most))
            if stays > known.get(other, 0):
                deps[other] = known[other] = stays
        found.append(deps)
    return found


def _tell(cursor: Any, news: list[_Deps]) -> None:
    """The next commit under the new name says all that is here and that these do not say."""
    cursor.execute("UPDATE sync_device SET told = 0")
    for deps in news:
        cursor.executemany(
            "UPDATE sync_device SET told = ? WHERE dev = ?",
            [(last, dev) for dev, last in deps.items()],
        )


def _renamed(
    one: _Old, names: Mapping[int, bytes], numbers: Mapping[tuple[int, int], int]
) -> bytes:
    """The body with the versions that it replaces as the new name has them."""
    by_name = {name: dev for dev, name in names.items()}

    def renamed(version: NamedVersion) -> NamedVersion:
        if isinstance(version, int):
            dev, dseq = one.dev, version
        elif bytes(version[0]) in by_name:
            dev, dseq = by_name[bytes(version[0])], int(version[1])
        else:
            return version
        return numbers.get((dev, dseq)) or [names[dev], dseq]

    inserts, updates = journal.read_body(one.body)
    for update in updates:
        update[4] = [renamed(each) for each in update[4]]
    return zlib.compress(_encode([inserts, updates]), 1)
