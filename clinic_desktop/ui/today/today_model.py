"""The columns of the board, and how each cell reads."""

from __future__ import annotations

from datetime import date, datetime

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.scheduling.board import WAIT_ALARM_MIN, BoardRow
from clinic_desktop.ui.core.paged_model import EMPTY_CELL, Cell, CellKind, Column
from clinic_desktop.ui.scheduling.status import longest_status, status_of
from clinic_desktop.ui.scheduling.words import (
    age_and_sex,
    asked_words,
    clock,
    minutes,
    name_of,
    short_day,
)
from clinic_desktop.ui.theme.tokens import Tone


class BoardCells:
    """Turns rows into cells; knows what time it is."""

    def __init__(self, now: datetime, today: date) -> None:
        self.now, self.today = now, today
        self.alarm_min = WAIT_ALARM_MIN

    def columns(self) -> tuple[Column, ...]:
        """The columns in the order of reading."""
        kind = CellKind
        return (
            Column("time", _("Time"), self._time, kind.STRONG, 8, sortable=True),
            Column("patient", _("Patient"), self._patient, kind.STRONG, 26, stretch=True,
                   sortable=True),
            Column("reason", _("Reason"), self._reason, letters=14, stretch=True, sortable=True,
                   drop=2),
            Column("doctor", pgettext("column", "With"), self._doctor, letters=15, sortable=True,
                   drop=1),
            Column("status", _("Status"), self._status, kind.PILL, longest_status() + 2,
                   sortable=True),
            Column("wait", pgettext("column", "Wait"), self._wait, kind.PILL, 7, sortable=True),
        )  # fmt: skip

    def is_late(self, row: BoardRow) -> bool:
        """Whether somebody has waited too long."""
        waited = row.appointment.waited(self.now)
        arrived = row.appointment.status == AppointmentStatus.ARRIVED
        return arrived and waited is not None and waited >= self.alarm_min

    def _time(self, row: BoardRow) -> Cell:
        begun = row.appointment.start_at
        day = current().local(begun).date()
        facts = [short_day(day)] if day < self.today else []  # not seen off since then
        if row.appointment.is_walk_in:
            facts.append(_("walk-in"))
        return Cell(clock(begun), " · ".join(facts))

    def _patient(self, row: BoardRow) -> Cell:
        person = row.appointment.person
        asked = asked_words(row.appointment)
        if person is None:
            held = _("held without a name")
            sub = " · ".join(filter(None, (asked, held)))
            return Cell(name_of(row.appointment), sub)
        facts = [asked, age_and_sex(person, self.today)]
        if row.same_name:
            facts.insert(1, _("▲ same name"))
        if not person.allergies_asked and row.appointment.status.is_present:
            facts.append(_("allergies not asked"))
        facts.append(isolate(person.mrn))  # what a narrow column may cut stands last
        sub = " · ".join(filter(None, facts))
        return Cell(name_of(row.appointment), sub, tip=sub)

    def _reason(self, row: BoardRow) -> Cell:
        booked = row.appointment
        if booked.person is None:
            return Cell(booked.type_name)
        sub = booked.type_name if booked.reason and booked.type_name else ""
        return Cell(booked.about, sub)

    def _doctor(self, row: BoardRow) -> Cell:
        return Cell(row.appointment.practitioner, row.appointment.location)

    def _status(self, row: BoardRow) -> Cell:
        spec = status_of(row.appointment)
        return Cell(spec.text, tone=spec.tone, glyph=spec.glyph)

    def _wait(self, row: BoardRow) -> Cell:
        waited = row.appointment.waited(self.now)
        if waited is None:
            return EMPTY_CELL
        if self.is_late(row):
            return Cell(minutes(waited), tone=Tone.DANGER, glyph="▲")
        return Cell(minutes(waited), tone=Tone.NEUTRAL)
