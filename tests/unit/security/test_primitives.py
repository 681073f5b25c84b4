"""Every primitive against the vectors that its standard publishes."""

from __future__ import annotations

import pytest
from argon2.low_level import Type, core, ffi
from argon2.low_level import lib as argon2  # type: ignore[attr-defined]  # only the C names
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError

hexed = bytes.fromhex


# ------------------------------------------------------------------ RFC 9106, Argon2id


def test_argon2id_gives_the_tag_of_rfc_9106() -> None:
    """Section 5.3; the vector has a secret and associated data, which passwords do not."""
    out = ffi.new("uint8_t[]", 32)
    parts = [b"\x01" * 32, b"\x02" * 16, b"\x03" * 8, b"\x04" * 12]
    held = [ffi.new("uint8_t[]", part) for part in parts]
    context = ffi.new(
        "argon2_context *",
        {
            "out": out, "outlen": 32, "pwd": held[0], "pwdlen": 32, "salt": held[1],
            "saltlen": 16, "secret": held[2], "secretlen": 8, "ad": held[3], "adlen": 12,
            "t_cost": 3, "m_cost": 32, "lanes": 4, "threads": 4,
            "version": 0x13, "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL,
            "flags": argon2.ARGON2_DEFAULT_FLAGS,
        },
    )  # fmt: skip
    assert core(context, Type.ID.value) == argon2.ARGON2_OK
    assert bytes(ffi.buffer(out, 32)) == hexed(
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    )


def test_a_password_is_the_same_however_it_was_typed() -> None:
    cost, salt = KdfCost(32 * 1024, 2, 1), bytes(16)
    assert crypto.stretch("café", salt, cost) == crypto.stretch("café", salt, cost)
    assert crypto.stretch("cafe", salt, cost) != crypto.stretch("café", salt, cost)


# ------------------------------------------------------------------ RFC 5869, HKDF-SHA256


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "wanted"),
    [
        (
            b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82,
            ("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
            "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
        ),
        (
            b"\x0b" * 22, b"", b"", 42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)  # fmt: skip
def test_hkdf_gives_the_keys_of_rfc_5869(
    secret: bytes, salt: bytes, info: bytes, length: int, wanted: str
) -> None:
    assert crypto.expand(secret, info, salt, length) == hexed(wanted)


# ------------------------------------------------------------------ XChaCha20-Poly1305


def test_xchacha_gives_the_ciphertext_of_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """draft-irtf-cfrg-xchacha-03, appendix A.3.1."""
    plain = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    header = hexed("50515253c0c1c2c3c4c5c6c7")
    monkeypatch.setattr("clinic_desktop.security.primitives.secrets.token_bytes", lambda _n: nonce)
    sealed = crypto.seal(key, plain, header)
    assert sealed[:24] == nonce
    assert sealed[24:] == crypto_aead_xchacha20poly1305_ietf_encrypt(plain, header, nonce, key)
    assert sealed[24:56] == hexed(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    )
    assert sealed[-16:] == hexed("c0875924c1c7987947deafd8780acf49")
    assert crypto.unseal(key, sealed, header) == plain


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


# ------------------------------------------------------------------ X25519 and Ed25519


def test_signatures_are_those_of_rfc_8032() -> None:
    """Section 7.1, tests 1 to 3."""
    for seed, public, message, wanted in (
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
                "cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
                "0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
                "984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    ):
        identity = Identity(bytes(32), hexed(seed))
        assert identity.public.signing == hexed(public)
        assert crypto.sign(identity, hexed(message)) == hexed(wanted)
        assert crypto.is_signed(hexed(public), hexed(message), hexed(wanted))
        assert not crypto.is_signed(hexed(public), hexed(message) + b"!", hexed(wanted))
    assert not crypto.is_signed(b"no key", b"", b"no signature")


def test_x25519_gives_the_public_keys_of_rfc_7748() -> None:
    """Section 6.1."""
    for private, public in (
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        ),
        (
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        ),
    ):
        assert Identity(hexed(private), bytes(32)).public.sealing == hexed(public)


@given(plain=st.binary(max_size=100), header=st.binary(max_size=40))
def test_only_the_one_it_is_sealed_to_reads_it(plain: bytes, header: bytes) -> None:
    ann, bo = Identity.new(), Identity.new()
    sealed = crypto.seal_to(ann.public.sealing, plain, header)
    assert crypto.unseal_mine(ann, sealed, header) == plain
    for identity, other in ((bo, header), (ann, header + b"!")):
        with pytest.raises(UnreadableError):
            crypto.unseal_mine(identity, sealed, other)


def test_keys_never_show_themselves() -> None:
    identity = Identity.new()
    assert "…" in repr(identity)
    assert Identity.from_bytes(bytes(identity)) == identity
    assert Identity.from_secret(b"x", b"a") != Identity.from_secret(b"x", b"b")


def test_parts_of_a_digest_do_not_run_into_each_other() -> None:
    assert crypto.digest(b"ab", b"c") != crypto.digest(b"a", b"bc")
    assert crypto.keyed_digest(bytes(32), b"a") != crypto.keyed_digest(b"\x01" * 32, b"a")
