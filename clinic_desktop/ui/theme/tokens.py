"""Every colour, size and duration of the window; nothing else may name one.

Spacing follows a 4-px grid. Contrast of each text/background pair is computed in
``tests/ui/theme/test_tokens.py`` after WCAG 2.2, success criteria 1.4.3, 1.4.6 and 1.4.11.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_5, SPACE_6 = 4, 8, 12, 16, 20, 24
RADIUS_CONTROL = 6
RADIUS_CARD = 8
ICON_SIZE = 18
ICON_GAP = 4
FOCUS_GAP = 2
FOCUS_RING = 2
SELECTION_BAR = 3
MIN_TARGET = 24
"""Smallest click target in px: WCAG 2.2, 2.5.8."""

SLIDE_MS = 120
SKELETON_AFTER_MS = 150
TOAST_MS = 10_000
SEARCH_DELAY_MS = 120
CLICK_GUARD_MS = 400

SCALE_MIN, SCALE_MAX = 80, 200


class Theme(StrEnum):
    """What a person can choose; ``SYSTEM`` follows the operating system live."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    HC_DARK = "hc-dark"
    HC_LIGHT = "hc-light"


class Density(StrEnum):
    """How much air rows and controls have."""

    COMFORTABLE = "comfortable"
    STANDARD = "standard"
    COMPACT = "compact"


class Tone(StrEnum):
    """The meaning a colour carries. Danger and warn are kept for safety, never for branding."""

    NEUTRAL = "neutral"
    ACCENT = "accent"
    INFO = "info"
    OK = "ok"
    WARN = "warn"
    DANGER = "danger"
    VIOLET = "violet"


@dataclass(frozen=True)
class Metrics:
    """Heights in px at 100 % text size."""

    row: int
    control: int


METRICS = {
    Density.COMFORTABLE: Metrics(row=44, control=36),
    Density.STANDARD: Metrics(row=36, control=32),
    Density.COMPACT: Metrics(row=28, control=26),
}


@dataclass(frozen=True)
class TextStyle:
    """A step of the type scale: points at 100 %, CSS weight, line height as a factor."""

    points: float
    weight: int = 400


TYPE = {
    "caption": TextStyle(8.5),
    "label": TextStyle(9, 500),
    "body": TextStyle(10),
    "strong": TextStyle(10, 600),
    "title": TextStyle(11.5, 600),
    "name": TextStyle(13.5, 700),
    "page": TextStyle(16, 600),
    "kpi": TextStyle(20, 600),
}
ROW_AIR = 14
"""A row is never lower than its font plus this, in px."""


@dataclass(frozen=True)
class Colors:
    """One theme's colour roles as ``#rrggbb``."""

    bg: str
    surface: str
    sunken: str
    elevated: str
    hover: str
    selected: str
    border: str
    border_control: str
    text: str
    text2: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_bg: str
    accent_fg: str
    focus: str
    danger: str
    danger_bg: str
    warn: str
    warn_bg: str
    ok: str
    ok_bg: str
    info: str
    info_bg: str
    violet: str
    violet_bg: str
    neutral: str
    rail_bg: str
    rail_fg: str
    rail_hover: str
    rail_active: str
    rail_on_active: str
    rail_edge: str
    toast_bg: str
    toast_fg: str
    toast_action: str
    toast_hover: str
    toast_edge: str

    def tone(self, tone: Tone) -> tuple[str, str]:
        """Text and background of a tone."""
        return {
            Tone.NEUTRAL: (self.neutral, self.sunken),
            Tone.ACCENT: (self.accent_fg, self.accent_bg),
            Tone.INFO: (self.info, self.info_bg),
            Tone.OK: (self.ok, self.ok_bg),
            Tone.WARN: (self.warn, self.warn_bg),
            Tone.DANGER: (self.danger, self.danger_bg),
            Tone.VIOLET: (self.violet, self.violet_bg),
        }[tone]


