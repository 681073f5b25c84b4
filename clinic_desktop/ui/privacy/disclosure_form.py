"""The drawer that notes by hand what somebody got."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.privacy import disclosures
from clinic_desktop.services.privacy.disclosures import NoteDisclosure
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.disclosure_words import disclosure_kinds
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.privacy import words
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class DisclosureForm(ChartForm):
    """What, to whom, what for, and when."""

    def __init__(
        self, context: Context, destination: to.NoteDisclosure, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("disclosure")
        today = context.language.local(context.clock.now()).date()
        self.kind = Select(disclosure_kinds().items(), "copy")
        self.content = QLineEdit()
        self.recipient_kind = Select(words.recipient_kinds().items(), "clinician")
        self.recipient, self.purpose = QLineEdit(), QLineEdit()
        self.recipient.setObjectName("disclosure.recipient")
        self.purpose.setObjectName("disclosure.purpose")
        order = date_order(context.language.locale)
        self.on = SmartDateEdit(date_parser(today, order=order, past=True, whole_day=True))
        self.on.set_text(today.isoformat())
        form = self.form
        self.rows |= {
            "kind": form.add(_("What was given"), self.kind),
            "content": form.add(
                _("Which part"), self.content, hint=_("Such as: laboratory results of 2026")
            ),
            "recipient_kind": form.add(_("To whom"), self.recipient_kind),
            "recipient": form.add(_("Name"), self.recipient, required=True),
            "purpose": form.add(_("What for"), self.purpose, required=True),
            "on": form.add(_("When"), self.on),
        }
        self.column.addWidget(form)
        self.column.addStretch(1)
        self.setFocusProxy(self.kind)
        self.keep_words("disclosure")

    def keeping(self, draft: FieldDraft) -> None:
        """All its fields."""
        draft.keep("kind", self.kind)
        draft.keep("content", self.content)
        draft.keep("recipient_kind", self.recipient_kind)
        draft.keep("recipient", self.recipient)
        draft.keep("purpose", self.purpose)
        draft.keep("on", self.on)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Note it")

    def may_close(self) -> bool:
        """What is half typed is not thrown away."""
        return not self.is_typed

    def _edits(self) -> tuple[QLineEdit, ...]:
        return self.content, self.recipient, self.purpose

    def submit(self, print_too: bool) -> None:
        """Write it down."""
        if not self.on.show_error():
            self.on.edit.setFocus()
            return
        told = self.on.value()
        wish = NoteDisclosure(
            self.patient_id,
            self.recipient.text(),
            self.purpose.text(),
            str(self.kind.value()),
            str(self.recipient_kind.value()),
            self.content.text(),
            told.day if told else None,
        )
        self.write(disclosures.note_disclosure, wish, done=self._done)

    def _done(self) -> None:
        for edit in self._edits():
            edit.clear()
        self.close_requested.emit()
        self.context.host.toast(_("Noted who got what."))
