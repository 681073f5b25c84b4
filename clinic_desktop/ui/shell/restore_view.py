"""A backup and the recovery sheet make this PC the practice's again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from clinic_desktop.errors import BadFileError, ClinicError
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.backups.making import SUFFIX
from clinic_desktop.services.backups.words import stage_words
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button


class RestoreView(RecoverView):
    """Nothing is changed before the backup was found whole; stopped, nothing was."""

    restore_requested = Signal(object, object, str, str)
    """The file's ``Path``, the ``RecoveryKey``, login and new password."""

    def __init__(self, login: str = "") -> None:
        self.file = QLineEdit()
        self.file.setObjectName("restore.file")
        self.file.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        super().__init__(login)
        self.setObjectName("restore")
        self.progress.cancel.show()

    def _words(self) -> tuple[str, str, str]:
        sentence = _("Take the newest backup and the recovery sheet that was valid when it was "
                     "made. An owner gets a new password; a record that is in this folder already "
                     "is kept beside it.")  # fmt: skip
        return _("Bring a backup back"), sentence, pgettext("backup", "Bring it back")

    def _add_first_rows(self) -> None:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        choose = Button(_("Choose the file…"))
        choose.setObjectName("restore.choose")
        choose.clicked.connect(self._on_choose)
        row.addWidget(self.file, 1)
        row.addWidget(choose)
        holder.setFocusProxy(self.file)
        self._file_row = self.form.add(
            _("Backup file"), holder, required=True,
            hint=_("Its name ends with {ending}.").format(ending=isolate(SUFFIX)),
        )  # fmt: skip
        self.file.textEdited.connect(lambda: self._file_row.set_error(""))

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, _("Backup file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(_("Backups") + f" (*{SUFFIX})")
        dialog.fileSelected.connect(self.take_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_file(self, path: str) -> None:
        """Use this backup."""
        self.file.setText(path)
        self._file_row.set_error("")

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

    def showEvent(self, event: QShowEvent) -> None:
        """The file can be typed at once."""
        super().showEvent(event)
        self.file.setFocus(Qt.FocusReason.OtherFocusReason)
