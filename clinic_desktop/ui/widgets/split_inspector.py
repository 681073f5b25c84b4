"""A list at the leading side, its detail at the trailing side; no dialog between them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3

_NARROW = 900


class SplitInspector(QScrollArea):
    """Two panes side by side.

    Below 900 px (at 100 % text) the detail moves under the list, and both scroll together when
    the window is too low for them.
    """

    def __init__(
        self,
        main: QWidget,
        detail: QWidget,
        *,
        shares: tuple[int, int] = (3, 1),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shares = shares
        self._sized = False
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setProperty("role", "scroll")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACE_3)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(self.splitter)
        # The panes come last: whatever is given another parent is dressed anew with all it holds.
        for place, widget in enumerate((main, detail)):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(place, shares[place])

    def minimumSizeHint(self) -> QSize:
        """As wide as its panes need; as low as the window is."""
        bar = self.verticalScrollBar().sizeHint().width()
        size = super().minimumSizeHint()
        # Side by side they may lie below each other instead, which is narrower.
        panes = (self.splitter.widget(place) for place in range(self.splitter.count()))
        widest = max(pane.minimumSizeHint().width() for pane in panes if pane is not None)
        return QSize(max(widest + bar, size.width()), size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand or lie, as the width allows."""
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs more width."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "splitter"):
            self._turn()

    def _turn(self) -> None:
        narrow = self.width() < look().px(_NARROW)
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if wanted != self.splitter.orientation():
            self.splitter.setOrientation(wanted)
            self._sized = False
        if not self._sized and self.width() > 0:
            self._sized = True
            whole = self.height() if narrow else self.width()
            self.splitter.setSizes([whole * share // sum(self._shares) for share in self._shares])
