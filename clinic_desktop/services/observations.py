"""Vital signs of a visit: read as typed, judged, recorded as FHIR observations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import ObservationCategory, ObservationStatus, System
from clinic_desktop.domain.dates import DateError
from clinic_desktop.domain.partial_dates import Age, BirthDate, age
from clinic_desktop.domain.vitals import (
    BLOOD_PRESSURE_PANEL,
    BMI_FROM_MONTHS,
    VITALS,
    Plausibility,
    Reading,
    VitalError,
    VitalKind,
    bmi,
    check,
    parse_blood_pressure,
    parse_vital,
    weight_doubt,
)
from clinic_desktop.errors import ValidationError
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.observation import Observation
from clinic_desktop.models.types import from_millis, to_json, to_millis
from clinic_desktop.services import charts
from clinic_desktop.services import observations_words as words
from clinic_desktop.services.access import command, query
from clinic_desktop.services.observations_words import BLOOD_PRESSURE

CONFIRMED = "confirmed-unusual"
"""The note of a rare value that the person who typed it has confirmed."""
PRESSURES = (VitalKind.SYSTOLIC, VitalKind.DIASTOLIC)
KIND_OF = {vital.loinc: vital.kind for vital in VITALS.values()} | {
    vital.also_loinc: vital.kind for vital in VITALS.values() if vital.also_loinc
}

_OF_VISIT = (
    select(Observation)
    .where(
        Observation.encounter_id == bindparam("visit"),
        Observation.category == ObservationCategory.VITAL_SIGNS,
        Observation.status != ObservationStatus.ENTERED_IN_ERROR,
        Observation.is_deleted.is_(False),
    )
    .order_by(Observation.effective_at, Observation.id)
)
_LAST = """
SELECT last.code, last.value, last.unit_code, last.effective_at, last.note
FROM json_each(:codes) AS wanted
JOIN observation AS last ON last.rowid = (
 SELECT rowid FROM observation
 WHERE patient_id = :chart AND code = wanted.value AND effective_at < :until
  AND status <> 'entered-in-error' AND is_deleted = 0
 ORDER BY effective_at DESC LIMIT 1
) WHERE last.encounter_id IS NOT :visit"""
"""The last measurement of each kind: one look into the index for each code."""
_BORN = "SELECT birth_date, birth_precision FROM patient WHERE id = ?"


class _Last(NamedTuple):
    """As much of an earlier observation as is needed to judge a new one."""

    code: str
    value: str
    unit_code: str
    effective_at: datetime
    note: str


@dataclass(frozen=True)
class Measured:
    """A vital sign as it is recorded."""

    kind: VitalKind
    value: Decimal
    unit: str
    measured_at: datetime
    is_confirmed_unusual: bool = False


@dataclass(frozen=True)
class VitalsContext:
    """What new vital signs are judged by."""

    today: date
    age: Age | None
    """None where the birth date is not known."""
    here: Mapping[VitalKind, Measured] = field(default_factory=dict)
    """Recorded at this visit."""
    before: Mapping[VitalKind, Measured] = field(default_factory=dict)
    """The last of each kind from earlier."""


@dataclass(frozen=True)
class TypedVital:
    """One field of the vitals row. ``field`` is ``bp`` or a ``VitalKind``."""

    field: str
    text: str
    confirmed: bool = False
    """The person was asked about a rare value and said that it is right."""


@dataclass(frozen=True)
class Judgement:
    """What a typed vital sign means, and the question to ask about it, if any."""

    readings: tuple[Reading, ...]
    question: str = ""


@query("chart.read")
def vitals_context(reads: ReadSession, encounter_id: uuid.UUID) -> VitalsContext:
    """The vital signs of a visit and those before it.

    Raises:
        NotFoundError: there is no such visit.
    """
    encounter = charts.visit(reads, encounter_id)
    return _context(reads, encounter, _rows_of(reads, encounter))


def judge(typed: TypedVital, context: VitalsContext) -> Judgement:
    """Read and judge one field; nothing is stored.

    Raises:
        ValidationError: it is no measurement, or cannot be true.
    """
    try:
        if typed.field == BLOOD_PRESSURE:
            readings: tuple[Reading, ...] = parse_blood_pressure(typed.text)
        else:
            readings = (parse_vital(VitalKind(typed.field), typed.text),)
    except VitalError as error:
        raise ValidationError(typed.field, words.refusal(typed.field, error)) from None
    questions = [_question(typed.field, reading, context) for reading in readings]
    return Judgement(readings, " ".join(filter(None, questions)))


@command("vitals.write")
def record_vitals(
    uow: UnitOfWork, encounter_id: uuid.UUID, typed: Sequence[TypedVital]
) -> VitalsContext:
    """Record what was measured at an open visit; an emptied field takes its value back.

    A changed value is a new observation that corrects the old one. The body mass index follows
    from weight and height.

    Raises:
        NotFoundError: there is no such visit.
        RuleError: the visit is signed.
        ValidationError: a value cannot be true, or is rare and was not confirmed.
    """
    encounter = charts.open_visit(uow, encounter_id)
    here = _rows_of(uow, encounter)
    context = _context(uow, encounter, here)
    for each in typed:
        if not each.text.strip():
            _withdraw(here, _kinds(each.field))
            continue
        judged = judge(each, context)
        if judged.question and not each.confirmed:
            raise ValidationError(each.field, judged.question)
        here += _record(uow, encounter, here, judged.readings, judged.question and CONFIRMED)
    here += _record_bmi(uow, encounter, here, context)
    return replace(context, here=_measured(_standing(here)))


def _kinds(field_name: str) -> tuple[VitalKind, ...]:
    return PRESSURES if field_name == BLOOD_PRESSURE else (VitalKind(field_name),)


def _question(field_name: str, reading: Reading, context: VitalsContext) -> str:
    verdict = check(reading, context.age)
    if verdict.plausibility is Plausibility.IMPOSSIBLE:
        raise ValidationError(field_name, words.impossible(reading.kind, verdict, reading.unit))
    before = context.before.get(reading.kind)
    if reading.kind is VitalKind.WEIGHT and before is not None:
        doubt = weight_doubt(
            reading.value,
            context.today,
            before.value,
            before.measured_at.date(),
            context.age,
        )
        if doubt is not None:
            return words.doubtful_weight(doubt, before.value)
    if verdict.plausibility is Plausibility.UNUSUAL:
        return words.unusual(reading.kind, reading.value, reading.unit)
    return ""


def _context(
    reads: ReadSession, encounter: Encounter, here: Iterable[Observation]
) -> VitalsContext:
    before = _measured(_last_before(reads, encounter))
    day = encounter.start_at.astimezone(reads.zone).date()
    return VitalsContext(day, _age(reads, encounter.patient_id, day), _measured(here), before)


def _age(reads: ReadSession, patient_id: uuid.UUID, day: date) -> Age | None:
    chart = charts.surviving(reads.session, patient_id)
    born, precision = reads.cursor.execute(_BORN, (chart.bytes,)).fetchone()
    if not born:
        return None
    try:
        return age(BirthDate.parse(born, precision), day)
    except DateError:
        return None


def _rows_of(reads: ReadSession, encounter: Encounter) -> list[Observation]:
    return list(reads.session.scalars(_OF_VISIT, {"visit": encounter.id}))


def _standing(rows: Iterable[Observation]) -> list[Observation]:
    """Those that were not taken back."""
    return [row for row in rows if row.status != ObservationStatus.ENTERED_IN_ERROR]


def _last_before(reads: ReadSession, encounter: Encounter) -> Iterable[_Last]:
    wanted = {
        "codes": to_json(list(KIND_OF)),
        "until": to_millis(encounter.start_at),
        "visit": encounter.id.bytes,
    }
    for chart in charts.chart_ids(reads.session, encounter.patient_id):
        found = reads.cursor.execute(_LAST, wanted | {"chart": chart.bytes}).fetchall()
        for code, value, unit, measured_at, note in found:
            yield _Last(code, value, unit, from_millis(measured_at), note)


def _measured(rows: Iterable[Observation | _Last]) -> dict[VitalKind, Measured]:
    found: dict[VitalKind, Measured] = {}
    for row in rows:
        kind = KIND_OF.get(row.code)
        if kind is None or not row.value or row.effective_at is None:
            continue
        vital = VITALS[kind]
        if row.unit_code in vital.units:
            value = vital.stored(Decimal(row.value), row.unit_code)
            earlier = found.get(kind)
            if earlier is None or earlier.measured_at <= row.effective_at:
                found[kind] = Measured(
                    kind, value, vital.unit, row.effective_at, row.note == CONFIRMED
                )
    return found


def _record(
    uow: UnitOfWork,
    encounter: Encounter,
    here: Iterable[Observation],
    readings: Sequence[Reading],
    note: str,
) -> list[Observation]:
    """The rows of new readings; none where they say what is recorded already."""
    kinds = [reading.kind for reading in readings]
    old = [row for row in _standing(here) if KIND_OF.get(row.code) in kinds]
    if {(KIND_OF[row.code], row.value) for row in old} == {
        (reading.kind, str(reading.value)) for reading in readings
    }:
        return []
    _withdraw(here, kinds)
    replaced = {KIND_OF[row.code]: row.id for row in old}
    made: list[Observation] = []
    parent = None
    if len(readings) > 1:
        parent = _observation(
            uow, encounter, BLOOD_PRESSURE_PANEL, words.vital_name(BLOOD_PRESSURE)
        )
        uow.add(parent)
        made.append(parent)
    for reading in readings:
        vital = VITALS[reading.kind]
        row = _observation(uow, encounter, vital.loinc, words.vital_name(reading.kind))
        row.parent_id = None if parent is None else parent.id
        row.value_kind = "quantity"
        row.value, row.value_number = str(reading.value), float(reading.value)
        row.unit, row.unit_code = words.unit_words(vital.unit), vital.unit
        row.note = note
        row.corrects_id = replaced.get(reading.kind)
        if row.corrects_id is not None:
            row.status = ObservationStatus.CORRECTED
        uow.add(row)
        made.append(row)
    return made


def _observation(uow: UnitOfWork, encounter: Encounter, loinc: str, display: str) -> Observation:
    return Observation(
        patient_id=encounter.patient_id,
        encounter_id=encounter.id,
        category=ObservationCategory.VITAL_SIGNS,
        system=System.LOINC,
        code=loinc,
        display=display,
        effective_at=uow.now,
        issued_at=uow.now,
        performer_id=uow.actor.practitioner_id,
        recorder_id=uow.actor.user_id,
    )


def _withdraw(here: Iterable[Observation], kinds: Sequence[VitalKind]) -> None:
    """Mark the recorded values of these kinds as entered in error; they stay in the history."""
    standing = _standing(here)
    rows = [row for row in standing if KIND_OF.get(row.code) in kinds]
    parents = {row.parent_id for row in rows if row.parent_id is not None}
    for row in standing:
        if row in rows or row.id in parents:
            row.status = ObservationStatus.ENTERED_IN_ERROR


def _record_bmi(
    uow: UnitOfWork, encounter: Encounter, here: Sequence[Observation], context: VitalsContext
) -> list[Observation]:
    """An adult's height from an earlier visit still holds; a child's does not."""
    measured = _measured(_standing(here))
    weight, height = (measured.get(kind) for kind in (VitalKind.WEIGHT, VitalKind.HEIGHT))
    grown = context.age is not None and context.age.years >= 20
    if height is None and grown:
        height = context.before.get(VitalKind.HEIGHT)
    old_enough = context.age is not None and context.age.total_months >= BMI_FROM_MONTHS
    if weight is None or height is None or not old_enough:
        _withdraw(here, [VitalKind.BMI])
        return []
    reading = Reading(VitalKind.BMI, bmi(weight.value, height.value))
    return _record(uow, encounter, here, [reading], "")
