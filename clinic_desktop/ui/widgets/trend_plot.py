"""Values over time: the plot, the small sparkline, and the same as rows for a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.theme.lettering import MIDDLE, RIGHT, Face, draw, width
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.roles import give_role

_FACE = Face("caption")


@dataclass(frozen=True)
class TrendPoint:
    """One measurement. ``at`` is any number that grows with time (days, seconds).

    ``shown`` is the value with its unit, ``when`` its date, ``flag`` a word such as "high".
    """

    at: float
    value: float
    shown: str
    when: str
    flag: str = ""

    @property
    def spoken(self) -> str:
        """The point in one line."""
        flag = f", {self.flag}" if self.flag else ""
        return f"{isolate(self.when)}: {isolate(self.shown)}{flag}"


@dataclass(frozen=True)
class Trend:
    """Measurements of one thing, oldest first, with its reference range."""

    name: str
    points: tuple[TrendPoint, ...] = ()
    low: float | None = None
    high: float | None = None

    def rows(self) -> list[tuple[str, str, str]]:
        """The table twin: when, value, flag; newest first."""
        return [(point.when, point.shown, point.flag) for point in reversed(self.points)]

    def summary(self) -> str:
        """What the plot shows, in words."""
        if not self.points:
            return _("{name}: no values yet").format(name=self.name)
        last = self.points[-1]
        return _("{name}: {count} values, last {value} on {date}").format(
            name=self.name,
            count=len(self.points),
            value=isolate(last.shown),
            date=isolate(last.when),
        )

    def span(self) -> tuple[float, float]:
        """The lowest and highest value to draw, with some air."""
        values = [point.value for point in self.points]
        values += [edge for edge in (self.low, self.high) if edge is not None]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        air = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
        return low - air, high + air


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers between two values, at steps of 1, 2, 2.5 or 5 times a power of ten."""
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough)
    first = math.ceil(low / step)
    return [place * step for place in range(first, math.floor(high / step) + 1)]


class _Scale:
    """Turns a point into its place on the paper. Time always runs from left to right."""

    def __init__(self, trend: Trend, area: QRectF) -> None:
        self._area = area
        self.low, self.high = trend.span()
        times = [point.at for point in trend.points] or [0.0]
        self._from, self._to = min(times), max(times)

    def x(self, at: float) -> float:
        length = self._to - self._from
        share = (at - self._from) / length if length else 0.5
        return self._area.left() + share * self._area.width()

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self._area.bottom() - share * self._area.height()

    def place(self, point: TrendPoint) -> QPointF:
        return QPointF(self.x(point.at), self.y(point.value))


def _paint_band(painter: QPainter, trend: Trend, scale: _Scale, area: QRectF) -> None:
    if trend.low is None and trend.high is None:
        return
    top = area.top() if trend.high is None else scale.y(trend.high)
    bottom = area.bottom() if trend.low is None else scale.y(trend.low)
    painter.fillRect(QRectF(area.left(), top, area.width(), bottom - top), look().color("ok_bg"))
    painter.setPen(QPen(look().color("ok"), 1, Qt.PenStyle.DashLine))
    for edge in (trend.low, trend.high):
        if edge is not None:
            y = scale.y(edge)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))


def _paint_line(painter: QPainter, places: Sequence[QPointF], width: float) -> None:
    # Piece by piece: Qt takes forty times as long to draw them as one line.
    painter.setPen(QPen(look().color("accent"), width))
    painter.drawLines([QLineF(*ends) for ends in pairwise(places)])


@lru_cache(maxsize=32)
def _mark(color: int, ground: int, radius: int, ratio: float, *, outside: bool) -> QImage:
    """A point; to outline each anew takes ten times as long as to copy it."""
    side = 2 * radius + 4
    image = QImage(QSize(side, side) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(color), 2))
    painter.setBrush(QColor.fromRgba(ground))
    if outside:  # a square, so that the shape tells it too
        painter.drawRect(QRectF(2, 2, 2 * radius, 2 * radius))
    else:
        painter.drawEllipse(QPointF(side / 2, side / 2), radius, radius)
    painter.end()
    return image


def _outside(trend: Trend, value: float) -> bool:
    below = trend.low is not None and value < trend.low
    return below or (trend.high is not None and value > trend.high)


