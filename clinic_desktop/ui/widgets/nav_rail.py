"""The dark rail at the leading edge: where one is and where one can go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.icons import icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.buttons import shortcut_text

_ICON = 22
_LARGE_TEXT = 150
"""From this text size on the words move into the tool tip, or the rail would eat the page."""


class _RailButton(QToolButton):
    def __init__(self, key: str, icon_name: str, text: str, shortcut: str) -> None:
        super().__init__()
        self.key = key
        self.setText(text)
        self.setProperty("kind", "rail")
        self.setObjectName(f"rail.{key}")
        self.setCheckable(True)
        self.setIcon(icon(icon_name, "rail_fg", "rail_on_active"))
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if shortcut:
            self.setShortcut(QKeySequence(shortcut))
        self.setToolTip(f"{text} ({shortcut_text(shortcut)})" if shortcut else text)
        self.dress()

    def dress(self) -> None:
        now = look()
        self.setFont(now.font("label"))
        large = now.appearance.scale >= _LARGE_TEXT
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(
            style.ToolButtonIconOnly if large else style.ToolButtonTextUnderIcon
        )
        side = min(now.px(_ICON), 32)
        self.setIconSize(QSize(side, side))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Shortcut:
            self.click()  # Qt would wait a tenth of a second; the next key belongs to the new place
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)


class NavRail(QFrame):
    """Destinations in a column; ``chosen(key)`` on click, key or shortcut."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "rail")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._buttons: list[_RailButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE_2 - 2, SPACE_2, SPACE_2 - 2, SPACE_2)
        self._column.setSpacing(SPACE_1)
        self._column.addStretch(1)
        self._top = 0

    def add(
        self, key: str, icon_name: str, text: str, shortcut: str = "", *, bottom: bool = False
    ) -> QToolButton:
        """A destination; ``bottom`` puts it at the foot (settings)."""
        button = _RailButton(key, icon_name, text, shortcut)
        self._buttons.append(button)
        if bottom:
            self._column.addWidget(button)
        else:
            self._column.insertWidget(self._top, button)
            self._top += 1
        button.clicked.connect(lambda: self._on_clicked(key))
        return button

    def _on_clicked(self, key: str) -> None:
        self.set_current(key)
        self.chosen.emit(key)

    def set_current(self, key: str) -> None:
        """Mark where one is, without a signal."""
        # No exclusive group: that would make the arrow keys go places, and Tab skip the others.
        for button in self._buttons:
            button.setChecked(button.key == key)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            for button in self._buttons:
                button.dress()
