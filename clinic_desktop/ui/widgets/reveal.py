"""Scroll to what has just been said, so that a refusal is never out of sight."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_3


def reveal(widget: QWidget) -> None:
    """Bring a widget into every scrolled page around it, once its page is laid out anew."""
    QTimer.singleShot(0, widget, lambda: _scroll_to(widget))


def reveal_focused(row: QWidget) -> None:
    """The same for a row, if it holds the caret by then: of several wrong ones only the first."""
    QTimer.singleShot(0, row, lambda: _scroll_if_focused(row))


def _scroll_if_focused(row: QWidget) -> None:
    focus = QApplication.focusWidget()
    if focus is not None and row.isAncestorOf(focus):
        _scroll_to(row)


def _scroll_to(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget, 0, SPACE_3)
        parent = parent.parentWidget()
