"""T32: each primitive gives what its standard, or whoever published it, says that it gives.

Through the wrappers of ``security.primitives`` wherever they can take the vector's input.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import partial
from unittest.mock import patch

from argon2.low_level import Type, core, ffi
from argon2.low_level import lib as argon2  # type: ignore[attr-defined]  # only the C names
from nacl.bindings import crypto_scalarmult

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey, parse
from clinic_desktop.security.second_factor import step_at
from tests.proofs.result import Result

hexed = bytes.fromhex
Vector = tuple[str, Callable[[], bytes], str]
"""Where it is published, what gives the bytes, and the bytes in hexadecimal."""

_SUNSCREEN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
    b"future, sunscreen would be it."
)
_SUNSCREEN_KEY, _SUNSCREEN_HEADER = bytes(range(0x80, 0xA0)), hexed("50515253c0c1c2c3c4c5c6c7")
_SUNSCREEN_NONCE = bytes(range(0x40, 0x58))
_SUNSCREEN_SEALED = (
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
)
_ED25519 = (
    (
        "RFC 8032, 7.1, test 1",
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "RFC 8032, 7.1, test 2",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "RFC 8032, 7.1, test 3",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "RFC 8032, 7.1, test SHA(abc)",
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
)
_SHEETS = (
    # Ours: a sheet that was printed once must open the record for ever.
    (
        "00" * 20,
        "00000-00005-0000A-0000F-0000M-0000H-0000Y-0000V",
        (
            "59e7498c67429631409a7e31aecfb5169fc694ac92553d2e9b04d53ed0125363"
            "347e05d40e2b4357c66de0065474826b4e3d9403af381d5d1137f4bf19689ffd"
        ),
    ),
    (
        "000102030405060708090a0b0c0d0e0f10111213",
        "000G5-40R48-0M30Q-E209P-185GZ-R38E9-1W81J-24GKJ",
        (
            "4e73e2c118ca0ea6547cd19339c71fe0e3059e77e272a8a243b68dabc8c6c600"
            "9e5156533b92a1b6fb578ca8b926d17a5e1f019d023b7e02ca623c2f5c9a0b04"
        ),
    ),
    (
        "ff" * 20,
        "ZZZZD-ZZZZ8-ZZZZ7-ZZZZ2-ZZZZS-ZZZZW-ZZZZK-ZZZZP",
        (
            "0739d2681f83360390b96dfb98b6d38187d3d334f42352c79480394f6aff265c"
            "4db258d227360daf35ae0f1f9a5517c59761f40b93b450c494f54e1a97603f4f"
        ),
    ),
)


def _argon2id() -> bytes:
    """Past our wrapper: the vector has a secret and associated data, which passwords do not."""
    out = ffi.new("uint8_t[]", 32)
    parts = [b"\x01" * 32, b"\x02" * 16, b"\x03" * 8, b"\x04" * 12]
    held = [ffi.new("uint8_t[]", part) for part in parts]
    wanted = {
        "out": out, "outlen": 32, "pwd": held[0], "pwdlen": 32, "salt": held[1], "saltlen": 16,
        "secret": held[2], "secretlen": 8, "ad": held[3], "adlen": 12, "t_cost": 3, "m_cost": 32,
        "lanes": 4, "threads": 4, "version": 0x13, "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL,
        "flags": argon2.ARGON2_DEFAULT_FLAGS,
    }  # fmt: skip
    if core(ffi.new("argon2_context *", wanted), Type.ID.value) != argon2.ARGON2_OK:
        return b""
    return bytes(ffi.buffer(out, 32))


def _stretched(password: str, salt: bytes, passes: int) -> Callable[[], bytes]:
    return lambda: crypto.stretch(password, salt, KdfCost(65_536, passes, 1))


def _sealed() -> bytes:
    random = "clinic_desktop.security.primitives.secrets.token_bytes"
    with patch(random, lambda _count: _SUNSCREEN_NONCE):
        return crypto.seal(_SUNSCREEN_KEY, _SUNSCREEN, _SUNSCREEN_HEADER)


def _unsealed() -> bytes:
    sealed = _SUNSCREEN_NONCE + hexed(_SUNSCREEN_SEALED)
    return crypto.unseal(_SUNSCREEN_KEY, sealed, _SUNSCREEN_HEADER)


def _signed(seed: str, message: str) -> Callable[[], bytes]:
    identity = Identity(bytes(32), hexed(seed))

    def sign() -> bytes:
        signature = crypto.sign(identity, hexed(message))
        right = crypto.is_signed(identity.public.signing, hexed(message), signature)
        wrong = crypto.is_signed(identity.public.signing, hexed(message) + b"!", signature)
        return identity.public.signing + signature if right and not wrong else b""

    return sign


def _public(private: str) -> Callable[[], bytes]:
    return lambda: Identity(hexed(private), bytes(32)).public.sealing


def _sheet(secret: str, text: str) -> Callable[[], bytes]:
    def both() -> bytes:
        public = RecoveryKey(hexed(secret)).identity.public
        same = RecoveryKey(hexed(secret)).text == text and parse(text).secret == hexed(secret)
        return public.sealing + public.signing if same else b""

    return both


_OKM = (
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    (
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
        "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
    ),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
)


def _code(unix: int) -> bytes:
    return crypto.short_code(b"12345678901234567890", step_at(unix), 8).encode()


VECTORS: tuple[Vector, ...] = (
    (
        "RFC 9106, 5.3: Argon2id with secret and data", _argon2id,
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
    ),
    (
        "Argon2 reference implementation, test.c: argon2id, t=2, m=2^16, p=1",
        _stretched("password", b"somesalt", 2),
        "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
    ),
    (
        "Argon2 reference implementation, test.c: argon2id, t=4",
        _stretched("password", b"somesalt", 4),
        "9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c",
    ),
    (
        "Argon2 reference implementation, test.c: argon2id, other password",
        _stretched("differentpassword", b"somesalt", 2),
        "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde",
    ),
    (
        "Argon2 reference implementation, test.c: argon2id, other salt",
        _stretched("password", b"diffsalt", 2),
        "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c",
    ),
    (
        "RFC 5869, A.1",
        lambda: crypto.expand(b"\x0b" * 22, bytes(range(0xF0, 0xFA)), bytes(range(13)), 42),
        _OKM[0],
    ),
    (
        "RFC 5869, A.2",
        lambda: crypto.expand(
            bytes(range(0x50)), bytes(range(0xB0, 0x100)), bytes(range(0x60, 0xB0)), 82
        ),
        _OKM[1],
    ),
    ("RFC 5869, A.3", lambda: crypto.expand(b"\x0b" * 22, b"", b"", 42), _OKM[2]),
    (
        "draft-irtf-cfrg-xchacha-03, A.3.1: sealed", _sealed,
        _SUNSCREEN_NONCE.hex() + _SUNSCREEN_SEALED,
    ),
    ("draft-irtf-cfrg-xchacha-03, A.3.1: unsealed", _unsealed, _SUNSCREEN.hex()),
    *((name, _signed(seed, text), key + signed) for name, seed, key, text, signed in _ED25519),
    (
        "RFC 7748, 6.1: Alice's public key",
        _public("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    ),
    (
        "RFC 7748, 6.1: Bob's public key",
        _public("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    ),
    (
        "RFC 7748, 6.1: their shared secret, in the library of our wrapper",
        lambda: crypto_scalarmult(
            hexed("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
            hexed("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
        ),
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ),
    (
        "RFC 7748, 5.2: X25519, in the library of our wrapper",
        lambda: crypto_scalarmult(
            hexed("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
            hexed("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
        ),
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "FIPS 180-4: SHA-256 of abc", lambda: hashlib.sha256(b"abc").digest(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        "FIPS 180-4: SHA-256 of a million a", lambda: hashlib.sha256(b"a" * 1_000_000).digest(),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    ),
    (
        "RFC 4231, 4.2: HMAC-SHA-256", lambda: hmac.digest(b"\x0b" * 20, b"Hi There", "sha256"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        "RFC 4231, 4.3: HMAC-SHA-256",
        lambda: hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        "RFC 7693, A: BLAKE2b-512 of abc", lambda: hashlib.blake2b(b"abc").digest(),
        ("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"),
    ),
    (
        "our digest: BLAKE2b-256 of each part after its length",
        lambda: crypto.digest(b"ab", b"c"),
        hashlib.blake2b(b"\0" * 7 + b"\2ab" + b"\0" * 7 + b"\1c", digest_size=32).hexdigest(),
    ),
    *((f"recovery sheet {text[:5]}…", _sheet(given, text), keys) for given, text, keys in _SHEETS),
    *(
        (f"RFC 6238, appendix B, SHA-1 at {unix}", partial(_code, unix), code.encode().hex())
        for unix, code in (
            (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
            (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
        )
    ),
)  # fmt: skip


def prove(size: int, seed: int, _jobs: int = 1) -> Result:
    """All vectors, whatever the size."""
    del size
    failures = [name for name, given, wanted in VECTORS if given() != hexed(wanted)]
    return Result("T32", len(VECTORS) - len(failures), failures, seed)
