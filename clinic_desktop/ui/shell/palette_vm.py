"""What the palette offers for a typed text: people first, then things to do, then help."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QObject, Signal

from clinic_desktop.clock import clinic_day
from clinic_desktop.domain.folding import other_layout, search_tokens, words_of
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.domain.slip_codes import is_slip_code
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import patients
from clinic_desktop.services.patients import FoundPatient
from clinic_desktop.services.scheduling import slip
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.person_words import (
    how_found,
    listed_name,
    next_time,
    phone_tail,
    sex_and_age,
)
from clinic_desktop.ui.shell.palette_topics import HelpTopic, topics
from clinic_desktop.ui.theme.icons import Icon

MOST_PEOPLE, MOST_ACTIONS, MOST_TOPICS = 7, 6, 3
_ACTIONS_WITHOUT_TEXT = 5


class Kind(StrEnum):
    """What a line of the palette is."""

    HEADING = "heading"
    PATIENT = "patient"
    REGISTER = "register"
    ACTION = "action"
    HELP = "help"


@dataclass(frozen=True)
class Line:
    """One line; ``run`` is what Enter does."""

    kind: Kind
    title: str
    sub: str = ""
    note: str = ""
    icon: str = ""
    run: Callable[[], object] | None = field(default=None, compare=False)
    row: FoundPatient | None = None

    @property
    def spoken(self) -> str:
        """The line in one sentence."""
        return ", ".join(part for part in (self.title, self.sub, self.note) if part)


@dataclass(frozen=True)
class PaletteState:
    """The lines for a text. ``person`` is set while the actions for one person are listed."""

    text: str = ""
    lines: tuple[Line, ...] = ()
    person: FoundPatient | None = None
    complete: bool = True
    """Whether no more lines are on their way."""

    @property
    def meant(self) -> Line | None:
        """What Enter takes unseen: the first line, or whoever alone bears the typed name."""
        people = [line for line in self.lines if line.kind is Kind.PATIENT]
        if not people:
            return next((line for line in self.lines if line.kind is not Kind.HEADING), None)
        row = people[0].row
        alone = len(people) == 1 and row is not None and not row.only_sounds_alike
        return people[0] if alone else None


class PaletteVM(QObject):
    """Asks the record at each key; only the answer to the newest question is shown."""

    changed = Signal(object)
    help_wanted = Signal(object)
    """A ``HelpTopic``."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.state = PaletteState()
        self._wanted: str | None = None
        self._asking = False
        self._people: tuple[FoundPatient, ...] = ()

    def ask(self, text: str) -> None:
        """Offer something for this text."""
        self._wanted = text
        if not self._asking:
            self._ask_next()

    def forget(self) -> None:
        """Drop what is on its way: the palette was closed."""
        self._wanted = None
        self.state = PaletteState()

    def show_person(self, row: FoundPatient) -> None:
        """List what can be done for one person."""
        self._show(PaletteState(self.state.text, _for_person(self._context, row), row))

    def leave_person(self) -> None:
        """Go back to the people found."""
        self._show(PaletteState(self.state.text, self._lines(self.state.text)))

    def _ask_next(self) -> None:
        text, self._wanted = self._wanted, None
        if text is None:
            return
        self._asking = True
        self._context.tasks.read(
            self,
            patients.search,
            text,
            MOST_PEOPLE,
            done=lambda rows: self._answered(text, rows),
            failed=lambda _error: self._answered(text, []),
        )

    def _answered(self, text: str, rows: list[FoundPatient]) -> None:
        self._asking = False
        if self._wanted is not None:
            self._ask_next()
            return
        self._people = tuple(rows)
        is_slip = is_slip_code(text) and allowed(self._context.actor, "appointment.read")
        self._show(PaletteState(text, self._lines(text), complete=not is_slip))
        if is_slip:
            self._context.tasks.read(
                self,
                slip.by_code,
                text,
                done=lambda row: self._show_booking(text, row),
                failed=lambda _error: self._show_booking(text, None),
            )

    def _show_booking(self, text: str, row: AppointmentRow | None) -> None:
        """A slip was scanned, or its code typed: its appointment comes first."""
        if self.state.text != text or self.state.person is not None:
            return
        if row is None:
            self._show(replace(self.state, complete=True))
            return
        local = current().local(row.start_at)
        name = listed_name(row.person.name) if row.person else row.about
        today = clinic_day(self._context.clock.now(), current().time_zone)
        here = to.Today(row.id) if local.date() == today else to.Calendar(local.date(), row.id)
        title = _("Appointment of {name}").format(name=isolate(name))
        when = isolate(f"{current().date(local.date())} {current().time(row.start_at)}")
        line = Line(Kind.ACTION, title, when, icon=Icon.QR, run=self._opener(here))
        self._show(PaletteState(text, (line, *self.state.lines)))

    def _show(self, state: PaletteState) -> None:
        self.state = state
        self.changed.emit(state)

    def _lines(self, text: str) -> tuple[Line, ...]:
        typed = _typings(text)
        people, actions = self._person_lines(), self._action_lines(text, typed)
        new = self._register_lines(text)
        # Whoever types how an action is called wants no chart of that name.
        named = any(_begins(line.title, text) for line in actions if line.kind is Kind.ACTION)
        between = (*actions, *new) if named else (*new, *actions)
        shown = people
        if people:
            heading = _("Patients") if text.strip() else _("Opened lately")
            shown = [Line(Kind.HEADING, heading), *people]
        return (*shown, *between, *self._help_lines(typed))

    def _person_lines(self) -> list[Line]:
        today = clinic_day(self._context.clock.now(), current().time_zone)
        shown = {line.row.id: line for line in self.state.lines if line.row is not None}
        return [self._person_line(row, today, shown.get(row.id)) for row in self._people]

    def _register_lines(self, text: str) -> list[Line]:
        if not text.strip() or not allowed(self._context.actor, "patient.create"):
            return []
        title = _("Register “{text}”").format(text=isolate(text.strip()))
        run = self._opener(to.RegisterPatient(text.strip()))
        return [Line(Kind.REGISTER, title, icon=Icon.PATIENT_ADD, run=run)]

    def _door_of(self, patient_id: uuid.UUID) -> to.Destination:
        """Where Enter on a person leads: to the account where the chart is closed."""
        opens = to.may_open(self._context.actor, to.Chart)
        return to.Chart(patient_id) if opens else to.Billing(patient_id)

    def _person_line(self, row: FoundPatient, today: date, shown: Line | None) -> Line:
        if shown is not None and shown.kind is Kind.PATIENT and shown.row == row:
            return shown  # another letter often leaves the same people
        facts = [sex_and_age(row), row.mrn, phone_tail(row.phone)]
        facts += [_("same name twice")] if row.has_namesake else []
        facts += [how_found(row)]
        return Line(
            Kind.PATIENT,
            listed_name(row.name),
            " · ".join(isolate(fact) for fact in facts if fact),
            next_time(row.next_appointment_at, today),
            Icon.PATIENT,
            self._opener(self._door_of(row.id)),
            row,
        )

    def _action_lines(self, text: str, typed: list[list[str]]) -> list[Line]:
        offered = [each for each in self._context.actions.all() if each.title]
        offered = [each for each in offered if each.name != "palette.open"]
        if text.strip():
            found = [each for each in offered if _fits(typed, each.title, each.keywords)]
        else:
            found = offered[:_ACTIONS_WITHOUT_TEXT]
        found.sort(key=lambda each: not _begins(each.title, text))
        lines = [_action_line(each) for each in found[:MOST_ACTIONS]]
        return [Line(Kind.HEADING, _("Actions")), *lines] if lines else []

    def _help_lines(self, typed: list[list[str]]) -> list[Line]:
        found = [each for each in topics() if _fits(typed, each.title, each.words)]
        lines = [
            Line(Kind.HELP, each.title, icon=Icon.HELP, run=self._helper(each))
            for each in found[:MOST_TOPICS]
        ]
        return [Line(Kind.HEADING, _("Help")), *lines] if lines else []

    def _opener(self, destination: to.Destination) -> Callable[[], object]:
        return lambda: self._context.navigator.open(destination)

    def _helper(self, topic: HelpTopic) -> Callable[[], object]:
        return lambda: self.help_wanted.emit(topic)


