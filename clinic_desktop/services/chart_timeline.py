"""Everything that happened to a person, in one line of time, page by page."""

from __future__ import annotations

import heapq
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from clinic_desktop.db import confidentiality
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import query
from clinic_desktop.services.observations_words import reported_words, unit_words

PAGE = 60
MOST_NAMED = 8
_RECORD, _UNIT = "\x1e", "\x1f"


class TimelineKind(StrEnum):
    """What an entry tells of; the filters of the timeline."""

    VISIT = "visit"
    PROBLEM = "problem"
    MEDICINE = "medicine"
    RESULT = "result"
    VITALS = "vitals"
    VACCINE = "vaccine"
    PROCEDURE = "procedure"
    DOCUMENT = "document"
    BILLING = "billing"


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened."""

    kind: TimelineKind
    id: uuid.UUID
    """The row it tells of; of a group of measurements, the first one."""
    at: datetime
    title: str
    detail: str
    status: str
    """The row's own status code; empty where it has none."""
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is an entry."""

    @property
    def is_withdrawn(self) -> bool:
        """Taken back; such an entry stands only beside its other version."""
        return self.status == _WITHDRAWN

    @property
    def place(self) -> tuple[datetime, uuid.UUID]:
        """Where it stands among the others."""
        return self.at, self.id


@dataclass(frozen=True)
class TimelinePage:
    """Entries, the latest first, and where the next page begins."""

    entries: tuple[TimelineEntry, ...]
    next_before: TimelineMark | None


@dataclass(frozen=True)
class TimelineMark:
    """A place in the timeline: entries after it are older, or equally old with a lower id."""

    at: datetime
    id: uuid.UUID


# Each part is read through its own index from the newest entry down, and never further than one
# page: a chart of any length opens in the same time.
_PLACE = "(at < :at OR (at = :at AND id < :id))"
_TOLD = "(:hidden = '[]' OR hex(id) NOT IN (SELECT value FROM json_each(:hidden)))"
_WITHDRAWN = "entered-in-error"
_PARTS = {
    TimelineKind.VISIT: """
SELECT id, start_at AS at, type_display AS title, reason AS detail, status FROM encounter
WHERE patient_id = :chart AND is_deleted = 0 AND status NOT IN ('cancelled', 'entered-in-error')
 AND start_at <= :at""",
    TimelineKind.PROBLEM: """
SELECT id, recorded_at AS at, display AS title, code AS detail, clinical_status AS status
FROM condition WHERE patient_id = :chart AND is_deleted = 0
 AND verification_status <> 'entered-in-error' AND recorded_at <= :at""",
    TimelineKind.MEDICINE: """
SELECT id, authored_at AS at, product AS title, instructions AS detail, status
FROM medication_request WHERE patient_id = :chart AND is_deleted = 0
 AND status <> 'entered-in-error' AND authored_at <= :at""",
    TimelineKind.RESULT: """
SELECT id, effective_at AS at, display AS title, conclusion AS detail, status
FROM diagnostic_report WHERE patient_id = :chart AND is_deleted = 0
 AND status <> 'entered-in-error' AND effective_at <= :at""",
    TimelineKind.VITALS: f"""
SELECT min(id) AS id, effective_at AS at, '' AS title,
 group_concat(display || char(31) || value || char(31) || unit, char(30)) AS detail, '' AS status
FROM observation WHERE patient_id = :chart AND is_deleted = 0 AND category = 'vital-signs'
 AND {_TOLD} AND value <> '' AND status <> 'entered-in-error' AND effective_at <= :at
GROUP BY effective_at ORDER BY effective_at DESC LIMIT :size + 1""",  # noqa: S608 - of constants
    TimelineKind.VACCINE: """
SELECT id, occurred_at AS at, display AS title, lot_number AS detail, status
FROM immunization WHERE patient_id = :chart AND is_deleted = 0
 AND status <> 'entered-in-error' AND occurred_at <= :at""",
    TimelineKind.PROCEDURE: """
SELECT id, performed_at AS at, display AS title, reason AS detail, status
FROM procedure WHERE patient_id = :chart AND is_deleted = 0
 AND status <> 'entered-in-error' AND performed_at <= :at""",
    TimelineKind.DOCUMENT: """
SELECT id, dated_at AS at, coalesce(nullif(title, ''), display) AS title, author AS detail, status
FROM document_reference WHERE patient_id = :chart AND is_deleted = 0
 AND status <> 'entered-in-error' AND dated_at <= :at""",
    TimelineKind.BILLING: """
