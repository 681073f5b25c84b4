"""Every cryptographic primitive the program uses; no other module imports a crypto library.

| name | what it is | source |
|---|---|---|
| ``stretch`` | Argon2id, a password to 32 bytes | RFC 9106 |
| ``expand`` | HKDF-SHA256, one secret to a key for one purpose | RFC 5869 |
| ``seal``, ``unseal`` | XChaCha20-Poly1305 over a header too | draft-irtf-cfrg-xchacha-03 |
| ``seal_to``, ``unseal_mine`` | X25519 sealed box to a public key, bound to a header | libsodium |
| ``sign``, ``is_signed`` | Ed25519 | RFC 8032 |
| ``digest`` | BLAKE2b-256 | RFC 7693 |
| ``short_code`` | HOTP with SHA-1, for codes that a phone shows | RFC 4226, RFC 6238 |

Nonces are random (24 bytes: a repeat is out of reach); keys for different purposes come from
``expand`` with different ``info``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Annotated

from argon2.low_level import Type, hash_secret_raw
from msgspec import Meta, Struct
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 24
_HASH_BYTES = 32


class UnreadableError(Exception):
    """The key does not fit, or the bytes or their header were changed."""


class KdfCost(Struct, frozen=True):
    """What one guess of a password costs: memory in KiB, passes, lanes.

    Costs outside these limits are an attack or damage; decoding a file refuses them.
    """

    memory_kib: Annotated[int, Meta(ge=32 * 1024, le=1024 * 1024)] = 64 * 1024
    passes: Annotated[int, Meta(ge=2, le=10)] = 3
    lanes: Annotated[int, Meta(ge=1, le=8)] = 1


def stretch(password: str, salt: bytes, cost: KdfCost) -> bytes:
    """32 bytes from a password (NFC, UTF-8), as slowly as ``cost`` says."""
    # Bytes of the command line that are no text are a password like any other: a wrong one.
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hash_secret_raw(
        secret, salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID
    )


def expand(secret: bytes, info: bytes, salt: bytes = b"", length: int = KEY_BYTES) -> bytes:
    """A key of ``length`` bytes (at most 8,160) for the purpose that ``info`` names."""
    key = hmac.digest(salt or bytes(_HASH_BYTES), secret, "sha256")
    block, found = b"", b""
    for count in range(1, -(-length // _HASH_BYTES) + 1):
        block = hmac.digest(key, block + info + bytes([count]), "sha256")
        found += block
    return found[:length]


def seal(key: bytes, plain: bytes, header: bytes) -> bytes:
    """Nonce and ciphertext; ``unseal`` needs the same key and the same header."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, header, nonce, key)


def unseal(key: bytes, sealed: bytes, header: bytes) -> bytes:
    """What was sealed.

    Raises:
        UnreadableError: another key, another header, or changed bytes.
    """
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[NONCE_BYTES:], header, sealed[:NONCE_BYTES], key
        )
    except (CryptoError, ValueError, TypeError) as error:
        raise UnreadableError from error


def digest(*parts: bytes) -> bytes:
    """BLAKE2b-256 of the parts, each with its length before it so that none runs into another."""
    found = hashlib.blake2b(digest_size=32)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def keyed_digest(key: bytes, *parts: bytes) -> bytes:
    """As ``digest``, which only a holder of the key can make."""
    found = hashlib.blake2b(digest_size=32, key=key)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def short_code(secret: bytes, counter: int, digits: int) -> str:
    """The digits that a phone shows for this count; SHA-1 because that is what phones know."""
    made = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    start = made[-1] & 15
    number = int.from_bytes(made[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def same(one: bytes, other: bytes) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


@dataclass(frozen=True)
class PublicKeys:
    """What others know of somebody: to seal to (X25519) and to check signatures (Ed25519)."""

    sealing: bytes
    signing: bytes


@dataclass(frozen=True)
class Identity:
    """Somebody's two private keys, as seeds of 32 bytes."""

    sealing: bytes
    signing: bytes

    @classmethod
    def new(cls) -> Identity:
        """A random identity."""
        return cls(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_secret(cls, secret: bytes, info: bytes) -> Identity:
        """The identity that a secret always gives, for example a printed recovery key."""
        both = expand(secret, info, length=2 * KEY_BYTES)
        return cls(both[:KEY_BYTES], both[KEY_BYTES:])

    @classmethod
    def from_bytes(cls, both: bytes) -> Identity:
        """The inverse of ``bytes(identity)``."""
        return cls(both[:KEY_BYTES], both[KEY_BYTES:])

    def __bytes__(self) -> bytes:
        return self.sealing + self.signing

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Identity(…)"

    @property
    def public(self) -> PublicKeys:
        """The halves to give away."""
        return PublicKeys(
            bytes(PrivateKey(self.sealing).public_key), bytes(SigningKey(self.signing).verify_key)
        )


def seal_to(recipient: bytes, plain: bytes, header: bytes) -> bytes:
    """Seal to an X25519 public key; nobody can tell who did it."""
    # A sealed box has no header of its own: its digest goes inside.
    return SealedBox(PublicKey(recipient)).encrypt(digest(header) + plain)


def unseal_mine(identity: Identity, sealed: bytes, header: bytes) -> bytes:
    """What was sealed to this identity under this header.

    Raises:
        UnreadableError: sealed to somebody else, under another header, or changed.
    """
    try:
        opened = SealedBox(PrivateKey(identity.sealing)).decrypt(sealed)
    except (CryptoError, ValueError, TypeError) as error:
        raise UnreadableError from error
    if not same(opened[:32], digest(header)):
        raise UnreadableError
    return opened[32:]


def sign(identity: Identity, message: bytes) -> bytes:
    """A signature of 64 bytes."""
    return SigningKey(identity.signing).sign(message).signature


def is_signed(signer: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this Ed25519 key signed exactly this message."""
    try:
        VerifyKey(signer).verify(message, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
