"""Files that the system hands to the running program: on macOS a double click is an event."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent


class OpenedFile(QObject):
    """Tells of each file; install it as an event filter of the application."""

    opened = Signal(object)
    """A ``Path``."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take file-open events, let everything else pass."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)
