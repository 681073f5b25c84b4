"""Sections of a chart that are one list: visits, medicines, vaccines."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, ngettext, pgettext
from clinic_desktop.services import chart_medicines, chart_visits, immunizations
from clinic_desktop.services.chart_medicines import MedicineRow
from clinic_desktop.services.chart_visits import VisitRow
from clinic_desktop.services.immunizations import DoseRow, VaccineRow
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import EMPTY_CELL, Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import PillSpec

MOST_DOSES = 6


class TableSection(Section):
    """A card with one table; a line above it counts, and holds the choices."""

    def __init__(
        self,
        context: Context,
        columns: Sequence[Column],
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, parent)
        self.count = Label("", "caption", "muted")
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(0, 0, 0, 0)
        self.bar.addWidget(self.count, 1)
        self.table = DataTable(columns, name, tall=True)
        self.table.retry_wanted.connect(self.refresh)
        card = Card(flush=True)
        card.add(self.table, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.setSpacing(SPACE_2)
        root.addLayout(self.bar)
        root.addWidget(card, 1)
        self.lead = self.table

    def clear(self) -> None:
        """No rows."""
        self.table.model_.set_rows({})
        self.count.setText("")


def _pill_cell(spec: PillSpec | None) -> Cell:
    return Cell(spec.text, tone=spec.tone, glyph=spec.glyph) if spec else EMPTY_CELL


class VisitsSection(TableSection):
    """Every visit, the latest first; Enter opens one."""

    tables = ("encounter", "note", "condition")

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        columns = (
            Column("date", _("Date"), _visit_date, CellKind.TEXT, 16),
            Column("about", _("Visit"), _visit_about, CellKind.STRONG, 30, stretch=True),
            Column("doctor", _("Doctor"), lambda row: Cell(row.practitioner), letters=24),
            Column("state", pgettext("column", "State"),
                   lambda row: _pill_cell(words.visit_pill(row)), CellKind.PILL, 12),
        )  # fmt: skip
        super().__init__(context, columns, _("Visits"), parent)
        self.setObjectName("chart.visits")
        self.table.set_empty(
            Icon.DIAGNOSIS, _("No visits yet"), _("Visits stand here, the latest first."),
            _("Start a visit"),
        )  # fmt: skip
        self.table.model_.page_wanted.connect(self._page)
        self.table.opened.connect(self._open)
        self.table.empty_acted.connect(self.visit_wanted)

    def refresh(self) -> None:
        """Read the ids; rows follow when they come into sight."""
        self.table.set_loading(True)
        self.ask("ids", chart_visits.visit_ids, done=self._on_ids)

    def _on_ids(self, ids: list[uuid.UUID]) -> None:
        self.table.set_loading(False)
        self.table.model_.set_ids(ids)
        self.table.model_.refresh(ids[:1])
        words_ = ngettext("{count} visit", "{count} visits", len(ids))
        self.count.setText(words_.format(count=len(ids)))

    def _page(self, ids: tuple[Hashable, ...]) -> None:
        self.context.tasks.read(self, chart_visits.visit_rows, ids, done=self.table.model_.put_rows)

    def _open(self, key: object) -> None:
        if isinstance(key, uuid.UUID) and self.patient_id is not None:
            self.context.navigator.open(to.Visit(self.patient_id, key))


def _visit_date(row: VisitRow) -> Cell:
    return Cell(words.day_of(row.start_at))


def _visit_about(row: VisitRow) -> Cell:
    about = words.joined(words.diagnoses_of(row), words.excerpt_of(row))
    return Cell(words.visit_title(row), about, tip=row.excerpt)


class MedicinesSection(TableSection):
    """The one list of medicines; past ones when asked for."""

    tables = ("medication_request",)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        columns = (
            Column("product", _("Medicine"), _medicine, CellKind.STRONG, 34, stretch=True),
            Column("since", _("Since"), lambda row: Cell(words.day_of(row.authored_at)),
                   letters=14),
            Column("by", _("Prescribed by"), lambda row: Cell(row.prescriber), letters=20),
            Column("state", pgettext("column", "State"), _medicine_state, CellKind.PILL, 14),
        )  # fmt: skip
        super().__init__(context, columns, _("Medicines"), parent)
        self.setObjectName("chart.medicines")
        self.past = Tick(_("Past ones too"))
        self.past.toggled.connect(self.refresh)
        self.bar.addWidget(self.past)
        self.table.set_empty(Icon.MEDICINE, _("No medicines recorded"), _("Prescribe in a visit."))

    def refresh(self) -> None:
        """Read the list."""
        past = self.past.isChecked()
        self.ask("list", chart_medicines.medicines_of, with_past=past, done=self._show)

    def _show(self, rows: list[MedicineRow]) -> None:
        # Versions that nobody has decided between share an id.
        self.table.model_.set_rows({(row.id, place): row for place, row in enumerate(rows)})
        taken = sum(row.is_current for row in rows)
        shown = ngettext("{count} taken now", "{count} taken now", taken)
        self.count.setText(shown.format(count=taken))


def _medicine(row: MedicineRow) -> Cell:
    return Cell(words.medicine_name(row), words.joined(words.undecided(row), row.instructions))


def _medicine_state(row: MedicineRow) -> Cell:
    if row.is_current:
        taken = pgettext("medicine", "long term") if row.is_long_term else ""
        return Cell(taken or pgettext("medicine", "taken"), tone=Tone.OK)
    states = {
        "completed": pgettext("medicine", "finished"),
        "stopped": pgettext("medicine", "stopped"),
        "cancelled": pgettext("medicine", "cancelled"),
        "draft": pgettext("medicine", "not issued"),
    }
    return Cell(states.get(row.status, row.status), tone=Tone.NEUTRAL, tip=row.stop_reason)


class VaccinesSection(TableSection):
    """Vaccines given: a row for each, a column for each dose. What is due is not guessed."""

    tables = ("immunization",)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        doses = tuple(_dose_column(number) for number in range(MOST_DOSES))
        name = Column("vaccine", _("Vaccine"), _vaccine, CellKind.STRONG, 30, stretch=True)
        super().__init__(context, (name, *doses), _("Vaccines given"), parent)
        self.setObjectName("chart.vaccines")
        self.table.set_empty(Icon.VACCINE, _("No vaccines recorded"))

    def refresh(self) -> None:
        """Read the doses."""
        self.ask("list", immunizations.vaccines_of, done=self._show)

    def _show(self, rows: list[VaccineRow]) -> None:
        self.table.model_.set_rows({(row.code, row.display): row for row in rows})
        given = len({dose.id for row in rows for dose in row.doses if dose.was_given})
        shown = ngettext("{count} dose given", "{count} doses given", given)
        self.count.setText(shown.format(count=given))
        most = max((len(row.doses) for row in rows), default=1)
        self.table.leave_out(range(max(most, 1) + 1, MOST_DOSES + 1))


def _vaccine(row: VaccineRow) -> Cell:
    more = len(row.doses) - MOST_DOSES
    hidden = ngettext("{count} earlier dose", "{count} earlier doses", more) if more > 0 else ""
    return Cell(row.display, hidden.format(count=more))


def _dose_column(number: int) -> Column:
    # No numbers: of a yearly vaccine only the last doses are shown.
    title = "" if number else _("Doses given")
    return Column(f"dose{number}", title, lambda row: _dose_cell(row, number), letters=14)


def _dose_cell(row: VaccineRow, number: int) -> Cell:
    doses = row.doses[-MOST_DOSES:]
    if number >= len(doses):
        return EMPTY_CELL
    dose = doses[number]
    asked = words.undecided_or_withdrawn(dose)
    if asked:
        sub = words.joined(asked, _dose_sub(dose))
        return Cell(words.day_of(dose.occurred_at), sub, Tone.WARN, tip=sub)
    if not dose.was_given:
        return Cell(_("refused"), words.day_of(dose.occurred_at), Tone.WARN, tip=dose.status_reason)
    return Cell(words.day_of(dose.occurred_at), _dose_sub(dose))


def _dose_sub(dose: DoseRow) -> str:
    lot = _("lot {number}").format(number=dose.lot_number) if dose.lot_number else ""
    return words.joined(lot, dose.site)
