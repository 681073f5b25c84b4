"""Small readings that every mapping needs: the word of a concept, the digits of a number."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from clinic_desktop.services.fhir import shapes

if TYPE_CHECKING:  # the confined process, which reads these words too, needs no tables
    from clinic_desktop.services.fhir.tables import Row

_EMPTY: Final = shapes.Coding()
_LONGEST_EXPONENT: Final = 18


def best(concept: shapes.Concept | None) -> shapes.Coding:
    """The coding to keep in our columns: the first that has a system and a code."""
    if concept is None or not concept.coding:
        return _EMPTY
    for coding in concept.coding:
        if coding.system and coding.code:
            return coding
    return concept.coding[0]


def code(concept: shapes.Concept | None) -> str:
    """The code alone."""
    return best(concept).code or ""


def words(concept: shapes.Concept | None) -> str:
    """What a person reads: the source's own words, else the coding's, else the bare code."""
    if concept is None:
        return ""
    coding = best(concept)
    return concept.text or coding.display or coding.code or ""


def first_words(concepts: Iterable[shapes.Concept]) -> str:
    """The words of several concepts."""
    return ", ".join(filter(None, map(words, concepts)))


def coded(concept: shapes.Concept | None) -> Row:
    """The columns ``system``, ``code`` and ``display``."""
    coding = best(concept)
    return {"system": coding.system or "", "code": coding.code or "", "display": words(concept)}


def digits(value: Decimal | None) -> str:
    """A number as its source wrote it; 72.50 stays 72.50."""
    if value is None:
        return ""
    exponent = value.as_tuple().exponent
    plain = isinstance(exponent, int) and -_LONGEST_EXPONENT <= exponent <= 0
    return format(value, "f") if plain else str(value)


def number(value: Decimal | None) -> float | None:
    """The same for plots; nothing where it does not fit."""
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def quantity(value: shapes.Quantity | None) -> str:
    """A number with its unit, in one text."""
    if value is None:
        return ""
    return " ".join(filter(None, (value.comparator, digits(value.value), unit(value))))


def unit(value: shapes.Quantity | None) -> str:
    """The unit as printed."""
    return "" if value is None else value.unit or value.code or ""


def notes(found: Iterable[shapes.Annotation]) -> str:
    """All remarks."""
    return "\n".join(each.text for each in found if each.text)


def shown(reference: shapes.Reference | None) -> str:
    """The words beside a reference."""
    return (reference.display or "") if reference else ""


def content_of(attachment: shapes.Attachment) -> bytes | None:
    """The bytes inside an attachment; nothing if it only points somewhere.

    Raises:
        ValueError: what should be base64 is not.
    """
    if not attachment.data:
        return None
    try:
        # FHIR allows white space inside base64.
        return base64.b64decode("".join(attachment.data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"base64: {error}") from error


def is_text(attachment: shapes.Attachment) -> bool:
    """Whether the bytes are words to show as they are."""
    return (attachment.content_type or "").lower().startswith("text/plain")


def text_of(attachment: shapes.Attachment) -> str:
    """The words of a plain-text attachment."""
    found = re.search(r"charset=\"?([\w-]+)", attachment.content_type or "", re.IGNORECASE)
    content = content_of(attachment) or b""
    try:
        return content.decode(found[1] if found else "utf-8", errors="replace").strip()
    except LookupError:
        return content.decode("utf-8", errors="replace").strip()
