"""Steps signed with keys that the recovery sheet replaced at another PC.

The sheet gives an owner new keys at the PC where it is used, perhaps one that came out of a backup.
Elsewhere the owner may have gone on with the keys of before. What becomes of such a step depends on
who had seen what, not on where it stands in the chain:

* whoever used the sheet had seen the step: it counts as any other;
* its author had seen that the sheet replaced the keys: it does not count, whatever its number;
* neither had seen the other: it counts, in its place, unless whoever only holds the keys of before
  would gain power by it that lasts (``_may_beside``). So a PC or person taken out stays out.

The same holds of a sheet: whoever had seen that another one was printed signs nothing with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from clinic_desktop.security.membership import OWNER, Membership
from clinic_desktop.security.membership_chain import carry_on
from clinic_desktop.security.membership_entries import (
    AddPerson,
    BadEntryError,
    ChangeRoles,
    Engage,
    Entry,
    Genesis,
    NewRoot,
    Person,
    PersonKeys,
    PutDevice,
    RevokeDevice,
    RevokePerson,
    read_body,
)

Saw = Callable[[Entry, Entry], bool]
"""Whether the author of the first entry had seen the second, as the logs of their PCs tell."""
Standings = Mapping[Entry, uuid.UUID | None]
"""Of entries that need it: whose replaced key signed them; ``None`` if the author had seen that."""
_BEGINS = frozenset({"genesis", "add-person", "device"})
MOST_SHEETS: Final = 64
"""Uses of sheets that are looked at; more make no difference to anything."""


def by_the_chain_alone(_entry: Entry, _other: Entry) -> bool:
    """Where no log is at hand: only what an entry follows is known to its author."""
    return False


def step(state: Membership | None, entry: Entry, standings: Standings) -> Membership:
    """The state after one more entry, whose place and signature were looked at.

    Raises:
        BadEntryError: it gives no right here.
    """
    if entry not in standings or state is None:
        return carry_on(state, entry)
    person = standings[entry]
    if person is None:
        raise BadEntryError(entry.n, "its author had seen that the key ended")
    if not _may_beside(state, read_body(entry), person):
        raise BadEntryError(entry.n, "the sheet replaced the key meanwhile")
    return carry_on(state, entry, has_right=True)


def gives(entry: Entry) -> bool:
    """Whether a step lets somebody in, or in by something else."""
    return entry.kind in {"add-person", "device", "person-keys", "roles", "engage"}


def _may_beside(state: Membership, body: Any, person: uuid.UUID) -> bool:
    """Whether a step counts though the sheet replaced the key of this person meanwhile.

    Taking out always, but for the person: the sheet stands above the key. Nobody becomes an owner,
    no owner and no PC gets other keys, and nothing is set for the practice.
    """
    who = state.people.get(person)
    if who is None or OWNER not in who.roles:
        return False
    match body:
        case RevokeDevice() | Engage():
            return True
        case RevokePerson(id=other):
            return other != person
        case ChangeRoles(id=other, roles=roles):
            return other != person and (OWNER not in roles or _is_owner(state, other))
        case AddPerson(person=new):
            return OWNER not in new.roles
        case PersonKeys(id=other):
            return other != person and not _is_owner(state, other)
        case PutDevice(device=device):
            return device.id not in state.known
        case _:
            return False


def _is_owner(state: Membership, person: uuid.UUID) -> bool:
    who = state.people.get(person)
    return who is not None and OWNER in who.roles


class Sheets:
    """The uses of recovery sheets among entries, in the order in which all entries count."""

    def __init__(self, order: Sequence[Entry], decided: frozenset[bytes], saw: Saw) -> None:
        self._order, self._saw = order, saw
        self._places = {entry: at for at, entry in enumerate(order)}
        self._bodies: dict[Entry, Any] = {}
        self._late: dict[tuple[Entry, frozenset[bytes]], frozenset[uuid.UUID]] = {}
        self._roots = self._named(set(decided))
        self._by_sheet = [entry for entry in order if entry.author in self._roots]
        uses = [
            entry for entry in self._by_sheet
            if entry.kind == "person-keys" and self._body(entry) is not None
        ]  # fmt: skip
        uses.sort(key=lambda each: (self._roots[each.author].n, self._places[each]))
        self.uses: Final = tuple(uses[:MOST_SHEETS])
        """Those that may count, of the oldest sheet first: it was there before the others."""
        self._paths = {use: self._path(use) for use in self.uses}

    def judge(self, uses: Collection[Entry], passed_over: Iterable[Entry]) -> Standings:
        """What entries signed with replaced keys come to, if these uses count."""
        lost = set(passed_over)
        found: dict[Entry, uuid.UUID | None] = {
            entry: None for entry in self._by_sheet if self._is_over(entry, lost)
        }
        for use in uses:
            person: uuid.UUID = self._body(use).id
            ended = self._ended(use, person, lost)
            for entry in self._order:
                if entry.author in ended and entry is not use:
                    self._judge_one(found, entry, use, ended)
        return found

    def _judge_one(
        self,
        found: dict[Entry, uuid.UUID | None],
        entry: Entry,
        use: Entry,
        ended: frozenset[bytes],
    ) -> None:
        before, after = self._paths[use]
        if entry in before:
            return
        if entry in after or self._saw(entry, use):
            found[entry] = None
        elif entry.n < use.n and self._saw(use, entry):
            return
        elif (named := self._taken_away(entry)) is not None and named in self._begun_after(
            use, ended
        ):
            found[entry] = None  # who had not seen the sheet's use could not know of it
        else:
            found.setdefault(entry, self._body(use).id)

    def _body(self, entry: Entry) -> Any:
        """What it says; ``None`` where it cannot be read."""
        if entry not in self._bodies:
            try:
                self._bodies[entry] = read_body(entry)
            except BadEntryError:
                self._bodies[entry] = None
        return self._bodies[entry]

    def _named(self, decided: set[bytes]) -> dict[bytes, Entry]:
        """By the key of each sheet that an owner or a sheet named the entry that did so first."""
        found: dict[bytes, Entry] = {}
        for entry in self._order:
            if entry.kind not in {"genesis", "root", "person-keys"}:
                continue
            match self._body(entry):
                case PersonKeys(signing=key) if entry.author in found:
                    decided.add(key)
                case Genesis(root=root):
                    found.setdefault(root.signing, entry)
                case NewRoot(root=root) if entry.author in decided or entry.author in found:
                    found.setdefault(root.signing, entry)
        found.pop(b"", None)
        return found

    def _is_over(self, entry: Entry, lost: Collection[Entry]) -> bool:
        """Whether a sheet signed it whose holder had seen that a newer one was printed."""
        mine = self._roots[entry.author]
        return any(
            other is not entry and other.n > mine.n and other not in lost
            and self._saw(entry, other)
            for key, other in self._roots.items() if key != entry.author
        )  # fmt: skip

    def _path(self, use: Entry) -> tuple[set[Entry], set[Entry]]:
        """What the use of a sheet follows, and what follows it."""
        by_digest = {entry.digest: entry for entry in self._order}
        before, below = set[Entry](), by_digest.get(use.prev)
        while below is not None:
            before.add(below)
            below = by_digest.get(below.prev)
        following, after = {use.digest}, set[Entry]()
        for digest, entry in by_digest.items():
            if entry.prev in following:
                following.add(digest)
                after.add(entry)
        return before, after

    def _ended(self, use: Entry, person: uuid.UUID, lost: Collection[Entry]) -> frozenset[bytes]:
        """The keys of the person that were there when the sheet was used, in the order of all."""
        found = set[bytes]()
        for entry in self._order[: self._places[use]]:
            is_keyed = entry.kind in {"genesis", "add-person", "person-keys"}
            if is_keyed and (entry not in lost or entry in self._paths):
                found.update(each.signing for each in _keyed(self._body(entry), person))
        return frozenset(found - {b"", self._body(use).signing})

    def _begun_after(self, use: Entry, ended: frozenset[bytes]) -> frozenset[uuid.UUID]:
        """Who and what was named first by somebody who had seen the use of the sheet."""
        if (use, ended) not in self._late:
            (before, after), early, late = self._paths[use], set[uuid.UUID](), set[uuid.UUID]()
            for entry in self._order:
                named = set(_begun(self._body(entry))) if entry.kind in _BEGINS else None
                if not named:
                    continue
                if entry in after or (entry not in before and self._saw(entry, use)):
                    late |= named
                elif entry in before or entry.author not in ended or self._saw(use, entry):
                    early |= named
            self._late[use, ended] = frozenset(late - early)
        return self._late[use, ended]

    def _taken_away(self, entry: Entry) -> uuid.UUID | None:
        """Whom or what a step is about, where that has to be there before."""
        match self._body(entry):
            case RevokeDevice(id=named) | RevokePerson(id=named) | ChangeRoles(id=named):
                return named
            case PersonKeys(id=named) | Engage(id=named):
                return named
            case _:
                return None


def _begun(body: Any) -> Iterator[uuid.UUID]:
    match body:
        case Genesis(people=people, devices=devices):
            yield from (each.id for each in people)
            yield from (each.id for each in devices)
        case AddPerson(person=new):
            yield new.id
        case PutDevice(device=there):
            yield there.id


def _keyed(body: Any, person: uuid.UUID) -> Iterator[Person | PersonKeys]:
    match body:
        case Genesis(people=people):
            yield from (each for each in people if each.id == person)
        case AddPerson(person=new) if new.id == person:
            yield new
        case PersonKeys(id=named) if named == person:
            yield body
