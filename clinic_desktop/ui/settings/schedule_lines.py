"""Lists of the settings whose lines open in a drawer: types, people, rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.scheduling import resources
from clinic_desktop.services.scheduling.resources import (
    PractitionerRow,
    RoomRow,
    SavePractitioner,
    SaveRoom,
    SaveType,
    TypeRow,
)
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import Read, Write, access
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.value_edits import NumberUnitEdit

Query = Callable[..., Sequence[Any]]


class LinesPage(QWidget):
    """A list with a button to add; Enter on a line opens it."""

    def __init__(
        self,
        context: Context,
        words: tuple[str, str, str],
        columns: Sequence[Column],
        query: Query,
        table: str,
        *,
        tall: bool = False,
    ) -> None:
        super().__init__()
        title, explanation, add = words
        self._context, self._query, self._source = context, query, table
        self._rows: dict[uuid.UUID, Any] = {}
        self._opened: LineForm | None = None
        self._add_words = add
        header = SectionHeader(title, explanation)
        header.subtitle.setWordWrap(True)
        button = Button(add, "primary", Icon.ADD)
        button.clicked.connect(lambda: self.open_line(None))
        header.add_action(button)
        self.table = DataTable(columns, title, tall=tall)
        self.table.opened.connect(self._on_opened)
        self.table.empty_acted.connect(lambda: self.open_line(None))
        self.table.set_empty(Icon.LIST, _("Nothing here yet"), "", add)
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(header)
        column.addWidget(sheet, 1)
        context.tasks.committed.connect(self._on_committed)
        self.load()

    def load(self) -> None:
        """Read the list."""
        self._context.tasks.read(self, self._query, done=self._show)

    def open_line(self, row: Any | None) -> None:
        """Open a line, or an empty one."""
        self._opened = form = self.form(row)
        form.opened()
        form.outdated.connect(self.load)
        self._context.host.show_drawer(form, row.name if row is not None else self._add_words)

    def form(self, row: Any | None) -> LineForm:
        """The drawer for a line."""
        raise NotImplementedError

    def as_it_is_now(self, row: Any) -> Any | None:
        """The line that stands in the place of one that was shown."""
        return self._rows.get(row.id)

    def _on_opened(self, key: uuid.UUID) -> None:
        self.open_line(self._rows.get(key))

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches(self._source):
            self.load()

    def _show(self, rows: Sequence[Any]) -> None:
        self._rows = {row.id: row for row in rows}
        self.table.model_.set_rows(self._rows)
        form = self._opened
        if form is not None and isValid(form) and form.row is not None:
            now = self.as_it_is_now(form.row)
            if now is not None and now != form.row:
                form.follow(self.form(now))


class LineForm(DrawerForm):
    """Fields of one line. ``wish()`` is what ``command`` gets.

    When somebody else changes the line meanwhile, fields left alone follow; below the others
    stands what they hold by now, and the next save goes over that.
    """

    saved = Signal()
    outdated = Signal()
    """It was to be saved over something newer than is shown."""

    def __init__(
        self, context: Context, command: Callable[..., uuid.UUID], row: Any | None
    ) -> None:
        super().__init__()
        self._context, self._command, self.row = context, command, row
        self._first: list[Any] = []
        self._overtaken = Notice(Tone.WARN, "")
        self._overtaken.hide()
        self.fields = Form()
        self.rows: dict[str, FormRow] = {}
        self.active = Tick(_("In use"))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self._overtaken)
        self.column.addWidget(self.fields)
        self.column.addWidget(self.active)
        self.column.addStretch(1)

    def line(self, field: str, label: str, value: str, *, hint: str = "") -> QLineEdit:
        """Add a line of text."""
        edit = QLineEdit(value)
        edit.returnPressed.connect(lambda: self.submit(print_too=False))
        self.rows[field] = self.fields.add(label, edit, required=field == "name", hint=hint)
        return edit

    def showEvent(self, event: QShowEvent) -> None:
        """The tick stands below the fields, and so it comes after them by the Tab key."""
        QWidget.setTabOrder(self.fields.rows[-1].field, self.active)
        super().showEvent(event)

    @property
    def base(self) -> int | None:
        """The version of the line that will be saved over."""
        return None if self.row is None else self.row.version

    def opened(self) -> None:
        """The fields are filled in: what differs from now on was typed."""
        self._first = [read() for _row, read, _write in self._accesses()]

    def follow(self, newer: LineForm) -> None:
        """Somebody else changed the line; ``newer`` shows it as it is now."""
        newer.opened()
        theirs = (partial(_shown, field) for _row, field in newer._lines())
        for (row, read, write), before, now, shown in zip(
            self._accesses(), self._first, newer._first, theirs, strict=True
        ):
            mine = read()
            if now in {before, mine}:
                continue
            if mine == before:
                write(now)
            elif row is not None:
                words = _("Changed by somebody else meanwhile to: {value}")
                row.set_warning(words.format(value=isolate(shown()) or "–"))
        self.row, self._first = newer.row, newer._first
        newer.deleteLater()
        self._overtaken.set_words(
            Tone.WARN,
            _("Somebody changed this while you were editing."),
            _("Fields you had not changed show the newer version."),
        )
        self._overtaken.show()
        self._overtaken.say()

    def _accesses(self) -> list[tuple[FormRow | None, Read, Write]]:
        return [(row, *access(field)[:2]) for row, field in self._lines()]

    def _lines(self) -> list[tuple[FormRow | None, QWidget]]:
        lines = [(row, row.field) for row in self.fields.rows]
        typed = [(row, field) for row, field in lines if not isinstance(field, Button | Label)]
        return [*typed, (None, self.active)]

    def wish(self) -> object:
        """The command's wish from what was typed."""
        raise NotImplementedError

    def primary_text(self) -> str:
        """The verb."""
        return _("Save")

    def submit(self, print_too: bool) -> None:
        """Save the line."""
        self._context.tasks.write_once(
            self, self._command, self.wish(), done=self._done, failed=self._failed
        )

    def _done(self, _key: uuid.UUID) -> None:
        self.close_requested.emit()
        self.saved.emit()

    def _failed(self, error: ClinicError) -> None:
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if isinstance(error, StaleError):
            self.outdated.emit()
        if row is None:
            self._context.host.show_error(error)
        else:
            row.set_error(str(error))
            row.field.setFocus()


