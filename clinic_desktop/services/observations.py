"""Vital signs of a visit: read as typed, judged, recorded as FHIR observations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import ObservationCategory, ObservationStatus, System
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.domain.partial_dates import Age
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
from clinic_desktop.models.types import to_json
from clinic_desktop.services import charts, undecided
from clinic_desktop.services import observations_words as words
from clinic_desktop.services.access import command, query
from clinic_desktop.services.observations_ages import age_on, other_ages
from clinic_desktop.services.observations_words import BLOOD_PRESSURE

CONFIRMED = "confirmed-unusual"
"""The note of a rare value that the person who typed it has confirmed."""
PRESSURES = (VitalKind.SYSTOLIC, VitalKind.DIASTOLIC)
KIND_OF = {vital.loinc: vital.kind for vital in VITALS.values()} | {
    vital.also_loinc: vital.kind for vital in VITALS.values() if vital.also_loinc
}

_OF_VISIT = """
SELECT id, parent_id, code, value, unit_code, effective_at, note FROM observation
WHERE encounter_id = ? AND category = 'vital-signs' AND status <> 'entered-in-error'
 AND is_deleted = 0 ORDER BY effective_at, id"""
_LAST = """
SELECT last.id, last.parent_id, last.code, last.value, last.unit_code, last.effective_at, last.note
FROM chart CROSS JOIN json_each(?2) AS wanted
JOIN observation AS last ON last.rowid = (
 SELECT rowid FROM observation
 WHERE patient_id = chart.id AND code = wanted.value AND effective_at < ?3
  AND status <> 'entered-in-error' AND is_deleted = 0
 ORDER BY effective_at DESC LIMIT 1
) WHERE last.encounter_id IS NOT ?4"""
"""The last measurement of each kind: one look into the index for each code."""
_CODES = to_json(list(KIND_OF))


class _Recorded(NamedTuple):
    """As much of an observation as is needed to judge another one."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    code: str
    value: str
    unit_code: str
    effective_at: datetime | None
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
    here_versions: Mapping[VitalKind, tuple[Measured, ...]] = field(default_factory=dict)
    """Of this visit what two PCs wrote differently, in every version, until it is decided."""
    before_versions: Mapping[VitalKind, tuple[Measured, ...]] = field(default_factory=dict)
    """The same of what may be the last one from earlier."""
    other_ages: tuple[Age | None, ...] = ()
    """Ages by birth dates that other PCs wrote, until it is decided."""

    @property
    def ages(self) -> tuple[Age | None, ...]:
        """Every age that the person may have."""
        return (self.age, *self.other_ages)


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


@query("vitals.read")
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


@command("vitals.create")
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
            _withdraw(uow, here, _kinds(each.field))
            continue
        judged = judge(each, context)
        if judged.question and not each.confirmed:
            raise ValidationError(each.field, judged.question)
        _record(uow, encounter, here, judged.readings, judged.question and CONFIRMED)
    _record_bmi(uow, encounter, here, context)
    return replace(context, here=_measured(here))


def _kinds(field_name: str) -> tuple[VitalKind, ...]:
    return PRESSURES if field_name == BLOOD_PRESSURE else (VitalKind(field_name),)


def _question(field_name: str, reading: Reading, context: VitalsContext) -> str:
    verdicts = [check(reading, each) for each in context.ages]
    verdict = verdicts[0]
    if all(each.plausibility is Plausibility.IMPOSSIBLE for each in verdicts):
        raise ValidationError(field_name, words.impossible(reading.kind, verdict, reading.unit))
    doubtful = _doubtful_weight(reading, context) if reading.kind is VitalKind.WEIGHT else ""
    if doubtful:
        return doubtful
    if any(each.plausibility is not Plausibility.USUAL for each in verdicts):
        return words.unusual(reading.kind, reading.value, reading.unit)
    return ""


def _doubtful_weight(reading: Reading, context: VitalsContext) -> str:
    """Compared with the last weight; where that is not decided, with every version of it."""
    last = context.before.get(reading.kind)
    every = (*([last] if last else []), *context.before_versions.get(reading.kind, ()))
    for before, each in product(every, context.ages):
        doubt = weight_doubt(
            reading.value, context.today, before.value, before.measured_at.date(), each
        )
        if doubt is not None:
            return words.doubtful_weight(doubt, before.value)
    return ""


def _context(reads: ReadSession, encounter: Encounter, here: Iterable[_Recorded]) -> VitalsContext:
    before = _measured(_last_before(reads, encounter))
    day = encounter.start_at.astimezone(reads.zone).date()
    asked = undecided.rows_in_versions(reads, "observation", encounter.patient_id)
    return VitalsContext(
        day,
        age_on(reads, encounter.patient_id, day),
        _measured(here),
        before,
        _versions([row for each in asked for row in each if _is_of(row, encounter)], {}),
        _versions([row for each in asked for row in each if _is_before(row, encounter)], before),
        other_ages(reads, encounter.patient_id, day),
    )


def _is_of(row: dict[str, Any], encounter: Encounter) -> bool:
    return row["encounter_id"] is not None and bytes(row["encounter_id"]) == encounter.id.bytes


