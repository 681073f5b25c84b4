"""A job that takes its time: how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label


class ProgressPanel(QWidget):
    """Title, bar, words such as "312 of 2,000 · 2 min left", and Cancel.

    ``cancelled`` once, when the person stops it; the button then waits for the job to end.
    """

    cancelled = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Label(title, "strong", wrap=True)
        self._words = Label("", "caption", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(title)
        self._bar.setRange(0, 0)
        self.cancel = Button(_("Cancel"))
        self.cancel.clicked.connect(self._on_cancel)
        row = QHBoxLayout()
        row.setSpacing(SPACE_3)
        row.addWidget(self._bar, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addWidget(self._title)
        column.addLayout(row)
        column.addWidget(self._words)

    def start(self, title: str) -> None:
        """Begin anew, without a known length."""
        self.set_title(title)
        self._bar.setRange(0, 0)
        self._words.setText("")
        self.cancel.setEnabled(True)
        self.cancel.set_text(_("Cancel"))

    def set_title(self, title: str) -> None:
        """Say what is done now."""
        self._title.setText(title)
        self._bar.setAccessibleName(title)

    def set_progress(self, done: int, total: int, words: str = "") -> None:
        """How far it is; a total of 0 means that nobody knows."""
        self._bar.setRange(0, max(total, 0))
        self._bar.setValue(done)
        self._words.setText(words)

    def finish(self, sentence: str) -> None:
        """It ended; say how."""
        self._bar.setRange(0, 1)
        self._bar.setValue(1)
        self._words.setText(sentence)
        self.cancel.setEnabled(False)
        announce(self, sentence)

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.set_text(_("Stopping…"))
        self.cancelled.emit()
