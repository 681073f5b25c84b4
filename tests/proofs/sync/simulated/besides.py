"""What some practices have besides: a hub in the house, PCs with an older program, snapshots.

All of it is chosen apart from the rest, so that the histories without any of it stay what they are.
"""

from __future__ import annotations

import dataclasses
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any, Final

from clinic_desktop import hub, using_hubs
from clinic_desktop.db import journal
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, NotFoundError
from clinic_desktop.models.registry import BY_NUMBER
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.snapshot_leaving import Leaving
from tests.proofs.sync.simulated.house import PORT
from tests.proofs.sync.simulated.machine import Pc
from tests.proofs.sync.simulated.machines import PowerCut
from tests.proofs.sync.simulated.oracle import PATIENT
from tests.proofs.sync.simulated.troubles import Troubled
from tests.support.coming_back import as_brought_back, come_back

HOUSES: Final = 0.35
"""How many practices have a hub,"""
MIXED: Final = 0.2
"""one PC whose program is older than that of the others,"""
SNAPSHOTS: Final = 0.25
"""snapshots with the server,"""
RETURNS: Final = 0.1
"""or a PC that comes by itself after another was taken out: one of ours, or the one that was."""
_FUTURE: Final = 99
_CHANGED: Final = 6
"""The group of a patient whose meaning the newer program has changed."""
_HARMS: Final = (
    "UPDATE page SET body = (SELECT min(body) FROM page) WHERE clinic = :clinic",
    "DELETE FROM page WHERE clinic = :clinic AND id = (SELECT max(id) FROM page)",
    "UPDATE snapshot SET body = CAST(x'01' || body AS BLOB) WHERE clinic = :clinic",
)  # fmt: skip


