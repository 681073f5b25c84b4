"""What was done without a second person, week by week, for the owner's look."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.audit import alone
from clinic_desktop.services.audit.alone import OwnApproval, Report
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.label import Label


class AloneCard(Card):
    """Refunds that nobody else could approve, and charts opened in an emergency."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Done without a second person"))
        self.setObjectName("audit.alone")
        self._context = context
        self.list = FactList(_("Nothing in the last weeks."))
        self.when = Label("", "caption", "muted", wrap=True)
        self.seen = Button(_("I have looked at this"), icon=Icon.OK)
        self.seen.setObjectName("audit.alone-seen")
        self.seen.clicked.connect(self._on_seen)
        self.add(self.list)
        self.add(self.when)
        self.body.addWidget(self.seen, 0, Qt.AlignmentFlag.AlignLeading)
        self.load()

    def load(self) -> None:
        """Read anew."""
        self._context.tasks.read(self, alone.report, done=self._show, failed=self._failed)

    def _show(self, found: Report) -> None:
        facts: list[Fact] = []
        for week, rows in groupby(found.rows, key=lambda row: row.week):
            words = _("Week of {day}").format(day=isolate(current().date(week)))
            facts.append(Fact(week, words, tone="muted"))
            facts += [self._fact(row) for row in rows]
        self.list.show_facts(facts)
        self.seen.setVisible(bool(found.rows))
        self.when.setVisible(found.seen_at is not None)
        if found.seen_at is not None:
            when = isolate(current().datetime(found.seen_at))
            self.when.setText(_("Last looked at on {when}.").format(when=when))

    def _failed(self, error: ClinicError) -> None:
        self.list.show_facts([], error.message)

    def _fact(self, row: OwnApproval) -> Fact:
        title = _names().get(row.what, row.what)
        if row.amount_minor is not None:
            amount = isolate(current().money(row.amount_minor, row.currency))
            title = f"{title} · {amount}"
        words = (isolate(current().datetime(row.at)), row.who, row.patient_name, row.reason)
        actions: tuple[FactAction, ...] = ()
        patient = row.patient_id
        if patient is not None:
            name = _("Open the chart of {name}").format(name=isolate(row.patient_name))
            place = to.Chart(patient)
            open_ = FactAction(Icon.PATIENTS, name, lambda: self._context.navigator.open(place))
            actions = (open_,)
        return Fact(row.id, title, " · ".join(filter(None, words)), actions=actions)

    def _on_seen(self) -> None:
        self._context.tasks.write(self, alone.note_seen, done=lambda _nothing: self.load())


def _names() -> dict[str, str]:
    return {
        "refund": _("Refund"),
        "void-invoice": _("Invoice taken back"),
        "emergency": _("Chart opened in an emergency"),
        "emergency-review": _("Looked at one's own emergency"),
    }
