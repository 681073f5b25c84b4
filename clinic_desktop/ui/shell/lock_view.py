"""The lock screen: who works here, and the way in."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.clock import Clock
from clinic_desktop.i18n import _, current
from clinic_desktop.security.vault import Vault
from clinic_desktop.ui.shell.user_tile import UserTile
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_5
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label

_CLOCK_MS = 5_000
_FIELD_WIDTH = 240
_PER_ROW = 5


class LockView(QWidget):
    """Tiles of the people, a password field, and nothing of any patient."""

    unlock_requested = Signal(str, str)
    """Login and password."""

    def __init__(self, vault: Vault, clock: Clock, login: str = "") -> None:
        super().__init__()
        self.setObjectName("lock")
        self._clock = clock
        self._tiles: dict[str, UserTile] = {}
        self._build(vault)
        logins = list(self._tiles)
        self._choose(login if login in self._tiles else logins[0] if logins else "")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_time)
        self._timer.start(_CLOCK_MS)
        self._show_time()

    def _build(self, vault: Vault) -> None:
        self._time = Label("", tone="muted")
        name = Label(vault.name or _("Clinic Desktop"), "page", wrap=True)
        self.message = Label("", wrap=True)
        for label in (self._time, name, self.message):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_5, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_2)
        column.addStretch(2)
        column.addWidget(name)
        column.addWidget(self._time)
        column.addSpacing(SPACE_5)
        column.addLayout(self._make_tiles(vault))
        column.addSpacing(SPACE_5)
        column.addLayout(self._make_entry())
        column.addWidget(self.message)
        column.addStretch(3)

    def _make_tiles(self, vault: Vault) -> QGridLayout:
        tiles = QGridLayout()
        tiles.setSpacing(SPACE_2)
        tiles.setColumnStretch(0, 1)
        tiles.setColumnStretch(_PER_ROW + 1, 1)
        self._group = QButtonGroup(self)
        slots = sorted(vault.slots, key=lambda slot: slot.name.casefold())
        for index, slot in enumerate(slots):
            tile = UserTile(slot.login, slot.name)
            tile.clicked.connect(lambda _on=False, login=slot.login: self._choose(login))
            self._group.addButton(tile)
            self._tiles[slot.login] = tile
            tiles.addWidget(tile, index // _PER_ROW, 1 + index % _PER_ROW)
        return tiles

    def _make_entry(self) -> QHBoxLayout:
        self.password = QLineEdit()
        self.password.setObjectName("lock.password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setAccessibleName(_("Password"))
        self.password.setPlaceholderText(_("Password"))
        self.password.setMinimumWidth(_FIELD_WIDTH)
        self.password.returnPressed.connect(self._submit)
        self.unlock = Button(_("Unlock"), "primary")
        self.unlock.setObjectName("lock.unlock")
        self.unlock.clicked.connect(self._submit)
        row = QHBoxLayout()
        row.setSpacing(SPACE_2)
        row.addStretch(1)
        row.addWidget(self.password)
        row.addWidget(self.unlock)
        row.addStretch(1)
        return row

    def _choose(self, login: str) -> None:
        if login not in self._tiles:
            return
        self._tiles[login].setChecked(True)
        self.password.clear()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_keyboard()

    @property
    def login(self) -> str:
        """Who was chosen."""
        return next((login for login, tile in self._tiles.items() if tile.isChecked()), "")

    def _submit(self) -> None:
        if self.login and self.password.text() and self.password.isEnabled():
            self.set_busy(True)
            self.unlock_requested.emit(self.login, self.password.text())

    def set_busy(self, busy: bool) -> None:
        """While the key is derived nothing can be typed twice."""
        self.password.setEnabled(not busy)
        self.unlock.setEnabled(not busy)
        if busy:
            self._say(_("Opening the record…"), "muted")

    def refuse(self, sentence: str) -> None:
        """Say why not, and let the person try again."""
        self.set_busy(False)
        self.password.selectAll()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(sentence, "danger")
        announce(self.message, sentence)

    def _say(self, sentence: str, tone: str) -> None:
        self.message.set_tone(tone)
        self.message.setText(sentence)

    def _show_time(self) -> None:
        now: datetime = self._clock.now()
        language = current()
        day = language.date(language.local(now).date(), "full")
        self._time.setText(f"{day}  ·  {language.time(now)}")

    def _show_keyboard(self) -> None:
        layout = QGuiApplication.inputMethod().locale().nativeLanguageName()
        words = [_("Keyboard: {language}").format(language=layout)] if layout else []
        self._say("  ·  ".join(words), "muted")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+digit chooses a person, as it chooses a screen elsewhere."""
        digit = event.key() - Qt.Key.Key_1
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and 0 <= digit < len(
            self._tiles
        ):
            self._choose(list(self._tiles)[digit])
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The password can be typed at once."""
        super().showEvent(event)
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def changeEvent(self, event: QEvent) -> None:
        """Show dates in the new language at once."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show_time()
