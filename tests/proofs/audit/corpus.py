"""Seeds that once found a fault; CI plays each of them again."""

from __future__ import annotations

from pathlib import Path

from tests.proofs.result import Result

FILE = Path(__file__).with_name("failed-seeds.txt")


def seeds(name: str) -> list[int]:
    """The seeds of a proof that once failed."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    return [int(line.split()[1]) for line in lines if line.split()[0] == name]


def remember(result: Result) -> Result:
    """Write a failing seed down, once."""
    if result.failures and result.seed not in seeds(result.name):
        with FILE.open("a", encoding="utf-8") as file:
            file.write(f"{result.name} {result.seed}\n")
    return result
