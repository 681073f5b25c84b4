"""A page that scrolls down when the window is small or the text is large."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.column import Unsqueezed


class _Content(QWidget):
    """Of a page: asks for the height of its lines at its width, not for that of its narrowest."""

    def minimumSizeHint(self) -> QSize:
        """Any height where the scroll area asks for the height of the width anyway."""
        size, layout = super().minimumSizeHint(), self.layout()
        wraps = layout is not None and layout.hasHeightForWidth()
        return QSize(size.width(), 0) if wraps else size


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
        self.content = _Content()
        self.content.setProperty("role", "scroll")
        self.column = Unsqueezed(self.content)
        self.column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        self.column.setSpacing(SPACE_3)
        self.setWidget(self.content)
        self.content.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the layout outside when the content has become wider."""
        if watched is self.content and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its content, for nothing scrolls sideways."""
        size = super().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        size.setWidth(max(self.content.minimumSizeHint().width() + bar, size.width()))
        return size


class NarrowPage(ScrollPage):
    """One narrow column in the middle, for what is shown in place of the desk.

    Put widgets into ``inside``; ``width`` px at the usual text size.
    """

    def __init__(self, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = width
        self._frame = QWidget()
        self._frame.setMaximumWidth(look().px(width))
        self.inside = QVBoxLayout(self._frame)
        self.inside.setContentsMargins(0, 0, 0, 0)
        self.inside.setSpacing(SPACE_4)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._frame, 1000)
        row.addStretch(1)
        self.column.addStretch(1)
        self.column.addLayout(row)
        self.column.addStretch(2)

    def changeEvent(self, event: QEvent) -> None:
        """Lines grow with the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._frame.setMaximumWidth(look().px(self._width))


class LowWindow(QScrollArea):
    """Lets a screen scroll as a whole where the window is lower than it can become.

    With text at 200 % a banner, tabs and two panes need more than a small screen is high.
    """

    def __init__(self, screen: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        screen.setProperty("role", "scroll")
        self._screen = screen
        self.setWidget(screen)

    def minimumSizeHint(self) -> QSize:
        """As wide as the screen needs, any height."""
        size = super().minimumSizeHint()
        return QSize(max(self._screen.minimumSizeHint().width(), size.width()), size.height())
