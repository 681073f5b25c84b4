"""Joining two charts: who they are, where they differ, and which side is right."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from clinic_desktop.errors import ClinicError, StaleError
from clinic_desktop.i18n import _, commas, current, pgettext
from clinic_desktop.services import patients
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.field_words import sex_words
from clinic_desktop.services.patients import FoundPatient, PatientEntry, PatientRecord
from clinic_desktop.services.patients.merging import FIELDS
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.patient_card import born_words

MOST_FOUND = 8


@dataclass(frozen=True)
class MergeState:
    """The surviving chart, the one to be joined to it, and the fields taken from the latter."""

    survivor: PatientRecord | None = None
    other: PatientRecord | None = None
    takes: frozenset[str] = frozenset()

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields in which both say something, and not the same."""
        if self.survivor is None or self.other is None:
            return ()
        sides = self.survivor, self.other
        return tuple(
            name
            for name in FIELDS
            if field_words(sides[0], name) != field_words(sides[1], name)
            and all(field_words(side, name) for side in sides)
        )

    @property
    def filled(self) -> frozenset[str]:
        """The fields in which only the other chart says something."""
        if self.survivor is None or self.other is None:
            return frozenset()
        return frozenset(
            name
            for name in FIELDS
            if field_words(self.other, name) and not field_words(self.survivor, name)
        )


class MergeVM(QObject):
    """``changed(state)``, ``found(text, rows)`` for the search, ``joined(merge_id)``."""

    changed = Signal(object)
    history = Signal(object)
    """Joinings of this chart that can be taken back: a list of ``MergeRow``."""
    found = Signal(str, object)
    joined = Signal(object)
    refused = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.state = MergeState()
        self._is_saving = False
        self._wanted: uuid.UUID | None = None

    def open(self, survivor_id: uuid.UUID) -> None:
        """Begin with the chart that survives."""
        self._read(survivor_id, self._opened)

    def _opened(self, record: PatientRecord) -> None:
        self._set(replace(self.state, survivor=record))
        self._context.tasks.read(self, patients.merges_of, record.id, done=self.history.emit)

    def search(self, text: str) -> None:
        """Find the other chart; likely ones are offered before anything is typed."""
        survivor = self.state.survivor
        if not text and survivor is not None:
            candidate = patients.Candidate(
                survivor.entry.name,
                survivor.entry.sex,
                survivor.entry.birth,
                tuple(each.value for each in survivor.entry.phones if each.system == "phone"),
            )
            self._context.tasks.read(
                self,
                patients.similar,
                candidate,
                MOST_FOUND,
                besides=survivor.id,
                done=lambda people: self.found.emit(text, [each.row for each in people]),
            )
            return
        self._context.tasks.read(
            self, patients.search, text, MOST_FOUND, done=lambda rows: self._found(text, rows)
        )

    def _found(self, text: str, rows: list[FoundPatient]) -> None:
        known = self.state.survivor.id if self.state.survivor else None
        self.found.emit(text, [row for row in rows if row.id != known])

    def choose_other(self, patient_id: uuid.UUID | None) -> None:
        """Compare with another chart, or with none."""
        self._wanted = patient_id
        if patient_id is None:
            self._set(replace(self.state, other=None, takes=frozenset()))
        else:
            self._read(patient_id, lambda record: self._chose(patient_id, record))

    def _chose(self, asked: uuid.UUID, record: PatientRecord) -> None:
        if asked != self._wanted:  # another was chosen since, or none
            return
        state = replace(self.state, other=record)
        self._set(replace(state, takes=state.filled))

    def swap(self) -> None:
        """Let the other chart survive."""
        if self.state.other is not None:
            state = MergeState(self.state.other, self.state.survivor)
            self._set(replace(state, takes=state.filled))

    def take(self, name: str, from_other: bool) -> None:
        """Say which side is right in a field."""
        takes = self.state.takes - {name} | ({name} if from_other else set())
        self.state = replace(self.state, takes=takes)

    def join(self, reason: str) -> None:
        """Join the charts."""
        state = self.state
        if state.survivor is None or state.other is None or self._is_saving:
            return
        self._is_saving = True
        wanted = (state.survivor, state.other, state.takes)
        self._context.backups.hold(Reason.MERGE, lambda: self._join(*wanted, reason))

    def _join(
        self, survivor: PatientRecord, other: PatientRecord, takes: frozenset[str], reason: str
    ) -> None:
        if isValid(self):  # the form may have been given up meanwhile
            self._context.tasks.write(
                self,
                patients.merge,
                survivor.id,
                other.id,
                takes,
                done=self.joined.emit,
                failed=self._failed,
                reason=reason,
                seen=(survivor.entry, other.entry),
            )

    def _failed(self, error: ClinicError) -> None:
        self._is_saving = False
        self.refused.emit(error)
        state = self.state
        if isinstance(error, StaleError) and state.survivor is not None and state.other is not None:
            other = state.other.id
            self._read(state.survivor.id, lambda now: self._compare_again(now, other))

    def _compare_again(self, survivor: PatientRecord, other: uuid.UUID) -> None:
        """Somebody changed a chart: both are shown as they are now."""
        self._wanted = other
        self.state = replace(self.state, survivor=survivor)
        self._read(other, lambda record: self._chose(other, record))

    def _read(self, patient_id: uuid.UUID, done: Callable[[PatientRecord], None]) -> None:
        self._context.tasks.read(self, patients.record_of, patient_id, done=done)

    def _set(self, state: MergeState) -> None:
        self.state = state
        self.changed.emit(state)


def field_title(name: str) -> str:
    """What a field is called."""
    return {
        "name": _("Name"),
        "birth": _("Birth date"),
        "sex": _("Sex"),
        "address": _("Address"),
        "language": _("Language"),
        "marital_status": _("Marital status"),
        "photo": _("Photo"),
        "note": pgettext("remark", "Note"),
    }[name]


def field_words(record: PatientRecord, name: str) -> str:
    """What a chart says in a field; empty if nothing."""
    entry: PatientEntry = record.entry
    if name == "name":
        return " ".join(filter(None, (entry.name.banner(current().language), entry.name_latin)))
    if name == "birth":
        return born_words(entry.birth)
    if name == "sex":
        return sex_words(entry.sex) if entry.sex != "unknown" else ""
    if name == "address":
        where = entry.address
        lines = (where.address, where.postal_code, where.city, where.district, where.state)
        return commas(filter(None, lines))
    if name == "marital_status":
        return _marital_words().get(entry.marital_status, entry.marital_status)
    if name == "photo":
        return _("Photo") if record.photo else ""
    return str(getattr(entry, name))


def _marital_words() -> dict[str, str]:
    """The codes that imported records bring (HL7 v3 MaritalStatus)."""
    return {
        "S": pgettext("marital status", "never married"),
        "U": pgettext("marital status", "unmarried"),
        "M": pgettext("marital status", "married"),
        "T": pgettext("marital status", "domestic partner"),
        "L": pgettext("marital status", "separated"),
        "D": pgettext("marital status", "divorced"),
        "W": pgettext("marital status", "widowed"),
    }
