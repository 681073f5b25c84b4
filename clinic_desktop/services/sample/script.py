"""What the sample clinic is like in one language: its people, words and prices."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from clinic_desktop.config import resource

LANGUAGES: Final = ("en", "ru", "ar")
SAMPLE_PASSWORD: Final = "sample clinic"  # noqa: S105 - shown on the screen; no real patient is behind it
"""Of everybody in the sample clinic."""


@dataclass(frozen=True)
class StaffMember:
    """Somebody who can sign in to the sample clinic."""

    login: str
    name: str
    roles: tuple[str, ...]
    family: str = ""
    given: str = ""
    specialty: str = ""


@dataclass(frozen=True)
class Script:
    """The sample clinic of one language."""

    language: str
    data: dict[str, Any]

    @property
    def practice(self) -> dict[str, Any]:
        """Name, place and tax of the practice."""
        found: dict[str, Any] = self.data["practice"]
        return found

    @property
    def words(self) -> dict[str, Any]:
        """Rooms and short texts."""
        found: dict[str, Any] = self.data["words"]
        return found

    @property
    def day(self) -> dict[str, Any]:
        """Who comes on the day that is played, and what is typed about them."""
        found: dict[str, Any] = self.data["day"]
        return found

    @property
    def staff(self) -> tuple[StaffMember, ...]:
        """The people; the first one owns the practice."""
        return tuple(
            StaffMember(**each | {"roles": tuple(each["roles"])}) for each in self.data["staff"]
        )


@cache
def script(language: str) -> Script:
    """The sample clinic in a language, or in English where there is none."""
    code = language.split("_")[0]
    code = code if code in LANGUAGES else "en"
    text = resource("demo", f"{code}.toml").read_text("utf-8")
    return Script(code, tomllib.loads(text))
