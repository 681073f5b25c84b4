"""An appointment in the calendar: a real button, with a name for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.scheduling.grid import GridTile
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.scheduling.status import status_of
from clinic_desktop.ui.scheduling.words import (
    age_and_sex,
    asked_words,
    clock,
    from_to,
    name_of,
    status_note,
)
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import FOCUS_RING, SPACE_1, SPACE_2, Tone
from clinic_desktop.ui.widgets.pill import paint_glyph

BAR = 4
EDGE = 6
"""So many px at the foot of a tile change its length."""


class Tile(QAbstractButton):
    """One appointment. Its canvas decides where it lies and what a drag means.

    ``dragged(pos, sizing)`` and ``dropped(pos, sizing, copies)`` with the pointer's place on the
    parent; ``drag_ended`` when a drag was broken off.
    """

    dragged = Signal(QPoint, bool)
    dropped = Signal(QPoint, bool, bool)
    drag_ended = Signal()
    opened = Signal()
    asked = Signal()
    """The mark of a question was pressed."""
    focused = Signal()

    def __init__(
        self, parent: QWidget, tile: GridTile, column: int, now: Callable[[], datetime]
    ) -> None:
        super().__init__(parent)
        self.tile, self.column = tile, column
        self._now = now
        self.crowded = False
        self._press: QPoint | None = None
        self._sizing = self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def row(self) -> AppointmentRow:
        """The appointment."""
        return self.tile.row

    @property
    def grip(self) -> int:
        """How far below the tile's top it was taken."""
        return self._press.y() if self._press is not None else 0

    def show_tile(self, tile: GridTile, column: int, where: str) -> None:
        """Show its newest state; ``where`` is the doctor or room of the column."""
        self.tile, self.column = tile, column
        row = tile.row
        spec = status_of(row)
        person = ""
        if row.person is not None:
            day = row.start_at.date()
            person = age_and_sex(row.person, day)
        asked = asked_words(row)
        words = [asked, from_to(row), name_of(row), person, row.about, spec.text, where]
        if tile.is_rest:
            words.append(_("began on the day before"))
        if row.overlap_reason:
            words.append(_("booked over: {reason}").format(reason=row.overlap_reason))
        spoken = ", ".join(filter(None, words))
        self.setText(name_of(row))
        self.setAccessibleName(spoken)
        self.setToolTip("\n".join(filter(None, (*words[:3], *words[4:]))))
        self.update()

    # ------------------------------------------------------------ mouse

    def _at_edge(self, pos: QPoint) -> bool:
        return pos.y() >= self.height() - min(EDGE, self.height() // 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it, or of its lower edge."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position().toPoint()
            self._sizing = self._at_edge(self._press)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag; a hand that trembles does not."""
        pos = event.position().toPoint()
        if self._press is None:
            shape = Qt.CursorShape
            at_edge = self._at_edge(pos)
            self.setCursor(shape.SizeVerCursor if at_edge else shape.PointingHandCursor)
            return
        far = (pos - self._press).manhattanLength() >= QApplication.startDragDistance()
        if self._dragging or far:
            self._dragging = True
            self.dragged.emit(self.mapToParent(pos), self._sizing)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of it; with Ctrl a copy is made."""
        if self._dragging:
            copies = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.dropped.emit(self.mapToParent(event.position().toPoint()), self._sizing, copies)
        elif self._press is not None and self.mark_rect().contains(self._press):
            self.asked.emit()
        self._end()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the chart."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    def _end(self) -> None:
        was, self._press = self._dragging, None
        self._dragging = self._sizing = False
        if was:
            self.drag_ended.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Scroll it into sight."""
        super().focusInEvent(event)
        self.focused.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc breaks a drag off, Enter opens the chart; other keys are the canvas's."""
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.opened.emit()
        else:
            event.ignore()

    # ------------------------------------------------------------ painting

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, bar, time and name, reason and status."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color, ground = look().tone(status_of(self.row).tone)
        rect = self.rect()
        painter.setPen(QPen(color, 1) if look().high_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._paint_bar(painter, rect, color)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        room = (
            rect.adjusted(SPACE_1, 2, -BAR - SPACE_2, -2)
            if rtl
            else rect.adjusted(BAR + SPACE_2, 2, -SPACE_1, -2)
        )
        taken = self.mark_rect().width()
        mark = room.adjusted(taken, 0, 0, 0) if rtl else room.adjusted(0, 0, -taken, 0)
        self._paint_words(painter, mark, color, rtl=rtl)
        if taken:
            self._paint_mark(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look().color("focus"), FOCUS_RING))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_bar(self, painter: QPainter, rect: QRect, color: QColor) -> None:
        bar = QRect(rect.left(), rect.top(), BAR, rect.height())
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            bar.moveRight(rect.right())
        painter.fillRect(bar, color)
        if self.row.overlap_reason or self.crowded:
            # Booked over another one: stripes, so that it is not told by colour alone.
            stripes = bar.adjusted(-3, 0, 3, 0)
            painter.fillRect(stripes, QBrush(color, Qt.BrushStyle.BDiagPattern))

    def _paint_words(self, painter: QPainter, room: QRect, color: QColor, *, rtl: bool) -> None:
        now = look()
        upper, lower = now.metrics("strong").height(), now.metrics("caption").height()
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = int(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        two = room.height() >= upper + lower
        if not two:
            room = self._paint_glyph(painter, room, color, at_end=True, rtl=rtl)
        first = QRect(room.left(), room.top(), room.width(), upper if two else room.height())
        painter.setFont(now.font("strong"))
        painter.setPen(now.color("text"))
        elide, metrics = Qt.TextElideMode.ElideRight, now.metrics("strong")
        name = name_of(self.row)
        begins = ("… " if self.tile.is_rest else "") + clock(self.row.start_at)
        text = f"{begins} {name}"
        if metrics.horizontalAdvance(f"{begins} {name[:6]}") > room.width():
            text = name  # when is seen by where it lies; who is not
        painter.drawText(first, flags, metrics.elidedText(text, elide, room.width()))
        if not two:
            return
        second = QRect(room.left(), room.top() + upper, room.width(), lower)
        self._paint_status(painter, second, color, flags, rtl=rtl)

    def mark_rect(self) -> QRect:
        """Where the mark of an open question lies; empty without one."""
        if self.row.question_id is None:
            return QRect()
        side = min(look().metrics("strong").height(), self.height() - 2)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        return QRect(1 if rtl else self.width() - side - 1, 1, side, side)

    def _paint_mark(self, painter: QPainter) -> None:
        """A flag on a ground of its own: whatever the status, something is to be decided."""
        rect = self.mark_rect()
        color, ground = look().tone(Tone.DANGER)
        painter.setPen(QPen(color, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        icons.paint(painter, rect.adjusted(2, 2, -2, -2), Icon.FLAG, "danger")

    def _paint_status(
        self, painter: QPainter, room: QRect, color: QColor, flags: int, *, rtl: bool
    ) -> None:
        """Glyph and word first: of two things that do not fit, the reason is cut."""
        now, spec = look(), status_of(self.row)
        metrics = now.metrics("caption")
        room = self._paint_glyph(painter, room, color, at_end=False, rtl=rtl)
        note = status_note(self.row, self._now())
        words = " · ".join(filter(None, (f"{spec.text} {note}".strip(), self.row.about)))
        painter.setFont(now.font("caption"))
        painter.setPen(color)
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(room, flags, metrics.elidedText(words, elide, room.width()))

    def _paint_glyph(
        self, painter: QPainter, room: QRect, color: QColor, *, at_end: bool, rtl: bool
    ) -> QRect:
        """The sign of the status at one end of the room; returns what is left of it."""
        side = round(look().metrics("caption").ascent() * 0.75)
        right = rtl != at_end
        x = room.right() - side if right else room.left()
        box = QRectF(x, room.center().y() - side / 2, side, side)
        paint_glyph(painter, box, status_of(self.row).glyph, color)
        taken = side + SPACE_1
        return room.adjusted(0, 0, -taken, 0) if right else room.adjusted(taken, 0, 0, 0)
