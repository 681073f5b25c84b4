"""Drawers for a referral and a sick note."""

from __future__ import annotations

import uuid
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout

from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services import letters
from clinic_desktop.services.letters import WriteReferral, WriteSickNote
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class _LetterForm(DrawerForm):
    """Fields and an error; issues one letter and prints it."""

    kind = ""

    def __init__(self, context: Context, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> None:
        super().__init__()
        self.context = context
        self.patient_id, self.encounter_id = patient_id, encounter_id
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        self.form = Form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(self._notice)
        column.addWidget(self.form)
        column.addStretch(1)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Issue and print")

    def issue(self, command: Any, wish: object) -> None:
        """Issue it; an error stays in the form."""
        self.context.tasks.write(self, command, wish, done=self._done, failed=self._failed)

    def _done(self, letter_id: uuid.UUID) -> None:
        self.close_requested.emit()
        self.context.printing.print_paper(self.kind, letter_id)

    def _failed(self, error: ClinicError) -> None:
        self._notice.set_words(Tone.DANGER, error.message, error.hint)
        self._notice.show()
        self._notice.say()


class ReferralForm(_LetterForm):
    """To whom, why, how soon."""

    kind = "referral"

    def __init__(self, context: Context, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> None:
        super().__init__(context, patient_id, encounter_id)
        self.recipient, self.specialty = QLineEdit(), QLineEdit()
        self.reason = QLineEdit()
        self.body = QPlainTextEdit()
        self.body.setTabChangesFocus(True)
        options = [
            Option("routine", pgettext("urgency", "Routine"), "r"),
            Option("urgent", pgettext("urgency", "Urgent"), "u"),
            Option("asap", pgettext("urgency", "As soon as possible"), "a"),
        ]
        self.urgency = SegmentedControl(options, _("Urgency"), "routine")
        self.form.add(_("To (hospital, doctor)"), self.recipient, required=True)
        self.form.add(_("Specialty"), self.specialty)
        self.form.add(_("Reason"), self.reason, required=True)
        self.form.add(_("Urgency"), self.urgency)
        self.form.add(_("History and question"), self.body)
        self.recipient.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self, print_too: bool) -> None:
        """Issue it."""
        self.issue(
            letters.write_referral,
            WriteReferral(
                self.patient_id,
                self.recipient.text(),
                self.reason.text(),
                self.specialty.text(),
                str(self.urgency.value()),
                self.body.toPlainText(),
                self.encounter_id,
            ),
        )


class SickNoteForm(_LetterForm):
    """From when to when; the diagnosis only if the patient agrees."""

    kind = "sick-note"

    def __init__(self, context: Context, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> None:
        super().__init__(context, patient_id, encounter_id)
        today = context.language.local(context.clock.now()).date()
        self.start = SmartDateEdit(date_parser(today, whole_day=True))
        self.start.set_text(today.isoformat())
        self.end = SmartDateEdit(date_parser(today, whole_day=True), _("in 3d"))
        self.restrictions, self.reason = QLineEdit(), QLineEdit()
        self.agreed = Tick(_("The patient agrees that the diagnosis is printed"))
        self.form.add(_("First day"), self.start, required=True)
        self.form.add(_("Last day"), self.end, required=True)
        self.form.add(_("Restrictions"), self.restrictions)
        self.form.add(_("Diagnosis"), self.reason)
        self.form.add("", self.agreed)

    def submit(self, print_too: bool) -> None:
        """Issue it."""
        days: list[SmartDate] = []
        for field in (self.start, self.end):
            if not field.show_error() or field.value() is None:
                field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            days.append(field.value())
        self.issue(
            letters.write_sick_note,
            WriteSickNote(
                self.patient_id,
                days[0].day,
                days[1].day,
                self.reason.text(),
                self.agreed.isChecked(),
                self.restrictions.text(),
                self.encounter_id,
            ),
        )
