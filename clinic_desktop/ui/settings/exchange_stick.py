"""Exchange by a file on a stick, for places without any line."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QVBoxLayout, QWidget

from clinic_desktop.bundle_taking import Imported, import_bundle
from clinic_desktop.bundle_writing import Exported, export_bundle, files_here
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.stick_stop import Stopped
from clinic_desktop.sync.bundle import SUFFIX
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.exchange_words import size_words
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


class StickPart(QWidget):
    """Writes and reads files on a stick; the page says what came of it."""

    said = Signal(str)
    refused = Signal(object)
    """A ``ClinicError``."""
    received = Signal()
    """Something of others is here that was not."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.progress = ProgressPanel("")
        self.progress.cancelled.connect(self._on_cancel)
        self._stop = threading.Event()
        self.progress.hide()
        self._part: Path | None = None
        """The last file, where it holds a part only."""
        words = _("Where there is no network, carry a USB stick: the file on it holds all that "
                  "this PC has, sealed. Whoever finds the stick can read nothing.")  # fmt: skip
        self.write = Button(_("Write to a stick…"))
        self.write.setObjectName("stick.write")
        self.write.clicked.connect(self._on_write)
        self.read = Button(_("Read from a stick…"))
        self.read.setObjectName("stick.read")
        self.read.clicked.connect(self._on_read)
        self.files = QCheckBox(_("Documents too"))
        self.files.setObjectName("stick.files")
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.addWidget(self.write)
        flow.addWidget(self.read)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        for widget in (Label(words, tone="muted", wrap=True), self.files, buttons, self.progress):
            column.addWidget(widget)

    def load(self) -> None:
        """Read how much the documents are, so that nobody fills a stick unawares."""
        opened = self.context.exchange.clinic
        self.context.tasks.call(self, files_here, opened, done=self._show_files)

    def _show_files(self, found: tuple[int, int]) -> None:
        count, size = found
        words = ngettext("{count} document too, {size}", "{count} documents too, {size}", count)
        shown = isolate(current().number(count))
        self.files.setText(words.format(count=shown, size=size_words(size)))
        self.files.setEnabled(bool(count))

    def _on_write(self) -> None:
        dialog = QFileDialog(self, _("Write to a stick"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.lstrip("."))
        dialog.selectFile(f"clinic{SUFFIX}")
        self._ask(dialog, self.write_to)

    def _on_read(self) -> None:
        dialog = QFileDialog(self, _("Read from a stick"), "", _("Files") + f" (*{SUFFIX})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._ask(dialog, self.read_from)

    @staticmethod
    def _ask(dialog: QFileDialog, chosen: object) -> None:
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write_to(self, name: str) -> None:
        """Write the file; the page says when the stick may be removed."""
        self._begin(_("Writing and reading back…"))
        opened, path = self.context.exchange.clinic, Path(name)
        self.context.tasks.call(
            self, _write, opened, path, self._part, self.files.isChecked(), self._stopped(),
            done=lambda made: self._written(path, made), failed=self._failed,
        )  # fmt: skip

    def read_from(self, name: str) -> None:
        """Take what a file brings."""
        self._begin(_("Reading…"))
        opened = self.context.exchange.clinic
        self.context.tasks.call(
            self, import_bundle, opened, Path(name), self._stopped(),
            done=self._taken, failed=self._failed,
        )  # fmt: skip

    def _stopped(self) -> Stopped:
        """Whether it was cancelled, or the window closes."""
        self._stop, over = threading.Event(), self.context.exchange.over
        cancelled = self._stop
        return lambda: cancelled.is_set() or over.is_set()

    def _on_cancel(self) -> None:
        self._stop.set()

    def _begin(self, words: str) -> None:
        self.progress.start(words)
        self._show(is_busy=True)

    def _show(self, *, is_busy: bool) -> None:
        self.progress.setVisible(is_busy)
        for button in (self.write, self.read):
            button.setEnabled(not is_busy)

    def _written(self, path: Path, made: Exported) -> None:
        self._show(is_busy=False)
        self._part = path if made.more else None
        told = _("Written and read back. The stick may be removed.")
        if made.more:
            told = _("The stick is full, and holds a part. Read it at the other PC; then write to "
                     "it here again, and the next part follows.")  # fmt: skip
        self.said.emit(f"{told} {made.warning}" if made.warning else told)

    def _taken(self, taken: Imported) -> None:
        self._show(is_busy=False)
        words = ngettext("{count} change received.", "{count} changes received.", taken.received)
        told = words.format(count=isolate(current().number(taken.received)))
        if taken.files:
            words = ngettext("{count} document came.", "{count} documents came.", taken.files)
            came = words.format(count=isolate(current().number(taken.files)))
            told = f"{told} {came}"
        if taken.left:
            missing = _("Not all could be taken: a file of before is missing. Read that one too.")
            told = f"{told} {missing}"
        self.said.emit(told)
        self.received.emit()

    def _failed(self, error: ClinicError) -> None:
        self._show(is_busy=False)
        self.refused.emit(error)


def _write(
    opened: Clinic,
    path: Path,
    part: Path | None,
    with_files: bool,
    stopped: Stopped,
) -> Exported:
    """What follows the part before, if it is still there."""
    after = part if part is not None and part.exists() else None
    return export_bundle(opened, path, after=after, with_files=with_files, stopped=stopped)
