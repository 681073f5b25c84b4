"""A list at the leading side, its detail at the trailing side; no dialog between them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3

_NARROW = 900


class SplitInspector(QSplitter):
    """Two panes; below 900 px (at 100 % text) the detail moves under the list."""

    def __init__(self, main: QWidget, detail: QWidget, *, shares: tuple[int, int] = (3, 1)) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._shares = shares
        self.setChildrenCollapsible(False)
        self.setHandleWidth(SPACE_3)
        for place, widget in enumerate((main, detail)):
            self.addWidget(widget)
            self.setStretchFactor(place, shares[place])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand or lie, as the width allows."""
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs more width."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._turn()

    def _turn(self) -> None:
        narrow = self.width() < look().px(_NARROW)
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if wanted != self.orientation():
            self.setOrientation(wanted)
        if self.property("sized") is None and self.width() > 0:
            self.setProperty("sized", True)
            whole = self.width() if not narrow else self.height()
            self.setSizes([whole * share // sum(self._shares) for share in self._shares])
