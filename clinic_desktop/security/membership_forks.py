"""One membership out of entries that owners wrote while their PCs were apart.

Each entry follows the one that its author saw; where two follow the same, the chain has branched.
All entries count, in an order that everybody finds from the entries alone: by number, of one number
first what takes a right away, then by digest. An entry that was allowed where it was written, and
is not in this order (its signer was revoked at the same time, its login given twice), is passed
over: it is kept and told, and gives no right. The next entry follows the last one of the highest
number.

Why not the clock and not the longer branch: whoever was revoked could choose both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from clinic_desktop.security.membership import (
    BEGINNING,
    BadEntryError,
    Entry,
    Membership,
    carry_on,
    follow,
)

_TAKES_AWAY = {"revoke-person": 0, "revoke-device": 0, "roles": 1}


@dataclass(frozen=True)
class Settled:
    """What all entries come to."""

    state: Membership | None
    passed_over: tuple[Entry, ...] = ()
    """Entries that lost against others of the same time; they give no right."""
    has_branched: bool = False


def settle(entries: Iterable[Entry]) -> Settled:
    """The state after all entries, in whatever order they are given.

    Raises:
        BadEntryError: an entry was not even allowed where it was written, or one is missing.
    """
    by_number: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_number[entry.n].append(entry)
    branched = any(len(each) > 1 for each in by_number.values())
    paths: dict[bytes, Membership] = {}
    state: Membership | None = None
    lost: list[Entry] = []
    for number in sorted(by_number):
        if number == 1 and len(by_number[1]) > 1:
            raise BadEntryError(1, "two beginnings")
        level = sorted(by_number[number], key=_rank)
        for entry in level:
            before = None if entry.prev == BEGINNING else paths.get(entry.prev)
            if before is None and (number > 1 or entry.prev != BEGINNING):
                raise BadEntryError(number, "it does not follow any entry")
            paths[entry.digest] = follow(before, entry)
        if not branched:
            state = paths[level[0].digest]
            continue
        for entry in level:
            try:
                state = carry_on(state, entry)
            except BadEntryError:
                lost.append(entry)
        if state is not None:
            # Whoever writes next follows the last of this number, and so knows of all before.
            state = replace(state, n=number, tip=level[-1].digest)
    return Settled(state, tuple(lost), branched)


def _rank(entry: Entry) -> tuple[int, bytes]:
    return _TAKES_AWAY.get(entry.kind, 2), entry.digest
