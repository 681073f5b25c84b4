"""What our wrappers of the primitives promise; published vectors are in tests/proofs/keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError


def test_a_password_is_the_same_however_it_was_typed() -> None:
    cost, salt = KdfCost(32 * 1024, 2, 1), bytes(16)
    assert crypto.stretch("café", salt, cost) == crypto.stretch("café", salt, cost)
    assert crypto.stretch("cafe", salt, cost) != crypto.stretch("café", salt, cost)


@given(plain=st.binary(max_size=200), header=st.binary(max_size=40), place=st.integers(min_value=0))
def test_one_changed_bit_makes_it_unreadable(plain: bytes, header: bytes, place: int) -> None:
    key = bytes(range(32))
    sealed = bytearray(crypto.seal(key, plain, header))
    assert crypto.unseal(key, bytes(sealed), header) == plain
    sealed[place // 8 % len(sealed)] ^= 1 << place % 8
    with pytest.raises(UnreadableError):
        crypto.unseal(key, bytes(sealed), header)


@pytest.mark.parametrize("rubbish", [b"", b"short", bytes(24), bytes(100)])
def test_rubbish_is_unreadable(rubbish: bytes) -> None:
    with pytest.raises(UnreadableError):
        crypto.unseal(bytes(32), rubbish, b"")
    with pytest.raises(UnreadableError):
        crypto.unseal_mine(Identity.new(), rubbish, b"")


@given(plain=st.binary(max_size=100), header=st.binary(max_size=40))
def test_only_the_one_it_is_sealed_to_reads_it(plain: bytes, header: bytes) -> None:
    ann, bo = Identity.new(), Identity.new()
    sealed = crypto.seal_to(ann.public.sealing, plain, header)
    assert crypto.unseal_mine(ann, sealed, header) == plain
    for identity, other in ((bo, header), (ann, header + b"!")):
        with pytest.raises(UnreadableError):
            crypto.unseal_mine(identity, sealed, other)


def test_what_is_no_key_signs_nothing() -> None:
    assert not crypto.is_signed(b"no key", b"", b"no signature")


def test_keys_never_show_themselves() -> None:
    identity = Identity.new()
    assert "…" in repr(identity)
    assert Identity.from_bytes(bytes(identity)) == identity
    assert Identity.from_secret(b"x", b"a") != Identity.from_secret(b"x", b"b")


def test_parts_of_a_digest_do_not_run_into_each_other() -> None:
    assert crypto.digest(b"ab", b"c") != crypto.digest(b"a", b"bc")
    assert crypto.keyed_digest(bytes(32), b"a") != crypto.keyed_digest(b"\x01" * 32, b"a")
