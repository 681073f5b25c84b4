"""What a person can do, as data: menus, palette, shortcuts and help all read this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class Action:
    """One thing to do. ``title`` is verb and object, already translated."""

    name: str
    """Stable, dotted: ``appointment.book``; also the objectName of its button."""
    title: str
    run: Callable[[], None]
    shortcut: str = ""
    """Portable key sequence (``Ctrl+B``), or a bare letter that acts on a focused list."""
    icon: str = ""
    section: str = ""
    """Heading in the palette and the shortcut overlay, translated."""
    keywords: str = ""
    """Further words people look for, translated."""


class Actions(QObject):
    """The actions in force now: the window's own and those of the screen shown."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._global: tuple[Action, ...] = ()
        self._screen: tuple[Action, ...] = ()

    def set_global(self, actions: tuple[Action, ...]) -> None:
        """Replace the window's own actions."""
        self._global = actions
        self.changed.emit()

    def set_screen(self, actions: tuple[Action, ...]) -> None:
        """Replace the actions of the screen shown."""
        self._screen = actions
        self.changed.emit()

    def all(self) -> tuple[Action, ...]:
        """The screen's actions first, as they are the likelier ones."""
        return self._screen + self._global
