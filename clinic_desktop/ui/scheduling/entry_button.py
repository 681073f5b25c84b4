"""A line of a side card that can be pressed: a dot, a name, a smaller line below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import RADIUS_CONTROL, SPACE_1, SPACE_2, Tone
from clinic_desktop.ui.widgets.cells import paint_lines


class EntryButton(QAbstractButton):
    """Two lines of text, read out as one sentence."""

    def __init__(
        self, text: str, sub: str, tone: Tone | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._sub, self._tone = sub, tone
        self.setText(text)
        self.setAccessibleName(", ".join(filter(None, (text, sub))))
        self.setToolTip(self.accessibleName())
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """Two lines high."""
        lines = look().metrics("strong").height()
        if self._sub:
            lines += look().metrics("caption").height()
        return QSize(look().px(120), lines + 2 * SPACE_1)

    def minimumSizeHint(self) -> QSize:
        """Long names are cut, and shown whole as a tool tip."""
        return QSize(look().px(80), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, dot and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look().color("hover"))
            painter.drawRoundedRect(self.rect(), RADIUS_CONTROL, RADIUS_CONTROL)
        room = self.rect().adjusted(SPACE_2, 0, -SPACE_2, 0)
        if self._tone is not None:
            room = self._paint_dot(painter, room)
        cell = Cell(self.text(), self._sub)
        paint_lines(painter, room, cell, self.layoutDirection(), role="strong")
        painter.end()

    def _paint_dot(self, painter: QPainter, room: QRect) -> QRect:
        side, rtl = look().px(9), self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        top = room.top() + SPACE_1 + (look().metrics("strong").height() - side) // 2
        left = room.right() - side if rtl else room.left()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().tone(self._tone or Tone.NEUTRAL)[0])
        painter.drawEllipse(left, top, side, side)
        taken = side + SPACE_2
        return room.adjusted(0, 0, -taken, 0) if rtl else room.adjusted(taken, 0, 0, 0)
