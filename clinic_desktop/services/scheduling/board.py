"""The front-desk board: who comes, who waits, how long; and the card of one of them."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.models.patient import Coverage
from clinic_desktop.services import charts, guard
from clinic_desktop.services.access import query
from clinic_desktop.services.allergies import AllergyState, allergies_of, recorded
from clinic_desktop.services.patients.consents import ConsentRow, alerts_of, consents_of
from clinic_desktop.services.patients.rows import PatientRow, patient_rows
from clinic_desktop.services.patients.sharing import TrustedPerson, trusted_of
from clinic_desktop.services.scheduling.rows import (
    AppointmentRow,
    Person,
    between,
    person,
    still_here,
    with_questions,
)
from clinic_desktop.services.scheduling.timetable import midnight

WAIT_ALARM_MIN = 20
"""A longer wait is marked, unless the practice set another time (``board.wait_alarm_min``)."""
WAIT_ALARM_KEY = "board.wait_alarm_min"


_BESIDE = """
SELECT
 (SELECT value FROM setting WHERE "key" = ? AND user_id IS NULL AND is_deleted = 0 LIMIT 1),
 (SELECT count(*) FROM appointment
  WHERE start_at >= ? AND start_at < ? AND status <> ? AND is_deleted = 0)"""
"""When a wait becomes long, and how many come in a time."""


@dataclass(frozen=True)
class BoardRow:
    """One line of the board."""

    appointment: AppointmentRow
    same_name: bool = False
    """Somebody else of this name is on the board too: look twice."""
    doubled: bool = False
    """Booked over another appointment, and nobody has said why (made on two PCs at once)."""

    @property
    def id(self) -> uuid.UUID:
        """The appointment."""
        return self.appointment.id


@dataclass(frozen=True)
class BoardData:
    """The board of one day, cancelled appointments left out, in the order of time."""

    day: date
    now: datetime
    rows: tuple[BoardRow, ...]
    wait_alarm_min: int = WAIT_ALARM_MIN
    tomorrow: int = 0
    """How many are booked on the next day."""

    def count(self, *statuses: AppointmentStatus) -> int:
        """How many stand at one of these steps; all without any named."""
        return sum(not statuses or row.appointment.status in statuses for row in self.rows)

    def longest_wait(self, now: datetime) -> int | None:
        """Minutes that the longest waiting person has waited; ``None`` if nobody waits."""
        waits = (
            row.appointment.waited(now)
            for row in self.rows
            if row.appointment.status == AppointmentStatus.ARRIVED
        )
        return max((wait for wait in waits if wait is not None), default=None)


@query("appointment.read")
def today_board(reads: ReadSession, day: date | None = None) -> BoardData:
    """The board of a day on the clinic's calendar; today without one.

    Whoever is still in the practice stays on the board of today until they are done.
    """
    day = day or reads.today
    found = _rows(reads, day)
    names = [_key(row.person) for row in found]
    same = Counter(name for name, _patient in set(names))
    doubled = _doubled(found)
    alarm_min, tomorrow = _beside(reads, day + timedelta(days=1))
    return BoardData(
        day,
        reads.now,
        tuple(
            BoardRow(
                row,
                same_name=row.person is not None and same[name] > 1,
                doubled=row.id in doubled,
            )
            for row, (name, _patient) in zip(found, names, strict=True)
        ),
        alarm_min,
        tomorrow,
    )


def _rows(reads: ReadSession, day: date) -> tuple[AppointmentRow, ...]:
    """Those of a day; on the board of today also who came before and was not seen off."""
    first, end = _of(reads, day)
    if day != reads.today:
        return with_questions(reads, between(reads, first, end))
    found = between(reads, first, end, begun=True)
    coming = [row for row in found if row.start_at >= first or row.status.is_expected]
    every = (*still_here(reads, first), *coming)
    return with_questions(reads, tuple(sorted(every, key=lambda row: (row.start_at, row.id))))


def _of(reads: ReadSession, day: date) -> tuple[datetime, datetime]:
    return midnight(day, reads.zone), midnight(day + timedelta(days=1), reads.zone)


def _beside(reads: ReadSession, day: date) -> tuple[int, int]:
    """Minutes after which a wait is marked; how many are booked on a day."""
    first, end = (to_millis(moment) for moment in _of(reads, day))
    values = (WAIT_ALARM_KEY, first, end, AppointmentStatus.CANCELLED.value)
    chosen, booked = reads.cursor.execute(_BESIDE, values).fetchone()
    alarm = json.loads(chosen) if chosen else None
    return (alarm if isinstance(alarm, int) and alarm > 0 else WAIT_ALARM_MIN), booked


def _key(who: Person | None) -> tuple[str, uuid.UUID | None]:
    """Name and person, so that one person booked twice is no namesake."""
    if who is None:
        return "", None
    return f"{who.name.family} {who.name.given}".casefold(), who.patient_id


def _doubled(rows: tuple[AppointmentRow, ...]) -> set[uuid.UUID]:
    """Appointments that overlap one of the same doctor, where neither says why."""
    found: set[uuid.UUID] = set()
    counted = [
        row
        for row in rows
        if row.practitioner_id and row.status.takes_time and not row.is_walk_in
        and row.status != AppointmentStatus.DONE
    ]  # fmt: skip
    for place, row in enumerate(counted):
        for other in counted[place + 1 :]:
            if other.start_at >= row.end_at:
                break
            told = row.overlap_reason or other.overlap_reason
            if other.practitioner_id == row.practitioner_id and not told:
                found |= {row.id, other.id}
    return found


@dataclass(frozen=True)
class DeskCard:
    """What the front desk needs to know of the person in front of it."""

    patient: PatientRow
    allergies: AllergyState | None
    """``None`` where the signed-in person may not see them."""
    has_allergies: bool
    is_closed: bool
    """The chart is kept in confidence, and nothing of it is told here."""
    insurance: str
    insured_to: date | None
    consents: tuple[ConsentRow, ...]
    trusted: tuple[TrustedPerson, ...]
    """Who may be given parts of the record today."""
    alerts: tuple[str, ...]
    is_asked: bool = True
    """Whether somebody asked about allergies, as the list beside the card says it."""


@query("patient.read")
def desk_card(reads: ReadSession, patient_id: uuid.UUID) -> DeskCard:
    """The card of a patient beside the board.

    Raises:
        NotFoundError: there is no such patient.
    """
    chart_id = charts.surviving(reads.session, patient_id)
    ids = charts.chart_ids(reads.session, chart_id)
    coverage = reads.session.scalar(
        select(Coverage)
        .where(Coverage.patient_id.in_(ids), Coverage.status == "active", ~Coverage.is_deleted)
        .order_by(Coverage.valid_to.desc())
        .limit(1)
    )
    is_closed = not guard.may_enter(reads, "allergy.flag", chart_id)
    sees_allergies = allowed(reads.actor, "allergy.read") and not is_closed
    current = [each for each in recorded(reads, chart_id) if each.is_current]
    return DeskCard(
        patient=patient_rows(reads, [chart_id])[0],
        allergies=allergies_of(reads, chart_id) if sees_allergies else None,
        has_allergies=bool(current) and not is_closed,
        is_closed=is_closed,
        insurance=coverage.payer_name if coverage else "",
        insured_to=coverage.valid_to if coverage else None,
        consents=tuple(consents_of(reads, chart_id)),
        trusted=tuple(
            each for each in trusted_of(reads, chart_id) if each.parts and not each.is_over
        ),
        is_asked=is_closed or bool(current) or _is_asked(reads, chart_id),
        alerts=tuple(each.message for each in alerts_of(reads, chart_id)),
    )


def _is_asked(reads: ReadSession, chart_id: uuid.UUID) -> bool:
    person_ = person(reads, charts.patient(reads.session, chart_id))
    return person_ is not None and person_.allergies_asked
