"""Sentences for what the rules of money refuse."""

from __future__ import annotations

from clinic_desktop.domain.invoicing import InvoiceError
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _, current


def refusal(error: InvoiceError, currency: str, field: str = "lines") -> ValidationError:
    """The rule's refusal as an error a person can act on; names the line, counted from 1."""
    amounts = {
        name: current().money(int(str(value)), currency)
        for name, value in error.details.items()
        if name.endswith("_minor")
    }
    place = error.details.get("line")
    where = f"{field}[{int(str(place)) + 1}]" if place is not None else field
    return ValidationError(where, _sentences()[error.code].format_map(amounts))


def _sentences() -> dict[str, str]:
    return {
        "discount-negative": _("A discount cannot be negative."),
        "discount-too-large": _("The discount is larger than the amount, {most_minor}."),
        "quantity-not-positive": _("The quantity must be more than nothing."),
        "price-negative": _("A price cannot be negative."),
        "no-such-tax": _("A tax lies between 0 and 100 %."),
        "amount-not-positive": _("Enter an amount of more than nothing."),
        "more-than-due": _("Only {due_minor} is still to pay."),
        "more-than-paid": _("Only {paid_minor} was paid, so no more can be given back."),
    }
