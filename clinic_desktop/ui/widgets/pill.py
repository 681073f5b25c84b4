"""Pills: a status in a word, a glyph and a colour — never in the colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
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
    painter.setPen(QPen(color, max(box.width() / 7, 1.2)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    middle = box.center()
    if glyph in (Glyph.UP, Glyph.DOUBLE_UP, Glyph.DOWN):
        _paint_arrows(painter, box, glyph, color)
    elif glyph is Glyph.CROSS:
        inner = box.adjusted(1, 1, -1, -1)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    else:
        painter.drawEllipse(box)
        if glyph in _PIE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawPie(box, 90 * 16, -_PIE[glyph] * 16)
        elif glyph is Glyph.RING:
            painter.setBrush(color)
            painter.drawEllipse(middle, box.width() / 5, box.width() / 5)
        elif glyph is Glyph.STRUCK:
            reach = QPointF(box.width() * 0.35, box.height() * 0.35)
            painter.drawLine(middle - reach, middle + reach)


def _paint_arrows(painter: QPainter, box: QRectF, glyph: Glyph, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    tip, base = (box.top(), box.bottom())
    if glyph is Glyph.DOWN:
        tip, base = base, tip
    for step in range(2 if glyph is Glyph.DOUBLE_UP else 1):
        left = box.left() + step * box.width()
        right = left + box.width()
        painter.drawPolygon(
            [QPointF((left + right) / 2, tip), QPointF(right, base), QPointF(left, base)]
        )


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
