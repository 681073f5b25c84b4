"""The gallery's window: a rail of pages and switches for the look."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4, Tone
from clinic_desktop.ui.widgets.avatar import Avatar
from clinic_desktop.ui.widgets.gallery import pages
from clinic_desktop.ui.widgets.nav_rail import NavRail
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec
from clinic_desktop.ui.widgets.search_field import SearchField

PAGES = {
    "board": ("Board", Icon.TODAY, pages.board),
    "controls": ("Controls", Icon.GRID, pages.controls),
    "feedback": ("Feedback", Icon.MESSAGE, pages.feedback),
}


class Gallery(QMainWindow):
    """Every part of the vocabulary in one window."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Gallery")
        self.rail = NavRail("Pages")
        self._stack = QStackedWidget()
        for number, (key, (text, icon, make)) in enumerate(PAGES.items(), 1):
            self.rail.add(key, icon, text, f"Ctrl+{number}")
            widget = make()
            widget.setObjectName(key)
            self._stack.addWidget(widget)
        self.rail.chosen.connect(self.open)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._top())
        right.addWidget(self._stack, 1)
        middle = QWidget()
        middle.setProperty("role", "page")
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(middle)
        self.open("board")

    def _top(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "topbar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_2)
        row.setSpacing(SPACE_4)
        row.addWidget(SearchField("Find a patient, or type a command…", hint="Ctrl+K"), 2)
        row.addStretch(1)
        row.addWidget(Pill(PillSpec("Offline · 14 changes waiting", Tone.WARN, Glyph.FULL)))
        row.addWidget(Pill(PillSpec("Front desk 1")))
        row.addWidget(Avatar("AK", "Ann Kamau", 32))
        return bar

    def open(self, key: str) -> None:
        """Show a page."""
        self.rail.set_current(key)
        page = self._stack.findChild(QWidget, key)
        if page is not None:
            self._stack.setCurrentWidget(page)
