"""Codes of a phone: the published ones, each once, and no others."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.security.primitives import short_code
from clinic_desktop.security.second_factor import (
    CODE_BYTES,
    CODES,
    SEED_BYTES,
    STEP_S,
    WINDOW,
    Kept,
    Offer,
    accepted,
    step_at,
    with_codes,
)
from tests.support.phone import Phone

RFC_SEED = b"12345678901234567890"
NOW = 1_795_000_000.0
OFFER = Offer.new()
PHONE = Phone(OFFER.seed)


def test_the_codes_are_those_of_rfc_4226() -> None:
    """Appendix D."""
    wanted = ["755224", "287082", "359152", "969429", "338314",
              "254676", "287922", "162583", "399871", "520489"]  # fmt: skip
    assert [short_code(RFC_SEED, count, 6) for count in range(10)] == wanted


@pytest.mark.parametrize(
    ("unix", "wanted"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_the_codes_are_those_of_rfc_6238(unix: int, wanted: str) -> None:
    """Appendix B, SHA-1."""
    assert short_code(RFC_SEED, step_at(unix), 8) == wanted
    assert Phone(RFC_SEED).shows(unix) == wanted[-6:], "the phone of the tests"


def test_seed_and_codes_are_as_long_as_promised_and_random() -> None:
    other = Offer.new()
    assert SEED_BYTES * 8 == 160
    assert len(OFFER.seed) == SEED_BYTES
    assert len(set(OFFER.codes) | set(other.codes)) == 2 * CODES
    assert OFFER.seed != other.seed
    for code in OFFER.codes:
        assert len(base64.b32decode(code.replace(" ", ""))) == CODE_BYTES == 80 // 8
    assert base64.b32encode(OFFER.seed).decode() == OFFER.text.replace(" ", "")


def test_a_phone_reads_practice_and_person_from_the_address() -> None:
    address = OFFER.address("Clinic: Döner & Sons", "amina@front desk")
    assert Phone.scan(address) == PHONE
    assert unquote(urlsplit(address).path) == "/Clinic  Döner & Sons:amina@front desk"
    assert parse_qs(urlsplit(address).query)["issuer"] == ["Clinic  Döner & Sons"]


def test_a_code_counts_one_step_before_and_after_and_no_further() -> None:
    kept = OFFER.kept()
    taken = [
        step
        for step in range(-3, 4)
        if accepted(kept, PHONE.shows(NOW + step * STEP_S), NOW) is not None
    ]
    assert taken == list(range(-WINDOW, WINDOW + 1))


def test_a_code_counts_once_and_so_do_those_before_it() -> None:
    first = accepted(OFFER.kept(), PHONE.shows(NOW), NOW)
    assert first is not None
    assert accepted(first, PHONE.shows(NOW), NOW) is None
    assert accepted(first, PHONE.shows(NOW - STEP_S), NOW) is None
    assert accepted(first, PHONE.shows(NOW + STEP_S), NOW) is not None
    back = NOW - 3600
    assert accepted(first, PHONE.shows(back), back) is None, "a clock set back brings none back"


@pytest.mark.parametrize("write", [
    lambda code: f" {code[:3]} {code[3:]} ",
    lambda code: f"{code[:3]}-{code[3:]}",
    lambda code: "".join(chr(0x660 + int(digit)) for digit in code),
])  # fmt: skip
def test_blanks_dashes_and_digits_of_another_script_are_fine(write: object) -> None:
    assert callable(write)
    assert accepted(OFFER.kept(), write(PHONE.shows(NOW)), NOW) is not None


def test_a_recovery_code_counts_once_and_leaves_the_others() -> None:
    kept = OFFER.kept()
    typed = OFFER.codes[3].lower().replace(" ", "-").replace("o", "0").replace("i", "1")
    after = accepted(kept, typed, NOW)
    assert after is not None
    assert len(after.codes) == CODES - 1
    assert accepted(after, OFFER.codes[3], NOW) is None
    assert accepted(after, OFFER.codes[4], NOW) is not None
    renewed = with_codes(after, Offer.new().codes)
    assert accepted(renewed, OFFER.codes[4], NOW) is None


def test_what_is_kept_does_not_hold_the_recovery_codes() -> None:
    kept = OFFER.kept()
    plain = {base64.b32decode(code.replace(" ", "")) for code in OFFER.codes}
    assert not plain & set(kept.codes)
    assert "seed" not in repr(kept) + repr(OFFER)


@given(st.text(max_size=40), st.floats(0, 4e9))
def test_nothing_typed_breaks_it(typed: str, unix: float) -> None:
    found = accepted(OFFER.kept(), typed, unix)
    assert found is None or isinstance(found, Kept)
