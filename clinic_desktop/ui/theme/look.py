"""The look in force: what painted widgets and delegates ask when they draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from PySide6.QtGui import QColor, QFont, QFontMetrics

from clinic_desktop.ui.theme import fonts
from clinic_desktop.ui.theme.tokens import (
    COLORS,
    HIGH_CONTRAST,
    LIGHT,
    METRICS,
    MIN_TARGET,
    ROW_AIR,
    Colors,
    Density,
    Theme,
    Tone,
)


@dataclass(frozen=True)
class Appearance:
    """A person's choices. ``scale`` is the text size in percent, 80 to 200."""

    theme: Theme = Theme.SYSTEM
    density: Density = Density.STANDARD
    scale: int = 100
    reduced_motion: bool = False


@dataclass(frozen=True)
class Look:
    """An appearance with its theme resolved to colours."""

    appearance: Appearance = field(default_factory=Appearance)
    theme: Theme = Theme.LIGHT
    colors: Colors = LIGHT

    @property
    def high_contrast(self) -> bool:
        """Whether tints give way to outlines."""
        return self.theme in HIGH_CONTRAST

    def px(self, length: float) -> int:
        """A length that grows with the text."""
        return round(length * self.appearance.scale / 100)

    def font(self, role: str = "body", *, tabular: bool = False, pixels: int = 0) -> QFont:
        """The font of a step of the type scale; ``pixels`` gives it another height."""
        return _font(role, self.appearance.scale, tabular=tabular, pixels=pixels)

    def metrics(self, role: str = "body") -> QFontMetrics:
        """Measures of that font."""
        return _metrics(role, self.appearance.scale)

    def color(self, role: str) -> QColor:
        """A colour role by its name in ``tokens.Colors``."""
        return qcolor(getattr(self.colors, role))

    def tone(self, tone: Tone) -> tuple[QColor, QColor]:
        """Text and background of a tone."""
        text, background = self.colors.tone(tone)
        return qcolor(text), qcolor(background)

    @property
    def control_height(self) -> int:
        """Height of fields and buttons in px."""
        words = max(self.metrics().height() + 8, _tallest(self.appearance.scale) + 2)
        return max(METRICS[self.appearance.density].control, words, MIN_TARGET)

    @property
    def row_height(self) -> int:
        """Height of a one-line table row in px."""
        return max(METRICS[self.appearance.density].row, self.metrics().height() + ROW_AIR)

    @property
    def tall_row_height(self) -> int:
        """Height of a table row with a second, smaller line, in px."""
        lines = self.metrics("strong").height() + self.metrics("caption").height()
        return max(self.row_height, lines + 8)

    @property
    def motion(self) -> bool:
        """Whether things may slide."""
        return not self.appearance.reduced_motion


@cache
def qcolor(value: str) -> QColor:
    """A QColor that is made once."""
    return QColor(value)


@cache
def _font(role: str, scale: int, *, tabular: bool = False, pixels: int = 0) -> QFont:
    made = fonts.font(role, scale, tabular=tabular)
    if pixels:
        made.setPixelSize(pixels)
    return made


@cache
def _metrics(role: str, scale: int) -> QFontMetrics:
    return QFontMetrics(_font(role, scale))


@cache
def _tallest(scale: int) -> int:
    """Line height of the tallest script: Arabic needs more room than Latin."""
    heights = []
    for family in fonts.families():
        single = QFont(_font("body", scale))
        single.setFamilies([family])
        heights.append(QFontMetrics(single).height())
    return max(heights)


_look = Look()


def look() -> Look:
    """The look in force."""
    return _look


def set_look(new: Look) -> None:
    """Put a look in force; ``style.apply`` calls it before it repaints the window."""
    global _look  # noqa: PLW0603 - one application, one look; painters cannot be passed it
    _look = new


def resolve(appearance: Appearance, *, dark: bool, high_contrast: bool) -> Look:
    """The look of an appearance; ``SYSTEM`` becomes what the operating system asks for."""
    theme = appearance.theme
    if theme is Theme.SYSTEM and high_contrast:
        theme = Theme.HC_DARK if dark else Theme.HC_LIGHT
    elif theme is Theme.SYSTEM:
        theme = Theme.DARK if dark else Theme.LIGHT
    return Look(appearance, theme, COLORS[theme])
