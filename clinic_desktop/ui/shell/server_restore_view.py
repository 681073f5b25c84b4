"""The recovery sheet and the server's address make an empty PC the practice's again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.errors import ClinicError, NotFoundError, StoppedError, ValidationError
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.recovering import Wanted
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.ui.core.exchange_words import received_words
from clinic_desktop.ui.core.server_address import typed_address
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.file_field import FileField


class ServerRestoreView(RecoverView):
    """Nothing is kept here before the record is whole; stopped, the PC is as empty as before."""

    restore_requested = Signal(object)
    """A ``Wanted``."""

    def __init__(self) -> None:
        self.server = QLineEdit()
        self.server.setObjectName("server-restore.server")
        self.server.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.file = FileField("server-restore.certificate", _("Certificate"))
        super().__init__()
        self.setObjectName("server-restore")
        self.progress.cancel.show()

    def _words(self) -> tuple[str, str, str]:
        sentence = _("Where every PC is lost, the practice's server and the newest recovery sheet "
                     "bring the record here: all that any PC had sent. An owner gets a new "
                     "password.")  # fmt: skip
        return (
            _("Bring the practice back from its server"),
            sentence,
            pgettext("backup", "Bring it back"),
        )

    def _add_first_rows(self) -> None:
        self._server_row = self.form.add(
            _("Address of the server"), self.server, required=True,
            hint=_("It stood in Settings, Other PCs. Whoever runs the server knows it too."),
        )  # fmt: skip
        self._file_row = self.form.add(
            _("Certificate"), self.file,
            hint=_("Only for a server of your own that no public authority vouches for."),
        )  # fmt: skip
        self.server.textEdited.connect(lambda: self._server_row.set_error(""))
        self.file.changed.connect(lambda: self._file_row.set_error(""))

    def submit(self) -> None:
        """The address first."""
        if not self.progress.isVisible() and not self.server.text().strip():
            self._server_row.set_error(_("Type the address of the server."))
            self.server.setFocus()
        else:
            super().submit()

    def _ask(self, recovery: RecoveryKey, login: str, password: str) -> None:
        try:
            address = typed_address(self.server.text(), self.file.text())
        except ValidationError as error:
            self.refuse(error)
            return
        self.progress.start(_("Asking the server…"))
        self.restore_requested.emit(Wanted(address, recovery, password, login))

    def show_step(self, _stage: str, received: int, size: int) -> None:
        """How much has come."""
        self.progress.set_title(_("Fetching the record…"))
        self.progress.set_progress(0, 0, received_words(received, size))

    def refuse(self, error: ClinicError) -> None:
        """Beside the field that it is about; everything typed is still there."""
        super().refuse(error)
        rows = {"server": self._server_row, "ca": self._file_row, "authority": self._file_row}
        row = rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is not None:
            self.notice.hide()
            row.set_error(f"{error.message} {error.hint}".strip())
            row.field.setFocus()
        elif isinstance(error, StoppedError | NotFoundError):
            self.notice.set_words(Tone.WARN, error.message, f"{error.kept} {error.hint}".strip())

    def first_field(self) -> QWidget:
        """The address."""
        return self.server
