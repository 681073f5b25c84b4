"""What the cards of the privacy section have in common: a patient, and reading again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.widgets.card import Card

T = TypeVar("T")


class PrivacyCard(Card):
    """``tables`` are those whose changes it shows; ``permission`` is what reading it takes."""

    tables: ClassVar[tuple[str, ...]] = ()
    permission: ClassVar[str] = "consent.read"

    def __init__(self, context: Context, title: str = "") -> None:
        super().__init__(title)
        self.context = context
        self.patient_id: uuid.UUID | None = None

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show a patient; nothing of another one stays in sight."""
        if patient_id != self.patient_id:
            self.clear()
        self.patient_id = patient_id
        self.refresh()

    def clear(self) -> None:
        """Show nothing."""

    def refresh(self) -> None:
        """Read the record again."""

    def ask(self, query: Callable[..., T], *args: Any, done: Callable[[T], None]) -> None:
        """Ask about the patient; an answer about somebody else is dropped."""
        asked = self.patient_id
        if asked is None:
            return

        def arrived(answer: T) -> None:
            if asked == self.patient_id:
                done(answer)

        self.context.tasks.read(self, query, asked, *args, done=arrived)
