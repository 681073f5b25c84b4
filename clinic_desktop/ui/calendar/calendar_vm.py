"""State of the calendar: which days and columns, what is on the clipboard, what is on its way."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.services.scheduling import bookings, grid, openings, resources, waitlist
from clinic_desktop.services.scheduling.bookings import PlaceAppointment
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.grid import ColumnsBy, Grid, GridColumn
from clinic_desktop.services.scheduling.openings import FindOpenings, Opening
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.timetable import Resource, instant
from clinic_desktop.services.scheduling.waitlist import WaitlistRow
from clinic_desktop.ui.core.context import Context

TICK_MS = 30_000
_TABLES = ("appointment", "patient", "practitioner", "location", "appointment_type",
           "working_hours", "closure", "waitlist_entry")  # fmt: skip


class Mode(StrEnum):
    """How much is shown."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class Placing:
    """An appointment on its way to a column and a minute."""

    row: AppointmentRow
    column: GridColumn
    start_min: int
    minutes: int
    copies: bool = False


@dataclass(frozen=True)
class Offer:
    """A free slot, and who waits for such a one."""

    entry: WaitlistRow
    column: GridColumn
    start_min: int


@dataclass(frozen=True)
class CalendarState:
    """What the calendar shows."""

    day: date
    now: datetime
    mode: Mode = Mode.DAY
    by: ColumnsBy = ColumnsBy.PRACTITIONER
    resource: Resource = Resource()  # noqa: RUF009 - frozen
    grid: Grid | None = None
    offered: Bookable | None = None
    waiting: tuple[WaitlistRow, ...] = ()
    offer: Offer | None = None
    """Whom the slot under the keys would suit."""
    clipboard: AppointmentRow | None = None
    clipboard_copies: bool = False

    @property
    def first_day(self) -> date:
        """The first day shown: a week begins on Monday."""
        if self.mode is Mode.WEEK:
            return self.day - timedelta(days=self.day.weekday())
        return self.day

    @property
    def days(self) -> int:
        """How many days one step goes."""
        return 7 if self.mode is Mode.WEEK else 1


