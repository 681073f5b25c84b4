"""Diagnoses of a visit and the problem list: what the patient has, in codes and in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import ClinicalStatus, ConditionCategory, VerificationStatus
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.clinical import Condition
from clinic_desktop.models.practice import Favourite
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import command, query

FAVOURITE = "diagnosis"
FAVOURITES_SHOWN = 40
_USED_AGAIN = """
UPDATE favourite SET uses = uses + 1 WHERE id = (
 SELECT id FROM favourite
 WHERE user_id IS ? AND kind = ? AND json_extract(payload, '$.code') = ? AND label = ?
  AND is_deleted = 0
 LIMIT 1
) RETURNING id"""
_COLUMNS = """
id, display, system, code, code_version, clinical_status, verification_status, onset, abated, rank,
encounter_id, recorded_at, note"""
_AT_VISIT = """
FROM condition WHERE encounter_id = ? AND category = 'encounter-diagnosis' AND is_deleted = 0
ORDER BY rank, id"""
_OF_VISIT = f"SELECT {_COLUMNS} {_AT_VISIT}"
_PATIENT_OF_VISIT = "SELECT patient_id FROM encounter WHERE id = ?"
_LISTED = """
FROM condition WHERE patient_id IN (SELECT id FROM chart) AND is_deleted = 0
 AND (category = 'problem-list-item' OR recorder_id IS NULL)
 AND verification_status NOT IN ('refuted', 'entered-in-error')"""
_EACH_ONCE = """
GROUP BY system, code, display ORDER BY onset DESC, recorded_at DESC, id"""
# Of rows that say the same, SQLite shows the one that max() took.
_PROBLEMS = f"SELECT {_COLUMNS}, max(onset) {_LISTED} {_EACH_ONCE}"
_CURRENT_PROBLEMS = f"""SELECT {_COLUMNS}, max(onset) {_LISTED}
 AND clinical_status NOT IN ('inactive', 'remission', 'resolved') {_EACH_ONCE}"""
_ALL_LISTED = """
FROM condition WHERE patient_id IN (SELECT id FROM chart) AND is_deleted = 0
 AND (category = 'problem-list-item' OR recorder_id IS NULL) ORDER BY id"""
_EVERY = f"SELECT {_COLUMNS} {_ALL_LISTED}"
_NAMES = undecided.columns_of(_EVERY)
_OF_CODE = f"SELECT id {_LISTED} AND code = ?2"


@dataclass(frozen=True)
class Coded:
    """A term as it was picked: the code, the edition it is from, and the words shown."""

    display: str
    system: str = ""
    code: str = ""
    version: str = ""


@dataclass(frozen=True)
class ConditionRow:
    """One diagnosis or problem."""

    id: uuid.UUID
    term: Coded
    clinical_status: str
    verification_status: str
    onset: str
    """ISO date, as precise as known; empty if not known."""
    abated: str
    rank: int
    """1 is the main diagnosis of the visit."""
    encounter_id: uuid.UUID | None
    recorded_at: datetime | None
    note: str
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is a row with the id."""

    @property
    def is_current(self) -> bool:
        """Whether the patient still has it; unknown statuses count, to be safe."""
        return ClinicalStatus(self.clinical_status).is_current


@dataclass(frozen=True)
class AddProblem:
    """A line for the problem list."""

    patient_id: uuid.UUID
    term: Coded
    onset: str = ""
    note: str = ""
    encounter_id: uuid.UUID | None = None


@query("diagnosis.read")
def diagnoses_of(reads: ReadSession, encounter_id: uuid.UUID) -> list[ConditionRow]:
    """The diagnoses of one visit, the main one first; in each version what is not decided."""
    found = reads.plain(Condition, _OF_VISIT, encounter_id.bytes)
    others = {}
    for (patient,) in reads.cursor.execute(_PATIENT_OF_VISIT, (encounter_id.bytes,)).fetchall():
        others = undecided.others(reads, "condition", uuid.UUID(bytes=patient))
    return [
        _read(each, is_disputed=bool(told))
        for row in found
        for told in [others.get(uuid.UUID(bytes=row[0]), [])]
        for each in undecided.versions(_NAMES, tuple(row), told)
    ]