def _shown(field: QWidget) -> str:
    """What a field shows, as a person reads it."""
    if isinstance(field, Select):
        return field.currentText()
    value = access(field)[0]()
    return value if isinstance(value, str) else ("✓" if value else "")


def _use_column() -> Column:
    def cell(row: Any) -> Cell:
        if row.is_active:
            return Cell(_("in use"), tone=Tone.OK)
        return Cell(_("out of use"), tone=Tone.NEUTRAL)

    return Column("active", pgettext("column", "State"), cell, CellKind.PILL, 12)


class TypesPage(LinesPage):
    """Appointment types: name, length, the letters that choose it in the booking line."""

    def __init__(self, context: Context) -> None:
        words = (
            _("Appointment types"),
            _("Their length, and the letters that choose them when you type a booking."),
            _("Add a type"),
        )
        columns = (
            Column("name", pgettext("of a thing", "Name"), lambda row: Cell(row.name),
                   CellKind.STRONG, 20, stretch=True),
            Column("shortcut", _("Letters"), lambda row: Cell(row.shortcut), letters=8),
            Column("length", _("Length"), lambda row: Cell(
                current().number(row.duration_min), pgettext("unit", "min")
            ), CellKind.NUMBER, 8),
            _use_column(),
        )  # fmt: skip
        super().__init__(context, words, columns, resources.types, "appointment_type")

    def form(self, row: TypeRow | None) -> LineForm:
        """The drawer for a type."""
        return TypeForm(self._context, row)


