"""An issued document: what is on it, what was paid, and what can still be done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.billing import refunds
from clinic_desktop.services.billing.accounts import InvoiceView, PaymentRow
from clinic_desktop.services.billing.refunds import RequestRow
from clinic_desktop.ui.billing.money_forms import CreditForm, PayForm, RefundForm
from clinic_desktop.ui.billing.request_form import DeclineForm
from clinic_desktop.ui.billing.sums import Sum, Sums
from clinic_desktop.ui.billing.words import (
    method_name,
    money,
    request_pill,
    request_story,
    request_title,
    status_pill,
)
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, rule
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import Pill, PillSpec


class DocumentPanel(Card):
    """Shows an InvoiceView; it never changes, so everything here adds a document."""

    def __init__(self, context: Context) -> None:
        super().__init__(" ")
        self.setObjectName("document")
        self._context = context
        self._view: InvoiceView | None = None
        self._pill = Pill(PillSpec(""))
        self.header.add_action(self._pill)
        self._lines = FactList()
        self._sums = Sums()
        self._payments = FactList(_("Nothing was paid yet."))
        self._buttons = QWidget()
        flow = FlowLayout(self._buttons)
        self.pay = self._button(_("Take payment"), Icon.CASH, self._pay, "primary")
        self.print = self._button(_("Print"), Icon.PRINT, self._print)
        self.refund = self._button(_("Refund…"), Icon.UNDO, self._refund)
        self.credit = self._button(_("Take back…"), Icon.DELETE, self._credit)
        self.approve = self._button(_("Approve…"), Icon.OK, self._approve, "primary")
        self.decline = self._button(_("Decline…"), Icon.CLOSE, self._decline)
        self.withdraw = self._button(_("Take my request back"), Icon.UNDO, self._withdraw)
        for button in (self.approve, self.decline, self.withdraw, self.pay, self.print,
                       self.refund, self.credit):  # fmt: skip
            flow.addWidget(button)
        self._requests_title = Label(_("Requests"), "strong")
        self._requests = FactList()
        self.asked = Notice(
            Tone.WARN,
            _("Something about this is to be decided"),
            _("Two PCs wrote without knowing of each other. What stands below counts until then."),
        )
        self.asked.setObjectName("document.asked")
        if to.may_open(context.actor, to.Conflicts):
            self.asked.add_action(_("Decide"), self.decide)
        self.add(self.asked)
        self.add(self._lines)
        self.add(rule())
        self.add(self._sums)
        self.add(Label(_("Payments"), "strong"))
        self.add(self._payments)
        self.add(self._requests_title)
        self.add(self._requests)
        self.add(self._buttons)
        self.body.addStretch(1)

    def _button(self, text: str, icon: str, run: object, kind: str = "secondary") -> Button:
        button = Button(text, kind, icon)
        button.clicked.connect(run)
        return button

    def show_document(self, view: InvoiceView) -> None:
        """Show a document."""
        self._view = view
        row = view.row
        day = isolate(current().date(current().local(row.issued_at).date()))
        self.header.set_title(isolate(row.number), f"{row.patient_name} · {day}")
        self._pill.set_spec(status_pill(row.status))
        self.asked.setVisible(row.question_id is not None)
        self._lines.show_facts(
            [
                Fact(place, line.description, self._line_words(line.quantity, view, place))
                for place, line in enumerate(view.lines)
            ]
        )
        self._sums.show_sum(
            Sum(
                view.lines,
                view.tax_minor,
                view.tax_included,
                row.total_minor,
                row.currency,
                row.due_minor,
            )
        )
        self._payments.show_facts([self._payment(each) for each in view.payments])
        actor, waiting = self._context.actor, self._waiting
        may_ask = allowed(actor, "refund.create") and row.kind == "invoice" and waiting is None
        self.pay.setVisible(row.due_minor > 0 and allowed(actor, "payment.create"))
        self.print.setVisible(allowed(actor, "print.write"))
        self.refund.setVisible(may_ask and any(p.amount_minor > 0 for p in view.payments))
        self.credit.setVisible(may_ask and not row.credited)
        self.approve.setVisible(waiting is not None and waiting.can_decide)
        self.decline.setVisible(waiting is not None and waiting.can_decide)
        self.withdraw.setVisible(waiting is not None and waiting.is_own)
        self._show_requests(view)

    def decide(self) -> None:
        """Go to what is asked about the document, if anything is."""
        if self._view is not None and self._view.row.question_id is not None:
            question = self._view.row.question_id
            self._context.navigator.open(to.Conflicts(conflict_id=question))

    @property
    def _waiting(self) -> RequestRow | None:
        """What was asked for and is not decided; there is never more than one."""
        asked = self._view.requests if self._view is not None else ()
        return next((each for each in asked if each.status == "requested"), None)

    def _show_requests(self, view: InvoiceView) -> None:
        # What was done at once tells the list of payments nothing new.
        asked = [each for each in view.requests if not each.is_done_at_once]
        self._requests_title.setVisible(bool(asked))
        self._requests.setVisible(bool(asked))
        self._requests.show_facts(
            [Fact(each.id, request_title(each), request_story(each), request_pill(each.status))
             for each in asked]
        )  # fmt: skip

    def _line_words(self, quantity: str, view: InvoiceView, place: int) -> str:
        line = view.lines[place]
        amount = money(line.charged_minor, view.row.currency)
        if quantity in {"1", "-1"}:
            return amount
        price = money(line.unit_price_minor, view.row.currency)
        return f"{isolate(quantity)} × {price} = {amount}"

    def _payment(self, row: PaymentRow) -> Fact:
        when = isolate(current().datetime(row.taken_at))
        words = [method_name(row.method), when, row.reason]
        print_it = FactAction(
            Icon.RECEIPT,
            _("Print receipt {number}").format(number=row.number),
            lambda: self._context.printing.print_paper("receipt", row.id),
        )
        return Fact(
            row.id,
            f"{money(row.amount_minor, row.currency)}  ·  {isolate(row.number)}",
            " · ".join(filter(None, words)),
            actions=(print_it,),
        )

    # ------------------------------------------------------------ what a person does

    @property
    def invoice_id(self) -> uuid.UUID | None:
        """The document shown."""
        return self._view.row.id if self._view else None

    def _pay(self) -> None:
        if self._view is not None:
            self._context.host.show_drawer(PayForm(self._context, self._view), _("Take payment"))

    def _refund(self) -> None:
        if self._view is not None:
            self._context.host.show_drawer(RefundForm(self._context, self._view), _("Refund"))

    def _credit(self) -> None:
        if self._view is not None:
            form = CreditForm(self._context, self._view)
            self._context.host.show_drawer(form, _("Take the invoice back"))

    def _approve(self) -> None:
        asked = self._waiting
        if asked is None:
            return
        then = partial(self._do, refunds.approve, asked.id, _("Approved and done."))
        words = f"{request_title(asked)} · {asked.patient_name}\n{request_story(asked)}"
        self._context.host.confirm(_("Approve the request?"), words, _("Approve"), then)

    def _decline(self) -> None:
        if self._waiting is not None:
            form = DeclineForm(self._context, self._waiting)
            self._context.host.show_drawer(form, _("Decline the request"))

    def _withdraw(self) -> None:
        if self._waiting is not None:
            self._do(refunds.withdraw, self._waiting.id, _("The request was taken back."))

    def _do(self, command: Callable[..., object], task_id: uuid.UUID, words: str) -> None:
        host = self._context.host
        self._context.tasks.write(self, command, task_id, done=lambda _made: host.toast(words))

    def _print(self) -> None:
        if self._view is not None:
            self._context.printing.print_paper("invoice", self._view.row.id)
