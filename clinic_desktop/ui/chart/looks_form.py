"""The drawer of who saw a chart."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current
from clinic_desktop.services.audit import seen
from clinic_desktop.services.audit.seen import Seen
from clinic_desktop.ui.core import history_words as words
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.navigator import ChartLooks
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.data_table import DataTable


class LooksForm(DrawerForm):
    """One line for each person and day, the latest first."""

    def __init__(
        self, context: Context, destination: ChartLooks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.context, self.patient_id = context, destination.patient_id
        self.setObjectName("chart.looks")
        columns = (
            Column("who", _("Who"), _who_cell, CellKind.STRONG, 22, stretch=True),
            Column("when", _("When"), lambda row: Cell(current().datetime(row.at)), letters=18),
            Column("times", _("Times"), lambda row: Cell(current().number(row.times)),
                   CellKind.NUMBER, 6),
        )  # fmt: skip
        self.table = DataTable(columns, _("Who saw this chart"), tall=True)
        self.table.set_empty(
            Icon.SHOW, _("Nobody yet"), _("Whoever opens or prints this chart stands here.")
        )
        self.table.retry_wanted.connect(self._load)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        self.setFocusProxy(self.table)
        self._load()

    def _load(self) -> None:
        self.table.set_loading(True)
        self.context.tasks.read(
            self, seen.who_saw, self.patient_id, done=self._show, failed=self._failed
        )

    def _show(self, looks: list[Seen]) -> None:
        self.table.set_loading(False)
        self.table.model_.set_rows(dict(enumerate(looks)))

    def _failed(self, error: ClinicError) -> None:
        self.table.set_error(error.message)


def _who_cell(row: Seen) -> Cell:
    return Cell(words.who(row.who), words.kind_of(row))
