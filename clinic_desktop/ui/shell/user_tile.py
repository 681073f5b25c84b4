"""A person on the lock screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4
from clinic_desktop.ui.widgets.avatar import Avatar
from clinic_desktop.ui.widgets.label import Label

_WIDTH, _RADIUS = 148, 8


class UserTile(QAbstractButton):
    """Avatar and name; checked with an outline, not by colour alone."""

    def __init__(self, login: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setObjectName(f"lock.user.{login}")
        self.setAccessibleName(name or login)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        initials = "".join(word[0] for word in (name or login).split()[-2:])
        avatar = Avatar(initials, name or login, 56)
        words = Label(name or login, "strong", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for child in (avatar, words):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_2, SPACE_4, SPACE_2, SPACE_4)
        column.setSpacing(SPACE_2)
        column.addWidget(avatar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(words)
        self.setMinimumWidth(look().px(_WIDTH))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A card; the chosen one has the accent's outline, twice as thick."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = look()
        chosen = self.isChecked()
        width = 2 if chosen else 1
        painter.setPen(QPen(colors.color("accent" if chosen else "border"), width))
        painter.setBrush(colors.color("hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), _RADIUS, _RADIUS)
