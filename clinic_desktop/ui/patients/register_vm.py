"""Registering: looks for similar people while one types, saves, and says what went wrong."""

from __future__ import annotations

import re
import uuid

from PySide6.QtCore import QObject, Signal

from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    Candidate,
    PatientEntry,
    RegisterPatient,
    SimilarPatient,
)
from clinic_desktop.ui.core.context import Context

MOST_SIMILAR = 4


class RegisterVM(QObject):
    """``similar_found(people)``, ``registered(id)``, ``refused(error)``."""

    similar_found = Signal(object)
    registered = Signal(object)
    refused = Signal(object)

    def __init__(
        self, context: Context, besides: uuid.UUID | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._besides = besides
        self._wanted: Candidate | None = None
        self._asked: Candidate | None = None
        self._asking = False

    def look_for(self, entry: PatientEntry) -> None:
        """Look for people like this one; only the newest question is answered."""
        candidate = Candidate(
            entry.name,
            entry.sex,
            entry.birth,
            tuple(each.value for each in entry.phones if each.system == "phone" and each.value),
            tuple(each.value for each in entry.identifiers if each.value.strip()),
        )
        if candidate != self._asked:
            self._wanted = candidate
            self._ask()

    def _ask(self) -> None:
        if self._asking or self._wanted is None:
            return
        self._asked, self._wanted, self._asking = self._wanted, None, True
        self._context.tasks.read(
            self,
            patients.similar,
            self._asked,
            MOST_SIMILAR,
            besides=self._besides,
            done=self._answered,
            # The warning advises only: without it one can register all the same.
            failed=lambda _error: self._answered([]),
        )

    def _answered(self, people: list[SimilarPatient]) -> None:
        self._asking = False
        if self._wanted is None:
            self.similar_found.emit(people)
        self._ask()

    def register(self, new: RegisterPatient) -> None:
        """Save once, however often the key is pressed."""
        self._context.tasks.write_once(
            self, patients.register, new, done=self.registered.emit, failed=self.refused.emit
        )


def prefilled(text: str) -> dict[str, str]:
    """What was searched for, as fields: "otieno brian 34 0712345678" is four of them."""
    fields: dict[str, str] = {}
    rest = text
    phone = re.search(r"(?<!\S)\+?[\d(][\d ()-]{5,}\d(?!\S)", rest)
    if phone:
        fields["phone"] = phone[0]
        rest = rest.replace(phone[0], " ")
    words = []
    for word in rest.split():
        if re.fullmatch(r"\d{1,3}", word) and "birth" not in fields:
            fields["birth"] = f"{word}y"
        elif re.search(r"\d", word) and "birth" not in fields:
            fields["birth"] = word
        else:
            words.append(word)
    if words:
        fields["family"] = words[0]
        fields["given"] = " ".join(words[1:])
    return fields