def _is_before(row: dict[str, Any], encounter: Encounter) -> bool:
    at = row["effective_at"]
    is_earlier = at is not None and at < to_millis(encounter.start_at)
    return is_earlier and not _is_of(row, encounter)


def _versions(
    rows: Iterable[dict[str, Any]], last: Mapping[VitalKind, Measured]
) -> dict[VitalKind, tuple[Measured, ...]]:
    """By kind each different value that is not older than the last one."""
    found: dict[VitalKind, tuple[Measured, ...]] = {}
    for row in rows:
        if row["status"] == ObservationStatus.ENTERED_IN_ERROR:
            continue
        named = [row[name] for name in _Recorded._fields]
        for kind, each in _measured([_recorded(tuple(named))]).items():
            is_last = kind not in last or each.measured_at >= last[kind].measured_at
            if is_last and each.value not in [seen.value for seen in found.get(kind, ())]:
                found[kind] = (*found.get(kind, ()), each)
    return found


def _rows_of(reads: ReadSession, encounter: Encounter) -> list[_Recorded]:
    """The vital signs of a visit that were not taken back."""
    return [_recorded(row) for row in reads.plain(Observation, _OF_VISIT, encounter.id.bytes)]


def _recorded(row: tuple[Any, ...]) -> _Recorded:
    row_id, parent_id, code, value, unit, measured_at, note = row
    return _Recorded(
        uuid.UUID(bytes=row_id),
        None if parent_id is None else uuid.UUID(bytes=parent_id),
        code,
        value,
        unit,
        None if measured_at is None else from_millis(measured_at),
        note,
    )


def _last_before(reads: ReadSession, encounter: Encounter) -> Iterable[_Recorded]:
    until, visit = to_millis(encounter.start_at), encounter.id.bytes
    return map(_recorded, charts.rows(reads, _LAST, encounter.patient_id, _CODES, until, visit))


def _measured(rows: Iterable[_Recorded]) -> dict[VitalKind, Measured]:
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
    here: list[_Recorded],
    readings: Sequence[Reading],
    note: str,
) -> None:
    """Write new readings, and add them to ``here``; nothing where they are recorded already."""
    kinds = [reading.kind for reading in readings]
    old = [row for row in here if KIND_OF.get(row.code) in kinds]
    if {(KIND_OF[row.code], row.value) for row in old} == {
        (reading.kind, str(reading.value)) for reading in readings
    }:
        return
    _withdraw(uow, here, kinds)
    replaced = {KIND_OF[row.code]: row.id for row in old}
    made: list[Observation] = []
    if len(readings) > 1:
        made.append(
            _observation(uow, encounter, BLOOD_PRESSURE_PANEL, words.vital_name(BLOOD_PRESSURE))
        )
    parent_id = made[0].id if made else None
    for reading in readings:
        vital, corrects_id = VITALS[reading.kind], replaced.get(reading.kind)
        made.append(
            _observation(
                uow,
                encounter,
                vital.loinc,
                words.vital_name(reading.kind),
                parent_id=parent_id,
                value_kind="quantity",
                value=str(reading.value),
                value_number=float(reading.value),
                unit=words.unit_words(vital.unit),
                unit_code=vital.unit,
                note=note,
                corrects_id=corrects_id,
                status=ObservationStatus.CORRECTED if corrects_id else ObservationStatus.FINAL,
            )
        )
    uow.add(*made)
    here += (
        _Recorded(row.id, row.parent_id, row.code, row.value, row.unit_code, uow.now, row.note)
        for row in made
    )


def _observation(
    uow: UnitOfWork, encounter: Encounter, loinc: str, display: str, **values: Any
) -> Observation:
    return Observation(
        id=uow.new_id(),
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
        **values,
    )


def _withdraw(uow: UnitOfWork, here: list[_Recorded], kinds: Sequence[VitalKind]) -> None:
    """Mark the recorded values of these kinds as entered in error; they stay in the history."""
    rows = [row for row in here if KIND_OF.get(row.code) in kinds]
    withdrawn = {row.id for row in rows} | {row.parent_id for row in rows}
    for row in [row for row in here if row.id in withdrawn]:
        uow.session.get_one(Observation, row.id).status = ObservationStatus.ENTERED_IN_ERROR
        here.remove(row)


def _record_bmi(
    uow: UnitOfWork, encounter: Encounter, here: list[_Recorded], context: VitalsContext
) -> None:
    """An adult's height from an earlier visit still holds; a child's does not."""
    kinds = (VitalKind.WEIGHT, VitalKind.HEIGHT)
    measured = _measured(row for row in here if KIND_OF.get(row.code) in kinds)
    weight, height = (measured.get(kind) for kind in kinds)
    grown = context.age is not None and context.age.years >= 20
    if height is None and grown:
        height = context.before.get(VitalKind.HEIGHT)
    old_enough = context.age is not None and context.age.total_months >= BMI_FROM_MONTHS
    if weight is None or height is None or not old_enough:
        _withdraw(uow, here, [VitalKind.BMI])
        return
    reading = Reading(VitalKind.BMI, bmi(weight.value, height.value))
    _record(uow, encounter, here, [reading], "")
