"""A code from the phone switched on: the QR code to scan, codes for paper, the first code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import own_code
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.setup.recovery_codes import RecoveryCodes
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.qr_code import QrCode


class CodePanel(QWidget):
    """``switched_on`` once the phone has shown a right code: no slip locks anybody out."""

    switched_on = Signal()

    def __init__(self, opened: Clinic, tasks: Tasks) -> None:
        super().__init__()
        self._tasks, self.offer = tasks, Offer.new()
        self.codes = RecoveryCodes(tasks, self.offer.codes)
        self.code = QLineEdit()
        self.code.setObjectName("code.first")
        form = Form()
        self.row = form.add(_("Code that the phone shows now"), self.code, required=True)
        self.code.textChanged.connect(lambda: self.row.set_error(""))
        scan = _("Scan this with an app for one-time codes, or type the key below into it.")
        honest = _("It stops whoever learned your password and sits down at this PC. It is a rule "
                   "that the program keeps, for there is no server to ask: it does not protect a "
                   "copy of the record whose key somebody has.")  # fmt: skip
        address = self.offer.address(opened.keys.vault.name, opened.actor.login)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        for part in (
            Label(scan, tone="muted", wrap=True),
            QrCode(address, _("QR code for the phone")),
            Label(isolate(self.offer.text), "strong", tabular=True, wrap=True),
            Label(_("Recovery codes"), "strong"),
            self.codes,
            form,
            Notice(Tone.INFO, _("What a code does and what it does not"), honest),
        ):
            column.addWidget(part)

    def submit(self) -> None:
        """Look at the code and switch on."""
        if not self.code.text().strip():
            self.row.set_error(_("Type the six digits that the phone shows."))
            self.code.setFocus()
            return
        self._tasks.write_once(
            self, own_code.switch_on, self.offer, self.code.text(),
            done=lambda _nothing: self.switched_on.emit(), failed=self._failed,
        )  # fmt: skip

    def _failed(self, error: ClinicError) -> None:
        self.row.set_error(f"{error.message} {error.hint}".strip())
        self.code.selectAll()
        self.code.setFocus()
