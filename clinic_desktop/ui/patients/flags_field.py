"""What everyone who opens the chart must see: raise a flag, take one off."""

from __future__ import annotations

import uuid
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import patients
from clinic_desktop.services.patients import AlertRow
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.form import FormRow
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

_TONES = {"danger": Tone.DANGER, "warning": Tone.WARN, "info": Tone.INFO}


class FlagsField(QWidget):
    """Each change is written at once, with a way back in the toast."""

    def __init__(self, context: Context, patient_id: uuid.UUID) -> None:
        super().__init__()
        self._context, self._patient_id = context, patient_id
        self.setAccessibleName(_("Flags"))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(SPACE_1)
        self.message = QLineEdit()
        self.message.setObjectName("patient.flag")
        self.message.returnPressed.connect(self._raise)
        self._row = FormRow(_("What everyone must see"), self.message)
        self.severity = SegmentedControl(
            [
                Option("info", pgettext("flag", "Note")),
                Option("warning", pgettext("flag", "Attention")),
                Option("danger", pgettext("flag", "Danger")),
            ],
            _("How grave"),
            "warning",
        )
        self.add = Button(_("Raise the flag"), icon=Icon.FLAG)
        self.add.setObjectName("patient.flag-raise")
        self.add.clicked.connect(self._raise)
        line = QHBoxLayout()
        line.setSpacing(SPACE_2)
        line.addWidget(self.severity, 1)
        line.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addWidget(Label(_("Flags"), "strong"))
        column.addLayout(self._rows)
        self.draft = FieldDraft(context, "flag", str(patient_id), self)
        column.addWidget(self.draft.notice)
        column.addWidget(self._row)
        column.addLayout(line)
        self.draft.keep("message", self.message)
        self.draft.keep_by("severity", self._gravity, self._take_gravity, self.severity.changed)
        self.draft.begin()
        self.load()

    def _gravity(self) -> str:
        """How grave the words are; without words there is nothing to keep."""
        return str(self.severity.value()) if self.message.text().strip() else ""

    def _take_gravity(self, value: object) -> None:
        if value:
            self.severity.set_value(value)

    def load(self) -> None:
        """Read the flags in force."""
        self._context.tasks.read(self, patients.alerts_of, self._patient_id, done=self._show)

    def _show(self, alerts: list[AlertRow]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for alert in alerts:
            self._rows.addWidget(self._line(alert))

    def _line(self, alert: AlertRow) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        tone = _TONES.get(alert.severity, Tone.WARN)
        row.addWidget(IconMark(Icon.FLAG, tone.value))
        row.addWidget(Label(alert.message, "strong", tone.value, wrap=True), 1)
        off = Button(_("Take off"), "link")
        off.setObjectName(f"patient.flag-off-{alert.id}")
        off.setAccessibleName(_("Take off the flag {text}").format(text=isolate(alert.message)))
        off.clicked.connect(partial(self._take_off, alert))
        row.addWidget(off, 0, Qt.AlignmentFlag.AlignTrailing)
        return holder

    def _raise(self) -> None:
        self._row.set_error("")
        self._write_flag(self.message.text(), str(self.severity.value()))

    def _write_flag(self, message: str, severity: str) -> None:
        self._context.tasks.write_once(
            self,
            patients.raise_alert,
            self._patient_id,
            message,
            severity,
            done=lambda _id: self._raised(message),
            failed=self._on_failed,
        )

    def _raised(self, message: str) -> None:
        if self.message.text() == message:  # else the next one is being typed
            self.message.clear()
            self.draft.notice.hide()
            if self.draft.keeper.is_kept:
                self.draft.forget()
        self.load()

    def _take_off(self, alert: AlertRow) -> None:
        self.message.setFocus()
        self._context.tasks.write(
            self, patients.end_alert, alert.id, done=lambda _nothing: self._taken_off(alert)
        )

    def _taken_off(self, alert: AlertRow) -> None:
        self.load()
        again = partial(self._write_flag, alert.message, alert.severity)
        self._context.host.toast(_("The flag is taken off."), again)

    def _on_failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self._row.set_error(error.message)
            self.message.setFocus()
        else:
            self._context.host.show_error(error)
