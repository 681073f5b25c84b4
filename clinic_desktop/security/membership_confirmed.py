"""PCs that came by themselves after another was taken out, and whom nobody has confirmed yet.

Whoever knows an owner's password at a PC that was taken out has that owner's keys, and can name
another PC in the chain of members, as one does that came out of a backup. So a PC counts for a
*taking-out* only if somebody stands for it:

* whoever took the other PC out had seen this PC, with the keys it has now, named;
* or an entry that names it was written at another PC that counts;
* or a recovery sheet that counts stands for it.

What a PC that was taken out wrote without whoever took it out having seen it stands for nobody. A
sheet counts if whoever took the PC out had seen it named, or a PC that counts or another such sheet
named it. Nobody stands for others with a log that another may have written in: for whom somebody
who does not count said other keys. A PC that does not count for some taking-out is handed no data
key, and a data key for whose beginning nobody stands is not sealed with. Who had seen what, the
logs of the PCs tell: everybody finds the same.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clinic_desktop.security.membership_entries import (
    BadEntryError,
    Device,
    Entry,
    Genesis,
    NewRoot,
    RevokeDevice,
    devices_in,
    read_body,
)
from clinic_desktop.security.membership_forks import Settled

Place = tuple[int, int]
"""A PC by its number in the record, and one of its commits."""


@dataclass(frozen=True)
class Written:
    """An entry in one of the commits that hold it: two PCs can have written the same."""

    entry: Entry
    device: uuid.UUID
    """The PC whose commit it is."""
    place: Place


Knew = Callable[[Written, Written], bool]
"""Whether the author of the first had seen the second."""


@dataclass(frozen=True)
class Confirmed:
    """For whom nobody stands."""

    pcs: frozenset[uuid.UUID] = frozenset()
    """PCs of the practice that no data key is handed to."""
    root: bool = True
    """Whether the recovery sheet of today counts."""
    unheard: frozenset[uuid.UUID] = frozenset()
    """PCs that stand for nobody: those that wait, and whose keys another that waits said once."""
    begun: frozenset[bytes] = frozenset()
    """Signatures of the beginnings of data keys for which nobody stands: nothing is sealed so."""
    since: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    """By one that waits, one that had been taken out before it came."""


NOBODY_WAITS = Confirmed()


def judge(
    settled: Settled, written: Sequence[Written], knew: Knew, here: uuid.UUID | None = None
) -> Confirmed:
    """Whom each taking-out leaves without anybody who stands for them.

    ``here`` is a PC that counts in any case: for what it may hand on itself.
    """
    state = settled.state
    if state is None:
        return NOBODY_WAITS
    rights, bodies = state.decided | state.roots, _Bodies()
    takings = [
        each for each in written
        if each.entry.author in rights and isinstance(bodies.of(each.entry), RevokeDevice)
    ]  # fmt: skip
    if not takings:
        return NOBODY_WAITS
    standing = _Standing(settled, written, takings, _Known(written, knew), bodies)
    waiting, unheard, root = set[uuid.UUID](), set[uuid.UUID](), True
    begun = [each for each in written if each.entry.kind == "epoch"]
    sound, since = set(begun), dict[uuid.UUID, uuid.UUID]()
    for taking in takings:
        found = standing.of(taking, here)
        for each in state.devices.keys() - found.pcs:
            waiting.add(each)
            since.setdefault(each, bodies.of(taking.entry).id)
        unheard |= state.devices.keys() - found.heard
        sound = {each for each in sound if standing.stands(each, found)}
        root = root and state.root.signing in found.roots
    signed = [{each.entry.signature for each in found} for found in (begun, sound)]
    return Confirmed(
        frozenset(waiting), root, frozenset(unheard), frozenset(signed[0] - signed[1]), since
    )


class _Known:
    """``knew``, and what an entry follows: its author had that, whatever his PC says to know.

    Else whoever takes a PC out and says to know nothing would leave everybody waiting for ever:
    nobody who might confirm them would count, nor would the recovery sheet.
    """

    def __init__(self, written: Iterable[Written], knew: Knew) -> None:
        self._by_digest = {each.digest: each for each in {one.entry for one in written}}
        self._knew, self._before = knew, dict[Entry, frozenset[Entry]]()

    def __call__(self, one: Written, other: Written) -> bool:
        return other.entry in self._followed(one.entry) or self._knew(one, other)

    def _followed(self, entry: Entry) -> frozenset[Entry]:
        if entry not in self._before:
            found, below = set[Entry](), self._by_digest.get(entry.prev)
            while below is not None:
                found.add(below)
                below = self._by_digest.get(below.prev)
            self._before[entry] = frozenset(found)
        return self._before[entry]


class _Bodies:
    """What entries say; among branches anybody can write one that says nothing."""

    def __init__(self) -> None:
        self._read: dict[Entry, Any] = {}

    def of(self, entry: Entry) -> Any:
        if entry not in self._read:
            try:
                self._read[entry] = read_body(entry)
            except BadEntryError:
                self._read[entry] = None
        return self._read[entry]


class _Standing:
    """Who stands for whom."""

    def __init__(
        self,
        settled: Settled,
        written: Sequence[Written],
        takings: Sequence[Written],
        knew: Knew,
        bodies: _Bodies,
    ) -> None:
        assert settled.state is not None  # noqa: S101 - there are entries
        state, lost = settled.state, set(settled.passed_over)
        self._knew, self._devices = knew, {**state.gone, **state.devices}
        self._named: dict[uuid.UUID, list[Written]] = defaultdict(list)
        self._with_others: dict[uuid.UUID, list[Written]] = defaultdict(list)
        """Where other keys were said for it than it has now."""
        self._roots: dict[bytes, list[Written]] = defaultdict(list)
        self._by_root: dict[bytes, list[Written]] = defaultdict(list)
        self._counts = {
            each: self._is_before_the_end(each, takings, bodies)
            for each in written
            if each.device not in state.devices
        }
        for each in written:
            body = bodies.of(each.entry)
            if each.entry.author in state.decided | state.roots:
                self._look_for_other_keys(each, body)
            if each.entry in lost:
                continue
            for device in devices_in(body):
                now = self._devices.get(device.id)
                if now is not None and _same(device, now):
                    self._named[device.id].append(each)
            if isinstance(body, Genesis | NewRoot):
                self._roots[body.root.signing].append(each)
            if each.entry.author in state.roots:
                self._by_root[each.entry.signature].append(each)

    def _look_for_other_keys(self, one: Written, body: Any) -> None:
        """Whoever says keys of his own for a PC can write in its name, and take them back.

        Also by a step that was passed over: it may have counted until what comes before it came.
        """
        for device in devices_in(body):
            now = self._devices.get(device.id)
            if now is not None and not _same(device, now):
                self._with_others[device.id].append(one)

    def _is_before_the_end(self, one: Written, takings: Iterable[Written], bodies: _Bodies) -> bool:
        """Of a PC that was taken out: whether all who did so had seen this."""
        return all(
            self._knew(each, one) for each in takings if bodies.of(each.entry).id == one.device
        )

    def of(self, taking: Written, here: uuid.UUID | None) -> _Found:
        """The PCs, and the sheets, that count for one taking-out."""
        found = _Found(
            {device for device, named in self._named.items() if self._knew_one(taking, named)},
            {key for key, named in self._roots.items() if self._knew_one(taking, named)},
        )
        if here is not None:
            found.pcs.add(here)
            found.heard.add(here)
        while self._grow(found, taking):
            pass
        return found

    def _knew_one(self, taking: Written, named: Iterable[Written]) -> bool:
        return any(self._knew(taking, each) for each in named)

    def _grow(self, found: _Found, taking: Written) -> bool:
        """Those whom these stand for; whether there were any."""
        before = found.size
        for device in found.pcs - found.heard:
            strange = [each for each in self._with_others[device] if each.device != device]
            if all(self._knew(taking, each) or self.stands(each, found) for each in strange):
                found.heard.add(device)
        for key, named in self._roots.items():
            if any(self.stands(each, found) for each in named):
                found.roots.add(key)
        for device, named in self._named.items():
            others = [each for each in named if each.device != device]
            by_sheet = any(each.entry.author in found.roots for each in named)
            if by_sheet or any(self.stands(each, found) for each in others):
                found.pcs.add(device)
        for same in self._by_root.values():
            # A step of the sheet that lies elsewhere too may have been taken from there.
            alone = len({each.device for each in same}) == 1
            counts = alone and same[0].entry.author in found.roots
            if counts and self._has_its_own_keys(same[0].device, found):
                found.pcs.add(same[0].device)
        return found.size > before

    def _has_its_own_keys(self, device: uuid.UUID, found: _Found) -> bool:
        """Whether nobody who does not count said keys for a PC before it had said those of today.

        If it never said any, whether nobody ever said others.
        """
        named, others = self._named[device], self._with_others[device]
        strange = [
            each for each in (*named, *others)
            if each.device != device and not self.stands(each, found)
        ]  # fmt: skip
        if not strange:
            return True
        own = [each for each in named if each.device == device]
        said_first = any(all(self._knew(other, each) for other in strange) for each in own)
        return said_first or not (own or others)

    def stands(self, one: Written, found: _Found) -> bool:
        """Whether an entry, as it lies there, is the word of somebody who counts."""
        if one.entry.author in found.roots:
            return True
        return one.device in found.heard and self._counts.get(one, True)


@dataclass(frozen=True)
class _Found:
    """Those that count for a taking-out, as far as found."""

    pcs: set[uuid.UUID]
    roots: set[bytes]
    heard: set[uuid.UUID] = field(default_factory=set)
    """The PCs of which all that lies in their log is surely their own."""

    @property
    def size(self) -> int:
        return len(self.pcs) + len(self.roots) + len(self.heard)


def _same(one: Device, other: Device) -> bool:
    """With the same keys: a PC of which others are said is another one."""
    return (one.signing, one.sealing) == (other.signing, other.sealing)
