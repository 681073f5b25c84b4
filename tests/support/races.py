"""Slow answers, so that races show themselves: ``CLINIC_RACES=SEED``, or ``make races``.

What a window asks of the record, what it writes and what it hears of commits comes up to 120 ms
late, each at another moment of every seed. The waiting is done by the record's own threads, as on
a slow disk; a window that is right with quick answers only is wrong here.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.worker import Store
from clinic_desktop.ui.core import tasks

SEED = os.environ.get("CLINIC_RACES", "")
LONGEST_S = 0.12

T = TypeVar("T")
_moments = random.Random(SEED)


def pytest_configure() -> None:
    """Let every window of this run work on a slow record."""
    if SEED:
        at_once = tasks.Tasks.__init__

        def slow(self: tasks.Tasks, store: Store, *args: Any, **kwargs: Any) -> None:
            at_once(self, SlowStore(store), *args, **kwargs)  # type: ignore[arg-type]

        tasks.Tasks.__init__ = slow  # type: ignore[method-assign]


def pytest_report_header() -> str | None:
    """Say which run to repeat."""
    return f"slow answers: CLINIC_RACES={SEED}" if SEED else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The same delays for a test whichever tests ran before it."""
    _moments.seed(f"{SEED} {item.nodeid}")


class SlowStore:
    """A record whose threads take their time; in everything else the one behind it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, actor: Any, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Ask, and hear late: what was true then may not be so any more."""
        return self._store.read(actor, _late(query), *args, **kwargs)

    def write(self, actor: Any, command: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Write late, and in the order asked for."""
        return self._store.write(actor, _late(command), *args, **kwargs)

    def call(self, work: Callable[..., Any], *args: Any) -> Any:
        """Finish other work late."""
        return self._store.call(_late(work), *args)

    def subscribe(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Hear of a commit late, and of its answer later still."""
        moments = random.Random(_moments.random())  # of the writer's thread alone

        def hear(changes: Changes) -> None:
            time.sleep(moments.uniform(0, LONGEST_S))
            listener(changes)

        return self._store.subscribe(hear)


def _late(work: Callable[..., T]) -> Callable[..., T]:
    """The same work with a pause before and one behind it, chosen now."""
    pause = _moments.uniform(0, LONGEST_S)
    before = pause * _moments.random()

    @functools.wraps(work)
    def slowly(*args: Any, **kwargs: Any) -> T:
        time.sleep(before)
        try:
            return work(*args, **kwargs)
        finally:
            time.sleep(pause - before)

    return slowly
