"""A paper before it is printed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout

from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.ui.core.drawer_form import DrawerForm
from clinic_desktop.ui.core.spool import page_count, page_picture

_DPI, _WIDTH = 110, 580


class PreviewForm(DrawerForm):
    """The pages as they will come out; print, or save as PDF."""

    print_wanted = Signal()
    save_wanted = Signal(str)

    def __init__(self, made: MadePaper, *, can_print: bool) -> None:
        super().__init__()
        self.setObjectName("preview")
        self._made, self._can_print = made, can_print
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        if made.missing:
            words = _("These characters cannot be printed: {characters}")
            column.addWidget(QLabel(words.format(characters=isolate(made.missing))))
        for number in range(page_count(made.pdf)):
            picture = QPixmap.fromImage(page_picture(made.pdf, number, _DPI)[0])
            if picture.width() > _WIDTH:
                mode = Qt.TransformationMode.SmoothTransformation
                picture = picture.scaledToWidth(_WIDTH, mode)
            label = QLabel()
            label.setPixmap(picture)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setAccessibleName(_("Page {number}").format(number=number + 1))
            column.addWidget(label)
        column.addStretch(1)

    def primary_text(self) -> str:
        """Print, where there is a printer."""
        return _("Print") if self._can_print else _("Save as PDF…")

    def secondary(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """Save instead."""
        return ((_("Save as PDF…"), self._save),) if self._can_print else ()

    def submit(self, print_too: bool) -> None:
        """Print, or save where nothing prints."""
        if not self._can_print:
            self._save()
            return
        self.print_wanted.emit()
        self.close_requested.emit()

    def _save(self) -> None:
        name = f"{self._made.kind}-{self._made.number}.pdf"
        path, _kind = QFileDialog.getSaveFileName(self, _("Save as PDF"), name, "PDF (*.pdf)")
        if path:
            self.save_wanted.emit(path)
            self.close_requested.emit()
