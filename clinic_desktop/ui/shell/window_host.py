"""What the window does for its screens: drawers, toasts, errors, questions, the list of keys."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.shell.key_list import KeyList
from clinic_desktop.ui.shell.question import Question
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.drawer import Drawer
from clinic_desktop.ui.widgets.focus_chain import proxy_of
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.toast import Toast

log = logging.getLogger(__name__)
_KEYS_WIDTH = 420


class WindowHost(QObject):
    """One per desk; ``surface`` is the widget that drawers and toasts cover."""

    def __init__(self, surface: QWidget) -> None:
        super().__init__(surface)
        self.surface = surface
        self._drawers: list[Drawer] = []
        self._toast = Toast(surface)
        self._error: Notice | None = None
        self._undo: Callable[[], None] | None = None
        self.halt: Callable[[], ClinicError | None] = lambda: None
        """Asked before a form that writes is shown: why nothing new may be begun."""

    def show_drawer(self, content: DrawerForm, title: str, *, width: int = 460) -> None:
        """Slide a form in over the screen; a drawer may lie over another.

        Where its words could not be saved nobody is let type them: the reason is shown instead.
        """
        why = self.halt() if content.writes else None
        if why is not None:
            content.was_closed()
            content.deleteLater()
            self.show_error(why)
            return
        drawer = Drawer(self.surface, title, width=width)
        drawer.body.addWidget(content, 1)
        drawer.may_close = content.may_close
        drawer.submitted.connect(content.submit)
        drawer.closed.connect(lambda: self._forget(drawer))
        drawer.closed.connect(content.was_closed)
        content.close_requested.connect(lambda: self._finish(drawer))
        for text, run in content.secondary():
            drawer.add_secondary(text, run)

        def show_primary() -> None:  # a form may know only later what there is to do
            if content.primary_text():
                drawer.set_primary(content.primary_text())

        show_primary()
        content.primary_changed.connect(show_primary)
        self._drawers.append(drawer)
        drawer.open()
        if proxy_of(content) is not None:  # where the form wants its keys to begin
            content.setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def has_drawer(self) -> bool:
        """Whether a form lies over the screen."""
        return bool(self._drawers)

    def submit_drawer(self, *, print_too: bool = False) -> bool:
        """Press the primary button of the drawer in front; False when none is open."""
        if not self._drawers:
            return False
        drawer = self._drawers[-1]
        if drawer.primary is not None and drawer.primary.isEnabled():
            drawer.submitted.emit(print_too)
        return True

    def close_drawer(self) -> None:
        """Slide the uppermost drawer out."""
        if self._drawers:
            self._drawers[-1].close_drawer()

    def leave_drawers(self) -> bool:
        """Close every form, for another place is wanted; False while one asks what to do."""
        for drawer in reversed(list(self._drawers)):
            drawer.close_drawer()
            if drawer in self._drawers and not drawer.is_closing:
                return False
        return True

    @property
    def drawer(self) -> Drawer | None:
        """The uppermost drawer."""
        return self._drawers[-1] if self._drawers else None

    def _finish(self, drawer: Drawer) -> None:
        if isValid(drawer):
            drawer.may_close = lambda: True
            drawer.close_drawer()

    def _forget(self, drawer: Drawer) -> None:
        if drawer in self._drawers:
            self._drawers.remove(drawer)
        drawer.deleteLater()

    def toast(self, text: str, undo: Callable[[], None] | None = None, action: str = "") -> None:
        """Say what was done, with a way back, which is Ctrl+Z's too unless it is another action."""
        if undo is not None and not action:
            undo = self.remember_undo(undo)
        self._toast.show_message(text, action, undo)

    def unsay(self, text: str) -> None:
        """Take a message away that is no longer true, if it still stands there."""
        if self._toast.label.text() == text:
            self._toast.dismiss()

    def remember_undo(self, undo: Callable[[], None]) -> Callable[[], None]:
        """What Ctrl+Z takes back from now on; works once."""

        def run() -> None:
            if self._undo is run:
                self._undo = None
                self._toast.dismiss()
                undo()

        self._undo = run
        return run

    def undo_last(self) -> None:
        """Take back what was done last."""
        if self._undo is not None and not self._drawers:
            self._undo()

    def show_error(self, error: Exception) -> None:
        """What happened, what was kept, what to do next; stays until it is dismissed."""
        if isinstance(error, ClinicError):
            title, text = error.message, " ".join(filter(None, (error.kept, error.hint)))
        else:
            log.error("Unexpected error", exc_info=error)
            title = _("Something went wrong that we did not expect.")
            text = _("What you saved before is safe. Please try again; if it happens again, "
                     "send us the log file.")  # fmt: skip
        if self._error is not None and isValid(self._error):
            self._error.deleteLater()
        self._error = Notice(Tone.DANGER, title, text, closable=True, parent=self.surface)
        self._error.closed.connect(self._error.hide)
        width = min(560, self.surface.width() - 2 * SPACE_4)
        self._error.setFixedSize(width, self._error.heightForWidth(width))
        self._error.move((self.surface.width() - self._error.width()) // 2, SPACE_4)
        self._error.show()
        self._error.raise_()
        self._error.say()

    @property
    def error(self) -> Notice | None:
        """The error shown, if any."""
        shown = self._error is not None and isValid(self._error) and self._error.isVisible()
        return self._error if shown else None

    def show_shortcuts(self, actions: tuple[Action, ...]) -> None:
        """Show what keys do here."""
        self.show_drawer(KeyList(actions), _("Keyboard shortcuts"), width=_KEYS_WIDTH)

    def confirm(self, title: str, text: str, verb: str, then: Callable[[], None]) -> None:
        """Ask before something that cannot be undone."""
        self.show_drawer(Question(text, verb, then), title)
