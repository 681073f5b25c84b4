"""Every screen of the program on a real record passes every check that a machine can make."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop.i18n import LANGUAGES, PSEUDO
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets import focus_ring
from tests.screens.program import Program, open_program
from tests.screens.registry import SCREENS
from tests.support import screen_checks

pytestmark = pytest.mark.slow
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


@pytest.mark.parametrize("program", [("en", STANDARD), ("ar", STANDARD)], indirect=True, ids=str)
def test_names_keys_order_and_mirrored_layout(program: Program) -> None:
    assert not _problems(program, (*screen_checks.ALL, screen_checks.mirror_problems))


@pytest.mark.parametrize(
    "program",
    [(language, STANDARD) for language in (*LANGUAGES, PSEUDO)],
    indirect=True,
    ids=str,
)
def test_no_word_is_cut_and_no_key_is_used_twice(program: Program) -> None:
    assert not _problems(program, (*screen_checks.ROOM, screen_checks.key_problems))


@pytest.mark.parametrize(
    "program", [(language, LARGE) for language in LANGUAGES], indirect=True, ids=str
)
def test_twice_as_large_text_has_room(program: Program) -> None:
    assert not _problems(program, screen_checks.ROOM)


@pytest.mark.parametrize("program", [("en", COMPACT)], indirect=True, ids=str)
def test_compact_rows_are_wide_enough_and_the_focus_is_seen(program: Program) -> None:
    checks = (screen_checks.target_problems, screen_checks.focus_problems)
    assert not _problems(program, (*checks, screen_checks.clipping_problems))
