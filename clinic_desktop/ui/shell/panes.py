"""F6: from one part of the window to the next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from clinic_desktop.ui.widgets.overlay import focus_stops, in_reading_order
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class Panes:
    """Remembers where in each part the focus was."""

    def __init__(self) -> None:
        self._last: dict[QWidget, QWidget] = {}

    def step(self, parts: Sequence[QWidget], by: int) -> None:
        """Go to the next part, or the one before, in which something takes the focus."""
        focus = QApplication.focusWidget()
        here = next((n for n, part in enumerate(parts) if focus and part.isAncestorOf(focus)), -1)
        if focus is not None and here >= 0:
            self._last[parts[here]] = focus
        for far in range(1, len(parts) + 1):
            part = parts[(here + by * far) % len(parts)]
            stop = self._stop(part)
            if stop is not None:
                stop.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _stop(self, part: QWidget) -> QWidget | None:
        last = self._last.get(part)
        if last is not None and isValid(last) and last.isVisible() and part.isAncestorOf(last):
            return last
        stops = in_reading_order(part, focus_stops(part)) if part.isVisible() else []
        return stops[0] if stops else None


def panes_of(screen: QWidget) -> list[QWidget]:
    """The list and its detail, where a screen has both; else the screen."""
    split = screen.findChild(SplitInspector)
    if split is None or not split.isVisible():
        return [screen]
    found = (split.splitter.widget(place) for place in range(split.splitter.count()))
    return [part for part in found if part is not None]
