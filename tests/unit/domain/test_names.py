"""Names are asked and shown as their countries and scripts do it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.names import (
    HumanName,
    NamePart,
    baby_of,
    capitals,
    initials,
    name_form,
    tidy,
    unknown_person,
)

MARIA = HumanName("Ivanova", "Maria", "Petrovna")
AHMED = HumanName("الحسن", "أحمد", "محمد")


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        ("RU", ["family", "given", "patronymic"]),
        ("ae", ["given", "father", "family"]),
        ("ET", ["given", "father", "grandfather"]),
        ("US", ["family", "given", "middle", "suffix"]),
        ("ID", ["single"]),
        ("KE", ["family", "given"]),
        ("", ["family", "given"]),
    ],
)
def test_each_country_asks_its_own_parts(region: str, parts: list[str]) -> None:
    assert list(name_form(region)) == parts


def test_every_part_has_a_field_of_the_name() -> None:
    for part in NamePart:
        assert hasattr(HumanName(), part.field)


@pytest.mark.parametrize(
    ("name", "banner", "listed", "short"),
    [
        (MARIA, "IVANOVA Maria Petrovna", "IVANOVA Maria", "Ivanova M. P."),
        (
            HumanName("Иванова", "Анна-Мария", "Петровна"),
            "ИВАНОВА Анна-Мария Петровна",
            "ИВАНОВА Анна-Мария",
            "Иванова А.-М. П.",
        ),
        (AHMED, "أحمد محمد الحسن", "أحمد الحسن", "أحمد الحسن"),
        (HumanName("शर्मा", "प्रिया"), "प्रिया शर्मा", "प्रिया शर्मा", "प्रिया शर्मा"),
        (HumanName("山田", "太郎"), "山田 太郎", "山田 太郎", "山田 太郎"),
        (HumanName("Suharto"), "SUHARTO", "SUHARTO", "Suharto"),
        (HumanName(given="Cher"), "Cher", "Cher", "Cher"),
        (
            HumanName("King", "M. L.", suffix="Jr."),
            "KING M. L. Jr.",
            "KING M. L. Jr.",
            "King M. L.",
        ),
        (HumanName("ბერიძე", "ნინო"), "ნინო ბერიძე", "ნინო ბერიძე", "ნინო ბერიძე"),
        (HumanName(), "", "", ""),
    ],
)
def test_forms_of_a_name(name: HumanName, banner: str, listed: str, short: str) -> None:
    assert (name.banner(), name.listed(), name.short()) == (banner, listed, short)


def test_a_letter_puts_the_name_in_the_order_of_the_country() -> None:
    assert MARIA.full("RU") == "Ivanova Maria Petrovna"
    assert HumanName("Otieno", "Brian", prefix="Mr").full("KE") == "Mr Brian Otieno"
    assert HumanName("山田", "太郎").full("US") == "山田 太郎"
    assert AHMED.full("AE") == "أحمد محمد الحسن"


def test_turkish_capitals_keep_their_dots() -> None:
    assert HumanName("Işık", "Ali").banner("tr") == "IŞIK Ali"
    assert HumanName("Yiğit", "Ali").banner("tr_TR") == "YİĞİT Ali"
    assert capitals("Weiß") == "WEISS"


def test_a_newborn_is_listed_under_the_mothers_name() -> None:
    assert baby_of(MARIA, "Baby 2 of {mother}").banner() == "IVANOVA Baby 2 of Maria"
    assert baby_of(HumanName("Suharto"), "Baby of {mother}").given == "Baby of Suharto"


def test_an_unknown_person_can_be_told_from_the_next() -> None:
    assert unknown_person("Unknown", date(2026, 11, 21), 2).banner() == "UNKNOWN 2026-11-21 2"


def test_initials_need_capitals() -> None:
    assert initials("john ronald") == "J. R."
    assert initials("محمد") == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  иванова ", "Иванова"),
        ("анна-мария", "Анна-Мария"),
        ("o'neil", "O'neil"),
        ("McDonald", "McDonald"),
        ("van der Berg", "van der Berg"),
        ("ИВАНОВА", "ИВАНОВА"),
        ("الحسن\u200f", "الحسن"),
        ("a\tb", "Ab"),
        ("", ""),
    ],
)
def test_typed_names_are_tidied_but_not_guessed(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@given(st.text())
def test_tidying_twice_changes_nothing(typed: str) -> None:
    assert tidy(tidy(typed)) == tidy(typed)


@given(st.builds(HumanName, *(st.text(max_size=8) for _ in range(5))))
def test_every_form_is_a_text_and_a_name_is_known_or_not(name: HumanName) -> None:
    assert bool(name) == bool(name.family or name.given)
    assert all(isinstance(form, str) for form in (name.banner(), name.short(), name.full("RU")))