class CalendarVM(QObject):
    """Loads the grid and moves appointments in it.

    ``changed(state)``, ``ticked(now)``; ``placed(change, placing)`` after a move or copy,
    ``reason_wanted(placing, error)`` when it needs a reason, ``opened(Opening)`` with the first
    free time.
    """

    changed = Signal(object)
    ticked = Signal(object)
    placed = Signal(object, object)
    reason_wanted = Signal(object, object)
    opened = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        now = context.clock.now()
        self.state = CalendarState(context.language.local(now).date(), now)
        self._writing: Counter[uuid.UUID] = Counter()
        """Appointments whose move is on its way to the record."""
        self._unread: dict[uuid.UUID, int] = {}
        """Moved here, and the reading that will show it: until then our own write is newer."""
        self._readings = 0
        self._missed = False
        """A reading was left out, so another one is due when the last write has ended."""
        self._slot: tuple[GridColumn | None, int] = (None, 0)
        self._zone = ZoneInfo(context.language.time_zone)
        context.tasks.committed.connect(self._on_committed)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def today(self) -> date:
        """The clinic's day."""
        return self._context.language.local(self._context.clock.now()).date()

    # ------------------------------------------------------------ what is shown

    def watch(self, on: bool) -> None:
        """Move the line of now while one looks."""
        if on:
            self._timer.start()
            self.tick()
        else:
            self._timer.stop()

    def tick(self) -> None:
        """Time has passed."""
        self.state = replace(self.state, now=self._context.clock.now())
        self.ticked.emit(self.state.now)

    def go(self, day: date) -> None:
        """Show another day or its week."""
        self._show(day=day)

    def step(self, by: int) -> None:
        """Go on by days or weeks."""
        self._show(day=self.state.day + timedelta(days=by * self.state.days))

    def set_mode(self, mode: Mode) -> None:
        """Show a day or a week."""
        self._show(mode=mode)

    def set_columns(self, by: ColumnsBy) -> None:
        """Show doctors or rooms."""
        self._show(by=by, resource=Resource())

    def set_resource(self, resource: Resource) -> None:
        """Show the week of one doctor or room; of all with an empty one."""
        self._show(resource=resource)

    def load(self) -> None:
        """Read grid, wait list and what can be booked."""
        state, tasks = self.state, self._context.tasks
        key = (state.first_day, state.mode, state.by, state.resource)
        self._readings += 1
        number = self._readings

        def show(found: Grid) -> None:
            now = self.state
            # A reading older than our own last write would throw a tile back for a moment.
            if self._writing.total() > 0 or any(at > number for at in self._unread.values()):
                self._missed = True
            elif key == (now.first_day, now.mode, now.by, now.resource):
                self._unread.clear()
                self._set(grid=found)

        if state.mode is Mode.WEEK:
            tasks.read(self, grid.week_grid, state.first_day, state.resource, done=show)
        else:
            tasks.read(self, grid.day_grid, state.day, state.by, done=show)
        tasks.read(self, waitlist.waitlist, done=lambda found: self._set(waiting=found))
        tasks.read(self, resources.bookable, done=lambda found: self._set(offered=found))

    def _show(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self.changed.emit(self.state)
        self.load()

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self.changed.emit(self.state)

    @property
    def _is_asked(self) -> bool:
        columns = self.state.grid.columns if self.state.grid else ()
        return any(tile.row.question_id for column in columns for tile in column.tiles)

    def _on_committed(self, changes: Changes) -> None:
        # Questions come with what other PCs wrote; where one is asked, any write may answer it.
        asked = changes.origin == "sync" or self._is_asked
        if self.state.grid is not None and (asked or changes.touches(*_TABLES)):
            self.load()

    # ------------------------------------------------------------ moving

    def place(self, wish: Placing, overlap_reason: str = "") -> None:
        """Move or copy an appointment; the answer comes with a signal."""
        command = bookings.copy if wish.copies else bookings.place
        ours = self._writing[wish.row.id] > 0 or wish.row.id in self._unread
        base = None if wish.copies or ours else wish.row.version
        doctor, room = where(wish)
        order = PlaceAppointment(
            wish.row.id,
            wish.column.day,
            time_of(wish.start_min),
            wish.minutes,
            doctor,
            room,
            overlap_reason,
            base,
        )
        self._writing[wish.row.id] += 1
        self._context.tasks.write(
            self,
            command,
            order,
            done=lambda change: self._placed(change, wish),
            failed=self._refuser(wish),
        )

    def _placed(self, change: AppointmentChange, wish: Placing) -> None:
        self._unread[wish.row.id] = self._readings  # its commit was announced before
        self._end_writing(wish.row.id)
        clipped = self.state.clipboard
        if clipped is not None and clipped.id == wish.row.id and not wish.copies:
            self._set(clipboard=None)
        self.placed.emit(change, wish)

    def _end_writing(self, appointment_id: uuid.UUID) -> None:
        self._writing[appointment_id] -= 1
        if self._missed and self._writing.total() == 0:
            self._missed = False
            self.load()

    def _refuser(self, wish: Placing) -> Callable[[ClinicError], None]:
        def refuse(error: ClinicError) -> None:
            self._end_writing(wish.row.id)
            if self.state.grid is not None:
                self._set(grid=replace(self.state.grid))  # another one: back to where it was
            self.load()
            if isinstance(error, ValidationError) and error.field == "overlap_reason":
                self.reason_wanted.emit(wish, error)
            else:
                self.failed.emit(error)

        return refuse

    def clip(self, row: AppointmentRow | None, *, copies: bool = False) -> None:
        """Hold an appointment to put it down on another day; it stays booked until then."""
        self._set(clipboard=row, clipboard_copies=copies)

    # ------------------------------------------------------------ the wait list

    def look_for_match(self, column: GridColumn | None, start_min: int) -> None:
        """Find who on the wait list would like this slot."""
        self._slot = (column, start_min)
        free = column is not None and not any(
            tile.start_min < start_min + bookings.USUAL_MIN and start_min < tile.end_min
            for tile in column.tiles
        )
        start = column and instant(column.day, time_of(start_min), self._zone)
        if column is None or not free or not start or start < self.state.now:
            self._offer(None)
            return

        def show(found: tuple[WaitlistRow, ...]) -> None:
            if self._slot == (column, start_min):
                self._offer(Offer(found[0], column, start_min) if found else None)

        self._context.tasks.read(
            self,
            waitlist.matches,
            start,
            start + timedelta(minutes=bookings.USUAL_MIN),
            column.resource.practitioner_id,
            done=show,
        )

    def _offer(self, offer: Offer | None) -> None:
        if offer != self.state.offer:
            self._set(offer=offer)

    def remove_waiting(self, entry: WaitlistRow, *, restore: bool = False) -> None:
        """Take somebody off the wait list, or put back."""
        self._context.tasks.write(self, waitlist.remove, entry.id, restore=restore)

    # ------------------------------------------------------------ free time

    def find_free(self) -> None:
        """Look for the first free time from the day shown."""
        wish = FindOpenings(
            self.state.resource.practitioner_id,
            from_day=max(self.state.first_day, self.today),
            limit=1,
        )
        self._context.tasks.read(self, openings.first_free, wish, done=self._show_free)

    def _show_free(self, found: tuple[Opening, ...]) -> None:
        if not found:
            self.opened.emit(None)
            return
        local = self._context.language.local(found[0].start_at)
        if local.date() != self.state.day:
            self._show(day=local.date())
        self.opened.emit(found[0])


def where(wish: Placing) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Doctor and room of an appointment in another column: the column changes one of them."""
    row, resource = wish.row, wish.column.resource
    if resource.location_id is not None:
        return row.practitioner_id, resource.location_id
    if resource.practitioner_id is not None:
        return resource.practitioner_id, row.location_id
    return row.practitioner_id, row.location_id


def time_of(minute: int) -> time:
    """The time of day of a minute of the grid."""
    return time(minute // 60 % 24, minute % 60)
