"""Money: no cent lost, no document changed, no number skipped."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import PermissionDeniedError, RuleError, ValidationError
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.billing import accounts, catalogue, invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from tests.support.records import Record


def _patient(uow: UnitOfWork) -> uuid.UUID:
    patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
    uow.add(patient)
    return patient.id


@pytest.fixture
def patient_id(record: Record) -> uuid.UUID:
    """Somebody to charge."""
    return record.write(_patient)


def _form(patient_id: uuid.UUID, *prices: int) -> InvoiceForm:
    lines = tuple(LineForm(f"Service {n}", price) for n, price in enumerate(prices, 1))
    return InvoiceForm(patient_id, lines)


def test_invoice_paid_in_parts_and_refunded(record: Record, patient_id: uuid.UUID) -> None:
    """Part payment, rest, refund: the balance follows and each step has its own number."""
    issued = record.write(invoices.issue, _form(patient_id, 150_000, 60_000))

    first = record.write(payments.take, TakePayment(issued.id, 100_000, tendered_minor=120_000))
    rest = record.write(payments.take, TakePayment(issued.id, 110_000, "card"))
    asked = record.write(payments.refund, GiveBack(issued.id, 60_000, "Charged by mistake"))
    back = asked.made
    assert back is not None

    assert (first.change_minor, first.due_minor, rest.due_minor) == (20_000, 110_000, 0)
    assert back.amount_minor == -60_000
    assert len({first.number, rest.number, back.number}) == 3
    view = record.read(accounts.invoice, issued.id)
    assert view is not None
    assert (view.row.due_minor, view.row.status) == (60_000, "part-paid")
    assert record.read(accounts.balance_minor, patient_id) == 60_000


def test_numbers_have_no_gap_when_a_transaction_fails(
    record: Record, patient_id: uuid.UUID
) -> None:
    """A failed issue gives its number back."""
    first = record.write(invoices.issue, _form(patient_id, 100))

    def fail(uow: UnitOfWork) -> None:
        invoices.issue_invoice(uow, _form(patient_id, 100))
        raise RuleError("power cut")

    with pytest.raises(RuleError):
        record.write(fail)
    second = record.write(invoices.issue, _form(patient_id, 100))

    assert first.number.endswith("2026-000001")
    assert second.number.endswith("2026-000002")


def test_numbers_have_no_gap_when_many_issue_at_once(record: Record, patient_id: uuid.UUID) -> None:
    """Several screens and several series; some of them fail half way."""

    def issue(place: int) -> str | None:
        def work(uow: UnitOfWork) -> str:
            issued = invoices.issue_invoice(uow, _form(patient_id, 100))
            if place % 3 == 0:
                raise RuleError("changed my mind")
            paid = payments.take_payment(uow, TakePayment(issued.id, 100))
            return f"{issued.number} {paid.number}"

        try:
            return record.write(work)
        except RuleError:
            return None

    with ThreadPoolExecutor(8) as pool:
        pairs = [pair.split() for pair in pool.map(issue, range(60)) if pair]

    for series in zip(*pairs, strict=True):
        assert sorted(int(number[-6:]) for number in series) == list(range(1, 41))
        assert len(set(series)) == 40


def test_issued_invoice_never_changes(record: Record, patient_id: uuid.UUID) -> None:
    """Neither its amounts nor its lines nor a payment can be altered, not even by raw SQL."""
    issued = record.write(invoices.issue, _form(patient_id, 100))
    record.write(payments.take, TakePayment(issued.id, 100))

    for statement in (
        "UPDATE invoice SET total_minor = 1",
        "UPDATE invoice SET status = 'draft'",
        "UPDATE invoice_line SET unit_price_minor = 1",
        "UPDATE payment SET amount_minor = 1",
        "DELETE FROM payment",
    ):
        with pytest.raises(RuleError):
            record.write(lambda uow, sql=statement: uow.cursor.execute(sql))  # type: ignore[misc]
    assert record.rows("SELECT total_minor, status FROM invoice") == [(100, "issued")]


def test_credit_note_takes_the_whole_back(record: Record, patient_id: uuid.UUID) -> None:
    """The credit note mirrors every amount; a second one is refused."""
    form = replace(_form(patient_id, 333, 667), discount_bp=1000, discount_reason="Staff")
    issued = record.write(invoices.issue, form)

    note = record.write(invoices.credit, issued.id, "Wrong person").made

    assert note is not None
    assert note.total_minor == -issued.total_minor
    assert "-C-" in note.number
    assert record.read(accounts.balance_minor, patient_id) == 0
    with pytest.raises(RuleError):
        record.write(invoices.credit, issued.id, "again")


def test_what_cannot_be_charged_is_named(record: Record, patient_id: uuid.UUID) -> None:
    """No line, a discount without reason, letters for a quantity, overpayment, short cash."""
    with pytest.raises(ValidationError) as none:
        record.write(invoices.issue, _form(patient_id))
    assert none.value.field == "lines"

    with pytest.raises(ValidationError) as reason:
        record.write(invoices.issue, replace(_form(patient_id, 100), discount_bp=500))
    assert reason.value.field == "discount_reason"

    letters = InvoiceForm(patient_id, (LineForm("A", 1), LineForm("B", 100, quantity="l0")))
    with pytest.raises(ValidationError) as quantity:
        record.write(invoices.issue, letters)
    assert quantity.value.field == "lines[2].quantity"

    issued = record.write(invoices.issue, _form(patient_id, 100))
    with pytest.raises(ValidationError):
        record.write(payments.take, TakePayment(issued.id, 101))
    with pytest.raises(ValidationError):
        record.write(payments.take, TakePayment(issued.id, 100, tendered_minor=50))
    with pytest.raises(ValidationError):
        record.write(payments.refund, GiveBack(issued.id, 1, "nothing was paid"))


def test_money_is_taken_and_given_back_by_a_cashier(record: Record, patient_id: uuid.UUID) -> None:
    """Reception issues the invoice; money is the cashier's."""
    reception, cashier = record.as_role("receptionist"), record.as_role("cashier")
    issued = record.store.write(reception, invoices.issue, _form(patient_id, 100)).result()
    with pytest.raises(PermissionDeniedError):
        record.store.write(reception, payments.take, TakePayment(issued.id, 100)).result()
    with pytest.raises(PermissionDeniedError):
        record.store.write(reception, payments.refund, GiveBack(issued.id, 1, "x")).result()
    with pytest.raises(PermissionDeniedError):
        record.store.write(reception, payments.check_out, _form(patient_id, 5), "cash").result()

    record.store.write(cashier, payments.take, TakePayment(issued.id, 100)).result()
    record.store.write(cashier, payments.refund, GiveBack(issued.id, 1, "x")).result()


