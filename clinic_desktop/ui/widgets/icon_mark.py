"""A coloured icon beside words."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE


class IconMark(QWidget):
    """A coloured icon that says nothing by itself; the words beside it do."""

    def __init__(
        self, icon: str, role: str, side: int = ICON_SIZE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon, self._role, self._side = icon, role, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str, role: str) -> None:
        """Show another icon."""
        self._icon, self._role = icon, role
        self.update()

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(look().px(self._side), look().px(self._side))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the icon."""
        painter = QPainter(self)
        box = self.rect()
        box.setSize(self.sizeHint().boundedTo(self.size()))
        box.moveCenter(self.rect().center())
        icons.paint(painter, box, self._icon, self._role)
        painter.end()
