"""A PIN of six digits for coming back quickly while the record is open.

It opens nothing by itself: it counts only at this PC, for twelve hours after the person's password,
and until five wrong ones in a row. Closing the record ends it (the keys it stands for are gone).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from clinic_desktop.errors import ValidationError, WrongPasswordError
from clinic_desktop.i18n import _
from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost

DIGITS, TRIES, LASTS_S = 6, 5, 12 * 3600.0
_COST = KdfCost(32 * 1024, 2, 1)


def make(pin: str) -> dict[str, str]:
    """What is kept of a PIN, inside the encrypted record.

    Raises:
        ValidationError: not six digits, or six that are tried first.
    """
    if not looks_like(pin):
        raise ValidationError("pin", _("A PIN has six digits."))
    steps = {(int(two) - int(one)) % 10 for one, two in pairwise(pin)}
    if steps in ({0}, {1}, {9}) or pin[:3] == pin[3:]:
        raise ValidationError("pin", _("These digits are tried first. Choose others."))
    salt = secrets.token_bytes(crypto.SALT_BYTES)
    return {"salt": salt.hex(), "hash": crypto.stretch(pin, salt, _COST).hex()}


def looks_like(text: str) -> bool:
    """Whether it may be a PIN; passwords are longer."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


@dataclass
class _Came:
    """Somebody whose password was right while this record has been open."""

    identity: Identity
    uptime: float
    wrong: int = 0


@dataclass
class Returning:
    """Who may come back with a PIN; lives in memory as long as the record is open."""

    came: dict[UUID, _Came] = field(default_factory=dict, repr=False)

    def remember(self, user: UUID, identity: Identity, uptime: float) -> None:
        """The password was right."""
        self.came[user] = _Came(identity, uptime)

    def forget(self, user: UUID) -> None:
        """From now on only the password."""
        self.came.pop(user, None)

    def may(self, user: UUID, uptime: float) -> bool:
        """Whether a PIN of this person would be looked at."""
        found = self.came.get(user)
        return found is not None and uptime - found.uptime < LASTS_S

    def come_back(self, user: UUID, pin: str, kept: dict[str, str], uptime: float) -> Identity:
        """The person's keys; counted before it is looked at.

        Raises:
            WrongPasswordError: it is not the PIN, or only the password helps now.
        """
        found = self.came.get(user)
        if found is None or not self.may(user, uptime):
            self.forget(user)
            raise WrongPasswordError(_("Sign in with the password now."))
        found.wrong += 1
        if found.wrong >= TRIES:
            self.forget(user)
        made = crypto.stretch(pin, bytes.fromhex(kept["salt"]), _COST)
        if not crypto.same(made, bytes.fromhex(kept["hash"])):
            if user in self.came:
                raise WrongPasswordError(_("This is not the PIN."))
            raise WrongPasswordError(
                _("Too many wrong PINs."), hint=_("Sign in with the password now.")
            )
        self.came[user] = found
        found.wrong = 0
        return found.identity
