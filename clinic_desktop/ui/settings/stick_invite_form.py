"""The drawer in which an owner lets a PC in that no line reaches."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.letting_in import LetIn
from clinic_desktop.sync.bundle import SUFFIX
from clinic_desktop.sync.enrolment import REQUEST_SUFFIX, Invitation
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.exchange_forms import ExchangeForm
from clinic_desktop.ui.widgets.file_field import FileField
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label


class StickInviteForm(ExchangeForm):
    """``joined(name)`` once the answer is on the stick."""

    joined = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setObjectName("stick-invite-form")
        self.code = QLineEdit()
        self.code.setObjectName("stick-invite.code")
        self.code.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        kinds = _("Requests") + f" (*{REQUEST_SUFFIX})"
        self.file = FileField("stick-invite.file", _("Request on the stick"), kinds)
        form = Form()
        self.file_row = form.add(
            _("Request on the stick"), self.file, required=True,
            hint=_("The new PC wrote it: “Join a practice”, then “Join by a stick”."),
        )  # fmt: skip
        self.row = form.add(
            _("Code of the new PC"), self.code, required=True,
            hint=_("As you read it from its screen, or as somebody you know tells you by voice: "
                   "only so it is surely that PC. A scanner may read the square."),
        )  # fmt: skip
        self.code.textEdited.connect(lambda: self.row.set_error(""))
        self.file.changed.connect(lambda: self.file_row.set_error(""))
        words = _("The answer holds all entries and the documents it has room for, sealed to the "
                  "new PC, and your own way in: you sign in there first. Other documents follow "
                  "with “Documents too”. Whoever finds the stick can read nothing of "
                  "it.")  # fmt: skip
        for part in (Label(words, tone="muted", wrap=True), form, self.progress, self.notice):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.setFocusProxy(self.file)

    def primary_text(self) -> str:
        """The verb."""
        return _("Let it in and write the answer…")

    def submit(self, print_too: bool) -> None:
        """Ask where the answer goes, once everything is typed."""
        if self.progress.isVisible() or not self._is_typed():
            return
        dialog = QFileDialog(self, _("Write the answer"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.lstrip("."))
        dialog.setDirectory(str(Path(self.file.text()).parent))
        dialog.selectFile(f"clinic{SUFFIX}")
        dialog.fileSelected.connect(self.write_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _is_typed(self) -> bool:
        if not self.file.text():
            self.file_row.set_error(_("Choose the file that the new PC wrote."))
            self.file.setFocus()
            return False
        try:
            Invitation.read(self.code.text())
        except ValidationError:
            hint = _("It has six groups of five letters, as the new PC shows them.")
            self.row.set_error(hint)
            self.code.setFocus()
            return False
        return True

    def write_to(self, name: str) -> None:
        """Let the PC in, and write what it needs."""
        self._begin(_("Letting the new PC in…"))
        self._context.tasks.call_once(
            self, self._syncing.approve_by_stick, Path(self.file.text()), self.code.text(),
            Path(name), done=self._done, failed=self._failed,
        )  # fmt: skip

    def _done(self, made: LetIn) -> None:
        self.joined.emit(made.device.name)
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self.progress.hide()
            self.row.set_error(f"{error.message} {error.hint}".strip())
            self.code.setFocus()
        else:
            self._refuse(error)
