"""Who is selected in the list, with the next steps."""

from __future__ import annotations

import uuid

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.person_words import next_time
from clinic_desktop.ui.patients.banner_vm import BannerVM
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.patient_banner import PatientBanner, PatientCard


class Preview(Card):
    """``acted(destination)`` when one of its buttons is pressed."""

    acted = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._context = context
        self.patient_id: uuid.UUID | None = None
        self.setAccessibleName(_("Selected patient"))
        self.vm = BannerVM(context, self)
        self.vm.changed.connect(self._render)
        hint = _("Arrow keys choose a patient from the list.")
        self._nobody = EmptyState(Icon.PATIENT, _("Nobody selected"), hint, parent=self)
        self._somebody = QWidget(self)
        self.banner = PatientBanner(parent=self._somebody, is_card=False)
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(SPACE_3)
        self._fact_labels = [(Label("", tone="muted"), Label("", wrap=True)) for _row in range(3)]
        for place, (name, value) in enumerate(self._fact_labels):
            self._facts.addWidget(name, place, 0)
            self._facts.addWidget(value, place, 1)
        column = QVBoxLayout(self._somebody)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self.banner)
        column.addLayout(self._facts)
        column.addWidget(self._buttons())
        column.addStretch(1)
        self.body.addWidget(self._nobody, 1)
        self.body.addWidget(self._somebody, 1)
        self.show_patient(None)

    def _buttons(self) -> QWidget:
        holder = QWidget(self._somebody)
        flow = FlowLayout(holder, gap=SPACE_2, line_gap=SPACE_2)
        offers = (
            ("patients.open", _("Open chart"), "primary", Icon.PATIENT, to.Chart),
            ("patients.book", _("Book"), "secondary", Icon.BOOK, to.BookAppointment),
            ("patients.walk-in", _("Walk-in"), "secondary", Icon.WALK_IN, to.WalkIn),
            ("patients.edit", _("Edit details"), "secondary", Icon.EDIT, to.EditPatient),
            ("patients.merge", _("Join charts"), "secondary", Icon.MERGE, to.MergePatients),
        )
        for name, text, kind, icon, destination in offers:
            if not to.may_open(self._context.actor, destination):
                continue
            button = Button(text, kind, icon, parent=holder)
            button.setObjectName(name)
            button.clicked.connect(lambda _on=False, kind=destination: self._act(kind))
            flow.addWidget(button)
        return holder

    def _act(self, destination: type[to.Destination]) -> None:
        if self.patient_id is not None:
            self.acted.emit(destination(self.patient_id))  # type: ignore[call-arg]

    def show_patient(self, patient_id: uuid.UUID | None) -> None:
        """Show another patient, or nobody."""
        self.patient_id = patient_id
        self._nobody.setVisible(patient_id is None)
        if patient_id is None:
            self._somebody.hide()
        self.vm.show_patient(patient_id)

    def _render(self, card: PatientCard) -> None:
        data = self.vm.data
        if data is None:
            return
        self.banner.set_card(card)
        row, today = data.row, current().local(self._context.clock.now()).date()
        facts = (
            (_("Last visit"), current().date(row.last_visit_on) if row.last_visit_on else ""),
            (_("Appointment"), next_time(row.next_appointment_at, today)),
            (_("Language"), _language_name(data.language)),
        )
        for (name, value), (title, text) in zip(self._fact_labels, facts, strict=True):
            name.setText(title)
            value.setText(isolate(text))
            name.setVisible(bool(text))
            value.setVisible(bool(text))
        self._somebody.show()


def _language_name(code: str) -> str:
    return str(current().locale.languages.get(code, code)) if code else ""
