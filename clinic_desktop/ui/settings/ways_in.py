"""A person's own way in goes to another PC, and is let in there: both ends, in words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit

from clinic_desktop.carrying import carry, let_in
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.devices import Pc
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.settings.exchange_forms import ExchangeForm
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


def ask_to_send(
    context: Context, notice: Notice, pc: Pc, failed: Callable[[ClinicError], object]
) -> None:
    """Ask, then send the signed-in person's keys to a PC; ``notice`` says what to do there."""
    name = isolate(pc.name or pc.prefix)
    title = _("Send your way in to {name}").format(name=name)
    text = _("You will be able to sign in there too. What opens your work is sealed to that PC: "
             "the server and other people can read nothing of it. It waits for an hour; "
             "within it an owner lets you in at that PC, and you choose a password for "
             "it.")  # fmt: skip

    def send() -> None:
        context.tasks.call(
            notice, carry, context.exchange.clinic, pc.id,
            done=lambda _nothing: _say_sent(notice, name), failed=failed,
        )  # fmt: skip

    context.host.confirm(title, text, _("Send it"), send)


def _say_sent(notice: Notice, name: str) -> None:
    """It stays on the page: somebody has to do something elsewhere."""
    title = _("Your way in waits for {name} for an hour").format(name=name)
    text = _("There, an owner opens Settings › Other PCs and presses “Let a colleague in at this "
             "PC…”.")  # fmt: skip
    notice.set_words(Tone.INFO, title, text)
    notice.show()
    notice.say()


class AdmitForm(ExchangeForm):
    """``admitted(name)`` once the person can sign in at this PC."""

    admitted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setObjectName("admit-form")
        self.login = QLineEdit()
        self.login.setObjectName("admit.login")
        self.login.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        form = Form()
        self.row = form.add(
            _("Sign-in name"), self.login, required=True,
            hint=_("The same as at the PC where this person works already."),
        )  # fmt: skip
        self.login.textEdited.connect(lambda: self.row.set_error(""))
        self.new_password = NewPassword(context.exchange.clinic.keys.least_password)
        words = _("At a PC where they sign in already, they open Settings › Other PCs and press "
                  "the key beside this PC. Within an hour you let them in here, and they choose a "
                  "password for this PC.")  # fmt: skip
        self.draft = FieldDraft(context, "admit", "", self)
        for part in (
            Label(words, tone="muted", wrap=True), self.draft.notice, form, self.new_password,
            self.progress, self.notice,
        ):  # fmt: skip
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.setFocusProxy(self.login)
        self.draft.keep("login", self.login)  # the password is kept nowhere
        self.draft.begin()

    def may_close(self) -> bool:
        """The name typed is kept as a draft."""
        return self.draft.flush()

    def primary_text(self) -> str:
        """The verb."""
        return _("Let them in")

    def submit(self, print_too: bool) -> None:
        """Look whether the keys have come, and take them."""
        if self.progress.isVisible():
            return
        login = self.login.text().strip()
        if not login:
            self.row.set_error(_("Type the name with which they sign in."))
            self.login.setFocus()
        elif self.new_password.show_error():
            self._begin(_("Looking for what was sent…"))
            self._context.tasks.call_once(
                self, let_in, self._context.exchange.clinic, login, self.new_password.value(),
                done=self._done, failed=self._failed,
            )  # fmt: skip

    def _done(self, name: str) -> None:
        self.new_password.clear()
        self.draft.forget()
        self.admitted.emit(name)
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        is_of_login = isinstance(error, ValidationError) and error.field == "login"
        if is_of_login or error.code == "not-found":
            self.progress.hide()
            self.row.set_error(f"{error.message} {error.hint}".strip())
            self.login.setFocus()
        else:
            self._refuse(error)
