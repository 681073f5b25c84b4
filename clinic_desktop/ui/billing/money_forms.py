"""Drawers that take money, give it back, or take an invoice back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.money import currency_digits
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current
from clinic_desktop.services.approvals import Asked
from clinic_desktop.services.billing import accounts, invoices, payments
from clinic_desktop.services.billing.accounts import InvoiceView
from clinic_desktop.services.billing.invoices import Issued
from clinic_desktop.services.billing.payments import GiveBack, PaymentTaken, TakePayment
from clinic_desktop.ui.billing.words import methods, money
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.parsed import money_parser
from clinic_desktop.ui.widgets.segmented import SegmentedControl
from clinic_desktop.ui.widgets.value_edits import MoneyEdit


class _MoneyForm(DrawerForm):
    """A sentence, fields and an error; sends one command.

    What is typed outlives a crash and a lock; after Esc it has to be asked for, so that no money
    changes hands by a sum given up. Once anything was paid or given back it is forgotten.
    """

    kind = ""

    def __init__(self, context: Context, view: InvoiceView, sentence: str) -> None:
        super().__init__()
        self.context, self.view = context, view
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        stands_at = [view.row.due_minor, len(view.payments)]
        self.draft = FieldDraft(context, self.kind, str(view.row.id), self, stands_at)
        self.form = Form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        self.sentence = Label(sentence, wrap=True)
        column.addWidget(self.sentence)
        column.addWidget(self.draft.notice)
        column.addWidget(self._notice)
        column.addWidget(self.form)
        column.addStretch(1)
        context.tasks.committed.connect(self._on_committed)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("payment", "invoice"):
            self.context.tasks.read(self, accounts.invoice, self.view.row.id, done=self._compare)

    def _compare(self, now: InvoiceView | None) -> None:
        if now and (now.row, now.payments) != (self.view.row, self.view.payments):
            self.follow(now)

    def follow(self, now: InvoiceView) -> None:
        """Money may have been taken for the same document at another PC."""
        self.view = now
        words = _("Somebody changed this while you were editing.")
        self._notice.set_words(Tone.WARN, words, _still_to_pay(now))
        self._notice.show()

    def money_field(self, label: str, amount_minor: int) -> MoneyEdit:
        """A field with an amount in it."""
        currency = self.view.row.currency
        field = MoneyEdit(money_parser(currency))
        digits = currency_digits(currency)
        field.set_text(current().number(Decimal(amount_minor).scaleb(-digits), digits))
        self.form.add(label, field, required=True)
        self.draft.keep("amount", field)
        return field

    def method_field(self) -> SegmentedControl:
        """How the money changes hands."""
        field = SegmentedControl(methods()[:3], _("Way of paying"), "cash")
        self.form.add(_("Way of paying"), field)
        self.draft.keep("method", field)
        return field

    def reason_field(self) -> QLineEdit:
        """Why."""
        field = QLineEdit()
        self.form.add(_("Reason"), field, required=True)
        self.draft.keep("reason", field)
        return field

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        return self.draft.give_up(partial(_reopen, type(self), self.context, self.view))

    def send(self, command: Any, *args: Any) -> None:
        """Do it; an error stays in the form."""
        self.context.tasks.write_once(self, command, *args, done=self.done, failed=self._failed)

    def say_waits(self) -> None:
        """Somebody else decides; where is said."""
        self.context.host.toast(_("Asked. What becomes of it stands under “Requests”."))

    def done(self, _result: Any) -> None:
        """It is done."""
        self.draft.forget()
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        self._notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self._notice.show()


class PayForm(_MoneyForm):
    """A payment, whole or in part."""

    kind = "payment"

    def __init__(self, context: Context, view: InvoiceView) -> None:
        super().__init__(context, view, _still_to_pay(view))
        self.amount = self.money_field(_("Amount"), view.row.due_minor)
        self.method = self.method_field()
        self.draft.begin()

    def follow(self, now: InvoiceView) -> None:
        """Something was paid meanwhile."""
        super().follow(now)
        self.sentence.setText(_still_to_pay(now))

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Take payment")

    def submit(self, print_too: bool) -> None:
        """Take it."""
        if self.amount.show_error() and self.amount.value() is not None:
            wish = TakePayment(
                self.view.row.id, self.amount.value().amount_minor, str(self.method.value())
            )
            self.send(payments.take, wish)

    def done(self, result: PaymentTaken) -> None:
        """The receipt follows at once."""
        self.context.printing.print_paper("receipt", result.id)
        super().done(result)


class RefundForm(_MoneyForm):
    """Money given back, as a document of its own."""

    kind = "refund"

    def __init__(self, context: Context, view: InvoiceView) -> None:
        sentence = _("The invoice stays as it is; a refund is a document of its own.")
        if not view.refunds_at_once:
            sentence = _("No money is given back before somebody else has approved.")
        super().__init__(context, view, sentence)
        paid = sum(each.amount_minor for each in view.payments)
        self.amount = self.money_field(_("Amount"), paid)
        self.method = self.method_field()
        self.reason = self.reason_field()
        self.draft.begin()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Give money back") if self.view.refunds_at_once else _("Ask for the refund")

    def submit(self, print_too: bool) -> None:
        """Give it back, or ask for it."""
        if self.amount.show_error() and self.amount.value() is not None:
            wish = GiveBack(
                self.view.row.id,
                self.amount.value().amount_minor,
                self.reason.text(),
                str(self.method.value()),
            )
            self.send(payments.refund, wish)

    def done(self, result: Asked[PaymentTaken]) -> None:
        """The refund's receipt follows at once, unless somebody else is asked first."""
        if result.made is None:
            self.say_waits()
        else:
            self.context.printing.print_paper("receipt", result.made.id)
        super().done(result)


class CreditForm(_MoneyForm):
    """A whole invoice taken back by a credit note."""

    kind = "credit"

    def __init__(self, context: Context, view: InvoiceView) -> None:
        sentence = _(
            "A credit note takes the whole invoice back. Money that was paid is given back "
            "with a refund."
        )
        if not view.refunds_at_once:
            sentence = _("The invoice stands until somebody else has approved.")
        super().__init__(context, view, sentence)
        self.reason = self.reason_field()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        self.draft.begin()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Issue credit note") if self.view.refunds_at_once else _("Ask for it")

    def submit(self, print_too: bool) -> None:
        """Issue it, or ask for it."""
        self.send(invoices.credit, self.view.row.id, self.reason.text())

    def done(self, result: Asked[Issued]) -> None:
        """It is done, or waits."""
        if result.made is None:
            self.say_waits()
        super().done(result)


def _still_to_pay(view: InvoiceView) -> str:
    due = money(view.row.due_minor, view.row.currency)
    return _("Still to pay: {amount}.").format(amount=due)


def _reopen(kind: Callable[..., _MoneyForm], context: Context, view: InvoiceView) -> None:
    form = kind(context, view)
    context.host.show_drawer(form, form.primary_text())
