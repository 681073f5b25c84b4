"""What a clinician looks at while writing: orders, problems, allergies, medicines, last visit."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, SignalInstance

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.allergies import AllergyRow
from clinic_desktop.services.chart_medicines import MedicineRow
from clinic_desktop.services.conditions import ConditionRow
from clinic_desktop.services.encounters_page import VisitPage
from clinic_desktop.ui.core.dispute_words import undecided_words
from clinic_desktop.ui.core.panels import VisitPanel
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.column import Column
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec, severity

_KNOWN_SEVERITIES = ("mild", "moderate", "severe")


class ContextPanel(QObject):
    """Fills a column from top to bottom; ``panel`` is the part of another feature, if any."""

    allergies_wanted = Signal()
    problems_wanted = Signal()
    medicines_wanted = Signal()
    copy_plan_wanted = Signal()

    def __init__(self, column: Column, panel: VisitPanel | None) -> None:
        super().__init__(column)
        body = column.body
        if panel is not None:
            body.addWidget(panel)
        self._allergies = _section(column, _("Allergies"), _("Edit"), self.allergies_wanted)
        self._medicines = _section(column, _("Medicines"), _("All"), self.medicines_wanted)
        self._problems = _section(column, _("Problems"), _("Edit"), self.problems_wanted)
        self._last_card = Card(_("Last visit"), parent=column)
        self._last = Label("", wrap=True)
        self._plan = Label("", "caption", "muted", wrap=True)
        self.copy_plan = Button(_("Copy last plan"), "link")
        self.copy_plan.setObjectName("visit.copy-plan")
        self.copy_plan.clicked.connect(self.copy_plan_wanted)
        self._last_card.header.add_action(self.copy_plan)
        self._last_card.add(self._last)
        self._last_card.add(self._plan)
        body.addWidget(self._last_card)
        body.addStretch(1)

    def show_page(self, page: VisitPage) -> None:
        """Show what surrounds a visit."""
        self._allergies.show_facts(_allergy_facts(page), _allergies_in_words(page))
        self._medicines.show_facts(
            [medicine_fact(row) for row in page.medicines], _("No medicines recorded.")
        )
        self._problems.show_facts(
            [problem_fact(row) for row in page.problems], _("No problems recorded.")
        )
        self._show_last(page)

    def _show_last(self, page: VisitPage) -> None:
        before = page.before
        self._last_card.setVisible(before is not None)
        if before is None:
            return
        day = current().date(current().local(before.start_at).date())
        terms = " · ".join(map(plain_term, before.diagnoses.split(" · ")))
        words = [isolate(day), plain_term(before.kind or before.reason), terms]
        self._last.setText(" · ".join(filter(None, words)))
        self._plan.setText(page.text_before.plan or before.excerpt)
        self.copy_plan.setVisible(bool(page.text_before.plan) and not page.visit.is_signed)


def _section(column: Column, title: str, verb: str, wanted: SignalInstance) -> FactList:
    card = Card(title, parent=column)
    button = Button(verb, "link")
    button.setAccessibleName(f"{verb}: {title}")
    button.clicked.connect(wanted)
    card.header.add_action(button)
    facts = FactList()
    card.add(facts)
    column.body.addWidget(card)
    return facts


def _allergy_facts(page: VisitPage) -> list[Fact]:
    facts = []
    for row in page.allergies.rows:
        known = row.severity in _KNOWN_SEVERITIES
        grave = (
            PillSpec(_("high risk"), Tone.DANGER, Glyph.UP) if row.criticality == "high" else None
        )
        pill = severity(row.severity) if known else grave
        facts.append(Fact(row.id, row.display, _marked(row, row.reaction), pill, tone="danger"))
    return facts


def _allergies_in_words(page: VisitPage) -> str:
    if page.allergies.status != "none-known":
        return _("Not asked yet.")
    asked = page.allergies.asked_on
    day = current().date(asked) if asked else ""
    return _("No known allergies, asked {date}.").format(date=isolate(day))


def medicine_fact(row: MedicineRow) -> Fact:
    """A medicine in two lines."""
    name = row.product if row.strength in row.product else f"{row.product} {row.strength}"
    return Fact(row.id, name, _marked(row, row.instructions))


def problem_fact(row: ConditionRow) -> Fact:
    """A problem in two lines."""
    since = _("since {date}").format(date=isolate(row.onset[:4])) if row.onset else ""
    code = "" if row.term.code.isdigit() else isolate(row.term.code)
    sub = " · ".join(filter(None, (code, since)))
    return Fact(row.id, plain_term(row.term.display), _marked(row, sub))


def _marked(row: AllergyRow | MedicineRow | ConditionRow, sub: str) -> str:
    """The second line, which says first whether nobody has decided yet."""
    return " · ".join(filter(None, (undecided_words() if row.is_disputed else "", sub)))
