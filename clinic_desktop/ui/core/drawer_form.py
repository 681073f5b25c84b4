"""A form that slides in over a screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class DrawerForm(QWidget):
    """A form for the drawer. The drawer shows its primary button and asks before closing."""

    close_requested = Signal()
    """Emit it when the work is done."""
    primary_changed = Signal()
    """Emit it when ``primary_text`` has changed."""

    def primary_text(self) -> str:
        """Verb and object of the one main action; empty for none."""
        return ""

    @property
    def writes(self) -> bool:
        """Whether it is of no use while nothing can be saved."""
        return bool(self.primary_text())

    def submit(self, print_too: bool) -> None:
        """Ctrl+Enter or the primary button; with Shift: print too."""

    def secondary(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """Further buttons: text and what they do."""
        return ()

    def was_closed(self) -> None:
        """The drawer is gone, whoever closed it."""

    def may_close(self) -> bool:
        """False while something is typed that no draft protects."""
        return True
