"""Words, dates, numbers, money and direction in the reader's language."""

from __future__ import annotations

import datetime as dt
import gettext as _gettext
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel import dates as babel_dates
from babel import numbers as babel_numbers

from clinic_desktop.config import program_root
from clinic_desktop.domain.money import currency_digits

DOMAIN = "messages"
PSEUDO = "en_XA"
LANGUAGES = ("en", "ru", "ar")
"""Languages the program speaks completely; paper may use more."""
PAPER_LANGUAGES = ("en", "ru", "ar", "he", "hi")
RTL = frozenset({"ar", "he", "fa", "ur", "ps", "sd", "yi", "dv", "ckb"})
FSI, PDI = "\u2068", "\u2069"


def is_rtl(language: str) -> bool:
    """Whether the language is written from right to left."""
    return language.replace("-", "_").split("_")[0] in RTL


def isolate(text: str) -> str:
    """Keep a value (dose, phone, code, date) in one piece inside text of the other direction."""
    return f"{FSI}{text}{PDI}" if text else text


def isolate_path(path: str) -> str:
    """The same for a folder or file; a long one goes on in the next line behind a separator."""
    return isolate("".join(f"{ch}\u200b" if ch in "/\\" else ch for ch in path))


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    # English is the source language; every other one has a catalogue or falls back to it.
    return _gettext.translation(
        DOMAIN, program_root() / "i18n", languages=[language, language.split("_")[0]], fallback=True
    )


@cache
def _babel(language: str, region: str) -> Locale:
    language = "en" if language == PSEUDO else language.replace("-", "_").split("_")[0]
    for tag in (f"{language}_{region}" if region else language, language):
        try:
            return Locale.parse(tag)
        except (ValueError, UnknownLocaleError):  # a language or region Babel does not know
            continue
    return Locale.parse("en")


