"""Icons exist, follow the look and the direction of reading."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

import clinic_desktop.ui
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.icons import MIRRORED, Icon
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import COLORS, Theme


@pytest.mark.parametrize("icon", list(Icon))
def test_every_icon_is_in_the_set(icon: Icon) -> None:
    assert "currentColor" in icons.svg(icon)


def test_every_icon_used_in_the_code_is_known() -> None:
    known = set(Icon.__members__)
    for path in Path(clinic_desktop.ui.__file__).parent.rglob("*.py"):
        used = set(re.findall(r"\bIcon\.([A-Z_]+)\b", path.read_text(encoding="utf-8")))
        assert used <= known, f"{path}: {used - known}"


def _inks(button: QPushButton) -> set[str]:
    image = button.icon().pixmap(QSize(64, 64)).toImage()
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(64)
        for y in range(64)
        if image.pixelColor(x, y).alpha() == 255
    }


def test_an_icon_is_drawn_in_the_colour_of_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    button.setIcon(icons.icon(Icon.PRINT, "accent"))
    for theme in (Theme.LIGHT, Theme.DARK):
        apply(qapp, Appearance(theme))
        assert COLORS[theme].accent in _inks(button)


def test_icons_that_point_turn_round_in_arabic(qapp: QApplication) -> None:
    apply(qapp, Appearance(Theme.LIGHT))
    try:
        plain = {icon: icons.image(icon, "text", 32) for icon in (Icon.BACK, Icon.PRINT)}
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        turned = {icon: icons.image(icon, "text", 32) for icon in plain}
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert Icon.BACK in MIRRORED
    assert turned[Icon.BACK] == plain[Icon.BACK].flipped(Qt.Orientation.Horizontal)
    assert turned[Icon.PRINT] == plain[Icon.PRINT]


def test_icons_outlive_the_collector(qapp: QApplication, qtbot: QtBot) -> None:
    """Qt owns the engines; Python's collector must not take them away."""
    buttons = [QPushButton() for _ in range(20)]
    for button in buttons:
        qtbot.addWidget(button)
        button.setIcon(icons.icon(Icon.ADD))
    for _ in range(5):
        gc.collect()
        buttons[0].setIcon(buttons[1].icon())
        assert not buttons[0].grab().isNull()
