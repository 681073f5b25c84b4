"""What drawer, toast and shortcut sheet share: lying over a host and keeping to its size."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

_DIM = QColor(0, 0, 0, 90)


class HostWatch(QObject):
    """Tells when the host was resized."""

    resized = Signal()

    def __init__(self, host: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        host.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass the news on."""
        if event.type() == QEvent.Type.Resize:
            self.resized.emit()
        return super().eventFilter(watched, event)


class Scrim(QWidget):
    """A veil over what a sheet makes unreachable; ``clicked`` when it is pressed."""

    clicked = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def cover(self, host: QWidget) -> None:
        """Lie over the whole host."""
        self.setGeometry(host.rect())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the click from what lies below."""
        event.accept()
        self.clicked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dim."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), _DIM)
        painter.end()


def step_focus(sheet: QWidget, *, forward: bool) -> bool:
    """Move the focus to the next widget inside ``sheet``, round and round."""
    stops = in_reading_order(sheet, focus_stops(sheet))
    if not stops:
        return False
    here = next((place for place, stop in enumerate(stops) if stop.hasFocus()), None)
    step = 1 if forward else -1
    place = 0 if here is None and forward else -1 if here is None else here + step
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stops[place % len(stops)].setFocus(reason)
    return True


def in_reading_order(root: QWidget, stops: list[QWidget]) -> list[QWidget]:
    """Row by row from the top, each from the leading edge.

    The focus chain has the order in which widgets were made; those a sheet makes later, such as
    free times or search results, would come last.
    """
    boxes = {stop: QRect(stop.mapTo(root, QPoint(0, 0)), stop.size()) for stop in stops}
    rtl = root.layoutDirection() == Qt.LayoutDirection.RightToLeft
    rows: list[list[QWidget]] = []
    for stop in sorted(stops, key=lambda each: boxes[each].top()):
        first = boxes[rows[-1][0]] if rows else QRect()
        beside = bool(rows) and boxes[stop].center().y() < first.bottom()
        rows[-1].append(stop) if beside else rows.append([stop])
    for row in rows:
        row.sort(key=lambda each: -boxes[each].right() if rtl else boxes[each].left())
    return [stop for row in rows for stop in row]


def focus_stops(root: QWidget) -> list[QWidget]:
    """Everything inside ``root`` that Tab reaches, in the order of the focus chain."""
    stops: list[QWidget] = []
    widget = root.nextInFocusChain()
    while widget is not None and widget is not root:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes_tab and widget.isEnabled() and root.isAncestorOf(widget):
            stops.extend([widget] if widget.isVisible() else [])
        widget = widget.nextInFocusChain()
    return stops
