"""Whether a recovery sheet is still at hand, without keeping it: two of its groups are typed.

Two pairs of groups, drawn when the sheet was made, are kept as digests inside the record. A pair
has 40 random bits behind Argon2id. Whoever read the record and broke both pairs would still lack
the other four groups, 80 bits.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from msgspec import Meta, Struct

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.recovery_key import GROUPS, RecoveryKey, group_letters

PAIRS = 2
Place = Annotated[int, Meta(ge=0, lt=GROUPS)]


class Pair(Struct, frozen=True):
    """Two groups, numbered from 0, and what they give."""

    first: Place
    second: Place
    digest: bytes


class Drill(Struct, frozen=True):
    """What two groups of a sheet are checked by."""

    salt: bytes
    cost: KdfCost
    pairs: Annotated[tuple[Pair, ...], Meta(min_length=1, max_length=PAIRS)]

    @classmethod
    def of(cls, key: RecoveryKey, cost: KdfCost) -> Drill:
        """The drill of a sheet; takes the time of two passwords."""
        salt = secrets.token_bytes(crypto.SALT_BYTES)
        places = secrets.SystemRandom().sample(range(GROUPS), 2 * PAIRS)
        pairs = []
        for at in range(0, len(places), 2):
            first, second = sorted(places[at : at + 2])
            digest = _digest(key.groups[first] + key.groups[second], salt, cost)
            pairs.append(Pair(first, second, digest))
        return cls(salt, cost, tuple(pairs))

    def passes(self, pair: Pair, first: str, second: str) -> bool:
        """Whether these are the groups of the sheet; takes the time of a password."""
        typed = group_letters(first) + group_letters(second)
        return crypto.same(_digest(typed, self.salt, self.cost), pair.digest)


def _digest(letters: str, salt: bytes, cost: KdfCost) -> bytes:
    return crypto.stretch(letters, salt, cost)
