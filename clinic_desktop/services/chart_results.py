"""Results of a chart: the latest of each kind, and one kind over the years."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import Interpretation
from clinic_desktop.models.types import from_millis
from clinic_desktop.services import charts
from clinic_desktop.services.access import query

MOST_POINTS = 2000


@dataclass(frozen=True)
class ResultRow:
    """One value as it was reported."""

    id: uuid.UUID
    code: str
    display: str
    category: str
    value: str
    """As given: a decimal keeps its digits, a coded answer shows its words."""
    number: float | None
    unit: str
    interpretation: str
    """HL7 code: as sent, or worked out from the reference range; empty if unknown."""
    low: str
    high: str
    reference: str
    """The range in words, where it is no pair of numbers."""
    measured_at: datetime | None


@dataclass(frozen=True)
class Series:
    """Values of one kind, the oldest first."""

    code: str
    display: str
    unit: str
    """Of the latest value; values in other units are in the table but not on the plot."""
    low: float | None
    high: float | None
    rows: tuple[ResultRow, ...]


_COLUMNS = """
o.id, o.code, o.display, o.category, o.comparator || o.value, o.value_number,
coalesce(nullif(o.unit, ''), o.unit_code), o.interpretation, o.reference_low, o.reference_high,
o.reference_text, o.effective_at"""
_STANDS = """
is_deleted = 0 AND value <> '' AND status NOT IN ('entered-in-error', 'cancelled')"""

# One step of an index per code, however many values there are: the codes are walked with min(),
# and the latest value of each is the last entry of ix_observation_trend.
_LATEST = f"""
WITH RECURSIVE codes (code) AS (
 SELECT min(code) FROM observation WHERE patient_id = :chart AND code > ''
 UNION ALL
 SELECT (SELECT min(code) FROM observation WHERE patient_id = :chart AND code > codes.code)
 FROM codes WHERE code IS NOT NULL
)
SELECT {_COLUMNS} FROM codes JOIN observation o ON o.id = (
 SELECT id FROM observation WHERE patient_id = :chart AND code = codes.code AND {_STANDS}
 ORDER BY effective_at DESC LIMIT 1)
UNION ALL
SELECT {_COLUMNS} FROM observation o WHERE o.id IN (
 SELECT id FROM (
  SELECT id, max(effective_at) FROM observation
  WHERE patient_id = :chart AND code = '' AND {_STANDS} GROUP BY display))"""  # noqa: S608 - of constants
_SERIES = f"""
SELECT {_COLUMNS} FROM observation o
WHERE patient_id = :chart AND code = :code AND (code <> '' OR display = :display) AND {_STANDS}
ORDER BY effective_at DESC LIMIT :most"""  # noqa: S608 - of constants


@query("result.read")
def latest_results(reads: ReadSession, patient_id: uuid.UUID) -> list[ResultRow]:
    """The latest value of each kind, by category and name; vital signs are among them."""
    found: dict[tuple[str, str], ResultRow] = {}
    for row in _read(reads, _LATEST, patient_id):
        key = (row.code, "" if row.code else row.display)
        seen = found.get(key)
        if seen is None or _time(seen) < _time(row):
            found[key] = row
    return sorted(found.values(), key=lambda row: (row.category, row.display.casefold()))


@query("result.read")
def series(
    reads: ReadSession,
    patient_id: uuid.UUID,
    code: str,
    display: str = "",
    *,
    most: int = MOST_POINTS,
) -> Series | None:
    """The last values of one kind of result; None without any.

    ``display`` tells uncoded ones apart.
    """
    rows = _read(reads, _SERIES, patient_id, code=code, display=display, most=most)
    rows.sort(key=_time)
    if not rows:
        return None
    last = rows[-1]
    low, high = _number(last.low), _number(last.high)
    return Series(code, last.display, last.unit, low, high, tuple(rows[-most:]))


def _read(
    reads: ReadSession, sql: str, patient_id: uuid.UUID, **values: str | int
) -> list[ResultRow]:
    rows: list[ResultRow] = []
    for chart in charts.chart_ids(reads.session, patient_id):
        found = reads.cursor.execute(sql, {"chart": chart.bytes, **values})
        rows += [_row(each) for each in found]
    return rows


def _row(row: tuple[Any, ...]) -> ResultRow:
    row_id, code, display, category, value, number, unit, sent, low, high, words, at = row
    return ResultRow(
        uuid.UUID(bytes=row_id),
        code,
        display,
        category,
        value,
        number,
        unit,
        sent or _interpretation(number, _number(low), _number(high)),
        low,
        high,
        words,
        None if at is None else from_millis(at),
    )


def _interpretation(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or (low is None and high is None):
        return ""
    if low is not None and value < low:
        return Interpretation.LOW
    return Interpretation.HIGH if high is not None and value > high else Interpretation.NORMAL


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _time(row: ResultRow) -> float:
    return row.measured_at.timestamp() if row.measured_at else 0.0
