"""Words that wrap, as painted widgets draw them: shaped once, measured at any width, drawn."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QTextLayout, QTextOption

from clinic_desktop.ui.theme.look import look

_ANY = 1 << 20
_LINE_BREAK = "\u2028"
_REMEMBERED = 512
"""The words of eight open charts."""


def paragraph(text: str, role: str, *, rtl: bool) -> Paragraph:
    """A text in a step of the type scale as it is now; ``rtl`` says at which side it stands."""
    return _paragraph(text, role, look().appearance.scale, rtl)


class Paragraph:
    """A text that runs by its own letters; ``paragraph`` makes them.

    Ask for another when the look has changed.
    """

    def __init__(self, text: str, role: str, *, rtl: bool) -> None:
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        option = QTextOption(side | Qt.AlignmentFlag.AlignAbsolute)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        self._layout = QTextLayout(text.replace("\n", _LINE_BREAK), look().font(role))
        self._layout.setTextOption(option)
        self._layout.setCacheEnabled(True)
        self._rtl = rtl
        self._width = 0
        self._heights: dict[int, int] = {}
        self._break(_ANY)
        self._unbroken = math.ceil(self._layout.maximumWidth())
        self.least = math.ceil(self._layout.minimumWidth())
        """The width of the widest word, in px."""

    def height(self, width: int) -> int:
        """The height of all lines at a width, in px."""
        room = self._room(width)
        if room not in self._heights:
            self._break(room)
        return self._heights[room]

    def draw(self, painter: QPainter, left: int, top: int, width: int) -> None:
        """Draw it with the painter's pen."""
        room = self._room(width)
        if room != self._width:
            self._break(room)
        self._layout.draw(painter, QPointF(left + (width - room if self._rtl else 0), top))

    def _room(self, width: int) -> int:
        """Where nothing wraps every width is the same: to break lines is to shape them anew."""
        return width if width < self._unbroken else _ANY

    def _break(self, width: int) -> None:
        height = 0.0
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, height))
            height += line.height()
        self._layout.endLayout()
        self._width, self._heights[width] = width, math.ceil(height)


# To go back and forth between open charts is to show the same words again. The scale is a key only:
# the fonts of ``look()`` follow it.


@lru_cache(maxsize=_REMEMBERED)
def _paragraph(text: str, role: str, _scale: int, rtl: bool) -> Paragraph:
    return Paragraph(text, role, rtl=rtl)
