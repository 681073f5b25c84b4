"""Today's board of a generated clinic: forty appointments in every state."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.scheduling.timetable import midnight

APPOINTMENTS = 40
_STATES = ("done", "done", "to-bill", "in-room", "arrived", "arrived", "confirmed", "booked")
_REASONS = ("Blood pressure review", "Diabetes follow-up", "Fever, cough", "Results")


def fill_today(uow: UnitOfWork) -> list[uuid.UUID]:
    """Book forty different patients for today; returns them."""
    found = uow.cursor.execute("SELECT id FROM patient ORDER BY id LIMIT 4000").fetchall()
    step = max(len(found) // APPOINTMENTS, 1)
    people = [uuid.UUID(bytes=row[0]) for row in found[::step][:APPOINTMENTS]]
    opens = midnight(uow.today, uow.zone) + timedelta(hours=8)
    for place, patient_id in enumerate(people):
        start = opens + timedelta(minutes=15 * place)
        state = _STATES[place * len(_STATES) // len(people)]
        here = state in {"arrived", "in-room", "to-bill", "done"}
        uow.add(
            Appointment(
                patient_id=patient_id,
                practitioner_id=uow.actor.practitioner_id,
                start_at=start,
                end_at=start + timedelta(minutes=15),
                status=state,
                reason=_REASONS[place % len(_REASONS)],
                arrived_at=uow.now if here else None,
                roomed_at=uow.now if state not in {"arrived", "confirmed", "booked"} else None,
            )
        )
    return people


def adults(cursor: Any) -> list[uuid.UUID]:
    """People of an age in which the vital signs of the saved visit are possible."""
    found = cursor.execute(
        "SELECT id FROM patient WHERE birth_date BETWEEN '1940' AND '1995' LIMIT 1000"
    )
    return [uuid.UUID(bytes=row[0]) for row in found.fetchall()]
