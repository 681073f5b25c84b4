"""The language and the direction of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from clinic_desktop import i18n
from clinic_desktop.i18n import Language


def speak(language: Language) -> None:
    """Make a language and its direction the window's; widgets made from now on speak it."""
    i18n.use(language)
    direction = Qt.LayoutDirection.RightToLeft if language.rtl else Qt.LayoutDirection.LeftToRight
    QApplication.setLayoutDirection(direction)
