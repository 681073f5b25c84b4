"""One line per patient, for lists, the palette and the search on the command line.

Bare SQL: the palette asks at each key, and SQLAlchemy would take most of the time.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus, EncounterStatus
from clinic_desktop.domain.dates import Age, BirthDate, DateError, age
from clinic_desktop.domain.money import Money
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.types import from_millis, to_millis
from clinic_desktop.services.patients.registration import birth_of

_CHUNK = 400
# The plus keeps SQLite from reading the index of a column that is empty nearly everywhere.
_PEOPLE = """
SELECT id, mrn, sex, birth_date, birth_precision, deceased,
    family, given, middle, prefix, suffix, preferred,
    EXISTS (SELECT 1 FROM patient o WHERE o.family = p.family AND o.given = p.given
        AND o.id <> p.id AND o.is_deleted = 0 AND +o.merged_into IS NULL)
FROM patient p WHERE id IN ({ids}) AND is_deleted = 0 AND +merged_into IS NULL
"""
_MONEY = (
    """SELECT patient_id, sum(total_minor) FROM invoice WHERE patient_id IN ({ids})
    AND status = 'issued' AND is_deleted = 0 AND currency = ? GROUP BY patient_id""",
    """SELECT patient_id, -sum(amount_minor) FROM payment WHERE patient_id IN ({ids})
    AND is_deleted = 0 AND currency = ? GROUP BY patient_id""",
)


@dataclass(frozen=True)
class PatientRow:
    """A patient in a list."""

    id: uuid.UUID
    mrn: str
    name: HumanName
    sex: str
    birth: BirthDate | None
    age: Age | None
    phone: str
    last_visit_on: date | None
    next_appointment_at: datetime | None
    balance: Money
    deceased: bool = False
    has_namesake: bool = False
    """Another patient's name is spelled the same."""
    only_sounds_alike: bool = False
    """Found by a text that is not in the name, but sounds like it."""


def patient_rows(reads: ReadSession, patient_ids: Sequence[uuid.UUID]) -> list[PatientRow]:
    """The rows of these patients in the order asked for; hidden ones are left out."""
    found: list[PatientRow] = []
    for start in range(0, len(patient_ids), _CHUNK):
        found += _rows(reads, [each.bytes for each in patient_ids[start : start + _CHUNK]])
    return found


def _rows(reads: ReadSession, wanted: list[bytes]) -> list[PatientRow]:
    people = {bytes(row[0]): row for row in _select(reads, _PEOPLE, wanted)}
    owners = _owners(reads, people)
    told = _Told(reads, owners)
    ours = currency(reads)
    return [_row(reads, people[each], told, ours) for each in wanted if each in people]


def _row(reads: ReadSession, found: Sequence[Any], told: _Told, ours: str) -> PatientRow:
    patient_id, mrn, sex, birth_date, precision, deceased, *names, has_namesake = found
    key = bytes(patient_id)
    birth = birth_of(birth_date, precision)
    visit, booked = told.visits.get(key), told.booked.get(key)
    return PatientRow(
        id=uuid.UUID(bytes=key),
        mrn=mrn,
        name=HumanName(*names),
        sex=sex,
        birth=birth,
        age=age_of(birth, reads.today),
        phone=told.phones.get(key, ""),
        last_visit_on=from_millis(visit).astimezone(reads.zone).date() if visit else None,
        next_appointment_at=from_millis(booked) if booked else None,
        balance=Money(told.owed.get(key, 0), ours),
        deceased=bool(deceased),
        has_namesake=bool(has_namesake),
    )


class _Told:
    """What other tables say of some patients; the rows of merged charts count for their owner."""

    def __init__(self, reads: ReadSession, owners: dict[bytes, bytes]) -> None:
        self._reads, self._owners = reads, owners
        self.phones: dict[bytes, str] = {}
        for owner, value in self._of(
            "SELECT patient_id, value FROM contact_point WHERE patient_id IN ({ids})"
            " AND system = 'phone' AND is_deleted = 0 ORDER BY rank, id"
        ):
            self.phones.setdefault(owner, value)
        self.visits: dict[bytes, int] = {}
        for owner, at in self._of(
            "SELECT patient_id, max(start_at) FROM encounter WHERE patient_id IN ({ids})"
            " AND is_deleted = 0 AND status NOT IN (?, ?) GROUP BY patient_id",
            EncounterStatus.CANCELLED.value,
            EncounterStatus.ENTERED_IN_ERROR.value,
        ):
            self.visits[owner] = max(at, self.visits.get(owner, at))
        self.booked: dict[bytes, int] = {}
        for owner, at in self._of(
            "SELECT patient_id, min(start_at) FROM appointment WHERE patient_id IN ({ids})"
            " AND is_deleted = 0 AND status IN (?, ?) AND start_at >= ? GROUP BY patient_id",
            AppointmentStatus.BOOKED.value,
            AppointmentStatus.CONFIRMED.value,
            to_millis(reads.now),
        ):
            self.booked[owner] = min(at, self.booked.get(owner, at))
        self.owed = self._balances(currency(reads))

    def _balances(self, ours: str) -> dict[bytes, int]:
        """Everything issued less everything paid, in minor units of the practice's currency.

        Amounts in other currencies are not counted: they cannot be added up.
        """
        owed: dict[bytes, int] = defaultdict(int)
        for sql in _MONEY:
            for owner, amount in self._of(sql, ours):
                owed[owner] += amount
        return owed

    def _of(self, sql: str, *values: str | int) -> Iterable[tuple[bytes, Any]]:
        for chart, value in _select(self._reads, sql, list(self._owners), *values):
            yield self._owners[bytes(chart)], value


def _owners(reads: ReadSession, patient_ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Every chart whose rows count for these patients, and the patient it counts for."""
    owner = {each: each for each in patient_ids}
    frontier = list(owner)
    while frontier:
        merged = _select(
            reads, "SELECT id, merged_into FROM patient WHERE merged_into IN ({ids})", frontier
        )
        fresh = {bytes(chart): owner[bytes(into)] for chart, into in merged}
        frontier = [chart for chart in fresh if chart not in owner]
        owner |= {chart: fresh[chart] for chart in frontier}
    return owner


def _select(
    reads: ReadSession, sql: str, ids: Sequence[bytes], *values: str | int
) -> list[tuple[Any, ...]]:
    marks = ",".join("?" * len(ids))
    found: list[tuple[Any, ...]] = reads.cursor.execute(
        sql.replace("{ids}", marks), (*ids, *values)
    ).fetchall()
    return found


def age_of(birth: BirthDate | None, today: date) -> Age | None:
    """The age, unless it is not known; an imported birth may lie ahead."""
    try:
        return age(birth, today) if birth else None
    except DateError:
        return None


def currency(reads: ReadSession) -> str:
    """The practice's currency."""
    if "currency" not in reads.session.info:
        found = reads.cursor.execute("SELECT currency FROM practice LIMIT 1").fetchone()
        reads.session.info["currency"] = found[0] if found else "USD"
    return str(reads.session.info["currency"])
