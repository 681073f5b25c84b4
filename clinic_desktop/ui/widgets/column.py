"""A column of widgets for a scroll area, as high as it is at the width it has."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_3


class Unsqueezed(QVBoxLayout):
    """A layout for the content of a scroll area, which makes room a moment after it was asked to.

    Until then the content would be laid out, and perhaps drawn, in the room of what it held before.
    """

    def setGeometry(self, rect: QRect) -> None:
        """Take at least the height that the width needs."""
        wraps = self.hasHeightForWidth()
        least = self.heightForWidth(rect.width()) if wraps else self.minimumSize().height()
        super().setGeometry(QRect(rect.topLeft(), rect.size().expandedTo(QSize(0, least))))


class Column(QWidget):
    """Widgets below each other; ``body`` is the layout."""

    def __init__(self, gap: int = SPACE_3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "scroll")
        self.body = Unsqueezed(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(gap)

    def minimumSizeHint(self) -> QSize:
        """Any height: what wraps would ask for the height of its narrowest lines."""
        return QSize(super().minimumSizeHint().width(), 0)


def scrolled(column: Column) -> QScrollArea:
    """The column in an area that scrolls downwards only."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(column)
    return area
