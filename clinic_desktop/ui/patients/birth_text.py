"""Reads a typed birth date or age, and says what it understood."""

from __future__ import annotations

from datetime import date

from clinic_desktop.domain.dates import BirthDate, BirthPrecision, DateError, DateOrder, age
from clinic_desktop.i18n import Language, isolate
from clinic_desktop.services.field_words import show_partial
from clinic_desktop.ui.core.patient_card import age_words
from clinic_desktop.ui.widgets.parsed import Parse, Parsed, date_parser


def birth_parser(today: date, order: DateOrder | None) -> Parse:
    """A parser whose value is a ``BirthDate``: "71y" → "about 1955 (~71 y)"."""
    read = date_parser(today, order=order, past=True)

    def parse(text: str) -> Parsed:
        found = read(text)
        if found.value is None:
            return found
        birth: BirthDate = found.value.birth
        try:
            years = age_words(age(birth, today))
        except DateError:
            years = ""
        shown = show_partial(birth.value)
        return Parsed(birth, f"{shown} ({isolate(years)})" if years else shown)

    return parse


def birth_as_typed(birth: BirthDate | None) -> str:
    """What to put into the field so that it means this birth again."""
    if birth is None:
        return ""
    guessed = birth.precision in {BirthPrecision.ESTIMATED, BirthPrecision.AGE}
    return f"~{birth}" if guessed else str(birth)


def date_order(language: Language) -> DateOrder:
    """The order in which the clinic writes day, month and year."""
    pattern = str(language.locale.date_formats["short"].pattern).casefold()
    places = sorted("dmy", key=pattern.find)
    orders: dict[str, DateOrder] = {"mdy": "mdy", "ymd": "ymd"}
    return orders.get("".join(places), "dmy")
