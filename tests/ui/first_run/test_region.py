"""What the system's settings tell about the region, and what they do not."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from clinic_desktop.i18n import LANGUAGES
from clinic_desktop.ui.setup import region
from clinic_desktop.ui.setup.region import Region


@pytest.mark.parametrize(
    ("locale", "zone", "language", "found"),
    [
        ("en_KE", "Africa/Nairobi", "en", Region("KE", "KES", "Africa/Nairobi")),
        ("ru_RU", "Asia/Omsk", "ru", Region("RU", "RUB", "Asia/Omsk")),
        ("ru_RU", "America/New_York", "ru", Region("RU", "RUB", "Europe/Moscow")),
        ("ar_EG", "", "ar", Region("EG", "EGP", "Africa/Cairo")),
        ("de_DE", "Europe/Berlin", "en", Region("DE", "EUR", "Europe/Berlin")),
        ("zh_Hant_TW", "Asia/Taipei", "en", Region("TW", "TWD", "Asia/Taipei")),
        ("en", "Asia/Almaty", "en", Region("KZ", "KZT", "Asia/Almaty")),
        ("C", "Etc/UTC", "en", Region("", "USD", "UTC")),
        ("", "nonsense", "en", Region("", "USD", "UTC")),
    ],
)
def test_the_guess(locale: str, zone: str, language: str, found: Region) -> None:
    assert region.guess(locale, zone) == (language, found)


def test_every_country_has_a_name_a_zone_and_money_in_every_language() -> None:
    for language in LANGUAGES:
        names, money = region.countries(language), region.currencies(language)
        for code in names:
            own = region.of_country(code)
            assert own.currency in money, code
            assert ZoneInfo(own.time_zone)
            assert own.time_zone in region.all_zones(language)
