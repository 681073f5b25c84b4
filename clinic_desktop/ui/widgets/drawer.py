"""A sheet that slides in from the trailing edge instead of a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QEvent, QPoint, QPropertyAnimation, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SLIDE_MS, SPACE_2, SPACE_4, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.card import SectionHeader
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.overlay import HostWatch, Scrim, focus_stops, step_focus
from clinic_desktop.ui.widgets.page import ScrollPage

_REPLACES = (QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange)
_ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Drawer(QFrame):
    """A sheet over ``host``. Esc closes it and the focus goes back where it was.

    Put content in ``body``, name the one primary action with ``set_primary``.
    ``submitted(print_too)`` on Ctrl+Return or the primary button (with Shift: print too),
    ``closed`` when it is gone. When ``may_close`` refuses, for work that is not saved, the sheet
    asks whether to throw it away.
    """

    submitted = Signal(bool)
    closed = Signal()

    def __init__(self, host: QWidget, title: str, *, width: int = 460) -> None:
        super().__init__(host)
        self._host, self._wanted_width = host, width
        self._back: QWidget | None = None
        self._typed_in: QWidget | None = None
        self._closing = False
        self.may_close: Callable[[], bool] = lambda: True
        self.primary: Button | None = None
        self.setProperty("role", "drawer")
        # Before it is first dressed: Qt keeps the room for the edge at the side it was at then.
        self.setProperty("rtl", "true" if self._rtl() else "false")
        self.setAccessibleName(title)
        self._scrim = Scrim(host)
        self._scrim.clicked.connect(self.close_drawer)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.finished.connect(self._on_slid)
        HostWatch(host, self).resized.connect(self._place)
        self._build(title)
        self.hide()

    def _build(self, title: str) -> None:
        self.header = SectionHeader(title, role="name")
        close = IconButton(Icon.CLOSE, _("Close (Esc)"))
        close.clicked.connect(self.close_drawer)
        self.header.add_action(close)
        self._scroll = ScrollPage()
        self.body = self._scroll.column
        self.body.setContentsMargins(SPACE_5, SPACE_2, SPACE_5, SPACE_4)
        self.body.setSpacing(SPACE_4)
        self._bar = QFrame()
        self._bar.setProperty("role", "drawer-bar")
        self._bar.hide()
        self._bar_row = QHBoxLayout(self._bar)
        self._bar_row.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_4)
        self._bar_row.addStretch(1)
        self._question = Notice(Tone.WARN, _("What is typed here is not saved."))
        self._go_on = self._question.add_action(_("Go on with it"), self._on_go_on)
        self._question.add_action(_("Throw it away"), self._on_thrown_away)
        self._question.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE_4, 0, 0)
        column.setSpacing(SPACE_2)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE_5, 0, SPACE_5, 0)
        top.addWidget(self.header)
        column.addLayout(top)
        asked = QHBoxLayout()
        asked.setContentsMargins(SPACE_5, 0, SPACE_5, 0)
        asked.addWidget(self._question)
        column.addLayout(asked)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._bar)

    def set_primary(self, text: str, icon: str = "") -> Button:
        """The one main action, at the bottom; Ctrl+Return presses it."""
        if self.primary is None:
            self.primary = Button(text, "primary", icon, shortcut="Ctrl+Return", show_shortcut=True)
            # The drawer hears the keys itself, so that two open sheets never share a shortcut.
            self.primary.setShortcut("")
            self.primary.clicked.connect(lambda: self.submitted.emit(False))
            self._bar_row.addWidget(self.primary)
            self._bar.show()
        else:
            self.primary.set_text(text)
        return self.primary

    def add_secondary(self, text: str, run: Callable[[], object]) -> Button:
        """Another action, before the primary one."""
        button = Button(text, "secondary")
        button.clicked.connect(lambda: run())  # noqa: PLW0108 - clicked brings a bool along
        place = self._bar_row.count() - (1 if self.primary is not None else 0)
        self._bar_row.insertWidget(place, button)
        self._bar.show()
        return button

    def open(self) -> None:
        """Slide in and take the focus."""
        self._back = QApplication.focusWidget()
        self._closing = False
        self._scrim.cover(self._host)
        self._scrim.show()
        self._scrim.raise_()
        toggle(self, "rtl", "true" if self._rtl() else "false")
        self._place()
        self.show()
        self.raise_()
        self._run(self._outside(), self._inside())
        stops = focus_stops(self)
        # The close button comes first in the chain; the first field is wanted.
        if stops:
            stops[1 if len(stops) > 1 else 0].setFocus(Qt.FocusReason.TabFocusReason)

    def close_drawer(self) -> None:
        """Slide out; while ``may_close`` says no, ask first."""
        if self._closing or not self.isVisible():
            return
        if not self.may_close():
            self._ask()
            return
        self._closing = True
        self._scrim.hide()
        if self._back is not None and isValid(self._back) and self._back.isVisible():
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)
        self._run(self._inside(), self._outside())

    @property
    def is_closing(self) -> bool:
        """Whether it is on its way out."""
        return self._closing

    def _ask(self) -> None:
        focus = QApplication.focusWidget()
        if not self._question.isVisible() and focus is not None and self.isAncestorOf(focus):
            self._typed_in = focus
        self._question.show()
        self._question.say()
        self._go_on.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_go_on(self) -> None:
        self._question.hide()
        if self._typed_in is not None and isValid(self._typed_in):
            self._typed_in.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_thrown_away(self) -> None:
        self.may_close = lambda: True
        self.close_drawer()

    def _run(self, start: QPoint, end: QPoint) -> None:
        self._slide.stop()
        if not look().motion:
            self.move(end)
            self._on_slid()
            return
        self._slide.setDuration(SLIDE_MS)
        self._slide.setStartValue(start)
        self._slide.setEndValue(end)
        self._slide.start()

    def _on_slid(self) -> None:
        if self._closing:
            self._closing = False
            self.hide()
            self.closed.emit()

    def _rtl(self) -> bool:
        return self._host.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def _inside(self) -> QPoint:
        return QPoint(0 if self._rtl() else self._host.width() - self.width(), 0)

    def _outside(self) -> QPoint:
        return QPoint(-self.width() if self._rtl() else self._host.width(), 0)

    def _place(self) -> None:
        # Longer words need a wider sheet, for nothing in it scrolls sideways.
        width = max(look().px(self._wanted_width), self.minimumSizeHint().width())
        width = min(width, self._host.width())
        self.resize(width, self._host.height())
        self._scrim.cover(self._host)
        if self.isVisible() and not self._closing:
            self.move(self._inside())

    def changeEvent(self, event: QEvent) -> None:
        """A larger text needs a wider sheet, another direction the other side."""
        super().changeEvent(event)
        if event.type() in _REPLACES and hasattr(self, "_slide"):
            toggle(self, "rtl", "true" if self._rtl() else "false")
            self._place()

    def event(self, event: QEvent) -> bool:
        """Grow with content that came later."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; Ctrl+Return submits, with Shift it prints too."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.close_drawer()
        elif event.key() in _ENTERS and control and not event.isAutoRepeat():
            if self.primary is not None and self.primary.isEnabled():
                shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self.submitted.emit(shift)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 - Qt's signature
        """Tab stays inside while the sheet is open."""
        return step_focus(self, forward=next)
