"""Numbers that others gave a person: one number on two charts is mostly one person twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.folding import fold
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.access import part
from clinic_desktop.services.patients.entry import Identifier

_SAME = """
SELECT i.kind, i.patient_id FROM patient_identifier i JOIN patient p ON p.id = i.patient_id
WHERE i.is_deleted = 0 AND p.is_deleted = 0
AND replace(replace(lower(i.value), ' ', ''), '-', '') = ?"""


class NumberTakenError(ValidationError):
    """Another chart has this number; ``patient_id`` is whose."""

    code = "number-taken"

    def __init__(self, place: int, message: str, hint: str, patient_id: uuid.UUID) -> None:
        super().__init__("identifier", message, hint=hint, place=f"identifiers[{place}]")
        self.patient_id = patient_id


def bare(number: str) -> str:
    """A number without what people put between its digits."""
    return re.sub(r"[\s-]", "", number).casefold()


@part
def refuse_taken(reads: ReadSession, numbers: Sequence[Identifier]) -> None:
    """Refuse a number of the same kind that is on a chart already.

    Raises:
        NumberTakenError: with the chart it is on.
    """
    for place, number in enumerate(numbers, 1):
        if not bare(number.value):
            continue
        for kind, owner in reads.cursor.execute(_SAME, (bare(number.value),)):
            if kind and number.kind and fold(kind) != fold(number.kind):
                continue
            person = reads.get(Patient, uuid.UUID(bytes=owner))
            if person is None:
                continue
            raise NumberTakenError(
                place,
                _("{name}, chart {number}, has this number already.").format(
                    name=isolate(f"{person.family} {person.given}".strip()),
                    number=isolate(person.mrn),
                ),
                _("Is it really somebody else? Then press Register again."),
                person.id,
            )
