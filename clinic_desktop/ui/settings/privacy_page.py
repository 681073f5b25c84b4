"""Data protection of the practice: requests that wait, how long charts are kept, research."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.deidentifying import Dates
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.domain.retention import RetentionRule
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate, isolate_path, ngettext, pgettext
from clinic_desktop.services.privacy import deidentified, requests, retention
from clinic_desktop.services.privacy.deidentified import Deidentified
from clinic_desktop.services.privacy.requests import RequestRow
from clinic_desktop.services.privacy.retention import ExpiredChart
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.person_words import listed_name
from clinic_desktop.ui.core.privacy_words import request_kinds, request_pill
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import NumberUnitEdit

_MOST_SHOWN = 20
_NOT_SHOWN = RetentionRule(0)


class PrivacyPage(SettingsPage):
    """For whoever answers for the data: what is due, and what has been kept long enough."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Data protection"),
            _("What patients asked for, how long charts are kept, and rows without names."),
            Scope.CLINIC,
        )
        self.waiting = FactList(_("Nothing waits."))
        self.add_card(_("Requests that wait"), self.waiting)
        self._rule = _NOT_SHOWN
        self._shown: dict[NumberUnitEdit, str] = {}
        """What each field was filled with; anything else was typed."""
        self.years = NumberUnitEdit(pgettext("unit", "years"))
        self.child = NumberUnitEdit(pgettext("unit", "years"))
        self.bills = NumberUnitEdit(pgettext("unit", "years"))
        form = Form(columns=3)
        form.add(_("After the last entry"), self.years)
        form.add(_("A child at least until the age of"), self.child)
        form.add(_("Bills"), self.bills)
        for field in (self.years, self.child, self.bills):
            field.edit.editingFinished.connect(self._keep_rule)
            field.setEnabled(allowed(context.actor, "practice.write"))
        told = _(
            "These are what is usual in your country, not legal advice. Nothing is ever erased by"
            " itself: charts that were kept long enough are listed here for you to look through."
        )
        self.over = FactList(_("No chart was kept longer than it must be."))
        self.add_card(
            _("How long charts are kept"), Label(told, "body", "muted", wrap=True), form, self.over
        )
        if allowed(context.actor, "report-clinical.export"):
            self._add_research()
        self.end()
        context.tasks.committed.connect(self._on_committed)

    def _add_research(self) -> None:
        told = _(
            "Codes, numbers and years without names, addresses and free text, as CSV. It lowers"
            " the risk that somebody is recognised; it does not take it away."
        )
        self.dates = SegmentedControl(
            [
                Option(Dates.YEAR, pgettext("dates", "Years only"), "y"),
                Option(Dates.SHIFT, pgettext("dates", "Days moved by person"), "d"),
            ],
            _("Days"),
            Dates.YEAR,
        )
        self.export = Button(_("Write rows without names…"), icon=Icon.DOWNLOAD)
        self.export.setObjectName("privacy.deidentified")
        self.export.clicked.connect(self._choose)
        self.result = Label("", "body", wrap=True)
        self.result.hide()
        form = Form()
        form.add(_("Days"), self.dates)
        self.add_card(
            _("For research and reports"), Label(told, "body", "muted", wrap=True), form,
            self.export, self.result,
        )  # fmt: skip

    def load(self) -> None:
        """Read what waits and what is over."""
        tasks = self.context.tasks
        tasks.read(self, requests.open_requests, done=self._show_waiting)
        tasks.read(self, retention.rule, done=self._show_rule)
        tasks.read(self, retention.expired, done=self._show_over)

    def _on_committed(self, changes: Changes) -> None:
        if self.isVisible() and changes.touches("subject_request", "setting", "patient"):
            self.load()

    def _show_waiting(self, rows: list[RequestRow]) -> None:
        today = self.context.language.local(self.context.clock.now()).date()
        facts = []
        for row in rows[:_MOST_SHOWN]:
            title = request_kinds().get(row.kind, row.kind)
            due = request_pill(row.status, row.due_on, today)
            name = listed_name(row.name)
            facts.append(Fact(row.id, title, name, due, self._opener(row.patient_id, name)))
        self.waiting.show_facts(facts)

    def _show_rule(self, rule: RetentionRule) -> None:
        fields = ((self.years, rule.years), (self.child, rule.child_until),
                  (self.bills, rule.invoice_years))  # fmt: skip
        for field, value in fields:
            self._show_years(field, str(value))
        self._rule = rule

    def _show_years(self, field: NumberUnitEdit, now: str) -> None:
        """What is typed stays; what somebody else decided meanwhile then stands below it."""
        before = self._shown.get(field)
        self._shown[field] = now
        if field.text() in {before or "", now}:
            field.set_text(now)
            field.set_note("")
        elif before not in {None, now}:
            words = _("Changed by somebody else meanwhile to: {value}")
            field.set_note(words.format(value=isolate(now)))

    def _keep_rule(self) -> None:
        fields = (self.years, self.child, self.bills)
        texts = [field.text().strip() for field in fields]
        if not all(text.isdecimal() for text in texts):
            words = _("Choose from 1 to {most} years.").format(most=retention.MOST_YEARS)
            self.refuse(ValidationError("years", words, kept=_("What you typed is still here.")))
            return
        years, child, bills = (int(text) for text in texts)
        wish = RetentionRule(years, child, bills, self._rule.basis)
        if wish == self._rule:
            self.notice.hide()
        else:
            before, self._rule = self._rule, wish
            self.context.tasks.write(
                self, retention.decide_rule, wish, before, done=self._kept,
                failed=partial(self._refused, before),
            )  # fmt: skip

    def _refused(self, before: RetentionRule, error: ClinicError) -> None:
        """Say what is there by now; what is still typed goes over it the next time."""
        self._rule = before
        self.refuse(error)
        self.load()

    def _kept(self, _nothing: None) -> None:
        self.said(_("Kept from now on as you said."))
        self.load()

    def _show_over(self, rows: list[ExpiredChart]) -> None:
        facts = []
        for row in rows[:_MOST_SHOWN]:
            name = listed_name(row.name)
            last = isolate(current().date(row.last))
            until = isolate(current().date(row.until))
            told = _("last entry {last}, to be kept until {until}").format(last=last, until=until)
            facts.append(Fact(row.id, name, told, None, self._opener(row.id, name)))
        more = len(rows) - _MOST_SHOWN
        if more > 0:
            words = ngettext("and {count} more", "and {count} more", more)
            facts.append(Fact("more", words.format(count=current().number(more))))
        self.over.show_facts(facts)

    def _opener(self, patient_id: uuid.UUID, name: str) -> tuple[FactAction, ...]:
        words = _("Open the chart: {name}").format(name=isolate(name))
        return (FactAction(Icon.FORWARD, words, partial(self._open, patient_id)),)

    def _open(self, patient_id: uuid.UUID) -> None:
        self.context.navigator.open(to.Chart(patient_id, "privacy"))

    # ------------------------------------------------------------ research

    def _choose(self) -> None:
        chooser = QFileDialog(self, _("Choose a folder"))
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(self.write_rows)
        chooser.open()

    def write_rows(self, folder: str) -> None:
        """Write the files into an empty folder, on another thread."""
        self.export.setEnabled(False)
        work = partial(
            deidentified.export_deidentified, self.context.clinic.store, self.context.actor
        )
        dates = Dates(str(self.dates.value()))
        self.context.tasks.call(
            self, work, Path(folder), dates, done=self._written, failed=self._not_written
        )

    def _written(self, told: Deidentified) -> None:
        self.export.setEnabled(True)
        where = _("The files are in {folder}.").format(folder=isolate_path(told.folder))
        self.result.setText("\n".join([where, *deidentified.warnings(told)]))
        self.result.show()

    def _not_written(self, error: ClinicError) -> None:
        self.export.setEnabled(True)
        self.refuse(error)
