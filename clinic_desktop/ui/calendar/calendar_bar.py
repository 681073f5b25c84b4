"""The bar above the calendar: which day, how much, whose."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import date, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from clinic_desktop.domain.dates import DateError, parse_date
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services.scheduling.grid import ColumnsBy
from clinic_desktop.services.scheduling.timetable import Resource
from clinic_desktop.ui.calendar.calendar_vm import CalendarState, Mode
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.scheduling.words import day_in, long_day
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

ALL = ""


class CalendarBar(QWidget):
    """Wraps when the window is narrow.

    ``stepped(±1)``, ``today_wanted``, ``day_wanted(date)``, ``resource_wanted(Resource)``.
    """

    stepped = Signal(int)
    today_wanted = Signal()
    day_wanted = Signal(object)
    resource_wanted = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._by = ColumnsBy.PRACTITIONER
        self._today = context.language.local(context.clock.now()).date()
        self.title = Label("", "page")
        self.mode = SegmentedControl(
            [
                Option(Mode.DAY, pgettext("calendar", "Day")),
                Option(Mode.WEEK, pgettext("calendar", "Week")),
            ],
            _("How much is shown"),
            Mode.DAY,
        )
        self.by = SegmentedControl(
            [Option(ColumnsBy.PRACTITIONER, _("Doctor")), Option(ColumnsBy.ROOM, _("Room"))],
            _("What the columns are"),
            ColumnsBy.PRACTITIONER,
        )
        self.whose = Select()
        self.whose.setAccessibleName(_("Whose week"))
        self.whose.chosen.connect(self._on_whose)
        self.free = Button(_("First free slot"), icon=Icon.SEARCH)
        self.free.setToolTip(_("First free slot (F)"))
        self.book = Button(_("Book"), "primary", Icon.BOOK)
        self.book.setToolTip(_("Book appointment (Ctrl+B)"))
        flow = FlowLayout(self, gap=SPACE_2, line_gap=SPACE_2)
        steps = self._build_steps()
        for widget in (self.title, steps, self.mode, self.by, self.whose, self.free, self.book):
            flow.addWidget(widget)

    def _build_steps(self) -> QWidget:
        before = IconButton(Icon.CHEVRON_LEFT, _("Earlier (Page up)"))
        before.clicked.connect(lambda: self.stepped.emit(-1))
        after = IconButton(Icon.CHEVRON_RIGHT, _("Later (Page down)"))
        after.clicked.connect(lambda: self.stepped.emit(1))
        self.today = Button(_("Today"))
        self.today.setToolTip(_("Show today (Ctrl+Home)"))
        self.today.clicked.connect(self.today_wanted)
        self.jump = QLineEdit()
        self.jump.setPlaceholderText(_("Go to a day"))
        self.jump.setAccessibleName(_("Go to a day"))
        self.jump.setToolTip(_("Such as: fri, 3.12., in 2w (Ctrl+G)"))
        self.jump.setMaximumWidth(look().px(110))
        self.jump.returnPressed.connect(self._on_jump)
        steps = QWidget()
        row = QHBoxLayout(steps)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        for widget in (before, self.today, after, self.jump):
            row.addWidget(widget)
        return steps

    def show_state(self, state: CalendarState, today: date) -> None:
        """Show which days these are, and whose."""
        self._today, self._by = today, state.by
        week = state.mode is Mode.WEEK
        self.title.setText(_week(state.first_day, today) if week else long_day(state.day))
        self.mode.set_value(state.mode)
        self.by.set_value(state.by)
        self.whose.setVisible(week and state.offered is not None)
        if state.offered is not None:
            rooms = state.by is ColumnsBy.ROOM
            lines = state.offered.rooms if rooms else state.offered.practitioners
            self._fill([(ALL, _("All")), *((row.id, row.name) for row in lines)])
            resource = state.resource
            self.whose.set_value(resource.location_id or resource.practitioner_id or ALL)

    def _fill(self, wanted: list[tuple[Hashable, str]]) -> None:
        places = range(self.whose.count())
        shown = [(self.whose.itemData(each), self.whose.itemText(each)) for each in places]
        if shown != wanted:
            self.whose.clear()
            for key, text in wanted:
                self.whose.addItem(text, key)

    def _on_whose(self, value: Hashable) -> None:
        chosen = value if isinstance(value, uuid.UUID) else None
        rooms = self._by is ColumnsBy.ROOM
        self.resource_wanted.emit(
            Resource(location_id=chosen) if rooms else Resource(practitioner_id=chosen)
        )

    def _on_jump(self) -> None:
        order = date_order(self._context.language.locale)
        try:
            day = parse_date(self.jump.text(), today=self._today, order=order).day
        except DateError:
            toggle(self.jump, "error", "true")
            return
        toggle(self.jump, "error", "false")
        self.jump.clear()
        self.day_wanted.emit(day)


def _week(first: date, today: date) -> str:
    """No longer than it has to be, so that the bar stays one line: 16–22 Nov."""
    last = first + timedelta(days=6)
    end = day_in(last, "d MMM" if last.year == today.year else "d MMM y")
    if first.month == last.month:
        return f"{day_in(first, 'd')}–{end}"
    return f"{day_in(first, 'd MMM')} – {end}"
