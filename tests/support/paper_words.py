"""Words for paper from a file, while the catalogues do not hold them yet."""

from __future__ import annotations

import gettext
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from babel.messages.plurals import get_plural

from clinic_desktop import i18n

Words = dict[str, str | list[str]]


class DictTranslations(gettext.NullTranslations):
    """Messages from a dict; a context is joined to its message by U+0004, plurals are lists."""

    def __init__(self, words: Words, language: str) -> None:
        super().__init__()
        self._words = words
        expression = get_plural(language).plural_expr
        self._form = gettext.c2py(expression)

    def gettext(self, message: str) -> str:
        """The translation, or the message."""
        found = self._words.get(message, message)
        return found if isinstance(found, str) else found[0]

    def pgettext(self, context: str, message: str) -> str:
        """The translation in a context, or the message."""
        found = self._words.get(f"{context}\u0004{message}", message)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The plural form for ``n``, or the English one."""
        forms = self._words.get(singular)
        if isinstance(forms, list):
            return forms[self._form(n)]
        return singular if n == 1 else plural


@contextmanager
def paper_words(path: Path) -> Iterator[None]:
    """Let documents speak from a JSON file: language, then message, then translation."""
    words: dict[str, Words] = json.loads(path.read_text(encoding="utf-8"))
    catalogues = {language: DictTranslations(own, language) for language, own in words.items()}

    def catalogue(language: str) -> gettext.NullTranslations:
        return catalogues.get(language, gettext.NullTranslations())

    with mock.patch.object(i18n, "_catalogue", catalogue):
        yield
