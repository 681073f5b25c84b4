"""A new password, typed twice, with a sentence on how easily it is guessed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.passwords import Strength, strength
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new, is_common
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.password_edit import PasswordEdit

_TONES = {
    Strength.TOO_SHORT: "muted",
    Strength.WEAK: "warn",
    Strength.FAIR: "info",
    Strength.GOOD: "ok",
}


class NewPassword(QWidget):
    """``value()`` once both are the same and long enough."""

    changed = Signal()

    def __init__(self, least: int = LEAST_ALONE) -> None:
        super().__init__()
        self._least = least
        self._own_words: tuple[str, ...] = ()
        self.password = PasswordEdit(_("New password"))
        self.password.setObjectName("password.new")
        self.repeat = PasswordEdit(_("The same again"))
        self.repeat.setObjectName("password.repeat")
        self.form = Form(columns=2)
        self._first = self.form.add(_("New password"), self.password, required=True)
        self._second = self.form.add(_("The same again"), self.repeat, required=True)
        self.words = Label("", "caption", "muted", wrap=True)
        self._caps = Label(_("Caps Lock is on"), "caption", "warn")
        self._caps.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.form, self.words, self._caps):
            column.addWidget(widget)
        for field in (self.password, self.repeat):
            field.textChanged.connect(self._on_text)
            field.caps_changed.connect(self._caps.setVisible)
        self._on_text()

    def set_own_words(self, *words: str) -> None:
        """Names that others know make a password weak."""
        self._own_words = words
        self._on_text()

    def _on_text(self) -> None:
        text = self.password.text()
        found = strength(text, self._own_words)
        if len(text) < self._least:
            found = Strength.TOO_SHORT
        elif is_common(text):
            found = Strength.WEAK
        sentences = {
            Strength.TOO_SHORT: _(
                "At least {count} characters. A short sentence is easy to remember and hard to "
                "guess."
            ).format(count=self._least),
            Strength.WEAK: _("Easy to guess: others know these words, or they are tried first."),
            Strength.FAIR: _("Not bad. A few more words make it strong."),
            Strength.GOOD: _("A strong password."),
        }
        self.words.set_tone(_TONES[found])
        self.words.setText(sentences[found])
        for row in (self._first, self._second):
            row.set_error("")
        self.changed.emit()

    def value(self) -> str:
        """The password; empty while it cannot be used."""
        password = self.password.text()
        try:
            check_new(password, self._own_words, self._least)
        except ValidationError:
            return ""
        return password if password == self.repeat.text() else ""

    def show_error(self) -> bool:
        """Say what is missing and put the caret there; whether all is well."""
        try:
            check_new(self.password.text(), self._own_words, self._least)
        except ValidationError as error:
            self._first.set_error(error.message)
            self.password.setFocus()
            return False
        if self.password.text() != self.repeat.text():
            self._second.set_error(_("The two passwords are not the same."))
            self.repeat.setFocus()
            return False
        return True

    def clear(self) -> None:
        """Forget what was typed."""
        self.password.clear()
        self.repeat.clear()
