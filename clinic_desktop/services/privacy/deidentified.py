"""Rows without names for research and reports: CSV files in a folder.

Told are codes, numbers with units, years of birth, sex; of days only the year, or days that are
moved by an amount of each person's own. Not told are names, numbers, addresses, phones, free text,
who treated, and the ids of our rows. What remains can still lead to a person who has something
rare: the report names small groups, and says that this is no promise.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.deidentifying import (
    FEWEST,
    Dates,
    birth_left,
    day_left,
    random_id,
    shift_of,
)
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import _
from clinic_desktop.services import charts, spreadsheet
from clinic_desktop.services.access import command, query
from clinic_desktop.services.fhir.exporting import check_empty

_MOMENTS = frozenset({"start_at", "recorded_at", "authored_at", "effective_at", "occurred_at",
                      "performed_at"})  # fmt: skip
_TABLES: dict[str, tuple[str, ...]] = {
    "encounter": ("start_at", "encounter_class", "type_system", "type_code", "status"),
    "condition": ("recorded_at", "system", "code", "category", "clinical_status"),
    "allergy_intolerance": ("recorded_at", "system", "code", "category", "criticality"),
    "medication_request": ("authored_at", "system", "code", "status"),
    "immunization": ("occurred_at", "system", "code", "status"),
    "procedure": ("performed_at", "system", "code", "status"),
    "observation": (
        *("effective_at", "system", "code", "value_number", "unit_code", "interpretation"),
        "status",
    ),
}
"""What is told of each row, besides whose it is: codes, numbers and days; no words."""
_CODED = frozenset(_TABLES) - {"encounter"}
"""Rows that are told only if they have a code; without one they are free text."""


@dataclass
class Deidentified:
    """What was written, and what to look at before it is given away."""

    folder: str
    dates: str
    rows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows without a code."""
    small_groups: int = 0
    """Combinations of sex and year of birth that fewer than five people share."""
    rare_codes: int = 0
    """Codes that fewer than five people have."""


def export_deidentified(store: Store, actor: Actor, out: Path, dates: Dates) -> Deidentified:
    """Write the record without names into a new or empty folder.

    Charts that are only stored, or whose person refused research, are left out.

    Raises:
        PermissionDeniedError: the actor may not export.
        SetupError: the folder is not empty.
        StorageError: it cannot be written.
    """
    check_empty(out)
    told = store.read(actor, _write_all, out, dates).result()
    store.write(actor, _note, sum(told.rows.values())).result()
    return told


@command("report-clinical.export")
def _note(uow: UnitOfWork, count: int) -> None:
    uow.audit("export.deidentified", rows=count)


@query("report-clinical.export", password_again=True)
def _write_all(reads: ReadSession, out: Path, dates: Dates) -> Deidentified:
    told = Deidentified(str(out), str(dates))
    work = _Work(reads, dates, told)
    try:
        out.mkdir(parents=True, exist_ok=True)
        head = ("person", "sex", "birth_year", "deceased")
        _put(out / "patient.csv", head, work.people(), told)
        for table, columns in _TABLES.items():
            _put(out / f"{table}.csv", ("person", "row", *columns), work.rows(table, columns), told)
        work.count_small_groups()
        (out / "READ-ME.txt").write_text(_read_me(told), "utf-8")
    except OSError as error:
        raise StorageError(
            _("The export cannot be written: {reason}").format(reason=error.strerror or error),
            hint=_("Free some space, or choose another folder."),
            place=str(out),
        ) from error
    return told


def _put(path: Path, head: tuple[str, ...], rows: Iterator[list[Any]], told: Deidentified) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        told.rows[path.stem] = spreadsheet.write(file, head, rows)


