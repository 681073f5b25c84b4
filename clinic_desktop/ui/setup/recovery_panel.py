"""The recovery sheet on its way to paper, and the proof that it got there."""

from __future__ import annotations

import random
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.security.recovery_key import GROUPS, RecoveryKey, group_fits, same_group
from clinic_desktop.services.papers import recovery
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.save_dialog import ask_for_pdf
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice

_HALF, _LETTERS = GROUPS // 2, 5
_HIDDEN = "•" * _LETTERS


class RecoveryPanel(QWidget):
    """``confirmed`` once the sheet is known to be on paper and opens the record.

    While two groups are typed from the paper, the screen hides them.
    """

    confirmed = Signal()

    def __init__(
        self, opened: Clinic, tasks: Tasks, key: RecoveryKey, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._clinic, self._tasks, self._key = opened, tasks, key
        self._is_busy = False
        self.is_confirmed = self.is_on_its_way = False
        self.asked = sorted(random.SystemRandom().sample(range(GROUPS), 2))
        self.notice = Notice(Tone.INFO, "")
        self.notice.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        for part in (self._make_groups(), self._make_buttons(), self._make_check(), self.notice):
            column.addWidget(part)

    def _make_groups(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        self._letters = []
        for number in range(GROUPS):
            column, line = divmod(number, _HALF)
            mark = Label(isolate(current().number(number + 1)), tone="muted", tabular=True)
            letters = Label("", "page", tabular=True)
            self._letters.append(letters)
            grid.addWidget(mark, line, 3 * column)
            grid.addWidget(letters, line, 3 * column + 1)
        grid.setColumnMinimumWidth(2, SPACE_5)
        grid.setColumnStretch(5, 1)
        return holder

    def _make_buttons(self) -> QWidget:
        self.print = Button(_("Print the sheet"), icon=Icon.PRINT)
        self.print.setObjectName("recovery.print")
        self.print.clicked.connect(self._on_print)
        self.save = Button(_("Save as PDF…"))
        self.save.setObjectName("recovery.save")
        self.save.clicked.connect(self._on_save)
        self.reveal = Button(_("Hide the groups"), "ghost")
        self.reveal.setObjectName("recovery.reveal")
        self.reveal.clicked.connect(lambda: self._show_groups(not self._are_shown))
        holder = QWidget()
        flow = FlowLayout(holder)
        for button in (self.print, self.save, self.reveal):
            flow.addWidget(button)
        self._show_groups(True)
        return holder

    def _make_check(self) -> QWidget:
        self.form = Form(columns=2)
        self.rows: list[FormRow] = []
        for place, number in enumerate(self.asked):
            edit = QLineEdit()
            edit.setObjectName(f"recovery.group-{place + 1}")
            edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            label = _("Group {number} from your paper").format(number=current().number(number + 1))
            row = self.form.add(label, edit, required=True)
            edit.textEdited.connect(lambda _text, at=place: self._on_typed(at))
            edit.installEventFilter(self)
            self.rows.append(row)
        return self.form

    def _show_groups(self, shown: bool) -> None:
        self._are_shown = shown
        for number, (label, group) in enumerate(zip(self._letters, self._key.groups, strict=True)):
            label.setText(isolate(group) if shown else _HIDDEN)
            spoken = " ".join(group) if shown else _("hidden")
            words = _("Group {number}: {letters}")
            label.setAccessibleName(
                words.format(number=current().number(number + 1), letters=isolate(spoken))
            )
        self.reveal.set_text(_("Hide the groups") if shown else _("Show the groups"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The groups are typed from the paper, not from the screen."""
        if event.type() == QEvent.Type.FocusIn:
            self._show_groups(False)
        return super().eventFilter(watched, event)

    @property
    def first_field(self) -> QWidget:
        """Where the keys begin."""
        return self.print

    # ------------------------------------------------------------ to paper

    def _on_print(self) -> None:
        self._with_sheet(self._print)

    def _print(self, made: tuple[bytes, PrinterChoice]) -> None:
        def printed(where: str) -> None:
            words = _("The sheet was sent to {printer}.").format(printer=isolate(where))
            self._say(Tone.OK, words, _("Type two groups from the paper: only then it counts."))
            self.is_on_its_way = True
            self._focus_first_open()

        self._tasks.call(self, spool.print_unkept, *made, done=printed, failed=self._refuse)

    def _on_save(self) -> None:
        ask_for_pdf(self, "recovery-sheet.pdf", self.save_to)

    def save_to(self, path: str) -> None:
        """Write the sheet as PDF, to be printed elsewhere."""

        def saved(where: str) -> None:
            self._say(
                Tone.WARN,
                _("Saved as {file}.").format(file=isolate(where)),
                _("Print it, then delete the file: whoever has it can read the record."),
            )
            self.is_on_its_way = True

        def write(made: tuple[bytes, PrinterChoice]) -> None:
            self._tasks.call(
                self, spool.write_unkept, made[0], path, done=saved, failed=self._refuse
            )

        self._with_sheet(write)

    def _with_sheet(self, then: Callable[[tuple[bytes, PrinterChoice]], None]) -> None:
        self._tasks.read(self, recovery.recovery_sheet, self._key, done=then, failed=self._refuse)

    # ------------------------------------------------------------ the proof

    def _typed(self, place: int) -> str:
        field = self.rows[place].field
        return field.text() if isinstance(field, QLineEdit) else ""

    def _is_right(self, place: int) -> bool:
        return same_group(self._typed(place), self._key.groups[self.asked[place]])

    def _on_typed(self, place: int) -> None:
        row, letters = self.rows[place], "".join(filter(str.isalnum, self._typed(place)))
        is_wrong = len(letters) >= _LETTERS and not self._is_right(place)
        row.set_error(self._complaint(place) if is_wrong else "")

    def _complaint(self, place: int) -> str:
        if group_fits(self._typed(place), self.asked[place]):
            return _("This group is from another sheet. Use the paper printed just now.")
        return _("Not right. Compare the letters with the paper, one by one.")

    def _focus_first_open(self) -> None:
        wrong = [row for place, row in enumerate(self.rows) if not self._is_right(place)]
        if wrong:
            wrong[0].field.setFocus(Qt.FocusReason.TabFocusReason)

    def confirm(self) -> None:
        """Make the sheet the valid one if both groups are right; else say what is wrong."""
        wrong = [place for place in range(len(self.rows)) if not self._is_right(place)]
        for place in wrong:
            missing = _("Type this group from your paper.")
            self.rows[place].set_error(
                self._complaint(place) if self._typed(place).strip() else missing
            )
        if wrong:
            self._focus_first_open()
        elif not self._is_busy and not self.is_confirmed:
            self._is_busy = True
            self._tasks.call(
                self, self._clinic.use_recovery, self._key, done=self._done, failed=self._refuse
            )

    def _done(self, _nothing: None) -> None:
        self._is_busy, self.is_confirmed = False, True
        self._say(Tone.OK, _("This sheet opens the record from now on."), "")
        self.confirmed.emit()

    def _refuse(self, error: ClinicError) -> None:
        self._is_busy = False
        self._say(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())

    def _say(self, tone: Tone, title: str, text: str) -> None:
        self.notice.set_words(tone, title, text)
        self.notice.show()
        self.notice.say()
