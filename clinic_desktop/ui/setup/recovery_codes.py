"""Ten recovery codes on their way to paper; they are shown only now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.papers import recovery
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.save_dialog import ask_for_pdf
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice

_COLUMNS = 2


class RecoveryCodes(QWidget):
    """The codes in two columns, and the ways to paper."""

    def __init__(self, tasks: Tasks, codes: tuple[str, ...]) -> None:
        super().__init__()
        self._tasks, self._codes = tasks, codes
        self.notice = Notice(Tone.INFO, "")
        self.notice.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        sentence = _("For the day the phone is not there. Each counts once, and they are shown "
                     "only now: print them or write them down.")  # fmt: skip
        column.addWidget(Label(sentence, tone="muted", wrap=True))
        column.addLayout(self._make_codes())
        column.addWidget(self._make_buttons())
        column.addWidget(self.notice)

    def _make_codes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_5)
        grid.setVerticalSpacing(SPACE_2)
        half = len(self._codes) // _COLUMNS
        for number, code in enumerate(self._codes):
            column, line = divmod(number, half)
            grid.addWidget(Label(isolate(code), tabular=True), line, column)
        grid.setColumnStretch(_COLUMNS, 1)
        return grid

    def _make_buttons(self) -> QWidget:
        self.print = Button(_("Print the codes"), icon=Icon.PRINT)
        self.print.setObjectName("codes.print")
        self.print.clicked.connect(lambda: self._with_paper(self._print))
        self.save = Button(_("Save as PDF…"))
        self.save.setObjectName("codes.save")
        self.save.clicked.connect(self._on_save)
        holder = QWidget()
        flow = FlowLayout(holder)
        for button in (self.print, self.save):
            flow.addWidget(button)
        return holder

    def _with_paper(self, then: Callable[[tuple[bytes, PrinterChoice]], None]) -> None:
        self._tasks.read(self, recovery.recovery_codes, self._codes, done=then, failed=self._refuse)

    def _print(self, made: tuple[bytes, PrinterChoice]) -> None:
        def printed(where: str) -> None:
            words = _("The codes were sent to {printer}.").format(printer=isolate(where))
            self._say(Tone.OK, words, "")

        self._tasks.call(self, spool.print_unkept, *made, done=printed, failed=self._refuse)

    def _on_save(self) -> None:
        ask_for_pdf(self, "recovery-codes.pdf", self.save_to)

    def save_to(self, path: str) -> None:
        """Write the codes as PDF, to be printed elsewhere."""

        def saved(where: str) -> None:
            words = _("Saved as {file}.").format(file=isolate(where))
            self._say(Tone.WARN, words, _("Print it, then delete the file."))

        def write(made: tuple[bytes, PrinterChoice]) -> None:
            self._tasks.call(
                self, spool.write_unkept, made[0], path, done=saved, failed=self._refuse
            )

        self._with_paper(write)

    def _refuse(self, error: ClinicError) -> None:
        self._say(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())

    def _say(self, tone: Tone, title: str, text: str) -> None:
        self.notice.set_words(tone, title, text)
        self.notice.show()
        self.notice.say()
