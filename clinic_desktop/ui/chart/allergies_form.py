"""The drawer of a patient's allergies: what is recorded, one more, or none known."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.codes import AllergyCategory, AllergyStatus
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import allergies
from clinic_desktop.services.allergies import AllergyRow, AllergyState, RecordAllergy
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import EditAllergies
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl


class AllergiesForm(ChartForm):
    """Enter the substance and Ctrl+Enter; or one button for "no known allergies"."""

    def __init__(
        self, context: Context, destination: EditAllergies, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("allergies")
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
        self.column.addWidget(self.listed)
        self.column.addWidget(self.none_known)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.substance)
        context.tasks.committed.connect(self._on_committed)
        self._load()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Record allergy")

    def may_close(self) -> bool:
        """A substance half typed is not thrown away."""
        return not self.substance.text().strip()

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("allergy_intolerance", "patient"):
            self._load()

    def _load(self) -> None:
        self.context.tasks.read(self, allergies.allergies_of, self.patient_id, done=self._show)

    def _show(self, state: AllergyState) -> None:
        self.listed.show_facts([self._fact(row) for row in state.rows], words.no_allergies(state))
        self.none_known.setVisible(state.status != AllergyStatus.RECORDED)

    def _fact(self, row: AllergyRow) -> Fact:
        name = isolate(row.display)
        actions = (
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

    def _retire(self, row: AllergyRow, *, in_error: bool) -> None:
        self.context.tasks.write(
            self,
            allergies.retire_allergy,
            row.id,
            in_error=in_error,
            failed=self.context.host.show_error,
        )

    def _record_none(self) -> None:
        said = _("No known allergies: recorded.")
        self.write(allergies.record_none_known, self.patient_id, done=lambda: self._finish(said))

    def submit(self, print_too: bool) -> None:
        """Record what was typed."""
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
        self.substance.clear()
        self.close_requested.emit()
