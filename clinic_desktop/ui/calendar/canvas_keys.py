"""The keys of the calendar: among free slots, and on a tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from clinic_desktop.services.scheduling.timetable import DAY_MIN, LONGEST_MIN
from clinic_desktop.ui.calendar.geometry import SNAP_MIN, STEP_MIN
from clinic_desktop.ui.calendar.tile import Tile
from clinic_desktop.ui.widgets.letter_keys import letter_of

if TYPE_CHECKING:
    from clinic_desktop.ui.calendar.canvas import Canvas

# Plain numbers: a letter of another script is a key that Qt.Key does not name.
_DOWN: dict[int, int] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_ACROSS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_HARMLESS = _KEYPAD | Qt.KeyboardModifier.ShiftModifier


class CanvasKeys:
    """Every drag once more, for hands that do not drag."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def take(self, event: QKeyEvent) -> bool:
        """Do what a key means; whether it meant anything."""
        tile = self._canvas.focused_tile()
        return self._tile_key(tile, event) if tile is not None else self._slot_key(event)

    def _slot_key(self, event: QKeyEvent) -> bool:
        key, mods = event.key(), event.modifiers()
        if event.matches(QKeySequence.StandardKey.Paste):
            self._canvas.paste_wanted.emit(*self._canvas.slot())
            return True
        if mods & ~_HARMLESS:
            return False
        column, minute = self._canvas.place
        across = self._across(key)
        if across:
            self._canvas.go_to(column + across, minute)
        elif key in _DOWN:
            self._canvas.go_to(column, minute + STEP_MIN * _DOWN[key])
        elif not self._canvas.marked:
            return False  # F looks for free time; the screen hears it
        elif key == Qt.Key.Key_Escape:
            self._canvas.unmark()
        elif key in _ENTERS:
            self._canvas.open_slot("")
        elif event.text().isprintable() and event.text().strip():
            self._canvas.open_slot(event.text())
        else:
            return False
        return True

    def _tile_key(self, tile: Tile, event: QKeyEvent) -> bool:
        key, mods = event.key(), event.modifiers() & ~_KEYPAD
        standard = QKeySequence.StandardKey
        across = self._across(key)
        if event.matches(standard.Copy) or event.matches(standard.Cut):
            self._canvas.clipped.emit(tile.row, event.matches(standard.Copy))
        elif mods == Qt.KeyboardModifier.ControlModifier and (across or key in _DOWN):
            if not self._canvas.stays(tile):
                self._shift(tile, across, SNAP_MIN * _DOWN.get(key, 0))
        elif event.text() in {"+", "=", "-"}:
            if not self._canvas.stays(tile):
                self._lengthen(tile, -SNAP_MIN if event.text() == "-" else SNAP_MIN)
        elif mods:
            return False
        else:
            self._canvas.end_move()
            return self._other_tile_key(tile, event, across)
        return True

    def _other_tile_key(self, tile: Tile, event: QKeyEvent, across: int) -> bool:
        key = event.key()
        if across or key in _DOWN:
            self._next_tile(tile, across, _DOWN.get(key, 0))
        elif key == Qt.Key.Key_Escape:
            self._canvas.go_to(tile.column, tile.tile.start_min)
            self._canvas.setFocus()
        elif letter := letter_of(event):
            self._canvas.letter.emit(tile.row, letter)
        else:
            return False
        return True

    def _across(self, key: int) -> int:
        step = _ACROSS.get(key, 0)
        return -step if self._canvas.geo.rtl else step

    def _shift(self, tile: Tile, across: int, down: int) -> None:
        there = self._canvas.column(tile.column + across)
        start = self._canvas.geo.snapped(tile.tile.start_min + down, tile.row.minutes)
        if there is None or (not across and start == tile.tile.start_min):
            return
        self._canvas.move_now(tile, tile.column + across, start, tile.row.minutes)

    def _lengthen(self, tile: Tile, by: int) -> None:
        minutes, last = tile.row.minutes + by, self._canvas.geo.last_min
        fits = by < 0 or last == DAY_MIN or tile.tile.start_min + minutes <= last
        if SNAP_MIN <= minutes <= LONGEST_MIN and fits:
            self._canvas.move_now(tile, tile.column, tile.tile.start_min, minutes)

    def _next_tile(self, tile: Tile, across: int, down: int) -> None:
        """The tile above or below, or the nearest one in the next column that has any."""
        tiles = self._canvas.tiles()
        if down:
            column = [each for each in tiles if each.column == tile.column]
            place = column.index(tile) + down
            if 0 <= place < len(column):
                column[place].setFocus()
            return
        beside = [each for each in tiles if (each.column - tile.column) * across > 0]
        if beside:
            start = tile.tile.start_min
            nearest = min(abs(each.column - tile.column) for each in beside)
            line = [each for each in beside if abs(each.column - tile.column) == nearest]
            min(line, key=lambda each: abs(each.tile.start_min - start)).setFocus()
