"""``python -m clinic_desktop.ui.widgets.gallery [--shot DIR]``."""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme
from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.gallery.window import PAGES, Gallery
from clinic_desktop.ui.widgets.gallery.words import speak_pseudo

_USUAL = QSize(1280, 800)
_SMALL = QSize(1366, 768)
_LARGE_TEXT = 200


def _save_pages(folder: Path, name: str, size: QSize) -> None:
    window = Gallery()
    window.resize(size)
    window.show()
    for page in PAGES:
        window.open(page)
        QCoreApplication.sendPostedEvents()
        window.grab().save(str(folder / f"{page}-{name}.png"))
    window.open("board")
    drawer = window.open_drawer()
    window.show_toast()
    window.grab().save(str(folder / f"drawer-{name}.png"))
    drawer.close_drawer()
    window.open_shortcuts()
    window.grab().save(str(folder / f"shortcuts-{name}.png"))
    window.close()
    delete(window)


def _shots(app: QApplication, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    themes = [theme for theme in Theme if theme is not Theme.SYSTEM]
    sides = {"ltr": Qt.LayoutDirection.LeftToRight, "rtl": Qt.LayoutDirection.RightToLeft}
    for theme, side, scale in product(themes, sides, (100, _LARGE_TEXT)):
        apply(app, Appearance(theme, scale=scale, reduced_motion=True))
        app.setLayoutDirection(sides[side])
        _save_pages(folder, f"{theme}-{side}-{scale}", _USUAL if scale == 100 else _SMALL)
    speak_pseudo(True)
    apply(app, Appearance(Theme.LIGHT, reduced_motion=True))
    app.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    _save_pages(folder, "pseudo", _SMALL)


def main() -> int:
    """Show the gallery, or save it as pictures."""
    parser = argparse.ArgumentParser(prog="gallery")
    parser.add_argument("--shot", type=Path, help="folder for pictures of every page and theme")
    given = parser.parse_args()
    app = QApplication(sys.argv)
    apply(app, Appearance())
    focus_ring.install(app)
    if given.shot is not None:
        _shots(app, given.shot)
        return 0
    window = Gallery()
    window.resize(_USUAL)
    window.show()
    return app.exec()


if __name__ == "__main__":
    raise SystemExit(main())
