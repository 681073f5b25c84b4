"""Asks for the password before what a passer-by at an unlocked window must not do."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout
from shiboken6 import isValid

from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.ui.core.drawer_form import DrawerForm
from clinic_desktop.ui.core.host import Host
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.password_edit import PasswordEdit

_WIDTH = 380


def ask_password(tasks: Tasks, host: Host, opened: Clinic) -> None:
    """Lay the question over whatever is open; what waits for it is done, or hears of it."""
    form = PasswordForm(tasks, opened)
    host.show_drawer(form, _("Your password again"), width=_WIDTH)


class PasswordForm(DrawerForm):
    """One field. Closing it without the password does nothing, and loses nothing typed below."""

    def __init__(self, tasks: Tasks, opened: Clinic) -> None:
        super().__init__()
        self._tasks, self._clinic = tasks, opened
        self._is_given = self._is_busy = False
        self.password = PasswordEdit(_("Password"))
        self.password.setObjectName("again.password")
        form = Form()
        self.row = form.add(_("Password"), self.password, required=True)
        self.password.textChanged.connect(lambda: self.row.set_error(""))
        self.password.returnPressed.connect(lambda: self.submit(False))
        words = _("For people and keys, money given back and data taken out, your password must "
                  "not be older than five minutes.")  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(Label(words, tone="muted", wrap=True))
        column.addWidget(form)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb."""
        return _("Go on")

    @property
    def writes(self) -> bool:
        """Nothing is typed here that would have to be saved."""
        return False

    def submit(self, print_too: bool) -> None:
        """Look at the password, off the window's thread."""
        if not self.password.text():
            self.row.set_error(_("Type the password you have now."))
            self.password.setFocus()
        elif not self._is_busy:
            self._is_busy = True
            self._tasks.call(
                self, self._clinic.prove_password, self.password.text(),
                done=self._given, failed=self._refused,
            )  # fmt: skip

    def _given(self, _nothing: None) -> None:
        self._is_given = True
        self.close_requested.emit()

    def _refused(self, error: ClinicError) -> None:
        self._is_busy = False
        self.row.set_error(f"{error.message} {error.hint}".strip())
        self.password.selectAll()
        self.password.setFocus()

    def was_closed(self) -> None:
        """What waited is done now, with the form it belongs to in front again."""
        if not isValid(self._tasks):
            return
        if self._is_given:
            self._tasks.repeat()
        else:
            self._tasks.give_up()