class TypeForm(LineForm):
    """One appointment type."""

    def __init__(self, context: Context, row: TypeRow | None) -> None:
        super().__init__(context, resources.save_type, row)
        self.name = self.line("name", pgettext("of a thing", "Name"), row.name if row else "")
        self.shortcut = self.line(
            "shortcut", _("Letters"), row.shortcut if row else "",
            hint=_("Typed in a booking: “tue 10:30 fu”"),
        )  # fmt: skip
        self.length = NumberUnitEdit(pgettext("unit", "min"))
        self.length.set_text(str(row.duration_min if row else 20))
        self.rows["duration"] = self.fields.add(_("Length"), self.length, required=True)
        self.preparation = self.line(
            "preparation", _("Before coming"), row.preparation if row else "",
            hint=_("Printed on the appointment slip"),
        )  # fmt: skip
        self.active.setChecked(row.is_active if row else True)
        self.setFocusProxy(self.name)

    def wish(self) -> SaveType:
        """What was typed; a length that is no number is refused like one out of range."""
        text = self.length.text().strip()
        return SaveType(
            self.name.text(),
            int(text) if text.isdecimal() else 0,
            self.shortcut.text(),
            self.row.color if self.row else "",
            self.preparation.text(),
            self.active.isChecked(),
            self.row.id if self.row else None,
            self.base,
        )


class PeoplePage(LinesPage):
    """The doctors and nurses who have a column in the calendar."""

    def __init__(self, context: Context) -> None:
        words = (
            _("Doctors and nurses"),
            _("Who has a column in the calendar. Sign-ins are on their own page."),
            _("Add a person"),
        )
        columns = (
            Column("name", _("Name"), lambda row: Cell(isolate(row.name)), CellKind.STRONG, 20,
                   stretch=True),
            Column("specialty", _("Specialty"), lambda row: Cell(row.specialty), letters=18),
            _use_column(),
        )  # fmt: skip
        super().__init__(context, words, columns, resources.practitioners, "practitioner")

    def form(self, row: PractitionerRow | None) -> LineForm:
        """The drawer for a person."""
        return PersonForm(self._context, row)


class PersonForm(LineForm):
    """One doctor or nurse."""

    def __init__(self, context: Context, row: PractitionerRow | None) -> None:
        super().__init__(context, resources.save_practitioner, row)
        self.name = self.line(
            "name", _("Name"), row.name if row else "",
            hint=_("As patients read it: “Dr Achieng Kamau”"),
        )  # fmt: skip
        self.specialty = self.line("specialty", _("Specialty"), row.specialty if row else "")
        self.active.setChecked(row.is_active if row else True)
        self.setFocusProxy(self.name)

    def wish(self) -> SavePractitioner:
        """What was typed."""
        return SavePractitioner(
            self.name.text(),
            self.specialty.text(),
            self.row.color if self.row else "",
            self.active.isChecked(),
            self.row.id if self.row else None,
            self.base,
        )


class RoomsPage(LinesPage):
    """The rooms."""

    def __init__(self, context: Context) -> None:
        words = (_("Rooms"), _("The calendar can show a column for each."), _("Add a room"))
        columns = (
            Column("name", pgettext("of a thing", "Name"), lambda row: Cell(row.name),
                   CellKind.STRONG, 20, stretch=True),
            _use_column(),
        )  # fmt: skip
        super().__init__(context, words, columns, resources.rooms, "location")

    def form(self, row: RoomRow | None) -> LineForm:
        """The drawer for a room."""
        return RoomForm(self._context, row)


class RoomForm(LineForm):
    """One room."""

    def __init__(self, context: Context, row: RoomRow | None) -> None:
        super().__init__(context, resources.save_room, row)
        self.name = self.line("name", pgettext("of a thing", "Name"), row.name if row else "")
        self.active.setChecked(row.is_active if row else True)
        self.setFocusProxy(self.name)

    def wish(self) -> SaveRoom:
        """What was typed."""
        row = self.row
        return SaveRoom(
            self.name.text(), row.color if row else "", self.active.isChecked(),
            row.id if row else None, self.base,
        )  # fmt: skip
