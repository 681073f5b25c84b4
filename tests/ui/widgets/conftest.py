"""A window to put widgets in, dressed and with the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme
from clinic_desktop.ui.widgets import focus_ring
from tests.support import screen_checks

Place = Callable[..., QWidget]


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> Iterator[None]:
    apply(qapp, Appearance(Theme.LIGHT, reduced_motion=True))
    focus_ring.install(qapp)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture
def place(qtbot: QtBot) -> Iterator[Place]:
    """Put widgets into a shown, active window of 800 × 600 px."""
    windows: list[QWidget] = []

    def put(*widgets: QWidget) -> QWidget:
        window = QWidget()
        windows.append(window)  # Python would take the window away while its children live on
        qtbot.addWidget(window)
        column = QVBoxLayout(window)
        for widget in widgets:
            column.addWidget(widget)
        screen_checks.present(window, 800, 600)
        return window

    yield put
    windows.clear()