@query("diagnosis.read")
def problems_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> list[ConditionRow]:
    """The problem list, each problem once, the latest first.

    Imported records seldom mark problems as such, so their diagnoses stand here too; a diagnosis
    made here comes onto the list only when a person puts it there.
    """
    found = charts.rows(reads, _PROBLEMS if with_past else _CURRENT_PROBLEMS, patient_id)
    listed = list(_each_once(_read(row[:-1]) for row in found))
    others = undecided.others(reads, "condition", patient_id)
    if not others:
        return listed
    told_twice = [
        _read(each, is_disputed=True)
        for row in charts.rows(reads, _EVERY, patient_id)
        if (told := others.get(uuid.UUID(bytes=row[0])))
        for each in undecided.versions(_NAMES, row, told)
    ]
    stands = [
        each
        for each in told_twice
        if VerificationStatus(each.verification_status).counts and (with_past or each.is_current)
    ]
    return [*stands, *(row for row in listed if row.id not in others)]


@query("diagnosis.read")
def favourite_diagnoses(reads: ReadSession) -> list[Coded]:
    """What the signed-in person diagnoses most often, the most frequent first."""
    found = reads.session.scalars(
        select(Favourite)
        .where(
            Favourite.user_id == reads.actor.user_id,
            Favourite.kind == FAVOURITE,
            Favourite.is_deleted.is_(False),
        )
        .order_by(Favourite.uses.desc(), Favourite.id)
        .limit(FAVOURITES_SHOWN)
    )
    return [Coded(**{"display": each.label, **each.payload}) for each in found]


@command("diagnosis.create")
def add_diagnosis(uow: UnitOfWork, encounter_id: uuid.UUID, term: Coded) -> uuid.UUID:
    """Diagnose something at an open visit; the same code again changes nothing.

    Raises:
        NotFoundError: there is no such visit.
        RuleError: the visit is signed.
        ValidationError: the diagnosis has no words.
    """
    encounter = charts.open_visit(uow, encounter_id)
    _check(term)
    made = _of_visit(uow, encounter_id)
    same = next((each for each in made if _key(each.term) == _key(term)), None)
    if same is not None:
        return same.id
    _count_use(uow, term)
    condition = Condition(
        patient_id=encounter.patient_id,
        encounter_id=encounter.id,
        category=ConditionCategory.DIAGNOSIS,
        rank=max((each.rank for each in made), default=0) + 1,
        **_term_columns(term),
        recorded_at=uow.now,
        recorder_id=uow.actor.user_id,
    )
    uow.add(condition)
    return condition.id


@command("diagnosis.amend")
def remove_diagnosis(uow: UnitOfWork, condition_id: uuid.UUID) -> None:
    """Take a diagnosis back while its visit is open; the next one becomes the main one.

    Raises:
        NotFoundError: there is no such diagnosis.
        RuleError: the visit is signed.
    """
    row = _condition(uow, condition_id)
    if row.encounter_id is not None:
        charts.open_visit(uow, row.encounter_id)
    row.is_deleted = True
    _rank(_condition(uow, each.id) for each in _of_visit(uow, row.encounter_id))


@command("diagnosis.amend")
def make_main(uow: UnitOfWork, condition_id: uuid.UUID) -> None:
    """Make this the main diagnosis of its visit.

    Raises:
        NotFoundError: there is no such diagnosis.
        RuleError: the visit is signed.
    """
    row = _condition(uow, condition_id)
    if row.encounter_id is not None:
        charts.open_visit(uow, row.encounter_id)
    others = [each for each in _of_visit(uow, row.encounter_id) if each.id != row.id]
    _rank([row, *(_condition(uow, each.id) for each in others)])


@command("diagnosis.create")
def add_problem(uow: UnitOfWork, wish: AddProblem) -> uuid.UUID:
    """Put a problem on the list; one that is already there stays as it is.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the problem has no words.
    """
    _check(wish.term)
    patient_id = charts.surviving(uow.session, wish.patient_id)
    listed = uow.session.scalars(
        select(Condition).where(
            Condition.patient_id.in_(charts.chart_ids(uow.session, patient_id)),
            Condition.category == ConditionCategory.PROBLEM,
            Condition.is_deleted.is_(False),
        )
    )
    for each in listed:
        row = _row(each)
        if row.is_current and _key(row.term) == _key(wish.term):
            return row.id
    condition = Condition(
        patient_id=patient_id,
        encounter_id=charts.visit_of(uow, wish.patient_id, wish.encounter_id),
        category=ConditionCategory.PROBLEM,
        **_term_columns(wish.term),
        onset=wish.onset or uow.today.isoformat(),
        recorded_at=uow.now,
        recorder_id=uow.actor.user_id,
        note=wish.note,
    )
    uow.add(condition)
    return condition.id


