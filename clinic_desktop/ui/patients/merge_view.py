"""The drawer that joins two charts of one person; the toast afterwards takes it back."""

from __future__ import annotations

import uuid
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import patients
from clinic_desktop.services.patients import FoundPatient, MergeRow, PatientRecord
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.person_words import how_found, listed_name, phone_tail, sex_and_age
from clinic_desktop.ui.patients.merge_vm import MergeState, MergeVM, field_title, field_words
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Radio
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.suggestions import Suggestion

_TELLING = frozenset({"name", "birth", "sex"})


class MergeView(DrawerForm):
    """Find the other chart, choose what is right, say why."""

    def __init__(self, context: Context, destination: to.MergePatients) -> None:
        super().__init__()
        self.setObjectName("patient.merge-form")
        self._context = context
        self.vm = MergeVM(context, self)
        self._survivor = Label("", "title", wrap=True)
        self._survivor_number = Label("", tone="muted")
        self.other = ComboSearch(_("Name, phone, number or birth date"))
        self.other.edit.setObjectName("patient.merge-other")
        self._find_row = FormRow(_("The other chart"), self.other, required=True)
        self.swap = Button(_("Let the other chart stay"), "link", Icon.MOVE)
        self.swap.setObjectName("patient.merge-swap")
        self.swap.clicked.connect(self.vm.swap)
        self._fields = QWidget()
        self._fields_column = QVBoxLayout(self._fields)
        self._fields_column.setContentsMargins(0, 0, 0, 0)
        self._fields_column.setSpacing(SPACE_3)
        self.reason = QLineEdit()
        self.reason.setObjectName("patient.merge-reason")
        self.past = QWidget()
        self._past_column = QVBoxLayout(self.past)
        self._past_column.setContentsMargins(0, 0, 0, 0)
        self._past_column.setSpacing(SPACE_1)
        self.past.hide()
        self._reason_row = FormRow(_("Why they are one person"), self.reason, required=True)
        self._advice = Notice(Tone.INFO, "")
        self._first = destination.patient_id
        self.draft = FieldDraft(context, "merge", str(self._first), self)
        self._build()
        self._connect()
        self._render(self.vm.state)
        self.vm.open(destination.patient_id)
        self.draft.keep("reason", self.reason)
        self.draft.keep_by("other", self._other_chart, self._take_other, self.vm.changed)
        self.draft.begin()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self.draft.notice)
        column.addWidget(Label(_("This chart stays"), "caption", "muted"))
        column.addWidget(self._survivor)
        column.addWidget(self._survivor_number)
        column.addWidget(self._find_row)
        holder = QWidget()
        FlowLayout(holder).addWidget(self.swap)
        column.addWidget(holder)
        column.addWidget(self._fields)
        column.addWidget(self._reason_row)
        column.addWidget(self._reasons())
        column.addWidget(self._advice)
        column.addWidget(self.past)
        column.addStretch(1)
        self.swap.hide()
        self._fields.hide()

    def _reasons(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder, gap=SPACE_2, line_gap=SPACE_1)
        for text in (_("Same document"), _("The patient says so"), _("Registered twice")):
            button = Button(text)
            button.clicked.connect(lambda _on=False, text=text: self.reason.setText(text))
            flow.addWidget(button)
        return holder

    def _connect(self) -> None:
        self.vm.changed.connect(self._render)
        self.vm.history.connect(self._show_past)
        self.vm.found.connect(self._show_found)
        self.vm.joined.connect(self._on_joined)
        self.vm.refused.connect(self._on_refused)
        self.other.wanted.connect(self.vm.search)
        self.other.changed.connect(self._on_chosen)

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """The one main action."""
        return _("Join the charts")

    def submit(self, print_too: bool) -> None:
        """Ctrl+Enter joins."""
        self._find_row.set_error("")
        self._reason_row.set_error("")
        if self.vm.state.other is None:
            self._find_row.set_error(_("Find the other chart of this person."))
            self.other.edit.setFocus()
            return
        self.vm.join(self.reason.text())

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    # ------------------------------------------------------------ drafts

    def _other_chart(self) -> str:
        """The chart found for the one it was opened from, whichever of them is to stay."""
        both = (self.vm.state.survivor, self.vm.state.other)
        found = (each.id for each in both if each is not None and each.id != self._first)
        return str(next(found, ""))

    def _take_other(self, text: object) -> None:
        if not text:
            self.other.set_value(None, "")
        self.vm.choose_other(uuid.UUID(str(text)) if text else None)

    # ------------------------------------------------------------ content

    def _show_found(self, text: str, rows: list[FoundPatient]) -> None:
        self.other.show_suggestions(text, [_suggestion(row) for row in rows])

    def _on_chosen(self, patient_id: object) -> None:
        self._find_row.set_error("")
        self.vm.choose_other(patient_id if isinstance(patient_id, uuid.UUID) else None)

    def _render(self, state: MergeState) -> None:
        if state.survivor is not None:
            self._survivor.setText(listed_name(state.survivor.entry.name))
            self._survivor_number.setText(isolate(state.survivor.mrn))
        if state.other is not None:
            name = listed_name(state.other.entry.name)
            self.other.set_value(state.other.id, f"{name} · {state.other.mrn}")
        self.swap.setVisible(state.other is not None)
        self._advice.set_words(*_advice(state))
        self._render_fields(state)

    def _render_fields(self, state: MergeState) -> None:
        while (item := self._fields_column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        if state.survivor is None or state.other is None:
            self._fields.hide()
            return
        names = state.differing
        title = _("Which is right?") if names else _("Both charts say the same.")
        self._fields_column.addWidget(Label(title, "strong"))
        for name in names:
            self._add_choice(_Choice(name, state.survivor, state.other))
        self._fields.show()

    def _add_choice(self, choice: _Choice) -> None:
        choice.theirs.toggled.connect(lambda on: self.vm.take(choice.name, on))
        self._fields_column.addWidget(choice)

    def _show_past(self, rows: list[MergeRow]) -> None:
        self._past_column.addWidget(Label(_("Joined to this chart before"), "strong"))
        for row in rows:
            when = current().date(current().local(row.merged_at).date())
            words = " · ".join(isolate(each) for each in (row.merged_mrn, when, row.reason))
            self._past_column.addWidget(Label(words, wrap=True))
            part = Button(_("Part the charts again"), "link", Icon.UNDO)
            part.setObjectName(f"patient.part-{row.merged_mrn}")
            part.setAccessibleDescription(words)
            part.clicked.connect(partial(self._part, row))
            self._past_column.addWidget(part, 0, Qt.AlignmentFlag.AlignLeading)
        self.past.setVisible(bool(rows))

    def _part(self, row: MergeRow) -> None:
        self.close_requested.emit()
        _undo(self._context, row.id)

    # ------------------------------------------------------------ joining

    def _on_joined(self, merge_id: uuid.UUID) -> None:
        survivor = self.vm.state.survivor
        context = self._context
        self.draft.forget()
        self.close_requested.emit()
        context.host.toast(
            _("The charts are joined."),
            lambda: _undo(context, merge_id),
        )
        if survivor is not None:
            context.navigator.open(to.Chart(survivor.id))

    def _on_refused(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError) and error.field == "reason":
            self._reason_row.set_error(error.message)
            self.reason.setFocus()
        else:
            self._context.host.show_error(error)


def _advice(state: MergeState) -> tuple[Tone, str, str]:
    if len(_TELLING & set(state.differing)) > 1:
        return (
            Tone.WARN,
            _("These charts differ in much"),
            _("Compare the documents of the person before you join them."),
        )
    return (
        Tone.INFO,
        _("Nothing is lost"),
        _("Visits, results and money of both charts are read as one. "
          "The joining can be undone at any time."),
    )  # fmt: skip


def _undo(context: Context, merge_id: uuid.UUID) -> None:
    context.tasks.write(
        context.navigator,
        patients.undo_merge,
        merge_id,
        done=lambda _nothing: context.host.toast(_("The charts are apart again.")),
    )


class _Choice(QWidget):
    """One field with what both charts say."""

    def __init__(self, name: str, survivor: PatientRecord, other: PatientRecord) -> None:
        super().__init__()
        self.name = name
        title = field_title(name)
        self.ours = Radio(_option(survivor, name))
        self.theirs = Radio(_option(other, name))
        for radio in (self.ours, self.theirs):
            radio.setAccessibleName(f"{title}: {radio.text()}")
        self.ours.setObjectName(f"patient.merge-{name}-ours")
        self.theirs.setObjectName(f"patient.merge-{name}-theirs")
        self.ours.setChecked(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Label(title, "label", "muted"))
        column.addWidget(self.ours)
        column.addWidget(self.theirs)


def _option(record: PatientRecord, name: str) -> str:
    words = field_words(record, name)
    if name == "photo":
        words = _("The photo of {number}").format(number=isolate(record.mrn))
    return words.replace("&", "&&")


def _suggestion(row: FoundPatient) -> Suggestion:
    facts = " · ".join(filter(None, (sex_and_age(row), phone_tail(row.phone), how_found(row))))
    return Suggestion(row.id, listed_name(row.name), facts, isolate(row.mrn), Icon.PATIENT)