def test_check_out_is_one_step_or_none(record: Record, patient_id: uuid.UUID) -> None:
    """Too little cash leaves neither invoice nor number behind."""
    with pytest.raises(ValidationError):
        record.write(payments.check_out, _form(patient_id, 500), "cash", 400)
    assert record.rows("SELECT count(*) FROM invoice") == [(0,)]

    done = record.write(payments.check_out, _form(patient_id, 500), "cash", 1000)

    assert done.payment is not None
    assert done.payment.change_minor == 500
    assert done.invoice.number.endswith("000001")


def test_checkout_suggests_the_visit_once(record: Record, patient_id: uuid.UUID) -> None:
    """The visit's service is suggested until the visit was invoiced."""
    tax = record.write(catalogue.save_tax_rate, "VAT", 1600, is_inclusive=True)
    record.write(
        catalogue.save_service,
        catalogue.ServiceForm("Consultation", 150_000, category="visit", tax_rate_id=tax),
    )

    def visit(uow: UnitOfWork) -> uuid.UUID:
        encounter = Encounter(patient_id=patient_id, start_at=uow.now, status="finished")
        uow.add(encounter)
        return encounter.id

    encounter_id = record.write(visit)
    page = record.read(accounts.checkout, patient_id, encounter_id)
    assert [line.description for line in page.suggested] == ["Consultation"]
    day = record.read(lambda reads: reads.today)
    assert record.read(accounts.to_bill, day) == ((encounter_id, patient_id, "OTIENO Brian"),)

    form = InvoiceForm(patient_id, page.suggested, encounter_id)
    done = record.write(payments.check_out, form, "cash")

    again = record.read(accounts.checkout, patient_id, encounter_id)
    assert again.suggested == ()
    assert again.invoices[0].status == "paid"
    assert done.invoice.total_minor == 150_000
    view = record.read(accounts.invoice, done.invoice.id)
    assert view is not None
    assert view.tax_minor == 20_690
    assert record.read(accounts.to_bill, day) == ()
    assert len(record.read(accounts.payments_of_day, day)) == 1
    assert record.read(accounts.invoices, unpaid=True) == ()


@pytest.mark.parametrize("included", [True, False])
def test_the_figures_of_a_document_add_up(
    record: Record, patient_id: uuid.UUID, included: bool
) -> None:
    lines = (
        LineForm("Consultation", 200_000, tax_bp=1600, tax_inclusive=included),
        LineForm("Dressing", 33_333, "3", discount_bp=500, tax_bp=1600, tax_inclusive=included),
    )
    form = InvoiceForm(patient_id, lines, discount_bp=1000, discount_reason="Staff")
    issued = record.write(invoices.issue, form)
    view = record.read(accounts.invoice, issued.id)
    assert view is not None
    assert view.tax_included is included
    charged = sum(line.charged_minor for line in view.lines)
    assert charged == 299_999
    added = 0 if included else view.tax_minor
    discount = sum(line.discount_minor for line in view.lines)
    assert charged - discount + added == view.row.total_minor


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.lists(st.integers(1, 10**6), min_size=1, max_size=6),
    discount=st.integers(0, 10_000),
    tax=st.integers(0, 3000),
)
def test_stored_lines_add_up_to_the_stored_total(
    record: Record, prices: list[int], discount: int, tax: int
) -> None:
    """Whatever is charged, lines, tax and total in the file agree to the cent."""
    patient_id = record.write(_patient)
    lines = tuple(LineForm("S", price, tax_bp=tax, tax_name="T") for price in prices)
    form = InvoiceForm(patient_id, lines, discount_bp=discount, discount_reason="r")

    issued = record.write(invoices.issue, form)

    sums = record.rows(
        "SELECT sum(net_minor), sum(tax_minor), sum(total_minor) FROM invoice_line"
        " WHERE invoice_id = ?",
        issued.id.bytes,
    )
    document = record.rows(
        "SELECT net_minor, tax_minor, total_minor FROM invoice WHERE id = ?", issued.id.bytes
    )
    assert sums == document
    assert sum(document[0][:2]) == document[0][2]
