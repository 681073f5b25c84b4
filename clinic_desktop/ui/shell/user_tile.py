"""A person on the lock screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import RADIUS_CARD, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.avatar import paint_avatar
from clinic_desktop.ui.widgets.label import Label

TILE_WIDTH, _TILE_HEIGHT, _DISC = 150, 132, 56


class UserTile(QAbstractButton):
    """Disc and name; the chosen one has a full disc and a thicker outline, not a colour alone."""

    def __init__(self, login: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        shown = name or login
        self._letter = shown.split()[-1][:1].upper()
        self.setCheckable(True)
        self.setObjectName(f"lock.user.{login}")
        self.setAccessibleName(shown)
        self.setToolTip(shown)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._words = Label(shown, "strong", wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._words, 1)
        self._dress()

    def sizeHint(self) -> QSize:
        """All tiles are of one size."""
        words = self._words.heightForWidth(look().px(TILE_WIDTH) - 2 * SPACE_2)
        tall = self._disc_top() + look().px(_DISC) + SPACE_3 + words + SPACE_4
        return QSize(look().px(TILE_WIDTH), max(look().px(_TILE_HEIGHT), tall))

    def minimumSizeHint(self) -> QSize:
        """A name is never cut."""
        return self.sizeHint()

    def _disc_top(self) -> int:
        return SPACE_5

    def _dress(self) -> None:
        top = self._disc_top() + look().px(_DISC) + SPACE_3
        self._column.setContentsMargins(SPACE_2, top, SPACE_2, SPACE_4)
        self.setFixedWidth(look().px(TILE_WIDTH))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A card with a disc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        width = 2 if chosen else 1
        painter.setPen(QPen(look().color("accent" if chosen else "border"), width))
        painter.setBrush(look().color("hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), RADIUS_CARD, RADIUS_CARD)
        side = look().px(_DISC)
        disc = QRect((self.width() - side) // 2, self._disc_top(), side, side)
        paint_avatar(painter, disc, self._letter, strong=chosen)
        painter.end()
