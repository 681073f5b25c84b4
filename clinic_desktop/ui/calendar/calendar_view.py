"""The calendar: days and weeks by doctor or room, with the pointer or with keys alone."""

from __future__ import annotations

import uuid
from datetime import date, time

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import drafts
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.grid import GridColumn
from clinic_desktop.services.scheduling.openings import Opening
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.waitlist import WaitlistRow
from clinic_desktop.ui.calendar.calendar_bar import CalendarBar
from clinic_desktop.ui.calendar.calendar_vm import CalendarState, CalendarVM, Mode, Placing
from clinic_desktop.ui.calendar.canvas import Canvas
from clinic_desktop.ui.calendar.overlap_form import OverlapForm, draft_of
from clinic_desktop.ui.calendar.sheet import Ruler, Titles, clock_words, title_of
from clinic_desktop.ui.calendar.side_panel import SidePanel
from clinic_desktop.ui.calendar.waitlist_form import WaitlistForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.scheduling.steps import Steps
from clinic_desktop.ui.scheduling.words import listed, name_of, short_day
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.letter_keys import letter_of
from clinic_desktop.ui.widgets.overlay import HostWatch
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class CalendarView(Screen):
    """The calendar."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("calendar")
        self.setProperty("role", "page")
        self.vm = CalendarVM(context, self)
        self.steps = Steps(context, self)
        self._scrolled_for: object = None
        self._wanted_slot: tuple[uuid.UUID, int] | None = None
        self._adds_waiting = False
        self._asked_why: Placing | None = None
        """What goes where another appointment is, and whoever put it there was asked why."""
        self._wanted_tile: uuid.UUID | None = None
        self._build()
        self._connect()
        self._render(self.vm.state)

    # ------------------------------------------------------------ construction

    def _build(self) -> None:
        self.bar = CalendarBar(self.context)
        self.canvas = Canvas(self.context)
        self.canvas.setAccessibleName(_("Calendar"))
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.canvas)
        # The viewport's own size: the screen hears of its resize before its layout has run.
        HostWatch(self.area.viewport(), self).resized.connect(self._share_width)
        self.ruler, self.titles = Ruler(), Titles(lambda: -self.canvas.x())
        self.area.setCornerWidget(QWidget())
        sheet = Card(flush=True)
        inner = QGridLayout()
        inner.setSpacing(0)
        inner.addWidget(self.titles, 0, 1)
        inner.addWidget(self.ruler, 1, 0)
        inner.addWidget(self.area, 1, 1)
        inner.setColumnStretch(1, 1)
        inner.setRowStretch(1, 1)
        sheet.body.addLayout(inner)
        self.panel = SidePanel()
        side = ScrollPage()
        side.column.setContentsMargins(0, 0, 0, 0)
        side.column.addWidget(self.panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.bar)
        column.addWidget(SplitInspector(sheet, side, shares=(18, 5)), 1)

    def _connect(self) -> None:
        bar = self.bar
        bar.stepped.connect(self.vm.step)
        bar.today_wanted.connect(self.go_today)
        bar.day_wanted.connect(self._on_jump)
        bar.mode.changed.connect(self.vm.set_mode)
        bar.by.changed.connect(self.vm.set_columns)
        bar.resource_wanted.connect(self.vm.set_resource)
        bar.free.clicked.connect(self.vm.find_free)
        bar.book.clicked.connect(self._book_here)
        self.vm.changed.connect(self._render)
        self.vm.ticked.connect(self.canvas.show_now)
        self.vm.placed.connect(self._on_placed)
        self.vm.reason_wanted.connect(self._ask_reason)
        self.vm.failed.connect(self.context.host.show_error)
        self.vm.opened.connect(self._on_free)
        canvas = self.canvas
        canvas.slot_opened.connect(self._book_at)
        canvas.slot_changed.connect(self.vm.look_for_match)
        canvas.moved.connect(self.vm.place)
        canvas.letter.connect(self._on_letter)
        canvas.opened.connect(self.steps.open_chart)
        canvas.asked.connect(self.steps.decide)
        canvas.clipped.connect(self._on_clipped)
        canvas.paste_wanted.connect(self._put)
        canvas.thrown.connect(self._on_thrown)
        canvas.revealed.connect(self._reveal)
        canvas.geometry_changed.connect(self._on_geometry)
        self.area.verticalScrollBar().valueChanged.connect(self.ruler.scroll_to)
        self.area.horizontalScrollBar().valueChanged.connect(lambda _value: self.titles.update())
        panel = self.panel
        panel.waiting.chosen.connect(self._book_waiting)
        panel.waiting.removed.connect(self._remove_waiting)
        panel.waiting.added.connect(self._add_waiting)
        panel.waiting.offered.connect(self._offer)
        panel.clipboard.cleared.connect(lambda: self.vm.clip(None))
        panel.clipboard.put.connect(lambda: self._put(*canvas.slot()))

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """Come here, to a day if one is named."""
        self._adds_waiting = isinstance(destination, to.Calendar) and destination.add_waiting
        if isinstance(destination, to.Calendar) and destination.day is not None:
            self._wanted_tile = destination.appointment_id
            self.vm.go(destination.day)
        else:
            self.vm.load()
        self.canvas.setFocus()
        self._take_wanted_form()

    def screen_actions(self) -> tuple[Action, ...]:
        """The steps of the tile with the focus, and the ways through the calendar."""
        section = _("Calendar")
        return (
            *self.steps.actions(self._current),
            Action("calendar.free", _("Find the first free slot"), self.vm.find_free, "F",
                   Icon.SEARCH, section),
            Action("calendar.today", _("Show today"), self.go_today, "Ctrl+Home", Icon.TODAY,
                   section),
            Action("calendar.before", _("Show an earlier day or week"), lambda: self.vm.step(-1),
                   "PgUp", Icon.CHEVRON_LEFT, section),
            Action("calendar.after", _("Show a later day or week"), lambda: self.vm.step(1),
                   "PgDown", Icon.CHEVRON_RIGHT, section),
            Action("calendar.jump", _("Go to a day"), self.bar.jump.setFocus, "Ctrl+G",
                   Icon.CALENDAR, section),
            Action("calendar.wait", _("Add somebody to the waiting list"), self._add_waiting, "",
                   Icon.CLOCK, section),
        )  # fmt: skip

    def showEvent(self, event: QShowEvent) -> None:
        """The line of now moves while one looks."""
        super().showEvent(event)
        self.vm.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: no timer."""
        super().hideEvent(event)
        self.vm.watch(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F finds free time from the sheet and from its tiles."""
        if letter_of(event) == "F" and not event.modifiers():
            self.vm.find_free()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ rendering

    def _share_width(self) -> None:
        self.canvas.set_room(self.area.viewport().width())

    def _render(self, state: CalendarState) -> None:
        self.bar.show_state(state, self.vm.today)
        self.panel.show_state(state)
        self._take_wanted_form()
        if state.grid is None:
            return
        if state.grid is not self.canvas.grid:
            # Only a new reading: another one would undo what was moved and is not yet read.
            self.canvas.show_grid(state.grid)
            self._share_width()
        self._take_wanted_slot()
        self._scroll_once(state)
        self._take_wanted_tile()

    def _on_geometry(self) -> None:
        state = self.vm.state
        self.ruler.show_geometry(self.canvas.geo)
        columns = state.grid.columns if state.grid is not None else ()
        cells = []
        for column in columns:
            today = column.day == self.vm.today
            week = state.mode is Mode.WEEK
            cells.append((title_of(column, week=week, today=today), today and week))
        self.titles.show_columns(self.canvas.geo, cells)

    def _scroll_once(self, state: CalendarState) -> None:
        """A new day opens at now, or at its first appointment."""
        key = (state.first_day, state.mode)
        if self._scrolled_for == key:
            return
        self._scrolled_for = key
        local = self.context.language.local(state.now)
        minute = local.hour * 60 + local.minute - 60
        tiles = self.canvas.tiles()
        if state.first_day != local.date() and state.mode is Mode.DAY:
            minute = min((each.tile.start_min for each in tiles), default=8 * 60) - 30
        self.area.verticalScrollBar().setValue(max(self.canvas.geo.y_of(minute), 0))

    def _reveal(self, rect: QRect) -> None:
        margin = self.canvas.geo.hour_px // 4
        self.area.ensureVisible(rect.center().x(), rect.top(), 0, margin)
        self.area.ensureVisible(rect.center().x(), rect.bottom(), 0, margin)

    # ------------------------------------------------------------ going about

    def go_today(self) -> None:
        """Back to now."""
        self._scrolled_for = None
        self.vm.go(self.vm.today)
        self.canvas.setFocus()

    def _on_jump(self, day: date) -> None:
        self.vm.go(day)
        self.canvas.setFocus()

    def _on_free(self, found: Opening | None) -> None:
        if found is None:
            self.context.host.toast(_("No free time in the next three months."))
            return
        local = self.context.language.local(found.start_at)
        self._wanted_slot = (found.practitioner_id, local.hour * 60 + local.minute)
        if self.vm.state.grid is not None and self.vm.state.grid.first_day == local.date():
            self._take_wanted_slot()

    def _take_wanted_tile(self) -> None:
        tile = self.canvas.tile_of(self._wanted_tile) if self._wanted_tile is not None else None
        if tile is not None:
            self._wanted_tile = None
            tile.setFocus()

    def _take_wanted_slot(self) -> None:
        wanted, grid = self._wanted_slot, self.vm.state.grid
        if wanted is None or grid is None or grid.first_day != self.vm.state.first_day:
            return
        self._wanted_slot = None
        numbers = [
            number
            for number, column in enumerate(grid.columns)
            if column.resource.practitioner_id in {wanted[0], None}
            and (self.vm.state.mode is Mode.DAY or column.day == self.vm.state.day)
        ]
        if numbers:
            self.canvas.go_to_minute(numbers[0], wanted[1])

    # ------------------------------------------------------------ booking

    def _book_here(self) -> None:
        self.context.navigator.open(to.BookAppointment(day=self.vm.state.day))

    def _book_at(self, column: GridColumn, minute: int, text: str) -> None:
        self.context.navigator.open(
            to.BookAppointment(
                day=column.day,
                at=time(minute // 60, minute % 60),
                practitioner_id=column.resource.practitioner_id,
                location_id=column.resource.location_id,
                text=text,
            )
        )

    def _book_waiting(self, row: WaitlistRow) -> None:
        self.context.navigator.open(
            to.BookAppointment(
                row.person.patient_id,
                day=self.vm.state.day,
                practitioner_id=row.practitioner_id,
                waitlist_id=row.id,
            )
        )

    def _offer(self) -> None:
        offer = self.vm.state.offer
        if offer is None:
            return
        self.context.navigator.open(
            to.BookAppointment(
                offer.entry.person.patient_id,
                offer.column.day,
                time(offer.start_min // 60, offer.start_min % 60),
                offer.column.resource.practitioner_id,
                offer.column.resource.location_id,
                offer.entry.id,
            )
        )

    def _remove_waiting(self, row: WaitlistRow) -> None:
        self.vm.remove_waiting(row)
        said = _("{name} waits no longer").format(name=isolate(listed(row.person)))
        self.context.host.toast(said, lambda: self.vm.remove_waiting(row, restore=True))

    def _take_wanted_form(self) -> None:
        if self._adds_waiting and self.vm.state.offered is not None:
            self._adds_waiting = False
            self._add_waiting()

    def _add_waiting(self) -> None:
        if self.vm.state.offered is not None:
            form = WaitlistForm(self.context, self.vm.state.offered)
            self.context.host.show_drawer(form, _("Waiting list"))

    # ------------------------------------------------------------ tiles

    def _current(self) -> AppointmentRow | None:
        tile = self.canvas.focused_tile()
        return tile.row if tile is not None else None

    def _on_letter(self, row: AppointmentRow, letter: str) -> None:
        if letter == "F":
            self.vm.find_free()
        for step in self.steps.all():
            if step.letter == letter:
                step.run(row)

    def _on_clipped(self, row: AppointmentRow, copies: bool) -> None:
        self.vm.clip(row, copies=copies)
        self.context.host.toast(
            _("{name} is on the clipboard. Go to a slot and press Ctrl+V.").format(
                name=isolate(name_of(row))
            )
        )

    def _put(self, column: GridColumn | None, minute: int) -> None:
        row = self.vm.state.clipboard
        if row is not None and column is not None:
            copies = self.vm.state.clipboard_copies
            self.vm.place(Placing(row, column, minute, row.minutes, copies))

    def _on_thrown(self, row: AppointmentRow, place: QPoint) -> None:
        """A tile was let go over the panel: on the wait list or the clipboard."""
        panel = self.panel
        inside = panel.rect().contains(panel.mapFromGlobal(place))
        waiting = panel.waiting
        if waiting.rect().contains(waiting.mapFromGlobal(place)):
            self.steps.to_waitlist(row)
        elif inside:
            self._on_clipped(row, copies=False)

    def _on_placed(self, change: AppointmentChange, wish: Placing) -> None:
        local = self.context.language.local(change.after.start_at)
        when = f"{short_day(local.date())} {clock_words(local.hour * 60 + local.minute)}"
        said = _("{name} is also booked for {when}") if wish.copies else _("{name}: {when}")
        name = isolate(name_of(wish.row))
        self.steps.remember(change, said.format(name=name, when=isolate(when)))
        if wish is self._asked_why:
            self._asked_why = None
            tasks = self.context.tasks
            tasks.write(tasks, drafts.discard_draft, *draft_of(wish))

    def _ask_reason(self, wish: Placing, error: ClinicError) -> None:
        self._asked_why = wish
        then = lambda reason: self.vm.place(wish, reason)  # noqa: E731
        form = OverlapForm(self.context, wish, error.message, then)
        self.context.host.show_drawer(form, name_of(wish.row))
