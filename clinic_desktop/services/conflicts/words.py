"""Versions of what two PCs wrote, in words."""

from __future__ import annotations

from typing import Any

from clinic_desktop.i18n import _, commas, current, isolate, pgettext
from clinic_desktop.services.audit.role_words import role_words
from clinic_desktop.services.conflicts.fields import FIELD_NAMES, UNITS
from clinic_desktop.services.conflicts.listing import ConflictItem
from clinic_desktop.services.conflicts.repeating import Step
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


def again(step: Step) -> str:
    """What would be done, if an owner's step is taken again."""
    who, login = isolate(step.name), isolate(step.login)
    names = role_words(current())
    roles = isolate(commas(names.get(each, each) for each in step.roles))
    return {
        "add-person": _(
            "The step: {who}, who signs in as {login}, works here as: {roles}. The password is the "
            "one that was chosen then, at the PC where it was typed."
        ),
        "roles": _("The step: {who} has the roles: {roles}."),
        "revoke-person": _("The step: {who} signs in here no more."),
    }[step.kind].format(who=who, login=login, roles=roles)
