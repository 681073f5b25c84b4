"""What drawer, toast and shortcut sheet share: lying over a host and keeping to its size."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from clinic_desktop.ui.widgets.focus_chain import following, preceding, proxy_of

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
    """Row by row from the top, each from the leading edge; a scrolled page counts as one thing.

    The focus chain has the order in which widgets were made; those a sheet makes later, such as
    free times or search results, would come last.
    """
    units: dict[QWidget, list[QWidget]] = {}
    for stop in stops:
        units.setdefault(_unit(root, stop), []).append(stop)
    boxes = {unit: QRect(unit.mapTo(root, QPoint(0, 0)), unit.size()) for unit in units}
    rtl = root.layoutDirection() == Qt.LayoutDirection.RightToLeft
    rows: list[list[QWidget]] = []
    for unit in sorted(units, key=lambda each: boxes[each].top()):
        first = boxes[rows[-1][0]] if rows else QRect()
        beside = bool(rows) and boxes[unit].center().y() < first.bottom()
        rows[-1].append(unit) if beside else rows.append([unit])
    for row in rows:
        row.sort(key=lambda each: -boxes[each].right() if rtl else boxes[each].left())
    ordered: list[QWidget] = []
    for unit in (each for row in rows for each in row):
        page = unit.widget() if isinstance(unit, QScrollArea) else None
        ordered += units[unit] if page is None else in_reading_order(page, units[unit])
    return ordered


def _unit(root: QWidget, stop: QWidget) -> QWidget:
    """The outermost scrolled page below ``root`` that a widget lies in, or the widget itself."""
    unit = stop
    parent = stop.parentWidget() if stop is not root else None
    while parent is not None and parent is not root:
        if isinstance(parent, QScrollArea):
            unit = parent
        parent = parent.parentWidget()
    return unit


def settle_tab_order(container: QWidget) -> None:
    """Let Tab meet what a container has just made where the container itself stands.

    Qt puts every new widget at the end of the window's order.
    """
    anchor: QWidget | None = preceding(container)
    while anchor is not None and (container.isAncestorOf(anchor) or not _takes_tab(anchor)):
        anchor = preceding(anchor) if anchor is not container else None
    for each in container.findChildren(QWidget):
        if anchor is not None and _takes_tab(each):
            QWidget.setTabOrder(anchor, each)
            anchor = each


def _takes_tab(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes and proxy_of(widget) is None


def focus_stops(root: QWidget) -> list[QWidget]:
    """Everything inside ``root`` that Tab reaches, in the order of the focus chain."""
    stops: list[QWidget] = []
    widget = following(root)
    while widget is not root:
        if _takes_tab(widget) and widget.isEnabled() and root.isAncestorOf(widget):
            stops.extend([widget] if widget.isVisible() else [])
        widget = following(widget)
    return stops
