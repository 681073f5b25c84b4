"""The list of patients: all of them, or those a filter finds, in the order wanted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clinic_desktop.db import search as index
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import EncounterStatus
from clinic_desktop.domain.folding import fts_query
from clinic_desktop.services.access import query
from clinic_desktop.services.patients.finding import ranked
from clinic_desktop.services.patients.rows import PatientRow, currency, patient_rows

MOST_LISTED = 5_000
"""Nobody scrolls further; who wants more types another letter."""
FIRST_PAGE = 100


class Order(StrEnum):
    """What the list can be sorted by."""

    RANK = "rank"
    """The likeliest match first; without a filter, by name."""
    NAME = "name"
    AGE = "age"
    LAST_VISIT = "last_visit"
    BALANCE = "balance"


@dataclass(frozen=True)
class PatientFilter:
    """What to list."""

    text: str = ""
    order: Order = Order.RANK
    descending: bool = False
    only_owing: bool = False
    limit: int = MOST_LISTED
    offset: int = 0


@dataclass(frozen=True)
class PatientList:
    """The ids in their order, with the rows of the first page."""

    ids: tuple[uuid.UUID, ...]
    first: tuple[PatientRow, ...]
    matching: int
    """How many match, also beyond the ids listed."""
    total: int
    """How many patients there are."""


@query("patient.read")
def patient_list(reads: ReadSession, wanted: PatientFilter) -> PatientList:
    """List patients; further rows are asked for with ``rows``."""
    match = fts_query(wanted.text, today=reads.today)
    total = index.count(reads.cursor)
    if wanted.text.strip() and not match:
        return PatientList((), (), 0, total)
    if match and wanted.order is Order.RANK and not wanted.only_owing:
        ids = list(ranked(reads, wanted.text, wanted.offset + wanted.limit))[wanted.offset :]
    else:
        ids = _sorted_ids(reads, match, wanted)
    short = len(ids) < wanted.limit
    matching = wanted.offset + len(ids) if short else _count(reads, match, wanted)
    first = patient_rows(reads, ids[:FIRST_PAGE])
    return PatientList(tuple(ids), tuple(first), matching, total)


@query("patient.read")
def rows(reads: ReadSession, patient_ids: tuple[uuid.UUID, ...]) -> list[PatientRow]:
    """The rows of these patients, in this order."""
    return patient_rows(reads, patient_ids)


def _count(reads: ReadSession, match: str, wanted: PatientFilter) -> int:
    if not wanted.only_owing:
        return index.count(reads.cursor, match)
    sql, values = _from(reads, match, wanted)
    return int(reads.cursor.execute(f"{_MERGED} SELECT count(*) {sql}", values).fetchone()[0])


_MERGED = """
WITH RECURSIVE merged (chart, owner) AS (
    SELECT id, merged_into FROM patient WHERE merged_into IS NOT NULL
    UNION SELECT m.chart, p.merged_into FROM merged m JOIN patient p ON p.id = m.owner
        WHERE p.merged_into IS NOT NULL)
"""
"""Every merged chart beside each chart it leads to; the last of these is the patient's."""
# One look at an index per patient: to group all visits first takes three times as long.
_LAST_VISIT = """nullif(max(
    coalesce((SELECT max(start_at) FROM encounter
        WHERE patient_id = p.id AND is_deleted = 0 AND status NOT IN (:cancelled, :mistaken)),
        :never),
    coalesce((SELECT max(start_at) FROM merged JOIN encounter ON patient_id = chart
        WHERE owner = p.id AND is_deleted = 0 AND status NOT IN (:cancelled, :mistaken)),
        :never)), :never)"""
_NEVER = -(2**62)
_MONEY = (
    " {join} (SELECT coalesce(c.owner, m.patient_id) AS patient_id, sum(m.amount) AS owed FROM"
    " (SELECT patient_id, total_minor AS amount FROM invoice"
    " WHERE status = 'issued' AND is_deleted = 0 AND currency = :currency"
    " UNION ALL SELECT patient_id, -amount_minor FROM payment"
    " WHERE is_deleted = 0 AND currency = :currency) m"
    " LEFT JOIN merged c ON c.chart = m.patient_id GROUP BY 1) b ON b.patient_id = p.id"
)
_ORDERS = {
    Order.RANK: "p.family {way}, p.given {way}",
    Order.NAME: "p.family {way}, p.given {way}",
    # A higher age is an earlier birth; who has no birth date comes last either way.
    Order.AGE: "p.birth_date = '', p.birth_date {back}",
    Order.LAST_VISIT: _LAST_VISIT + " {way} NULLS LAST",
    Order.BALANCE: "coalesce(b.owed, 0) {way}",
}


def _from(reads: ReadSession, match: str, wanted: PatientFilter) -> tuple[str, dict[str, Any]]:
    joins = ""
    if wanted.only_owing:
        joins = _MONEY.format(join="JOIN")
    elif wanted.order is Order.BALANCE:
        joins = _MONEY.format(join="LEFT JOIN")
    # The plus keeps SQLite from reading the index of a column that is empty nearly everywhere.
    where = " WHERE p.is_deleted = 0 AND +p.merged_into IS NULL"
    if wanted.only_owing:
        where += " AND b.owed > 0"
    if match:
        where += (
            " AND p.id IN (SELECT patient_id FROM patient_search WHERE rowid IN"
            " (SELECT rowid FROM patient_fts WHERE patient_fts MATCH :match))"
        )
    values = {
        "match": match,
        "currency": currency(reads),
        "cancelled": EncounterStatus.CANCELLED.value,
        "mistaken": EncounterStatus.ENTERED_IN_ERROR.value,
        "never": _NEVER,
    }
    return f"FROM patient p{joins}{where}", values


def _sorted_ids(reads: ReadSession, match: str, wanted: PatientFilter) -> list[uuid.UUID]:
    sql, values = _from(reads, match, wanted)
    way, back = ("DESC", "ASC") if wanted.descending else ("ASC", "DESC")
    order = _ORDERS[wanted.order].format(way=way, back=back)
    found = reads.cursor.execute(
        f"{_MERGED} SELECT p.id {sql} ORDER BY {order}, p.id LIMIT :limit OFFSET :offset",
        values | {"limit": wanted.limit, "offset": wanted.offset},
    )
    return [uuid.UUID(bytes=bytes(row[0])) for row in found.fetchall()]
