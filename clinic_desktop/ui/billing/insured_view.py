"""What an insurer's agent sees: bills of the people insured there, one of them beside the list."""

from __future__ import annotations

import uuid
from collections.abc import Hashable

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import insured
from clinic_desktop.services.insured import InsuredBill, InsuredDocument
from clinic_desktop.ui.billing.insured_panel import InsuredPanel
from clinic_desktop.ui.billing.words import money
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.split_inspector import SplitInspector

_TABLES = (
    *("invoice", "coverage", "patient", "encounter", "condition", "disclosure"),
    *("processing_restriction", "chart_confidentiality"),
)
"""What decides which bills are theirs, and what one of them says."""


def _columns() -> tuple[Column, ...]:
    return (
        Column("patient", _("Patient"), _patient, CellKind.STRONG, 16, stretch=True),
        Column("number", _("Document"), _number, letters=18),
        Column("policy", _("Policy"), lambda row: Cell(isolate(row.policy_number)), letters=14,
               drop=1),
        Column("total", _("Total"), _total, CellKind.NUMBER, 12),
    )  # fmt: skip


def _patient(row: InsuredBill) -> Cell:
    return Cell(row.patient_name or _("Name not known"))


def _number(row: InsuredBill) -> Cell:
    day = current().date(current().local(row.issued_at).date())
    return Cell(isolate(row.number), isolate(day))


def _total(row: InsuredBill) -> Cell:
    return Cell(money(row.total_minor, row.currency))


class InsuredView(Screen):
    """The list on one side, a document on the other; nothing here writes."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("insured")
        self.setProperty("role", "page")
        self._wanted: uuid.UUID | None = None
        self._shown: InsuredDocument | None = None
        self._build()
        self.field.searched.connect(lambda _text: self._load())
        self.table.current_changed.connect(self._on_current)
        self.table.opened.connect(self._open)
        self.table.retry_wanted.connect(self._load)
        context.tasks.committed.connect(self._on_committed)
        self.table.set_loading(True)

    def _build(self) -> None:
        insurer = isolate(self.context.actor.insurer)
        self.header = SectionHeader(_("Insured"), insurer, role="page")
        self.field = SearchField(_("Name, document or policy"))
        self.table = DataTable(_columns(), _("Documents"), tall=True)
        self.table.setObjectName("insured.table")
        self.table.set_empty(Icon.OK, _("Nothing here"),
                             _("Bills of care under a policy of {insurer} show here.").format(
                                 insurer=insurer))  # fmt: skip
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table, 1)
        self.panel = InsuredPanel()
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        page.column.addWidget(self.panel)
        self.side = QStackedWidget()
        self.side.addWidget(
            EmptyState(Icon.BILLING, _("Choose a line"), _("Its document shows here."))
        )
        self.side.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addWidget(self.field)
        column.addWidget(SplitInspector(sheet, self.side, shares=(12, 8)), 1)

    def go_to(self, destination: Destination) -> None:
        """Come here: the list has the keys."""
        self._load()
        self.table.setFocus()

    def _load(self) -> None:
        text = self.field.text()

        def show(rows: tuple[InsuredBill, ...]) -> None:
            if text == self.field.text():
                found = {row.id: row for row in rows}
                if self.table.current_id() not in found:
                    # The line beside it would take its place, and a bill nobody chose be read.
                    self.table.selectionModel().clear()
                self.table.set_error("")
                self.table.set_loading(False)
                self.table.model_.set_rows(found)

        self.context.tasks.read(self, insured.bills, text, done=show, failed=self._failed)

    def _failed(self, error: ClinicError) -> None:
        self.table.selectionModel().clear()
        self.table.set_error(str(error))

    def _on_current(self, key: Hashable | None) -> None:
        # A list that the keyboard comes to has a current line which nobody chose yet.
        self._open(key if self.table.selectionModel().hasSelection() else None)

    def _open(self, key: Hashable | None) -> None:
        if not isinstance(key, uuid.UUID):
            self._close()
        elif key != self._wanted:
            self._wanted = key
            self.table.select_id(key)
            self._read()

    def _close(self) -> None:
        self._wanted = self._shown = None
        self.side.setCurrentIndex(0)

    def _read(self) -> None:
        key = self._wanted

        def show(found: InsuredDocument | None) -> None:
            if key == self._wanted and found is not None:
                self._shown = found
                self.panel.show_document(found)
                self.side.setCurrentIndex(1)
            elif key == self._wanted:
                self._close()

        def failed(error: ClinicError) -> None:
            if key == self._wanted:
                self._close()
            self.context.tasks.failed.emit(error)

        is_shown = self._shown is not None and self._shown.bill.id == key
        shown = self._shown if is_shown else None
        self.context.tasks.read(self, insured.document, key, shown, done=show, failed=failed)

    def _on_committed(self, changes: object) -> None:
        if isinstance(changes, Changes) and changes.touches(*_TABLES):
            self._load()
            if self._wanted is not None:
                self._read()
