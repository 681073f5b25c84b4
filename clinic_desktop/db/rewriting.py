"""Commits that are written anew under this PC's name: same changes, times and authors, new numbers.

They are those of this PC that bear a name which another goes on under, and those of other PCs that
were taken from such a one. What another PC wrote anew already bears the name that it has there.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from clinic_desktop.db import causes, given_names
from clinic_desktop.db.causes import chain_of
from clinic_desktop.db.chain import PLAIN_SINCE, THIS_PC, chain_value
from clinic_desktop.db.given_names import NOT_GIVEN, Again, Given, Old, Place, renamed

_encode = msgspec.msgpack.Encoder().encode
_NOBODY = 0
"""The number of no PC: that of commits while they have no name."""
_Deps = dict[int, int]
"""By number of a PC, up to which of its commits."""


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


def rewrite(cursor: Any, old: int, upto: Mapping[int, int], again: Again = NOT_GIVEN) -> None:
    """Write all commits after those of ``upto`` anew, in the order in which they came here.

    ``upto`` is the last commit that stays, by number of the PC; ``old`` is this PC under the name
    that it had, and its later commits are those of number 1. ``again`` is what other PCs wrote:
    what is among it already takes the name that it has there.
    """
    names, later = names_of(cursor), written_since(cursor, old, upto)
    given = given_names.find(cursor, later, upto, again, names)
    rest = [each for each in later if each.place not in given]
    places: dict[Place, Place] = {place: (dev, one.dseq) for place, (dev, one) in given.items()}
    places |= {each.place: (THIS_PC, number) for number, each in enumerate(rest, 1)}
    news = _news(cursor, old, upto, later, _called(later, given), given)
    for each in later:  # no number is given twice on the way
        cursor.execute(
            "UPDATE sync_commit SET dev = ?, dseq = ? WHERE cid = ?", (_NOBODY, each.cid, each.cid)
        )
    for each in later:
        if each.place in given:
            given_names.take(cursor, each.cid, *given[each.place], names)
    _write(cursor, rest, news, names, places)
    _tell(cursor, news)


def _write(
    cursor: Any, rest: list[Old], news: list[_Deps], names: Mapping[int, bytes],
    places: Mapping[Place, Place],
) -> None:  # fmt: skip
    """Under this PC's name, from 1."""
    chain = bytes(32)
    for number, each in enumerate(rest, 1):
        deps = news[number - 1]
        packed = causes.encode(
            {names[dev]: (last, chain_of(cursor, dev, last)) for dev, last in sorted(deps.items())}
        )
        body = zlib.compress(_encode(renamed(each, names, places, THIS_PC)), 1)
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


def lost(cursor: Any, upto: Mapping[int, int]) -> frozenset[int]:
    """The clocks of the commits after those of ``upto``, by number of the PC."""
    found: set[int] = set()
    for dev, last in upto.items():
        rows = cursor.execute("SELECT hlc FROM sync_commit WHERE dev = ? AND dseq > ?", (dev, last))
        found.update(row[0] for row in rows.fetchall())
    return frozenset(found)


def names_of(cursor: Any) -> dict[int, bytes]:
    """The ids of all PCs, by their numbers."""
    rows = cursor.execute("SELECT dev, device_id FROM sync_device").fetchall()
    return {dev: bytes(device) for dev, device in rows}


def written_since(cursor: Any, old: int, upto: Mapping[int, int]) -> list[Old]:
    """The commits after those of ``upto``, in the order in which they came here.

    Those of ``old`` are stored as this PC's.
    """
    found = []
    for dev, last in upto.items():
        stored = THIS_PC if dev == old else dev
        found += [
            Old(row[0], dev, *row[1:])
            for row in cursor.execute(
                "SELECT cid, dseq, hlc, wall, user_id, reason, schema_ver, body FROM sync_commit"
                " WHERE dev = ? AND dseq > ?",
                (stored, last),
            ).fetchall()
        ]
    return sorted(found, key=lambda each: each.cid)


def _called(later: list[Old], given: Given) -> dict[Place, _Deps]:
    """For each of these, what it and those before it of its PC are called elsewhere."""
    found: dict[Place, _Deps] = {}
    last: dict[int, _Deps] = defaultdict(dict)
    for each in sorted(later, key=lambda one: one.dseq):
        if each.place in given:
            dev, one = given[each.place]
            before = last[each.dev]
            last[each.dev] = before | {dev: max(one.dseq, before.get(dev, 0))}
        found[each.place] = last[each.dev]
    return found


def _news(
    cursor: Any, old: int, upto: Mapping[int, int], later: list[Old],
    called: Mapping[Place, _Deps], given: Given,
) -> list[_Deps]:  # fmt: skip
    """What each that is written anew had come to know of what stays; the first, all before it.

    Also what its PC came to know with those that bear another name: there it may not be said.
    """
    said: dict[Place, _Deps] = defaultdict(dict)
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
    untold: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in later:
        deps: _Deps = {}
        knows = [*past.pop(each.dev, {}).items(), *said[each.place].items()]
        if each.place in given:
            untold[each.dev] += knows
            continue
        knows = [*untold.pop(each.dev, ()), *knows]
        elsewhere = [called.get(place, {}) for place in (each.place, *knows)]
        stays = [(other, min(most, upto.get(other, most))) for other, most in knows]
        for other, most in (*stays, *(one for deps in elsewhere for one in deps.items())):
            if most > known.get(other, 0):
                deps[other] = known[other] = most
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
