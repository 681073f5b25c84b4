"""The code besides the password: six digits that a phone counts out each half minute (RFC 6238).

Seed and recovery codes lie inside the encrypted record. Without a server the code is a rule that
the program keeps, not cryptography: whoever has the record's key needs no code. What a stolen
folder lacks is the half of the key in the system's key store (``device_secret``).
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from msgspec import Meta, Struct
from msgspec.structs import replace

from clinic_desktop.security import primitives as crypto

STEP_S: Final = 30
DIGITS: Final = 6
WINDOW: Final = 1
"""Steps before and after the present one whose code counts too: phones and PCs differ a little."""
SEED_BYTES, CODE_BYTES, CODES = 20, 10, 10
_GROUP = 4
_LOOKALIKES = str.maketrans("018", "OIB")
"""Digits that recovery codes do not have, and the letters that are meant."""


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """What the record keeps of somebody's second factor."""

    seed: Annotated[bytes, Meta(min_length=SEED_BYTES, max_length=SEED_BYTES)]
    salt: bytes
    codes: tuple[bytes, ...]
    """Digests of the recovery codes that were not used yet."""
    step: int = 0
    """The newest step whose code was taken: it and those before are over."""

    def __repr__(self) -> str:  # never a seed in a log or a crash report
        return "Kept(…)"


@dataclass(frozen=True)
class Offer:
    """A second factor that is about to be switched on; shown once."""

    seed: bytes
    codes: tuple[str, ...]
    """The recovery codes, for paper."""

    @classmethod
    def new(cls) -> Offer:
        """A random one."""
        return cls(secrets.token_bytes(SEED_BYTES), new_codes())

    def __repr__(self) -> str:
        return "Offer(…)"

    @property
    def text(self) -> str:
        """The seed to type into the phone by hand."""
        return _grouped(base64.b32encode(self.seed).decode())

    def address(self, practice: str, login: str) -> str:
        """The seed as a phone reads it from a QR code."""
        secret = base64.b32encode(self.seed).decode()
        issuer = practice.replace(":", " ").strip()
        label = quote(f"{issuer}:{login}", safe=":")
        return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"

    def kept(self) -> Kept:
        """What the record keeps of it."""
        return with_codes(Kept(self.seed, b"", ()), self.codes)


def new_codes() -> tuple[str, ...]:
    """Ten recovery codes of 80 random bits each."""
    made = (secrets.token_bytes(CODE_BYTES) for _number in range(CODES))
    return tuple(_grouped(base64.b32encode(each).decode()) for each in made)


def with_codes(kept: Kept, codes: tuple[str, ...]) -> Kept:
    """The same second factor with other recovery codes; those before end."""
    salt = secrets.token_bytes(crypto.SALT_BYTES)
    return replace(kept, salt=salt, codes=tuple(_digest(salt, _plain(each)) for each in codes))


def step_at(unix: float) -> int:
    """The number of the half minute."""
    return int(unix // STEP_S)


def accepted(kept: Kept, typed: str, unix: float) -> Kept | None:
    """What is kept after this code was taken, which counts once; ``None`` if it is not right.

    ``unix`` is the present time in seconds since 1970.
    """
    letters = _plain(typed)
    if len(letters) != DIGITS:
        return _without_code(kept, letters)
    now = step_at(unix)
    for step in range(max(now - WINDOW, kept.step + 1, 0), now + WINDOW + 1):
        wanted = crypto.short_code(kept.seed, step, DIGITS)
        if crypto.same(wanted.encode(), letters.encode("utf-8", "replace")):
            return replace(kept, step=step)
    return None


def _without_code(kept: Kept, letters: str) -> Kept | None:
    found = _digest(kept.salt, letters.translate(_LOOKALIKES))
    left = tuple(each for each in kept.codes if not crypto.same(each, found))
    return replace(kept, codes=left) if len(left) < len(kept.codes) else None


def _digest(salt: bytes, letters: str) -> bytes:
    # 80 random bits need no slow hash: nobody tries them all.
    return crypto.keyed_digest(salt, letters.encode("utf-8", "replace"))


def _grouped(letters: str) -> str:
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def _plain(typed: str) -> str:
    """Without blanks and dashes; digits of any script are digits."""
    kept = (each for each in typed.upper() if each.isalnum())
    return "".join(str(int(each)) if each.isdecimal() else each for each in kept)
