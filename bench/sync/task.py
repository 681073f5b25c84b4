"""The task for all: ten thousand people of twelve fields each, the same for every program."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from statistics import median

FAMILIES = ("Wanjiru", "Otieno", "Mwangi", "Achieng", "Kamau", "Njeri", "Odhiambo", "Chebet",
            "Kiptoo", "Muthoni", "Barasa", "Wafula", "Ndung'u", "Atieno", "Kariuki")  # fmt: skip
GIVEN = ("Mary", "John", "Grace", "Peter", "Faith", "James", "Mercy", "David", "Joyce", "Samuel",
         "Ann", "Joseph", "Esther", "Paul", "Lucy", "Daniel")  # fmt: skip
TOWNS = ("Kisumu", "Nakuru", "Eldoret", "Thika", "Kitale", "Garissa", "Malindi", "Naivasha")


def people(count: int, seed: int = 1) -> list[dict[str, str]]:
    """People who do not exist."""
    chance = random.Random(seed)
    return [
        {
            "mrn": f"A{number:07d}",
            "family": chance.choice(FAMILIES),
            "given": chance.choice(GIVEN),
            "middle": chance.choice(GIVEN),
            "sex": chance.choice(("female", "male")),
            "birth_date": f"{chance.randint(1930, 2025)}-{chance.randint(1, 12):02d}"
            f"-{chance.randint(1, 28):02d}",
            "language": chance.choice(("en", "sw")),
            "address": f"P.O. Box {chance.randint(1, 99999)}",
            "city": chance.choice(TOWNS),
            "postal_code": f"{chance.randint(100, 90000):05d}",
            "country": "KE",
            "note": chance.choice(("", "", "speaks softly", "comes with her sister")),
        }
        for number in range(count)
    ]


@dataclass
class Result:
    """One program's figures; seconds by the clock, bytes on the wire."""

    name: str
    is_sealed: bool
    rows: int
    local_s: float = 0
    push_s: float = 0
    pull_s: float = 0
    bytes_up: int = 0
    bytes_down: int = 0
    edit_bytes: int = 0
    edit_ms: float = 0
    processor_s: tuple[float, float] | None = None
    """Of the PC alone, to push and to pull; a busy machine changes it less than the clock."""
    remarks: dict[str, str] = field(default_factory=dict)

    def say_processor(self, push: float, pull: float) -> None:
        """What the PC took of its processor, without the server."""
        self.processor_s = push, pull
        self.remarks["seconds of processor, push and pull"] = f"{push:.2f} and {pull:.2f}"

    def row(self) -> str:
        """A line of the table."""
        sealed = "yes" if self.is_sealed else "no"
        each = f"{self.bytes_up / self.rows:.0f} / {self.bytes_down / self.rows:.0f}"
        total = self.push_s + self.pull_s
        return (
            f"| {self.name} | {sealed} | {self.local_s:.2f} | {self.push_s:.2f} |"
            f" {self.pull_s:.2f} | {total:.2f} | {each} |"
            f" {self.edit_bytes:,} | {self.edit_ms:.0f} |"
        )


MEDIANS = (
    "| medians | turns | push, s | pull, s | push + pull, s | processor: push | pull | both |\n"
    "| --- | --: | --: | --: | --: | --: | --: | --: |"
)


def medians(results: list[Result]) -> str:
    """A line of a table of several turns; the sum is that of each turn, then its median."""
    clock = [(each.push_s, each.pull_s, each.push_s + each.pull_s) for each in results]
    processor = [(*both, sum(both)) for each in results if (both := each.processor_s)]
    columns = [*zip(*clock, strict=True), *zip(*processor, strict=True)]
    told = " | ".join(f"{median(column):.2f}" for column in columns)
    return f"| {results[0].name} | {len(results)} | {told} |"
