"""The drawer of what was changed in a chart: who, when, from what to what, and back again."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.audit import history
from clinic_desktop.services.audit.history import FieldChange
from clinic_desktop.ui.core import history_words as words
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.navigator import ChartChanges
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.data_table import DataTable


class ChangesForm(DrawerForm):
    """The newest change first; the main button puts the old value of the chosen line back."""

    def __init__(
        self, context: Context, destination: ChartChanges, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.context, self.patient_id = context, destination.patient_id
        self.setObjectName("chart.changes")
        columns = (
            Column("field", _("What"), _field_cell, CellKind.STRONG, 20, stretch=True),
            Column("values", _("Now and before"), _values_cell, CellKind.STRONG, 22),
        )
        self.table = DataTable(columns, _("What was changed"), tall=True)
        self.table.set_empty(
            Icon.HISTORY, _("Nothing was changed"),
            _("Everything in this chart is as it was entered."),
        )  # fmt: skip
        self.table.opened.connect(lambda _key: self.submit(print_too=False))
        self.table.retry_wanted.connect(self._load)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        self.setFocusProxy(self.table)
        context.tasks.committed.connect(self._on_committed)
        self._load()

    def primary_text(self) -> str:
        """For whoever may write a patient's details."""
        may = allowed(self.context.actor, "patient.amend")
        return _("Put the old value back") if may else ""

    def submit(self, print_too: bool) -> None:
        """Put the value before the chosen change back, unless the row changed meanwhile."""
        chosen = self._chosen()
        if chosen is None or not self.primary_text():
            return
        if not chosen.can_restore:
            self.context.host.toast(_("This is put right in its own form."))
            return
        self.context.tasks.write(
            self,
            history.put_back,
            chosen,
            done=lambda stood: self._offer_undo(chosen, stood),
            failed=self.context.host.show_error,
        )

    def _offer_undo(self, change: FieldChange, stood: int) -> None:
        tasks, host = self.context.tasks, self.context.host

        def undo() -> None:  # the drawer may be closed by then
            taken = _("Taken back")
            tasks.write(
                tasks, history.undo_put_back, change, stood, done=lambda _none: host.toast(taken)
            )

        host.toast(_("The old value stands again."), undo)

    def _chosen(self) -> FieldChange | None:
        row = self.table.model_.row_at(self.table.currentIndex().row())
        return row if isinstance(row, FieldChange) else None

    def _on_committed(self, changes: Changes) -> None:
        if changes.origin == "local" and changes.tables - {"audit_event"}:
            self._load()

    def _load(self) -> None:
        self.table.set_loading(True)
        self.context.tasks.read(
            self, history.of_chart, self.patient_id, done=self._show, failed=self._failed
        )

    def _show(self, changes: list[FieldChange]) -> None:
        self.table.set_loading(False)
        self.table.model_.set_rows(
            {(each.cid, each.row_id, each.field, each.replaced): each for each in changes}
        )

    def _failed(self, error: ClinicError) -> None:
        self.table.set_error(error.message)


def _field_cell(change: FieldChange) -> Cell:
    when = current().datetime(change.at)
    return Cell(
        words.field_of(change),
        _("{when}, {who}").format(when=isolate(when), who=isolate(words.who(change.who))),
    )


def _values_cell(change: FieldChange) -> Cell:
    before = words.value_of(change, change.before)
    after = words.value_of(change, change.after)
    told = _("before: {value}").format(value=isolate(before))
    return Cell(after, told, tip=f"{after}\n{told}")
