"""Pills: a status in a word, a glyph and a colour — never in the colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from clinic_desktop.i18n import pgettext
from clinic_desktop.ui.theme.lettering import MIDDLE, Face, draw, width
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import Tone

_FACE = Face("label")


class Glyph(StrEnum):
    """The small sign before the word; its shape tells what its colour tells."""

    NONE = ""
    EMPTY = "○"
    QUARTER = "◔"
    HALF = "◑"
    MOST = "◕"
    RING = "◉"
    FULL = "●"
    CROSS = "✕"
    STRUCK = "⊘"
    UP = "▲"
    DOUBLE_UP = "▲▲"
    DOWN = "▼"


@dataclass(frozen=True)
class PillSpec:
    """What a pill shows."""

    text: str
    tone: Tone = Tone.NEUTRAL
    glyph: Glyph = Glyph.NONE


def visit_status(code: str, note: str = "") -> PillSpec:
    """The pill of a step of the visit, "booked" to "cancelled"; ``note`` follows the word."""
    words = {
        "booked": (pgettext("visit status", "Booked"), Tone.NEUTRAL, Glyph.EMPTY),
        "confirmed": (pgettext("visit status", "Confirmed"), Tone.INFO, Glyph.QUARTER),
        "arrived": (pgettext("visit status", "Arrived"), Tone.WARN, Glyph.HALF),
        "in-room": (pgettext("visit status", "In room"), Tone.VIOLET, Glyph.MOST),
        "to-bill": (pgettext("visit status", "To bill"), Tone.ACCENT, Glyph.RING),
        "done": (pgettext("visit status", "Done"), Tone.OK, Glyph.FULL),
        "no-show": (pgettext("visit status", "No-show"), Tone.DANGER, Glyph.CROSS),
        "cancelled": (pgettext("visit status", "Cancelled"), Tone.NEUTRAL, Glyph.STRUCK),
    }
    word, tone, glyph = words[code.replace("_", "-")]
    return PillSpec(f"{word} {note}" if note else word, tone, glyph)


def severity(code: str) -> PillSpec:
    """The pill of a severity: mild, moderate, severe, critical."""
    words = {
        "mild": (pgettext("severity", "Mild"), Tone.INFO, Glyph.NONE),
        "moderate": (pgettext("severity", "Moderate"), Tone.WARN, Glyph.UP),
        "severe": (pgettext("severity", "Severe"), Tone.DANGER, Glyph.UP),
        "critical": (pgettext("severity", "Critical"), Tone.DANGER, Glyph.DOUBLE_UP),
    }
    return PillSpec(*words[code])


def _glyph_side() -> int:
    return round(look().metrics("label").ascent() * 0.72)


def _glyph_width(glyph: Glyph) -> int:
    if glyph is Glyph.NONE:
        return 0
    return _glyph_side() * (2 if glyph is Glyph.DOUBLE_UP else 1) + look().px(5)


def pill_size(spec: PillSpec) -> QSize:
    """The room a pill needs."""
    now = look()
    room = width(spec.text, _FACE) + _glyph_width(spec.glyph)
    return QSize(room + 2 * now.px(10), now.metrics("label").height() + now.px(5))


_PIE = {Glyph.QUARTER: 90, Glyph.HALF: 180, Glyph.MOST: 270, Glyph.FULL: 360}


def paint_glyph(painter: QPainter, box: QRectF, glyph: Glyph, color: QColor) -> None:
    """Draw the sign; drawn, because few typefaces hold all of them."""
    painter.fillPath(_shape(glyph, box.width()).translated(box.topLeft()), color)


@cache
def _shape(glyph: Glyph, side: float) -> QPainterPath:
    """The outline of a sign: to find it takes four times as long as to fill it."""
    if glyph in (Glyph.UP, Glyph.DOUBLE_UP, Glyph.DOWN):
        return _arrows(glyph, side)
    box, width = QRectF(0, 0, side, side), max(side / 7, 1.2)
    middle, lines, filled = box.center(), QPainterPath(), QPainterPath()
    if glyph is Glyph.CROSS:
        inner = box.adjusted(1, 1, -1, -1)
        _add_line(lines, inner.topLeft(), inner.bottomRight())
        _add_line(lines, inner.topRight(), inner.bottomLeft())
    else:
        lines.addEllipse(box)
    if glyph in _PIE:
        filled.moveTo(middle)
        filled.arcTo(box, 90, -_PIE[glyph])
        filled.closeSubpath()
    elif glyph is Glyph.RING:
        filled.addEllipse(middle, side / 5 + width / 2, side / 5 + width / 2)
    elif glyph is Glyph.STRUCK:
        reach = QPointF(side * 0.35, side * 0.35)
        _add_line(lines, middle - reach, middle + reach)
    pen = QPainterPathStroker(QPen(Qt.GlobalColor.black, width))
    return pen.createStroke(lines).united(filled)


def _add_line(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    path.moveTo(start)
    path.lineTo(end)


def _arrows(glyph: Glyph, side: float) -> QPainterPath:
    tip, base = (side, 0.0) if glyph is Glyph.DOWN else (0.0, side)
    path = QPainterPath()
    for step in range(2 if glyph is Glyph.DOUBLE_UP else 1):
        left, right = step * side, (step + 1) * side
        path.moveTo((left + right) / 2, tip)
        path.lineTo(right, base)
        path.lineTo(left, base)
        path.closeSubpath()
    return path


def paint_pill(
    painter: QPainter, rect: QRect, spec: PillSpec, direction: Qt.LayoutDirection
) -> None:
    """Draw a pill into ``rect``; the text is shortened when there is no room."""
    now = look()
    text_color, background = now.tone(spec.tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(text_color if now.high_contrast else Qt.PenStyle.NoPen)
    painter.setBrush(background)
    radius = rect.height() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    inner = rect.adjusted(now.px(10), 0, -now.px(10), 0)
    taken = _glyph_width(spec.glyph)
    rtl = direction == Qt.LayoutDirection.RightToLeft
    if taken:
        side = _glyph_side()
        left = inner.right() - (taken - now.px(5)) + 1 if rtl else inner.left()
        box = QRectF(left, inner.center().y() - side / 2 + 1, side, side)
        paint_glyph(painter, box, spec.glyph, text_color)
    room = inner.adjusted(0, 0, -taken, 0) if rtl else inner.adjusted(taken, 0, 0, 0)
    painter.setPen(text_color)
    draw(painter, room, spec.text, _FACE, MIDDLE, rtl=rtl)
    painter.restore()


class Pill(QLabel):
    """A pill as a widget; it is read out as its text."""

    def __init__(self, spec: PillSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setText(spec.text)

    @property
    def spec(self) -> PillSpec:
        """What it shows."""
        return self._spec

    def set_spec(self, spec: PillSpec) -> None:
        """Show something else."""
        self._spec = spec
        self.setText(spec.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its word."""
        return pill_size(self._spec)

    def minimumSizeHint(self) -> QSize:
        """A pill is not squeezed: a status that is cut off can be misread."""
        return pill_size(self._spec)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.setFont(look().font("label"))
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        paint_pill(painter, self.rect(), self._spec, self.layoutDirection())
        painter.end()
