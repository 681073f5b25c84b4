"""A limit of its own for a step that is short in every sound file, inside the confined process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_confined: Final[list[bool]] = []
"""Filled by the confined process: in the program itself the limit would end the program."""


def enter() -> None:
    """From now on steps end this process; called by ``child`` alone."""
    _confined.append(True)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let the kernel end this process if the step takes more time of the processor.

    Windows has no such clock; there the limit of the whole answer holds.
    """
    if not _confined or not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
