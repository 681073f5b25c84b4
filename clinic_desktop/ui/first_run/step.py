"""One step of the first run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4
from clinic_desktop.ui.widgets.label import Label


class Step(QWidget):
    """A heading, a sentence and fields. The wizard asks it before it goes on."""

    can_skip = True

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE_4)
        words = QVBoxLayout()
        words.setSpacing(SPACE_2)
        words.addWidget(Label(title, "page", wrap=True))
        words.addWidget(Label(sentence, tone="muted", wrap=True))
        self.column.addLayout(words)

    def begin(self) -> None:
        """Come here: put the caret where typing begins."""

    def note(self) -> None:
        """Write what is typed into the answers, complete or not."""

    def leave(self, go_on: Callable[[], None]) -> None:
        """Check what is typed, keep it, and call ``go_on``; or show what is wrong."""
        self.note()
        go_on()

    @staticmethod
    def focus(widget: QWidget) -> None:
        """Put the caret there as the Tab key would, with a ring to be seen."""
        widget.setFocus(Qt.FocusReason.TabFocusReason)
