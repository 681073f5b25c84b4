"""Varies real records into a large clinic: other people, dates and ids, the same lives."""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bench.templates import LINES, Life, Lives, Row
from clinic_desktop.db import journal
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain import ids

SLICE = 1_500
"""Patients in one transaction."""
_DAY_MS = 86_400_000
_MOST_LINES = {"contact_point": 1, "patient_identifier": 1, "condition": 1, "medication_request": 1}


class Population:
    """Makes rows of new patients; ``write`` is one transaction of them."""

    def __init__(self, lives: Lives, observations_each: int) -> None:
        self._lives = lives
        self._places = {table: shape.place for table, shape in lives.shapes.items()}
        self._each = observations_each
        self._random = random.Random(7)
        self._ids = _fresh_ids(self._random)
        self._rows: dict[str, list[list[Any]]] = defaultdict(list)
        self._cid = 0

    def write(self, uow: UnitOfWork, count: int) -> None:
        """Write ``count`` patients; triggers, journal and search index see every row."""
        self._cid = journal.next_cid(uow.cursor)
        first = uow.next_number("mrn")
        for number in range(first, first + count):
            self.patient(number, ids.mrn(uow.device_prefix, number))
        uow.session.flush()
        uow.cursor.execute(
            "UPDATE number_series SET next_value = ? WHERE name = 'mrn'", (first + count,)
        )
        self._send(uow.cursor)

    def write_chart(self, uow: UnitOfWork, visits: int) -> bytes:
        """Write one patient with this many visits, ten observations each; returns the id."""
        self._cid = journal.next_cid(uow.cursor)
        life = max(self._lives.lives, key=lambda life: len(life.visits))
        chart = self._person(life, ids.mrn(uow.device_prefix, uow.next_number("mrn")))
        for table, rows in life.lines.items():
            for row in rows:
                self._add(table, row, patient_id=chart)
        pool = [row for _visit, rows in life.visits for row in rows]
        latest = life.visits[-1][0][self._places["encounter"]["start_at"]]
        for number in range(visits):
            visit = life.visits[number % len(life.visits)][0]
            at = latest - number * 9 * _DAY_MS
            encounter = self._visit(chart, visit, at)
            for place in range(10):
                row = pool[(number * 10 + place) % len(pool)]
                self._add(
                    "observation",
                    row,
                    patient_id=chart,
                    encounter_id=encounter,
                    parent_id=None,
                    report_id=None,
                    effective_at=at,
                    issued_at=at,
                )
        self._send(uow.cursor)
        return chart

    def patient(self, number: int, mrn: str) -> None:
        """Make the rows of one patient."""
        life = self._lives.lives[number % len(self._lives.lives)]
        chart = self._person(life, mrn)
        for table in LINES:
            for row in life.lines[table][: _MOST_LINES[table]]:
                self._line(table, row, chart)
        shift = self._random.randrange(-700, 700) * _DAY_MS
        wanted, place = self._each, self._random.randrange(len(life.visits))
        while wanted > 0:
            visit, measured = life.visits[place % len(life.visits)]
            at = visit[self._places["encounter"]["start_at"]] + shift
            encounter = self._visit(chart, visit, at)
            self._measure(chart, encounter, measured[:wanted], shift)
            wanted -= len(measured[:wanted])
            place += 1

    # ------------------------------------------------------------ rows

    def _person(self, life: Life, mrn: str) -> bytes:
        place, pick = self._places["patient"], self._random
        sex = life.patient[place["sex"]]
        family = pick.choice(self._lives.families)
        if pick.random() < 0.25:  # otherwise there were fewer names than people
            family = f"{family}-{pick.choice(self._lives.families)}"
        return self._add(
            "patient",
            life.patient,
            mrn=mrn,
            family=family,
            given=pick.choice(self._lives.givens[sex]),
            birth_date=self._other_day(life.patient[place["birth_date"]]),
        )

    def _other_day(self, text: str) -> str:
        if len(text) < 10:
            return text
        return str(date.fromisoformat(text) + timedelta(days=self._random.randrange(-2000, 2000)))

    def _line(self, table: str, row: Row, chart: bytes) -> None:
        place = self._places[table]
        values: dict[str, Any] = {"patient_id": chart}
        if table in {"contact_point", "patient_identifier"}:
            value = re.sub(r"\d", lambda _d: str(self._random.randrange(10)), row[place["value"]])
            values["value"] = value
        if table == "contact_point":
            values["digits"] = re.sub(r"\D", "", value)
        if "encounter_id" in place:
            values["encounter_id"] = None
        self._add(table, row, **values)

    def _visit(self, chart: bytes, visit: Row, at: int) -> bytes:
        place = self._places["encounter"]
        lasted = (visit[place["end_at"]] or visit[place["start_at"]]) - visit[place["start_at"]]
        return self._add("encounter", visit, patient_id=chart, start_at=at, end_at=at + lasted)

    def _measure(self, chart: bytes, encounter: bytes, measured: list[Row], shift: int) -> None:
        place, parents = self._places["observation"], dict[bytes, bytes]()
        for row in measured:
            effective, issued = row[place["effective_at"]], row[place["issued_at"]]
            made = self._add(
                "observation",
                row,
                patient_id=chart,
                encounter_id=encounter,
                parent_id=parents.get(row[place["parent_id"]]),
                report_id=None,
                effective_at=effective and effective + shift,
                issued_at=issued and issued + shift,
            )
            parents[row[place["id"]]] = made

    def _add(self, table: str, row: Row, **values: Any) -> bytes:
        place, made = self._places[table], list(row)
        made[place["id"]] = new = next(self._ids)
        made[place["sv"]] = self._cid
        for name, value in values.items():
            made[place[name]] = value
        self._rows[table].append(made)
        return new

    def _send(self, cursor: Any) -> None:
        for table, rows in self._rows.items():
            cursor.executemany(self._lives.shapes[table].insert, rows)
        self._rows.clear()


def _fresh_ids(pick: random.Random) -> Iterator[bytes]:
    """UUIDv7 as bytes, in rising order; a third of the work of ``clock.new_id``."""
    stamp = time.time_ns() // 1_000_000 << 12
    while True:
        stamp += 1
        head = (stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64
        yield (head | 2 << 62 | pick.getrandbits(62)).to_bytes(16, "big")
