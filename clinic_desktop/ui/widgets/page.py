"""A page that scrolls down when the window is small or the text is large."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5


class ScrollPage(QScrollArea):
    """Content in one column with the usual margins; only ever scrolls downwards.

    Put widgets into ``column``.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.content = QWidget()
        self.content.setProperty("role", "scroll")
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        self.column.setSpacing(SPACE_3)
        self.setWidget(self.content)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its content, for nothing scrolls sideways."""
        size = super().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        size.setWidth(max(self.content.minimumSizeHint().width() + bar, size.width()))
        return size
