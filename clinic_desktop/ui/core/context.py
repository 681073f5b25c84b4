"""What every screen is given: the record, the way around, and a voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from clinic_desktop.clock import Clock
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.i18n import Language
from clinic_desktop.ui.core.actions import Action, Actions
from clinic_desktop.ui.core.navigator import Destination, Navigator
from clinic_desktop.ui.core.tasks import Tasks


class DrawerForm(QWidget):
    """A form for the drawer. The drawer shows its primary button and asks before closing."""

    close_requested = Signal()
    """Emit it when the work is done."""
    primary_changed = Signal()
    """Emit it when ``primary_text`` has changed."""

    def primary_text(self) -> str:
        """Verb and object of the one main action; empty for none."""
        return ""

    def submit(self, print_too: bool) -> None:
        """Ctrl+Enter or the primary button; with Shift: print too."""

    def secondary(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """Further buttons: text and what they do."""
        return ()

    def may_close(self) -> bool:
        """False while something is typed that no draft protects."""
        return True


class Host(Protocol):
    """What the window does for a screen."""

    def show_drawer(self, content: DrawerForm, title: str, *, width: int = 460) -> None:
        """Slide a form in over the screen."""

    def close_drawer(self) -> None:
        """Slide it out; focus goes back to where it was."""

    def toast(self, text: str, undo: Callable[[], None] | None = None, action: str = "") -> None:
        """Say what was done, for ten seconds, with a way back; ``action`` names the button."""

    def show_error(self, error: Exception) -> None:
        """Say what happened, what was kept and what to do next."""

    def show_shortcuts(self, actions: tuple[Action, ...]) -> None:
        """Show what keys do here."""

    def confirm(self, title: str, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask before something that cannot be undone."""


@dataclass
class Context:
    """Handed to every screen's constructor."""

    tasks: Tasks
    navigator: Navigator
    actions: Actions
    host: Host
    clock: Clock
    language: Language

    @property
    def actor(self) -> Actor:
        """The signed-in person."""
        return self.tasks.actor


class Screen(QWidget):
    """A place in the window. Subclasses answer for one kind of destination."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context

    def go_to(self, destination: Destination) -> None:
        """Show this place of the screen; called each time the window comes here."""

    def screen_actions(self) -> tuple[Action, ...]:
        """What can be done here; shortcuts, palette and help follow from it."""
        return ()

    def primary(self) -> None:
        """Ctrl+Enter."""

    def can_leave(self) -> bool:
        """False while something is typed that no draft protects."""
        return True
