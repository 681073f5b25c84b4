"""A short message at the bottom of the window, with Undo."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget
from shiboken6 import isValid

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_6, TOAST_MS
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.overlay import HostWatch

_REPLACES = (QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange)
_toasts: WeakSet[Toast] = WeakSet()


def toasts_in(window: QWidget) -> list[QRect]:
    """Where toasts lie in a window now; nothing is painted over them."""
    shown = [each for each in _toasts if isValid(each) and each.isVisible()]
    return [
        QRect(each.mapTo(window, QPoint(0, 0)), each.size())
        for each in shown
        if each.window() is window
    ]


class Toast(QFrame):
    """One per host; ``show_message`` replaces what it said.

    It stays while the pointer or the focus is on it. ``expired`` when its time is over:
    the moment after which what it announced can no longer be taken back from here.
    """

    expired = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        _toasts.add(self)
        self._host = host
        self._run: Callable[[], object] | None = None
        self.setProperty("role", "toast")
        self.label = Label("", wrap=False)
        self.button = Button(_("Undo"))
        self.button.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        row.setSpacing(SPACE_4)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOAST_MS)
        self._timer.timeout.connect(self._on_timeout)
        HostWatch(host, self).resized.connect(self._place)
        self.hide()

    def show_message(
        self,
        text: str,
        action: str = "",
        run: Callable[[], object] | None = None,
    ) -> None:
        """Say it, with one button (usually Undo); a screen reader speaks it too."""
        if self._timer.isActive():
            self.expired.emit()
        self._run = run
        self.label.setText(text)
        self.button.set_text(action or _("Undo"))
        self.button.setVisible(run is not None)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()
        announce(self, text)

    def dismiss(self) -> None:
        """Take it away."""
        self._timer.stop()
        self.hide()

    def _on_clicked(self) -> None:
        run, self._run = self._run, None
        self.dismiss()
        if run is not None:
            run()

    def _on_timeout(self) -> None:
        if self.underMouse() or self.button.hasFocus():
            self._timer.start()
            return
        self.dismiss()
        self.expired.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Wait for the pointer to go."""
        super().enterEvent(event)
        self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size and the direction."""
        super().changeEvent(event)
        if event.type() in _REPLACES and hasattr(self, "_timer"):
            self._place()

    def _place(self) -> None:
        room = self._host.width() - 2 * SPACE_6
        self.label.setWordWrap(False)
        if self.sizeHint().width() > room:
            self.label.setWordWrap(True)
        self.setFixedWidth(min(self.sizeHint().width(), room))
        self.adjustSize()
        # Before the middle: the rail stands at the leading edge, a drawer at the trailing one.
        rtl = self._host.layoutDirection() == Qt.LayoutDirection.RightToLeft
        third = max(SPACE_6, min(self._host.width() // 10, room - self.width() + SPACE_6))
        left = self._host.width() - self.width() - third if rtl else third
        self.move(left, self._host.height() - self.height() - SPACE_6)


def toast_of(host: QWidget) -> Toast:
    """The toast of a window, made at the first message."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return host.findChild(Toast, options=direct) or Toast(host)
