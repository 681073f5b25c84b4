"""What an invoice adds up to: lines, discounts, tax, payments.

Tax is worked out once per rate, on the sum of its lines (EN 16931-1, BR-CO-17), and then divided
over them, so that the lines, the tax table and the total always agree to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from clinic_desktop.domain.money import allocate, half_up, ratio, share
from clinic_desktop.domain.refusals import RefusedError


class InvoiceError(RefusedError):
    """A line, discount, payment or refund that cannot be; ``line`` counts from 0."""


@dataclass(frozen=True)
class TaxRate:
    """A tax in basis points; an inclusive one is already inside the price."""

    name: str = ""
    basis_points: int = 0
    inclusive: bool = False


NO_TAX = TaxRate()


@dataclass(frozen=True)
class Discount:
    """A percentage in basis points and a sum; the percentage is taken first."""

    basis_points: int = 0
    amount_minor: int = 0

    def of(self, minor: int) -> int:
        """What it takes off; raises ``InvoiceError`` if negative or more than all."""
        if self.basis_points < 0 or self.amount_minor < 0:
            raise InvoiceError("discount-negative")
        taken = share(minor, self.basis_points) + self.amount_minor
        if taken > minor:
            raise InvoiceError("discount-too-large", most_minor=minor)
        return taken


NO_DISCOUNT = Discount()


@dataclass(frozen=True)
class Line:
    """A service at its price."""

    unit_price_minor: int
    quantity: Decimal = Decimal(1)
    discount: Discount = NO_DISCOUNT
    tax: TaxRate = NO_TAX


@dataclass(frozen=True)
class LineTotal:
    """A line worked out; ``net_minor + tax_minor == total_minor``."""

    gross_minor: int
    """Quantity times price."""
    discount_minor: int
    """The line's own discount and its part of the invoice's."""
    net_minor: int
    tax_minor: int
    total_minor: int


@dataclass(frozen=True)
class TaxTotal:
    """One row of the tax table."""

    rate: TaxRate
    net_minor: int
    tax_minor: int


@dataclass(frozen=True)
class InvoiceTotal:
    """An invoice worked out; every sum equals the sum of its lines."""

    lines: tuple[LineTotal, ...]
    taxes: tuple[TaxTotal, ...]
    gross_minor: int
    discount_minor: int
    invoice_discount_minor: int
    """The part of the discount given on the whole invoice."""
    net_minor: int
    tax_minor: int
    total_minor: int

    def negated(self) -> InvoiceTotal:
        """The same with the signs turned: the credit note that takes the whole back."""
        return InvoiceTotal(
            tuple(LineTotal(*(-amount for amount in vars(line).values())) for line in self.lines),
            tuple(TaxTotal(row.rate, -row.net_minor, -row.tax_minor) for row in self.taxes),
            *(-amount for name, amount in vars(self).items() if name not in {"lines", "taxes"}),
        )


def invoice_total(lines: Sequence[Line], discount: Discount = NO_DISCOUNT) -> InvoiceTotal:
    """Work an invoice out. Raises ``InvoiceError`` for what cannot be charged."""
    gross = [_gross(line, place) for place, line in enumerate(lines)]
    own = [_own_discount(line, gross[place], place) for place, line in enumerate(lines)]
    left = [amount - off for amount, off in zip(gross, own, strict=True)]
    whole = discount.of(sum(left))
    shared = allocate(whole, left) if whole else [0] * len(lines)
    bases = [amount - off for amount, off in zip(left, shared, strict=True)]
    taxes = _taxes(lines, bases)
    totals = tuple(
        _line_total(gross[i], own[i] + shared[i], bases[i], taxes[i], line.tax)
        for i, line in enumerate(lines)
    )
    return InvoiceTotal(
        lines=totals,
        taxes=_tax_table(lines, totals),
        gross_minor=sum(gross),
        discount_minor=sum(own) + whole,
        invoice_discount_minor=whole,
        net_minor=sum(line.net_minor for line in totals),
        tax_minor=sum(line.tax_minor for line in totals),
        total_minor=sum(line.total_minor for line in totals),
    )


def _gross(line: Line, place: int) -> int:
    if not line.quantity.is_finite() or line.quantity <= 0:
        raise InvoiceError("quantity-not-positive", line=place)
    if line.unit_price_minor < 0:
        raise InvoiceError("price-negative", line=place)
    if not 0 <= line.tax.basis_points <= 10_000:
        raise InvoiceError("no-such-tax", line=place)
    return half_up(line.quantity * line.unit_price_minor)


def _own_discount(line: Line, gross: int, place: int) -> int:
    try:
        return line.discount.of(gross)
    except InvoiceError as error:
        raise InvoiceError(error.code, line=place, **error.details) from None


def _taxes(lines: Sequence[Line], bases: list[int]) -> list[int]:
    """The tax of each line: one rounding per rate, divided over the lines of that rate."""
    places: defaultdict[TaxRate, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        places[line.tax].append(place)
    taxes = [0] * len(lines)
    for rate, members in places.items():
        weights = [bases[place] for place in members]
        inside = 10_000 + rate.basis_points if rate.inclusive else 10_000
        tax = ratio(sum(weights), rate.basis_points, inside)
        if tax:
            for place, part in zip(members, allocate(tax, weights), strict=True):
                taxes[place] = part
    return taxes


def _line_total(gross: int, discount: int, base: int, tax: int, rate: TaxRate) -> LineTotal:
    if rate.inclusive:
        return LineTotal(gross, discount, base - tax, tax, base)
    return LineTotal(gross, discount, base, tax, base + tax)


def _tax_table(lines: Sequence[Line], totals: Sequence[LineTotal]) -> tuple[TaxTotal, ...]:
    rows: dict[TaxRate, tuple[int, int]] = {}
    for line, total in zip(lines, totals, strict=True):
        net, tax = rows.get(line.tax, (0, 0))
        rows[line.tax] = net + total.net_minor, tax + total.tax_minor
    table = [TaxTotal(rate, *sums) for rate, sums in rows.items() if rate.basis_points]
    return tuple(sorted(table, key=lambda row: (-row.rate.basis_points, row.rate.name)))


# ---------------------------------------------------------------- paying


class PaidStatus(StrEnum):
    """What is left of an invoice; computed, never stored."""

    UNPAID = "unpaid"
    PART_PAID = "part-paid"
    PAID = "paid"
    OVERPAID = "overpaid"


@dataclass(frozen=True)
class Balance:
    """An invoice with what came of it."""

    total_minor: int
    credited_minor: int
    """Taken back by credit notes; positive."""
    paid_minor: int
    """Payments less refunds."""

    @property
    def due_minor(self) -> int:
        """Still to pay; negative if money must go back."""
        return self.total_minor - self.credited_minor - self.paid_minor

    @property
    def status(self) -> PaidStatus:
        """In one word."""
        if self.due_minor < 0:
            return PaidStatus.OVERPAID
        if self.due_minor == 0:
            return PaidStatus.PAID
        return PaidStatus.PART_PAID if self.paid_minor > 0 else PaidStatus.UNPAID


def balance(total_minor: int, payments: Iterable[int], credits_: Iterable[int] = ()) -> Balance:
    """The balance from signed amounts as stored: refunds and credit notes are negative."""
    return Balance(total_minor, -sum(credits_), sum(payments))


def check_payment(amount_minor: int, now: Balance) -> None:
    """Refuse a payment of nothing, or of more than is due, with ``InvoiceError``."""
    if amount_minor <= 0:
        raise InvoiceError("amount-not-positive")
    if amount_minor > now.due_minor:
        raise InvoiceError("more-than-due", due_minor=now.due_minor)


def check_refund(amount_minor: int, now: Balance) -> None:
    """Refuse a refund of nothing, or of more than was paid, with ``InvoiceError``."""
    if amount_minor <= 0:
        raise InvoiceError("amount-not-positive")
    if amount_minor > now.paid_minor:
        raise InvoiceError("more-than-paid", paid_minor=now.paid_minor)