class _Work:
    """One export: its secret is thrown away with it, so nobody leads a row back."""

    def __init__(self, reads: ReadSession, dates: Dates, told: Deidentified) -> None:
        self._reads, self._dates, self._told = reads, dates, told
        self._secret = secrets.token_bytes(32)
        self._leads = self._charts()
        self._groups: Counter[tuple[str, str]] = Counter()
        self._codes: dict[tuple[str, str], set[bytes]] = {}

    def _charts(self) -> dict[bytes, bytes]:
        """Every chart that may be told of, with the one that stands for the person."""
        cursor = self._reads.cursor
        rows = cursor.execute("SELECT id, merged_into FROM patient WHERE is_deleted = 0").fetchall()
        leads = {bytes(pk): bytes(into) if into else b"" for pk, into in rows}
        barred = {
            bytes(row[0])
            for row in cursor.execute(
                "SELECT patient_id FROM processing_restriction"
                " WHERE ended_at IS NULL AND is_deleted = 0"
                " UNION SELECT patient_id FROM chart_confidentiality WHERE is_deleted = 0"
                " UNION SELECT patient_id FROM consent c WHERE kind = 'research'"
                " AND status IN ('refused', 'withdrawn') AND is_deleted = 0 AND NOT EXISTS"
                " (SELECT 1 FROM consent later WHERE later.patient_id = c.patient_id"
                "  AND later.kind = c.kind AND later.status <> 'proposed' AND later.is_deleted = 0"
                "  AND later.id > c.id)"
            ).fetchall()
        }
        ends = {pk: charts.end_of(leads, pk) for pk in leads}
        closed = {ends[pk] for pk in barred if pk in ends}
        return {pk: end for pk, end in ends.items() if end not in closed}

    def people(self) -> Iterator[list[Any]]:
        """One row for each person."""
        today = self._reads.today
        for pk, sex, born, died in self._reads.cursor.execute(
            "SELECT id, sex, birth_date, deceased FROM patient WHERE is_deleted = 0"
            " AND merged_into IS NULL"
        ).fetchall():
            if self._leads.get(bytes(pk)) == bytes(pk):
                birth = birth_left(born, today)
                self._groups[sex, birth] += 1
                yield [self._name(bytes(pk)), sex, birth, "yes" if died else ""]

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[list[Any]]:
        """The rows of a table, in an order that says nothing of when they were written."""
        found: list[list[Any]] = []
        sql = f"SELECT id, patient_id, {', '.join(columns)} FROM {table} WHERE is_deleted = 0"
        for pk, owner, *values in self._reads.cursor.execute(sql):
            person = self._leads.get(bytes(owner))
            if person is None:
                continue
            told = dict(zip(columns, values, strict=True))
            if table in _CODED and not told["code"]:
                self._told.left_out[table] = self._told.left_out.get(table, 0) + 1
                continue
            if told.get("code"):
                self._codes.setdefault((told["system"], told["code"]), set()).add(person)
            shown = [self._left(name, value, person) for name, value in told.items()]
            found.append([self._name(person), self._name(bytes(pk)), *shown])
        yield from sorted(found, key=lambda row: row[1])

    def _left(self, name: str, value: Any, person: bytes) -> Any:
        if name not in _MOMENTS or value is None:
            return value
        day: date = from_millis(value).astimezone(self._reads.zone).date()
        return day_left(day, self._dates, shift_of(self._secret, person))

    def _name(self, row: bytes) -> str:
        return random_id(self._secret, row)

    def count_small_groups(self) -> None:
        """What could single somebody out."""
        self._told.small_groups = sum(count < FEWEST for count in self._groups.values())
        self._told.rare_codes = sum(len(people) < FEWEST for people in self._codes.values())


def warnings(told: Deidentified) -> list[str]:
    """What to think of before the files are given away."""
    found = [
        _(
            "Names, numbers, addresses and free text are not in these files. That lowers the risk"
            " that somebody is recognised; it does not take it away."
        )
    ]
    if told.small_groups or told.rare_codes:
        found.append(
            _(
                "Fewer than {fewest} people share {groups} of the combinations of sex and year of"
                " birth, and {codes} of the codes: join or leave them out before you publish."
            ).format(fewest=FEWEST, groups=told.small_groups, codes=told.rare_codes)
        )
    left = sum(told.left_out.values())
    if left:
        found.append(
            _("Rows without a code were left out, for they are free text: {count}.").format(
                count=left
            )
        )
    return found


def _read_me(told: Deidentified) -> str:
    return "\n\n".join(warnings(told)) + "\n"
