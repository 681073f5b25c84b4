"""Numbers that people read out, type and mistype: charts, papers, policies."""

from __future__ import annotations

import re
import secrets

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.refusals import RefusedError


class IdError(RefusedError):
    """A number that is wrong in form or in its check digit."""


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    if not digits.isascii() or not digits.isdecimal() or len(digits) < 2:
        return False
    return luhn_digit(digits[:-1]) == digits[-1]


def luhn_digit(digits: str) -> str:
    """The Luhn check digit: finds every wrong digit and nearly every swap of two neighbours."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        doubled = int(char) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


# ---------------------------------------------------------------- charts


def mrn(device: str, number: int) -> str:
    """A chart's number: device, counter, check digit, as ``A3-000124-5``.

    The check digit covers the device too, its letters as 10 … 35. ``device`` is the PC's prefix:
    one or two letters and a digit.
    """
    if not re.fullmatch(r"[A-Z]{1,2}[0-9]", device) or number < 1:
        raise IdError("no-such-number")
    digits = f"{number:06d}"
    lead = "".join(str(int(sign, 36)) for sign in device)
    return f"{device}-{digits}-{luhn_digit(lead + digits)}"


def parse_mrn(text: str) -> str:
    """The number in its usual form from what was typed, ``a3 124 5`` included; or ``IdError``."""
    found = re.fullmatch(r"([a-z]{1,2}\d)[\s-]*(\d+)[\s-]*(\d)", fold(text).strip())
    if not found:
        raise IdError("not-an-mrn")
    right = mrn(found[1].upper(), int(found[2]))
    if right[-1] != found[3]:
        raise IdError("wrong-check-digit")
    return right


def free_prefix(taken: frozenset[str]) -> str:
    """Two letters and a digit to begin the numbers of a PC; the first of all has one letter."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    while True:
        found = secrets.choice(letters) + secrets.choice(letters) + str(1 + secrets.randbelow(9))
        if found not in taken:
            return found


# ---------------------------------------------------------------- papers


def paper_number(device: str, year: int, number: int) -> str:
    """The number of an issued paper, ``A3-2026-000124``: without gaps per device and series."""
    if number < 1:
        raise IdError("no-such-number")
    return f"{device}-{year:04d}-{number:06d}"


# ---------------------------------------------------------------- others' numbers


def parse_snils(text: str) -> str:
    """A Russian pension number as ``112-233-445 95``; raises ``IdError``.

    Check sum: digits times 9 … 1, modulo 101, where 100 counts as 0. Numbers up to 001-001-998
    carry none (Постановление Правления ПФР № 192п, 2006).
    """
    digits = re.sub(r"[\s-]", "", fold(text))
    if not re.fullmatch(r"\d{11}", digits):
        raise IdError("not-a-snils")
    if int(digits[:9]) > 1_001_998:
        total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
        if total % 101 % 100 != int(digits[9:]):
            raise IdError("wrong-check-digit")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"
