"""Versions of what two PCs wrote, in words."""

from __future__ import annotations

from typing import Any

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.conflicts.fields import FIELD_NAMES, UNITS
from clinic_desktop.services.conflicts.listing import ConflictItem
from clinic_desktop.services.field_words import field_value
from clinic_desktop.services.sig import quantity_unit


def severity_word(severity: str) -> str:
    """How urgent a question is."""
    return {
        "safety": pgettext("question", "Safety"),
        "clinical": pgettext("question", "Clinical"),
    }.get(severity, pgettext("question", "Office"))


def field_name(name: str) -> str:
    """What a field is called."""
    return _(FIELD_NAMES[name]) if name in FIELD_NAMES else name


def value_words(item: ConflictItem, name: str, values: dict[str, Any]) -> str:
    """A field of a version in words."""
    found = values.get(name)
    if name.endswith("_minor") and isinstance(found, int):
        return isolate(current().money(found, str(values.get("currency") or item.currency)))
    text, unit = field_value(name, found), values.get(UNITS.get(name, ""))
    if not unit or found in (None, ""):
        return text
    return isolate(f"{text}\N{NO-BREAK SPACE}{quantity_unit(str(unit), current())}")
