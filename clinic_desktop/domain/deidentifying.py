"""What is left of a person in a de-identified export: days moved or years only, old ages together.

These are the numbers of the HIPAA safe harbour where it has any (45 CFR 164.514 (b)). They lower
the risk that somebody is recognised; they never take it away.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

OLDEST: Final = 89
"""Years; whoever is older is one group."""
OLD_GROUP: Final = "90+"
MOST_DAYS: Final = 364
FEWEST: Final = 5
"""People who must share what is told of them; smaller groups are named in a warning."""


class Dates(StrEnum):
    """What becomes of days."""

    YEAR = "year"
    SHIFT = "shift"


def shift_of(secret: bytes, person: bytes) -> timedelta:
    """How far back all days of one person are moved: 1 to 364, the same in one export."""
    digest = hashlib.blake2b(person, key=secret, digest_size=8).digest()
    return timedelta(days=1 + int.from_bytes(digest, "big") % MOST_DAYS)


def random_id(secret: bytes, row: bytes) -> str:
    """Another name for a row, the same within one export; without the secret nobody leads back."""
    return hashlib.blake2b(row, key=secret, digest_size=10).hexdigest()


def day_left(day: date, how: Dates, shift: timedelta) -> str:
    """A day as the export tells it."""
    return str(day.year) if how is Dates.YEAR else (day - shift).isoformat()


def birth_left(born: str, today: date) -> str:
    """The year of birth, or the group of the old; nothing where it is not known."""
    if len(born) < len("1955"):
        return ""
    year = int(born[:4])
    return OLD_GROUP if today.year - year > OLDEST else str(year)
