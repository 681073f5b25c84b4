"""Buttons: one per action, named with verb and object."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme.icons import icon as make_icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import CLICK_GUARD_MS, ICON_GAP, ICON_SIZE

_ICON_ROLES = {"primary": "on_accent", "danger": "danger", "link": "accent", "segment": "text2"}
_GUARDED = ("primary", "danger")
_PRESSES = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.KeyPress,
    QEvent.Type.Shortcut,
)


def _is_enter(event: QKeyEvent) -> bool:
    # With Ctrl or Shift, Enter belongs to the screen's primary action.
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def shortcut_text(keys: str) -> str:
    """A key sequence as this system writes it ("Ctrl+↵", "⌘↵")."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "↵").replace("Enter", "↵")


def _is_tab(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class Button(QPushButton):
    """A push button. ``kind``: secondary, primary, danger, ghost or link.

    A primary or danger button swallows the second click of a double click and the
    repeats of a held Enter key, so that nothing is paid or signed twice.
    """

    def __init__(
        self,
        text: str,
        kind: str = "secondary",
        icon: str = "",
        *,
        shortcut: str = "",
        show_shortcut: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._show_shortcut = show_shortcut
        self._keys = shortcut
        self._guard = QTimer(self)
        self._guard.setSingleShot(True)
        self._guard.setInterval(CLICK_GUARD_MS)
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_text(text)
        self.clicked.connect(self._on_clicked)
        self._dress()

    @property
    def kind(self) -> str:
        """Which kind of button this is."""
        return str(self.property("kind"))

    def set_text(self, text: str) -> None:
        """Change the words; the shortcut stays behind them."""
        keys = isolate(shortcut_text(self._keys)) if self._keys else ""
        self.setText(f"{text}   {keys}" if keys and self._show_shortcut else text)
        # An ampersand marks the mnemonic; it is not part of what a screen reader says.
        plain = text.replace("&&", "\0").replace("&", "").replace("\0", "&")
        self.setAccessibleName(plain)
        if keys:
            # setText clears the shortcut, so it is set again.
            self.setShortcut(QKeySequence(self._keys))
            self.setToolTip("" if self._show_shortcut else f"{plain} ({keys})")

    def _on_clicked(self) -> None:
        if self.kind in _GUARDED:
            self._guard.start()
            self.installEventFilter(self)  # only now: buttons hear a hundred events a page

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Ignore a press that follows the last click too closely, by mouse, key or shortcut."""
        if event.type() in _PRESSES and self._guard.isActive() and not _is_tab(event):
            event.accept()
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button, once."""
        if not _is_enter(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        self.setFont(look().font("strong"))
        if self._icon:
            role = _ICON_ROLES.get(self.kind, "text")
            self.setIcon(make_icon(self._icon, role))
            side = look().px(ICON_SIZE)
            air = look().px(ICON_GAP) if self.text() else 0
            self.setIconSize(QSize(side + air, side))


class IconButton(QToolButton):
    """A button that shows only an icon; its name is spoken and shown as a tool tip."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        shortcut: str = "",
        role: str = "text2",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._role, self._keys = "", role, shortcut
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if shortcut:
            self.setShortcut(QKeySequence(shortcut))
        self.set_action(icon, name)
        self._dress()

    def set_action(self, icon: str, name: str) -> None:
        """Show and say another action."""
        keys = f" ({isolate(shortcut_text(self._keys))})" if self._keys else ""
        if icon != self._icon:
            self._icon = icon
            self.setIcon(make_icon(icon, self._role, "accent"))
        self.setAccessibleName(name)
        self.setToolTip(name + keys)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it, as on every other button."""
        if not _is_enter(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()

    def changeEvent(self, event: QEvent) -> None:
        """Follow density and text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        side = look().px(ICON_SIZE)
        self.setIconSize(QSize(side, side))
        self.setFixedSize(look().control_height, look().control_height)
