"""The recovery sheet can be typed by a person in a hurry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.errors import ValidationError
from clinic_desktop.security.recovery_key import (
    LETTERS,
    RecoveryKey,
    check_so_far,
    group_fits,
    parse,
    same_group,
)

keys = st.binary(min_size=20, max_size=20).map(RecoveryKey)


@given(key=keys)
def test_what_is_printed_is_what_is_read(key: RecoveryKey) -> None:
    assert parse(key.text) == key
    assert parse(key.text.lower().replace("-", "  ")) == key
    assert parse(key.text.replace("1", "l").replace("0", "o")) == key
    assert all(group_fits(group, number) for number, group in enumerate(key.groups))


@given(key=keys, place=st.integers(0, 39), letter=st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found_in_its_group(key: RecoveryKey, place: int, letter: str) -> None:
    letters = list("".join(key.groups))
    if letters[place] == letter:
        return
    letters[place] = letter
    with pytest.raises(ValidationError, match=str(place // 5 + 1)):
        parse("".join(letters))


@given(key=keys, group=st.integers(0, 7), place=st.integers(0, 3))
def test_two_swapped_letters_are_found(key: RecoveryKey, group: int, place: int) -> None:
    text = key.groups[group]
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert group_fits(swapped, group) == (swapped == text)


@given(key=keys, one=st.integers(0, 7), other=st.integers(0, 7))
def test_two_swapped_groups_are_found(key: RecoveryKey, one: int, other: int) -> None:
    assert group_fits(key.groups[one], other) == (one == other)


@given(typed=st.text(max_size=60))
def test_anything_else_is_an_error_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError):
        parse(typed)


def test_a_key_always_gives_the_same_identity_and_never_shows_itself() -> None:
    key = RecoveryKey(bytes(range(20)))
    assert key.identity == RecoveryKey(bytes(range(20))).identity
    assert key.identity != RecoveryKey.new().identity
    assert "…" in repr(key)
    assert key.groups[0] not in repr(key)


def test_a_wrong_group_is_named_before_the_rest_is_typed() -> None:
    key = RecoveryKey(bytes(range(20)))
    typed = " ".join(key.groups[:3]).lower()
    check_so_far("")
    check_so_far(typed)
    check_so_far(f"{typed} 0")
    with pytest.raises(ValidationError, match="Group 4"):
        check_so_far(f"{typed} {key.groups[4]}")


def test_a_group_typed_with_lookalikes_is_the_same() -> None:
    assert same_group(" oi1-2v ", "0112V")
    assert same_group("OL12U", "0112V")
    assert not same_group("0112W", "0112V")
