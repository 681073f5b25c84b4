"""What has one name in English has one in Russian: a person looks for it under that name."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po

import clinic_desktop

_CATALOGUE = (
    Path(clinic_desktop.__file__).parents[1] / "i18n" / "ru" / "LC_MESSAGES" / "messages.po"
)
_OTHER_NAMES = {"картотек": "база (record)", "практик": "клиника (practice)"}
"""Beginnings of words that were in use beside the one that stands."""


def test_record_and_practice_have_one_name_each() -> None:
    with _CATALOGUE.open("rb") as file:
        entries = read_po(file, locale="ru")
    found = []
    for entry in entries:
        forms = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        found += [
            f"“{entry.id}”: “{word}…” instead of {name}"
            for word, name in _OTHER_NAMES.items()
            if any(word in form.casefold() for form in forms) and entry.id
        ]
    assert not found, "\n".join(found)
