"""Every registered screen passes every check, in each theme, language direction and size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import delete

from clinic_desktop import i18n
from clinic_desktop.i18n import Language
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.gallery.words import speak_pseudo
from tests.screens.registry import GALLERY, gallery
from tests.support import screen_checks

PAGES = sorted(GALLERY)


@pytest.fixture(autouse=True)
def _as_it_was(qapp: QApplication) -> Iterator[None]:
    focus_ring.install(qapp)
    yield
    speak_pseudo(False)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture
def screen(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[QWidget]:
    """A screen in an appearance and a language: ``(name, appearance, language)``."""
    name, appearance, language = request.param
    apply(qapp, appearance)
    i18n.use(Language(language))
    speak_pseudo(language == i18n.PSEUDO)
    rtl = (
        Qt.LayoutDirection.RightToLeft if i18n.is_rtl(language) else Qt.LayoutDirection.LeftToRight
    )
    qapp.setLayoutDirection(rtl)
    widget = gallery(name)
    window = widget.window()
    screen_checks.present(widget)
    yield widget
    window.close()
    delete(window)


def _still(
    theme: Theme = Theme.LIGHT, density: Density = Density.STANDARD, scale: int = 100
) -> Appearance:
    return Appearance(theme, density, scale, reduced_motion=True)


def _each(appearance: Appearance, language: str = "en") -> list[tuple[str, Appearance, str]]:
    return [(name, appearance, language) for name in PAGES]


def _name(value: object) -> str:
    if isinstance(value, tuple):
        name, look, language = value
        return f"{name}-{look.theme}-{look.density}-{look.scale}-{language}"
    return str(value)


@pytest.mark.parametrize(
    "screen", _each(_still()) + _each(_still(), "ar"), indirect=True, ids=_name
)
def test_names_keys_and_targets(screen: QWidget) -> None:
    assert not screen_checks.problems(screen)


@pytest.mark.parametrize("screen", _each(_still(Theme.DARK)), indirect=True, ids=_name)
def test_the_focus_can_be_seen(screen: QWidget) -> None:
    assert not screen_checks.focus_problems(screen)


@pytest.mark.parametrize("screen", _each(_still()), indirect=True, ids=_name)
def test_everything_stands_mirrored_in_arabic(screen: QWidget) -> None:
    assert not screen_checks.mirror_problems(screen)


@pytest.mark.parametrize(
    "screen",
    [
        *_each(_still(), i18n.PSEUDO),
        *_each(_still(scale=200)),
        *_each(_still(scale=200), "ar"),
        *_each(_still(density=Density.COMPACT)),
        *_each(_still(Theme.HC_DARK, scale=80)),
    ],
    indirect=True,
    ids=_name,
)
def test_no_word_is_cut_and_nothing_scrolls_sideways(screen: QWidget) -> None:
    assert not screen_checks.problems(screen, screen_checks.ROOM)


@pytest.mark.parametrize("screen", _each(_still(density=Density.COMPACT)), indirect=True, ids=_name)
def test_compact_targets_are_large_enough(screen: QWidget) -> None:
    assert not screen_checks.target_problems(screen)
