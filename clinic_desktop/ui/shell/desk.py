"""The desk: rail, top bar, patient tabs and the screen shown; where every destination leads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.services.access import require
from clinic_desktop.services.audit import reminders
from clinic_desktop.services.unfinished import Unfinished, unfinished
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.shell import places
from clinic_desktop.ui.shell.gate_banner import GateBanner
from clinic_desktop.ui.shell.history import History
from clinic_desktop.ui.shell.panes import Panes, panes_of
from clinic_desktop.ui.shell.questions import LongAsked, Questions
from clinic_desktop.ui.shell.status_bar import StatusBar
from clinic_desktop.ui.shell.top_bar import TopBar
from clinic_desktop.ui.shell.view_banner import ViewBanner
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.nav_rail import NavRail
from clinic_desktop.ui.widgets.page import LowWindow
from clinic_desktop.ui.widgets.pages import Pages

_RAIL: tuple[tuple[str, type[to.Destination], str], ...] = (
    ("today", to.Today, Icon.TODAY),
    ("calendar", to.Calendar, Icon.CALENDAR),
    ("patients", to.Patients, Icon.PATIENTS),
    ("billing", to.Billing, Icon.BILLING),
    ("insured", to.Insured, Icon.BILLING),
    ("conflicts", to.Conflicts, Icon.CONFLICT),
)

_LEADS: dict[str, type[to.Destination]] = {
    "patient.register": to.RegisterPatient,
    "appointment.book": to.BookAppointment,
    "appointment.walk-in": to.WalkIn,
    "go.today": to.Today,
    "go.calendar": to.Calendar,
    "go.patients": to.Patients,
    "go.billing": to.Billing,
    "go.conflicts": to.Conflicts,
    "go.settings": to.Settings,
    "records.import": to.ImportRecords,
}
"""Where the actions of the window lead."""


class Desk(QWidget):
    """What a signed-in person works in. One per session; made anew for another person."""

    lock_requested = Signal()
    closing_requested = Signal()
    """The record is to be closed behind the lock screen."""
    switch_requested = Signal()
    view_requested = Signal(str)
    """The role whose window is to be shown; empty for the own one again."""
    restore_requested = Signal(object)
    """The ``Path`` of a backup to bring back in the place of this record."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("desk")
        self.context = context
        self._screens: dict[type[to.Destination], Screen] = {}
        self._history = History()
        self._here: to.Destination = to.Today()
        self._panes = Panes()
        self._screen_keys: dict[str, QShortcut] = {}
        self._screen_runs: dict[str, Callable[[], object]] = {}
        self._build()
        context.navigator.requested.connect(self._go)
        context.navigator.back_requested.connect(self.back)
        context.navigator.forward_requested.connect(self.forward)
        context.tasks.failed.connect(context.host.show_error)
        context.tasks.committed.connect(self._on_committed)
        context.actions.set_global(self._global_actions())
        context.actions.changed.connect(self._bind_screen_keys)
        self._bind_keys(self._global_actions())

    def _build(self) -> None:
        self.rail = NavRail(_("Places"))
        words = {
            "today": _("Today"),
            "calendar": _("Calendar"),
            "patients": _("Patients"),
            "billing": _("Billing"),
            "insured": _("Insured"),
            "conflicts": _("To decide"),
        }
        for number, (key, kind, icon) in enumerate(_RAIL, 1):
            if self._may_open(kind):
                button = self.rail.add(key, icon, words[key], f"Ctrl+{number}")
                if kind is to.Conflicts:
                    self.questions = Questions(self.context, button)
        self.rail.add("settings", Icon.SETTINGS, _("Settings"), "Ctrl+,", bottom=True)
        self.rail.chosen.connect(self._on_rail)
        self.top = TopBar(self.context)
        self.top.lock_requested.connect(self.lock_requested)
        self.top.closing_requested.connect(self.closing_requested)
        self.top.switch_requested.connect(self.switch_requested)
        self.view = ViewBanner(self.context)
        self.view.ended.connect(lambda: self.view_requested.emit(""))
        self.top.view_requested.connect(self.view_requested)
        self.gate = GateBanner(self.context)
        self.gate.restore_wanted.connect(self.restore_requested)
        self.stack = Pages()
        self.status = StatusBar(self.context)
        self.status.place_wanted.connect(self._show_exchange)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.view)
        column.addWidget(self.gate)
        if self._may_open(to.Conflicts):
            column.addWidget(LongAsked(self.context, self.questions))
        column.addWidget(LowWindow(self.stack), 1)
        column.addWidget(self.status)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)

    def _may_open(self, kind: type[to.Destination]) -> bool:
        return to.may_open(self.context.actor, kind)

    def _on_rail(self, key: str) -> None:
        kinds: dict[str, type[to.Destination]] = {name: kind for name, kind, _icon in _RAIL}
        self.context.navigator.open(kinds.get(key, to.Settings)())

    def _go(self, destination: object) -> None:
        if not isinstance(destination, to.Destination):
            return
        why = self.context.tasks.halt
        if why is not None and isinstance(destination, to.ImportRecords):
            self.context.host.show_error(why)
            self._mark(self._here)
            return
        if not self._may_open(type(destination)):
            self._refuse(type(destination))
            return
        if not places.has_screen(destination):
            form, title = places.make_drawer(destination, self.context)
            self.context.host.show_drawer(form, title)
            return
        if self._show(destination):
            self._history.visit(destination)

    def _refuse(self, kind: type[to.Destination]) -> None:
        try:
            require(self.context.actor, to.NEEDS[kind])
        except PermissionDeniedError as error:
            self.context.host.show_error(error)

    def _show(self, destination: to.Destination) -> bool:
        current = self.stack.currentWidget()
        may_leave = not isinstance(current, Screen) or current.can_leave()
        # A form in front would keep its place, and the keys would go behind it.
        if not (may_leave and self.context.host.leave_drawers()):
            self._mark(self._here)
            return False
        self._here = destination
        kind = type(destination)
        if kind not in self._screens:
            self._screens[kind] = places.make_screen(kind, self.context, self.stack)
            self.stack.addWidget(self._screens[kind])
        screen = self._screens[kind]
        self.stack.setCurrentWidget(screen)
        screen.go_to(destination)
        self.context.actions.set_screen(screen.offered_actions())
        self._mark(destination)
        return True

    def _mark(self, destination: to.Destination) -> None:
        keys = {kind: key for key, kind, _icon in _RAIL} | {to.Settings: "settings"}
        self.rail.set_current(keys.get(type(destination), "patients"))
        patient: uuid.UUID | None = getattr(destination, "patient_id", None)
        if patient is not None and isinstance(destination, to.Chart | to.Visit):
            self.top.tabs.show_patient(patient)
        else:
            self.top.tabs.show_none()

    @property
    def shown(self) -> Screen | None:
        """The screen shown."""
        widget = self.stack.currentWidget()
        return widget if isinstance(widget, Screen) else None

    def back(self) -> None:
        """Where the person was before."""
        destination = self._history.back()
        if destination is not None:
            self._show(destination)

    def forward(self) -> None:
        """And forth again."""
        destination = self._history.forward()
        if destination is not None:
            self._show(destination)

    def _primary(self) -> None:
        if self.shown is not None and not self.context.host.submit_drawer():
            self.shown.primary()

    def _global_actions(self) -> tuple[Action, ...]:
        """What can be done everywhere; places that are closed to the person are not among it."""
        return tuple(
            each
            for each in self._all_actions()
            if each.name not in _LEADS or self._may_open(_LEADS[each.name])
        )

    def _all_actions(self) -> tuple[Action, ...]:
        def opener(destination: to.Destination) -> Callable[[], None]:
            return lambda: self.context.navigator.open(destination)

        places_, do = _("Places"), _("Actions")
        return (
            Action("palette.open", _("Find or do anything"), self.top.focus_palette,
                   "Ctrl+K", Icon.SEARCH, do),
            Action("patient.register", _("Register a patient"), opener(to.RegisterPatient()),
                   "Ctrl+N", Icon.ADD, do, _("new person chart")),
            Action("appointment.book", _("Book an appointment"), opener(to.BookAppointment()),
                   "Ctrl+B", Icon.BOOK, do, _("slot time visit")),
            Action("appointment.walk-in", _("Take a walk-in"), opener(to.WalkIn()),
                   "F2", Icon.ARRIVED, do, _("queue came without appointment")),
            Action("go.today", _("Go to Today"), opener(to.Today()), "", Icon.TODAY, places_),
            Action("go.calendar", _("Go to the calendar"), opener(to.Calendar()), "",
                   Icon.CALENDAR, places_),
            Action("go.patients", _("Go to patients"), opener(to.Patients()), "",
                   Icon.PATIENTS, places_),
            Action("go.billing", _("Go to billing"), opener(to.Billing()), "",
                   Icon.BILLING, places_),
            Action("go.conflicts", _("Go to what is to be decided"), opener(to.Conflicts()), "",
                   Icon.CONFLICT, places_, _("conflict versions two PCs question")),
            Action("go.settings", _("Open settings"), opener(to.Settings()), "",
                   Icon.SETTINGS, places_, _("printers prices theme language text size")),
            Action("records.import", _("Import records"), opener(to.ImportRecords()), "",
                   Icon.DOWNLOAD, do, _("FHIR files patients")),
            Action("go.exchange", _("Show how the exchange with other PCs stands"),
                   self._show_exchange, "Ctrl+Shift+E", Icon.REFRESH, places_,
                   _("sync server status")),
            Action("exchange.now", _("Exchange with the other PCs"), self._exchange, "",
                   Icon.REFRESH, do, _("sync server send now")),
            Action("go.back", _("Go back"), self.back, "Alt+Left", Icon.BACK, places_),
            Action("go.forward", _("Go forward"), self.forward, "Alt+Right",
                   Icon.CHEVRON_RIGHT, places_),
            Action("undo.last", _("Undo the last step"), self.context.host.undo_last, "Ctrl+Z",
                   Icon.UNDO, do),
            Action("pane.next", _("Next part of the window"), lambda: self._step_pane(1), "F6",
                   Icon.CHEVRON_RIGHT, places_),
            Action("pane.before", _("Part of the window before"), lambda: self._step_pane(-1),
                   "Shift+F6", Icon.CHEVRON_LEFT, places_),
            Action("session.lock", _("Lock"), self.lock_requested.emit, "Ctrl+Alt+L",
                   Icon.LOCK, do),
            Action("session.close", _("Lock and close the record"), self.closing_requested.emit,
                   "Ctrl+Alt+Shift+L", Icon.LOCK, do, _("lock safe key memory leave day")),
            Action("help.shortcuts", _("Show keyboard shortcuts"), self._show_shortcuts, "F1",
                   Icon.HELP, do, _("help keys")),
        )  # fmt: skip

    def _show_exchange(self) -> None:
        """Where it shows how it stands."""
        self.context.navigator.open(to.Settings("exchange"))

    def _exchange(self) -> None:
        """Where it shows how it stands; and at once, where there is a server."""
        self._show_exchange()
        if self.context.exchange.standing is not None and allowed(self.context.actor, "sync.run"):
            self.context.exchange.exchange_now()

    def _bind_keys(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if len(action.shortcut) > 1:
                shortcut = QShortcut(QKeySequence(action.shortcut), self)
                shortcut.activated.connect(action.run)

    def _bind_screen_keys(self) -> None:
        """Each key is bound once; what it does follows the screen."""
        screen = self.shown
        own = screen.offered_actions() if screen is not None else ()
        # A bare letter belongs to the focused list.
        self._screen_runs = {each.shortcut: each.run for each in own if len(each.shortcut) > 1}
        self._screen_runs["Ctrl+Return"] = self._primary
        for keys in self._screen_runs.keys() - self._screen_keys.keys():
            self._screen_keys[keys] = QShortcut(QKeySequence(keys), self)
            self._screen_keys[keys].activated.connect(partial(self._run_key, keys))
        for keys, shortcut in self._screen_keys.items():
            shortcut.setEnabled(keys in self._screen_runs)

    def _run_key(self, keys: str) -> None:
        # A form in front has the keys: a screen's must not act behind it.
        if keys == "Ctrl+Return" or not self.context.host.has_drawer:
            self._screen_runs[keys]()

    def _step_pane(self, by: int) -> None:
        if self.shown is not None and not self.context.host.has_drawer:
            self._panes.step([self.rail, self.top, *panes_of(self.shown)], by)

    def _show_shortcuts(self) -> None:
        self.context.host.show_shortcuts(self.context.actions.all())

    def _on_committed(self, changes: object) -> None:
        if isinstance(changes, Changes) and changes.origin != "sync":
            self.status.show_saved()

    def open_first(self) -> None:
        """What a person sees first; what was left unfinished is said."""
        places_ = (kind for _key, kind, _icon in _RAIL if kind is not to.Conflicts)
        first = next(filter(self._may_open, places_), to.Settings)
        self.context.navigator.open(first())
        if allowed(self.context.actor, "draft.write"):
            self.context.tasks.read(self, unfinished, done=self._say_unfinished)

    def _say_unfinished(self, rows: tuple[Unfinished, ...]) -> None:
        if not rows and allowed(self.context.actor, "user.approve"):
            self.context.tasks.read(self, reminders.of_owner, done=self._remind)
        elif rows:
            words = ngettext("{n} text is not finished.", "{n} texts are not finished.", len(rows))
            self.context.host.toast(
                words.format(n=current().number(len(rows))),
                lambda: self.context.navigator.open(to.Today(unfinished=True)),
                pgettext("unfinished texts", "Show"),
            )

    def _remind(self, found: reminders.Reminders) -> None:
        """What an owner is to look at now and then; said at sign-in, one thing at a time."""
        show = pgettext("unfinished texts", "Show")

        def say(words: str, page: str) -> None:
            place = to.Settings(page)
            self.context.host.toast(words, lambda: self.context.navigator.open(place), show)

        if found.done_alone:
            words = ngettext(
                "{n} thing was done without a second person.",
                "{n} things were done without a second person.",
                found.done_alone,
            )
            say(words.format(n=current().number(found.done_alone)), "audit")
        elif found.over:
            words = _("The time of {name} is over: end the way in, and the record gets a new key.")
            say(words.format(name=isolate(found.over[0])), "people")
        elif found.sheet_due:
            words = _("Is the recovery sheet still in its place? Type two groups of it.")
            say(words, "recovery")
        elif found.rights_due:
            say(_("It is time to go through who may do what."), "rights")
