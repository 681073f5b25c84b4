"""Puts an appearance on the whole application: palette, fonts and one generated style sheet."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.resources import files
from string import Template

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from clinic_desktop.ui.theme import tokens
from clinic_desktop.ui.theme.look import Appearance, Look, look, resolve, set_look
from clinic_desktop.ui.theme.palette import palette
from clinic_desktop.ui.theme.tokens import Theme

__all__ = ["Appearance", "apply", "sheet", "toggle"]

_SHEETS = ("base.qss", "controls.qss", "views.qss", "shell.qss")


@cache
def _template(name: str) -> Template:
    text = (files("clinic_desktop.ui.theme") / "qss" / name).read_text(encoding="utf-8")
    return Template(text)


def _sizes(of: Look) -> dict[str, object]:
    border = 2 if of.high_contrast else 1
    return {
        "space_1": tokens.SPACE_1,
        "space_2": tokens.SPACE_2,
        "space_3": tokens.SPACE_3,
        "space_4": tokens.SPACE_4,
        "radius": tokens.RADIUS_CONTROL,
        "radius_card": tokens.RADIUS_CARD,
        "line": border,
        "control": of.control_height - 2 * border,
        "target": tokens.MIN_TARGET,
        "line_target": max(tokens.MIN_TARGET, of.metrics("strong").height() + 2),
        # Where there are no greys to lean on, what cannot be pressed shows it by its outline.
        "disabled_line": "dashed" if of.high_contrast else "solid",
        "disabled_edge": of.colors.disabled if of.high_contrast else of.colors.border,
        "header": of.metrics("label").height() + 2 * tokens.SPACE_2,
    }


@cache
def sheet(of: Look) -> str:
    """The style sheet of a look. Raises KeyError when a template names an unknown token."""
    values = asdict(of.colors) | _sizes(of)
    return "\n".join(_template(name).substitute(values) for name in _SHEETS)


class _SystemFollower(QObject):
    """Re-applies the appearance when the operating system turns light or dark."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("theme.follower")
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._on_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._on_changed)

    def _on_changed(self) -> None:
        app = self.parent()
        if look().appearance.theme is Theme.SYSTEM and isinstance(app, QApplication):
            _put_on(app, look().appearance)


def apply(app: QApplication, appearance: Appearance) -> None:
    """Dress the application; may be called again at any time."""
    scale = min(max(appearance.scale, tokens.SCALE_MIN), tokens.SCALE_MAX)
    appearance = Appearance(
        Theme(appearance.theme),
        tokens.Density(appearance.density),
        scale,
        appearance.reduced_motion,
    )
    if app.findChild(_SystemFollower) is None:
        app.setStyle(QStyleFactory.create("Fusion"))
        _SystemFollower(app)
    _put_on(app, appearance)


def _put_on(app: QApplication, appearance: Appearance) -> None:
    hints = app.styleHints()
    wanted = {
        Theme.SYSTEM: Qt.ColorScheme.Unknown,
        Theme.DARK: Qt.ColorScheme.Dark,
        Theme.HC_DARK: Qt.ColorScheme.Dark,
    }.get(appearance.theme, Qt.ColorScheme.Light)
    hints.setColorScheme(wanted)
    contrast = hints.accessibility().contrastPreference()
    new = resolve(
        appearance,
        dark=hints.colorScheme() == Qt.ColorScheme.Dark,
        high_contrast=contrast == Qt.ContrastPreference.HighContrast,
    )
    if new == look() and app.styleSheet():
        return
    _dress(app, new)


def _dress(app: QApplication, new: Look) -> None:
    set_look(new)
    app.setPalette(palette(new.colors))
    app.setFont(new.font("body"))
    # Replacing a sheet costs Qt three times as much as taking it off and putting it on.
    app.setStyleSheet("")
    app.setStyleSheet(sheet(new))


def toggle(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the style sheet selects on, and restyle that widget."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
