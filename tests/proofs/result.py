"""What a proof found, in one line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """How many cases held, and a sentence for each that did not."""

    name: str
    passed: int
    failures: list[str]
    seed: int

    def __str__(self) -> str:
        return f"{self.name} passed={self.passed} failed={len(self.failures)} seed={self.seed}"
