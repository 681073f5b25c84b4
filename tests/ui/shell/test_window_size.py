"""The first window: whole on every screen it opens on."""

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.shell.window import FIRST_SIZE, Window, wants_whole_screen


@pytest.mark.parametrize(
    ("width", "height", "whole"),
    [
        (1366, 728, True),  # the usual cheap laptop, less its task bar
        (1366, 800, True),  # high enough for the window, not for its title bar
        (1280, 984, False),
        (1024, 1280, True),
        (1920, 1040, False),
    ],
)
def test_a_screen_too_small_for_the_window_is_filled(width: int, height: int, whole: bool) -> None:
    assert wants_whole_screen(QSize(width, height)) is whole


def test_elsewhere_it_opens_in_its_usual_size(qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    assert not window.isMaximized()
    assert window.size() == FIRST_SIZE
