"""Real records read back from the clinic, ready to be varied."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Shape:
    """A table's columns and where each stands in a row."""

    table: str
    columns: tuple[str, ...]

    @property
    def place(self) -> dict[str, int]:
        """The place of each column."""
        return {name: place for place, name in enumerate(self.columns)}

    @property
    def insert(self) -> str:
        """The statement that writes a row."""
        names, marks = ", ".join(self.columns), ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.table} ({names}) VALUES ({marks})"


@dataclass
class Life:
    """One real patient with everything that copies take."""

    patient: Row
    lines: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """Rows of the tables that name the patient only."""
    visits: list[tuple[Row, list[Row]]] = field(default_factory=list)
    """Encounters with their observations, the earliest first."""


@dataclass
class Lives:
    """All that is varied, and the words it is varied with."""

    shapes: dict[str, Shape]
    lives: list[Life]
    families: list[str]
    givens: dict[str, list[str]]
    """First names by sex."""


LINES = ("contact_point", "patient_identifier", "condition", "medication_request")


def read_lives(cursor: Any) -> Lives:
    """Read the imported patients, those without a visit with observations left out."""
    shapes = {}
    rows: dict[str, list[Row]] = {}
    for table in ("patient", "encounter", "observation", *LINES):
        found = cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        shapes[table] = Shape(table, tuple(column[0] for column in found.description))
        rows[table] = found.fetchall()
    place = {table: shape.place for table, shape in shapes.items()}
    lives = {row[place["patient"]["id"]]: Life(row) for row in rows["patient"]}
    for table in LINES:
        for row in rows[table]:
            lives[row[place[table]["patient_id"]]].lines[table].append(row)
    measured: dict[bytes, list[Row]] = defaultdict(list)
    for row in rows["observation"]:
        measured[row[place["observation"]["encounter_id"]]].append(row)
    at = place["encounter"]
    for row in sorted(rows["encounter"], key=lambda row: row[at["start_at"]]):
        if row[at["id"]] in measured:
            lives[row[at["patient_id"]]].visits.append((row, measured[row[at["id"]]]))
    return Lives(
        shapes,
        [life for life in lives.values() if life.visits],
        sorted({row[place["patient"]["family"]] for row in rows["patient"]}),
        _givens(rows["patient"], place["patient"]),
    )


def _givens(rows: list[Row], place: dict[str, int]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row[place["sex"]]].add(row[place["given"]])
    return {sex: sorted(names) for sex, names in found.items()}
