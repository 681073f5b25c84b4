"""Money goes back once somebody else agreed, unless nobody else could."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import NotFoundError, PermissionDeniedError, RuleError, ValidationError
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.billing import accounts, invoices, payments, refunds
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.billing.refunds import RequestRow
from tests.support.records import Record, engage


@pytest.fixture
def invoice_id(record: Record) -> uuid.UUID:
    """An invoice of 100, paid."""

    def add(uow: UnitOfWork) -> uuid.UUID:
        patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
        uow.add(patient)
        return patient.id

    form = InvoiceForm(record.write(add), (LineForm("Consultation", 100),))
    issued = record.write(invoices.issue, form)
    record.write(payments.take, TakePayment(issued.id, 100))
    return issued.id


@pytest.fixture
def cashier(record: Record) -> Actor:
    return record.as_role("cashier")


def ask(record: Record, actor: Actor, invoice_id: uuid.UUID, amount: int = 60) -> uuid.UUID:
    wish = GiveBack(invoice_id, amount, "Paid twice", "card")
    asked = record.store.write(actor, payments.refund, wish).result()
    assert asked.made is None
    return asked.task_id


def paid(record: Record) -> list[tuple[int, str]]:
    return [tuple(row) for row in record.rows("SELECT amount_minor, reason FROM payment")]


def seen(record: Record, actor: Actor) -> list[RequestRow]:
    return list(record.store.read(actor, refunds.requests).result())


def flagged(record: Record) -> list[tuple[object, ...]]:
    return record.rows("SELECT detail FROM audit_event WHERE kind = 'access.self-approved'")


def test_no_money_moves_before_somebody_else_approved(
    record: Record, invoice_id: uuid.UUID, cashier: Actor
) -> None:
    accountant = record.as_role("accountant")
    task = ask(record, cashier, invoice_id)
    assert paid(record) == [(100, "")]
    (row,) = seen(record, accountant)
    assert (row.status, row.asked_by, row.can_decide) == ("requested", cashier.name, True)

    record.store.write(accountant, refunds.approve, task).result()

    assert paid(record) == [(100, ""), (-60, "Paid twice")]
    assert record.rows("SELECT method FROM payment WHERE amount_minor < 0") == [("card",)]
    (own,) = seen(record, cashier)
    assert (own.status, own.decided_by, own.can_decide) == ("completed", accountant.name, False)
    assert not flagged(record)
    with pytest.raises(RuleError):
        record.store.write(accountant, refunds.approve, task).result()
    assert len(paid(record)) == 2


def test_who_asked_does_not_approve(record: Record, invoice_id: uuid.UUID, cashier: Actor) -> None:
    """Neither with the right itself, while somebody else has it, nor without it."""
    both = engage(record, "cashier", "accountant")
    task = ask(record, both, invoice_id)
    for person in (both, cashier):
        with pytest.raises(PermissionDeniedError):
            record.store.write(person, refunds.approve, task).result()
    assert not seen(record, both)[0].can_decide
    assert not seen(record, cashier)  # a cashier sees his own
    sql = "UPDATE task SET status = 'completed', owner_id = requester_id"
    with pytest.raises(RuleError):
        record.write(lambda uow: uow.cursor.execute(sql))
    record.write(refunds.approve, task)
    assert len(paid(record)) == 2


def test_the_owner_asks_too_once_there_is_an_accountant(
    record: Record, invoice_id: uuid.UUID
) -> None:
    """Who else could approve is taken from the signed chain, not from the tables."""
    record.as_role("accountant")  # in the table only
    wish = GiveBack(invoice_id, 10, "Rounding")
    assert record.write(payments.refund, wish).made is not None
    assert len(flagged(record)) == 1
    engage(record, "accountant")
    asked = record.write(payments.refund, wish)
    assert asked.made is None
    with pytest.raises(PermissionDeniedError):
        record.write(refunds.approve, asked.task_id)
    assert len(flagged(record)) == 1


def test_declined_with_a_reason_or_taken_back(
    record: Record, invoice_id: uuid.UUID, cashier: Actor
) -> None:
    task = ask(record, cashier, invoice_id)
    with pytest.raises(RuleError):  # one at a time
        record.store.write(cashier, payments.refund, GiveBack(invoice_id, 1, "again")).result()
    with pytest.raises(ValidationError):
        record.write(refunds.decline, task, " ")
    with pytest.raises(PermissionDeniedError):
        record.store.write(cashier, refunds.decline, task, "no").result()
    record.write(refunds.decline, task, "The second was for the dressing")
    (row,) = seen(record, cashier)
    assert (row.status, row.status_reason) == ("rejected", "The second was for the dressing")

    again = ask(record, cashier, invoice_id)
    with pytest.raises(RuleError):
        record.store.write(record.as_role("cashier", "nurse"), refunds.withdraw, again).result()
    record.store.write(cashier, refunds.withdraw, again).result()
    with pytest.raises(RuleError):
        record.write(refunds.approve, again)
    assert paid(record) == [(100, "")]
    with pytest.raises(NotFoundError):
        record.write(refunds.approve, uuid.uuid4())


def test_an_invoice_is_taken_back_the_same_way(
    record: Record, invoice_id: uuid.UUID, cashier: Actor
) -> None:
    asked = record.store.write(cashier, invoices.credit, invoice_id, "Wrong person").result()
    assert asked.made is None
    view = record.read(accounts.invoice, invoice_id)
    assert view is not None
    assert not view.row.credited
    assert [each.code for each in view.requests] == ["void-invoice"]
    record.write(refunds.approve, asked.task_id)
    view = record.read(accounts.invoice, invoice_id)
    assert view is not None
    assert view.row.credited


def test_what_was_paid_back_meanwhile_is_not_paid_again(
    record: Record, invoice_id: uuid.UUID, cashier: Actor
) -> None:
    """The amount is looked at again when somebody approves; nothing is half done."""
    with pytest.raises(ValidationError):
        ask(record, cashier, invoice_id, 101)
    task = ask(record, cashier, invoice_id)
    record.write(lambda uow: uow.cursor.execute(
        "INSERT INTO payment (id, patient_id, invoice_id, kind, number, amount_minor, currency,"
        " method, taken_at) SELECT randomblob(16), patient_id, invoice_id, 'refund', 'X', -90,"
        " currency, method, taken_at FROM payment"
    ))  # fmt: skip
    with pytest.raises(ValidationError):
        record.write(refunds.approve, task)
    (row,) = seen(record, cashier)
    assert row.status == "requested"


def test_a_request_is_never_changed(record: Record, invoice_id: uuid.UUID, cashier: Actor) -> None:
    task = ask(record, cashier, invoice_id)
    record.write(refunds.decline, task, "No")
    for statement in (
        "UPDATE task SET reason = 'x'",
        "UPDATE task SET input = '{}'",
        "UPDATE task SET status = 'requested'",
        "UPDATE task SET owner_id = NULL",
    ):
        with pytest.raises(RuleError):
            record.write(lambda uow, sql=statement: uow.cursor.execute(sql))  # type: ignore[misc]
