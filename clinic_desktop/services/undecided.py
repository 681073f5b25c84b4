"""What charts say while something is not decided: every version, wherever the value stands."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_desktop.db import disputes
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.merging import Severity
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER
from clinic_desktop.services import charts
from clinic_desktop.services.access import part

_ASKED = """
SELECT pk, grp, vers FROM sync_conflict
WHERE patient IN (SELECT id FROM chart) AND tbl = ?2 AND kind = 'value' ORDER BY pk, grp"""

_TABLES = """
SELECT DISTINCT tbl FROM sync_conflict
WHERE patient IN (SELECT id FROM chart) AND kind = 'value'"""
_SEVERITIES = "SELECT severity FROM sync_conflict WHERE patient IN (SELECT id FROM chart)"
_PLAIN = re.compile(r"(?:\w\.)?([a-z_]+)")

Others = dict[uuid.UUID, list[dict[str, Any]]]


@dataclass(frozen=True)
class Undecided:
    """That something of a chart is not decided, for whoever opens it."""

    count: int = 0
    has_safety: bool = False
    """One of them could harm."""
    names: tuple[str, ...] = ()
    """Other names that the person may have."""
    births: tuple[str, ...] = ()
    """Other birth dates, ISO 8601."""
    sexes: tuple[str, ...] = ()
    deaths: tuple[tuple[bool, datetime | None], ...] = ()
    """Whether the person died, and when, as other versions say."""
    joined: tuple[str, ...] = ()
    """Numbers of the charts to which another version joins this one; empty: to none."""


NOTHING = Undecided()


@part
def undecided(reads: ReadSession, patient_id: uuid.UUID) -> Undecided:
    """What the banner of a chart must not pass over."""
    found = charts.rows(reads, _SEVERITIES, patient_id)
    if not found:
        return NOTHING
    told = [each for some in others(reads, "patient", patient_id).values() for each in some]
    names = [f"{each['family']} {each['given']}".strip() for each in told if "family" in each]
    return Undecided(
        len(found),
        any(severity == Severity.SAFETY.value for (severity,) in found),
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(each["birth_date"] for each in told if each.get("birth_date"))),
        tuple(dict.fromkeys(each["sex"] for each in told if each.get("sex"))),
        tuple(dict.fromkeys(_death(each) for each in told if "deceased" in each)),
        _joined(reads, told),
    )


def _death(told: dict[str, Any]) -> tuple[bool, datetime | None]:
    at = told.get("deceased_at")
    return bool(told["deceased"]), None if at is None else from_millis(at)


def _joined(reads: ReadSession, told: list[dict[str, Any]]) -> tuple[str, ...]:
    found = [
        "" if each["merged_into"] is None
        else str(disputes.word_of(reads.cursor, "patient", "mrn", bytes(each["merged_into"])) or "")
        for each in told if "merged_into" in each
    ]  # fmt: skip
    return tuple(dict.fromkeys(found))


@part
def others(reads: ReadSession, table: str, patient_id: uuid.UUID) -> Others:
    """By row what it would say by the versions that are in dispute and not shown.

    Columns as the file keeps them, only those of the groups in dispute. Empty nearly always.
    """
    found = charts.rows(reads, _ASKED, patient_id, BY_NAME[table].number)
    return disputes.variants(reads.cursor, table, found) if found else {}


@part
def asked_tables(reads: ReadSession, patient_id: uuid.UUID) -> set[str]:
    """The tables of which a row of this person is in dispute. Empty nearly always."""
    found = charts.rows(reads, _TABLES, patient_id)
    return {BY_NUMBER[number].name for (number,) in found if number in BY_NUMBER}


@part
def rows_in_versions(
    reads: ReadSession, table: str, patient_id: uuid.UUID
) -> list[list[dict[str, Any]]]:
    """Of each row of a table in dispute all of it by each version, first as it is shown.

    Columns as the file keeps them, with ``id``. Empty nearly always.
    """
    told = others(reads, table, patient_id)
    names = ("id", *BY_NAME[table].columns)
    found = reads.cursor.execute(
        f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - of the registry
        f" WHERE is_deleted = 0 AND id IN ({marks(list(told))}) ORDER BY id",
        [each.bytes for each in told],
    )
    return [
        [dict(zip(names, each, strict=True)) for each in versions(names, row, told[_id(row)])]
        for row in (found.fetchall() if told else ())
    ]


def _id(row: tuple[Any, ...]) -> uuid.UUID:
    return uuid.UUID(bytes=bytes(row[0]))


def columns_of(sql: str) -> tuple[str, ...]:
    """The plain columns that a query selects, in their order."""
    selected = sql.partition("SELECT")[2].partition("FROM")[0]
    found = (_PLAIN.fullmatch(each.strip()) for each in selected.split(","))
    return tuple(each[1] for each in found if each)


def versions(
    columns: Sequence[str], row: tuple[Any, ...], found: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    """A row of these columns as it is shown, then as each other version has it."""
    named = dict(zip(columns, row, strict=True))
    overlaid = [tuple({**named, **each}[name] for name in columns) for each in found]
    return list(dict.fromkeys([row, *overlaid]))
