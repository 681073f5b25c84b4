"""One way to paper for every screen: make, keep in the archive, print, and say what happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.services.papers import archive, making, printers
from clinic_desktop.services.papers.making import MadePaper, PaperRequest
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.preview import PreviewForm

if TYPE_CHECKING:
    from clinic_desktop.i18n import Language
    from clinic_desktop.ui.core.context import Host
    from clinic_desktop.ui.core.tasks import Tasks

PREVIEW_WIDTH = 640


class PrintDesk(QObject):
    """Never blocks care on a printer: whatever happens there, the paper is kept."""

    printed = Signal(str, object)
    """Kind and id of the row, once the paper has gone out."""

    def __init__(self, tasks: Tasks, host: Host, language: Language) -> None:
        super().__init__()
        self._tasks, self._host, self._language = tasks, host, language

    def print_paper(
        self, kind: str, subject_id: uuid.UUID, *, language: str = "", preview: bool = False
    ) -> None:
        """Print a paper as this PC prints its kind; ``preview`` shows it first."""

        def chosen(choice: PrinterChoice) -> None:
            wish = PaperRequest(kind, subject_id, language, choice.paper)
            look = preview or choice.preview or not spool.target(choice)
            self._tasks.read(
                self,
                making.make,
                wish,
                done=lambda made: self._made(made, choice, look=look),
            )

        self._tasks.read(self, printers.choice, kind, done=chosen)

    def reprint(self, printed_id: uuid.UUID) -> None:
        """Print a kept paper again, marked as a copy."""

        def found(answer: tuple[MadePaper, uuid.UUID]) -> None:
            made, original = answer
            self._tasks.read(
                self,
                printers.choice,
                made.kind,
                done=lambda choice: self._keep_copy(made, original, choice),
            )

        self._tasks.read(self, archive.reprint, printed_id, done=found)

    def _made(self, made: MadePaper, choice: PrinterChoice, *, look: bool) -> None:
        if look:
            form = PreviewForm(made, can_print=bool(spool.target(choice)))
            form.print_wanted.connect(lambda: self._keep(made, choice))
            form.save_wanted.connect(lambda path: self._save(made, path))
            title = KINDS[made.kind].title(self._language)
            self._host.show_drawer(form, title, width=PREVIEW_WIDTH)
        else:
            self._keep(made, choice)

    def _keep(self, made: MadePaper, choice: PrinterChoice) -> None:
        self._tasks.write(
            self,
            archive.keep,
            made,
            spool.target(choice),
            choice.copies,
            done=lambda _id: self._send(made, choice),
        )

    def _keep_copy(self, made: MadePaper, original: uuid.UUID, choice: PrinterChoice) -> None:
        self._tasks.write(
            self,
            archive.keep_reprint,
            made,
            original,
            spool.target(choice),
            choice.copies,
            done=lambda _id: self._send(made, choice),
        )

    def _send(self, made: MadePaper, choice: PrinterChoice) -> None:
        self._tasks.call(
            self,
            spool.send,
            made,
            choice,
            done=lambda where: self._sent(made, where),
            failed=lambda error: self._failed(error, made, choice),
        )

    def _sent(self, made: MadePaper, where: str) -> None:
        title = KINDS[made.kind].title(self._language)
        number = isolate(made.number)
        words = _("{document} {number} sent to {printer}.")
        self._host.toast(words.format(document=title, number=number, printer=isolate(where)))
        self.printed.emit(made.kind, made.subject_id)

    def _failed(self, error: ClinicError, made: MadePaper, choice: PrinterChoice) -> None:
        again: Callable[[], None] = lambda: self._send(made, choice)  # noqa: E731
        self._host.show_error(error)
        self._host.toast(_("The paper is kept in the archive."), again, _("Try again"))

    def _save(self, made: MadePaper, path: str) -> None:
        self._tasks.write(
            self,
            archive.keep,
            made,
            "PDF",
            1,
            done=lambda _id: self._tasks.call(
                self,
                spool.save,
                made,
                path,
                done=lambda where: self._sent(made, where),
            ),
        )
