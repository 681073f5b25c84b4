"""The drawer of a patient's problem list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.dates import parse_date
from clinic_desktop.domain.refusals import RefusedError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import conditions
from clinic_desktop.services.conditions import AddProblem, Coded, ConditionRow
from clinic_desktop.services.wording import sentence_of
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.code_search import PackSearch
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.navigator import EditProblems
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.pill import PillSpec
from clinic_desktop.ui.widgets.suggestions import Suggestion


class ProblemsForm(ChartForm):
    """Pick a code or write words; resolve and reopen below."""

    def __init__(
        self, context: Context, destination: EditProblems, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("problems")
        self._search = PackSearch(context.tasks, self)
        self.term = ComboSearch(_("Code or words"), free=True)
        self.term.edit.setObjectName("problem.term")
        self.term.wanted.connect(self._look_up)
        self.onset = QLineEdit()
        self.rows["diagnosis"] = self.form.add(_("Problem"), self.term, required=True)
        self.rows["onset"] = self.form.add(
            _("Since"), self.onset, hint=_("A year is enough: 2014, or 3y.")
        )
        self.listed = FactList(_("No problems recorded."))
        self.draft = FieldDraft(context, "problem", str(self.patient_id), self)
        self.column.addWidget(self.draft.notice)
        self.column.addWidget(self.form)
        self.column.addWidget(self.listed)
        self.column.addStretch(1)
        self.setFocusProxy(self.term)
        context.tasks.committed.connect(self._on_committed)
        self._load()
        self._keep_draft()

    def _keep_draft(self) -> None:
        self.draft.keep("term", self.term.edit)
        # After the words, which a person may have typed on top of an older choice.
        self.draft.keep_by("code", self._picked, self._pick_again, self.term.changed)
        self.draft.keep("onset", self.onset)
        self.draft.begin()

    def _picked(self) -> dict[str, str] | None:
        picked = self.term.value()
        return asdict(picked) if isinstance(picked, Coded) else None

    def _pick_again(self, code: dict[str, Any] | None) -> None:
        self.term.set_value(Coded(**code) if code else None, self.term.text())

    def was_closed(self) -> None:
        """It was added, or thrown away in so many words."""
        self.draft.let_go()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Add problem")

    def may_close(self) -> bool:
        """A problem half typed is not thrown away."""
        return not (self.term.text().strip() or self.onset.text().strip())

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("condition"):
            self._load()

    def _load(self) -> None:
        self.context.tasks.read(
            self, conditions.problems_of, self.patient_id, with_past=True, done=self._show
        )

    def _show(self, rows: list[ConditionRow]) -> None:
        rows.sort(key=lambda row: not row.is_current)
        self.listed.show_facts([self._fact(row) for row in rows])

    def _fact(self, row: ConditionRow) -> Fact:
        name = isolate(row.term.display)
        if row.is_current:
            sentence, status, icon = _("Mark {name} as resolved"), "resolved", Icon.CHECK
        else:
            sentence, status, icon = _("Reopen {name}"), "active", Icon.UNDO
        action = FactAction(icon, sentence.format(name=name), lambda: self._set_status(row, status))
        pill = None if row.is_current else PillSpec(_("resolved"), Tone.NEUTRAL)
        return Fact(row.id, row.term.display, words.problem_sub(row), pill, (action,))

    def _set_status(self, row: ConditionRow, status: str) -> None:
        self.context.tasks.write(
            self,
            conditions.set_problem_status,
            row.id,
            status,
            failed=self.context.host.show_error,
        )

    def _look_up(self, text: str) -> None:
        self._search(
            text,
            lambda found: self.term.show_suggestions(
                text,
                [Suggestion(each, each.display, "", each.code, Icon.DIAGNOSIS) for each in found],
            ),
        )

    def submit(self, print_too: bool) -> None:
        """Add what was picked or written."""
        picked = self.term.value()
        term = picked if isinstance(picked, Coded) else Coded(self.term.text())
        onset = self.onset.text().strip()
        if onset:
            today = current().local(self.context.clock.now()).date()
            try:
                onset = str(parse_date(onset, today=today).value)
            except RefusedError as error:
                self.rows["onset"].set_error(sentence_of(error))
                self.onset.setFocus()
                return
        said = _("On the problem list: {name}.").format(name=isolate(term.display))
        self.write(
            conditions.add_problem,
            AddProblem(self.patient_id, term, onset),
            done=lambda: self._finish(said),
        )

    def _finish(self, said: str) -> None:
        self.context.host.toast(said)
        self.term.set_value(None, "")
        self.onset.clear()
        self.was_closed()
        self.close_requested.emit()
