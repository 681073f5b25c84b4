"""The drawer of what a related person may be given, who agreed, and until when."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.consent import PATIENT, ROLES
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.patients import sharing
from clinic_desktop.services.patients.sharing import Share, TrustedPerson
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.privacy_words import part_words, role_words
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class ShareForm(ChartForm):
    """A tick for each part of the record; no tick at all takes everything back."""

    def __init__(
        self, context: Context, destination: to.ShareParts, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("share")
        self._related = destination.related_person_id
        self.who = Label("", "strong", wrap=True)
        self.ticks = {part: Tick(words) for part, words in part_words().items()}
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part, tick in self.ticks.items():
            tick.setObjectName(f"share.{part}")
            column.addWidget(tick)
        box.setFocusProxy(next(iter(self.ticks.values())))
        self.role = SegmentedControl(
            [Option(each, role_words(each)) for each in ROLES], _("Decided by"), PATIENT
        )
        self.role.changed.connect(self._on_role)
        self.given_by = QLineEdit()
        today = context.language.local(context.clock.now()).date()
        order = date_order(context.language.locale)
        self.until = SmartDateEdit(date_parser(today, order=order, whole_day=True))
        self.rows |= {
            "parts": self.form.add(_("May be given"), box),
            "by_role": self.form.add(_("Decided by"), self.role),
            "given_by": self.form.add(_("Name"), self.given_by, required=True),
            "valid_until": self.form.add(_("Until"), self.until, hint=_("Leave empty for no end.")),
        }
        self.rows["given_by"].hide()
        self.column.addWidget(self.who)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(box)
        context.tasks.read(self, sharing.trusted_of, self.patient_id, done=self._show)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Record the decision")

    def keeping(self, draft: FieldDraft) -> None:
        """All its fields; the row of the name follows who decided."""
        for part, tick in self.ticks.items():
            draft.keep(part, tick)
        draft.keep_by("by_role", self.role.value, self._put_role, self.role.changed)
        draft.keep("given_by", self.given_by)
        draft.keep("valid_until", self.until)

    def _put_role(self, role: str) -> None:
        self.role.set_value(role)
        self._on_role(role)

    def may_close(self) -> bool:
        """What was changed is not thrown away."""
        return not self.is_typed

    def _show(self, people: list[TrustedPerson]) -> None:
        for person in people:
            if person.id == self._related:
                who = " – ".join(filter(None, (isolate(person.name), person.relationship)))
                self.who.setText(who)
                for part, tick in self.ticks.items():
                    tick.setChecked(part in person.parts)
                if person.valid_until is not None:
                    self.until.set_text(person.valid_until.isoformat())
                # Ticks that were set when something else was given are not the same decision.
                given = [*sorted(person.parts), str(person.valid_until or "")]
                self.keep_words("share", self._related, given)

    def _chosen(self) -> tuple[str, ...]:
        return tuple(part for part, tick in self.ticks.items() if tick.isChecked())

    def _on_role(self, role: object) -> None:
        self.rows["given_by"].setVisible(role != PATIENT)

    def submit(self, print_too: bool) -> None:
        """Record it."""
        if not self.until.show_error():
            self.until.edit.setFocus()
            return
        told = self.until.value()
        wish = Share(
            self.patient_id,
            self._related,
            self._chosen(),
            str(self.role.value()),
            self.given_by.text(),
            told.day if told else None,
        )
        self.write(sharing.share, wish, done=self._done)

    def _done(self) -> None:
        self.given_by.clear()
        self.close_requested.emit()
        self.context.host.toast(_("The decision is recorded."))
