"""How large a generated clinic is, and how often each thing is measured in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLES = ROOT.parent / "shared" / "data" / "synthea-fhir-r4" / "patients.jsonl.xz"
"""Real whole-life records, one FHIR bundle a line; every generated chart is cut from one."""


@dataclass(frozen=True)
class Size:
    """One size of clinic."""

    name: str
    patients: int
    observations_each: int
    bundles: int
    """How many real records are imported to be varied."""
    visits: int
    """Visits of the big chart; each has ten observations."""
    repeats: int

    @property
    def observations(self) -> int:
        """How many the copies have, without the imported ones."""
        return self.patients * self.observations_each


SIZES = {
    size.name: size
    for size in (
        Size("full", 200_000, 10, 60, 500, 40),
        Size("small", 5_000, 10, 30, 500, 15),
        Size("tiny", 150, 10, 4, 20, 2),
    )
}
