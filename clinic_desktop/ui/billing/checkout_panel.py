"""Checkout: the visit's services, the total, and the money — Enter takes it exactly."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import patients
from clinic_desktop.services.billing import catalogue, payments
from clinic_desktop.services.billing.accounts import Checkout
from clinic_desktop.services.billing.catalogue import ServiceRow
from clinic_desktop.services.billing.payments import CheckedOut
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.patients import PatientRow
from clinic_desktop.ui.billing.checkout_lines import LineRow
from clinic_desktop.ui.billing.checkout_vm import CheckoutForm
from clinic_desktop.ui.billing.words import methods, money
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.person_words import listed_name, sex_and_age
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, rule
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.parsed import money_parser
from clinic_desktop.ui.widgets.segmented import SegmentedControl
from clinic_desktop.ui.widgets.suggestions import Suggestion
from clinic_desktop.ui.widgets.value_edits import MoneyEdit


class CheckoutPanel(Card):
    """Charges one visit, or one person without a visit."""

    finished = Signal(object)
    """``CheckedOut``."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Checkout"))
        self.setObjectName("checkout")
        self._context = context
        self._form: CheckoutForm | None = None
        self._begun_with: CheckoutForm | None = None
        self._sent: CheckoutForm | None = None
        """What is on its way into the record."""
        self.draft = DraftKeeper(context.tasks, "invoice", "", self._draft_body, self)
        self._build()

    # ------------------------------------------------------------ construction

    def _build(self) -> None:
        self._restored = RestoredNotice(self._start_afresh)
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        self.service = ComboSearch(_("Add a service…"), clear_on_take=True)
        self.service.edit.setObjectName("checkout.service")
        self.service.wanted.connect(self._find_services)
        self.service.taken.connect(lambda item: self._add(item.value))
        self._lines = QWidget()
        self._line_column = QVBoxLayout(self._lines)
        self._line_column.setContentsMargins(0, 0, 0, 0)
        self._line_column.setSpacing(SPACE_2)
        for widget in (self._restored, self._notice, self._lines, self.service, rule()):
            self.add(widget)
        self._build_sums()
        self._build_payment()

    def _build_sums(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        self.discount = QLineEdit()
        self.discount.setObjectName("checkout.discount")
        self.discount.setAccessibleName(_("Discount in percent"))
        self.discount.setPlaceholderText("%")
        self.discount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        self.discount.setFixedWidth(72)
        self.discount.textEdited.connect(self._on_discount)
        self.reason = QLineEdit()
        self.reason.setAccessibleName(_("Reason of the discount"))
        self.reason.setPlaceholderText(_("Reason of the discount"))
        self.reason.textEdited.connect(self._on_discount)
        self.reason.hide()
        self._tax = Label("", tone="muted", tabular=True)
        self.total = Label("", "page", tabular=True)
        self.total.setObjectName("checkout.total")
        end = Qt.AlignmentFlag.AlignTrailing
        grid.addWidget(Label(_("Discount"), tone="muted"), 0, 0)
        grid.addWidget(self.discount, 0, 1, end)
        grid.addWidget(self.reason, 1, 0, 1, 2)
        grid.addWidget(Label(_("Tax"), tone="muted"), 2, 0)
        grid.addWidget(self._tax, 2, 1, end)
        grid.addWidget(Label(_("Total"), "title"), 3, 0)
        grid.addWidget(self.total, 3, 1, end)
        self.body.addLayout(grid)

    def _build_payment(self) -> None:
        self.method = SegmentedControl(methods()[:3], _("Way of paying"), "cash")
        self.method.changed.connect(lambda _value: self._render())
        self.tendered = MoneyEdit(money_parser("USD"), _("Given"))
        self.tendered.edit.setObjectName("checkout.tendered")
        self.tendered.edit.setAccessibleName(_("Amount given"))
        self.tendered.changed.connect(lambda _value: self._on_tendered())
        self._change = Label("", "strong", tabular=True)
        row = QHBoxLayout()
        row.setSpacing(SPACE_3)
        row.addWidget(self.tendered, 1)
        row.addWidget(self._change)
        self.take = Button(_("Take payment"), "primary", Icon.CASH)
        self.take.setObjectName("checkout.take")
        self.take.clicked.connect(self.submit)
        self.later = Button(_("Issue invoice, pay later"))
        self.later.setObjectName("checkout.later")
        self.later.clicked.connect(lambda: self._check_out(""))
        self._takes_money = allowed(self._context.actor, "payment.create")
        self.add(self.method)
        self.body.addLayout(row)
        self.add(self.take)
        self.add(self.later)
        self.method.setVisible(self._takes_money)
        self.take.setVisible(self._takes_money)
        self.body.addStretch(1)

    # ------------------------------------------------------------ what is charged

    def show_checkout(self, checkout: Checkout) -> None:
        """Begin with what the visit suggests, or with what was changed of it before."""
        self.draft.belong_to(str(checkout.encounter_id or checkout.patient_id))
        self._begun_with = CheckoutForm.of(checkout)
        self._sent = None
        self.tendered.set_parse(money_parser(checkout.currency))
        self._begin()
        self.draft.load(self._restore)
        self.header.set_title(_("Checkout"), " ")
        asked = checkout.patient_id
        self._context.tasks.read(
            self, patients.rows, (asked,), done=lambda found: self._name(asked, found)
        )

    def begin(self) -> None:
        """Take the keys: to the button that takes the money, or to the services to add."""
        way = self.take if self._takes_money else self.later
        first = way if self._form is not None and self._form.lines else self.service
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _name(self, asked: uuid.UUID, found: list[PatientRow]) -> None:
        """Whose money it is stands above it: there may be no line of the list beside it."""
        if self._form is None or self._form.patient_id != asked or not found:
            return
        facts = (listed_name(found[0].name), sex_and_age(found[0]), found[0].mrn)
        words = " · ".join(isolate(fact) for fact in facts if fact)
        self.header.set_title(_("Checkout"), words)

    def _begin(self) -> None:
        self._form = self._begun_with
        for field in (self.discount, self.reason, self.tendered.edit):
            field.clear()
        self.reason.hide()
        self.method.set_value("cash")
        self._notice.hide()
        self._restored.hide()
        self._draw_lines()

    # ------------------------------------------------------------ drafts

    def _draft_body(self) -> dict[str, Any] | None:
        form = self._form
        if form is None or (form == self._begun_with and not self.tendered.text()):
            return None
        return {
            "lines": form.as_texts(),
            "discount": self.discount.text(),
            "reason": self.reason.text(),
            "method": str(self.method.value() or "cash"),
            "tendered": self.tendered.text(),
        }

    def _restore(self, draft: DraftRow | None) -> None:
        form = self._form
        if form is None or draft is None or form != self._begun_with:
            return
        if draft.subject != str(form.encounter_id or form.patient_id):
            return
        self._form = form.with_texts(draft.body.get("lines", []))
        self.discount.setText(str(draft.body.get("discount", "")))
        self.reason.setText(str(draft.body.get("reason", "")))
        self.method.set_value(draft.body.get("method", "cash"))
        self.tendered.set_text(str(draft.body.get("tendered", "")))
        self._on_discount("")
        self._draw_lines()
        self._restored.tell(draft.saved_at, self._context.clock.now())

    def _start_afresh(self) -> None:
        self._begin()
        self.draft.discard()
        self.take.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------ changing it

    @property
    def form(self) -> CheckoutForm | None:
        """What is being charged."""
        return self._form

    def _change_form(self, change: Callable[[CheckoutForm], CheckoutForm]) -> None:
        if self._form is not None:
            self._form = change(self._form)
            self.draft.touch()
            self._draw_lines()

    def _add(self, service: ServiceRow) -> None:
        self._change_form(lambda form: form.with_service(service))

    def _find_services(self, text: str) -> None:
        def show(rows: tuple[ServiceRow, ...]) -> None:
            currency = self._form.currency if self._form else ""
            items = [
                Suggestion(row, row.name, row.category, money(row.amount_minor, currency))
                for row in rows[:12]
            ]
            self.service.show_suggestions(text, items)

        self._context.tasks.read(self, catalogue.services, text, done=show)

    def _draw_lines(self) -> None:
        while (item := self._line_column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        form = self._form
        for place, line in enumerate(form.lines if form else ()):
            row = LineRow(line, form.currency if form else "")
            row.quantity_changed.connect(
                lambda text, at=place: self._edit(lambda f: f.with_quantity(at, text))
            )
            row.removed.connect(lambda at=place: self._change_form(lambda f: f.without(at)))
            self._line_column.addWidget(row)
        if form is not None and not form.lines:
            self._line_column.addWidget(Label(_("Nothing to charge yet."), tone="muted"))
        self._render()

    def _edit(self, change: Callable[[CheckoutForm], CheckoutForm]) -> None:
        """A change that must not take the field away from under the typing."""
        if self._form is not None:
            self._form = change(self._form)
            self.draft.touch()
            self._render()

    def _on_discount(self, _text: str) -> None:
        typed = self.discount.text().replace(",", ".").strip(" %")
        try:
            points = round(float(typed) * 100) if typed else 0
        except ValueError:
            points = -1
        reason = self.reason.text()
        self.reason.setVisible(points != 0)
        self._edit(
            lambda form: CheckoutForm(
                form.patient_id, form.currency, form.encounter_id, form.lines, points, reason
            )
        )

    def _on_tendered(self) -> None:
        self.draft.touch()
        self._render()

    # ------------------------------------------------------------ drawing and paying

    def _render(self) -> None:
        form = self._form
        if form is None:
            return
        total, wrong = form.total()
        self._say(wrong)
        amount = total.total_minor if total else 0
        self.total.setText(money(amount, form.currency))
        self._tax.setText(money(total.tax_minor if total else 0, form.currency))
        cash = self._takes_money and self.method.value() == "cash"
        self.tendered.setVisible(cash)
        given = self.tendered.value()
        self._change.setVisible(cash and given is not None)
        if given is not None:
            back = given.amount_minor - amount
            self._change.set_tone("danger" if back < 0 else "ok")
            words = _("Change {amount}") if back >= 0 else _("Missing {amount}")
            self._change.setText(words.format(amount=money(abs(back), form.currency)))
        self.take.set_text(_("Take {amount}").format(amount=money(amount, form.currency)))
        ready = bool(form.lines) and total is not None and self._sent is None
        self.take.setEnabled(ready)
        self.later.setEnabled(ready)

    def _say(self, sentence: str) -> None:
        self._notice.setVisible(bool(sentence))
        if sentence:
            self._notice.set_words(Tone.DANGER, sentence)

    def submit(self) -> None:
        """Issue and take the whole amount; who takes no money issues the invoice."""
        self._check_out(str(self.method.value() or "cash") if self._takes_money else "")

    def _check_out(self, method: str) -> None:
        form = self._form
        if form is None or self._sent is not None or not self.tendered.show_error():
            return
        given = self.tendered.value() if method == "cash" else None
        self._sent = form
        self._render()
        self._context.tasks.write(
            self,
            payments.check_out,
            form.invoice_form(),
            method,
            given.amount_minor if given is not None else None,
            done=lambda done: self._done(form, done),
            failed=lambda error: self._failed(form, error),
        )

    def _done(self, form: CheckoutForm, done: CheckedOut) -> None:
        self.draft.discard(str(form.encounter_id or form.patient_id))
        if self._sent is form:  # else somebody else is being charged by now
            self._sent = self._form = None
        self.finished.emit(done)

    def _failed(self, form: CheckoutForm, error: ClinicError) -> None:
        if self._sent is not form:
            self._context.host.show_error(error)
            return
        self._sent = None
        self._render()
        self._say(str(error))
        if getattr(error, "field", "") == "discount_reason":
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter anywhere in the panel takes the money."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            return
        super().keyPressEvent(event)

    @staticmethod
    def change_words(done: CheckedOut, currency: str) -> str:
        """What to say when it is done."""
        if done.payment is None:
            return _("Invoice {number} issued.").format(number=done.invoice.number)
        if done.payment.change_minor:
            return _("Receipt {number}. Change {amount}.").format(
                number=done.payment.number,
                amount=current().money(done.payment.change_minor, currency),
            )
        return _("Receipt {number}.").format(number=done.payment.number)
