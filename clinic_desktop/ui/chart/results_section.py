"""Results: the latest of each kind in a table, one kind over the years as a plot and its table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import chart_results
from clinic_desktop.services.chart_results import ResultRow, Series
from clinic_desktop.services.observations_words import category_words, reported_words, unit_words
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import EMPTY_CELL, Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.split_inspector import SplitInspector
from clinic_desktop.ui.widgets.trend_plot import Trend, TrendPlot

PLOT, TABLE = "plot", "table"
LONGEST_WORDS = 16


class ResultsSection(Section):
    """Ctrl+T turns the plot into its table and back."""

    tables = ("observation", "diagnostic_report")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart.results")
        self._rows: dict[Hashable, ResultRow] = {}
        self.table = DataTable(_columns(), _("Results"), tall=True)
        self.table.set_empty(
            Icon.LAB, _("No results yet"), _("Vital signs and laboratory results stand here.")
        )
        self.table.current_changed.connect(self._on_current)
        listed = Card(flush=True)
        listed.add(self.table, 1)
        self.plot = TrendPlot()
        self.values = DataTable(_value_columns(), _("Values over time"))
        self.switch = SegmentedControl(
            (Option(PLOT, _("Plot"), "p"), Option(TABLE, _("Table"), "t")), _("Shown as"), PLOT
        )
        self.switch.changed.connect(lambda _value: self._show_side())
        self._side = QStackedWidget()
        self._side.addWidget(self.plot)
        self._side.addWidget(self.values)
        self.detail = Card(_("Trend"))
        self.detail.header.title.setWordWrap(True)
        self.detail.header.title.setMinimumWidth(1)
        self.detail.header.add_action(self.switch)
        self.detail.add(self._side, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(SplitInspector(listed, self.detail, shares=(3, 2)))
        self.lead = self.table

    def clear(self) -> None:
        """No rows, no plot."""
        self._rows = {}
        self.table.model_.set_rows({})
        self.values.model_.set_rows({})
        self.plot.set_trend(Trend(""))
        self.detail.hide()

    def toggle_table(self) -> None:
        """The other of plot and table."""
        self.switch.set_value(TABLE if self.switch.value() == PLOT else PLOT)
        self._show_side()

    def _show_side(self) -> None:
        self._side.setCurrentIndex(1 if self.switch.value() == TABLE else 0)

    def refresh(self) -> None:
        """Read the latest of each kind."""
        self.table.set_loading(True)
        self.ask("latest", chart_results.latest_results, done=self._show)

    def _show(self, rows: list[ResultRow]) -> None:
        self.table.set_loading(False)
        # Laboratory first: it is what the section is opened for.
        rows.sort(key=lambda row: (row.category != "laboratory", row.category))
        # Versions that nobody has decided between share code and name.
        self._rows = _by_kind(rows)
        self.table.model_.set_rows(self._rows)
        self.detail.setVisible(bool(rows))
        if rows and self.table.current_id() is None:
            flagged = (key for key, row in self._rows.items() if words.flag_pill(row))
            self.table.select_id(next(flagged, next(iter(self._rows))))

    def _on_current(self, key: object) -> None:
        row = self._rows.get(key) if isinstance(key, tuple) else None
        if row is not None:
            self.ask("series", chart_results.series, row.code, row.display, done=self._show_series)

    def _show_series(self, series: Series | None) -> None:
        if series is None:
            return
        unit = unit_words(series.unit)
        name = isolate(series.display)
        title = f"{name}, {isolate(unit)}" if unit else name
        self.detail.header.set_title(title, words.range_of(series.rows[-1]))
        trend = words.trend_of(series)
        self.plot.set_trend(trend)
        self.values.model_.set_rows(dict(enumerate(reversed(series.rows))))
        self.switch.buttons()[0].setEnabled(len(trend.points) > 1)
        if len(trend.points) <= 1:
            self.switch.set_value(TABLE)
        self._show_side()


def _by_kind(rows: Sequence[ResultRow]) -> dict[Hashable, ResultRow]:
    found: dict[Hashable, ResultRow] = {}
    for row in rows:
        others = sum(
            each.code == row.code and each.display == row.display for each in found.values()
        )
        found[row.code, row.display, others] = row
    return found


def _name(row: ResultRow) -> Cell:
    sub = words.joined(words.undecided_or_withdrawn(row), category_words(row.category))
    return Cell(row.display, sub)


def _day(row: ResultRow) -> Cell:
    return Cell(words.day_of(row.measured_at), words.undecided_or_withdrawn(row))


def _value(row: ResultRow) -> Cell:
    """Numbers keep their digits; words are cut where the column ends."""
    words_ = reported_words(row.value)
    short = words_ if len(words_) <= LONGEST_WORDS else f"{words_[: LONGEST_WORDS - 1]}…"
    return Cell(short, unit_words(row.unit), tip=words_ if short != words_ else "")


def _pill(row: ResultRow) -> Cell:
    spec = words.flag_pill(row)
    return Cell(spec.text, tone=spec.tone, glyph=spec.glyph) if spec else EMPTY_CELL


def _columns() -> tuple[Column, ...]:
    return (
        Column("name", _("Result"), _name, CellKind.STRONG, 20, stretch=True),
        Column("value", _("Value"), _value, CellKind.NUMBER, 15),
        Column("flag", _("Flag"), _pill, CellKind.PILL, 12),
        Column("range", _("Reference"), lambda row: Cell(words.range_of(row)), letters=9),
        Column("on", _("Date"), lambda row: Cell(words.day_of(row.measured_at)), letters=13),
    )  # fmt: skip


def _value_columns() -> tuple[Column, ...]:
    return (
        Column("on", _("Date"), _day, letters=14, stretch=True),
        Column("value", _("Value"), _value,
               CellKind.NUMBER, 16),
        Column("flag", _("Flag"), _pill, CellKind.PILL, 16),
    )  # fmt: skip
