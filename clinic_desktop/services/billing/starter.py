"""A short list of services with example prices, for a practice that begins."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.money import currency_digits
from clinic_desktop.i18n import N_, Language
from clinic_desktop.services.access import command
from clinic_desktop.services.billing.catalogue import ServiceForm, save_service, save_tax_rate

_CONSULTATION = {
    "USD": 50, "EUR": 50, "GBP": 60, "CHF": 90, "CAD": 70, "AUD": 80, "RUB": 2_500, "KZT": 9_000,
    "UAH": 800, "BYN": 60, "KES": 2_000, "UGX": 50_000, "TZS": 30_000, "NGN": 10_000, "GHS": 200,
    "ZAR": 500, "ETB": 600, "EGP": 400, "AED": 250, "SAR": 200, "JOD": 20, "ILS": 300, "INR": 500,
    "NPR": 800, "BDT": 800, "PKR": 1_500, "LKR": 2_000, "BRL": 200, "MXN": 600,
}  # fmt: skip
"""An example in whole units, for a person to correct; no source claims more for any of them."""
_SERVICES = (
    ("C01", N_("Consultation"), 100),
    ("C02", N_("Follow-up visit"), 60),
    ("C03", N_("Telephone consultation"), 40),
    ("P01", N_("Dressing"), 30),
    ("P02", N_("Injection"), 20),
    ("P03", N_("ECG"), 60),
    ("D01", N_("Medical certificate"), 30),
)
"""Code, name, percent of a consultation."""


@dataclass(frozen=True)
class StarterTax:
    """The tax on all services of the list; 0 for none."""

    name: str = ""
    rate_bp: int = 0
    is_inclusive: bool = False


def starter_services(language: Language, currency: str) -> tuple[ServiceForm, ...]:
    """The list in a language; prices are 0 for a currency we have no example for."""
    whole = _CONSULTATION.get(currency, 0)
    unit = 10 ** currency_digits(currency)
    step = _step(whole)
    return tuple(
        ServiceForm(
            name=language.gettext(name),
            code=code,
            amount_minor=round(whole * percent / 100 / step) * step * unit,
        )
        for code, name, percent in _SERVICES
    )


def _step(whole: int) -> int:
    """Prices are round numbers: to 1 below a hundred, to 10 below a thousand, and so on."""
    return int(max(10 ** (len(str(whole)) - 2), 1))


@command("price.create")
def begin_price_list(uow: UnitOfWork, forms: tuple[ServiceForm, ...], tax: StarterTax) -> int:
    """Enter the services of the list with their tax; how many there are now.

    Raises:
        ValidationError: a name or a price that cannot be.
    """
    tax_id = None
    if tax.rate_bp:
        tax_id = save_tax_rate(uow, tax.name, tax.rate_bp, is_inclusive=tax.is_inclusive)
    for form in forms:
        service = ServiceForm(form.name, form.amount_minor, form.code, form.category, tax_id)
        save_service(uow, service)
    return len(forms)
