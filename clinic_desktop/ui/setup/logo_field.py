"""The logo of the practice: choose or drop a file, see it, take it away."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.services.practice import logo_file
from clinic_desktop.ui.core.background import Run
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_3
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label

_WIDTH, _HEIGHT = 160, 72


class LogoField(QWidget):
    """``picked(png, path)`` when a picture was taken; both are empty when it was taken away."""

    picked = Signal(bytes, str)

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._png = b""
        self.setAcceptDrops(True)
        self.picture = QLabel()
        self.picture.setProperty("role", "picture")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = Button(_("Choose a logo…"), icon=Icon.PHOTO)
        self.choose.setObjectName("practice.logo")
        self.choose.clicked.connect(self._on_choose)
        self.remove = Button(_("Remove the logo"), "link")
        self.remove.clicked.connect(self._on_remove)
        self.message = Label(_("A PNG or JPEG picture of up to 8 MB."), "caption", "muted",
                             wrap=True)  # fmt: skip
        words = QVBoxLayout()
        words.setSpacing(SPACE_1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.choose)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        words.addLayout(buttons)
        words.addWidget(self.message)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_3)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        self.show_logo(b"")

    def show_logo(self, png: bytes) -> None:
        """Show the logo on record; empty bytes mean that there is none."""
        self._png = png
        pixmap = QPixmap()
        pixmap.loadFromData(png)
        self.picture.setVisible(not pixmap.isNull())
        self.remove.setVisible(not pixmap.isNull())
        self.picture.setAccessibleName(_("Logo of the practice"))
        if not pixmap.isNull():
            size = look().px(_WIDTH), look().px(_HEIGHT)
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode
            self.picture.setPixmap(pixmap.scaled(*size, keep, smooth.SmoothTransformation))
        self._say("")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._png:
            self.show_logo(self._png)

    def take_file(self, path: str) -> None:
        """Read a picture off the window's thread."""

        def read(png: bytes) -> None:
            self.show_logo(png)
            self.picked.emit(png, path)

        self._run(logo_file, Path(path), done=read, failed=self._on_failed)

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, _("Choose a logo"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(_("Pictures") + " (*.png *.jpg *.jpeg)")
        dialog.fileSelected.connect(self.take_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_failed(self, error: ClinicError) -> None:
        self._say(f"{error.message} {error.hint}".strip())

    def _say(self, wrong: str) -> None:
        self.message.set_tone("danger" if wrong else "muted")
        self.message.setText(wrong or _("A PNG or JPEG picture of up to 8 MB."))
        if wrong:
            announce(self, wrong, urgent=True)

    def _on_remove(self) -> None:
        self.show_logo(b"")
        self.choose.setFocus()
        self.picked.emit(b"", "")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file may be let go here."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first file."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.take_file(files[0])
            event.acceptProposedAction()
