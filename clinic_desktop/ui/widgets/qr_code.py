"""A QR code on the screen, for a phone to read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinic_desktop.printing.codes import qr_modules
from clinic_desktop.ui.theme.look import look

_SIDE, _QUIET = 220, 4
"""Pixels at 100 %; modules of light around the code."""


class QrCode(QWidget):
    """Dark on light in every theme: not every phone reads the reverse."""

    def __init__(self, content: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square that grows with the text; whole pixels for each module keep edges sharp."""
        whole = self._step * self._modules
        return QSize(whole, whole)

    @property
    def _modules(self) -> int:
        return qr_modules(self._content)[0] + 2 * _QUIET

    @property
    def _step(self) -> int:
        return max(look().px(_SIDE) // self._modules, 1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Modules, joined along each row."""
        _side, stretches = qr_modules(self._content)
        step = self._step
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        for column, row, length in stretches:
            box = QRectF((column + _QUIET) * step, (row + _QUIET) * step, length * step, step)
            painter.fillRect(box, Qt.GlobalColor.black)
        painter.end()