SELECT id, issued_at AS at, number AS title, kind AS detail, status
FROM invoice WHERE patient_id = :chart AND is_deleted = 0 AND status = 'issued'
 AND issued_at <= :at""",
}
_LONE_RESULTS = f"""
SELECT min(id) AS id, effective_at AS at, '' AS title,
 group_concat(display || char(31) || value || char(31) || unit, char(30)) AS detail, '' AS status
FROM observation WHERE patient_id = :chart AND is_deleted = 0 AND report_id IS NULL
 AND {_TOLD} AND parent_id IS NULL AND value <> '' AND category <> 'vital-signs'
 AND status <> 'entered-in-error' AND effective_at <= :at
GROUP BY effective_at ORDER BY effective_at DESC LIMIT :size + 1"""  # noqa: S608 - of constants
"""Results that came without a report, together as they were taken."""
_YEARS = """
SELECT DISTINCT strftime('%Y', start_at / 1000, 'unixepoch') FROM encounter
WHERE patient_id = :chart AND is_deleted = 0
UNION
SELECT DISTINCT strftime('%Y', authored_at / 1000, 'unixepoch') FROM medication_request
WHERE patient_id = :chart AND is_deleted = 0 AND authored_at IS NOT NULL
UNION
SELECT DISTINCT strftime('%Y', dated_at / 1000, 'unixepoch') FROM document_reference
WHERE patient_id = :chart AND is_deleted = 0 AND dated_at IS NOT NULL"""


_LAST = uuid.UUID(int=(1 << 128) - 1)


@query("chart.read")
def timeline(
    reads: ReadSession,
    patient_id: uuid.UUID,
    kinds: Iterable[TimelineKind] = (),
    before: TimelineMark | None = None,
    size: int = PAGE,
) -> TimelinePage:
    """A page of the timeline; no kinds means all of them, ``before`` where the last one ended."""
    wanted = frozenset(kinds) or frozenset(TimelineKind)
    mark = before or TimelineMark(datetime.max.replace(tzinfo=reads.now.tzinfo), _LAST)
    hidden = _hidden(reads, patient_id)
    asked = _disputed(reads, patient_id)
    left_out = json.dumps([*hidden, *(entry.id.hex.upper() for entry in asked)])
    streams = [
        _stream(reads, chart, kind, sql, mark, size + 1, left_out)
        for chart in charts.chart_ids(reads.session, patient_id)
        for kind, sql in _statements(wanted)
    ]
    shown = [
        entry
        for entry in asked
        if entry.kind in wanted and entry.place < (mark.at, mark.id)
        if entry.id.hex.upper() not in hidden
    ]
    found = list(heapq.merge(*streams, shown, key=lambda entry: entry.place, reverse=True))
    while size < len(found) and found[size].place == found[size - 1].place:
        size += 1  # versions of one row stay together: the next page begins after its place
    page = tuple(found[:size])
    more = len(found) > size
    return TimelinePage(page, TimelineMark(page[-1].at, page[-1].id) if more else None)


@query("chart.read")
def timeline_of_year(
    reads: ReadSession, patient_id: uuid.UUID, year: int, kinds: Iterable[TimelineKind] = ()
) -> TimelinePage:
    """The timeline from the end of a year on the clinic's calendar downwards."""
    end = TimelineMark(datetime(year + 1, 1, 1, tzinfo=reads.zone), uuid.UUID(int=0))
    return timeline(reads, patient_id, kinds, end)


@query("chart.read")
def timeline_years(reads: ReadSession, patient_id: uuid.UUID) -> list[int]:
    """The years in which something happened, the latest first."""
    years: set[int] = set()
    for chart in charts.chart_ids(reads.session, patient_id):
        found = reads.cursor.execute(_YEARS, {"chart": chart.bytes})
        years |= {int(row[0]) for row in found if row[0]}
    return sorted(years, reverse=True)


def _statements(wanted: frozenset[TimelineKind]) -> Iterator[tuple[TimelineKind, str]]:
    for kind, sql in _PARTS.items():
        if kind in wanted:
            yield kind, sql
    if TimelineKind.RESULT in wanted:
        yield TimelineKind.RESULT, _LONE_RESULTS


