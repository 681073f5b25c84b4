"""A list at the leading side, its detail at the trailing side; no dialog between them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3

_NARROW = 900
_LEAST_LINES = 2


class _Splitter(QSplitter):
    """Says when it has laid its panes out."""

    laid_out = Signal()

    def event(self, event: QEvent) -> bool:
        """A pane has another least size."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.laid_out.emit()
        return done


class SplitInspector(QScrollArea):
    """Two panes side by side.

    Below 900 px (at 100 % text) the detail moves under the list, and both scroll together when
    the window is too low for them. Panes that are made as children of ``splitter`` are put in
    with ``hold``; they open sooner, for a finished widget that gets a new parent is dressed anew
    with all it holds.
    """

    def __init__(
        self,
        main: QWidget | None = None,
        detail: QWidget | None = None,
        *,
        shares: tuple[int, int] = (3, 1),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shares = shares
        self._moved = False
        self.splitter = _Splitter(Qt.Orientation.Horizontal)
        self.splitter.laid_out.connect(self._share)
        self.splitter.splitterMoved.connect(self._on_moved)
        self.splitter.setProperty("role", "scroll")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(SPACE_3)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(self.splitter)
        self._mirror()
        if main is not None and detail is not None:
            self.hold(main, detail)

    def _mirror(self) -> None:
        # From right to left QSplitter lays its panes one pixel too far.
        self.splitter.setContentsMargins(0, 0, 1 if self.isRightToLeft() else 0, 0)

    def hold(self, main: QWidget, detail: QWidget) -> None:
        """Put the panes in."""
        for widget in (main, detail):
            self.splitter.addWidget(widget)
        for place, share in enumerate(self._shares):
            self.splitter.setStretchFactor(place, share)

    def minimumSizeHint(self) -> QSize:
        """As wide as its panes need; as low as the window is, with a few lines to be seen."""
        bar = self.verticalScrollBar().sizeHint().width()
        size = super().minimumSizeHint()
        # Side by side they may lie below each other instead, which is narrower.
        panes = (self.splitter.widget(place) for place in range(self.splitter.count()))
        widths = (pane.minimumSizeHint().width() for pane in panes if pane is not None)
        widest = max(widths, default=0)
        lines = _LEAST_LINES * look().tall_row_height
        return QSize(max(widest + bar, size.width()), max(lines, size.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand or lie, as the width allows."""
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs more width."""
        super().changeEvent(event)
        if not hasattr(self, "splitter"):
            return
        if event.type() == QEvent.Type.StyleChange:
            self._turn()
        elif event.type() == QEvent.Type.LayoutDirectionChange:
            self._mirror()

    def _turn(self) -> None:
        narrow = self.width() < look().px(_NARROW)
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if wanted != self.splitter.orientation():
            self.splitter.setOrientation(wanted)
            self._moved = False
        self._share()

    def _share(self) -> None:
        """Give each pane its part; again after panes that were in the way became smaller."""
        if self._moved or self.width() <= 0:
            return
        lies = self.splitter.orientation() == Qt.Orientation.Vertical
        whole = self.height() if lies else self.width()
        self.splitter.setSizes([whole * share // sum(self._shares) for share in self._shares])

    def _on_moved(self) -> None:
        self._moved = True  # from here on the panes lie as the person wants them
