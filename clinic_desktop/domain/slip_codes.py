"""Codes on appointment slips: short enough to read out, and a slip of the tongue is noticed."""

from __future__ import annotations

import re
import uuid

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.refusals import RefusedError

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which are misread; 31 signs, a prime, so the sum below finds every slip."""
LENGTH = 6


class SlipCodeError(RefusedError):
    """A code that is wrong in form or in its check sign."""


def slip_code(source: uuid.UUID) -> str:
    """A code made from the random part of a UUIDv7; its last sign checks the others.

    There are 28 million; whoever gives one away looks whether it is taken.
    """
    value = source.int & (1 << 62) - 1
    signs = ""
    for _place in range(LENGTH - 1):
        value, place = divmod(value, len(SIGNS))
        signs += SIGNS[place]
    return signs + _check_sign(signs)


def parse_slip_code(text: str) -> str:
    """The code as printed, from any case, with spaces or dashes; raises ``SlipCodeError``."""
    code = re.sub(r"[\s-]", "", fold(text)).upper()
    if len(code) != LENGTH or any(sign not in SIGNS for sign in code):
        raise SlipCodeError("not-a-code")
    if _check_sign(code[:-1]) != code[-1]:
        raise SlipCodeError("wrong-check-digit")
    return code


def is_slip_code(text: str) -> bool:
    """Whether a text can be the code of a slip: six signs of which the last one fits."""
    try:
        parse_slip_code(text)
    except SlipCodeError:
        return False
    return True


def _check_sign(signs: str) -> str:
    # Weights 1, 2, 3 … modulo a prime find every wrong sign and every swap (as ISBN-10 does).
    total = sum(place * SIGNS.index(sign) for place, sign in enumerate(signs, 1))
    return SIGNS[total % len(SIGNS)]
