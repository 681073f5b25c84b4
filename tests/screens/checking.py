"""Opening the program and going through all its screens, for the checks of each file here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop.ui.theme.style import apply
from clinic_desktop.ui.widgets import focus_ring
from tests.screens.program import Program, open_program
from tests.screens.registry import SCREENS
from tests.support import screen_checks

Check = Callable[[QWidget], list[str]]


@pytest.fixture
def program(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Program]:
    """The program in a language and an appearance."""
    language, appearance = request.param
    focus_ring.install(qapp)
    apply(qapp, appearance)
    with open_program(language) as opened:
        yield opened


def problems_of(program: Program, checks: tuple[Check, ...]) -> list[str]:
    found = []
    for name, make in SCREENS.items():
        screen = make(program)
        screen_checks.present(screen)
        program.settle()
        screen = program.in_front()
        for each in checks:
            found += [f"{name}: {problem}" for problem in each(screen)]
            program.settle()
    return found


def check(program: Program, *checks: Check) -> None:
    problems = problems_of(program, checks)
    assert not problems, "\n".join(problems)
