"""A QR code on the screen, for a phone to read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinic_desktop.printing.codes import qr_modules
from clinic_desktop.ui.theme.look import look

_SIDE, _QUIET = 200, 4
"""Pixels at 100 %; modules of light around the code."""


class QrCode(QWidget):
    """Dark on light in every theme: not every phone reads the reverse."""

    def __init__(self, content: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(look().px(_SIDE), look().px(_SIDE))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Whole pixels for each module, so that edges are sharp."""
        side, stretches = qr_modules(self._content)
        step = max(min(self.width(), self.height()) // (side + 2 * _QUIET), 1)
        painter = QPainter(self)
        whole = step * (side + 2 * _QUIET)
        painter.fillRect(0, 0, whole, whole, Qt.GlobalColor.white)
        for column, row, length in stretches:
            box = QRectF((column + _QUIET) * step, (row + _QUIET) * step, length * step, step)
            painter.fillRect(box, Qt.GlobalColor.black)
        painter.end()
