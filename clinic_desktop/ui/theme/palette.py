"""Colour roles as a QPalette, so that parts Qt draws itself follow the theme."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from clinic_desktop.ui.theme.tokens import Colors

_ROLE = QPalette.ColorRole


def palette(colors: Colors) -> QPalette:
    """All roles of a theme, for the active, inactive and disabled groups."""
    roles = {
        _ROLE.Window: colors.bg,
        _ROLE.WindowText: colors.text,
        _ROLE.Base: colors.surface,
        _ROLE.AlternateBase: colors.sunken,
        _ROLE.ToolTipBase: colors.elevated,
        _ROLE.ToolTipText: colors.text,
        _ROLE.PlaceholderText: colors.text2,
        _ROLE.Text: colors.text,
        _ROLE.Button: colors.surface,
        _ROLE.ButtonText: colors.text,
        _ROLE.BrightText: colors.danger,
        _ROLE.Light: colors.elevated,
        _ROLE.Midlight: colors.hover,
        _ROLE.Mid: colors.border,
        _ROLE.Dark: colors.border_control,
        _ROLE.Shadow: colors.border,
        _ROLE.Highlight: colors.accent,
        _ROLE.HighlightedText: colors.on_accent,
        _ROLE.Accent: colors.accent,
        _ROLE.Link: colors.accent,
        _ROLE.LinkVisited: colors.accent_hover,
    }
    made = QPalette()
    for role, color in roles.items():
        made.setColor(role, QColor(color))
    for role in (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText, _ROLE.PlaceholderText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, _ROLE.Highlight, QColor(colors.border))
    made.setColor(QPalette.ColorGroup.Disabled, _ROLE.Accent, QColor(colors.disabled))
    return made
