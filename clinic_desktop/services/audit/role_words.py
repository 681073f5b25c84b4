"""Roles in words, on the screen and on paper."""

from __future__ import annotations

from clinic_desktop.i18n import Language


def role_words(language: Language) -> dict[str, str]:
    """The roles of a practice in a language."""
    return {
        "doctor": language.pgettext("role", "Doctor"),
        "nurse": language.pgettext("role", "Nurse"),
        "receptionist": language.pgettext("role", "Reception"),
        "cashier": language.pgettext("role", "Cashier"),
        "accountant": language.pgettext("role", "Accountant"),
        "laboratory": language.pgettext("role", "Laboratory"),
        "stock": language.pgettext("role", "Stock"),
        "owner": language.pgettext("role", "Owner"),
        "administrator": language.pgettext("role", "IT administrator"),
        "auditor": language.pgettext("role", "Auditor"),
        "insurer": language.pgettext("role", "Insurer's agent"),
    }
