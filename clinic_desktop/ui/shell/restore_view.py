"""A backup and the recovery sheet make this PC the practice's again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from clinic_desktop.errors import BadFileError, ClinicError
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.backups.making import SUFFIX
from clinic_desktop.services.backups.words import stage_words
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.widgets.file_field import FileField


class RestoreView(RecoverView):
    """Nothing is changed before the backup was found whole; stopped, nothing was."""

    restore_requested = Signal(object, object, str, str)
    """The file's ``Path``, the ``RecoveryKey``, login and new password."""

    def __init__(self, login: str = "") -> None:
        kinds = _("Backups") + f" (*{SUFFIX})"
        self._field = FileField("restore.file", _("Backup file"), kinds)
        self._field.choose.setObjectName("restore.choose")
        self.file = self._field.edit
        super().__init__(login)
        self.setObjectName("restore")
        self.progress.cancel.show()

    def _words(self) -> tuple[str, str, str]:
        sentence = _("Take the newest backup and the recovery sheet that was valid when it was "
                     "made. An owner gets a new password; a record that is in this folder already "
                     "is kept beside it.")  # fmt: skip
        return _("Bring a backup back"), sentence, pgettext("backup", "Bring it back")

    def _add_first_rows(self) -> None:
        self._file_row = self.form.add(
            _("Backup file"), self._field, required=True,
            hint=_("Its name ends with {ending}.").format(ending=isolate(SUFFIX)),
        )  # fmt: skip
        self._field.changed.connect(lambda: self._file_row.set_error(""))

    def take_file(self, path: str) -> None:
        """Use this backup."""
        self.file.setText(path)

    def submit(self) -> None:
        """The file first."""
        if not self.progress.isVisible() and not self.file.text().strip():
            self._file_row.set_error(_("Choose a backup file."))
            self.file.setFocus()
        else:
            super().submit()

    def _ask(self, recovery: RecoveryKey, login: str, password: str) -> None:
        self.progress.start(stage_words("unpack"))
        self.restore_requested.emit(Path(self.file.text().strip()), recovery, login, password)

    def show_step(self, stage: str, done: int, total: int) -> None:
        """How far it is."""
        self.progress.set_progress(done, total, stage_words(stage))

    def refuse(self, error: ClinicError) -> None:
        """Beside the field that it is about."""
        super().refuse(error)
        if isinstance(error, BadFileError):
            self.notice.hide()
            self._file_row.set_error(f"{error.message} {error.hint}".strip())
            self.file.setFocus()

    def first_field(self) -> QWidget:
        """The file."""
        return self.file
