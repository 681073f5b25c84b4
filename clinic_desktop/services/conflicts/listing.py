"""The open questions, and each with everything that was written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clinic_desktop.db import disputes
from clinic_desktop.db.answers import TOLD
from clinic_desktop.db.conflicts import OpenConflict, open_conflicts
from clinic_desktop.db.disputes import Disputes, Told
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.merging import Kind, Severity, normal
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import charts
from clinic_desktop.services.access import part, query
from clinic_desktop.services.conflicts import repeating, rights
from clinic_desktop.services.conflicts.fields import (
    EDITABLE,
    PAIRED,
    REFERENCES,
    SUBJECTS,
    UNSEEN,
)
from clinic_desktop.services.conflicts.repeating import Step
from clinic_desktop.services.conflicts.side_by_side import fit_side_by_side

_AHEAD = timedelta(minutes=10)
"""A clock that is further ahead of ours is said."""


@dataclass(frozen=True)
class ConflictRow:
    """One question in a list."""

    id: uuid.UUID
    kind: str
    """``value``, ``delete_edit``, ``too_late``; told only: ``membership``, ``old-keys``,
    ``author``, ``erasure``; about two rows: see ``db.collisions``."""
    severity: str
    """``safety``, ``clinical`` or ``admin``."""
    table: str
    row_id: uuid.UUID
    group: str
    patient_id: uuid.UUID | None
    patient: HumanName | None
    subject: Any
    """What tells the row from others, as the file keeps it."""
    opened_at: datetime
    versions: int
    other_id: uuid.UUID | None
    """The row that it does not go together with."""

    @property
    def place(self) -> str:
        """What it is about: one more version makes another question of it, at the same place."""
        return f"{self.table} {self.row_id} {self.group} {self.kind}"


@dataclass(frozen=True)
class VersionRow:
    """What somebody wrote."""

    name: str
    """Names the version on every PC."""
    at: datetime
    """By the clock of that PC."""
    who: str
    """Empty for the program itself."""
    pc: str
    is_here: bool
    is_ahead: bool
    """Whether that PC's clock was ahead of this one's."""
    is_shown: bool
    """Whether charts show this one until it is decided."""
    deletes: bool
    """Whether it says that the row is to go."""
    values: dict[str, Any]
    """As the file keeps them; ids of people, rooms and doctors by their names."""


@dataclass(frozen=True)
class ConflictItem:
    """One question whole."""

    row: ConflictRow
    versions: tuple[VersionRow, ...]
    before: dict[str, Any]
    """What stood there when the versions parted; empty where that is not known."""
    fields: tuple[str, ...]
    """The columns to compare, those that differ."""
    is_fixed: bool
    """Signed, issued or decided: one version is kept as it is, for good."""
    may_decide: bool
    """Whether the person at the desk has the right to it."""
    can_keep_both: bool
    editable: tuple[str, ...]
    """Columns whose words may be put together anew."""
    is_told: bool
    """There is nothing to choose: it is read and closed."""
    is_pair: bool
    """Two rows that do not go together: one is put right in its own place, or both stay."""
    currency: str
    """Of amounts that do not say theirs."""
    again: Step | None = None
    """What an owner did that came to nothing, and can do again from here."""

    @property
    def is_chosen(self) -> bool:
        """Whether the person at the desk chooses between the versions."""
        settled_elsewhere = self.is_told or self.is_pair or self.row.kind == "erasure"
        return self.may_decide and not settled_elsewhere


@query("conflict.read")
def open_items(reads: ReadSession, patient_id: uuid.UUID | None = None) -> tuple[ConflictRow, ...]:
    """What is to be decided, the most urgent first; only what the person may see.

    Of one patient, charts joined to theirs included.
    """
    if patient_id is None:
        found = open_conflicts(reads.cursor)
    else:
        chart = charts.chart_ids(reads.session, patient_id)
        found = [each for one in chart for each in open_conflicts(reads.cursor, one.bytes)]
        found.sort(key=lambda each: (-each.severity, each.opened_hlc, each.id))
    names = _names(reads, [each.patient_id for each in found if each.patient_id])
    return tuple(_row(reads, each, names) for each in found if rights.may_see(reads, each))


@dataclass(frozen=True)
class OpenQuestion:
    """As much of a question as is needed to count it and to remind of it."""

    id: uuid.UUID
    is_urgent: bool
    """It could harm, or is about care."""
    opened_at: datetime
    """By the clocks of those who wrote; one that is ahead is not believed."""


@query("conflict.read")
def open_questions(reads: ReadSession) -> tuple[OpenQuestion, ...]:
    """The questions that the person may see, the most urgent first."""
    return tuple(
        OpenQuestion(
            uuid.UUID(bytes=each.id),
            each.severity > Severity.ADMIN.value,
            min(from_millis(each.opened_hlc >> 16), reads.now),
        )
        for each in open_conflicts(reads.cursor)
        if rights.may_see(reads, each)
    )


@query("conflict.read")
def item(reads: ReadSession, conflict_id: uuid.UUID) -> ConflictItem:
    """One question with every version of it.

    Raises:
        NotFoundError: it is decided, or never was.
        PermissionDeniedError: what it is about is closed to the person.
    """
    asked = find(reads, conflict_id)
    rights.see(reads, asked)
    read = Disputes(reads.cursor)
    told = read.versions(asked)
    before = read.before(asked, told) if asked.kind == Kind.VALUE.value else {}
    fixed = disputes.is_fixed(reads.cursor, asked)
    is_value, key = asked.kind == Kind.VALUE.value, (asked.table, asked.group)
    names = _names(reads, [asked.patient_id] if asked.patient_id else [])
    shown = disputes.shown(reads.cursor, asked)
    return ConflictItem(
        _row(reads, asked, names),
        tuple(_version(reads, asked, each, shown) for each in told),
        _in_words(reads, before),
        _fields(asked, told),
        fixed,
        rights.may_decide(reads, asked, is_fixed=fixed),
        not fixed and fit_side_by_side(asked, told),
        EDITABLE.get(key, ()) if is_value and not fixed else (),
        asked.kind in TOLD,
        asked.other_id is not None,
        _currency(reads),
        repeating.step_of(reads, asked),
    )


def _currency(reads: ReadSession) -> str:
    row = reads.cursor.execute("SELECT currency FROM practice LIMIT 1").fetchone()
    return str(row[0]) if row else ""


@part
def find(reads: ReadSession, conflict_id: uuid.UUID) -> OpenConflict:
    """A question that is open.

    Raises:
        NotFoundError: it is decided, or never was.
    """
    for each in open_conflicts(reads.cursor):
        if each.id == conflict_id.bytes:
            return each
    raise NotFoundError(
        _("This question is not open any more."),
        kept=_("Nothing was changed."),
        hint=_("Somebody decided it, perhaps at another PC."),
    )


def _names(reads: ReadSession, patients: Sequence[uuid.UUID]) -> dict[uuid.UUID, HumanName]:
    found = {}
    for each in dict.fromkeys(patients):
        row = reads.cursor.execute(
            "SELECT family, given, middle, prefix, suffix, preferred FROM patient WHERE id = ?",
            (each.bytes,),
        ).fetchone()
        if row is not None:
            family, given, middle, prefix, suffix, preferred = row
            found[each] = HumanName(
                family=family, given=given, middle=middle, prefix=prefix, suffix=suffix,
                preferred=preferred,
            )  # fmt: skip
    return found


def _row(reads: ReadSession, asked: OpenConflict, names: dict[uuid.UUID, HumanName]) -> ConflictRow:
    column = SUBJECTS.get(asked.table)
    subject = column and disputes.word_of(reads.cursor, asked.table, column, asked.row_id.bytes)
    group = next(
        (each.name for each in BY_NAME[asked.table].groups if each.number == asked.group), ""
    )
    return ConflictRow(
        uuid.UUID(bytes=asked.id), asked.kind, Severity(asked.severity).name.lower(), asked.table,
        asked.row_id, group, asked.patient_id,
        names.get(asked.patient_id) if asked.patient_id else None, subject,
        from_millis(asked.opened_hlc >> 16), len(asked.versions), asked.other_id,
    )  # fmt: skip


def _version(
    reads: ReadSession, asked: OpenConflict, told: Told, shown: dict[str, Any]
) -> VersionRow:
    who = (
        told.user_id
        and reads.cursor.execute(
            "SELECT name FROM app_user WHERE id = ?", (told.user_id.bytes,)
        ).fetchone()
    )
    at = from_millis(told.wall)
    is_shown = asked.kind == Kind.VALUE.value and all(
        shown.get(name) == value for name, value in told.values.items()
    )
    return VersionRow(
        told.name, at, str(who[0]) if who else "", told.pc, told.is_here,
        at - reads.now > _AHEAD, is_shown, told.deletes, _in_words(reads, told.values),
    )  # fmt: skip


def _in_words(reads: ReadSession, values: dict[str, Any]) -> dict[str, Any]:
    """Ids by the names that people know."""
    found = dict(values)
    for name, value in values.items():
        if isinstance(value, bytes) and name in REFERENCES:
            table, column = REFERENCES[name]
            found[name] = disputes.word_of(reads.cursor, table, column, value)
        elif isinstance(value, bytes):
            found[name] = value.hex()
    return found


def _fields(asked: OpenConflict, told: Sequence[Told]) -> tuple[str, ...]:
    """What differs between the versions; of what was deleted, what there is to lose."""
    if asked.kind in PAIRED:
        held = [name for each in told for name in each.values if each.values[name]]
        return tuple(name for name in PAIRED[asked.kind] if name in held)
    written = [each.values for each in told if not each.deletes]
    names = list(dict.fromkeys(name for values in written for name in values))
    if asked.kind == Kind.VALUE.value:
        names = [
            name for name in names if len({normal([values.get(name)]) for values in written}) > 1
        ]
    else:
        names = [name for name in names if any(values.get(name) for values in written)]
    return tuple(name for name in names if name not in UNSEEN) or tuple(names)
