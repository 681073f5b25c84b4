"""Whole numbers that are typed after an option."""

from __future__ import annotations

from collections.abc import Callable

from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _

PORTS = 65_535


def whole(name: str, least: int, most: int) -> Callable[[str], int]:
    """What reads the option of this name; both ends may be typed.

    Raises:
        ValidationError: of what it gives back, where the text is no such number.
    """

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            words = _("“{text}” is no whole number from {least} to {most}.")
            raise ValidationError(name, words.format(text=text, least=least, most=most))
        return number

    return read
