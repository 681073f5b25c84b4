"""Which right a paper needs: a paper says no more than its reader may see."""

from __future__ import annotations

from clinic_desktop.domain.permissions import Actor, allowed
from clinic_desktop.services.access import require

_NEEDS = {
    "prescription": "prescription.read",
    "invoice": "invoice.read",
    "receipt": "invoice.read",
    "appointment-slip": "appointment.read",
    "visit-summary": "note.read",
    "referral": "document.read",
    "sick-note": "document.read",
    "person-label": "patient.read",
}


def may_read(actor: Actor, kind: str) -> bool:
    """Whether the actor may see papers of this kind; of one that nobody knows, nobody."""
    return kind in _NEEDS and allowed(actor, _NEEDS[kind])


def check(actor: Actor, kind: str) -> None:
    """Refuse a paper whose words the actor may not read.

    Raises:
        PermissionDeniedError: with the name of the missing right.
    """
    if kind in _NEEDS:
        require(actor, _NEEDS[kind])
