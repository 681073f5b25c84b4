"""The patient's photo in a form: choose a file, drop one, or take it away."""

from __future__ import annotations

import base64
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.services.patients.photo import Photo, photo_file
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_3
from clinic_desktop.ui.widgets.avatar import Avatar, initials
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.label import Label

DROPPED = "-"


class PhotoField(QWidget):
    """``photo`` is the new one, ``is_dropped`` tells that the old one was taken away."""

    changed = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.photo: Photo | None = None
        self.is_dropped = False
        self._recorded = b""
        self.setAcceptDrops(True)
        self._picture = Avatar("?", _("Photo of the patient"), 64)
        self.choose = Button(_("Choose a photo…"), icon=Icon.PHOTO)
        self.choose.clicked.connect(self._on_choose)
        self.remove = Button(_("Remove the photo"), "link")
        self.remove.clicked.connect(self._on_remove)
        self.remove.hide()
        self._message = Label("", "caption", "danger", wrap=True)
        self._message.hide()
        words = QVBoxLayout()
        words.setSpacing(SPACE_1)
        for button in (self.choose, self.remove):
            words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)
        words.addWidget(self._message)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_3)
        row.addWidget(self._picture)
        row.addLayout(words, 1)

    def set_person(self, family: str, given: str) -> None:
        """Whose initials stand there while there is no photo."""
        self._picture.set_person(initials(family, given), _("Photo of the patient"))

    def show_photo(self, jpeg: bytes) -> None:
        """Show the photo on record."""
        self.photo, self.is_dropped, self._recorded = None, False, jpeg
        self._show(jpeg)

    def draft(self) -> str:
        """The choice made here as a draft keeps it: a photo, ``DROPPED``, or nothing."""
        if self.photo is not None:
            return base64.b64encode(self.photo.jpeg).decode("ascii")
        return DROPPED if self.is_dropped else ""

    def take_draft(self, kept: str) -> None:
        """Put such a choice back."""
        self.show_photo(self._recorded)
        if kept == DROPPED:
            self.is_dropped = bool(self._recorded)
            self._show(b"")
        elif kept:
            self.photo = Photo(base64.b64decode(kept))
            self._show(self.photo.jpeg)

    def take_file(self, path: str) -> None:
        """Read a picture file off the window's thread."""
        self._context.tasks.call(
            self, photo_file, Path(path), done=self._on_read, failed=self._on_failed
        )

    def _show(self, jpeg: bytes) -> None:
        self._picture.set_photo(jpeg)
        self.remove.setVisible(bool(jpeg))
        self._message.hide()

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, _("Choose a photo"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = _("Pictures")
        dialog.setNameFilter(f"{pictures} (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff)")
        dialog.fileSelected.connect(self.take_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_read(self, photo: Photo) -> None:
        self.photo, self.is_dropped = photo, False
        self._show(photo.jpeg)
        self.changed.emit()

    def _on_failed(self, error: ClinicError) -> None:
        self._message.setText(f"{error.message} {error.hint}")
        self._message.show()

    def _on_remove(self) -> None:
        self.photo, self.is_dropped = None, bool(self._recorded)
        self._show(b"")
        self.choose.setFocus()
        self.changed.emit()

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
