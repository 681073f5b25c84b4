"""Words in one line, as tables and other painted widgets draw them.

To shape and shorten a text costs several times what drawing it costs, and a list draws the same
texts at every repaint: how they lie is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextLayout, QTextOption

from clinic_desktop.ui.theme.look import look

LEFT, MIDDLE, RIGHT = 0.0, 0.5, 1.0
"""Which share of the free room lies before the text."""
_REMEMBERED = 2048


@dataclass(frozen=True)
class Face:
    """A step of the type scale; ``pixels`` gives it a height of its own."""

    role: str = "body"
    tabular: bool = False
    pixels: int = 0


def draw(
    painter: QPainter, rect: QRect, text: str, face: Face, lean: float = LEFT, *, rtl: bool = False
) -> None:
    """Draw a text with the painter's pen in the middle of the height of ``rect``.

    What does not fit ends in "…"; line breaks become spaces. ``rtl`` is the direction of text
    whose letters have none.
    """
    scale = look().appearance.scale
    line = _line(text, face, scale, rtl)
    if line.width >= rect.width() + 1:  # ``width`` rounds
        line = _line(_shortened(text, face, scale, rect.width()), face, scale, rtl)
    x = rect.x() + (rect.width() - line.width) * lean
    y = rect.y() + (rect.height() - line.height) / 2
    line.layout.draw(painter, QPointF(x, y))


def width(text: str, face: Face) -> int:
    """The room that a text needs, in px."""
    return int(_line(text, face, look().appearance.scale, rtl=False).width + 0.5)


@dataclass(frozen=True)
class _Line:
    layout: QTextLayout
    width: float
    height: float


def _font(face: Face) -> QFont:
    return look().font(face.role, tabular=face.tabular, pixels=face.pixels)


# The scale is a key only: the fonts of ``look()`` follow it.


@lru_cache(maxsize=_REMEMBERED)
def _line(text: str, face: Face, _scale: int, rtl: bool) -> _Line:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    direction = Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight
    option.setTextDirection(direction)
    layout = QTextLayout(" ".join(text.splitlines()), _font(face))
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(1 << 20)
    layout.endLayout()
    return _Line(layout, line.horizontalAdvance(), line.ascent() + line.descent())


@lru_cache(maxsize=_REMEMBERED)
def _shortened(text: str, face: Face, _scale: int, room: int) -> str:
    metrics = QFontMetrics(_font(face))
    return metrics.elidedText(" ".join(text.splitlines()), Qt.TextElideMode.ElideRight, room)
