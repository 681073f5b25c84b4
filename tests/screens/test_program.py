"""Every screen of the program on a real record passes every check that a machine can make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from babel.messages.pofile import read_po
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop import i18n
from clinic_desktop.config import program_root
from clinic_desktop.i18n import LANGUAGES, PSEUDO
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets import focus_ring
from tests.screens.program import Program, open_program
from tests.screens.registry import SCREENS
from tests.support import screen_checks

pytestmark = pytest.mark.slow
SAME_EVERYWHERE = {"Letter"}
"""Names that are words elsewhere: here, a size of paper. Single letters name keys."""
Check = Callable[[QWidget], list[str]]
LARGE = Appearance(Theme.LIGHT, scale=200, reduced_motion=True)
COMPACT = Appearance(Theme.DARK, Density.COMPACT, reduced_motion=True)
STANDARD = Appearance(Theme.LIGHT, reduced_motion=True)


@pytest.fixture
def program(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Program]:
    """The program in a language and an appearance."""
    language, appearance = request.param
    focus_ring.install(qapp)
    apply(qapp, appearance)
    with open_program(language) as opened:
        yield opened


def _problems(program: Program, checks: tuple[Check, ...]) -> list[str]:
    found = []
    for name, make in SCREENS.items():
        screen = make(program)
        screen_checks.present(screen)
        program.settle()
        screen = program.in_front()
        for check in checks:
            found += [f"{name}: {problem}" for problem in check(screen)]
            program.settle()
    return found


def _check(program: Program, *checks: Check) -> None:
    problems = _problems(program, checks)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("program", [("en", STANDARD), ("ar", STANDARD)], indirect=True, ids=str)
def test_names_keys_order_and_mirrored_layout(program: Program) -> None:
    _check(program, *screen_checks.ALL, screen_checks.mirror_problems)


@pytest.mark.parametrize(
    "program",
    [(language, STANDARD) for language in (*LANGUAGES, PSEUDO)],
    indirect=True,
    ids=str,
)
def test_no_word_is_cut_left_in_english_or_reached_by_a_key_of_two(program: Program) -> None:
    checks = (*screen_checks.ROOM, screen_checks.key_problems, _english_problems)
    _check(program, *checks)


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


@pytest.mark.parametrize(
    "program", [(language, LARGE) for language in LANGUAGES], indirect=True, ids=str
)
def test_twice_as_large_text_has_room(program: Program) -> None:
    _check(program, *screen_checks.ROOM)


@pytest.mark.parametrize("program", [("en", COMPACT)], indirect=True, ids=str)
def test_compact_rows_are_wide_enough_and_the_focus_is_seen(program: Program) -> None:
    checks = (screen_checks.target_problems, screen_checks.focus_problems)
    assert not _problems(program, (*checks, screen_checks.clipping_problems))
