"""A pass that ends between any two of its steps goes on from there; nothing is lost or doubled."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of, next_count
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, rows, sync


class PowerCut(BaseException):
    """The program is gone; nothing after this is done."""


class ShortLived:
    """A record whose program dies before its n-th transaction."""

    def __init__(self, store: Store, steps: int) -> None:
        self._store, self.steps = store, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, *args: Any) -> Any:
        self.steps -= 1
        if self.steps < 0:
            raise PowerCut
        return self._store.write(*args)


def cut_off(pc: Clinic, steps: int) -> bool:
    """One pass that dies; whether it came to its end before."""
    short = ShortLived(pc.store, steps)
    with closing(link_of(pc.store)) as link:
        link.next_counter = lambda least: short.write(SYSTEM, next_count, least).result()
        try:
            Exchange(short, link).run()  # type: ignore[arg-type]
        except PowerCut:
            return False
    return True


def test_a_pass_may_end_between_any_two_steps(practice: Practice, back: Clinic) -> None:
    front = practice.front
    steps, ended = 0, False
    while not ended:
        add_patient(front, f"Ada {steps:02}")
        add_patient(back, f"Bea {steps:02}")
        cut_off(front, steps)
        ended = cut_off(back, steps)
        steps += 1
    assert steps > 6
    sync(front, back, front)
    assert len(patients(front)) == 2 * steps
    assert patients(front) == patients(back)
    for pc in (front, back):
        assert Syncing(pc).status().open.kept_out == 0
        assert rows(pc, "SELECT count(*) FROM sync_segment WHERE state IN ('made', 'held')") == [
            (0,)
        ]


def test_a_pass_that_was_broken_off_is_not_written_down_as_a_good_one(practice: Practice) -> None:
    front = practice.front
    add_patient(front, "Ada")
    before = Syncing(front).status()
    with closing(link_of(front.store)) as link, pytest.raises(KeyboardInterrupt):
        Exchange(front.store, Impatient(link)).run()  # type: ignore[arg-type]
    after = Syncing(front).status()
    assert (after.last_ok, after.last_error) == (before.last_ok, "stopped")
    last = rows(front, "SELECT outcome, error FROM sync_run ORDER BY id DESC LIMIT 1")
    assert last == [("failed", "stopped")]
    sync(front)
    assert Syncing(front).status().last_error == ""


class Impatient:
    """A connection on which somebody presses Ctrl+C."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def signed(self, *_request: Any) -> bytes:
        raise KeyboardInterrupt
