"""``python -m tests.screens --out DIR``: every screen × theme × language as PNG."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from clinic_desktop import i18n
from clinic_desktop.i18n import LANGUAGES, PSEUDO, Language
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme
from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.gallery.words import speak_pseudo
from tests.screens.registry import GALLERY, SCREENS, sample_program
from tests.support import screen_checks

THEMES = [theme for theme in Theme if theme is not Theme.SYSTEM]
SIZES = {100: (1280, 800), 200: (1366, 768)}


def _draw(app: QApplication, folder: Path, program: Any, case: tuple[str, Theme, int]) -> int:
    language, theme, scale = case
    apply(app, Appearance(theme, scale=scale, reduced_motion=True))
    speak_pseudo(language == PSEUDO)
    drawn = 0
    for name, make in (GALLERY | (SCREENS if program is not None else {})).items():
        screen = make(program)
        screen_checks.present(screen, *SIZES[scale])
        picture = screen.window().grab()
        file = folder / language / f"{name}-{theme}-{scale}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(str(file))
        drawn += 1
        if name in GALLERY:
            screen.close()
            delete(screen)
    return drawn


def main() -> int:
    """Draw what was asked for and say where it is."""
    parser = argparse.ArgumentParser(prog="tests.screens", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screens"))
    parser.add_argument("--theme", action="append", choices=[str(t) for t in THEMES])
    parser.add_argument("--language", action="append", choices=[*LANGUAGES, PSEUDO])
    parser.add_argument("--scale", action="append", type=int, choices=sorted(SIZES))
    given = parser.parse_args()
    app = QApplication(sys.argv)
    focus_ring.install(app)
    drawn = 0
    for language in given.language or [*LANGUAGES, PSEUDO]:
        i18n.use(Language(language))
        rtl = i18n.is_rtl(language)
        side = Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight
        app.setLayoutDirection(side)
        opened: AbstractContextManager[Any] = sample_program(language) if SCREENS else nullcontext()
        with opened as program:
            for theme, scale in product(given.theme or THEMES, given.scale or [100]):
                drawn += _draw(app, given.out, program, (language, Theme(theme), scale))
    print(f"{drawn} pictures in {given.out.resolve()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