@dataclass(frozen=True)
class Language:
    """One language with its region: words by gettext, formats by Babel."""

    language: str = "en"
    region: str = ""
    time_zone: str = "UTC"
    latin_digits: bool = True
    """One digit system per clinic: doses, results and receipts must not mix them."""

    def gettext(self, message: str) -> str:
        """Translate."""
        return _catalogue(self.language).gettext(message) if message else ""

    def pgettext(self, context: str, message: str) -> str:
        """Translate a short word whose meaning depends on its place."""
        return _catalogue(self.language).pgettext(context, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Translate with the plural form for ``n``."""
        return _catalogue(self.language).ngettext(singular, plural, n)

    @property
    def rtl(self) -> bool:
        """Whether text runs from right to left."""
        return is_rtl(self.language)

    @property
    def locale(self) -> Locale:
        """Babel's locale of language and region."""
        return _babel(self.language, self.region)

    @property
    def _numbers(self) -> str:
        return "latn" if self.latin_digits else "default"

    def local(self, instant: dt.datetime) -> dt.datetime:
        """An instant as the clinic's wall clock shows it."""
        return instant.astimezone(ZoneInfo(self.time_zone))

    def date(self, day: dt.date, style: str = "clinical") -> str:
        """A date; ``clinical`` names the month in letters, so that no reader takes it wrongly.

        ``weekday`` puts the day of the week before it.
        """
        clinical = "dd-MMM-yyyy" if self.locale.language == "en" else "d MMM yyyy"
        pattern = {"clinical": clinical, "weekday": f"EEE {clinical}"}.get(style, style)
        if pattern.startswith(("EEE ", "EEEE ")):
            pattern = pattern.replace(" ", self._after_weekday, 1)
        plain = day.date() if isinstance(day, dt.datetime) else day
        return self._digits(_date(plain, pattern, self.locale))

    @property
    def _after_weekday(self) -> str:
        """Between the weekday and the day: a comma, where the language writes one."""
        if self.locale.language == "en":
            return " "
        mark = self.locale.date_formats["full"].pattern.removeprefix("EEEE")[:1]
        return f"{mark.strip()} "

    def time(self, instant: dt.datetime | dt.time, style: str = "short") -> str:
        """Hours and minutes; an instant is shown in the clinic's zone. ``medium`` adds seconds."""
        value = self.local(instant).time() if isinstance(instant, dt.datetime) else instant
        return self._digits(_time(value, style, self.locale))

    def datetime(self, instant: dt.datetime) -> str:
        """Date and time in the clinic's zone."""
        return f"{self.date(self.local(instant).date())} {self.time(instant)}"

    def month(self, day: dt.date) -> str:
        """Month and year."""
        pattern = babel_dates.format_skeleton("yMMMM", day, locale=self.locale)
        return self._digits(pattern)

    def number(self, value: Decimal | float, decimals: int | None = None) -> str:
        """A number with the language's separators; ``decimals`` fixes the digits shown.

        Without it a decimal shows every digit it has: a dose of 0.0625 mg is not one of 0.062.
        """
        return _number(value, decimals, self.locale, self._numbers)

    def money(self, amount_minor: int, currency: str) -> str:
        """An amount in integer minor units with its currency."""
        # What a minor unit is never changes with a library (ISO 4217); whether its zeros are
        # shown is the language's custom (CLDR: no paras for dinars).
        amount = Decimal(amount_minor).scaleb(-currency_digits(currency))
        shown = babel_numbers.get_currency_precision(currency)
        words = babel_numbers.format_currency(
            amount,
            currency,
            locale=self.locale,
            currency_digits=amount == round(amount, shown),
            numbering_system=self._numbers,
        )
        # CLDR's minus of Latin digits in Arabic begins with a left-to-right mark; Babel leaves it
        # out, and the minus of a debt would stand behind its number.
        return words.replace("\u200f-", "\u200f\u200e-")

    def _digits(self, text: str) -> str:
        # Babel's dates follow the locale's digits; the clinic's choice wins.
        if not self.latin_digits or text.isascii():
            return text
        return "".join(str(int(ch)) if ch.isdigit() and ch > "9" else ch for ch in text)


# A table asks for the same few dates and numbers at every repaint, and Babel reads its patterns
# anew each time. The keys hold no zone: equal instants of two zones would be taken for one.


@lru_cache(maxsize=4096)
def _date(day: dt.date, pattern: str, locale: Locale) -> str:
    return babel_dates.format_date(day, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _time(value: dt.time, style: str, locale: Locale) -> str:
    return babel_dates.format_time(value, style, locale=locale)


@lru_cache(maxsize=4096, typed=True)
def _number(value: Decimal | float, decimals: int | None, locale: Locale, system: str) -> str:
    pattern = None
    if decimals is not None:  # grouped as the language groups: 12,34,567.89 in India
        whole = locale.decimal_formats[None].pattern.partition(".")[0]
        pattern = f"{whole}.{'0' * decimals}" if decimals else whole
    return babel_numbers.format_decimal(
        value,
        format=pattern,
        locale=locale,
        decimal_quantization=decimals is not None or not isinstance(value, Decimal),
        numbering_system=system,
    )


ENGLISH = Language()
_current = ENGLISH


def use(language: Language) -> None:
    """Make a language the one the window speaks. Called at start and from the settings."""
    global _current  # noqa: PLW0603 - one window, one language; passing it to every label is worse
    _current = language


def current() -> Language:
    """The language the window speaks."""
    return _current


def _(message: str) -> str:
    """Translate into the window's language, at the time of the call."""
    return _current.gettext(message)


def pgettext(context: str, message: str) -> str:
    """Translate a short word with its context."""
    return _current.pgettext(context, message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate with the plural form for ``n``."""
    return _current.ngettext(singular, plural, n)


def commas(words: Iterable[str]) -> str:
    """Words after each other, with the comma of the window's language between them."""
    return pgettext("between the parts of a list", ", ").join(words)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark a message for extraction; it is translated where it is shown."""
    return message
