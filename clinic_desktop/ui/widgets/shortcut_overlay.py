"""F1: every key of this screen and of the program, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4, SPACE_5, SPACE_6
from clinic_desktop.ui.widgets.buttons import IconButton, shortcut_text
from clinic_desktop.ui.widgets.card import SectionHeader
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.overlay import HostWatch, Scrim, step_focus

_COLUMN = 300


@dataclass(frozen=True)
class ShortcutGroup:
    """A heading and its (what, keys) pairs."""

    title: str
    entries: tuple[tuple[str, str], ...]


class ShortcutOverlay(QFrame):
    """A sheet in the middle of ``host``; Esc or F1 closes it."""

    closed = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._back: QWidget | None = None
        self._groups: tuple[ShortcutGroup, ...] = ()
        self._columns = 0
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("Keyboard shortcuts"))
        self._scrim = Scrim(host)
        self._scrim.clicked.connect(self.close_overlay)
        header = SectionHeader(_("Keyboard shortcuts"), role="name")
        self._cross = IconButton(Icon.CLOSE, _("Close (Esc)"))
        self._cross.clicked.connect(self.close_overlay)
        header.add_action(self._cross)
        self._content = QWidget()
        self._content.setProperty("role", "scroll")
        self._grid = QGridLayout(self._content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_6)
        self._grid.setVerticalSpacing(SPACE_5)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self._content)
        self._scroll.setAccessibleName(_("Keyboard shortcuts"))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_4)
        column.addWidget(header)
        column.addWidget(self._scroll, 1)
        HostWatch(host, self).resized.connect(self._place)
        self.hide()

    def open(self, groups: Sequence[ShortcutGroup]) -> None:
        """Show these shortcuts."""
        self._back = QApplication.focusWidget()
        self._groups = tuple(groups)
        self._columns = 0
        self._scrim.cover(self._host)
        self._scrim.show()
        self._scrim.raise_()
        self._place()
        self.show()
        self.raise_()
        self._cross.setFocus(Qt.FocusReason.TabFocusReason)

    def close_overlay(self) -> None:
        """Go away; the focus returns."""
        self.hide()
        self._scrim.hide()
        if self._back is not None and isValid(self._back):
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def _place(self) -> None:
        self._scrim.cover(self._host)
        width = min(look().px(3 * _COLUMN), self._host.width() - 2 * SPACE_6)
        height = self._host.height() - 2 * SPACE_6
        columns = max(width // look().px(_COLUMN), 1)
        if columns != self._columns:
            self._columns = columns
            self._fill()
        wanted = self._content.sizeHint().height() + look().px(96)
        self.resize(width, min(wanted, height))
        self.move((self._host.width() - width) // 2, (self._host.height() - self.height()) // 2)

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, group in enumerate(self._groups):
            box = _group_box(group)
            row, column = divmod(place, self._columns)
            self._grid.addWidget(box, row, column, Qt.AlignmentFlag.AlignTop)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and F1 close it."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F1):
            self.close_overlay()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 - Qt's name
        """Tab stays inside."""
        return step_focus(self, forward=next)


def key_cap(keys: str) -> QLabel:
    """A key as it looks on the keyboard."""
    cap = Label(isolate(shortcut_text(keys)), "label")
    cap.setProperty("role", "key")
    cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return cap


def _group_box(group: ShortcutGroup) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE_2)
    column.addWidget(Label(group.title, "strong"))
    for name, keys in group.entries:
        line = QHBoxLayout()
        line.setSpacing(SPACE_2)
        line.addWidget(Label(name, wrap=True), 1)
        line.addWidget(key_cap(keys))
        column.addLayout(line)
    return box
