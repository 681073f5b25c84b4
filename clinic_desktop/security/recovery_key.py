"""The recovery key as it stands on paper: eight groups that a person can type.

160 random bits, written with Crockford's 32 letters (no I, L, O, U). Each group is four letters
and a check letter over GF(32), weighted by place and group, so that one wrong letter, two swapped
letters or two swapped groups are found while typing, and named.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import Identity

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LETTERS, KEY_BYTES = 8, 4, 20
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)


@dataclass(frozen=True)
class RecoveryKey:
    """The secret on the recovery sheet."""

    secret: bytes

    @classmethod
    def new(cls) -> RecoveryKey:
        """A random key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def __repr__(self) -> str:  # never in a log or a crash report
        return "RecoveryKey(…)"

    @property
    def identity(self) -> Identity:
        """The keys that open the record and are the root of the membership."""
        return Identity.from_secret(self.secret, b"clinic-desktop/v1/recovery")

    @property
    def groups(self) -> tuple[str, ...]:
        """The eight groups with their check letters."""
        bits = int.from_bytes(self.secret, "big")
        values = [bits >> 5 * place & 31 for place in reversed(range(GROUPS * GROUP_LETTERS))]
        starts = range(0, len(values), GROUP_LETTERS)
        parts = [values[start : start + GROUP_LETTERS] for start in starts]
        return tuple(
            "".join(LETTERS[value] for value in (*part, _check(number, part)))
            for number, part in enumerate(parts)
        )

    @property
    def text(self) -> str:
        """The whole key on one line, as the QR code holds it."""
        return "-".join(self.groups)


def parse(typed: str) -> RecoveryKey:
    """The key from what a person typed or scanned; case, spaces, dashes and lookalikes are fine.

    Raises:
        ValidationError: naming the first group that cannot be right.
    """
    letters = group_letters(typed)
    size = GROUP_LETTERS + 1
    if len(letters) != GROUPS * size:
        raise ValidationError(
            "recovery",
            _(
                "A recovery key has {count} groups of five letters; {found} letters were typed."
            ).format(count=GROUPS, found=len(letters)),
        )
    bits = 0
    for number in range(GROUPS):
        for value in _group(letters[number * size : (number + 1) * size], number):
            bits = bits << 5 | value
    return RecoveryKey(bits.to_bytes(KEY_BYTES, "big"))


def check_so_far(typed: str) -> None:
    """Check the complete groups of a key that is still being typed.

    Raises:
        ValidationError: naming the first group that cannot be right.
    """
    letters, size = group_letters(typed), GROUP_LETTERS + 1
    for number in range(min(len(letters) // size, GROUPS)):
        _group(letters[number * size : (number + 1) * size], number)


def same_group(typed: str, group: str) -> bool:
    """Whether what was typed means this group; case, spaces and lookalikes are fine."""
    return group_letters(typed) == group


def group_fits(typed: str, number: int) -> bool:
    """Whether a group (numbered from 0) is right in itself, for marks while typing."""
    try:
        _group(group_letters(typed), number)
    except ValidationError:
        return False
    return True


def group_letters(typed: str) -> str:
    """What was typed as it stands on the sheet; case, spaces, dashes and lookalikes are fine."""
    kept = "".join(each for each in typed.upper() if each.isalnum())
    return kept.translate(_LOOKALIKES)


def _group(letters: str, number: int) -> list[int]:
    values = [LETTERS.find(each) for each in letters]
    *part, check = values or [-1]
    if len(part) != GROUP_LETTERS or min(values) < 0 or _check(number, part) != check:
        raise ValidationError(
            "recovery",
            _("Group {number} of the recovery key is not right.").format(number=number + 1),
            hint=_("Compare its letters with the sheet, one by one."),
        )
    return part


def _check(number: int, part: list[int]) -> int:
    found = number
    for value in part:
        found = _doubled(found) ^ value
    return _doubled(found)


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 32 else value
