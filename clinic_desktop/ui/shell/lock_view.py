"""The lock screen: who works here, and the way in."""

from __future__ import annotations

import math
from datetime import datetime

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLineEdit

from clinic_desktop.clock import Clock
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.security.attempts import Attempts, wait_words
from clinic_desktop.security.vault import Vault
from clinic_desktop.ui.core.backup_words import backup_tone, backup_words
from clinic_desktop.ui.shell.user_tile import TILE_WIDTH, UserTile
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4, SPACE_5, SPACE_6
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.password_edit import PasswordEdit

_CLOCK_MS = 5_000
_COUNT_MS = 500
_FIELD_WIDTH = 220
_MOST_PER_ROW = 5
_MOST_CODE_LETTERS = 40


class LockView(ScrollPage):
    """Tiles of the people, a password field, and nothing of any patient."""

    unlock_requested = Signal(str, str, str)
    """Login, password, and the code of the second factor once it was asked for."""
    sheet_wanted = Signal(str)
    """The recovery sheet is to be used; the login that was chosen."""
    restore_wanted = Signal(str)
    """A backup is to be brought back; the login that was chosen."""
    salvage_wanted = Signal(str, str)
    """What can be read of a damaged record is to be saved; login and password."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        login: str = "",
        backup: datetime | None = None,
        *,
        may_restore: bool = False,
        attempts: Attempts | None = None,
    ) -> None:
        super().__init__()
        self._attempts = attempts
        self._pins: frozenset[str] = frozenset()
        self.setObjectName("lock")
        self.setProperty("role", "page")
        self._clock = clock
        self._tiles: dict[str, UserTile] = {}
        self._columns = 0
        self._caps = False
        self._held: dict[str, tuple[str, float]] = {}
        """By login: why it has to wait, and until which uptime of the PC."""
        self._countdown = QTimer(self)
        self._countdown.setInterval(_COUNT_MS)
        self._countdown.timeout.connect(self._count_down)
        self._build(vault, backup)
        self.restore.setVisible(may_restore)
        logins = list(self._tiles)
        self._choose(login if login in self._tiles else logins[0] if logins else "")
        QGuiApplication.inputMethod().localeChanged.connect(self._show_keyboard)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_time)
        self._timer.start(_CLOCK_MS)
        self._show_time()

    def _build(self, vault: Vault, backup: datetime | None) -> None:
        self._time = Label("", tone="muted")
        name = Label(vault.name or _("Clinic Desktop"), "page", wrap=True)
        self.message = Label("", wrap=True)
        self.keyboard = Label("", tone="muted", wrap=True)
        now = self._clock.now()
        foot = Label(backup_words(backup, now), tone=backup_tone(backup, now), wrap=True)
        for label in (self._time, name, self.message, self.keyboard, foot):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sheet = Button(_("Use the recovery sheet"), "link")
        self.sheet.setObjectName("lock.sheet")
        self.sheet.clicked.connect(lambda: self.sheet_wanted.emit(self.login))
        self.restore = Button(_("Bring a backup back"), "link")
        self.restore.setObjectName("lock.restore")
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(self.login))
        self.salvage = Button(_("Save what can be read"), "link")
        self.salvage.setObjectName("lock.salvage")
        self.salvage.clicked.connect(self._on_salvage)
        self.salvage.hide()
        self._make_tiles(vault)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE_2)
        column = self.column
        column.setSpacing(SPACE_2)
        column.addStretch(2)
        column.addWidget(name)
        column.addWidget(self._time)
        column.addSpacing(SPACE_6)
        column.addLayout(self._grid)
        column.addSpacing(SPACE_4)
        column.addLayout(self._make_entry())
        column.addWidget(self.keyboard)
        column.addWidget(self.message)
        column.addSpacing(SPACE_4)
        column.addWidget(self.sheet, 0, Qt.AlignmentFlag.AlignHCenter)
        for link in (self.restore, self.salvage):
            column.addWidget(link, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        column.addWidget(foot)
        self.message.hide()

    def _make_tiles(self, vault: Vault) -> None:
        self._group = QButtonGroup(self)
        for slot in sorted(vault.slots, key=lambda slot: slot.name.casefold()):
            tile = UserTile(slot.login, slot.name)
            tile.clicked.connect(lambda _on=False, login=slot.login: self._choose(login))
            self._group.addButton(tile)
            self._tiles[slot.login] = tile

    def _make_entry(self) -> QHBoxLayout:
        self.password = PasswordEdit(_("Password"))
        self.password.setObjectName("lock.password")
        self.password.setPlaceholderText(_("Password"))
        self.password.returnPressed.connect(self._submit)
        self.password.caps_changed.connect(self._on_caps)
        self.code = QLineEdit()
        self.code.setObjectName("lock.code")
        self.code.setPlaceholderText(_("Code from your phone"))
        self.code.setAccessibleName(_("Code from your phone"))
        self.code.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.code.setMaxLength(_MOST_CODE_LETTERS)
        self.code.returnPressed.connect(self._submit)
        self.code.hide()
        self.unlock = Button(_("Unlock"), "primary")
        self.unlock.setObjectName("lock.unlock")
        self.unlock.clicked.connect(self._submit)
        row = QHBoxLayout()
        row.setSpacing(SPACE_2)
        row.addStretch(1)
        row.addWidget(self.password)
        row.addWidget(self.code)
        row.addWidget(self.unlock)
        row.addStretch(1)
        return row

    # ------------------------------------------------------------ who

    def _choose(self, login: str) -> None:
        if login not in self._tiles:
            return
        self._tiles[login].setChecked(True)
        for each, tile in self._tiles.items():  # one stop for the Tab key
            stop = Qt.FocusPolicy.StrongFocus if each == login else Qt.FocusPolicy.ClickFocus
            tile.setFocusPolicy(stop)
        self.password.clear()
        self._end_code()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say("", "muted")
        self._show_what_to_type()
        self._show_keyboard()
        announce(self, self._tiles[login].accessibleName())
        wait = self._attempts.wait(login) if self._attempts else 0
        if wait and login not in self._held:  # it was tried before the program was started
            self._held[login] = (_("Too many wrong passwords."), self._clock.uptime() + wait)
        if self._held:
            self._countdown.start()
            self._count_down()

    @property
    def login(self) -> str:
        """Who was chosen."""
        return next((login for login, tile in self._tiles.items() if tile.isChecked()), "")

    def _step(self, by: int) -> None:
        logins = list(self._tiles)
        if logins:
            self._choose(logins[(logins.index(self.login) + by) % len(logins)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+digit chooses a person, as it chooses a screen elsewhere; so do the arrows.

        The password field lets through what it has no use for: up and down.
        """
        digit = event.key() - Qt.Key.Key_1
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Left: 1 if rtl else -1,
            Qt.Key.Key_Right: -1 if rtl else 1,
        }
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and 0 <= digit < len(
            self._tiles
        ):
            self._choose(list(self._tiles)[digit])
        elif event.key() in steps:
            self._step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ the way in

    def _submit(self) -> None:
        if self.login and self.password.text() and self.unlock.isEnabled():
            self.set_busy(True)
            self.unlock_requested.emit(self.login, self.password.text(), self.code.text())

    def set_busy(self, busy: bool) -> None:
        """While the key is derived nothing can be typed twice."""
        for field in (self.password, self.code, self.unlock):
            field.setEnabled(not busy)
        if busy:
            self._say(_("Opening the record…"), "muted")

    def refuse(self, sentence: str) -> None:
        """Say why not, and let the person try again."""
        self.set_busy(False)
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(sentence, "danger")
        announce(self.message, sentence)

    def ask_code(self, sentence: str) -> None:
        """The password is right; the code of the second factor is wanted in its place."""
        self.password.hide()
        self.code.show()
        self.set_busy(False)
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(sentence, "muted")
        announce(self.message, sentence)

    def _end_code(self) -> None:
        self.code.clear()
        self.code.hide()
        self.password.show()

    @property
    def _field(self) -> QLineEdit:
        """What is to be typed next."""
        return self.password if self.code.isHidden() else self.code

    def hold(self, sentence: str, seconds: int) -> None:
        """Say that this person has to wait, and how long still; the others need not."""
        self.refuse(sentence)
        self._held[self.login] = (sentence, self._clock.uptime() + seconds)
        self._countdown.start()
        self._count_down()

    def _count_down(self) -> None:
        now = self._clock.uptime()
        sentence, until = self._held.get(self.login, ("", 0.0))
        left = math.ceil(until - now)
        for field in (self.password, self.code, self.unlock):
            field.setEnabled(left <= 0)
        if left > 0:
            words = wait_words(left)
            is_password = left > 30 and self.code.isHidden()
            forgot = _("Forgotten? An owner can give you a new password.") if is_password else ""
            self._say(" ".join(filter(None, (sentence, words, forgot))), "danger")
        elif self._held.pop(self.login, None):
            self._say(_("You can try again now."), "muted")
            announce(self.message, _("You can try again now."))
            self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        if not any(until > now for _why, until in self._held.values()):
            self._countdown.stop()

    def offer_pins(self, logins: frozenset[str]) -> None:
        """These people were here before: their PIN is enough."""
        self._pins = logins
        self._show_what_to_type()

    def _show_what_to_type(self) -> None:
        words = _("Password or PIN") if self.login in self._pins else _("Password")
        self.password.setPlaceholderText(words)
        self.password.setAccessibleName(words)

    def offer_sheet(self, sentence: str) -> None:
        """No password opens the record here any more; the recovery sheet does."""
        self.refuse(sentence)
        self.sheet.setFocus(Qt.FocusReason.TabFocusReason)

    def offer_rescue(self, sentence: str) -> None:
        """The record is damaged: a backup, or what can still be read of it."""
        self.refuse(sentence)
        self.salvage.show()
        self.restore.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_salvage(self) -> None:
        if self.login and self.password.text():
            self.set_busy(True)
            self._say(_("Saving what can be read…"), "muted")
            self.salvage_wanted.emit(self.login, self.password.text())

    def tell(self, sentence: str) -> None:
        """Something was done; the person signs in now."""
        self.set_busy(False)
        self._say(sentence, "muted")
        announce(self.message, sentence)

    def _say(self, sentence: str, tone: str) -> None:
        self.message.set_tone(tone)
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _on_caps(self, on: bool) -> None:
        self._caps = on
        self._show_keyboard()
        if on:
            announce(self.keyboard, _("Caps Lock is on"))

    def _show_keyboard(self) -> None:
        layout = QGuiApplication.inputMethod().locale().nativeLanguageName()
        words = [_("Keyboard: {language}").format(language=isolate(layout))] if layout else []
        words += [_("Caps Lock is on")] if self._caps else []
        self.keyboard.set_tone("warn" if self._caps else "muted")
        self.keyboard.setText("  ·  ".join(words))

    def _show_time(self) -> None:
        now: datetime = self._clock.now()
        language = current()
        day = language.date(language.local(now).date(), "EEEE d MMMM y")
        self._time.setText(f"{day}  ·  {language.time(now)}")

    # ------------------------------------------------------------ room

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many tiles in a row as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = self.viewport().width() - 2 * SPACE_5
        fitting = max(room // (look().px(TILE_WIDTH) + SPACE_2), 1)
        columns = min(fitting, _MOST_PER_ROW, max(len(self._tiles), 1))
        for field in (self.password, self.code):
            field.setFixedWidth(min(look().px(_FIELD_WIDTH), room // 2))
        if columns == self._columns:
            return
        if self._columns:
            self._grid.setColumnStretch(self._columns + 1, 0)
        self._columns = columns
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(columns + 1, 1)
        for place, tile in enumerate(self._tiles.values()):
            self._grid.addWidget(tile, place // columns, 1 + place % columns)

    def showEvent(self, event: QShowEvent) -> None:
        """The password can be typed at once."""
        super().showEvent(event)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def changeEvent(self, event: QEvent) -> None:
        """Dates in the new language, tiles of the new size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._show_time()
        elif event.type() == QEvent.Type.StyleChange:
            self._arrange()
