"""The ground of the calendar, its ruler of hours and the titles of its columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling.grid import Grid, GridColumn
from clinic_desktop.services.scheduling.timetable import without
from clinic_desktop.ui.calendar.geometry import Box, Geometry
from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.scheduling.words import day_in
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import FOCUS_RING, SPACE_2, SPACE_3, Density
from clinic_desktop.ui.widgets.cells import paint_lines

_HOUR_LINES = {Density.COMPACT: 5.5, Density.STANDARD: 7.8, Density.COMFORTABLE: 9.5}
"""An hour is so many lines of text high."""
_NOW_DOT = 5


def hour_px() -> int:
    """The height of an hour with the text size and density in force."""
    return round(look().metrics().height() * _HOUR_LINES[look().appearance.density])


def clock_words(minute: int) -> str:
    """A minute since midnight as a time of day."""
    return isolate(current().time(time(minute // 60 % 24, minute % 60)))


def paint_sheet(painter: QPainter, geo: Geometry, grid: Grid) -> None:
    """Closed times hatched, hours and half hours ruled, columns parted."""
    now = look()
    painter.fillRect(QRect(0, 0, geo.width, geo.height), now.color("surface"))
    for number, column in enumerate(grid.columns):
        shut = without(((geo.first_min, geo.last_min),), column.open)
        for start, end in shut:
            top, bottom = geo.y_of(start), geo.y_of(end)
            rect = QRect(geo.x_of(number), top, geo.column_px, bottom - top)
            painter.fillRect(rect, now.color("bg"))
            painter.fillRect(rect, QBrush(now.color("border"), Qt.BrushStyle.BDiagPattern))
        if column.closed:
            _paint_closed(painter, geo, number, column.closed)
    for minute in range(geo.first_min, geo.last_min + 1, 30):
        y = geo.y_of(minute)
        full = minute % 60 == 0
        style = Qt.PenStyle.SolidLine if full else Qt.PenStyle.DotLine
        painter.setPen(QPen(now.color("border"), 1, style))
        painter.drawLine(0, y, geo.width, y)
    painter.setPen(QPen(now.color("border"), 1))
    for number in range(geo.columns + 1):
        x = min(number * geo.column_px, geo.width - 1)
        painter.drawLine(x, 0, x, geo.height)


def _paint_closed(painter: QPainter, geo: Geometry, number: int, reason: str) -> None:
    """Why the column is empty, on a plate so that the hatching does not cross the words."""
    now = look()
    metrics = now.metrics("label")
    width = min(metrics.horizontalAdvance(reason) + 2 * SPACE_3, geo.column_px - SPACE_2)
    x = geo.x_of(number) + (geo.column_px - width) // 2
    plate = QRect(x, SPACE_3, width, metrics.height() + SPACE_2)
    painter.fillRect(plate, now.color("surface"))
    painter.setPen(now.color("text2"))
    painter.setFont(now.font("label"))
    words = metrics.elidedText(reason, Qt.TextElideMode.ElideRight, width - SPACE_2)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


class NowLine(QWidget):
    """The red line of now above sheet and tiles, with a dot at its head."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_now(self, geo: Geometry, grid: Grid, now: datetime) -> None:
        """Lie over today's columns; hidden where today is not in sight."""
        minute = now.hour * 60 + now.minute
        today = [n for n, column in enumerate(grid.columns) if column.day == now.date()]
        self.setVisible(bool(today) and geo.first_min <= minute <= geo.last_min)
        if not today:
            return
        left = min(geo.x_of(number) for number in today)
        width = len(today) * geo.column_px
        self.setGeometry(left, geo.y_of(minute) - _NOW_DOT, width, 2 * _NOW_DOT)
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = look().color("danger")
        painter.fillRect(QRect(0, _NOW_DOT - 1, self.width(), 2), color)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = 2 * _NOW_DOT
        painter.drawEllipse(self.width() - side if rtl else 0, 0, side, side)
        painter.end()


def paint_mark(painter: QPainter, rect: QRect, role: str, words: str = "") -> None:
    """A slot that is meant: the one under the keys, or where a tile would land."""
    painter.fillRect(rect, look().color("accent_bg"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look().color(role), FOCUS_RING))
    painter.drawRect(rect.adjusted(1, 1, -1, -1))
    painter.setPen(look().color("accent_fg"))
    painter.setFont(look().font("label"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)


class Landing(QWidget):
    """Where a dragged tile would land, above all tiles, with its time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, box: Box, words: str) -> None:
        """Lie there."""
        self._words = words
        self.setGeometry(*box)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        paint_mark(painter, self.rect(), "accent", self._words)
        painter.end()


class Ruler(QWidget):
    """The hours beside the sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._geo = Geometry()
        self._offset = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.setAccessibleName(_("Hours"))

    def sizeHint(self) -> QSize:
        """As wide as the longest time."""
        metrics = look().metrics("caption")
        widest = max(metrics.horizontalAdvance(clock_words(hour * 60)) for hour in range(24))
        return QSize(widest + 2 * SPACE_2, 0)

    def show_geometry(self, geo: Geometry) -> None:
        """Stand beside another sheet."""
        self._geo = geo
        self.updateGeometry()
        self.update()

    def scroll_to(self, offset: int) -> None:
        """The sheet was scrolled."""
        self._offset = offset
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The full hours."""
        painter = QPainter(self)
        painter.setFont(look().font("caption", tabular=True))
        painter.setPen(look().color("text2"))
        half = look().metrics("caption").height() // 2
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
        flags = int(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        for minute in range(self._geo.first_min, self._geo.last_min, 60):
            y = self._geo.y_of(minute) - self._offset
            top = 0 if y == 0 else y - half
            rect = QRect(SPACE_2, top, self.width() - 2 * SPACE_2, 2 * half)
            painter.drawText(rect, flags, clock_words(minute))
        painter.end()


class Titles(QWidget):
    """The names above the columns; ``offset`` tells how far the sheet was scrolled sideways."""

    def __init__(self, offset: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._geo = Geometry()
        self._cells: list[tuple[Cell, bool]] = []
        self._offset = offset
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Two lines."""
        lines = look().metrics("strong").height() + look().metrics("caption").height()
        return QSize(100, lines + SPACE_3)

    def show_columns(self, geo: Geometry, cells: list[tuple[Cell, bool]]) -> None:
        """Name each column; ``True`` marks today's."""
        self._geo, self._cells = geo, cells
        self.setAccessibleName(", ".join(cell.text for cell, _today in cells))
        self.updateGeometry()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A name and a smaller line each."""
        painter = QPainter(self)
        for number, (cell, today) in enumerate(self._cells):
            left = self._geo.x_of(number) - self._offset()
            rect = QRect(left, 0, self._geo.column_px, self.height())
            room = rect.adjusted(SPACE_2, 0, -SPACE_2, 0)
            color = look().color("accent") if today else None
            paint_lines(painter, room, cell, self.layoutDirection(), role="strong", color=color)
        painter.end()


def title_of(column: GridColumn, *, week: bool, today: bool) -> Cell:
    """What stands above a column: a name and how full it is, or a day."""
    if week:
        return Cell(day_in(column.day, "EEE d MMM"), _("Today") if today else "")
    if not column.title:
        return Cell(_("Nobody yet"), "")
    full = (
        ""
        if column.is_closed
        else _("{percent} % booked").format(percent=current().number(column.load))
    )
    return Cell(column.title, column.closed or full)
