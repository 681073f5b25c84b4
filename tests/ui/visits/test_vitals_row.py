"""The tiles of the vital signs stand level in every script and size."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.i18n import Language
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.visits.vitals_row import VitalsRow


def test_tiles_are_of_one_height_whatever_their_script(qapp: QApplication, qtbot: QtBot) -> None:
    """SpO₂ is written in Latin letters, which are lower than Arabic ones."""
    i18n.use(Language("ar"))
    row = VitalsRow()
    qtbot.addWidget(row)
    row.resize(600, 200)
    row.show()
    heights = []
    for scale in (100, 200, 100):
        apply(qapp, Appearance(scale=scale))
        QApplication.processEvents()
        (height,) = {tile.height() for tile in row.tiles.values() if tile.isVisible()}
        heights.append(height)
    assert heights[0] == heights[2] < heights[1]
