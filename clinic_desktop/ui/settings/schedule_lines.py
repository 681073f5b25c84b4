"""Lists of the settings whose lines open in a drawer: types, people, rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from clinic_desktop.db.journal import Changes
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
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
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
        form.begin_draft()
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

    draft_kind = "appointment-type"
    draft_fields = ("name", "shortcut", "length", "preparation", "active")

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

    draft_kind = "practitioner"
    draft_fields = ("name", "specialty", "active")

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

    draft_kind = "room"
    draft_fields = ("name", "active")

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
