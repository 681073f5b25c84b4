"""Pages of which one is shown, in the room that this one needs."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedLayout, QWidget


class _OneShown(QStackedLayout):
    """Asks for the least height of the page that is shown.

    The base class asks for that of the highest, hidden or not, and for what it would like to have:
    a window that is high enough would scroll.
    """

    def minimumSize(self) -> QSize:
        """As wide as the widest page, as high as the one that is shown."""
        shown, size = self.currentWidget(), super().minimumSize()
        if shown is not None:
            size.setHeight(max(shown.minimumSizeHint().height(), shown.minimumHeight()))
        return size

    def heightForWidth(self, width: int) -> int:
        """The same: a layout around it takes this for the least."""
        return self.minimumHeightForWidth(width)

    def minimumHeightForWidth(self, width: int) -> int:
        """The least height of the page that is shown."""
        shown = self.currentWidget()
        layout = shown.layout() if shown is not None else None
        if layout is None or not layout.hasHeightForWidth():
            return self.minimumSize().height()
        return layout.totalMinimumHeightForWidth(width)


class Pages(QWidget):
    """A QStackedWidget for a place that may be low."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = _OneShown(self)
        self._pages.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, page: QWidget) -> None:
        """Another page, behind the one that is shown."""
        self._pages.addWidget(page)

    def setCurrentWidget(self, page: QWidget) -> None:
        """Show a page."""
        self._pages.setCurrentWidget(page)

    def removeWidget(self, page: QWidget) -> None:
        """A page that is no longer wanted; it is still the caller's."""
        self._pages.removeWidget(page)

    def currentWidget(self) -> QWidget | None:
        """The page that is shown."""
        return self._pages.currentWidget()

    def heightForWidth(self, width: int) -> int:
        """What a scroll area must give: not more than the page needs."""
        return self._pages.totalMinimumHeightForWidth(width)
