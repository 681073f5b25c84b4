"""Cards and the headings inside them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.label import Label


class SectionHeader(QWidget):
    """A heading with an optional second line; actions stand at the trailing edge."""

    def __init__(
        self, title: str, subtitle: str = "", *, role: str = "title", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = Label(title, role)
        self.subtitle = Label(subtitle, "body", "muted")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE_2)
        self._row.addLayout(words, 1)
        # Only now that they have a parent: before, they would be windows of their own.
        self.subtitle.setVisible(bool(subtitle))

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Change the words."""
        self.title.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))

    def add_action(self, widget: QWidget) -> None:
        """Put a button, a count or a pill at the trailing edge."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)


class Card(QFrame):
    """A white sheet with a thin border. Add content through ``body``."""

    def __init__(
        self, title: str = "", *, flush: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        # A list that fills a card gets its focus ring around the card.
        self.setProperty("focusFrame", flush)
        self.body = QVBoxLayout(self)
        edge = 1 if flush else SPACE_4
        self.body.setContentsMargins(edge, edge if flush else SPACE_3, edge, edge)
        self.body.setSpacing(SPACE_2)
        self.header = SectionHeader(title)
        self.body.addWidget(self.header)
        self.header.setVisible(bool(title))
        if title:
            self.setAccessibleName(title)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Append a widget."""
        self.body.addWidget(widget, stretch)


def rule() -> QFrame:
    """A thin line between two parts."""
    line = QFrame()
    line.setProperty("role", "rule")
    return line
