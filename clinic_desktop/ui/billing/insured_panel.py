"""One bill as the insurer's agent may know it: lines, policy, codes, what was released."""

from __future__ import annotations

from datetime import date

from clinic_desktop.domain.partial_dates import PartialDate
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.field_words import show_partial
from clinic_desktop.services.insured import InsuredBill, InsuredDocument, Released
from clinic_desktop.ui.billing.sums import Sum, Sums
from clinic_desktop.ui.billing.words import money, status_pill
from clinic_desktop.ui.core.disclosure_words import disclosure_kinds
from clinic_desktop.ui.widgets.card import Card, rule
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Pill


class InsuredPanel(Card):
    """Shows an InsuredDocument; nothing can be done with it."""

    def __init__(self) -> None:
        super().__init__(" ")
        self.setObjectName("insured.document")
        self._pill = Pill(status_pill("credit-note"))
        self.header.add_action(self._pill)
        self.lines, self.about = FactList(), FactList()
        self.sums = Sums()
        self.released = FactList(_("Nothing was released yet."))
        self.add(self.lines)
        self.add(rule())
        self.add(self.sums)
        self.add(rule())
        self.add(self.about)
        self.add(Label(_("Released to the insurer"), "strong"))
        self.add(self.released)
        self.body.addStretch(1)

    def show_document(self, found: InsuredDocument) -> None:
        """Show a document."""
        bill = found.bill
        day = isolate(current().date(current().local(bill.issued_at).date()))
        self.header.set_title(isolate(bill.number), f"{bill.patient_name} · {day}")
        self._pill.setVisible(bill.kind == "credit-note")
        self.lines.show_facts(
            [
                Fact(place, line.description, money(line.charged_minor, bill.currency))
                for place, line in enumerate(found.lines)
            ]
        )
        tax = (bill.tax_minor, found.tax_included)
        self.sums.show_sum(Sum(found.lines, *tax, bill.total_minor, bill.currency))
        self.about.show_facts(self._about(found))
        self.released.show_facts(
            [_released(place, each) for place, each in enumerate(found.released)]
        )

    def _about(self, found: InsuredDocument) -> list[Fact]:
        bill = found.bill
        cared = current().date(current().local(bill.cared_at).date())
        policy = " · ".join(filter(None, (isolate(bill.policy_number), _valid(bill))))
        return [
            Fact("policy", _("Policy"), policy or _("not recorded")),
            Fact("born", _("Birth date"), _born(bill) or _("not recorded")),
            Fact("cared", _("Day of care"), isolate(cared)),
            Fact("codes", _("Diagnosis codes"),
                 isolate(" · ".join(found.codes)) or _("none given")),
        ]  # fmt: skip


def _born(bill: InsuredBill) -> str:
    return show_partial(PartialDate.parse(bill.birth_date)) if bill.birth_date else ""


def _valid(bill: InsuredBill) -> str:
    def shown(day: date) -> str:
        return isolate(current().date(day))

    if bill.valid_from and bill.valid_to:
        return _("{first} to {last}").format(
            first=shown(bill.valid_from), last=shown(bill.valid_to)
        )
    return _("until {day}").format(day=shown(bill.valid_to)) if bill.valid_to else ""


def _released(place: int, row: Released) -> Fact:
    kind = disclosure_kinds().get(row.kind, row.kind)
    when = isolate(current().date(current().local(row.at).date()))
    words = (when, row.purpose, row.content)
    return Fact(place, kind, " · ".join(filter(None, words)))
