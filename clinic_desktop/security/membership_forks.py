"""One membership out of entries that owners wrote while their PCs were apart.

Each entry follows the one that its author saw; where two follow the same, the chain has branched.
All entries count, in an order that everybody finds from the entries alone: by number, of one number
first what takes a right away, then by digest. An entry that was allowed where it was written, and
is not in this order (its signer was revoked at the same time, its login given twice), is passed
over: it is kept and told, and gives no right. The next entry follows the last one of the highest
number.

What the recovery sheet replaced at another PC meanwhile is judged by who had seen what, see
``membership_sheets``.

Why not the clock and not the longer branch: whoever was revoked could choose both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_chain import carry_on, check_place, follow
from clinic_desktop.security.membership_entries import BadEntryError, BeginEpoch, Entry, read_body
from clinic_desktop.security.membership_sheets import (
    Saw,
    Sheets,
    Standings,
    by_the_chain_alone,
    gives,
    step,
)

_TURNS = 4
_TAKES_AWAY = {"revoke-person": 0, "revoke-device": 0, "roles": 1}


@dataclass(frozen=True)
class Settled:
    """What all entries come to."""

    state: Membership | None
    passed_over: tuple[Entry, ...] = ()
    """Entries that lost against others of the same time; they give no right."""
    has_branched: bool = False
    standings: Standings = field(default_factory=dict)
    """Of entries signed with keys that a recovery sheet replaced, see ``membership_sheets``."""

    @property
    def by_old_keys(self) -> tuple[Entry, ...]:
        """Those of them that count and let somebody in: the owner is to look whether it was she."""
        lost = set(self.passed_over)
        return tuple(each for each in self.standings if each not in lost and gives(each))


def settle(entries: Iterable[Entry], saw: Saw = by_the_chain_alone) -> Settled:
    """The state after all entries, in whatever order they are given.

    ``saw`` must be a function of the logs, so that everybody who has these entries has the same.

    Raises:
        BadEntryError: an entry was not even allowed where it was written, or one is missing.
    """
    levels = _levels(entries)
    settled, below = Settled(None), frozenset[bytes]()
    for level in levels:
        settled = _one_level(settled, below, level)
        below = frozenset(each.digest for each in level)
    return _with_sheets(settled, levels, saw) if settled.has_branched else settled


def _levels(entries: Iterable[Entry]) -> list[list[Entry]]:
    by_number: dict[int, list[Entry]] = defaultdict(list)
    for entry in dict.fromkeys(entries):  # said twice, it counts once
        by_number[entry.n].append(entry)
    if len(by_number.get(1, ())) > 1:
        raise BadEntryError(1, "two beginnings")
    return [sorted(by_number[number], key=_rank) for number in sorted(by_number)]


def _with_sheets(settled: Settled, levels: list[list[Entry]], saw: Saw) -> Settled:
    """The same, with what recovery sheets replaced; the oldest sheet first, and each if it counts.

    So nobody who only holds an owner's keys of before puts a sheet of his own in the place of
    the practice's.
    """
    assert settled.state is not None  # noqa: S101 - a chain that branches has begun
    decided = settled.state.decided | settled.state.roots
    order = [entry for level in levels for entry in level]
    sheets, counting = Sheets(order, decided, saw), list[Entry]()
    over = sheets.judge((), ())
    if not over and not sheets.uses:
        return settled
    settled = _judged(_again(levels, over), levels, sheets, ())
    for use in sheets.uses:
        if use in settled.standings:
            continue  # its author had seen that this sheet had ended
        tried = _judged(settled, levels, sheets, (*counting, use))
        if use not in tried.passed_over:
            counting.append(use)
            settled = tried
    return settled


def _judged(
    settled: Settled, levels: list[list[Entry]], sheets: Sheets, uses: tuple[Entry, ...]
) -> Settled:
    """With these uses of sheets; what they pass over may be what another step was judged by."""
    for _turn in range(_TURNS):
        standings = sheets.judge(uses, settled.passed_over)
        if standings == settled.standings:
            break
        settled = _again(levels, standings)
    return settled


def _again(levels: list[list[Entry]], standings: Standings) -> Settled:
    """All entries once more, places and signatures apart."""
    state, lost = None, []
    for level in levels:
        for entry in level:
            try:
                state = step(state, entry, standings)
            except BadEntryError:
                lost.append(entry)
        if state is not None:
            state = replace(state, n=level[0].n, tip=level[-1].digest)
    return Settled(state, tuple(lost), has_branched=True, standings=standings)


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """All entries in the order in which they count."""
    return sorted(entries, key=lambda each: (each.n, *_rank(each)))


def begun(entries: Iterable[Entry], settled: Settled) -> list[tuple[BeginEpoch, Entry]]:
    """The data keys that owners began, each with its entry; of one number one.

    An entry that was passed over counts too where an owner wrote it: something is sealed with its
    key. It never takes the place of one that was not. Where the chain has branched anybody's
    signature keeps an entry in it; a stranger's says nothing here.
    """
    if settled.state is None:
        return []
    owners, lost = settled.state.decided | settled.state.roots, set(settled.passed_over)
    ours = [each for each in entries if each.kind == "epoch" and each.author in owners]
    found: dict[int, tuple[BeginEpoch, Entry]] = {}
    for entry in sorted(ours, key=lambda each: (each in lost, each.n, each.signature)):
        with suppress(BadEntryError):
            body = read_body(entry)
            found.setdefault(body.epoch, (body, entry))
    return list(found.values())


def _one_level(before: Settled, below: frozenset[bytes], level: list[Entry]) -> Settled:
    """All entries of one number; ``below`` are those of the number before."""
    state, lost, branches = before.state, list(before.passed_over), len(level) > 1
    for entry in level:
        if before.has_branched and state is not None:
            # Its author may have known of the other branches or not: its rights are asked below.
            check_place(entry, state.n + 1, below)
        else:
            only = follow(state, entry)
    if not before.has_branched and not branches:
        return Settled(only)
    for entry in level:
        try:
            state = carry_on(state, entry)
        except BadEntryError:
            lost.append(entry)
    if state is not None:
        # Whoever writes next follows the last of this number, and so knows of all before.
        state = replace(state, n=level[0].n, tip=level[-1].digest)
    return Settled(state, tuple(lost), has_branched=True)


def _rank(entry: Entry) -> tuple[int, bytes]:
    return _TAKES_AWAY.get(entry.kind, 2), entry.digest
