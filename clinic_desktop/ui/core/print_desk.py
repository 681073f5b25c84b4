"""One way to paper for every screen: make, keep in the archive, print, and say what happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.services.papers import archive, printers
from clinic_desktop.services.papers.archive import ReadyPaper
from clinic_desktop.services.papers.making import MadePaper, PaperRequest
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.preview import PreviewForm

if TYPE_CHECKING:
    from clinic_desktop.i18n import Language
    from clinic_desktop.ui.core.context import Host
    from clinic_desktop.ui.core.tasks import Tasks

PREVIEW_WIDTH = 640


@dataclass(frozen=True)
class _Job:
    """A paper on its way, and where this PC sends its kind; ``where`` is empty for nowhere."""

    ready: ReadyPaper
    choice: PrinterChoice
    where: str


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
        """Print a paper as this PC prints its kind; ``preview`` shows it first.

        What was printed before comes out again as it was kept, marked as a copy.
        """

        def chosen(choice: PrinterChoice) -> None:
            # The system may ask printers in the network for their names: that takes its time.
            self._tasks.call(self, spool.target, choice, done=lambda where: make(choice, where))

        def make(choice: PrinterChoice, where: str) -> None:
            wish = PaperRequest(kind, subject_id, language, choice.paper)
            look = preview or choice.preview or not where
            self._tasks.read(
                self,
                archive.ready,
                wish,
                done=lambda ready: self._made(_Job(ready, choice, where), look=look),
            )

        self._tasks.read(self, printers.choice, kind, done=chosen)

    def _made(self, job: _Job, *, look: bool) -> None:
        if look:
            self._tasks.call(
                self,
                spool.pictures,
                job.ready.made.pdf,
                done=lambda pictures: self._show(job, pictures),
            )
        else:
            self._keep(job, job.where, lambda kept_id: self._send(job, kept_id))

    def _show(self, job: _Job, pictures: list[spool.Picture]) -> None:
        form = PreviewForm(job.ready.made, pictures, can_print=bool(job.where))
        if not job.where:
            form.say_why(job.choice)
        form.print_wanted.connect(lambda: self._made(job, look=False))
        form.save_wanted.connect(lambda path: self._save(job, path))
        title = KINDS[job.ready.made.kind].title(self._language)
        self._host.show_drawer(form, title, width=PREVIEW_WIDTH)

    def _keep(self, job: _Job, where: str, done: Callable[[uuid.UUID], None]) -> None:
        if job.ready.kept_id is not None:
            done(job.ready.kept_id)
            return
        self._tasks.write(
            self,
            archive.keep,
            job.ready.made,
            where,
            job.choice.copies,
            original_id=job.ready.original_id,
            waits=True,
            done=done,
        )

    def _send(self, job: _Job, kept_id: uuid.UUID) -> None:
        opens_drawer = job.choice.opens_drawer and job.ready.is_cash
        self._tasks.call(
            self,
            spool.send,
            job.ready.made,
            replace(job.choice, opens_drawer=opens_drawer),
            done=lambda where: self._sent(job.ready.made, kept_id, where),
            failed=lambda error: self._failed(error, job, kept_id),
        )

    def _sent(self, made: MadePaper, kept_id: uuid.UUID, where: str) -> None:
        self._tasks.write(self, archive.came_out, kept_id)
        title = KINDS[made.kind].title(self._language)
        number = isolate(made.number)
        words = _("{document} {number} sent to {printer}.")
        self._host.toast(words.format(document=title, number=number, printer=isolate(where)))
        self.printed.emit(made.kind, made.subject_id)

    def _failed(self, error: ClinicError, job: _Job, kept_id: uuid.UUID) -> None:
        again: Callable[[], None] = lambda: self._send(job, kept_id)  # noqa: E731
        self._host.show_error(error)
        self._host.toast(_("The paper is kept in the archive."), again, _("Try again"))

    def _save(self, job: _Job, path: str) -> None:
        made = job.ready.made

        def kept(kept_id: uuid.UUID) -> None:
            self._tasks.call(
                self,
                spool.save,
                made,
                path,
                done=lambda where: self._sent(made, kept_id, where),
            )

        self._keep(job, "PDF", kept)
