"""Contrast, sizes and the style sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import clinic_desktop.ui
from clinic_desktop.ui.theme.look import Appearance, resolve
from clinic_desktop.ui.theme.style import apply, sheet
from clinic_desktop.ui.theme.tokens import (
    COLORS,
    HIGH_CONTRAST,
    MIN_TARGET,
    Density,
    Theme,
    Tone,
    contrast,
)
from clinic_desktop.ui.widgets.buttons import Button

THEMES = [theme for theme in Theme if theme is not Theme.SYSTEM]
UI = Path(clinic_desktop.ui.__file__).parent


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_can_be_read_on_its_ground(theme: Theme) -> None:
    colors = COLORS[theme]
    grounds = ("bg", "surface", "sunken", "elevated", "hover", "selected")
    pairs = {f"{text} on {ground}": contrast(getattr(colors, text), getattr(colors, ground))
             for text in ("text", "text2") for ground in grounds}  # fmt: skip
    pairs |= {f"pill {tone}": contrast(*colors.tone(tone)) for tone in Tone}
    pairs |= {
        "accent button": contrast(colors.on_accent, colors.accent),
        "accent button hovered": contrast(colors.on_accent, colors.accent_hover),
        "link": contrast(colors.accent, colors.surface),
        "link on page": contrast(colors.accent, colors.bg),
        "rail": contrast(colors.rail_fg, colors.rail_bg),
        "rail hovered": contrast(colors.rail_fg, colors.rail_hover),
        "rail chosen": contrast(colors.rail_on_active, colors.rail_active),
        "toast": contrast(colors.toast_fg, colors.toast_bg),
        "toast action": contrast(colors.toast_action, colors.toast_bg),
        "toast action hovered": contrast(colors.toast_action, colors.toast_hover),
    }
    for tone in ("danger", "warn", "ok", "info", "violet", "neutral"):
        pairs[f"{tone} text on surface"] = contrast(getattr(colors, tone), colors.surface)
        pairs[f"{tone} text on bg"] = contrast(getattr(colors, tone), colors.bg)
        pairs[f"text on {tone} notice"] = contrast(colors.text, colors.tone(Tone(tone))[1])
    least = 7.0 if theme in HIGH_CONTRAST else 4.5
    weak = {name: round(ratio, 2) for name, ratio in pairs.items() if ratio < least}
    assert not weak


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_fields_focus_and_icons_stand_out(theme: Theme) -> None:
    colors = COLORS[theme]
    for ground in (colors.surface, colors.bg):
        assert contrast(colors.border_control, ground) >= 3
        assert contrast(colors.focus, ground) >= 3
        assert contrast(colors.text2, ground) >= 3


@pytest.mark.parametrize("density", list(Density))
@pytest.mark.parametrize("scale", [80, 100, 200])
def test_rows_and_controls_are_never_lower_than_a_finger_needs(
    qapp: object, density: Density, scale: int
) -> None:
    look = resolve(Appearance(Theme.LIGHT, density, scale), dark=False, high_contrast=False)
    assert look.control_height >= MIN_TARGET
    assert look.row_height >= look.metrics().height() + 14
    assert look.tall_row_height >= look.row_height


@pytest.mark.parametrize("theme", sorted(HIGH_CONTRAST))
@pytest.mark.parametrize("kind", ["", "primary", "danger"])
def test_what_cannot_be_pressed_has_another_outline_in_high_contrast(
    qapp: QApplication, qtbot: QtBot, theme: Theme, kind: str
) -> None:
    """Broken, not whole: its words alone are paler."""
    apply(qapp, Appearance(theme))
    edges = []
    for enabled in (True, False):
        button = Button("Save", kind)
        qtbot.addWidget(button)
        button.setEnabled(enabled)
        button.resize(200, 40)
        image = button.grab().toImage()
        edges.append({image.pixel(x, 1) for x in range(20, 180)})
    apply(qapp, Appearance(Theme.LIGHT))
    whole, broken = edges
    assert (len(whole), len(broken)) == (1, 2)


@pytest.mark.parametrize("theme", THEMES)
def test_every_placeholder_of_the_sheet_is_a_token(qapp: object, theme: Theme) -> None:
    look = resolve(Appearance(theme), dark=False, high_contrast=False)
    assert "$" not in sheet(look)


def test_system_theme_follows_the_system() -> None:
    appearance = Appearance(Theme.SYSTEM)
    assert resolve(appearance, dark=True, high_contrast=False).theme is Theme.DARK
    assert resolve(appearance, dark=False, high_contrast=False).theme is Theme.LIGHT
    assert resolve(appearance, dark=True, high_contrast=True).theme is Theme.HC_DARK
    assert resolve(appearance, dark=False, high_contrast=True).theme is Theme.HC_LIGHT


def test_sheets_name_no_colour_no_font_and_no_side() -> None:
    for path in sorted((UI / "theme" / "qss").glob("*.qss")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"#[0-9A-Fa-f]{3,8}\b|\brgba?\(", text), path.name
        assert "font" not in text, path.name
        assert not re.search(r"(margin|padding)-(left|right)|text-align\s*:\s*(left|right)", text)


def test_no_colour_is_named_outside_the_tokens() -> None:
    for path in sorted(UI.rglob("*.py")):
        if path.name == "tokens.py":
            continue
        found = re.findall(r"[\"']#[0-9A-Fa-f]{6}[\"']", path.read_text(encoding="utf-8"))
        assert not found, path


def test_no_widget_has_a_sheet_of_its_own() -> None:
    for path in sorted(UI.rglob("*.py")):
        if path.parts[-2:] != ("theme", "style.py"):
            assert ".setStyleSheet(" not in path.read_text(encoding="utf-8"), path