class Besides(Troubled):
    """A practice that may have more than PCs and a server."""

    def _choose(self) -> None:
        """What this one has."""
        self._has_house = self.chosen.random() < HOUSES
        self._is_mixed = self.chosen.random() < MIXED
        self._has_snapshots = self.chosen.random() < SNAPSHOTS
        if self._is_mixed:
            # A program that is older than what the practice holds is told so, and joins nothing.
            self._disasters = [each for each in self._disasters if each != "join"]
        self._returns = random.Random(f"who comes by itself {self.seed}")
        self._may_return = self._returns.random() < RETURNS and len(self.pcs) > 2
        if self._may_return:
            self._disasters = ["revoke"]
        self._is_full = "join" in self._disasters
        """Whether a PC has joined, or will without our doing."""

    def _more_acts(self) -> dict[Callable[[Pc], None], float]:
        house, snapshots = float(self._has_house), float(self._has_snapshots)
        return {
            self._turn_hub: 0.5 * house, self._use_hub: house,
            self._leave_snapshot: 2 * snapshots, self._spoil_snapshot: 0.2 * snapshots,
            self._renew_program: 0.4 * self._is_mixed,
            self._come_back: 4.0 * self._may_return,
        }  # fmt: skip

    def _begin_besides(self) -> None:
        """Before anybody works."""
        if self._is_mixed:
            older = self.chosen.choice(self.pcs)
            for pc in self.pcs:
                pc.program = None if pc is older else newer
                self._wake(pc)
        if self._has_house:
            first = self.chosen.choice(self.pcs)
            self._turn_hub(first)
            for pc in self.pcs:
                if pc is not first:
                    self._use_hub(pc)

    def _end_besides(self) -> None:
        """Every program is brought up to date."""
        for pc in self.pcs if self._is_mixed else ():
            self._renew_program(pc)

    # ------------------------------------------------------------ a hub in the house

    def _turn_hub(self, pc: Pc) -> None:
        """A PC is the hub from now on, or no more."""
        self.net.house.asks = pc
        if pc.hub is None:
            hub.switch_on(pc.opened, PORT)
        else:
            hub.switch_off(pc.opened)
        pc.open_hub()

    def _use_hub(self, pc: Pc) -> None:
        self.net.house.asks = pc
        try:
            using_hubs.use(pc.opened)
        except NotFoundError as error:
            self._must_say(error)

    # ------------------------------------------------------------ coming by itself

    def _come_back(self, pc: Pc) -> None:
        """A PC that was taken out goes on by a changed program; one of ours out of a backup."""
        if self._disasters or not self._may_return:
            return
        self._may_return = self._returns.random() < 0.5  # perhaps another one, too
        for thief in self.pcs if self._returns.random() < 0.7 else ():
            if thief.is_out and thief.is_up and not thief.came_back:
                self.net.house.asks = thief
                self._return(thief)
                return
        if not (pc.is_out or pc.came_back or any(each.may_be_copy for each in self.pcs)):
            assert pc.store is not None
            pc.may_be_copy = True
            pc.store.write(SYSTEM, as_brought_back).result()
            self._note("brought back")

    def _return(self, thief: Pc) -> None:
        try:
            if come_back(thief.opened):
                thief.is_out, thief.came_back = False, True
                self._note(f"{thief.line} came back")
        except PowerCut:
            self._wake(thief)
        except ClinicError as error:
            self._must_say(error)

    # ------------------------------------------------------------ an older program

    def _renew_program(self, pc: Pc) -> None:
        """This PC gets the program that the others have."""
        if pc.program is None:
            pc.program = newer
            self._wake(pc)
            self._note("updated")

    # ------------------------------------------------------------ snapshots

    def _leave_snapshot(self, pc: Pc) -> None:
        """One is made and left with the server, however little there is to tell."""
        assert pc.store is not None
        if self.chance.random() < self._outages:
            pc.power.cut_in(self.chance.randrange(200), after=self.chance.random() < 0.5)
        try:
            with closing(link_of(pc.store)) as link:
                left = Leaving(pc.store, link).run(least=1)
            self._note(f"snapshot {left}")
            if left and not self._is_full and self.chance.random() < 0.5:
                self._join_by_it()
        except PowerCut:
            self._wake(pc)
        except ClinicError as error:
            self._must_say(error)
        pc.power.stay()

    def _join_by_it(self) -> None:
        """One more PC begins with a snapshot; one with an older program is told so instead."""
        owner = self.pcs[0]
        if owner.is_up and not (owner.power.is_off or owner.may_be_copy or owner.is_out):
            self.net.house.asks = owner
            self._is_full = True
            self._note(f"joined by snapshot {self._let_in(owner)}")

    def _spoil_snapshot(self, pc: Pc) -> None:
        """What the server keeps of snapshots is not what was left there."""
        if self.server.is_up:
            self.server.change(pc.person.keys.vault.clinic, self.chance.choice(_HARMS))


@lru_cache(maxsize=1)
def _changed_numbers() -> dict[int, Any]:
    """The tables as a newer program has them: a patient's town means something else."""
    patient = BY_NUMBER[PATIENT]
    groups = tuple(
        dataclasses.replace(each, reader=_FUTURE) if each.number == _CHANGED else each
        for each in patient.own_groups
    )
    return {**BY_NUMBER, PATIENT: dataclasses.replace(patient, own_groups=groups)}


@lru_cache(maxsize=1)
def _knowing(_count: int) -> list[Any]:
    """The modules that know the version of the program, while there are so many modules."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("clinic_desktop.")
        and not name.endswith(".registry")
        and hasattr(module, "SCHEMA_VERSION")
    ]


@contextmanager
def _newer_program() -> Iterator[None]:
    """A program that gives a patient's town another meaning, which older ones must not show."""
    known: Any = journal
    before = [(module, module.SCHEMA_VERSION) for module in _knowing(len(sys.modules))]
    numbers = known.BY_NUMBER
    for module, _version in before:
        module.SCHEMA_VERSION = _FUTURE
    known.BY_NUMBER = _changed_numbers()
    try:
        yield
    finally:
        for module, version in before:
            module.SCHEMA_VERSION = version
        known.BY_NUMBER = numbers


def newer(store: Store) -> None:
    """Let what is done with this record be done by a newer program."""

    def by(work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*words: Any, **more: Any) -> Any:
            with _newer_program():
                return work(*words, **more)

        return done

    store._write = by(store._write)  # type: ignore[method-assign]
    store._read = by(store._read)  # type: ignore[method-assign]
