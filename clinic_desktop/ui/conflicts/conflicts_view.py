"""What PCs wrote without knowing of each other: the list, and one question beside it."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve, Resolved
from clinic_desktop.services.conflicts.listing import ConflictItem, ConflictRow
from clinic_desktop.services.conflicts.words import again
from clinic_desktop.ui.conflicts import words
from clinic_desktop.ui.conflicts.conflict_panel import ConflictPanel
from clinic_desktop.ui.conflicts.third_form import ThirdForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


def _columns() -> tuple[Column, ...]:
    return (
        Column("what", _("What is asked"), _what, CellKind.STRONG, 20, stretch=True),
        Column("severity", _("Urgency"), _severity, CellKind.PILL,
               letters=words.longest_severity() + 5),
    )  # fmt: skip


def _what(row: ConflictRow) -> Cell:
    when = isolate(current().date(current().local(row.opened_at).date()))
    return Cell(words.of_whom(row), f"{words.what(row)} · {when}")


def _severity(row: ConflictRow) -> Cell:
    pill = words.severity_pill(row)
    return Cell(pill.text, tone=pill.tone, glyph=pill.glyph)


class ConflictsView(Screen):
    """Arrows or J and K go through the list; a figure keeps that version."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("conflicts")
        self.setProperty("role", "page")
        self._wanted: uuid.UUID | None = None
        self._patient: uuid.UUID | None = None
        self.panel: ConflictPanel | None = None
        self._build()
        self.table.current_changed.connect(self._on_current)
        self.table.opened.connect(self._open)
        self.table.retry_wanted.connect(self._load)
        for letter, name, by in (("J", _("Next question"), 1), ("K", _("Question before"), -1)):
            self.table.letters.bind(letter, name, partial(self._step, by))
        context.tasks.committed.connect(self._on_committed)
        self.table.set_loading(True)

    def _build(self) -> None:
        self.header = SectionHeader(_("To decide"), " ", role="page")
        self.table = DataTable(_columns(), _("Questions"), tall=True)
        self.table.setObjectName("conflicts.table")
        self.table.set_empty(
            Icon.OK, _("Nothing to decide"),
            _("Where two PCs write the same thing without knowing of each other, it shows here."),
        )  # fmt: skip
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table, 1)
        self.page = ScrollPage()
        self.page.column.setContentsMargins(0, 0, 0, 0)
        self.side = QStackedWidget()
        self.side.addWidget(
            EmptyState(Icon.CONFLICT, _("Choose a question"), _("Every version of it shows here."))
        )
        self.side.addWidget(self.page)
        self.side.addWidget(QWidget())  # beside an empty list there is nothing to choose
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addWidget(SplitInspector(sheet, self.side, shares=(9, 13)), 1)

    # ------------------------------------------------------------ the list

    def go_to(self, destination: Destination) -> None:
        """Come here: to one question, to those of one patient, or to all."""
        if isinstance(destination, to.Conflicts):
            self._patient = destination.patient_id
            self._wanted = destination.conflict_id
        self._load()
        self.table.setFocus()

    def _load(self) -> None:
        self.context.tasks.read(
            self, listing.open_items, self._patient, done=self._show_rows, failed=self._failed
        )

    def _show_rows(self, rows: tuple[ConflictRow, ...]) -> None:
        self.table.set_error("")
        self.table.set_loading(False)
        found = {row.id: row for row in rows}
        if self._wanted not in found:
            self._close()
        if self.table.current_id() not in found:
            # The line beside it would take its place, and the next key decide what nobody read.
            self.table.selectionModel().clear()
        self.table.model_.set_rows(found)
        self._show_side()
        told = ngettext("{n} question", "{n} questions", len(rows))
        self.header.set_title(_("To decide"), told.format(n=current().number(len(rows))))
        if self._wanted is not None:
            self.table.select_id(self._wanted)
            self._read()

    def _failed(self, error: ClinicError) -> None:
        self.table.selectionModel().clear()
        self.table.set_error(str(error))

    def _step(self, by: int) -> None:
        rows = self.table.model_.rowCount()
        chosen = self.table.selectionModel().hasSelection()
        place = self.table.currentIndex().row() + by if chosen else 0
        if rows:
            self._open(self.table.model_.id_at(min(max(place, 0), rows - 1)))

    def _on_current(self, key: Hashable | None) -> None:
        # A list that the keyboard comes to has a current line which nobody chose yet.
        self._open(key if self.table.selectionModel().hasSelection() else None)

    # ------------------------------------------------------------ one question

    def _open(self, key: Hashable | None) -> None:
        if not isinstance(key, uuid.UUID):
            self._close()
        elif key != self._wanted or self.panel is None:
            self._wanted = key
            self.table.select_id(key)
            self._read()

    def _close(self) -> None:
        self._wanted = None
        self._put(None)
        self._show_side()

    def _show_side(self) -> None:
        if self.panel is None:
            self.side.setCurrentIndex(0 if self.table.model_.rowCount() else 2)

    def _read(self) -> None:
        key = self._wanted

        def show(item: ConflictItem) -> None:
            if key == self._wanted and (self.panel is None or self.panel.item != item):
                self._show_item(item)

        def failed(error: ClinicError) -> None:
            if key == self._wanted:
                self._close()
                self._load()
            self.context.tasks.failed.emit(error)

        self.context.tasks.read(self, listing.item, key, done=show, failed=failed)

    def _show_item(self, item: ConflictItem) -> None:
        panel = ConflictPanel(item)
        panel.kept.connect(self._keep)
        panel.third_wanted.connect(self._put_together)
        panel.chart_wanted.connect(self._open_chart)
        panel.place_wanted.connect(self._open_place)
        panel.again_wanted.connect(self._take_again)
        self._put(panel)
        self.side.setCurrentIndex(1)

    def _put(self, panel: ConflictPanel | None) -> None:
        if self.panel is not None:
            self.page.column.removeWidget(self.panel)
            self.panel.hide()
            self.panel.deleteLater()
        self.panel = panel
        if panel is not None:
            self.page.column.addWidget(panel)

    def _open_chart(self) -> None:
        if self.panel is not None and self.panel.item.row.patient_id is not None:
            self.context.navigator.open(to.Chart(self.panel.item.row.patient_id))

    def _open_place(self) -> None:
        """Where one of two rows that do not go together is put right."""
        if self.panel is None:
            return
        row, patient = self.panel.item.row, self.panel.item.row.patient_id
        places: dict[str, to.Destination] = {}
        if patient is not None:
            places["duplicate_identity"] = to.MergePatients(patient)
            places["paid_twice"] = to.Billing(patient)
            places["printed"] = to.Chart(patient, "medicines")
        if isinstance(row.subject, int):
            day = current().local(datetime.fromtimestamp(row.subject / 1000, UTC)).date()
            places["overlap"] = to.Calendar(day, row.row_id)
        if row.kind in places:
            self.context.navigator.open(places[row.kind])

    # ------------------------------------------------------------ deciding

    def _keep(self, names: tuple[str, ...]) -> None:
        # A form in front has the keys.
        if self.panel is None or self.context.host.has_drawer:
            return
        item = self.panel.item
        if not item.is_fixed or not item.is_chosen:
            self._resolve(item, names)
            return
        self.context.host.confirm(
            _("Keep this version for good?"),
            _("For what was signed or issued, the choice is final."),
            _("Keep it"),
            lambda: self._resolve(item, names),
        )

    def _resolve(self, item: ConflictItem, names: tuple[str, ...]) -> None:
        self.context.tasks.write_once(
            self, deciding.resolve, Resolve(item.row.id, names),
            done=lambda done: self._decided(item, done), failed=self._refused,
        )  # fmt: skip

    def _refused(self, error: ClinicError) -> None:
        self.context.host.show_error(error)
        self._load()

    def _put_together(self) -> None:
        if self.panel is None or self.context.host.has_drawer:
            return
        item = self.panel.item
        form = ThirdForm(self.context, item, lambda done: self._decided(item, done))
        self.context.host.show_drawer(form, words.what(item.row))

    def _take_again(self) -> None:
        """The step of an owner, with the keys of whoever is at the desk, who says so once more."""
        if self.panel is None or self.panel.item.again is None or self.context.host.has_drawer:
            return
        item, step = self.panel.item, self.panel.item.again
        told = _("Done again: {what}.").format(what=words.what(item.row))
        text = _("Only if you know who took it, and it is still right.")
        self.context.host.confirm(
            _("Take this step again?"),
            f"{again(step)} {text}",
            _("Take it again"),
            lambda: self.context.tasks.write_once(
                self, deciding.repeat_step, item.row.id, self.context.clinic.keys.identity,
                done=lambda _none: self._done_again(told), failed=self._refused,
            ),
        )  # fmt: skip

    def _done_again(self, told: str) -> None:
        self.context.host.toast(told)
        self.table.setFocus()
        self._load()

    def _decided(self, item: ConflictItem, done: Resolved) -> None:
        tasks, host = self.context.tasks, self.context.host
        told = _("Decided: {what}.").format(what=words.what(item.row))

        def undo() -> None:  # the screen may be another by then
            asked = _("It is asked again.")
            tasks.write(
                tasks, deciding.undo_resolve, done,
                done=lambda _none: host.toast(asked), failed=host.show_error,
            )  # fmt: skip

        host.toast(told, undo if done.can_undo else None)
        self.table.setFocus()
        self._load()

    def _on_committed(self, changes: object) -> None:
        if isinstance(changes, Changes) and changes.tables - {"audit_event"}:
            self._load()