@command("diagnosis.amend")
def set_problem_status(
    uow: UnitOfWork, condition_id: uuid.UUID, status: str, *, base: int | None = None
) -> None:
    """Say that a problem is over (``resolved``), quiet (``inactive``) or back (``active``).

    An imported record may hold the same problem several times; all of them get the status.

    Raises:
        NotFoundError: there is no such problem.
        StaleError: somebody changed it since it was shown.
        ValidationError: the status is not known.
    """
    if not ClinicalStatus(status).is_known:
        raise ValidationError("status", _("This is not a status of a problem."))
    row = _condition(uow, condition_id)
    uow.expect("condition", row.id, base)
    chart = charts.surviving(uow.session, row.patient_id)
    found = [uuid.UUID(bytes=each) for (each,) in charts.rows(uow, _OF_CODE, chart, row.code)]
    same = uow.session.scalars(select(Condition).where(Condition.id.in_(found))).all()
    for each in {row, *(each for each in same if _key(_row(each).term) == _key(_row(row).term))}:
        each.clinical_status = status
        each.abated = "" if ClinicalStatus(status).is_current else uow.today.isoformat()


def _of_visit(reads: ReadSession, encounter_id: uuid.UUID | None) -> list[ConditionRow]:
    """The diagnoses of a visit, the main one first; none where there was no visit."""
    visit = None if encounter_id is None else encounter_id.bytes
    return [_read(each) for each in reads.plain(Condition, _OF_VISIT, visit)]


def _rank(rows: Iterable[Condition]) -> None:
    for rank, row in enumerate(rows, 1):
        row.rank = rank


def _condition(uow: UnitOfWork, condition_id: uuid.UUID) -> Condition:
    row = uow.session.get(Condition, condition_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such diagnosis."))
    return row


def _check(term: Coded) -> None:
    if not term.display.strip():
        raise ValidationError("diagnosis", _("A diagnosis needs a name."))


def _count_use(uow: UnitOfWork, term: Coded) -> None:
    """Remember what this person picks; the picker offers the most frequent first."""
    user = uow.actor.user_id
    person = None if user is None else user.bytes
    if not uow.plain(Favourite, _USED_AGAIN, person, FAVOURITE, term.code, term.display):
        payload = {"system": term.system, "code": term.code, "version": term.version}
        uow.add(
            Favourite(user_id=user, kind=FAVOURITE, label=term.display, payload=payload, uses=1)
        )


def _key(term: Coded) -> tuple[str, str]:
    return (term.system, term.code) if term.code else ("", term.display.strip().casefold())


def _each_once(rows: Iterable[ConditionRow]) -> Iterable[ConditionRow]:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if _key(row.term) not in seen:
            seen.add(_key(row.term))
            yield row


def _term_columns(term: Coded) -> dict[str, str]:
    return {
        "system": term.system,
        "code": term.code,
        "code_version": term.version,
        "display": term.display.strip(),
    }


def _read(row: tuple[Any, ...], *, is_disputed: bool = False) -> ConditionRow:
    (row_id, display, system, code, version, clinical, verification, onset, abated, rank,
     encounter_id, recorded_at, note) = row  # fmt: skip
    return ConditionRow(
        uuid.UUID(bytes=row_id),
        Coded(display, system, code, version),
        clinical,
        verification,
        onset,
        abated,
        rank,
        None if encounter_id is None else uuid.UUID(bytes=encounter_id),
        None if recorded_at is None else from_millis(recorded_at),
        note,
        is_disputed,
    )


def _row(row: Condition) -> ConditionRow:
    return ConditionRow(
        row.id,
        Coded(row.display, row.system, row.code, row.code_version),
        row.clinical_status,
        row.verification_status,
        row.onset,
        row.abated,
        row.rank,
        row.encounter_id,
        row.recorded_at,
        row.note,
    )
