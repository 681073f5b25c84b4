"""``python -m tests.screens --out DIR``: every screen × theme × language as PNG."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from itertools import product
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from clinic_desktop.i18n import LANGUAGES, PSEUDO
from clinic_desktop.ui.core.garbage import WindowCollector
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.gallery.words import speak_pseudo
from tests.screens.program import Program, open_program
from tests.screens.registry import GALLERY, SCREENS, gallery
from tests.support import screen_checks

THEMES = [theme for theme in Theme if theme is not Theme.SYSTEM]
SIZES = {80: (1366, 768), 100: (1280, 800), 200: (1366, 768)}


def _draw(folder: Path, program: Program, name: str, scale: int, wanted: str) -> int:
    """Save the screens that are wanted as they look now; how many there were."""
    app = QApplication.instance()
    assert app is not None
    folder.mkdir(parents=True, exist_ok=True)
    screens = fnmatch.filter(SCREENS, wanted)
    for screen in screens:
        window = SCREENS[screen](program)
        screen_checks.present(window, *SIZES[scale])
        window.grab()  # lists ask for their rows when they are painted
        app.processEvents()
        program.settle()
        window.grab().save(str(folder / f"{screen}-{name}.png"))
    pages = [page for page in GALLERY if fnmatch.fnmatch(f"gallery-{page}", wanted)]
    for page in pages:
        shown = gallery(page)
        screen_checks.present(shown, *SIZES[scale])
        shown.grab().save(str(folder / f"gallery-{page}-{name}.png"))
        shown.close()
        delete(shown)
    return len(screens) + len(pages)


def main() -> int:
    """Draw what was asked for and say where it is."""
    parser = argparse.ArgumentParser(prog="tests.screens", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screens"))
    parser.add_argument("--theme", action="append", choices=[str(t) for t in THEMES])
    parser.add_argument("--language", action="append", choices=[*LANGUAGES, PSEUDO])
    parser.add_argument("--scale", action="append", type=int, choices=sorted(SIZES))
    parser.add_argument("--density", default=str(Density.STANDARD), choices=list(Density))
    parser.add_argument("--screen", default="*", help="only these: chart-*")
    given = parser.parse_args()
    app = QApplication(sys.argv)
    collector = WindowCollector(app)  # as in the program: readers' threads must free no widgets
    focus_ring.install(app)
    apply(app, Appearance(Theme.LIGHT))  # the program too is dressed before its window is made
    drawn = 0
    for language in given.language or [*LANGUAGES, PSEUDO]:
        speak_pseudo(language == PSEUDO)
        with open_program(language) as program:
            for theme, scale in product(given.theme or THEMES, given.scale or [100]):
                look = Appearance(Theme(theme), Density(given.density), scale, reduced_motion=True)
                apply(app, look)
                folder, name = given.out / language, f"{theme}-{scale}"
                drawn += _draw(folder, program, name, scale, given.screen)
    collector.stop()
    print(f"{drawn} pictures in {given.out.resolve()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
