"""Every invoice adds up to the cent, whatever its lines, discounts and taxes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.invoicing import (
    Discount,
    InvoiceError,
    InvoiceTotal,
    Line,
    PaidStatus,
    TaxRate,
    balance,
    check_payment,
    check_refund,
    invoice_total,
)

RATES = [TaxRate(), TaxRate("VAT", 2000), TaxRate("VAT", 1000, inclusive=True), TaxRate("GST", 833)]
LINES = st.lists(
    st.builds(
        Line,
        st.integers(0, 10**7),
        st.decimals("0.01", 100, places=2),
        st.builds(Discount, st.integers(0, 10_000)),
        st.sampled_from(RATES),
    ),
    max_size=12,
)


def sums_agree(total: InvoiceTotal) -> None:
    for field in ("gross_minor", "discount_minor", "net_minor", "tax_minor", "total_minor"):
        assert sum(getattr(line, field) for line in total.lines) == getattr(total, field)
    assert all(line.net_minor + line.tax_minor == line.total_minor for line in total.lines)
    assert sum(row.tax_minor for row in total.taxes) == total.tax_minor
    assert total.net_minor + total.tax_minor == total.total_minor


@given(LINES, st.integers(0, 10_000))
def test_lines_taxes_and_totals_agree(lines: list[Line], points: int) -> None:
    total = invoice_total(lines, Discount(points))
    sums_agree(total)
    sums_agree(total.negated())
    assert total.negated().total_minor == -total.total_minor
    assert 0 <= total.discount_minor <= total.gross_minor
    assert all(line.tax_minor >= 0 for line in total.lines)


@given(LINES)
def test_each_rate_is_rounded_once_on_its_sum(lines: list[Line]) -> None:
    for row in invoice_total(lines).taxes:
        exact = Decimal(row.net_minor) * row.rate.basis_points / 10_000
        assert abs(row.tax_minor - exact) <= 1


@given(LINES, st.randoms())
def test_the_order_of_lines_does_not_change_the_total(lines: list[Line], random: object) -> None:
    assert invoice_total(lines).total_minor == invoice_total(lines[::-1]).total_minor


def test_an_example_with_everything() -> None:
    vat = TaxRate("VAT", 2000)
    total = invoice_total(
        [
            Line(150000, tax=vat),
            Line(2000, Decimal(30), Discount(1000), TaxRate("VAT", 1000, inclusive=True)),
            Line(999, Decimal("0.5")),
        ],
        Discount(amount_minor=20450),
    )
    assert [line.gross_minor for line in total.lines] == [150000, 60000, 500]
    assert [line.discount_minor for line in total.lines] == [15000, 11400, 50]
    assert [line.net_minor for line in total.lines] == [135000, 44182, 450]
    assert [line.tax_minor for line in total.lines] == [27000, 4418, 0]
    assert (total.gross_minor, total.discount_minor, total.total_minor) == (210500, 26450, 211050)
    assert total.invoice_discount_minor == 20450
    assert [(row.rate.basis_points, row.tax_minor) for row in total.taxes] == [
        (2000, 27000), (1000, 4418),
    ]  # fmt: skip


def test_three_thirds_of_a_tax_are_not_rounded_three_times() -> None:
    lines = [Line(3, tax=TaxRate("VAT", 2000))] * 3
    total = invoice_total(lines)
    assert total.tax_minor == 2  # of 9; line by line it would be 3
    assert [line.tax_minor for line in total.lines] == [1, 1, 0]


def test_an_empty_invoice_is_nothing() -> None:
    assert invoice_total([]).total_minor == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Line(100, Decimal(0)), "quantity-not-positive"),
        (Line(100, Decimal("NaN")), "quantity-not-positive"),
        (Line(-1), "price-negative"),
        (Line(100, discount=Discount(amount_minor=101)), "discount-too-large"),
        (Line(100, discount=Discount(-1)), "discount-negative"),
        (Line(100, tax=TaxRate("x", 10_001)), "no-such-tax"),
    ],
)
def test_impossible_lines_are_refused_by_their_place(line: Line, code: str) -> None:
    with pytest.raises(InvoiceError, match=code) as refused:
        invoice_total([Line(1), line])
    assert refused.value.details["line"] == 1


def test_a_discount_takes_at_most_all() -> None:
    assert invoice_total([Line(100)], Discount(10_000)).total_minor == 0
    with pytest.raises(InvoiceError, match="discount-too-large"):
        invoice_total([Line(100)], Discount(10_000, 1))


@pytest.mark.parametrize(
    ("payments", "credits_", "due", "status"),
    [
        ([], [], 2100, PaidStatus.UNPAID),
        ([1000], [], 1100, PaidStatus.PART_PAID),
        ([2100], [], 0, PaidStatus.PAID),
        ([2100, -2100], [], 2100, PaidStatus.UNPAID),
        ([2100], [-2100], -2100, PaidStatus.OVERPAID),
        ([], [-2100], 0, PaidStatus.PAID),
    ],
)
def test_what_is_due(
    payments: list[int], credits_: list[int], due: int, status: PaidStatus
) -> None:
    now = balance(2100, payments, credits_)
    assert (now.due_minor, now.status) == (due, status)


def test_payments_and_refunds_have_limits() -> None:
    now = balance(2100, [1000])
    check_payment(1100, now)
    check_refund(1000, now)
    with pytest.raises(InvoiceError, match="more-than-due"):
        check_payment(1101, now)
    with pytest.raises(InvoiceError, match="more-than-paid"):
        check_refund(1001, now)
    for check in (check_payment, check_refund):
        with pytest.raises(InvoiceError, match="amount-not-positive"):
            check(0, now)
