"""What the window offers to the screens in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.drawer_form import DrawerForm


class Host(Protocol):
    """What the window does for a screen."""

    def show_drawer(self, content: DrawerForm, title: str, *, width: int = 460) -> None:
        """Slide a form in over the screen."""

    @property
    def has_drawer(self) -> bool:
        """Whether a form lies over the screen."""

    def submit_drawer(self, *, print_too: bool = False) -> bool:
        """Press the primary button of the drawer in front; False when none is open."""

    def close_drawer(self) -> None:
        """Slide it out; focus goes back to where it was."""

    def leave_drawers(self) -> bool:
        """Close every form, for another place is wanted; False while one asks what to do."""

    def toast(self, text: str, undo: Callable[[], None] | None = None, action: str = "") -> None:
        """Say what was done, for ten seconds, with a way back; ``action`` names the button."""

    def unsay(self, text: str) -> None:
        """Take a message away that is no longer true, if it still stands there."""

    def remember_undo(self, undo: Callable[[], None]) -> Callable[[], None]:
        """What Ctrl+Z takes back from now on, as ``toast`` does by itself; works once."""

    def undo_last(self) -> None:
        """Take back what was done last."""

    def show_error(self, error: Exception) -> None:
        """Say what happened, what was kept and what to do next."""

    def show_shortcuts(self, actions: tuple[Action, ...]) -> None:
        """Show what keys do here."""

    def confirm(self, title: str, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask before something that cannot be undone."""
