"""What a field made of a typed text, and the sentences for what it could not read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic_desktop.domain import dates
from clinic_desktop.domain.money import MoneyError, parse_amount
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.field_words import show_partial


@dataclass(frozen=True)
class Parsed:
    """A value with its echo, or a sentence that says what is wrong.

    ``choices`` are (label, text) pairs when the text has two readings.
    """

    value: Any = None
    echo: str = ""
    error: str = ""
    choices: tuple[tuple[str, str], ...] = ()


Parse = Callable[[str], Parsed]


def _date_sentences() -> dict[str, str]:
    return {
        "not-a-date": _("Not a date. Try 14.3.1955, 71y or “tomorrow”."),
        "no-such-day": _("That month has no such day."),
        "no-such-month": _("There is no such month."),
        "no-such-year": _("There is no such year."),
        "year-out-of-range": _("That year is too far away."),
        "in-future": _("That day has not come yet."),
        "day-needed": _("Enter a whole date with day and month."),
    }


def _echo(found: dates.SmartDate) -> str:
    if not found.value.is_day or found.value.approximate:
        return show_partial(found.value)
    return isolate(current().date(found.value.first, "weekday"))


def date_parser(
    today: date,
    *,
    order: dates.DateOrder | None = None,
    past: bool = False,
    whole_day: bool = False,
) -> Parse:
    """Reads dates for a field; ``past`` for birth dates, ``whole_day`` where a year is no answer.

    The value is a ``domain.dates.SmartDate``.
    """

    def parse(text: str) -> Parsed:
        try:
            found = dates.parse_date(text, today=today, order=order, past=past)
            if whole_day:
                found.day  # noqa: B018 - raises when the day is not known
        except dates.AmbiguousDateError as error:
            choices = tuple((show_partial(v), str(v)) for v in error.readings)
            return Parsed(error=_two_readings(), choices=choices)
        except dates.DateError as error:
            sentences = _date_sentences()
            return Parsed(error=sentences.get(error.code, sentences["not-a-date"]))
        return Parsed(found, _echo(found))

    return parse


def _two_readings() -> str:
    return _("This date can be read in two ways. Which one?")


def _money_sentences(error: MoneyError, currency: str) -> str:
    sentences = {
        "no-amount": _("Enter an amount."),
        "not-a-digit": _("An amount has only digits and one decimal mark."),
        "grouping": _("The digits are grouped in an unusual way. Write it without separators."),
        "two-decimal-marks": _("An amount has only one decimal mark."),
        "too-many-decimals": _("{currency} has fewer decimals.").format(currency=isolate(currency)),
        "negative": _("An amount cannot be below zero here."),
        "too-large": _("That amount is too large."),
    }
    return sentences.get(error.code, sentences["no-amount"])


def money_parser(currency: str, *, negative: bool = False) -> Parse:
    """Reads amounts of one currency with the language's separators; the value is ``Money``."""

    def parse(text: str) -> Parsed:
        symbols = current().locale.number_symbols.get("latn", {})
        try:
            found = parse_amount(
                text,
                currency,
                decimal=str(symbols.get("decimal", ".")),
                group=str(symbols.get("group", ",")),
                negative=negative,
            )
        except MoneyError as error:
            return Parsed(error=_money_sentences(error, currency))
        return Parsed(found, current().money(found.amount_minor, currency))

    return parse
