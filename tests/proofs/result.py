"""What a proof found, in one line."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """How many cases held, and a sentence for each that did not."""

    name: str
    passed: int
    failures: list[str]
    seed: int

    def __str__(self) -> str:
        return f"{self.name} passed={self.passed} failed={len(self.failures)} seed={self.seed}"


def progress(name: str, done: int, size: int, failures: list[str]) -> None:
    """A line for whoever waits for a long run, and what is left of one that was ended."""
    print(f"{name} so far {done} of {size}, failed {len(failures)}", file=sys.stderr, flush=True)


def in_memory() -> Path | None:
    """Where files need no disk, if the system has such a place; for ``tempfile``."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    return memory if memory.is_dir() else None
