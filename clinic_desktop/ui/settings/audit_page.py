"""Looks to ask about, and whether the log that tells of them is whole."""

from __future__ import annotations

import uuid

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services.audit import seen, verifying
from clinic_desktop.services.audit.seen import Oddity
from clinic_desktop.services.audit.verifying import LogReport
from clinic_desktop.services.papers import day_close
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import history_words as words
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.settings.alone_card import AloneCard
from clinic_desktop.ui.settings.emergencies import EmergencyTable
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_MOST_SHOWN = 10
_TABLE_HEIGHT = 260


class AuditPage(SettingsPage):
    """For the owner; Enter opens the chart that a line is about."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Looks and log"),
            _("Who looks at charts is on record. Nothing here is a proof of wrong: ask."),
            Scope.CLINIC,
        )
        self._oddities: dict[int, Oddity] = {}
        columns = (
            Column("what", _("What"), lambda row: Cell(words.oddity_of(row), words.who(row.who)),
                   CellKind.STRONG, 26, stretch=True),
            Column("when", _("When"), lambda row: Cell(current().datetime(row.at)), letters=18),
        )  # fmt: skip
        self.table = DataTable(columns, _("Looks that stand out"), tall=True)
        self.table.setObjectName("audit.oddities")
        self.table.setMinimumHeight(_TABLE_HEIGHT)
        self.table.set_empty(
            Icon.SHIELD, _("Nothing stands out"),
            _("Many charts at once, nights, one's own family and wrong passwords stand here."),
        )  # fmt: skip
        self.table.opened.connect(self._open)
        self.table.retry_wanted.connect(self._load)
        days = ngettext("The last {count} day", "The last {count} days", seen.DAYS_BACK)
        self.add_card(days.format(count=seen.DAYS_BACK), self.table)
        self.emergencies = EmergencyTable(context)
        self.emergencies.setMinimumHeight(_TABLE_HEIGHT)
        self.add_card(_("Opened in an emergency"), self.emergencies)
        self.alone = AloneCard(context)
        self.put_card(self.alone)
        self.check = Button(_("Check the log now"), icon=Icon.SHIELD)
        self.check.setObjectName("audit.check")
        self.check.clicked.connect(self._on_check)
        self.progress = ProgressPanel(_("Comparing every row with the log…"))
        self.progress.cancel.hide()
        self.progress.hide()
        self.found = FactList(_("Not checked since the program was opened."))
        self.slip = Button(_("Print the slip of the day"), icon=Icon.PRINT)
        self.slip.setObjectName("audit.slip")
        self.slip.clicked.connect(self._on_slip)
        self.add_card(_("Is the log whole?"), self.found, self.progress, self.check)
        words_ = Label(
            _("What was taken in, and how far the log had come. Kept away from the PC, it shows"
              " later whether the log was put back."),
            "body", "muted", wrap=True,
        )  # fmt: skip
        self.add_card(_("End of the day"), words_, self.slip)
        self.end()
        self._load()
        self.emergencies.load()

    def _load(self) -> None:
        self.table.set_loading(True)
        self.context.tasks.read(self, seen.oddities, done=self._show, failed=self._not_read)

    def _show(self, oddities: list[Oddity]) -> None:
        self.table.set_loading(False)
        self._oddities = dict(enumerate(oddities))
        self.table.model_.set_rows(self._oddities)

    def _not_read(self, error: ClinicError) -> None:
        self.table.set_error(error.message)

    def _open(self, key: object) -> None:
        oddity = self._oddities.get(key) if isinstance(key, int) else None
        if oddity is not None and isinstance(oddity.patient_id, uuid.UUID):
            self.context.navigator.open(to.Chart(oddity.patient_id))

    def _on_slip(self) -> None:
        tasks = self.context.tasks

        def made(slip: tuple[bytes, PrinterChoice]) -> None:
            tasks.call(self, spool.print_unkept, *slip, done=printed, failed=self.refuse)

        def printed(where: str) -> None:
            self.said(_("The slip was sent to {printer}.").format(printer=isolate(where)))

        tasks.write(
            self,
            day_close.close_day,
            done=lambda _done: tasks.read(self, day_close.day_close, done=made),
            failed=self.refuse,
        )

    def _on_check(self) -> None:
        self.check.setEnabled(False)
        self.progress.start(_("Comparing every row with the log…"))
        self.progress.show()
        self.context.tasks.read(
            self,
            verifying.verify,
            self.context.clinic.store.mirror,
            done=self._checked,
            failed=self._not_checked,
        )

    def _end(self) -> None:
        self.progress.hide()
        self.check.setEnabled(True)

    def _not_checked(self, error: ClinicError) -> None:
        self._end()
        self.refuse(error)

    def _checked(self, report: LogReport) -> None:
        self._end()
        facts = [
            Fact(str(place), isolate(str(each.dseq or "–")), verifying.sentence(each))
            for place, each in enumerate(report.findings[:_MOST_SHOWN])
        ]
        commit, chain = report.heads.get(1, (0, b""))
        facts.append(Fact("commits", _("Changes on record"), current().number(report.commits)))
        facts.append(Fact("head", _("Newest"), isolate(f"{commit}:{chain.hex()[:16]}")))
        self.found.show_facts(facts)
        if not report.findings:
            self.said(_("The log is whole, signed, and the rows are what it says."))
