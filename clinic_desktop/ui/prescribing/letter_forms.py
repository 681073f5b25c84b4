"""Drawers for a referral and a sick note."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services import letters
from clinic_desktop.services.letters import WriteReferral, WriteSickNote
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class _LetterForm(DrawerForm):
    """Fields and an error; issues one letter and prints it. What is typed is kept as a draft."""

    kind = ""

    def __init__(self, context: Context, place: to.ReferralLetter | to.SickNote) -> None:
        super().__init__()
        self.context = context
        self.patient_id, self.encounter_id = place.patient_id, place.encounter_id
        self.draft = FieldDraft(context, self.kind, str(place.encounter_id), self)
        self._rows: dict[str, FormRow] = {}
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        self.form = Form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(self.draft.notice)
        column.addWidget(self._notice)
        column.addWidget(self.form)
        column.addStretch(1)

    def field(self, name: str, label: str, field: QWidget, *, required: bool = False) -> None:
        """A field that is kept in the draft; ``name`` is what a refusal calls it."""
        self.draft.keep(name, field)
        self._rows[name] = self.form.add(label, field, required=required)

    def begin(self) -> None:
        """All fields are there: put back what was typed before."""
        self.draft.on_afresh = next(iter(self._rows.values())).field.setFocus
        self.draft.begin()

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Issue and print")

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    # ------------------------------------------------------------ issuing

    def issue(self, command: Any, wish: object) -> None:
        """Issue it; an error stays in the form."""
        for row in self._rows.values():
            row.set_error("")
        self._notice.hide()
        self.context.tasks.write_once(self, command, wish, done=self._done, failed=self._failed)

    def _done(self, letter_id: Any) -> None:
        self.draft.forget()
        self.close_requested.emit()
        self.context.printing.print_paper(self.kind, letter_id)

    def _failed(self, error: ClinicError) -> None:
        row = self._rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is not None:
            row.set_error(error.message)
            row.field.setFocus()
            return
        self._notice.set_words(Tone.DANGER, error.message, error.hint)
        self._notice.show()
        self._notice.say()


class ReferralForm(_LetterForm):
    """To whom, why, how soon."""

    kind = "referral"

    def __init__(self, context: Context, place: to.ReferralLetter) -> None:
        super().__init__(context, place)
        self.setObjectName("letter.referral")
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
        self.field("recipient", _("To (hospital, doctor)"), self.recipient, required=True)
        self.field("specialty", _("Specialty"), self.specialty)
        self.field("reason", _("Reason"), self.reason, required=True)
        self.field("urgency", _("Urgency"), self.urgency)
        self.field("body", _("History and question"), self.body)
        self.begin()

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

    def __init__(self, context: Context, place: to.SickNote) -> None:
        super().__init__(context, place)
        self.setObjectName("letter.sick-note")
        today = context.language.local(context.clock.now()).date()
        reader = date_parser(today, order=date_order(context.language.locale), whole_day=True)
        self.start = SmartDateEdit(reader)
        self.start.set_text(today.isoformat())
        self.end = SmartDateEdit(reader, _("in 3d"))
        self.restrictions, self.reason = QLineEdit(), QLineEdit()
        self.agreed = Tick(_("The patient agrees that the diagnosis is printed"))
        self.field("start_on", _("First day"), self.start, required=True)
        self.field("end_on", _("Last day"), self.end, required=True)
        self.field("restrictions", _("Restrictions"), self.restrictions)
        self.field("reason", _("Diagnosis"), self.reason)
        self.field("agreed", "", self.agreed)
        self.begin()

    def submit(self, print_too: bool) -> None:
        """Issue it."""
        days: list[SmartDate] = []
        for name, field in (("start_on", self.start), ("end_on", self.end)):
            if not field.show_error() or field.value() is None:
                if not field.text().strip():
                    self._rows[name].set_error(_("Say which day."))
                field.edit.setFocus()
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
