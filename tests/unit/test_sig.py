"""A prescription is told to the patient in whole words, and no number is torn from its unit."""

from __future__ import annotations

import string
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dates import AgeUnit
from clinic_desktop.domain.dosing import (
    DoseError,
    DoseUnit,
    Duration,
    Frequency,
    Route,
    SigParts,
    When,
    parse_sig,
)
from clinic_desktop.i18n import ENGLISH, PAPER_LANGUAGES, Language
from clinic_desktop.services.sig import sig_text


@pytest.mark.parametrize(
    ("typed", "route", "told"),
    [
        ("1 cap 3x/day pc 7d", "PO",
         "Take 1 capsule by mouth 3 times a day after meals for 7 days."),
        ("½ tab bd 2w", "PO", "Take ½ tablet by mouth twice a day for 2 weeks."),
        ("1.5 tab od", "PO", "Take 1½ tablets by mouth once a day."),
        ("2.5 ml q8h", "PO", "Take 2.5 mL by mouth every 8 hours."),
        ("1 tab every hour", "SL", "Take 1 tablet under the tongue every hour."),
        ("2 puffs prn max 8/d", "IPINHL",
         "Inhale 2 puffs only if needed, no more than 8 times in 24 hours (16 puffs)."),
        ("1 tab 1-0-2 5d", "",
         "Take 1 tablet in the morning and 2 tablets in the evening for 5 days."),
        ("1 tab 1-1-1", "",
         "Take 1 tablet in the morning, 1 tablet at midday and 1 tablet in the evening."),
        ("2 drops q4-6h", "OPTHALTA", "Put 2 drops in the eye every 4–6 hours."),
        ("1 tab 3-4 times a day", "PO", "Take 1 tablet by mouth 3–4 times a day."),
        ("1 tab every 2 weeks", "PO", "Take 1 tablet by mouth every 2 weeks."),
        ("1 tab every 3 months", "PO", "Take 1 tablet by mouth every 3 months."),
        ("1 tab weekly", "PO", "Take 1 tablet by mouth once a week."),
        ("1 tab 2 times a week", "PO", "Take 1 tablet by mouth 2 times a week."),
        ("1 tab qod", "PO", "Take 1 tablet by mouth every other day."),
        ("1 tab every 3 days", "PO", "Take 1 tablet by mouth every 3 days."),
        ("1 application bd", "TOPICAL", "Apply to the skin twice a day."),
        ("1 patch every 3 days", "TRNSDERM", "Apply 1 patch to the skin every 3 days."),
        ("1 supp nocte 3d", "PR", "Insert 1 suppository into the rectum at bedtime for 3 days."),
        ("1 amp stat", "IM", "Inject 1 ampoule into a muscle as a single dose."),
        ("1x3 5d", "", "3 times a day for 5 days."),
        ("1 tab monthly", "PO", "Take 1 tablet by mouth once a month."),
        ("1 tab 1-2x/week", "PO", "Take 1 tablet by mouth 1–2 times a week."),
        ("1 tab every 2-3 days", "PO", "Take 1 tablet by mouth every 2–3 days."),
        ("1 tab once at bedtime", "", "Take 1 tablet as a single dose at bedtime."),
        ("1-0-½ 7d", "", "Take 1 in the morning and 0.5 in the evening for 7 days."),
        ("0.0625 mg od", "PO", "Take 0.0625 mg by mouth once a day."),
    ],
)  # fmt: skip
def test_sentences(typed: str, route: str, told: str) -> None:
    parts = replace(parse_sig(typed), route=Route(route) if route else None)
    assert sig_text(parts, ENGLISH) == told


_DOSES = ("", "1 tab", "½ tab")
_OFTEN = (
    "od", "bd", "1-2x/d", "2x/week", "1-2x/week", "weekly", "monthly", "qod", "every 3 days",
    "every 1-2 days", "every 2-3 days", "q1h", "q8h", "q4-6h", "every 2 weeks", "every 2-3 weeks",
    "every 2-3 months", "once", "1-0-1", "1-0-2", "",
)  # fmt: skip
_WHEN = ("", "at bedtime", "qam qpm", "after meals")
_MORE = ("", "prn", "max 3/d", "7d", "prn max 4/d 1w")


@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_what_is_not_the_same_is_not_told_in_the_same_words(code: str) -> None:
    told: dict[str, SigParts] = {}
    for pieces in product(_DOSES, _OFTEN, _WHEN, _MORE):
        with suppress(DoseError):
            parts = parse_sig(" ".join(filter(None, pieces)))
            words = sig_text(parts, Language(code))
            assert told.setdefault(words, parts) == parts, (words, pieces)
    assert len(told) > 500


def test_the_reason_of_an_as_needed_medicine_is_told() -> None:
    parts = SigParts(Decimal(1), DoseUnit.TABLET, Frequency(0, as_needed=True), reason="pain")
    assert sig_text(parts, ENGLISH) == "Take 1 tablet only if needed for \u2068pain\u2069."


def test_numbers_that_right_to_left_text_would_tear_are_kept_together() -> None:
    parts = SigParts(Decimal("1.5"), DoseUnit.TABLET, Frequency(3, times_max=4))
    told = sig_text(parts, Language("ar"))
    assert "\u20681½\u2069" in told
    assert "\u20683–4\u2069" in told


def test_a_unit_nobody_knows_is_told_as_it_came() -> None:
    parts = SigParts(Decimal(2), DoseUnit("{teaspoon}"), Frequency(3))
    assert sig_text(parts, ENGLISH) == "Take 2 \u2068teaspoon\u2069 3 times a day."


@given(
    st.builds(
        SigParts,
        st.none() | st.decimals("0.25", 50, places=2),
        st.none() | st.sampled_from(DoseUnit),
        st.one_of(
            st.builds(
                Frequency,
                st.integers(1, 24),
                when=st.lists(st.sampled_from(When), max_size=3, unique=True).map(tuple),
            ),
            st.builds(
                Frequency, st.integers(1, 3), st.integers(1, 12), st.sampled_from(["d", "wk", "mo"])
            ),
            st.builds(
                Frequency, st.just(0), as_needed=st.just(True), max_per_day=st.integers(0, 9)
            ),
        ),
        st.none() | st.builds(Duration, st.integers(1, 60), st.sampled_from(AgeUnit)),
        st.none() | st.sampled_from(Route),
        st.sampled_from(["", "pain", "головная боль"]),
    ),
    st.sampled_from(["en", "ru", "ar", "he", "hi"]),
)
def test_every_line_becomes_one_whole_sentence(parts: SigParts, language: str) -> None:
    told = sig_text(parts, Language(language))
    assert told[-1] in ".।"
    assert "  " not in told
    assert not [field for _, field, _, _ in string.Formatter().parse(told) if field]
    assert parts.duration is None or str(parts.duration.value) in told or language in {"ar", "he"}
