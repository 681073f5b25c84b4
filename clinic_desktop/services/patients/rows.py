"""One line per patient, for lists, the palette and the search on the command line.

Bare SQL: the palette asks at each key, and SQLAlchemy would take most of the time.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus, EncounterStatus
from clinic_desktop.domain.dates import Age, BirthDate, DateError, age
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.domain.money import Money
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.services.access import part
from clinic_desktop.services.patients.registration import birth_of

# The plus keeps SQLite from reading the index of a column that is empty nearly everywhere.
_PEOPLE = """
SELECT id, mrn, sex, birth_date, birth_precision, deceased, deceased_at,
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


@dataclass(frozen=True, kw_only=True)
class FoundPatient:
    """A patient as the search shows them: enough to tell people apart."""

    id: uuid.UUID
    mrn: str
    name: HumanName
    sex: str
    birth: BirthDate | None
    age: Age | None
    """Now, or at the death; None if birth or day of death is not known."""
    phone: str
    next_appointment_at: datetime | None
    deceased: bool = False
    has_namesake: bool = False
    """Another patient's name is spelled the same."""
    only_sounds_alike: bool = False
    """Found by a text that is not in the name, but sounds like it."""


@dataclass(frozen=True, kw_only=True)
class PatientRow(FoundPatient):
    """A patient in a list."""

    last_visit_on: date | None
    balance: Money


@part
def found_patients(
    reads: ReadSession, patient_ids: Sequence[uuid.UUID], alike: Container[uuid.UUID] = ()
) -> list[FoundPatient]:
    """These patients in the order asked for; hidden ones are left out, those ``alike`` marked."""
    found = [
        FoundPatient(**facts, only_sounds_alike=facts["id"] in alike)
        for some in batches([each.bytes for each in patient_ids])
        for _key, facts in _facts(reads, some, _Told(reads, some))
    ]
    if not allowed(reads.actor, "patient.read"):
        return [replace(each, phone="", next_appointment_at=None) for each in found]
    return found


@part
def patient_rows(reads: ReadSession, patient_ids: Sequence[uuid.UUID]) -> list[PatientRow]:
    """The rows of these patients in the order asked for; hidden ones are left out."""
    found: list[PatientRow] = []
    ours = currency(reads)
    for some in batches([each.bytes for each in patient_ids]):
        told = _Told(reads, some)
        visits, owed = told.visits(), told.balances(ours)
        for key, facts in _facts(reads, some, told):
            visit = from_millis(visits[key]).astimezone(reads.zone) if key in visits else None
            balance = Money(owed.get(key, 0), ours)
            row = PatientRow(**facts, last_visit_on=visit and visit.date(), balance=balance)
            found.append(row)
    return found


def _facts(
    reads: ReadSession, wanted: list[bytes], told: _Told
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """What every row tells, in the order wanted."""
    people = {bytes(row[0]): row for row in _select(reads, _PEOPLE, wanted)}
    phones, booked = told.phones(), told.booked()
    for key in wanted:
        if key not in people:
            continue
        _id, mrn, sex, birth_date, precision, dead, died_at, *names, has_namesake = people[key]
        birth, at = birth_of(birth_date, precision), booked.get(key)
        yield (
            key,
            {
                "id": uuid.UUID(bytes=key),
                "mrn": mrn,
                "name": HumanName(*names),
                "sex": sex,
                "birth": birth,
                "age": age_of(birth, _last_day(reads, died_at, is_dead=dead)),
                "phone": phones.get(key, ""),
                "next_appointment_at": from_millis(at) if at else None,
                "deceased": bool(dead),
                "has_namesake": bool(has_namesake),
            },
        )


class _Told:
    """What other tables say of some patients; the rows of merged charts count for their owner."""

    def __init__(self, reads: ReadSession, patient_ids: list[bytes]) -> None:
        self._reads, self._owners = reads, _owners(reads, patient_ids)

    def phones(self) -> dict[bytes, str]:
        """The phone to call first."""
        found: dict[bytes, str] = {}
        for owner, value in self._of(
            "SELECT patient_id, value FROM contact_point WHERE patient_id IN ({ids})"
            " AND system = 'phone' AND is_deleted = 0 ORDER BY rank, id"
        ):
            found.setdefault(owner, value)
        return found

    def visits(self) -> dict[bytes, int]:
        """When the last visit began."""
        found: dict[bytes, int] = {}
        for owner, at in self._of(
            "SELECT patient_id, max(start_at) FROM encounter WHERE patient_id IN ({ids})"
            " AND is_deleted = 0 AND status NOT IN (?, ?) GROUP BY patient_id",
            EncounterStatus.CANCELLED.value,
            EncounterStatus.ENTERED_IN_ERROR.value,
        ):
            found[owner] = max(at, found.get(owner, at))
        return found

    def booked(self) -> dict[bytes, int]:
        """When the next appointment begins."""
        found: dict[bytes, int] = {}
        for owner, at in self._of(
            "SELECT patient_id, min(start_at) FROM appointment WHERE patient_id IN ({ids})"
            " AND is_deleted = 0 AND status IN (?, ?) AND start_at >= ? GROUP BY patient_id",
            AppointmentStatus.BOOKED.value,
            AppointmentStatus.CONFIRMED.value,
            to_millis(self._reads.now),
        ):
            found[owner] = min(at, found.get(owner, at))
        return found

    def balances(self, ours: str) -> dict[bytes, int]:
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
    found: list[tuple[Any, ...]] = reads.cursor.execute(
        sql.replace("{ids}", marks(ids)), (*ids, *values)
    ).fetchall()
    return found


def _last_day(reads: ReadSession, died_at: int | None, *, is_dead: bool) -> date | None:
    """The day that an age is counted to: nobody grows older after the death."""
    if not is_dead:
        return reads.today
    return None if died_at is None else from_millis(died_at).astimezone(reads.zone).date()


def age_of(birth: BirthDate | None, day: date | None) -> Age | None:
    """The age on a day, unless it is not known; an imported birth may lie ahead."""
    try:
        return age(birth, day) if birth and day else None
    except DateError:
        return None


@part
def currency(reads: ReadSession) -> str:
    """The practice's currency."""
    if "currency" not in reads.session.info:
        found = reads.cursor.execute("SELECT currency FROM practice LIMIT 1").fetchone()
        reads.session.info["currency"] = found[0] if found else "USD"
    return str(reads.session.info["currency"])
