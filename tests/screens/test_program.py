"""Every screen of the program on a real record passes every check that a machine can make."""

from __future__ import annotations

from functools import cache

import pytest
from babel.messages.pofile import read_po
from PySide6.QtWidgets import QWidget

from clinic_desktop import i18n
from clinic_desktop.config import program_root
from clinic_desktop.i18n import LANGUAGES, PSEUDO
from clinic_desktop.ui.theme.style import Appearance
from clinic_desktop.ui.theme.tokens import Theme
from tests.screens.checking import check, program
from tests.screens.program import Program
from tests.support import screen_checks

__all__ = ["program"]
pytestmark = pytest.mark.slow
SAME_EVERYWHERE = {"Letter"}
"""Names that are words elsewhere: here, a size of paper. Single letters name keys."""
STANDARD = Appearance(Theme.LIGHT, reduced_motion=True)


@pytest.mark.parametrize("program", [("en", STANDARD), ("ar", STANDARD)], indirect=True, ids=str)
def test_names_keys_order_and_mirrored_layout(program: Program) -> None:
    check(program, *screen_checks.ALL, screen_checks.mirror_problems)


@pytest.mark.parametrize(
    "program",
    [(language, STANDARD) for language in (*LANGUAGES, PSEUDO)],
    indirect=True,
    ids=str,
)
def test_no_word_is_cut_left_in_english_or_reached_by_a_key_of_two(program: Program) -> None:
    checks = (*screen_checks.ROOM, screen_checks.key_problems, _english_problems)
    check(program, *checks)


def _english_problems(screen: QWidget) -> list[str]:
    return screen_checks.english_problems(screen, _catalogue(i18n.current().language))


@cache
def _catalogue(language: str) -> dict[str, str]:
    """Source texts and their translations; empty for English, which is the source."""
    path = program_root() / "i18n" / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        texts = read_po(file, locale=language)
    plain = [
        m
        for m in texts
        if m.id and isinstance(m.id, str) and len(m.id) > 1 and m.id not in SAME_EVERYWHERE
    ]
    return {str(m.id): str(m.string) for m in plain}