def _hidden(reads: ReadSession, patient_id: uuid.UUID) -> list[str]:
    """The documents of visits whose words are kept from the person, as ``_TOLD`` wants them."""
    visits = [each.bytes for each in confidentiality.hidden_visits(reads, patient_id)]
    sql = f"SELECT hex(id) FROM document_reference WHERE encounter_id IN ({marks(visits)})"  # noqa: S608
    return [row[0] for row in reads.cursor.execute(sql, visits)] if visits else []


_VERSIONS = {
    TimelineKind.VISIT: ("encounter", "start_at", "type_display", "reason"),
    TimelineKind.PROBLEM: ("condition", "recorded_at", "display", "code"),
    TimelineKind.MEDICINE: ("medication_request", "authored_at", "product", "instructions"),
    TimelineKind.RESULT: ("diagnostic_report", "effective_at", "display", "conclusion"),
    TimelineKind.VACCINE: ("immunization", "occurred_at", "display", "lot_number"),
    TimelineKind.PROCEDURE: ("procedure", "performed_at", "display", "reason"),
    TimelineKind.DOCUMENT: ("document_reference", "dated_at", "title", "author"),
}
"""By kind its table, and the columns that stand for the time and for both lines."""
_STATUS = {"condition": "verification_status"}


def _disputed(reads: ReadSession, patient_id: uuid.UUID) -> list[TimelineEntry]:
    """Every version of what is not decided between PCs, the latest first. Empty nearly always."""
    asked = undecided.asked_tables(reads, patient_id)
    found = [
        TimelineEntry(
            kind, uuid.UUID(bytes=each["id"]), from_millis(each[at]), each[title] or "",
            each[detail] or "", each[_STATUS.get(table, "status")], is_disputed=True,
        )
        for kind, (table, at, title, detail) in _VERSIONS.items() if table in asked
        for versions in undecided.rows_in_versions(reads, table, patient_id)
        if any(each[_STATUS.get(table, "status")] not in _untold(kind) for each in versions)
        for each in versions if each[at] is not None
    ]  # fmt: skip
    if "observation" in asked:
        found += _disputed_results(reads, patient_id)
    return sorted(found, key=lambda entry: entry.place, reverse=True)


def _untold(kind: TimelineKind) -> frozenset[str]:
    """The status codes that ``_PARTS`` leaves out: what has no other in any version is not told."""
    return frozenset({_WITHDRAWN, "cancelled"} if kind is TimelineKind.VISIT else {_WITHDRAWN})


def _disputed_results(reads: ReadSession, patient_id: uuid.UUID) -> Iterator[TimelineEntry]:
    for versions in undecided.rows_in_versions(reads, "observation", patient_id):
        if all(each["status"] == _WITHDRAWN for each in versions):
            continue
        for each in versions:
            if each["effective_at"] is not None and each["value"]:
                is_vital = each["category"] == "vital-signs"
                value = f"{reported_words(each['value'])} {unit_words(each['unit'])}".strip()
                yield TimelineEntry(
                    TimelineKind.VITALS if is_vital else TimelineKind.RESULT,
                    uuid.UUID(bytes=each["id"]), from_millis(each["effective_at"]),
                    each["display"], value, each["status"], is_disputed=True,
                )  # fmt: skip


def _stream(
    reads: ReadSession,
    chart: uuid.UUID,
    kind: TimelineKind,
    sql: str,
    mark: TimelineMark,
    size: int,
    hidden: str,
) -> list[TimelineEntry]:
    statement = (
        f"SELECT * FROM ({sql}) WHERE {_PLACE} AND {_TOLD} ORDER BY at DESC, id DESC LIMIT :size"  # noqa: S608 - of constants
    )
    values = {
        "chart": chart.bytes,
        "at": to_millis(mark.at),
        "id": mark.id.bytes,
        "size": size,
        "hidden": hidden,
    }
    return [_entry(kind, row) for row in reads.cursor.execute(statement, values)]


def _entry(kind: TimelineKind, row: tuple[Any, ...]) -> TimelineEntry:
    row_id, at, title, detail, status = row
    words = _measured(detail) if detail and _UNIT in detail else detail or ""
    return TimelineEntry(kind, uuid.UUID(bytes=row_id), from_millis(at), title, words, status)


def _measured(detail: str) -> str:
    """The first measurements of a group, with their units as people write them."""
    parts = [each.split(_UNIT) for each in detail.split(_RECORD)[:MOST_NAMED]]
    return " · ".join(
        f"{name} {reported_words(value)} {unit_words(unit)}".strip() for name, value, unit in parts
    )
