"""The drawer of a patient's allergies: what is recorded, one more, or none known."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.codes import AllergyCategory, AllergyStatus
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import allergies
from clinic_desktop.services.allergies import (
    AllergyEdit,
    AllergyRow,
    AllergyState,
    AmendAllergy,
    RecordAllergy,
)
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.navigator import EditAllergies
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl


class AllergiesForm(ChartForm):
    """Enter the substance and Ctrl+Enter; or one button for "no known allergies".

    The pencil beside an allergy takes it into the fields, where it is changed.
    """

    def __init__(
        self, context: Context, destination: EditAllergies, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("allergies")
        self.edited: AllergyEdit | None = None
        """The allergy that is being changed, as it was shown."""
        self.listed = FactList()
        self.none_known = Button(_("No known allergies"), icon=Icon.OK)
        self.none_known.setObjectName("allergy.none-known")
        self.none_known.clicked.connect(self._record_none)
        self.substance = QLineEdit()
        self.substance.setObjectName("allergy.substance")
        self.reaction = QLineEdit()
        self.category = SegmentedControl(
            (
                Option(AllergyCategory.MEDICATION, pgettext("allergy", "Medicine"), "m"),
                Option(AllergyCategory.FOOD, pgettext("allergy", "Food"), "f"),
                Option(AllergyCategory.ENVIRONMENT, pgettext("allergy", "Other"), "o"),
            ),
            _("Kind"),
            AllergyCategory.MEDICATION,
        )
        self.severity = SegmentedControl(
            (
                Option("mild", pgettext("severity", "Mild"), "i"),
                Option("moderate", pgettext("severity", "Moderate"), "d"),
                Option("severe", pgettext("severity", "Severe"), "s"),
            ),
            _("How bad it was"),
        )
        self.rows["substance"] = self.form.add(_("Allergic to"), self.substance, required=True)
        self.rows["reaction"] = self.form.add(
            _("What happened"), self.reaction, hint=_("Rash, swelling, anaphylaxis…")
        )
        self.form.add(_("Kind"), self.category)
        self.form.add(_("How bad it was"), self.severity)
        self.draft = FieldDraft(context, "allergy", str(self.patient_id), self)
        self.change = FieldDraft(context, "allergy-change", "", self)
        self.column.addWidget(self.draft.notice)
        self.column.addWidget(self.change.notice)
        self.column.addWidget(self.listed)
        self.column.addWidget(self.none_known)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.keep = Button(_("Leave it as it was"))
        self.keep.setObjectName("allergy.keep")
        self.keep.clicked.connect(self._leave)
        self.keep.hide()
        self.column.insertWidget(self.column.indexOf(self.form) + 1, self.keep)
        self.setFocusProxy(self.substance)
        context.tasks.committed.connect(self._on_committed)
        self._load()
        self._keep_drafts()

    def _keep_drafts(self) -> None:
        """One for a new allergy and one for a change: the other rests meanwhile."""
        fields = {
            "substance": self.substance,
            "reaction": self.reaction,
            "category": self.category,
            "severity": self.severity,
        }
        for name, field in fields.items():
            self.draft.keep(name, field)
            if field is not self.substance:
                self.change.keep(name, field)
        self.change.keep_by("shown", self._shown, self._typed_over, self.reaction.textChanged)
        self.draft.begin()

    def _shown(self) -> list[str]:
        """What is recorded of the allergy that is being changed."""
        row = self.edited.row if self.edited is not None else None
        return [] if row is None else [row.category, row.severity, row.reaction]

    def _typed_over(self, shown: list[str]) -> None:
        """Words of a change are given back: that was recorded when they were typed."""
        self.rows["reaction"].set_error("")
        if self.edited is not None and shown != self._shown():
            self._tell_of_change(self.edited)

    def was_closed(self) -> None:
        """It was recorded, or thrown away in so many words."""
        self.draft.let_go()
        self.change.let_go()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Save changes") if self.edited else _("Record allergy")

    def may_close(self) -> bool:
        """A substance half typed, or a change of one, is not thrown away."""
        if self.edited is not None:
            return self._amended() == _as_shown(self.edited)
        return not self.substance.text().strip()

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("allergy_intolerance", "patient"):
            self._load()
            if self.edited is not None:
                self._read(self.edited.row.id, self._follow)

    def _load(self) -> None:
        self.context.tasks.read(self, allergies.allergies_of, self.patient_id, done=self._show)

    def _show(self, state: AllergyState) -> None:
        self.listed.show_facts([self._fact(row) for row in state.rows], words.no_allergies(state))
        self.none_known.setVisible(state.status != AllergyStatus.RECORDED)

    def _fact(self, row: AllergyRow) -> Fact:
        name = isolate(row.display)
        edit = FactAction(
            Icon.EDIT,
            _("Change {name}").format(name=name),
            lambda: self._read(row.id, self._begin),
        )
        actions = (
            *(() if row.is_disputed else (edit,)),
            FactAction(
                Icon.CHECK,
                _("{name}: no longer allergic").format(name=name),
                partial(self._retire, row, in_error=False),
            ),
            FactAction(
                Icon.CLOSE,
                _("{name}: entered in error").format(name=name),
                partial(self._retire, row, in_error=True),
            ),
        )
        pill = words.allergy_pill(row)
        sub = words.joined(words.undecided(row), row.reaction)
        return Fact(row.id, row.display, sub, pill, actions, tone="danger")

    def _read(self, allergy_id: uuid.UUID, done: Callable[[AllergyEdit], None]) -> None:
        show_error = self.context.host.show_error
        self.context.tasks.read(
            self, allergies.for_editing, allergy_id, done=done, failed=show_error
        )

    def _begin(self, found: AllergyEdit) -> None:
        """Take an allergy into the fields; what is typed there is kept for another time."""
        if self.edited is None or self.edited.row.id != found.row.id:
            self.draft.rest()
            self.change.belong_to(str(found.row.id), partial(self._fill, found))
            self._turn()
        self.reaction.setFocus()

    def _fill(self, found: AllergyEdit) -> None:
        row = found.row
        self.edited = found
        self.substance.setText(row.display)
        self.substance.setReadOnly(True)  # another substance is another allergy
        self.reaction.setText(row.reaction)
        self.category.set_value(row.category)
        self.severity.set_value(row.severity)
        self.rows["reaction"].set_error("")

    def _follow(self, newer: AllergyEdit) -> None:
        """Somebody else changed it meanwhile: what is typed stays, and both are in sight."""
        if self.edited is None or newer.row.id != self.edited.row.id:
            return
        before = self._shown()
        self.edited = newer
        if before != self._shown():
            self.change.follow("shown")
            self._tell_of_change(newer)

    def _tell_of_change(self, newer: AllergyEdit) -> None:
        pill = words.allergy_pill(newer.row)
        values = words.joined(pill.text if pill else "", newer.row.reaction)
        told = _("Somebody changed it meanwhile: {values}. Saving puts yours in its place.")
        self.rows["reaction"].set_error(told.format(values=isolate(values)))

    def _leave(self) -> None:
        """Change nothing, and be ready for the next, or for what was typed of it before."""
        self.change.let_go()
        self.change.rest()
        self.edited = None
        self.substance.setReadOnly(False)
        self.substance.clear()
        self.reaction.clear()
        self.category.set_value(AllergyCategory.MEDICATION)
        self.severity.set_value(None)
        self.rows["reaction"].set_error("")
        self._turn()
        self.draft.begin()
        self.substance.setFocus()

    def _turn(self) -> None:
        self.keep.setVisible(self.edited is not None)
        self.none_known.setEnabled(self.edited is None)
        self.primary_changed.emit()

    def _amended(self) -> AmendAllergy:
        """What the fields say of the allergy that is being changed."""
        assert self.edited is not None  # noqa: S101 - asked only then
        row = self.edited.row
        return AmendAllergy(
            row.id,
            str(self.category.value() or row.category),
            str(self.severity.value() or row.severity),
            self.reaction.text().strip(),
            self.edited.base,
        )

    def _retire(self, row: AllergyRow, *, in_error: bool) -> None:
        self.context.tasks.write(
            self,
            allergies.retire_allergy,
            row.id,
            in_error=in_error,
            failed=self.context.host.show_error,
        )

    def _record_none(self) -> None:
        if self.substance.text().strip() or self.reaction.text().strip():
            words = _("Record what is typed here, or empty it, before none is said to be known.")
            self.rows["substance"].set_error(words)
            self.substance.setFocus()
            return
        said = _("No known allergies: recorded.")
        self.write(allergies.record_none_known, self.patient_id, done=lambda: self._finish(said))

    def submit(self, print_too: bool) -> None:
        """Record what was typed."""
        if self.edited is not None:
            said = _("Allergy changed: {name}.").format(name=isolate(self.edited.row.display))
            self.write(allergies.amend_allergy, self._amended(), done=lambda: self._finish(said))
            return
        grave = self.severity.value() == "severe"
        wish = RecordAllergy(
            self.patient_id,
            self.substance.text(),
            category=str(self.category.value() or ""),
            severity=str(self.severity.value() or ""),
            criticality="high" if grave else "",
            reaction=self.reaction.text(),
        )
        said = _("Allergy recorded: {name}.").format(name=isolate(wish.display.strip()))
        self.write(allergies.record_allergy, wish, done=lambda: self._finish(said))

    def _finish(self, said: str) -> None:
        self.context.host.toast(said)
        self.was_closed()
        self.draft.rest()
        self.change.rest()
        self.edited = None
        self.substance.clear()
        self.close_requested.emit()


def _as_shown(edit: AllergyEdit) -> AmendAllergy:
    row = edit.row
    return AmendAllergy(row.id, row.category, row.severity, row.reaction, edit.base)
