"""The recovery sheet and the server's address make an empty PC the practice's again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.errors import ClinicError, NotFoundError, StoppedError, ValidationError
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.recovering import LacksError, Wanted
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.ui.core.exchange_words import received_words
from clinic_desktop.ui.core.server_address import typed_address
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.file_field import FileField
from clinic_desktop.ui.widgets.label import Label


class ServerRestoreView(RecoverView):
    """Nothing is kept here before the record is whole; stopped, the PC is as empty as before."""

    restore_requested = Signal(object)
    """A ``Wanted``."""

    def __init__(self) -> None:
        self.server = QLineEdit()
        self.server.setObjectName("server-restore.server")
        self.server.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.file = FileField("server-restore.certificate", _("Certificate"))
        self.missing = Label("", wrap=True)
        self.make_do = Tick(_("No PC is left: make do with what is there"))
        self.make_do.setObjectName("server-restore.make-do")
        super().__init__()
        self.setObjectName("server-restore")
        place = self.inside.indexOf(self.progress)
        for number, part in enumerate((self.missing, self.make_do)):
            self.inside.insertWidget(place + number, part)
        self._forget_what_is_missing()
        for edit in (self.server, self.key):
            edit.textEdited.connect(self._forget_what_is_missing)
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
        incomplete = self.make_do.isChecked()
        self.restore_requested.emit(Wanted(address, recovery, password, login, incomplete))

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
        elif isinstance(error, LacksError):
            self._offer_to_make_do(error)
        elif isinstance(error, StoppedError | NotFoundError):
            self.notice.set_words(Tone.WARN, error.message, f"{error.kept} {error.hint}".strip())

    def _offer_to_make_do(self, error: LacksError) -> None:
        """What would be missing, before anybody decides to do without it."""
        hint = _("Let the other PCs of the practice synchronise, an owner’s first, and try again.")
        self.notice.set_words(Tone.WARN, error.message, f"{error.kept} {hint}")
        self.missing.setText(_missing_words(error))
        for part in (self.missing, self.make_do):
            part.show()
        self.bring_into_view(self.make_do)

    def _forget_what_is_missing(self) -> None:
        """It was said of another server, or another practice."""
        self.make_do.setChecked(False)
        for part in (self.missing, self.make_do):
            part.hide()

    def _set_busy(self, busy: bool) -> None:
        super()._set_busy(busy)
        self.make_do.setEnabled(not busy)

    def first_field(self) -> QWidget:
        """The address."""
        return self.server


def _missing_words(error: LacksError) -> str:
    parts = []
    if error.waiting:
        words = ngettext(
            "{n} change that came waits for an earlier one that the server does not hold; it would "
            "not be in the record.",
            "{n} changes that came wait for earlier ones that the server does not hold; they would "
            "not be in the record.",
            error.waiting,
        )
        parts.append(words.format(n=isolate(current().number(error.waiting))))
    if error.unknown:
        parts.append(
            _("The server also has something of a PC of which nobody told it that it belongs to "
              "the practice; that cannot be read.")
        )  # fmt: skip
    parts.append(
        _("What would be missing is nowhere else, unless a PC turns up that has it: then it comes "
          "in by itself.")
    )  # fmt: skip
    return " ".join(parts)
