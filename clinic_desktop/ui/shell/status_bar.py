"""The line below every screen: when it was saved, what this PC does alone, where help is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.core.backup_words import backup_tone, backup_words
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.exchange_words import short
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_4
from clinic_desktop.ui.widgets.label import Label


class PressedLabel(Label):
    """Words that lead on by a click, and wrap, which a button's cannot.

    Keys go there by an action of the desk: below every screen it would be a stop between any two.
    """

    pressed = Signal()

    def __init__(self, text: str, role: str, tone: str) -> None:
        super().__init__(text, role, tone, wrap=True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()


class StatusBar(QFrame):
    """Only what is true: nothing is shown green that was not verified."""

    place_wanted = Signal()
    """Somebody wants to know more about where the record is."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "statusbar")
        self._context = context
        self.saved = Label("", "caption", "muted")
        self.saved.hide()
        # With large text the two sentences go on in a second line instead of widening the window.
        self.place = PressedLabel(_("Everything is on this PC, encrypted"), "caption", "muted")
        self.place.setToolTip(_("Show how the exchange with other PCs stands (Ctrl+Shift+E)"))
        self.place.pressed.connect(self.place_wanted)
        self.backup = Label("", "caption", "muted", wrap=True)
        self.backup.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        keys = Label(_("{key} shows the keys").format(key=isolate("F1")), "caption", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_4, SPACE_1, SPACE_4, SPACE_1)
        row.setSpacing(SPACE_4)
        row.addWidget(self.saved)
        row.addWidget(self.place, 1)
        row.addWidget(self.backup, 1)
        row.addWidget(keys)
        context.backups.changed.connect(self._show_backup)
        context.exchange.changed.connect(self._show_place)
        self._show_backup()

    def _show_backup(self) -> None:
        keeper = self._context.backups
        made, now = keeper.last_at, self._context.clock.now()
        self._show_place()
        text = _("Making a backup…") if keeper.is_running else backup_words(made, now)
        self.backup.setText(text)
        self.backup.set_tone("muted" if keeper.is_running else backup_tone(made, now))

    def _show_place(self) -> None:
        """The disk where it is almost full; else the exchange, or that there is none."""
        left = self._context.backups.room_left
        if left is not None:
            words = _("The disk is almost full: {size} MB are free")
            self.place.setText(words.format(size=isolate(current().number(left // 1_000_000))))
            self.place.set_tone("warn")
            return
        text, tone = short(self._context.exchange, self._context.clock.now())
        self.place.setText(text or _("Everything is on this PC, encrypted"))
        self.place.set_tone(tone)

    def show_saved(self) -> None:
        """The record has just taken a change."""
        time = self._context.language.time(self._context.clock.now())
        self.saved.setText(_("Saved {time}").format(time=time))
        self.saved.show()
