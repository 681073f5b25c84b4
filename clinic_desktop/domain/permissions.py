"""Who may do what: the roles of a practice and the one function that decides."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

READ_FRONT_DESK = frozenset(
    {
        "draft.write",  # one's own unsaved words
        "patient.read",
        "appointment.read",
        "billing.read",
        "practice.read",
        "print.read",
    }
)
READ_CLINICAL = frozenset({"chart.read", "document.read"})
FRONT_DESK = READ_FRONT_DESK | {
    "patient.write",
    "appointment.write",
    "billing.write",
    "print.write",
    "document.write",
    "allergy.read",
}
NURSE = FRONT_DESK | READ_CLINICAL | {"vitals.write", "allergy.write", "visit.draft"}
DOCTOR = NURSE | {"visit.write", "visit.sign", "prescription.write", "patient.merge"}
OWNER = frozenset(
    {
        "practice.write",
        "user.write",
        "import.run",
        "export.run",
        "pack.write",
        "patient.merge",
        "billing.refund",
        "record.check",
        "audit.read",
    }
)

ROLES: dict[str, frozenset[str]] = {
    "doctor": DOCTOR | {"billing.refund"},
    "nurse": NURSE,
    "receptionist": FRONT_DESK,
    "owner": READ_FRONT_DESK | OWNER,
}
"""What each role adds; a person's rights are the union of the person's roles."""

PERMISSIONS = frozenset().union(*ROLES.values())


@dataclass(frozen=True)
class Actor:
    """The signed-in person on whose behalf a service runs."""

    user_id: uuid.UUID | None
    login: str
    name: str = ""
    roles: tuple[str, ...] = ()
    practitioner_id: uuid.UUID | None = None


SYSTEM = Actor(None, "system", "Clinic Desktop", ("doctor", "owner"))
"""The program itself: first set-up and maintenance."""


def allowed(actor: Actor, permission: str) -> bool:
    """Whether one of the actor's roles grants the permission; unknown roles grant nothing."""
    return any(permission in ROLES.get(role, frozenset()) for role in actor.roles)
