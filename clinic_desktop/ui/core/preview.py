"""A paper before it is printed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QVBoxLayout

from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core.drawer_form import DrawerForm
from clinic_desktop.ui.core.save_dialog import ask_for_pdf
from clinic_desktop.ui.core.spool import Picture
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice

_WIDTH = 580


class PreviewForm(DrawerForm):
    """The pages as they will come out; print, or save as PDF."""

    print_wanted = Signal()
    save_wanted = Signal(str)

    def __init__(self, made: MadePaper, pictures: list[Picture], *, can_print: bool) -> None:
        super().__init__()
        self.setObjectName("preview")
        self._made, self._can_print = made, can_print
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        if made.missing:
            words = _("These characters cannot be printed: {characters}")
            self._say(Tone.WARN, words.format(characters=isolate(made.missing)))
        room = max(_WIDTH, look().px(_WIDTH))  # who needs large letters needs them on paper too
        for number, (image, _size) in enumerate(pictures, 1):
            picture = QPixmap.fromImage(image)
            if picture.width() > room:
                mode = Qt.TransformationMode.SmoothTransformation
                picture = picture.scaledToWidth(room, mode)
            label = QLabel()
            label.setPixmap(picture)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setAccessibleName(_("Page {number}").format(number=number))
            self._column.addWidget(label)
        self._column.addStretch(1)

    def _say(self, tone: Tone, title: str, text: str = "") -> None:
        self._column.insertWidget(0, Notice(tone, title, text))

    def say_why(self, choice: PrinterChoice) -> None:
        """That nothing can be printed here, and what to do."""
        words = (
            _("The printer {name} is not there.").format(name=isolate(choice.printer))
            if choice.printer
            else _("There is no printer for this document.")
        )
        self._say(Tone.WARN, words, _("Choose a printer in the settings, or save the PDF."))

    def primary_text(self) -> str:
        """Print, where there is a printer."""
        return _("Print") if self._can_print else _("Save as PDF…")

    @property
    def writes(self) -> bool:
        """A paper can be looked at in any case."""
        return False

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
        ask_for_pdf(self, name, self._save_to)

    def _save_to(self, path: str) -> None:
        self.save_wanted.emit(path)
        self.close_requested.emit()