def _action_line(action: Action) -> Line:
    section = "" if action.section == _("Actions") else action.section
    return Line(Kind.ACTION, action.title, section, action.shortcut, action.icon, action.run)


def _for_person(context: Context, row: FoundPatient) -> tuple[Line, ...]:
    offers: tuple[tuple[str, str, str, to.Destination], ...] = (
        ("patient.read", _("Open the chart"), Icon.PATIENT, to.Chart(row.id)),
        ("appointment.create", _("Book an appointment"), Icon.BOOK, to.BookAppointment(row.id)),
        ("appointment.create", _("Take as walk-in"), Icon.WALK_IN, to.WalkIn(row.id)),
        ("invoice.read", _("Open the account"), Icon.BILLING, to.Billing(row.id)),
        ("patient.amend", _("Correct the details"), Icon.EDIT, to.EditPatient(row.id)),
        ("patient.merge", _("Join with another chart"), Icon.MERGE, to.MergePatients(row.id)),
    )

    def opener(destination: to.Destination) -> Callable[[], Any]:
        return lambda: context.navigator.open(destination)

    name = f"{listed_name(row.name)}  {sex_and_age(row)}"
    lines = [
        Line(Kind.ACTION, title, icon=icon, run=opener(destination), row=row)
        for permission, title, icon, destination in offers
        if allowed(context.actor, permission)
    ]
    return (Line(Kind.HEADING, name), *lines)


def _typings(text: str) -> list[list[str]]:
    """How the words of a text begin, as typed and as the same keys are on other layouts."""
    spelled = (words_of(spelling) for spelling in (text, *other_layout(text)))
    return [[f" {word}" for word in words] for words in spelled if words]


def _fits(typed: list[list[str]], *wording: str) -> bool:
    """Whether every typed word begins a word of these, in any keyboard layout."""
    there = _beginnings(wording)
    return any(all(word in there for word in words) for words in typed)


def _begins(title: str, text: str) -> bool:
    """Whether a name starts with what was typed."""
    typed = " ".join(words_of(text))
    return bool(typed) and " ".join(words_of(title)).startswith(typed)


@lru_cache(maxsize=1024)
def _beginnings(wording: tuple[str, ...]) -> str:
    # At each key every action and every question is asked.
    return " ".join(("", *search_tokens(" ".join(wording))))