class TrendPlot(QLabel):
    """A line with points over a shaded reference range.

    The arrow keys go from point to point and speak it; the pointer shows it as a tool tip;
    ``point_chosen(index)`` on Enter or click. ``trend().rows()`` is the table twin.
    """

    point_chosen = Signal(int)

    def __init__(self, trend: Trend | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trend = trend or Trend("")
        self._at = -1
        give_role(self, QAccessible.Role.Chart)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_trend(self._trend)

    def trend(self) -> Trend:
        """What is shown."""
        return self._trend

    def set_trend(self, trend: Trend) -> None:
        """Show other measurements."""
        self._trend, self._at = trend, -1
        self.setAccessibleName(trend.summary())
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for a year of dates."""
        return QSize(look().px(320), look().px(180))

    def minimumSizeHint(self) -> QSize:
        """Still readable."""
        return QSize(look().px(180), look().px(120))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def _area(self) -> QRectF:
        low, high = self._trend.span()
        widest = max((width(_tick_text(tick), _FACE) for tick in ticks(low, high)), default=0)
        below = look().metrics("caption").height() + SPACE_2
        return QRectF(self.rect()).adjusted(widest + SPACE_2 * 2, SPACE_2, -SPACE_3 * 2, -below)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Band, axis, line, points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._trend.points:
            painter.setPen(look().color("text2"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._trend.summary())
            painter.end()
            return
        area = self._area()
        scale = _Scale(self._trend, area)
        self._paint_axes(painter, area, scale)
        _paint_band(painter, self._trend, scale, area)
        self._paint_points(painter, scale)
        painter.end()

    def _paint_axes(self, painter: QPainter, area: QRectF, scale: _Scale) -> None:
        metrics = look().metrics("caption")
        height, rtl = metrics.height(), self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for tick in ticks(scale.low, scale.high):
            y = scale.y(tick)
            painter.setPen(QPen(look().color("border"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look().color("text2"))
            box = QRect(0, round(y - height / 2), round(area.left()) - SPACE_2, height)
            draw(painter, box, _tick_text(tick), _FACE, RIGHT, rtl=rtl)
        free = area.left() - metrics.averageCharWidth() * 6
        for point in self._trend.points:
            room = width(point.when, _FACE)
            x = max(min(scale.x(point.at) - room / 2, self.width() - room), 0)
            if x < free:
                continue
            box = QRect(round(x), round(area.bottom() + SPACE_2 / 2), room + 1, height)
            draw(painter, box, point.when, _FACE, MIDDLE, rtl=rtl)
            free = x + room + SPACE_3

    def _paint_points(self, painter: QPainter, scale: _Scale) -> None:
        places = [scale.place(point) for point in self._trend.points]
        _paint_line(painter, places, 2)
        ratio = self.devicePixelRatioF()
        usual, grave, ground = (look().color(n).rgba() for n in ("accent", "danger", "surface"))
        for number, (point, place) in enumerate(zip(self._trend.points, places, strict=True)):
            outside = _outside(self._trend, point.value)
            colors = (grave, grave) if outside else (usual, ground)
            mark = _mark(*colors, 6 if number == self._at else 4, ratio, outside=outside)
            half = mark.width() / ratio / 2
            painter.drawImage(place - QPointF(half, half), mark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go to the older and newer point, Home and End to the first and last."""
        last = len(self._trend.points) - 1
        here = self._at if self._at >= 0 else last + 1
        places = {
            Qt.Key.Key_Left: max(here - 1, 0),
            Qt.Key.Key_Right: min(here + 1, last),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = places.get(Qt.Key(event.key()))
        if place is not None and last >= 0:
            self._go(place)
            announce(self, self._trend.points[place].spoken)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._at <= last:
            self.point_chosen.emit(self._at)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the point under the pointer."""
        self._go(self._near(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the point."""
        place = self._near(event.position())
        if place >= 0:
            self.point_chosen.emit(place)

    def _go(self, place: int) -> None:
        if place != self._at:
            self._at = place
            self.update()

    def _near(self, position: QPointF) -> int:
        scale = _Scale(self._trend, self._area())
        for number, point in enumerate(self._trend.points):
            away = scale.place(point) - position
            if math.hypot(away.x(), away.y()) <= SPACE_3:
                return number
        return -1

    def event(self, event: QEvent) -> bool:
        """The point under the pointer as a tool tip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._near(QPointF(event.pos()))
            text = self._trend.points[place].spoken if place >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _tick_text(value: float) -> str:
    rounded = round(value, 6)
    decimals = 0 if rounded == int(rounded) else 1 if abs(rounded * 10 % 1) < 1e-6 else 2
    return current().number(rounded, decimals)


def sparkline_size() -> QSize:
    """The room of a trend without axes: a few letters wide, the height of a line of text."""
    return QSize(look().px(88), look().metrics().height() + 4)


def paint_sparkline(painter: QPainter, rect: QRectF, trend: Trend) -> None:
    """Draw a trend without axes: band, line and the last point."""
    if not trend.points:
        return
    area = rect.adjusted(4, 3, -5, -3)
    scale = _Scale(trend, area)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if trend.low is not None or trend.high is not None:
        top = area.top() if trend.high is None else scale.y(trend.high)
        bottom = area.bottom() if trend.low is None else scale.y(trend.low)
        band = QRectF(area.left(), top, area.width(), bottom - top)
        painter.fillRect(band, look().color("ok_bg"))
    places = [scale.place(point) for point in trend.points]
    _paint_line(painter, places, 1.5)
    outside = _outside(trend, trend.points[-1].value)
    color = look().color("danger" if outside else "accent")
    painter.setPen(QPen(color, 1))
    painter.setBrush(color)
    painter.drawEllipse(places[-1], 2.5, 2.5)
    painter.restore()