LIGHT = Colors(
    bg="#F5F7F9",
    surface="#FFFFFF",
    sunken="#EDF0F4",
    elevated="#FFFFFF",
    hover="#EBF1F5",
    selected="#D5ECEE",
    border="#D8DEE6",
    border_control="#77818F",
    text="#17202A",
    text2="#4A5563",
    disabled="#8B95A1",
    accent="#0B6B73",
    accent_hover="#085860",
    on_accent="#FFFFFF",
    accent_bg="#DFF1F2",
    accent_fg="#075157",
    focus="#0B57D0",
    danger="#B3261E",
    danger_bg="#FDECEA",
    warn="#7A4B00",
    warn_bg="#FFF3D9",
    ok="#196636",
    ok_bg="#E4F4E9",
    info="#1A5AA8",
    info_bg="#E7F0FC",
    violet="#6A3D9E",
    violet_bg="#EFE8F9",
    neutral="#566271",
    rail_bg="#0E2A36",
    rail_fg="#BFD0D8",
    rail_hover="#1B3744",
    rail_active="#2A434E",
    rail_on_active="#FFFFFF",
    rail_edge="#0E2A36",
    toast_bg="#17202A",
    toast_fg="#FFFFFF",
    toast_action="#7AD6DC",
    toast_hover="#2A3541",
    toast_edge="#17202A",
)
DARK = Colors(
    bg="#11161C",
    surface="#19202A",
    sunken="#0C1015",
    elevated="#222B37",
    hover="#26303D",
    selected="#163F45",
    border="#2C3644",
    border_control="#7F8B9B",
    text="#E8ECF1",
    text2="#AAB5C2",
    disabled="#6B7685",
    accent="#56C5CC",
    accent_hover="#7AD6DC",
    on_accent="#00272B",
    accent_bg="#12383D",
    accent_fg="#93E1E6",
    focus="#8AB4F8",
    danger="#FF8F85",
    danger_bg="#3A1613",
    warn="#FFC773",
    warn_bg="#35270C",
    ok="#7FD8A0",
    ok_bg="#11301D",
    info="#8FBDFF",
    info_bg="#112844",
    violet="#C9A7F5",
    violet_bg="#2A1F3D",
    neutral="#AAB5C2",
    rail_bg="#0B1116",
    rail_fg="#AAB5C2",
    rail_hover="#1A2129",
    rail_active="#282D31",
    rail_on_active="#FFFFFF",
    rail_edge="#0B1116",
    toast_bg="#2C3644",
    toast_fg="#FFFFFF",
    toast_action="#7AD6DC",
    toast_hover="#3A4656",
    toast_edge="#7F8B9B",
)
HC_DARK = Colors(
    bg="#000000",
    surface="#000000",
    sunken="#000000",
    elevated="#000000",
    hover="#1F1F1F",
    selected="#00244A",
    border="#FFFFFF",
    border_control="#FFFFFF",
    text="#FFFFFF",
    text2="#FFFFFF",
    disabled="#A6A6A6",
    accent="#FFE000",
    accent_hover="#FFF176",
    on_accent="#000000",
    accent_bg="#000000",
    accent_fg="#FFE000",
    focus="#00E5FF",
    danger="#FF9A9A",
    danger_bg="#000000",
    warn="#FFC400",
    warn_bg="#000000",
    ok="#6CFF8F",
    ok_bg="#000000",
    info="#8CC8FF",
    info_bg="#000000",
    violet="#E0B3FF",
    violet_bg="#000000",
    neutral="#FFFFFF",
    rail_bg="#000000",
    rail_fg="#FFFFFF",
    rail_hover="#1F1F1F",
    rail_active="#FFE000",
    rail_on_active="#000000",
    rail_edge="#FFFFFF",
    toast_bg="#000000",
    toast_fg="#FFFFFF",
    toast_action="#FFE000",
    toast_hover="#1F1F1F",
    toast_edge="#FFFFFF",
)
HC_LIGHT = Colors(
    bg="#FFFFFF",
    surface="#FFFFFF",
    sunken="#FFFFFF",
    elevated="#FFFFFF",
    hover="#E6E6E6",
    selected="#CFE8FF",
    border="#000000",
    border_control="#000000",
    text="#000000",
    text2="#000000",
    disabled="#5C5C5C",
    accent="#00494F",
    accent_hover="#002B2F",
    on_accent="#FFFFFF",
    accent_bg="#FFFFFF",
    accent_fg="#00494F",
    focus="#0033CC",
    danger="#8A0000",
    danger_bg="#FFFFFF",
    warn="#5A3500",
    warn_bg="#FFFFFF",
    ok="#004D1F",
    ok_bg="#FFFFFF",
    info="#003C85",
    info_bg="#FFFFFF",
    violet="#4A1F7A",
    violet_bg="#FFFFFF",
    neutral="#000000",
    rail_bg="#FFFFFF",
    rail_fg="#000000",
    rail_hover="#E6E6E6",
    rail_active="#00494F",
    rail_on_active="#FFFFFF",
    rail_edge="#000000",
    toast_bg="#FFFFFF",
    toast_fg="#000000",
    toast_action="#00494F",
    toast_hover="#E6E6E6",
    toast_edge="#000000",
)
COLORS = {
    Theme.LIGHT: LIGHT,
    Theme.DARK: DARK,
    Theme.HC_DARK: HC_DARK,
    Theme.HC_LIGHT: HC_LIGHT,
}
HIGH_CONTRAST = frozenset({Theme.HC_DARK, Theme.HC_LIGHT})


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(color: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, definitions)."""
    red, green, blue = (_linear(int(color[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2.2, definitions)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
