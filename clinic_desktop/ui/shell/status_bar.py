"""The line below every screen: when it was saved, what this PC does alone, where help is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.core.backup_words import backup_tone, backup_words
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_4
from clinic_desktop.ui.widgets.label import Label


class StatusBar(QFrame):
    """Only what is true: nothing is shown green that was not verified."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "statusbar")
        self._context = context
        self.saved = Label("", "caption", "muted")
        self.saved.hide()
        # With large text the two sentences go on in a second line instead of widening the window.
        self.place = Label(_("Everything is on this PC, encrypted"), "caption", "muted", wrap=True)
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
        self._show_backup()

    def _show_backup(self) -> None:
        keeper = self._context.backups
        made, now = keeper.last_at, self._context.clock.now()
        self._show_room(keeper.room_left)
        text = _("Making a backup…") if keeper.is_running else backup_words(made, now)
        self.backup.setText(text)
        self.backup.set_tone("muted" if keeper.is_running else backup_tone(made, now))

    def _show_room(self, left: int | None) -> None:
        if left is None:
            self.place.setText(_("Everything is on this PC, encrypted"))
            self.place.set_tone("muted")
        else:
            words = _("The disk is almost full: {size} MB are free")
            self.place.setText(words.format(size=isolate(current().number(left // 1_000_000))))
            self.place.set_tone("warn")

    def show_saved(self) -> None:
        """The record has just taken a change."""
        time = self._context.language.time(self._context.clock.now())
        self.saved.setText(_("Saved {time}").format(time=time))
        self.saved.show()
