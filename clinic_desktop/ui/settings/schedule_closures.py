"""Days without work: closures, leave, public holidays of the country."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import date

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.services.scheduling import hours, resources
from clinic_desktop.services.scheduling.hours import (
    HOLIDAY,
    LEAVE,
    AddClosure,
    ClosureRow,
    PublicHoliday,
)
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.scheduling.words import day_in
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class ClosuresPage(QWidget):
    """Closures from today on; Delete takes one away, with a way back."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._rows: dict[uuid.UUID, ClosureRow] = {}
        self._today = context.language.local(context.clock.now()).date()
        header = SectionHeader(
            _("Closed days"), _("Closures, leave and public holidays. Booking then asks why.")
        )
        header.subtitle.setWordWrap(True)
        add = Button(_("Add closed days"), "primary", Icon.ADD)
        add.clicked.connect(self._add)
        holidays = Button(_("Public holidays"), icon=Icon.FLAG)
        holidays.clicked.connect(self._open_holidays)
        self.remove = Button(_("Remove"), icon=Icon.DELETE)
        self.remove.clicked.connect(self._remove)
        buttons = QWidget()
        flow = FlowLayout(buttons)  # with large text they would leave the words no room
        for button in (add, holidays, self.remove):
            flow.addWidget(button)
        self.table = DataTable(self._columns(), _("Closed days"))
        self.table.set_empty(Icon.CALENDAR, _("No closed days ahead"), "", _("Add public holidays"))
        self.table.empty_acted.connect(self._open_holidays)
        self.table.current_changed.connect(lambda key: self.remove.setEnabled(key is not None))
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(header)
        column.addWidget(buttons)
        column.addWidget(sheet, 1)
        context.tasks.committed.connect(self._on_committed)
        self.load()

    @staticmethod
    def _columns() -> tuple[Column, ...]:
        def kind(row: ClosureRow) -> Cell:
            words = {
                HOLIDAY: (_("public holiday"), Tone.INFO),
                LEAVE: (_("leave"), Tone.VIOLET),
            }.get(row.kind, (_("closed"), Tone.WARN))
            return Cell(words[0], tone=words[1])

        return (
            Column("days", _("Days"), lambda row: Cell(_days(row)), CellKind.STRONG, 24),
            Column("reason", _("Reason"), lambda row: Cell(row.reason), stretch=True),
            Column(
                "whose",
                pgettext("column", "Who"),
                lambda row: Cell(row.practitioner or _("Everybody")),
                letters=16,
            ),
            Column("kind", _("Kind"), kind, CellKind.PILL, 14),
        )

    def load(self) -> None:
        """Read what lies ahead."""
        self._context.tasks.read(self, hours.closures, self._today, done=self._show)

    def _show(self, rows: tuple[ClosureRow, ...]) -> None:
        self._rows = {row.id: row for row in rows}
        self.table.model_.set_rows(self._rows)
        self.remove.setEnabled(self.table.current_id() is not None)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("closure"):
            self.load()

    def _add(self) -> None:
        self._context.host.show_drawer(ClosureForm(self._context), _("Closed days"))

    def _open_holidays(self) -> None:
        self._context.host.show_drawer(HolidaysForm(self._context), _("Public holidays"))

    def _remove(self) -> None:
        key = self.table.current_id()
        if not isinstance(key, uuid.UUID):
            return
        tasks, host, row = self._context.tasks, self._context.host, self._rows[key]

        def restore() -> None:
            tasks.write(tasks, hours.remove_closure, key, restore=True)

        def done(_none: None) -> None:
            host.toast(_("{days} are working days again").format(days=_days(row)), restore)

        tasks.write(self, hours.remove_closure, key, done=done)


def _days(row: ClosureRow) -> str:
    first, last = (isolate(day_in(day, "EEE d MMM y")) for day in (row.start_on, row.end_on))
    return first if row.start_on == row.end_on else f"{first} – {last}"


