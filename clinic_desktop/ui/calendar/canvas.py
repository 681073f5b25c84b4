"""The sheet of the calendar: hours, closed times, the line of now, slots and tiles."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.scheduling.grid import Grid, GridColumn, GridTile
from clinic_desktop.ui.calendar.calendar_vm import Placing
from clinic_desktop.ui.calendar.canvas_keys import CanvasKeys
from clinic_desktop.ui.calendar.geometry import SNAP_MIN, STEP_MIN, Geometry, lanes
from clinic_desktop.ui.calendar.sheet import (
    Landing,
    NowLine,
    clock_words,
    hour_px,
    paint_mark,
    paint_sheet,
)
from clinic_desktop.ui.calendar.tile import Tile
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.words import day_in
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.roles import give_role

LEAST_COLUMN = 100
REST_MS = 500
"""So long the keys rest before a moved tile is moved in the record: one move, one undo."""


class Canvas(QWidget):
    """Shows a ``Grid``; a person points, drags or presses keys, the screen hears of it.

    ``slot_opened(column, minute, text)`` to book there, ``moved(Placing)`` after a drag or its
    keys, ``letter(row, letter)`` on a tile, ``opened(row)``, ``asked(row)``,
    ``clipped(row, copies)``, ``paste_wanted(column, minute)``,
    ``thrown(row, global place)`` when a tile was let go outside.
    """

    slot_opened = Signal(object, int, str)
    moved = Signal(object)
    letter = Signal(object, str)
    opened = Signal(object)
    asked = Signal(object)
    clipped = Signal(object, bool)
    paste_wanted = Signal(object, int)
    thrown = Signal(object, QPoint)
    slot_changed = Signal(object, int)
    geometry_changed = Signal()
    revealed = Signal(QRect)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("calendar.canvas")
        give_role(self, QAccessible.Role.Grouping)
        self._context = context
        self.grid: Grid | None = None
        self.geo = Geometry()
        self._now = context.clock.now()
        self._tiles: dict[tuple[uuid.UUID, date], Tile] = {}
        self._slot: tuple[int, int] = (0, self.geo.first_min)
        self._landing = Landing(self)
        self._room = 600
        self._now_line = NowLine(self)
        self._keys = CanvasKeys(self)
        self._moving: Placing | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.end_move)
        context.tasks.closing.connect(self.end_move)
        self.marked = False
        """Whether a person went to the slot; only then do letters begin a name there."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # ------------------------------------------------------------ what is shown

    def show_grid(self, grid: Grid) -> None:
        """Show other columns; tiles that stay keep the focus."""
        same = self.grid is not None and _days(self.grid) == _days(grid)
        if not same:
            self.end_move()
        held = self._held()
        self.marked = self.marked and same
        self.grid = grid
        self._fit()
        wanted: dict[tuple[uuid.UUID, date], tuple[GridTile, int]] = {
            (tile.row.id, column.day): (tile, number)
            for number, column in enumerate(grid.columns)
            for tile in column.tiles
        }
        for key in self._tiles.keys() - wanted.keys():
            gone = self._tiles.pop(key)
            if gone.hasFocus():
                self.setFocus()
            gone.hide()
            gone.deleteLater()
        for key, (tile, number) in wanted.items():
            if key not in self._tiles:
                self._tiles[key] = self._new_tile(tile, number)
            self._tiles[key].show_tile(tile, number, self._title(number))
        if held is not None:
            self._hold(*held)
        column, minute = self._slot
        self._slot = (min(column, self.geo.columns - 1), self.geo.snapped(minute))
        self._lay_out()
        self._order_tabs()
        self.update()

    def show_now(self, now: datetime) -> None:
        """Move the line of now and the waiting times."""
        self._now = now
        self._place_now()
        for tile in self._tiles.values():
            tile.update()

    def set_room(self, width: int) -> None:
        """So wide is the view; columns share it."""
        self._room = width
        if self.grid is not None:
            self._fit()
            self._lay_out()

    def tiles(self) -> list[Tile]:
        """All tiles in the order of reading."""
        return sorted(self._tiles.values(), key=lambda each: (each.column, each.tile.start_min))

    def tile_of(self, appointment_id: uuid.UUID) -> Tile | None:
        """The tile of an appointment, if it is in sight; of two the one where it begins."""
        found = [each for each in self.tiles() if each.row.id == appointment_id]
        return min(found, key=lambda each: each.tile.is_rest, default=None)

    def focused_tile(self) -> Tile | None:
        """The tile with the focus."""
        return next((each for each in self._tiles.values() if each.hasFocus()), None)

    def _new_tile(self, tile: GridTile, column: int) -> Tile:
        made = Tile(self, tile, column, lambda: self._now)
        made.dragged.connect(partial(self._on_dragged, made))
        made.dropped.connect(partial(self._on_dropped, made))
        made.drag_ended.connect(self._landing.hide)
        made.opened.connect(lambda: self.opened.emit(made.row))
        made.asked.connect(lambda: self.asked.emit(made.row))
        made.focused.connect(lambda: self.revealed.emit(made.geometry()))
        made.show()
        return made

    def _fit(self) -> None:
        assert self.grid is not None  # noqa: S101 - only called with one
        first, last = self.grid.span
        count = max(len(self.grid.columns), 1)
        self.geo = Geometry(
            columns=count,
            column_px=max(self._room // count, look().px(LEAST_COLUMN)),
            hour_px=hour_px(),
            first_min=first,
            last_min=last,
            rtl=self.layoutDirection() == Qt.LayoutDirection.RightToLeft,
        )
        self.setFixedSize(self.geo.width, self.geo.height + 1)
        self.geometry_changed.emit()

    def _lay_out(self) -> None:
        by_column: dict[int, list[Tile]] = {}
        for tile in self._tiles.values():
            by_column.setdefault(tile.column, []).append(tile)
        for column, tiles in by_column.items():
            placed = lanes(
                [
                    (t, t.tile.start_min, self.geo.shown_end(t.tile.start_min, t.tile.end_min))
                    for t in tiles
                ]
            )
            for tile in tiles:
                lane = placed[tile]
                tile.crowded = any(_clash(tile, other) for other in tiles)
                box = self.geo.box(column, tile.tile.start_min, tile.tile.end_min, lane)
                tile.setGeometry(*box)
        self._place_now()

    def _place_now(self) -> None:
        if self.grid is not None:
            local = self._context.language.local(self._now)
            self._now_line.show_now(self.geo, self.grid, local)

    def _order_tabs(self) -> None:
        before: QWidget = self
        for tile in self.tiles():
            QWidget.setTabOrder(before, tile)
            before = tile

    def _title(self, column: int) -> str:
        shown = self.column(column)
        if shown is None:
            return ""
        return shown.title or day_in(shown.day, "EEEE d MMMM")

    def column(self, number: int) -> GridColumn | None:
        """A column by its place, or nothing outside the sheet."""
        columns = self.grid.columns if self.grid is not None else ()
        return columns[number] if 0 <= number < len(columns) else None

    # ------------------------------------------------------------ pointing and dragging

    def minute_at(self, y: float) -> int:
        """The slot under the pointer, at a full quarter of an hour."""
        return max(self.geo.minute_at(y) // STEP_MIN * STEP_MIN, self.geo.first_min)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a slot; a second click on it books there."""
        pos = event.position()
        self.go_to(self.geo.column_at(pos.x()), self.minute_at(pos.y()))
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Book there."""
        self.open_slot("")

    def _target(self, tile: Tile, pos: QPoint, *, sizing: bool) -> Placing | None:
        """Where a tile would land."""
        shown, minutes = tile.tile, tile.row.minutes
        if sizing:
            column, start = tile.column, shown.start_min
            end = self.geo.snapped(self.geo.minute_at(pos.y()), 0)
            minutes = max(end - start, SNAP_MIN)
        else:
            column = self.geo.column_at(pos.x())
            start = self.geo.snapped(self.geo.minute_at(pos.y() - tile.grip), minutes)
        there = self.column(column)
        return Placing(tile.row, there, start, minutes) if there is not None else None

    def stays(self, tile: Tile) -> bool:
        """Whether a tile cannot be moved here, which is said: it is the rest of another day's."""
        if tile.tile.is_rest:
            self._context.host.toast(_("This began on the day before. Move it there."))
        return tile.tile.is_rest

    def _on_dragged(self, tile: Tile, pos: QPoint, sizing: bool) -> None:
        if tile.tile.is_rest:
            return
        target = self._target(tile, pos, sizing=sizing)
        if target is None or self.grid is None:
            return
        column = self.grid.columns.index(target.column)
        box = self.geo.box(column, target.start_min, target.start_min + target.minutes)
        self._landing.show_at(box, self._span_words(target.start_min, target.minutes))
        if 0 <= pos.x() < self.width():  # on the way to the panel the sheet stays where it is
            self.revealed.emit(QRect(*box))

    def _on_dropped(self, tile: Tile, pos: QPoint, sizing: bool, copies: bool) -> None:
        view = self.parentWidget()
        if view is not None and not view.rect().contains(self.mapTo(view, pos)):
            self.thrown.emit(tile.row, self.mapToGlobal(pos))
            return
        target = self._target(tile, pos, sizing=sizing)
        if not copies and self.stays(tile):
            return
        if target is not None and (copies or self._differs(tile, target)):
            self.moved.emit(replace(target, copies=copies))

    def _differs(self, tile: Tile, target: Placing) -> bool:
        before = (tile.tile.start_min, tile.row.minutes, self.column(tile.column))
        return before != (target.start_min, target.minutes, target.column)

    # ------------------------------------------------------------ keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go by slots or tiles, with Ctrl they move the tile; letters act or book."""
        if not self._keys.take(event):
            super().keyPressEvent(event)

    def move_now(self, tile: Tile, column: int, start: int, minutes: int) -> None:
        """Show it at its new place at once; the record follows when the keys rest."""
        there = self.column(column)
        if there is None:
            return
        if self._moving is not None and self._moving.row.id != tile.row.id:
            self.end_move()
        first = self._moving.row if self._moving is not None else tile.row
        if self._moving is None:
            self._context.host.remember_undo(self.cancel_move)
        self._moving = Placing(first, there, start, minutes)
        self._rest.start()
        row = replace(tile.row, end_at=tile.row.start_at + timedelta(minutes=minutes))
        tile.show_tile(GridTile.at(row, start, minutes), column, self._title(column))
        self._lay_out()
        announce(self, f"{self._title(column)}, {self._span_words(start, minutes)}")
        self.revealed.emit(tile.geometry())

    def _held(self) -> tuple[uuid.UUID, int, int, int] | None:
        """The tile that the keys are moving: whose, in which column, from when, how long."""
        moving = self._moving
        tile = self.tile_of(moving.row.id) if moving is not None else None
        if moving is None or tile is None:
            return None
        return moving.row.id, tile.column, moving.start_min, moving.minutes

    def _hold(self, appointment_id: uuid.UUID, column: int, start: int, minutes: int) -> None:
        """A reading came while the keys move a tile: it stays where they have it."""
        tile, there = self.tile_of(appointment_id), self.column(column)
        self._moving = None
        if tile is not None and there is not None:
            self.move_now(tile, column, start, minutes)
        else:
            self._rest.stop()

    def cancel_move(self) -> None:
        """Put a tile that the keys moved back, while the record does not know of it."""
        self._rest.stop()
        moving, self._moving = self._moving, None
        if moving is not None and self.grid is not None:
            self.show_grid(self.grid)

    def end_move(self) -> None:
        """Have the tile that the keys moved moved in the record."""
        self._rest.stop()
        moving, self._moving = self._moving, None
        if moving is not None:
            self.moved.emit(moving)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing waits for the timer."""
        super().hideEvent(event)
        self.end_move()

    # ------------------------------------------------------------ the slot

    @property
    def place(self) -> tuple[int, int]:
        """Number of the column and minute that the keys stand on."""
        return self._slot

    def slot(self) -> tuple[GridColumn | None, int]:
        """The column and minute that the keys stand on."""
        return self.column(self._slot[0]), self._slot[1]

    def go_to_minute(self, column: int, minute: int) -> None:
        """Stand on a slot, and show it."""
        self.go_to(column, minute)
        self.setFocus()

    def go_to(self, column: int, minute: int) -> None:
        """Stand on a slot, the nearest one inside the sheet; a screen reader says which."""
        minute = max(min(minute, self.geo.last_min - STEP_MIN), self.geo.first_min)
        self._slot = (max(min(column, self.geo.columns - 1), 0), minute)
        self.marked = True
        box = self.geo.box(self._slot[0], minute, minute + STEP_MIN)
        self.revealed.emit(QRect(*box))
        self.update()
        words = f"{self._title(self._slot[0])}, {clock_words(minute)}"
        self.setAccessibleDescription(words)
        self.slot_changed.emit(*self.slot())
        if self.hasFocus():
            announce(self, words)

    def unmark(self) -> None:
        """Leave the slot."""
        self.marked = False
        self.update()

    def open_slot(self, text: str) -> None:
        """Book where the keys stand; ``text`` begins the name."""
        column, minute = self.slot()
        if column is not None:
            self.slot_opened.emit(column, minute, text)

    def _span_words(self, start: int, minutes: int) -> str:
        return f"{clock_words(start)}–{clock_words(start + minutes)}"

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys stand."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The mark of the slot goes."""
        super().focusOutEvent(event)
        self.update()

    # ------------------------------------------------------------ painting

    def changeEvent(self, event: QEvent) -> None:
        """Follow density, text size and direction."""
        super().changeEvent(event)
        kinds = (QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange)
        if event.type() in kinds and self.grid is not None:
            self._fit()
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines and hatching below the tiles."""
        painter = QPainter(self)
        if self.grid is not None:
            paint_sheet(painter, self.geo, self.grid)
        if self.hasFocus() and self.marked:
            column, minute = self._slot
            box = self.geo.box(column, minute, minute + STEP_MIN)
            paint_mark(painter, QRect(*box), "focus")
        painter.end()


def _days(grid: Grid) -> tuple[date, int, object]:
    return grid.first_day, len(grid.columns), grid.by


def _clash(one: Tile, two: Tile) -> bool:
    """Whether two tiles want the same doctor at the same time."""
    doctor = one.row.practitioner_id
    both = one.tile.start_min < two.tile.end_min and two.tile.start_min < one.tile.end_min
    takes = one.row.status.takes_time and two.row.status.takes_time
    return one is not two and takes and both and doctor == two.row.practitioner_id
