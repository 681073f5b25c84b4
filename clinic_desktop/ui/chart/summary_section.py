"""The first page of a chart: what must be known before the next question is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import chart, conditions
from clinic_desktop.services.chart import ChartSummary, VitalTrend
from clinic_desktop.services.chart_results import ResultRow, Series
from clinic_desktop.services.conditions import ConditionRow
from clinic_desktop.services.observations_words import BLOOD_PRESSURE, unit_words, vital_name
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.dispute_words import undecided_words
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.column import Column, scrolled
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.trend_plot import Trend, TrendPlot, TrendPoint

MOST_MEDICINES = 8
MOST_PROBLEMS = 10
_WIDE = 980


class FactCard(Card):
    """A card with a list of facts and one action."""

    def __init__(self, title: str, verb: str, run: Callable[[], None]) -> None:
        super().__init__(title)
        button = Button(verb, "link")
        button.setAccessibleName(f"{verb}: {title}")
        button.clicked.connect(lambda: run())  # noqa: PLW0108 - clicked brings a bool along
        self.header.add_action(button)
        self.facts = FactList()
        self.add(self.facts)
        self.body.addStretch(1)


class SummarySection(Section):
    """Problems, allergies, medicines, a trend, visits, vital signs."""

    tables = (
        *("condition", "allergy_intolerance", "medication_request", "observation"),
        *("encounter", "note", "patient"),
    )
    shown = Signal(object)
    """``ChartSummary``, once it stands on the page."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart.summary")
        self.problems = FactCard(_("Problems"), _("Edit"), self._edit_problems)
        self.allergies = FactCard(_("Allergies"), _("Edit"), self._edit_allergies)
        self.medicines = FactCard(_("Medicines"), _("All"), self._open("medicines"))
        self.results = FactCard(_("Latest results"), _("All"), self._open("results"))
        self.visits = FactCard(_("Visits"), _("All"), self._open("visits"))
        self.vitals = FactCard(_("Vital signs"), _("All"), self._open("results"))
        self.plot = TrendPlot()
        self.trend_card = Card(_("Trend"))
        self.trend_card.add(self.plot, 1)
        self._column = Column()
        self._grid_box = QWidget()
        self._grid = QGridLayout(self._grid_box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_3)
        # It keeps its room while it is hidden: the scroll bar would come and go, and all wrap anew.
        policy = self._grid_box.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._grid_box.setSizePolicy(policy)
        self._column.body.addWidget(self._grid_box)
        self._column.body.addStretch(1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(scrolled(self._column))
        self._arranged = (0, True)
        self._arrange()

    def _open(self, section: str) -> Callable[[], None]:
        return lambda: self.section_wanted.emit(section)

    def _edit_problems(self) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(to.EditProblems(self.patient_id))

    def _edit_allergies(self) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(to.EditAllergies(self.patient_id))

    # -- layout -------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Three columns, or one where there is no room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = 3 if self.width() >= look().px(_WIDE) else 1
        trend = not self.trend_card.isHidden()
        if (columns, trend) == self._arranged:
            return
        self._arranged = (columns, trend)
        cards = (
            (self.problems, 0, 0, 1),
            (self.medicines, 0, 1, 1 if trend else 2),
            (self.trend_card, 0, 2, 1),
            (self.visits, 1, 0, 2),
            (self.vitals, 1, 2, 1),
            (self.allergies, 2, 0, 1),
            (self.results, 2, 1, 2),
        )
        for place, (card, row, column, span) in enumerate(cards):
            if columns == 3:
                self._grid.addWidget(card, row, column, 1, span)
            else:
                self._grid.addWidget(card, place, 0)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    # -- showing ------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the summary."""
        self.ask("summary", chart.summary, done=self.show_summary)

    def clear(self) -> None:
        """Nothing until the summary is here."""
        self._grid_box.hide()

    def show_summary(self, found: ChartSummary) -> None:
        """Show what was read."""
        self._show_problems(found)
        self._show_allergies(found)
        self._show_medicines(found)
        self._show_trend(found.trend)
        self._show_measured(found)
        self._show_visits(found)
        # Only now: a card not filled yet may still hold the patient shown before.
        self._grid_box.show()
        self.shown.emit(found)

    def _show_allergies(self, found: ChartSummary) -> None:
        self.allergies.facts.show_facts(
            [
                Fact(
                    row.id,
                    row.display,
                    words.joined(words.undecided(row), row.reaction),
                    words.allergy_pill(row),
                    tone="danger",
                )
                for row in found.allergies.rows
            ],
            words.no_allergies(found.allergies),
        )

    def _show_medicines(self, found: ChartSummary) -> None:
        self.medicines.facts.show_facts(
            [
                Fact(
                    row.id,
                    words.medicine_name(row),
                    words.joined(words.undecided(row), row.instructions),
                )
                for row in found.medicines[:MOST_MEDICINES]
            ],
            _("No medicines recorded."),
        )

    def _show_visits(self, found: ChartSummary) -> None:
        self.visits.facts.show_facts(
            [
                Fact(
                    row.id,
                    words.joined(isolate(words.day_of(row.start_at)), words.visit_title(row)),
                    words.joined(row.practitioner, words.diagnoses_of(row), words.excerpt_of(row)),
                    words.visit_pill(row),
                )
                for row in found.visits
            ],
            _("No visits yet."),
        )

    def _show_measured(self, found: ChartSummary) -> None:
        """Vital signs and results; the day stands in the heading, and where it is another one."""
        vitals = _vital_facts(found.vitals)
        day = max((at for trend in found.vitals for at, _v in trend.points), default=None)
        self.vitals.header.set_title(_("Vital signs"), isolate(words.day_of(day)))
        self.vitals.facts.show_facts(vitals, _("None measured."))
        first = words.day_of(found.results[0].measured_at) if found.results else ""
        self.results.header.set_title(_("Latest results"), isolate(first))
        self.results.facts.show_facts(
            [self._result_fact(row, first) for row in found.results], _("No laboratory results.")
        )

    def _show_problems(self, found: ChartSummary) -> None:
        self.problems.facts.show_facts(
            [
                Fact(
                    row.id,
                    plain_term(row.term.display),
                    words.problem_sub(row),
                    actions=(self._resolve(row),),
                )
                for row in found.problems[:MOST_PROBLEMS]
            ],
            _("No problems recorded."),
        )

    def _resolve(self, row: ConditionRow) -> FactAction:
        name = _("Mark {name} as resolved").format(name=isolate(row.term.display))

        def undo() -> None:
            self.context.tasks.write(self, conditions.set_problem_status, row.id, "active")

        def run() -> None:
            said = _("{name} is resolved.").format(name=row.term.display)
            self.context.tasks.write(
                self,
                conditions.set_problem_status,
                row.id,
                "resolved",
                done=lambda _none: self.context.host.toast(said, undo),
            )

        return FactAction(Icon.CHECK, name, run)

    def _result_fact(self, row: ResultRow, usual_day: str) -> Fact:
        text = f"{row.display}  {words.value_of(row)}"
        day = words.day_of(row.measured_at)
        other = words.joined(
            words.undecided_or_withdrawn(row), "" if day == usual_day else isolate(day)
        )
        key = (row.id, text, row.is_withdrawn)  # versions share an id
        return Fact(key, text, other, words.flag_pill(row), role="body")

    # -- the plot -----------------------------------------------------------------

    def _show_trend(self, series: Series | None) -> None:
        self.trend_card.setVisible(series is not None)
        self._arrange()
        if series is None:
            return
        trend = words.trend_of(series)
        title = isolate(series.display)
        if series.unit:
            title = f"{title}, {isolate(unit_words(series.unit))}"
        last = trend.points[-1] if trend.points else None
        sub = words.joined(isolate(last.shown), isolate(last.when), last.flag) if last else ""
        if series.rows[-1].is_disputed:
            sub = undecided_words()  # the plot has each of them
        self.trend_card.header.set_title(title, sub)
        self.plot.set_trend(trend)


def _vital_facts(trends: Sequence[VitalTrend]) -> list[Fact]:
    """One line each; both blood pressures share theirs."""
    found = {trend.kind: trend for trend in trends}
    lower = found.get(VitalKind.DIASTOLIC)
    facts = []
    for kind, trend in found.items():
        if kind is VitalKind.DIASTOLIC and VitalKind.SYSTOLIC in found:
            continue
        name, unit = vital_name(kind), unit_words(trend.unit)
        last = current().number(trend.points[-1][1])
        if kind is VitalKind.SYSTOLIC and lower is not None:
            name, last = (
                vital_name(BLOOD_PRESSURE),
                f"{last}/{current().number(lower.points[-1][1])}",
            )
        *earlier, (at, value) = trend.points
        # Of a small trend only the last value is told.
        points = [TrendPoint(then.timestamp(), was, "", "") for then, was in earlier]
        shown = isolate(f"{current().number(value)} {unit}")
        points.append(TrendPoint(at.timestamp(), value, shown, words.day_of(at)))
        drawn = Trend(name, tuple(points)) if earlier else None
        both = [trend, lower] if kind is VitalKind.SYSTOLIC and lower else [trend]
        sub = words.joined(*(_not_decided(each) for each in both if each.versions))
        text = f"{name}  {isolate(f'{last} {unit}')}"
        facts.append(Fact(kind, text, sub, role="body", trend=drawn))
    return facts


def _not_decided(trend: VitalTrend) -> str:
    """Every value that the last one may be."""
    values = " / ".join(current().number(each) for each in trend.versions)
    told = isolate(f"{values} {unit_words(trend.unit)}")
    return f"{undecided_words()}: {vital_name(trend.kind)} {told}"