class ClosureForm(DrawerForm):
    """From when to when, who, and why."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        today = context.language.local(context.clock.now()).date()
        reader = date_parser(today, order=date_order(context.language.locale), whole_day=True)
        self.first, self.last = SmartDateEdit(reader), SmartDateEdit(reader)
        self.whose = Select([("", _("Everybody"))], "")
        self.reason = QLineEdit()
        self.reason.returnPressed.connect(lambda: self.submit(print_too=False))
        form = Form()
        self.rows = {
            "start_on": form.add(_("First day"), self.first, required=True),
            "end_on": form.add(_("Last day"), self.last, hint=_("Empty: one day")),
            "whose": form.add(pgettext("column", "Who"), self.whose),
            "reason": form.add(_("Reason"), self.reason, required=True),
        }
        self.draft = FieldDraft(context, "closure", "", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addStretch(1)
        self.setFocusProxy(self.first)
        fields = {"first": self.first, "last": self.last, "whose": self.whose}
        for name, field in (fields | {"reason": self.reason}).items():
            self.draft.keep(name, field)
        self.draft.begin()
        context.tasks.read(self, resources.bookable, done=self._show)

    def _show(self, offered: Bookable) -> None:
        for row in offered.practitioners:
            self.whose.addItem(row.name, row.id)
        self.draft.put_again("whose")

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    def primary_text(self) -> str:
        """What it does."""
        return _("Close these days")

    def submit(self, print_too: bool) -> None:
        """Close them."""
        first = _day(self.first)
        if first is None:
            self.rows["start_on"].set_error(_("Say on which day."))
            self.first.setFocus()
            return
        whose: Hashable | None = self.whose.value()
        wish = AddClosure(
            first,
            _day(self.last) or first,
            self.reason.text(),
            whose if isinstance(whose, uuid.UUID) else None,
        )
        self._context.tasks.write_once(
            self, hours.add_closure, wish, done=self._done, failed=self._failed
        )

    def _done(self, _key: uuid.UUID) -> None:
        self.draft.forget()
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is not None:
            row.set_error(str(error))
            row.field.setFocus()
        else:
            self._context.host.show_error(error)


class HolidaysForm(DrawerForm):
    """The public holidays of the country, each with a tick; those closed already stay ticked."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._year = context.language.local(context.clock.now()).date().year
        years = [Option(self._year + n, current().date(date(self._year + n, 1, 1), "y"))
                 for n in range(2)]  # fmt: skip
        self.years = SegmentedControl(years, _("Year"), self._year)
        self.years.changed.connect(self._load)
        self._nothing = Label(
            _("No public holidays are known for the country of the practice."),
            tone="muted", wrap=True,
        )  # fmt: skip
        self._nothing.hide()
        self._list = QVBoxLayout()
        self._ticks: list[tuple[Tick, PublicHoliday]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self.years)
        column.addWidget(self._nothing)
        column.addLayout(self._list)
        column.addStretch(1)
        self._load(self._year)

    def _load(self, year: int) -> None:
        language = self._context.language.language
        self._context.tasks.read(self, hours.public_holidays, year, language, done=self._show)

    def _show(self, found: tuple[PublicHoliday, ...]) -> None:
        for tick, _holiday in self._ticks:
            tick.hide()
            tick.deleteLater()
        self._ticks = []
        self._nothing.setVisible(not found)
        for holiday in found:
            tick = Tick(f"{isolate(day_in(holiday.day, 'EEE d MMM'))}  {holiday.name}")
            tick.setChecked(True)
            tick.setEnabled(not holiday.is_closed)
            tick.toggled.connect(lambda _on: self.primary_changed.emit())
            self._list.addWidget(tick)
            self._ticks.append((tick, holiday))
        self.primary_changed.emit()

    def chosen(self) -> tuple[PublicHoliday, ...]:
        """What is ticked and not closed yet."""
        return tuple(
            holiday for tick, holiday in self._ticks if tick.isChecked() and not holiday.is_closed
        )

    def primary_text(self) -> str:
        """What it does, and on how many days."""
        count = len(self.chosen())
        return ngettext("Close on {n} day", "Close on {n} days", count).format(
            n=current().number(count)
        )

    def submit(self, print_too: bool) -> None:
        """Close on the ticked days."""
        self._context.tasks.write_once(
            self, hours.close_on_holidays, self.chosen(),
            done=lambda _count: self.close_requested.emit(),
        )  # fmt: skip


def _day(edit: SmartDateEdit) -> date | None:
    value = edit.value()
    return value.day if isinstance(value, SmartDate) else None
