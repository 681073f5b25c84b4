"""Grey bars where content will be; they show only when it takes longer than a blink."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLayout, QScrollArea, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import RADIUS_CARD, SKELETON_AFTER_MS, SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.pages import Pages

_SHARES = (0.55, 0.8, 0.7, 0.35, 0.75, 0.6, 0.8, 0.45)


class Skeleton(QWidget):
    """Bars in the rhythm of text; read out as "Loading"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Loading"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """As many bars as there is room for."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().color("sunken"))
        height, y, line = look().metrics().height(), float(SPACE_4), 0
        room = self.width() - 2 * SPACE_4
        while y + height < self.height():
            width = room * _SHARES[line % len(_SHARES)]
            left = self.width() - SPACE_4 - width if self._rtl() else SPACE_4
            painter.drawRoundedRect(QRectF(left, y, width, height), RADIUS_CARD, RADIUS_CARD)
            y, line = y + height + SPACE_3, line + 1
        painter.end()

    def _rtl(self) -> bool:
        return self.layoutDirection() == Qt.LayoutDirection.RightToLeft


class Loading(Pages):
    """A widget that hides behind a skeleton while its content is on the way."""

    late = Signal()
    """It takes longer than a blink; whoever has a part of the content may show it now."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content, self._skeleton = content, Skeleton()
        self._error = EmptyState(Icon.ERROR, "")
        self._blank = QWidget()
        for page in (content, self._skeleton, self._blank, self._error):
            self.addWidget(page)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SKELETON_AFTER_MS)
        self._timer.timeout.connect(lambda: self.setCurrentWidget(self._skeleton))
        self._timer.timeout.connect(self.late)

    def begin(self) -> None:
        """Another thing was asked for: nothing of the one before may stay in sight."""
        focus = QApplication.focusWidget()
        if focus is not None and self._content.isAncestorOf(focus):
            self.setFocus()  # Qt would give it to the next control of the window, and speak that
        self.setCurrentWidget(self._blank)
        self._timer.start()

    def fail(self, sentence: str, hint: str = "") -> None:
        """It cannot be shown, and why."""
        self._timer.stop()
        self._error.set_words(Icon.ERROR, sentence, hint)
        self.setCurrentWidget(self._error)

    def end(self) -> None:
        """It is here."""
        self._timer.stop()
        if self.currentWidget() is not self._content:
            _lay_out(self._content)
        self.setCurrentWidget(self._content)


def _lay_out(page: QWidget) -> None:
    """Lay out a page that is about to be seen, its innermost parts first.

    Qt does so from outside when it is shown: each part then tells the one around it that it needs
    another size, which is heard after the first picture. Cards would be seen to move.
    """
    for layout in reversed(page.findChildren(QLayout)):
        layout.activate()
    for area in page.findChildren(QScrollArea):  # whether it needs its bar
        QCoreApplication.sendEvent(area, QEvent(QEvent.Type.LayoutRequest))
