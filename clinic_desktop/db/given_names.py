"""What is to be written anew here, and another PC has written anew already: it has one name.

A copied PC's work may have been taken by a third one, which wrote it anew (``db.rewriting``), and
then the copy comes itself and would do the same. Whoever comes second takes over the names that
the first gave: the log says nothing twice, and what was built on either builds on one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec

from clinic_desktop.db import journal
from clinic_desktop.db.bodies import RefusedError, read_causes, read_deps
from clinic_desktop.db.causes import Cause, chain_of
from clinic_desktop.db.chain import PLAIN_SINCE
from clinic_desktop.db.commits import CommitRecord, NamedVersion

Place = tuple[int, int]
"""The number of a PC in this record, and that of its commit."""
Again = Mapping[bytes, Sequence[CommitRecord]]
"""By id of a PC, what it wrote beyond what is in this record, without a gap."""
NOT_GIVEN: Final[Again] = MappingProxyType({})
Given = dict[Place, tuple[int, CommitRecord]]
"""By its place until now: the number of the PC that wrote it anew, and what it is there."""


@dataclass(frozen=True)
class Old:
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

    @property
    def place(self) -> Place:
        """Where it was."""
        return self.dev, self.dseq

    def may_be(self, one: CommitRecord) -> bool:
        """Whether this may be the same, by all but what it changed."""
        return (self.hlc, self.wall, self.user, self.reason, max(self.schema, PLAIN_SINCE)) == (
            one.hlc, one.wall, one.user, one.reason, one.schema
        )  # fmt: skip


def renamed(
    one: Old, names: Mapping[int, bytes], places: Mapping[Place, Place], into: int
) -> tuple[list[Any], list[Any]]:
    """What it changed, with the versions that it replaces as the PC ``into`` names them.

    ``places`` is where those that are written anew are now.
    """
    by_name = {name: dev for dev, name in names.items()}

    def name(version: NamedVersion) -> NamedVersion:
        if isinstance(version, int):
            place = one.dev, version
        elif bytes(version[0]) in by_name:
            place = by_name[bytes(version[0])], int(version[1])
        else:
            return version
        dev, dseq = places.get(place, place)
        return dseq if dev == into and place in places else [names[dev], dseq]

    inserts, updates = journal.read_body(one.body)
    for update in updates:
        update[4] = [name(each) for each in update[4]]
    return inserts, updates


def find(
    cursor: Any, later: Sequence[Old], upto: Mapping[int, int], again: Again,
    names: Mapping[int, bytes],
) -> Given:  # fmt: skip
    """Which of these another PC has written anew.

    Of each PC only what it did first beyond what is here: else its log would have a gap.
    ``upto`` is what stays of the PCs of which these are.
    """
    rows = cursor.execute("SELECT dev, max(dseq) FROM sync_commit GROUP BY dev").fetchall()
    tips: dict[int, int] = dict(rows)
    finding = _Finding(cursor, later, tips | dict(upto), dict(names))
    for device in sorted(again):
        dev = finding.numbers.get(device)
        if dev is not None and dev not in upto:
            finding.go_along(dev, again[device], _chain(cursor, dev))
    return finding.given


def _chain(cursor: Any, dev: int) -> bytes:
    row = cursor.execute(
        "SELECT chain FROM sync_commit WHERE dev = ? ORDER BY dseq DESC LIMIT 1", (dev,)
    ).fetchone()
    return bytes(row[0]) if row else bytes(32)


class _Finding:
    def __init__(
        self, cursor: Any, later: Sequence[Old], tips: dict[int, int], names: Mapping[int, bytes]
    ) -> None:
        self._cursor, self._tips, self._names = cursor, tips, names
        self._chains: dict[Place, bytes] = {}
        """Of those that were found."""
        self._later: dict[int, list[Old]] = defaultdict(list)
        """By their clocks."""
        for each in later:
            self._later[each.hlc].append(each)
        self.numbers = {name: dev for dev, name in names.items()}
        self._places: dict[Place, Place] = {}
        self.given: Given = {}

    def go_along(self, dev: int, commits: Sequence[CommitRecord], chain: bytes) -> None:
        """As far as a PC wrote nothing but what is to be written anew here."""
        cid = 0
        """Of the one before: here too they came in this order."""
        for one in commits:
            chain = one.follows(chain)
            follows = one.dseq == self._tips.get(dev, 0) + 1 and one.chain == chain
            if not follows or one.original or not self._is_known(one):
                return
            may_be = self._later.get(one.hlc, ())
            found = next((each for each in may_be if self._is(each, dev, one, cid)), None)
            if found is None:
                return
            self.given[found.place] = dev, one
            self._places[found.place] = dev, one.dseq
            self._chains[dev, one.dseq] = one.chain
            self._tips[dev], cid = one.dseq, found.cid

    def _is_known(self, one: CommitRecord) -> bool:
        """Whether all that its author had applied is here and stays."""
        try:
            said = read_causes(one.deps)
        except RefusedError:
            return False
        return all(
            device in self.numbers and self._stays(self.numbers[device], cause)
            for device, cause in said.items()
        )

    def _stays(self, dev: int, cause: Cause) -> bool:
        found = self._chains.get((dev, cause.upto)) or chain_of(self._cursor, dev, cause.upto)
        return cause.upto <= self._tips.get(dev, 0) and cause.is_that(found)

    def _is(self, each: Old, dev: int, one: CommitRecord, after: int) -> bool:
        """Whether it is this one: also in what it replaces, by the names given until now."""
        if each.cid <= after or each.place in self.given or not each.may_be(one):
            return False
        places = self._places | {each.place: (dev, one.dseq)}
        try:
            said: object = msgspec.msgpack.decode(one.body)
        except (msgspec.DecodeError, RecursionError):
            return False
        return [*renamed(each, self._names, places, dev)] == said


def take(cursor: Any, cid: int, dev: int, one: CommitRecord, names: Mapping[int, bytes]) -> None:
    """Let a commit be another PC's, byte for byte as that has it."""
    numbers = {name: number for number, name in names.items()}
    cursor.execute(
        "UPDATE sync_commit SET dev = ?, dseq = ?, schema_ver = ?, deps = ?, body = ?, chain = ?"
        " WHERE cid = ?",
        (dev, one.dseq, one.schema, one.deps, one.stored_body, one.chain, cid),
    )
    cursor.executemany(
        "INSERT INTO sync_dep (dev, other, dseq, upto) VALUES (?, ?, ?, ?)",
        [(dev, numbers[each], one.dseq, upto) for each, upto in read_deps(one.deps).items()],
    )
    cursor.execute("UPDATE sync_device SET tip = ? WHERE dev = ?", (one.dseq, dev))
    cursor.execute("DELETE FROM sync_hold WHERE dev = ? AND dseq = ?", (dev, one.dseq))
