"""The steps with an open record: recovery sheet, prices, printers, backups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from PySide6.QtCore import Qt

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import Clock
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import Language, _, commas, current, isolate
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import people
from clinic_desktop.services.billing import catalogue, starter
from clinic_desktop.services.billing.catalogue import ServiceRow
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.ui.core.background import Run
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.first_run.step import Step
from clinic_desktop.ui.setup.backup_panel import BackupPanel
from clinic_desktop.ui.setup.price_rows import PriceRows
from clinic_desktop.ui.setup.printer_map import PrinterMap
from clinic_desktop.ui.setup.recovery_panel import RecoveryPanel
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class RecoveryStep(Step):
    """One paper that opens the record when every password is forgotten."""

    def __init__(self, opened: Clinic, tasks: Tasks) -> None:
        super().__init__(
            _("Recovery sheet"),
            _("Print this paper and keep it in a safe, away from the PC. It opens the record when "
              "passwords are forgotten or the PC breaks; whoever has it can read everything."),
        )  # fmt: skip
        self.panel = RecoveryPanel(opened, tasks, opened.recovery or RecoveryKey.new())
        self.known = Label("", wrap=True)
        self.known.hide()
        self._is_known = False
        self._go_on: Callable[[], None] = lambda: None
        self.panel.confirmed.connect(self._on_confirmed)
        for widget in (self.panel, self.known):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        tasks.read(self, people.recovery_sheet_day, done=self._on_known)

    def _on_known(self, day: date | None) -> None:
        if day is not None:  # come back to: one sheet is enough
            self._is_known = True
            self.panel.hide()
            words = _("The sheet of {day} is valid. Make another one in the settings.")
            self.known.setText(words.format(day=isolate(current().date(day))))
            self.known.show()
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # something must hear Enter
            if self.isVisible():
                self.begin()

    def begin(self) -> None:
        """To the printer."""
        self.focus(self if self._is_known else self.panel.first_field)

    def leave(self, go_on: Callable[[], None]) -> None:
        """With the sheet on paper."""
        if self._is_known or self.panel.is_confirmed:
            go_on()
        else:
            self._go_on = go_on
            self.panel.confirm()

    def _on_confirmed(self) -> None:
        if self.isVisible():  # it was not left for later meanwhile
            self._go_on()


class PricesStep(Step):
    """A list to correct, not one to begin from nothing; half corrected it outlives a crash."""

    def __init__(self, tasks: Tasks, language: Language, currency: str, clock: Clock) -> None:
        super().__init__(
            _("Services and prices"),
            _("Examples to correct: change, leave out or add lines. Prices are in {currency}."
              ).format(currency=currency),
        )  # fmt: skip
        self._tasks, self._clock = tasks, clock
        self._is_known = False
        self.rows = PriceRows()
        self.rows.show_services(starter.starter_services(language, currency), currency)
        self._begun_with = self.rows.texts()
        self.draft = DraftKeeper(tasks, "price-list", "", self._draft_body, self)
        self.rows.edited.connect(self.draft.touch)
        self.restored = RestoredNotice(self._start_afresh)
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.known = Label("", wrap=True)
        self.known.hide()
        for widget in (self.restored, self.notice, self.known, self.rows):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        tasks.read(self, catalogue.services, done=self._on_known)

    def _draft_body(self) -> dict[str, Any] | None:
        texts = self.rows.texts()
        return None if self._is_known or texts == self._begun_with else texts

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is not None and self._draft_body() is None:
            self.rows.set_texts(draft.body)
            self.restored.tell(draft.saved_at, self._clock.now())
            if self.isVisible():
                self.begin()

    def _start_afresh(self) -> None:
        self.rows.set_texts(self._begun_with)
        self.draft.discard()
        self.restored.hide()

    def _on_known(self, rows: tuple[ServiceRow, ...]) -> None:
        # Come back to: the list is in the record already, and is not entered twice.
        if not rows:
            self.draft.load(self._restore)
        else:
            self._is_known = True
            self.rows.hide()
            self.restored.hide()
            self.known.setText(
                _("The price list is kept: {names}. Change it in the settings.").format(
                    names=commas(row.name for row in rows)
                )
            )
            self.known.show()
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # something must hear Enter
            if self.isVisible():
                self.begin()

    def begin(self) -> None:
        """The first price."""
        lines = self.rows.rows()
        self.focus(self if self._is_known or not lines else lines[0].price.edit)

    def leave(self, go_on: Callable[[], None]) -> None:
        """Enter the list."""
        if self._is_known:
            go_on()
        elif self.rows.show_error():

            def entered(_count: int) -> None:
                self.draft.discard()
                self._tasks.read(self, catalogue.services, done=self._on_known)
                go_on()

            self._tasks.write(
                self,
                starter.begin_price_list,
                self.rows.forms(),
                self.rows.tax(),
                done=entered,
                failed=self._refuse,
            )

    def _refuse(self, error: ClinicError) -> None:
        self.notice.set_words(Tone.DANGER, error.message, error.hint)
        self.notice.show()
        self.notice.say()


class PrintersStep(Step):
    """Once for each kind of document, with a test page."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(
            _("Printers"),
            _("Each kind of document goes straight to its printer, without a dialog. Try each with "
              "a test page. Every choice is kept at once."),
        )  # fmt: skip
        self.map = PrinterMap(tasks)
        self.map.ready.connect(self._on_ready)
        self.column.addWidget(self.map)
        self.column.addStretch(1)

    def begin(self) -> None:
        """Ask the system what printers there are."""
        self.map.load()

    def _on_ready(self) -> None:
        if self.isVisible():
            self.focus(next(iter(self.map.rows.values())).printer)


class BackupStep(Step):
    """Where copies go; and one now, if wanted."""

    def __init__(self, opened: Clinic, run: Run) -> None:
        super().__init__(
            _("Backups"), _("A PC can be stolen or break. A copy elsewhere brings everything back.")
        )
        self.panel = BackupPanel(opened, run)
        self.column.addWidget(self.panel)
        self.column.addStretch(1)

    def begin(self) -> None:
        """The folder."""
        self.focus(self.panel.folder)
