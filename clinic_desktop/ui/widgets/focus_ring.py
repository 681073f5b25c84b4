"""The focus ring: two px of air, two px of colour, above everything and never clipped."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QScrollArea,
    QWidget,
)
from shiboken6 import isValid

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import FOCUS_GAP, FOCUS_RING, RADIUS_CONTROL
from clinic_desktop.ui.widgets.toast import toasts_in

REACH = FOCUS_GAP + FOCUS_RING
_MOVES = frozenset(
    {
        QEvent.Type.Move,
        QEvent.Type.Resize,
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.ParentChange,
        QEvent.Type.ZOrderChange,
    }
)


class _Ring(QWidget):
    """An overlay of the window that the mouse goes through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("focus.ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.inset = False
        self.hole = QRect()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        free = QRegion(self.rect())
        for toast in toasts_in(self.window()):
            if not toast.contains(self.hole.translated(self.pos())):  # its own button has a ring
                free -= QRegion(toast.translated(-self.pos()))
        painter.setClipRegion(free)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = FOCUS_RING / 2
        outer = QRectF(self.hole).adjusted(half, half, -half, -half)
        radius = RADIUS_CONTROL + (0 if self.inset else REACH - half)
        painter.setPen(QPen(look().color("focus"), FOCUS_RING))
        painter.drawRoundedRect(outer, radius, radius)
        if self.inset:
            painter.end()
            return
        gap = outer.adjusted(FOCUS_GAP, FOCUS_GAP, -FOCUS_GAP, -FOCUS_GAP)
        painter.setPen(QPen(look().color("surface"), FOCUS_GAP))
        painter.drawRoundedRect(gap, radius - FOCUS_GAP, radius - FOCUS_GAP)
        painter.end()


class FocusRing(QObject):
    """Follows the keyboard focus through all windows of the application."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("focus.follower")
        self._ring: _Ring | None = None
        self._watched: list[QWidget] = []
        self._target: QWidget | None = None
        app.focusChanged.connect(self._on_focus)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        for widget in self._watched:
            if isValid(widget):
                widget.removeEventFilter(self)
        clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        # Who clicks a button knows where he is; a field still shows where the keys will go.
        quiet = clicked and isinstance(new, QAbstractButton)
        self._target = None if quiet else _framed(new)
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
        self._watched = _chain(self._target)
        for widget in self._watched:
            widget.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the widget and everything it lies in."""
        if event.type() in _MOVES:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        target = self._target
        if target is None or not isValid(target):
            return
        window = target.window()
        ring = _ring_of(window)
        self._ring = ring
        inset = isinstance(target, QAbstractScrollArea) or bool(target.property("focusInset"))
        reach = 0 if inset else REACH
        corner = target.mapTo(window, QPoint(0, 0))
        wanted = QRect(corner, target.size()).adjusted(-reach, -reach, reach, reach)
        seen = wanted & _seen_part(target, window, reach)
        if seen != wanted:  # partly scrolled away: the ring goes round what is seen
            wanted, inset = seen, True
        ring.inset = inset
        ring.setGeometry(seen)
        ring.hole = wanted.translated(-seen.topLeft())
        ring.setVisible(target.isVisible() and not seen.isEmpty())
        ring.raise_()
        ring.update()


def _ring_of(window: QWidget) -> _Ring:
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return window.findChild(_Ring, options=direct) or _Ring(window)


def _chain(widget: QWidget | None) -> list[QWidget]:
    """The widget and everything it lies in, up to its window."""
    chain: list[QWidget] = []
    while widget is not None:
        chain.append(widget)
        widget = None if widget.isWindow() else widget.parentWidget()
    return chain


def _framed(widget: QWidget | None) -> QWidget | None:
    """The widget to put the ring around: an edit or a list in a frame gets it around the frame."""
    if widget is None or bool(widget.property("noFocusRing")):
        return None
    if widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
        return None  # a page that was given the focus to read on from, not a control
    above = _chain(widget)[1:]
    fields = (w for w in above if w.property("role") in {"field", "inset"})
    cards = (w for w in above if w.property("focusFrame"))
    if isinstance(widget, QAbstractItemView):
        return next(cards, widget)
    return next(fields, widget)


def _seen_part(target: QWidget, window: QWidget, reach: int) -> QRect:
    """What scroll areas leave to be seen of the widget's surroundings."""
    seen = window.rect()
    parent: QWidget | None = target.parentWidget()
    while parent is not None and parent is not window:
        if isinstance(parent, QScrollArea):
            view = parent.viewport()
            area = QRect(view.mapTo(window, QPoint(0, 0)), view.size())
            seen &= area.adjusted(-reach, -reach, reach, reach)
        parent = parent.parentWidget()
    return seen


def install(app: QApplication) -> FocusRing:
    """Show the focus ring in every window; call once at start."""
    existing = app.findChild(FocusRing)
    return existing if existing is not None else FocusRing(app)
