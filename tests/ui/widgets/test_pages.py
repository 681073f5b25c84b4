"""Pages need the room of the one that is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import LowWindow
from clinic_desktop.ui.widgets.pages import Pages
from tests.support.screen_checks import settle
from tests.ui.widgets.conftest import Place

WORDS = "A sentence that takes several lines in a narrow window. " * 6


def _page(height: int) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.addWidget(Label(WORDS, wrap=True))
    area = QScrollArea()  # would like to be high, and can be low
    area.setWidgetResizable(True)
    content = QWidget()
    content.setMinimumHeight(2_000)
    area.setWidget(content)
    area.setMinimumHeight(height)
    column.addWidget(area, 1)
    return page


def test_a_window_scrolls_for_the_page_that_is_shown_only(place: Place) -> None:
    pages, low, high = Pages(), _page(100), _page(3_000)
    for page in (low, high):
        pages.addWidget(page)
    window = LowWindow(pages)
    place(window)
    settle()
    assert window.verticalScrollBar().maximum() == 0
    pages.setCurrentWidget(high)
    settle()
    assert window.verticalScrollBar().maximum() > 1_000
