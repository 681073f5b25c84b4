"""Amounts of money in whole minor units; nothing here ever touches a float."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from clinic_desktop.domain.refusals import RefusedError

# ISO 4217 (2024): currencies whose minor unit is not a hundredth. The table is ours and not a
# library's, because stored amounts change their meaning with it.
_DIGITS = {
    code: digits
    for digits, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}

# Smallest cash step in minor units: Unicode CLDR supplemental data (CHF, CAD, DKK, NOK, SEK, CZK),
# Magyar Nemzeti Bank (HUF), Reserve Banks of Australia and New Zealand (AUD, NZD).
_CASH_STEPS = {
    "CHF": 5, "CAD": 5, "AUD": 5, "NZD": 10, "DKK": 50, "NOK": 100, "SEK": 100, "CZK": 100,
    "HUF": 500,
}  # fmt: skip

MOST_MINOR = 10**13
"""No practice bills more; a longer number is a typing error, and 64 bits hold the sums."""


class MoneyError(RefusedError):
    """A text that is no amount, or amounts that do not go together."""


def currency_digits(currency: str) -> int:
    """Decimals of a currency (ISO 4217)."""
    return _DIGITS.get(currency, 2)


def half_up(value: Decimal) -> int:
    """To the nearest whole number, halves away from zero, so that a credit mirrors its invoice."""
    return int(value.to_integral_value(ROUND_HALF_UP))


def ratio(amount_minor: int, part: int, whole: int) -> int:
    """``amount × part / whole``, halves away from zero; exact for any size."""
    product = amount_minor * part
    rounded = (2 * abs(product) + abs(whole)) // (2 * abs(whole))
    return rounded if (product < 0) == (whole < 0) else -rounded


def share(amount_minor: int, basis_points: int) -> int:
    """A percentage of an amount; 2000 basis points are 20 %."""
    return ratio(amount_minor, basis_points, 10_000)


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount by weights without losing or making a cent (largest remainder).

    Equal remainders go to the earlier part. Raises ``MoneyError`` if no weight is positive.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise MoneyError("no-weights")
    sign = -1 if amount_minor < 0 else 1
    parts = [divmod(abs(amount_minor) * weight, whole) for weight in weights]
    left = abs(amount_minor) - sum(quotient for quotient, _ in parts)
    first = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left]
    return [sign * (parts[place][0] + (place in first)) for place in range(len(parts))]


@dataclass(frozen=True, order=False)
class Money:
    """An amount in one currency."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError("minor units are whole numbers")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise MoneyError("no-such-currency")

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError("other-currency", ours=self.currency, theirs=other.currency)
        return other.amount_minor

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount_minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount_minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount_minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def times(self, quantity: Decimal | int) -> Money:
        """A price for a quantity, halves up."""
        return Money(half_up(self.amount_minor * Decimal(quantity)), self.currency)

    def share(self, basis_points: int) -> Money:
        """A percentage of it."""
        return Money(share(self.amount_minor, basis_points), self.currency)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Its parts by weights; they add up to it."""
        return [Money(part, self.currency) for part in allocate(self.amount_minor, weights)]

    @property
    def major(self) -> Decimal:
        """The amount as people write it, 12.50."""
        return Decimal(self.amount_minor).scaleb(-currency_digits(self.currency))


def cash_rounded(amount: Money, step_minor: int | None = None) -> Money:
    """To what coins can pay: five rappen, whole kronor; ``step_minor`` overrides the table."""
    step = step_minor or _CASH_STEPS.get(amount.currency, 1)
    return Money(ratio(amount.amount_minor, 1, step) * step, amount.currency)


def change(due: Money, tendered: Money) -> Money:
    """What to give back; raises ``MoneyError("not-enough")`` with what is missing."""
    if tendered < due:
        raise MoneyError("not-enough", missing_minor=(due - tendered).amount_minor)
    return tendered - due


_SPACES = frozenset(" \u00a0\u202f\u2009'’٬")


def parse_amount(
    text: str, currency: str, *, decimal: str = ".", group: str = ",", negative: bool = False
) -> Money:
    """Read "1 200,50" or "1,200.50" with the language's separators.

    Spaces and apostrophes may group anywhere; "." and "," are decimal marks unless the language
    groups with them, so the numeric keypad works. The currency's code or sign may stand before or
    after. Raises ``MoneyError`` with ``position`` (counted from 0): ``no-amount``, ``not-a-digit``,
    ``grouping``, ``two-decimal-marks``, ``too-many-decimals``, ``negative``, ``too-large``.
    """
    start, end = _without_currency(text, currency)
    minus = text[start:end].lstrip().startswith(("-", "−"))
    if minus:
        start = max(text.find("-"), text.find("−")) + 1
    if minus and not negative:
        raise MoneyError("negative", position=start - 1)
    marks = ({".", ",", "٫"} | {decimal}) - {group}
    whole, fraction = _digits(text, start, end, marks, group)
    places = currency_digits(currency)
    if len(fraction) > places:
        raise MoneyError("too-many-decimals", decimals=places, position=end - 1)
    amount = int(whole + fraction.ljust(places, "0") or "0")
    if amount > MOST_MINOR:
        raise MoneyError("too-large", position=start)
    return Money(-amount if minus else amount, currency)


def _without_currency(text: str, currency: str) -> tuple[int, int]:
    """Where the number stands, without blanks and one currency code or sign on either side."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if text[start : start + 3].upper() == currency:
        start += 3
    elif start < end and unicodedata.category(text[start]) == "Sc":
        start += 1
    elif end - start > 3 and text[end - 3 : end].upper() == currency:
        end -= 3
    elif end > start and unicodedata.category(text[end - 1]) == "Sc":
        end -= 1
    return start, end


def _digits(text: str, start: int, end: int, marks: set[str], group: str) -> tuple[str, str]:
    """The digits before and after the decimal mark; refuses anything else with its position."""
    found = [position for position in range(start, end) if text[position] in marks]
    if len(found) > 1:
        raise MoneyError("two-decimal-marks", position=found[1])
    mark_at = found[0] if found else end
    whole, group_at = "", -1
    for position in range(start, mark_at):
        if text[position] == group and group not in _SPACES:
            if not whole:
                raise MoneyError("grouping", position=position)
            group_at = position
        else:
            whole += _digit(text, position)
    if group_at >= 0 and len(text[group_at + 1 : mark_at].strip()) != 3:
        raise MoneyError("grouping", position=group_at)  # somebody meant a decimal mark: 1,50
    fraction = "".join(_digit(text, position) for position in range(mark_at + 1, end))
    if not whole and not fraction:
        raise MoneyError("no-amount", position=start)
    return whole, fraction


def _digit(text: str, position: int) -> str:
    digit = unicodedata.decimal(text[position], None)
    if digit is None and text[position] not in _SPACES:
        raise MoneyError("not-a-digit", position=position)
    return "" if digit is None else str(digit)
