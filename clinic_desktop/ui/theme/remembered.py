"""The look as this PC remembers it: plain values that the lock screen can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clinic_desktop.ui.theme.look import Appearance
from clinic_desktop.ui.theme.tokens import SCALE_MAX, SCALE_MIN, Density, Theme


def appearance_of(choices: Mapping[str, Any]) -> Appearance:
    """The appearance that was kept; what cannot be read becomes the usual."""
    usual = Appearance()
    theme, density, scale = (choices.get(name) for name in ("theme", "density", "scale"))
    return Appearance(
        theme=Theme(theme) if theme in {each.value for each in Theme} else usual.theme,
        density=Density(density) if density in {each.value for each in Density} else usual.density,
        scale=min(max(scale, SCALE_MIN), SCALE_MAX) if isinstance(scale, int) else usual.scale,
        reduced_motion=choices.get("reduced_motion") is True,
    )


def choices_of(appearance: Appearance) -> dict[str, str | int | bool]:
    """The values to keep."""
    return {
        "theme": appearance.theme.value,
        "density": appearance.density.value,
        "scale": appearance.scale,
        "reduced_motion": appearance.reduced_motion,
    }
