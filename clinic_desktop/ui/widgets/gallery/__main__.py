"""``python -m clinic_desktop.ui.widgets.gallery [--shot DIR]``."""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.gallery.window import PAGES, Gallery

_SIZE = QSize(1280, 800)
_LARGE = QSize(1366, 768)


def _shots(app: QApplication, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    themes = [theme for theme in Theme if theme is not Theme.SYSTEM]
    sides = (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft)
    for theme, side, scale in product(themes, sides, (100, 200)):
        apply(app, Appearance(theme, Density.STANDARD, scale, reduced_motion=True))
        app.setLayoutDirection(side)
        window = Gallery()
        window.resize(_SIZE if scale == 100 else _LARGE)
        window.show()
        for name in PAGES:
            window.open(name)
            direction = "rtl" if side == Qt.LayoutDirection.RightToLeft else "ltr"
            window.grab().save(str(folder / f"{name}-{theme}-{direction}-{scale}.png"))
        window.close()
        window.deleteLater()


def main() -> int:
    """Show the gallery, or save it as pictures."""
    parser = argparse.ArgumentParser(prog="gallery")
    parser.add_argument("--shot", type=Path, help="folder for pictures of every page and theme")
    given = parser.parse_args()
    app = QApplication.instance() or QApplication(sys.argv)
    if not isinstance(app, QApplication):
        return 1
    apply(app, Appearance())
    focus_ring.install(app)
    if given.shot is not None:
        _shots(app, given.shot)
        return 0
    window = Gallery()
    window.resize(_SIZE)
    window.show()
    return app.exec()


if __name__ == "__main__":
    raise SystemExit(main())
