"""A page in place of the desk with a way in: Esc goes back, Enter goes on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.widgets.page import NarrowPage
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


class EntryPage(NarrowPage):
    """Give it a ``progress``; while that shows, Esc leaves nothing half done."""

    left = Signal()
    progress: ProgressPanel

    def submit(self) -> None:
        """Do what the page is for, once everything is typed."""
        raise NotImplementedError

    def first_field(self) -> QWidget:
        """Where typing begins."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As in every form."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Escape and not self.progress.isVisible():
            self.left.emit()
        elif plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The first field can be typed into."""
        super().showEvent(event)
        self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)
