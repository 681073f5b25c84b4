"""Countries, currencies and time zones by their names in a language (CLDR through Babel)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies
from PySide6.QtCore import QLocale, QTimeZone

from clinic_desktop.i18n import LANGUAGES

_WORDS = {"en": "English", "ru": "Русский", "ar": "العربية"}
_MAIN_ZONE = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "RU": "Europe/Moscow", "UZ": "Asia/Tashkent",
}  # fmt: skip
"""Where the table does not begin with the zone of the capital or of most people."""


@dataclass(frozen=True)
class Region:
    """Where the practice stands: country (ISO 3166), currency (ISO 4217), time zone (IANA)."""

    country: str = ""
    currency: str = "USD"
    time_zone: str = "UTC"


def languages() -> tuple[tuple[str, str], ...]:
    """The languages of the window, each in its own words."""
    return tuple((code, _WORDS[code]) for code in LANGUAGES)


def system_guess() -> tuple[str, Region]:
    """Language and region as the operating system has them."""
    name = QLocale.system().name()
    zone = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
    return guess(name, zone)


def guess(locale_name: str, zone: str) -> tuple[str, Region]:
    """Language and region from names such as ``ru_KZ`` and ``Asia/Almaty``."""
    language, _sep, rest = locale_name.partition("_")
    country = rest.split("_")[-1][:2].upper() if rest else ""
    if country not in countries("en"):
        found = get_global("zone_territories").get(zone, "")
        country = found if found in countries("en") else ""
    return language if language in LANGUAGES else "en", of_country(country, zone)


def of_country(country: str, zone: str = "") -> Region:
    """What usually goes with a country; a zone of the country is kept."""
    found = get_territory_currencies(country) if country else []
    own = zones(country)
    kept = zone if zone in own else own[0] if own else "UTC"
    return Region(country, found[0] if found else "USD", kept)


@cache
def countries(language: str) -> dict[str, str]:
    """Names by code of the countries that have a time zone, sorted by name."""
    names = Locale.parse(language).territories
    pairs = ((code, names.get(code, code)) for code in _zone_table())
    return dict(sorted(pairs, key=lambda pair: pair[1].casefold()))


@cache
def currencies(language: str) -> dict[str, str]:
    """Names by code of the currencies that some country pays with today."""
    names = Locale.parse(language).currencies
    used = {code for country in _zone_table() for code in get_territory_currencies(country)}
    pairs = ((code, names.get(code, code)) for code in used)
    return dict(sorted(pairs, key=lambda pair: pair[1].casefold()))


@cache
def _zone_table() -> dict[str, tuple[str, ...]]:
    """``zone.tab`` of the IANA database: the zones of each country, mostly the usual one first."""
    known = available_timezones()
    found: dict[str, list[str]] = {}
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _where, zone = line.split("\t")[:3]
            if zone in known:
                found.setdefault(country, []).append(zone)
    for country, main in _MAIN_ZONE.items():
        found[country].sort(key=lambda zone, main=main: zone != main)  # type: ignore[misc]
    return {country: tuple(own) for country, own in found.items()}


def zones(country: str) -> tuple[str, ...]:
    """The time zones of a country, the usual one first."""
    return _zone_table().get(country, ())


@cache
def all_zones(language: str) -> dict[str, str]:
    """Country and city of every zone; the country first, so that the line runs its way."""
    names = countries(language)
    return {
        zone: f"{names[country]} · {zone_city(zone)}"
        for country in names
        for zone in zones(country)
    }


def zone_city(zone: str) -> str:
    """The last part of the name, as a person reads it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
