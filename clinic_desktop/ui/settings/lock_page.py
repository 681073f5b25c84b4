"""The own password, and when the window locks by itself."""

from __future__ import annotations

from clinic_desktop import this_pc
from clinic_desktop.errors import ClinicError, WrongPasswordError
from clinic_desktop.i18n import _, current, ngettext
from clinic_desktop.security.pins import DIGITS
from clinic_desktop.services import own_pin
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.code_card import CodeCard
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.password_edit import PasswordEdit

MINUTES = (1, 2, 5, 10, 15)


class LockPage(SettingsPage):
    """Nobody reads over an empty chair."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Lock and password"),
            _("The window locks when nobody is there; what was typed waits behind it."),
            Scope.ME,
        )
        most = context.clinic.rules.lock_minutes
        self.minutes = Select([(each, minute_words(each)) for each in MINUTES if each <= most])
        self.minutes.setObjectName("settings.lock-minutes")
        self.minutes.chosen.connect(self._on_minutes)
        form = Form(columns=2)
        form.add(
            _("Lock by itself after"),
            self.minutes,
            hint=_(
                "For everybody at this PC. An owner sets the longest time. A quarter of an hour "
                "later, when the PC sleeps, and after twelve hours, the record is closed."
            ),
        )
        self.add_card(_("This PC"), form)
        self.old = PasswordEdit(_("Password now"))
        self.old.setObjectName("password.old")
        known = Form(columns=2)
        self.old_row = known.add(_("Password now"), self.old, required=True)
        self.old.textChanged.connect(lambda: self.old_row.set_error(""))
        self.new = NewPassword(context.clinic.keys.least_password)
        self.new.set_own_words(context.actor.name, context.actor.login)
        self.change = Button(_("Change my password"), "primary")
        self.change.setObjectName("password.change")
        self.change.clicked.connect(self._on_change)
        self.add_card(_("My password"), known, self.new, self.change)
        self.code = CodeCard(context)
        self._page.column.addWidget(self.code)
        self.pin = PasswordEdit(_("PIN of six digits"))
        self.pin.setObjectName("pin.new")
        self.pin.setMaxLength(DIGITS)
        short = Form(columns=2)
        hint = _("For twelve hours after your password, on this PC only, while the record is open.")
        self.pin_row = short.add(_("PIN of six digits"), self.pin, hint=hint)
        self.pin.textChanged.connect(lambda: self.pin_row.set_error(""))
        self.keep_pin = Button(_("Keep the PIN"))
        self.keep_pin.setObjectName("pin.keep")
        self.keep_pin.clicked.connect(self._on_pin)
        self.no_pin = Button(_("Remove my PIN"), "ghost")
        self.no_pin.setObjectName("pin.remove")
        self.no_pin.clicked.connect(lambda: self._write_pin(""))
        self.add_card(_("Coming back quickly"), short, self.keep_pin, self.no_pin)
        self.end()

    def load(self) -> None:
        """What is kept on this PC."""
        self.minutes.set_value(self.context.clinic.lock_minutes())
        self.code.load()

    def _on_minutes(self, value: object) -> None:
        before = self.context.clinic.lock_minutes()
        if self._keep(int(str(value))):
            self.said(_("Kept."), lambda: self._put_back(before))

    def _put_back(self, minutes: int) -> None:
        self._keep(minutes)
        self.load()

    def _keep(self, minutes: int) -> bool:
        try:
            this_pc.remember(self.context.clinic.data_dir, lock_minutes=minutes)
        except ClinicError as error:
            self.refuse(error)
            return False
        self.context.navigator.lock_after_changed.emit(minutes)
        return True

    def _on_change(self) -> None:
        if not self.old.text():
            self.old_row.set_error(_("Type the password you have now."))
            self.old.setFocus()
        elif self.new.show_error():
            self.change.setEnabled(False)
            self.context.tasks.call(
                self,
                self.context.clinic.change_password,
                self.old.text(),
                self.new.value(),
                done=self._changed,
                failed=self._failed,
            )

    def _on_pin(self) -> None:
        if not self.pin.text():
            self.pin_row.set_error(_("A PIN has six digits."))
            self.pin.setFocus()
        else:
            self._write_pin(self.pin.text())

    def _write_pin(self, pin: str) -> None:
        words = _("Your PIN is kept.") if pin else _("You have no PIN any more.")

        def kept(_nothing: None) -> None:
            self.pin.clear()
            self.said(words)

        def refused(error: ClinicError) -> None:
            self.pin_row.set_error(error.message)
            self.pin.setFocus()

        self.context.tasks.write(self, own_pin.set_pin, pin, done=kept, failed=refused)

    def _changed(self, _nothing: None) -> None:
        self.change.setEnabled(True)
        self.old.clear()
        self.new.clear()
        self.said(_("Your password has changed."))

    def _failed(self, error: ClinicError) -> None:
        self.change.setEnabled(True)
        if isinstance(error, WrongPasswordError):
            self.old_row.set_error(_("This is not the password you have now."))
            self.old.selectAll()
            self.old.setFocus()
        else:
            self.refuse(error)


def minute_words(minutes: int) -> str:
    """How long, for people."""
    number = current().number(minutes)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=number)
