"""How somebody stands to a chart that is kept in confidence, joined charts included.

Plain SQL: every action on a chart asks it first. As long as no chart is kept in confidence, that is
one look at an empty table per transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis, to_millis

_ANY = "SELECT EXISTS (SELECT 1 FROM chart_confidentiality WHERE is_deleted = 0)"
# Up to the chart that stands for the person, and down to all that were joined to it.
_GROUP = """
WITH RECURSIVE leads (id) AS (
 VALUES (?1)
 UNION SELECT p.merged_into FROM patient p JOIN leads ON p.id = leads.id
 WHERE p.merged_into IS NOT NULL
), chart (id) AS (
 SELECT id FROM leads UNION SELECT p.id FROM patient p JOIN chart ON p.merged_into = chart.id
)
"""
_IDS = _GROUP + "SELECT id FROM chart"
_KEPT = (
    _GROUP
    + """
SELECT EXISTS (SELECT 1 FROM care_team_member m
 WHERE m.patient_id = c.patient_id AND m.user_id = ?2 AND m.is_deleted = 0)
FROM chart_confidentiality c
WHERE c.patient_id IN (SELECT id FROM chart) AND c.encounter_id IS NULL AND c.is_deleted = 0"""
)
_VISITS = (
    _GROUP
    + """
SELECT c.encounter_id FROM chart_confidentiality c JOIN encounter e ON e.id = c.encounter_id
WHERE c.patient_id IN (SELECT id FROM chart) AND c.is_deleted = 0
 AND (e.practitioner_id IS NULL OR e.practitioner_id IS NOT ?3)
 AND NOT EXISTS (SELECT 1 FROM care_team_member m
  WHERE m.patient_id = c.patient_id AND m.user_id = ?2 AND m.is_deleted = 0)"""
)
_KEPT_VISIT = """
SELECT EXISTS (SELECT 1 FROM chart_confidentiality WHERE encounter_id = ? AND is_deleted = 0)"""
_GLASS = (
    _GROUP
    + """
SELECT id, ends_at, is_extended FROM emergency_access
WHERE patient_id IN (SELECT id FROM chart) AND user_id = ?2 AND is_deleted = 0 AND ends_at > ?3
ORDER BY ends_at DESC LIMIT 1"""
)


@dataclass(frozen=True)
class Emergency:
    """A time in which somebody outside the care team reads the chart."""

    id: uuid.UUID
    ends_at: datetime
    is_extended: bool


@dataclass(frozen=True)
class Standing:
    """How one person stands to one chart."""

    is_restricted: bool = False
    in_care_team: bool = False
    emergency: Emergency | None = None
    """The one that runs now."""

    @property
    def is_closed(self) -> bool:
        """Whether the person does not get past the cover."""
        return self.is_restricted and not self.in_care_team and self.emergency is None


OPEN = Standing()


def any_kept(reads: ReadSession) -> bool:
    """Whether there is any chart that is kept in confidence; asked once where nobody writes."""
    if reads.any_kept is None or isinstance(reads, UnitOfWork):
        reads.any_kept = bool(reads.cursor.execute(_ANY).fetchone()[0])
    return reads.any_kept


def standing(reads: ReadSession, patient_id: uuid.UUID) -> Standing:
    """How the person at the desk stands to a chart.

    Of joined charts each that is kept in confidence must have the person in its care team.
    """
    user = reads.actor.user_id
    if user is None or not any_kept(reads):
        return OPEN  # nobody is the program itself: upgrades, backups, checks
    kept = reads.cursor.execute(_KEPT, (patient_id.bytes, user.bytes)).fetchall()
    return Standing(
        is_restricted=bool(kept),
        in_care_team=bool(kept) and all(row[0] for row in kept),
        emergency=emergency(reads, patient_id),
    )


def emergency(reads: ReadSession, patient_id: uuid.UUID) -> Emergency | None:
    """The emergency in which the person at the desk reads this chart now."""
    user, now = reads.actor.user_id, to_millis(reads.now)
    values = (patient_id.bytes, user.bytes if user else b"", now)
    glass = reads.cursor.execute(_GLASS, values).fetchone()
    return glass and Emergency(uuid.UUID(bytes=glass[0]), from_millis(glass[1]), bool(glass[2]))


def hidden_visits(reads: ReadSession, patient_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The visits whose words are kept from the person at the desk.

    Not from whoever treated there, and not in an emergency.
    """
    found = visits_of_others(reads, patient_id)
    return frozenset() if found and emergency(reads, patient_id) is not None else found


def visits_of_others(reads: ReadSession, patient_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The same whether or not an emergency runs."""
    user, mine = reads.actor.user_id, reads.actor.practitioner_id
    if user is None or not any_kept(reads):
        return frozenset()
    values = (patient_id.bytes, user.bytes, mine.bytes if mine else None)
    found = reads.cursor.execute(_VISITS, values).fetchall()
    return frozenset(uuid.UUID(bytes=row[0]) for row in found)


def is_kept(reads: ReadSession, encounter_id: uuid.UUID) -> bool:
    """Whether the words of a visit are kept in confidence."""
    return bool(reads.cursor.execute(_KEPT_VISIT, (encounter_id.bytes,)).fetchone()[0])


def visit_of(reads: ReadSession, table: str, row_id: uuid.UUID) -> uuid.UUID | None:
    """The visit that a row belongs to."""
    if table == "encounter":
        return row_id
    sql = f"SELECT encounter_id FROM {table} WHERE id = ?"
    found = reads.cursor.execute(sql, (row_id.bytes,)).fetchone()
    return uuid.UUID(bytes=found[0]) if found and found[0] else None


def group(reads: ReadSession, patient_id: uuid.UUID) -> list[uuid.UUID]:
    """Every chart of the person: the one that stands, and those joined to it."""
    found = reads.cursor.execute(_IDS, (patient_id.bytes,)).fetchall()
    return [uuid.UUID(bytes=row[0]) for row in found]


def owners(
    reads: ReadSession, table: str, row_ids: Iterable[uuid.UUID]
) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
    """Of rows of a table of the chart: whose they are, and who treated, where it says so."""
    author = "practitioner_id" if table == "encounter" else "NULL"
    sql = f"SELECT patient_id, {author} FROM {table} WHERE id = ?"
    found = [reads.cursor.execute(sql, (each.bytes,)).fetchone() for each in row_ids]
    return [
        (uuid.UUID(bytes=row[0]), uuid.UUID(bytes=row[1]) if row[1] else None)
        for row in found
        if row is not None and row[0] is not None
    ]
