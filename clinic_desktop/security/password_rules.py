"""What a new password has to be; those that people have already open as before.

Eight characters are enough while half of the key lies in the system's key store: a stolen folder
cannot be guessed at all, and at this PC each guess costs time (``attempts``). Without a key store
the password stands alone before whoever has the folder: then it has fifteen. See ADR 9.
"""

from __future__ import annotations

import gzip
from functools import cache

from clinic_desktop.config import resource
from clinic_desktop.domain.passwords import LEAST, Strength, core, strength
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _

LEAST_ALONE = 15
"""Where no key store holds the other half, or nobody knows yet whether one does."""


@cache
def _common() -> frozenset[str]:
    raw = gzip.decompress(resource("passwords", "common.txt.gz").read_bytes())
    return frozenset(raw.decode().split("\n"))


def is_common(password: str) -> bool:
    """Whether it is among those that are tried first, digits and signs around it aside."""
    plain = password.casefold()
    return plain in _common() or core(plain) in _common()


def check_new(password: str, own_words: tuple[str, ...] = (), least: int = LEAST) -> None:
    """Refuse what is too short or tried first; any characters are fine.

    Raises:
        ValidationError: with a sentence on what to do.
    """
    hint = _("A short sentence is easy to remember and hard to guess.")
    if len(password) < least:
        raise ValidationError(
            "password",
            _("A password has at least {count} characters.").format(count=least),
            hint=hint,
        )
    if strength(password, own_words) is Strength.WEAK or is_common(password):
        raise ValidationError(
            "password",
            _("Easy to guess: others know these words, or they are tried first."),
            hint=hint,
        )
