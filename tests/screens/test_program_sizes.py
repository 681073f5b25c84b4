"""Every screen with large text and in the tightest density; beside test_program for time's sake."""

from __future__ import annotations

import pytest

from clinic_desktop.i18n import LANGUAGES
from clinic_desktop.ui.theme.style import Appearance
from clinic_desktop.ui.theme.tokens import Density, Theme
from tests.screens.checking import check, problems_of, program
from tests.screens.program import Program
from tests.support import screen_checks

__all__ = ["program"]
pytestmark = pytest.mark.slow
LARGE = Appearance(Theme.LIGHT, scale=200, reduced_motion=True)
COMPACT = Appearance(Theme.DARK, Density.COMPACT, reduced_motion=True)


@pytest.mark.parametrize(
    "program", [(language, LARGE) for language in LANGUAGES], indirect=True, ids=str
)
def test_twice_as_large_text_has_room(program: Program) -> None:
    check(program, *screen_checks.ROOM)


@pytest.mark.parametrize("program", [("en", COMPACT)], indirect=True, ids=str)
def test_compact_rows_are_wide_enough_and_the_focus_is_seen(program: Program) -> None:
    checks = (screen_checks.target_problems, screen_checks.focus_problems)
    assert not problems_of(program, (*checks, screen_checks.clipping_problems))
