"""The place of backups, and a copy of the record made and checked now."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop import this_pc
from clinic_desktop.backups import Backups
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.i18n import _, current, isolate, isolate_path
from clinic_desktop.services.backups import ledger
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.backups.making import Backup
from clinic_desktop.services.backups.words import stage_words
from clinic_desktop.ui.core.background import Run
from clinic_desktop.ui.core.backup_words import backup_words
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


class BackupPanel(QWidget):
    """``made(Backup)`` after a copy was read back without a fault."""

    made = Signal(object)
    _stepped = Signal(str, int, int)

    def __init__(self, opened: Clinic, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clinic, self._run = opened, run
        self._backups = Backups(opened)
        known = ledger.read(opened.data_dir).places
        usual = known[0].path if known else str(opened.data_dir.backups)
        self.folder = QLineEdit(usual)
        self.folder.setObjectName("backup.folder")
        self.folder.editingFinished.connect(self._remember)
        self.choose = Button(_("Choose a folder…"))
        self.choose.setObjectName("backup.choose")
        self.choose.clicked.connect(self._on_choose)
        self._stop = threading.Event()
        self.copy = Button(_("Back up now"), icon=Icon.DOWNLOAD)
        self.copy.setObjectName("backup.copy")
        self.copy.clicked.connect(self.back_up)
        self.form = Form()
        self.row = self.form.add(
            _("Folder for backups"), self.folder,
            hint=_("Best on another disk: a stick, or a folder of another PC."),
        )  # fmt: skip
        self.last = Label(
            backup_words(this_pc.last_backup(opened.data_dir), opened.store.clock.now()),
            tone="muted",
            wrap=True,
        )
        self._build()
        self._stepped.connect(self._on_step)

    def _build(self) -> None:
        self.progress = ProgressPanel(_("Copying the record…"))
        self.progress.cancelled.connect(self._stop.set)
        self.progress.hide()
        self._notice = Notice(Tone.OK, "")
        self._notice.hide()
        honest = Label(
            _("A backup is one encrypted file. It counts only after the program has brought it "
              "back on trial, chart by chart. It opens on any PC with the recovery sheet."),
            tone="muted", wrap=True,
        )  # fmt: skip
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_2)
        for button in (self.copy, self.choose):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(honest)
        column.addWidget(self.form)
        column.addLayout(buttons)
        for widget in (self.progress, self._notice, self.last):
            column.addWidget(widget)

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, _("Folder for backups"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_chosen(self, path: str) -> None:
        self.folder.setText(path)
        self._remember()

    def _remember(self) -> None:
        place = self.folder.text().strip()
        if place:
            self.row.set_error("")
            self._run(
                self._backups.choose, Path(place), done=lambda _none: None, failed=self._on_failed
            )

    def back_up(self) -> None:
        """Make a copy now."""
        place = self.folder.text().strip()
        if not place:
            self.row.set_error(_("Choose a folder first."))
            self.folder.setFocus()
            return
        self._notice.hide()
        self._stop.clear()
        self.copy.setEnabled(False)
        self.progress.start(_("Copying the record…"))
        self.progress.show()
        self._run(
            self._make,
            Path(place),
            done=self._on_made,
            failed=self._on_failed,
        )

    def _make(self, place: Path) -> Backup:
        """On the worker's thread."""
        self._backups.choose(place)
        return self._backups.make(Reason.BY_HAND, self._tell, self._clinic.actor)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise StoppedError(
                _("The backup was stopped."), kept=_("Earlier backups are still there.")
            )
        self._stepped.emit(stage, done, total)

    def _on_step(self, stage: str, done: int, total: int) -> None:
        self.progress.set_progress(done, total, stage_words(stage))

    def _end(self) -> None:
        self.progress.hide()
        self.copy.setEnabled(True)
        self.copy.setFocus()

    def _on_made(self, found: Backup) -> None:
        self._end()
        size = current().number(round(found.size / 1_000_000, 1))
        self._notice.set_words(
            Tone.OK,
            _("The backup was brought back on trial without a fault."),
            _("{size} MB in {file}").format(size=isolate(size), file=isolate_path(str(found.path))),
        )
        self._notice.show()
        self._notice.say()
        self.last.setText(backup_words(found.made_at, found.made_at))
        self.made.emit(found)

    def _on_failed(self, error: ClinicError) -> None:
        self._end()
        tone = Tone.WARN if isinstance(error, StoppedError) else Tone.DANGER
        self._notice.set_words(tone, error.message, f"{error.kept} {error.hint}".strip())
        self._notice.show()
        self._notice.say()
