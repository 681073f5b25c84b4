"""Results of a chart: the latest of each kind, and one kind over the years."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import Interpretation
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.models.types import to_json
from clinic_desktop.services import charts, undecided
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
    is_withdrawn: bool = False
    """Taken back, or never a result; such a row stands only beside its other version."""
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is a row with the id."""


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
is_deleted = 0 AND value <> '' AND status NOT IN ('entered-in-error', 'cancelled')
 AND (:asked = '[]' OR hex(id) NOT IN (SELECT value FROM json_each(:asked)))"""
_WITHDRAWN = ("entered-in-error", "cancelled")

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
    """The latest value of each kind, by category and name; vital signs are among them.

    Where a value that may be the latest is not decided, each version is there, and the value
    before it too if one version says that it still is the latest.
    """
    found: dict[tuple[str, str], ResultRow] = {}
    asked = _in_versions(reads, patient_id)
    for row in _read(reads, _LATEST, patient_id, asked=_asked(asked)):
        seen = found.get(_kind(row))
        if seen is None or _time(seen) < _time(row):
            found[_kind(row)] = row
    rows = _with_versions(found, asked) if asked else list(found.values())
    return sorted(rows, key=lambda row: (row.category, row.display.casefold()))


def _kind(row: ResultRow) -> tuple[str, str]:
    return row.code, "" if row.code else row.display


def _with_versions(
    latest: dict[tuple[str, str], ResultRow], asked: Sequence[Sequence[ResultRow]]
) -> list[ResultRow]:
    """The latest of what nobody asks about, and all versions of what may be later."""
    found: list[ResultRow] = []
    surely_older = set()
    for versions in asked:
        later = [row for row in versions if not row.is_withdrawn and _is_later(row, latest)]
        found += versions if later else []
        if len(later) == len(versions) and len({_kind(row) for row in later}) == 1:
            surely_older.add(_kind(later[0]))
    return found + [row for kind, row in latest.items() if kind not in surely_older]


def _is_later(row: ResultRow, latest: dict[tuple[str, str], ResultRow]) -> bool:
    seen = latest.get(_kind(row))
    return seen is None or _time(seen) <= _time(row)


def _in_versions(reads: ReadSession, patient_id: uuid.UUID) -> list[list[ResultRow]]:
    """Of each result that nobody has decided every version, first the one that is shown."""
    found = undecided.rows_in_versions(reads, "observation", patient_id)
    return [
        [_version(each) for each in versions]
        for versions in found
        if any(each["value"] for each in versions)
    ]


def _asked(found: Sequence[Sequence[ResultRow]]) -> str:
    return to_json([versions[0].id.hex.upper() for versions in found])


def _version(each: dict[str, Any]) -> ResultRow:
    row = _row(
        (
            *(each[name] for name in ("id", "code", "display", "category")),
            f"{each['comparator']}{each['value']}", each["value_number"],
            each["unit"] or each["unit_code"],
            *(each[name] for name in ("interpretation", "reference_low", "reference_high")),
            *(each[name] for name in ("reference_text", "effective_at")),
        )
    )  # fmt: skip
    return replace(row, is_disputed=True, is_withdrawn=each["status"] in _WITHDRAWN)


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
    asked = _in_versions(reads, patient_id)
    rows = _read(
        reads, _SERIES, patient_id, code=code, display=display, most=most, asked=_asked(asked)
    )
    kind = (code, "" if code else display)
    rows += [row for versions in asked for row in versions if _kind(row) == kind]
    rows.sort(key=_time)
    if not rows:
        return None
    last = next((row for row in reversed(rows) if not row.is_withdrawn), rows[-1])
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
