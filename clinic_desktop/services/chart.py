"""The chart at a glance: one question, one answer, so that it opens at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import ObservationCategory
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.vitals import VITALS, VitalKind
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import query
from clinic_desktop.services.allergies import AllergyState, allergies_of
from clinic_desktop.services.chart_medicines import MedicineRow, medicines_of
from clinic_desktop.services.chart_results import ResultRow, Series, latest_results, series
from clinic_desktop.services.chart_visits import VisitRow, last_visits
from clinic_desktop.services.conditions import ConditionRow, problems_of
from clinic_desktop.services.observations_words import flag_words

POINTS = 12
"""Values in a sparkline."""
LAST_VISITS = 4
LAST_RESULTS = 10
TREND_POINTS = 40
_SHOWN = (
    VitalKind.SYSTOLIC,
    VitalKind.DIASTOLIC,
    VitalKind.PULSE,
    VitalKind.RESPIRATION,
    VitalKind.TEMPERATURE,
    VitalKind.SPO2,
    VitalKind.WEIGHT,
    VitalKind.HEIGHT,
    VitalKind.BMI,
    VitalKind.HEAD,
)
_POINTS = """
SELECT effective_at, value_number, unit_code FROM observation
WHERE patient_id = :chart AND code = :code AND is_deleted = 0
 AND value_number IS NOT NULL AND effective_at IS NOT NULL AND status <> 'entered-in-error'
ORDER BY effective_at DESC LIMIT :points"""


@dataclass(frozen=True)
class VitalTrend:
    """The last values of one vital sign, the oldest first, in the stored unit."""

    kind: VitalKind
    unit: str
    points: tuple[tuple[datetime, float], ...]
    versions: tuple[float, ...] = ()
    """What the last one may be, where two PCs wrote it differently and nobody has decided."""


@dataclass(frozen=True)
class ChartSummary:
    """What the first page of a chart shows."""

    patient_id: uuid.UUID
    problems: tuple[ConditionRow, ...]
    allergies: AllergyState
    medicines: tuple[MedicineRow, ...]
    vitals: tuple[VitalTrend, ...]
    results: tuple[ResultRow, ...]
    """The latest laboratory results, the newest first."""
    trend: Series | None
    """Of the result that is most out of order, or else of the latest; the last values of it."""
    visits: tuple[VisitRow, ...]
    """The last ones, the latest first."""


@query("chart.read")
def summary(reads: ReadSession, patient_id: uuid.UUID) -> ChartSummary:
    """The first page of a chart, those merged into it included.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    results = [
        row
        for row in latest_results(reads, patient_id)
        if row.category == ObservationCategory.LABORATORY and row.measured_at is not None
    ]
    results.sort(key=lambda row: row.measured_at or reads.now, reverse=True)
    del results[LAST_RESULTS:]
    return ChartSummary(
        patient_id,
        tuple(problems_of(reads, patient_id)),
        allergies_of(reads, patient_id),
        tuple(medicines_of(reads, patient_id)),
        tuple(_vitals(reads, patient_id)),
        tuple(results),
        _trend(reads, patient_id, results),
        tuple(last_visits(reads, patient_id, LAST_VISITS)),
    )


def _trend(
    reads: ReadSession, patient_id: uuid.UUID, results: Sequence[ResultRow]
) -> Series | None:
    with_numbers = [row for row in results if row.number is not None]
    flagged = [row for row in with_numbers if flag_words(row.interpretation)]
    chosen = next(iter(flagged or with_numbers), None)
    if chosen is None:
        return None
    return series(reads, patient_id, chosen.code, chosen.display, most=TREND_POINTS)


def _vitals(reads: ReadSession, patient_id: uuid.UUID) -> list[VitalTrend]:
    chart = charts.chart_ids(reads.session, patient_id)
    asked = undecided.rows_in_versions(reads, "observation", patient_id)
    trends = []
    for kind in _SHOWN:
        vital = VITALS[kind]
        found: list[tuple[int, float, str]] = []
        for each, code in product(chart, filter(None, (vital.loinc, vital.also_loinc))):
            values = {"chart": each.bytes, "code": code, "points": POINTS}
            found += reads.cursor.execute(_POINTS, values).fetchall()
        # A value in another unit is in the results; a plot shows one unit only.
        points = sorted((at, value) for at, value, unit in found if unit == vital.unit)[-POINTS:]
        versions = _versions(asked, (vital.loinc, vital.also_loinc), vital.unit, points)
        points = points or versions[:1]
        if points:
            trend = tuple((from_millis(at), value) for at, value in points)
            told = tuple(dict.fromkeys(value for _at, value in versions))
            trends.append(VitalTrend(kind, vital.unit, trend, told))
    return trends


def _versions(
    asked: Sequence[Sequence[dict[str, Any]]],
    codes: Sequence[str],
    unit: str,
    points: Sequence[tuple[int, float]],
) -> list[tuple[int, float]]:
    """Every version of what may be the last one of a vital sign; none where that is decided."""
    found: list[tuple[int, float]] = []
    for each in asked:
        standing = [
            (row["effective_at"], row["value_number"])
            for row in each
            if row["code"] in codes and row["unit_code"] == unit
            if row["value_number"] is not None and row["effective_at"] is not None
            if row["status"] != "entered-in-error"
        ]
        if any(not points or at >= points[-1][0] for at, _value in standing):
            found += standing
    return found
