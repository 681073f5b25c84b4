"""The list of patients: a field that filters as one types, and the selected person beside it."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.patients.patients_model import columns
from clinic_desktop.ui.patients.patients_vm import PatientsState, PatientsVM
from clinic_desktop.ui.patients.preview import Preview
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class PatientsView(Screen):
    """Everyone with a chart."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("patients")
        self.setProperty("role", "page")
        self.vm = PatientsVM(context, self)
        self._hasty: str | None = None
        """A text on which Enter was pressed before its list was there."""
        self._build()
        self._connect()
        self.table.set_loading(True)

    def _build(self) -> None:
        # Everything is given its parent at once: a widget that gets another one is dressed anew
        # with all it holds, which took most of the time until the list could be shown.
        self.header = SectionHeader(_("Patients"), role="page", parent=self)
        register = Button(_("Register patient"), "primary", Icon.PATIENT_ADD, parent=self.header)
        register.setObjectName("patients.register")
        register.setToolTip(_("Register patient (Ctrl+N)"))
        register.clicked.connect(self._register)
        self.header.add_action(register)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addLayout(self._filters())
        column.addWidget(self._panes(), 1)

    def _filters(self) -> QHBoxLayout:
        self.field = SearchField(_("Name, phone, number or birth date"), parent=self)
        self.field.edit.setObjectName("patients.filter")
        self.owing = Tick(_("Only with a balance to pay"), parent=self)
        self.owing.setObjectName("patients.owing")
        self.count = Label("", "body", "muted", parent=self)
        filters = QHBoxLayout()
        filters.setSpacing(SPACE_4)
        filters.addWidget(self.field, 3)
        filters.addWidget(self.owing)
        filters.addStretch(1)
        filters.addWidget(self.count)
        return filters

    def _panes(self) -> QWidget:
        panes = SplitInspector(shares=(14, 6), parent=self)
        sheet = Card(flush=True, parent=panes.splitter)
        self.table = DataTable(columns(), _("Patients"), tall=True, parent=sheet)
        self.table.setObjectName("patients.table")
        sheet.body.addWidget(self.table, 1)
        side = ScrollPage(panes.splitter)
        side.column.setContentsMargins(0, 0, 0, 0)
        self.preview = Preview(self.context, side.content)
        side.column.addWidget(self.preview)
        panes.hold(sheet, side)
        return panes

    def _connect(self) -> None:
        self.vm.changed.connect(self._render)
        self.vm.rows_arrived.connect(self.table.model_.put_rows)
        self.vm.rows_stale.connect(self._refresh_seen)
        self.field.searched.connect(self.vm.search)
        self.field.stepped.connect(self._step)
        self.field.entered.connect(self._on_entered)
        self.owing.toggled.connect(self.vm.show_owing)
        self.table.model_.page_wanted.connect(self.vm.fetch)
        self.table.model_.sort_wanted.connect(
            lambda key, descending: self.vm.sort(key, descending=descending)
        )
        self.table.current_changed.connect(self._on_current)
        self.table.opened.connect(lambda _key: self._open())
        self.table.retry_wanted.connect(self.vm.load)
        self.table.empty_acted.connect(self._on_empty)
        self.preview.acted.connect(self.context.navigator.open)
        for letter, name, destination in self._letters():
            self.table.letters.bind(letter, name, partial(self._go, destination))

    def _letters(self) -> tuple[tuple[str, str, type[Destination]], ...]:
        letters = (
            ("B", _("Book an appointment"), to.BookAppointment),
            ("W", _("Take as walk-in"), to.WalkIn),
            ("E", _("Edit the details"), to.EditPatient),
            ("J", _("Join with another chart"), to.MergePatients),
        )
        return tuple(each for each in letters if to.may_open(self.context.actor, each[2]))

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """Come here: the filter takes the keys."""
        if isinstance(destination, to.Patients) and destination.text:
            self.field.set_text(destination.text)
        self.vm.load()
        self.field.edit.setFocus()
        self.field.edit.selectAll()

    def screen_actions(self) -> tuple[Action, ...]:
        """What can be done with the selected patient."""
        section = _("Selected patient")
        names = {to.BookAppointment: "book", to.WalkIn: "walk-in", to.EditPatient: "edit",
                 to.MergePatients: "merge"}  # fmt: skip
        letters = tuple(
            Action(f"patients.{names[kind]}", title, partial(self._go, kind), letter,
                   section=section)
            for letter, title, kind in self._letters()
        )  # fmt: skip
        chart = Action(
            "patients.open", _("Open the chart"), self._open, icon=Icon.PATIENT, section=section
        )
        find = Action("patients.find", _("Filter the list"), self._focus_filter, "Ctrl+F",
                      Icon.FILTER, _("Patients"))  # fmt: skip
        return (chart, *letters, find)

    def primary(self) -> None:
        """Ctrl+Enter opens the chart."""
        self._open()

    # ------------------------------------------------------------ doing

    def _register(self) -> None:
        self.context.navigator.open(to.RegisterPatient(self.field.text().strip()))

    def _focus_filter(self) -> None:
        self.field.edit.setFocus()
        self.field.edit.selectAll()

    def _on_empty(self) -> None:
        if self.vm.state.wanted.only_owing:
            self.owing.setChecked(False)
        else:
            self._register()

    def _on_entered(self, text: str) -> None:
        """Enter is about what was typed, though the list may still be that of another text."""
        self.vm.search(text)
        if self.vm.state.answered == self.vm.state.wanted:
            self._open()
        else:
            self._hasty = text

    def _open_hasty(self, state: PatientsState) -> None:
        hasty, self._hasty = self._hasty, None
        is_meant = hasty == state.wanted.text == self.field.text() and self.isVisible()
        if is_meant and state.found is not None and state.found.ids:
            self.table.select_id(state.found.ids[0])
            self._open()

    def _step(self, step: int) -> None:
        """Arrow keys in the field move in the list."""
        place = self.table.currentIndex().row() + step
        if self.table.model_.rowCount():
            place = min(max(place, 0), self.table.model_.rowCount() - 1)
            self.table.setCurrentIndex(self.table.model_.index(place, 0))

    def _selected(self) -> uuid.UUID | None:
        key = self.table.current_id()
        return key if isinstance(key, uuid.UUID) else None

    def _open(self) -> None:
        self._go(to.Chart)

    def _go(self, kind: type[Destination]) -> None:
        patient_id = self._selected()
        if patient_id is not None:
            self.context.navigator.open(kind(patient_id))  # type: ignore[call-arg]

    def _on_current(self, key: Hashable | None) -> None:
        self.preview.show_patient(key if isinstance(key, uuid.UUID) else None)

    def _refresh_seen(self) -> None:
        first = self.table.rowAt(0)
        last = self.table.rowAt(self.table.viewport().height() - 1)
        last = self.table.model_.rowCount() - 1 if last < 0 else last
        ids = [self.table.model_.id_at(place) for place in range(max(first, 0), last + 1)]
        self.table.model_.refresh([each for each in ids if each is not None])

    # ------------------------------------------------------------ rendering

    def _render(self, state: PatientsState) -> None:
        self.table.set_loading(False)
        self.table.set_error(state.error)
        if state.error:
            self._hasty = None
        if state.found is None or state.error:
            return
        self._render_empty(state)
        self.table.model_.set_ids(state.found.ids)
        self.table.model_.put_rows({row.id: row for row in state.found.first})
        if self.table.current_id() is None:
            self.table.select_id(state.found.ids[0] if state.found.ids else None)
        if not state.found.ids:
            self.preview.show_patient(None)
        number = current().number
        self.count.setText(
            _("{matching} of {total}").format(
                matching=isolate(number(state.found.matching)),
                total=isolate(number(state.found.total)),
            )
        )
        self.field.edit.setAccessibleDescription(self.count.text())
        if state.answered == state.wanted:
            self._open_hasty(state)

    def _advice(self) -> str:
        if self.context.clinic.store.gate.is_held:
            return _("Older charts are still coming: look again when the record is here.")
        return _("Fewer letters find more people.")

    def _render_empty(self, state: PatientsState) -> None:
        if state.wanted.only_owing:
            words = (Icon.OK, _("Nobody has a balance to pay"), "", _("Show everyone"))
        elif state.is_filtered:
            text = isolate(state.wanted.text.strip())
            words = (
                Icon.SEARCH,
                _("Nobody matches “{text}”").format(text=text),
                self._advice(),
                _("Register “{text}”").format(text=text),
            )
        else:
            words = (
                Icon.PATIENTS,
                _("No patients yet"),
                _("Register the first one, or import the records you have."),
                _("Register patient"),
            )
        self.table.set_empty(*words)
