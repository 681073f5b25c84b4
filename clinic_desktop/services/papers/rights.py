"""Which right a paper needs: a paper says no more than its reader may see."""

from __future__ import annotations

import uuid

from clinic_desktop.db import confidentiality, restriction
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import MATRIX, allowed
from clinic_desktop.errors import ConfidentialError
from clinic_desktop.i18n import _
from clinic_desktop.services import guard
from clinic_desktop.services.access import part, require

_NEEDS = {
    "prescription": "prescription.read",
    "invoice": "invoice.read",
    "receipt": "invoice.read",
    "appointment-slip": "appointment.read",
    "visit-summary": "note.read",
    "referral": "document.read",
    "sick-note": "document.read",
    "consent": "consent.read",
    "person-label": "patient.read",
}


_OF_WORDS = {"visit-summary": "encounter", "referral": "referral", "sick-note": "sick_note"}
"""Papers that say what was written at a visit, and the tables of their rows."""
_TAKEN_ALONG = frozenset({"prescription"})
"""What somebody who opened a chart in an emergency may print: the person needs it to be treated."""


@part
def may_read(reads: ReadSession, kind: str, patient_id: uuid.UUID | None) -> bool:
    """Whether the person may see this paper; one of a kind that nobody knows, nobody."""
    if kind not in _NEEDS or not allowed(reads.actor, _NEEDS[kind]):
        return False
    return not _is_clinical(kind) or patient_id is None or _past_confidence(reads, kind, patient_id)


@part
def check(
    reads: ReadSession, kind: str, patient_id: uuid.UUID | None, subject_id: uuid.UUID | None
) -> None:
    """Refuse a paper whose words the person may not read.

    Raises:
        PermissionDeniedError: with the name of the missing right.
        ConfidentialError: the chart is kept in confidence.
    """
    if kind not in _NEEDS:
        return
    require(reads.actor, _NEEDS[kind])
    if kind in _OF_WORDS and subject_id is not None:
        guard.hear(reads, _OF_WORDS[kind], subject_id)
        visit = confidentiality.visit_of(reads, _OF_WORDS[kind], subject_id)
        others = patient_id and confidentiality.visits_of_others(reads, patient_id)
        if others and visit in others:
            raise _not_printed()
    if _is_clinical(kind) and patient_id is not None:
        guard.enter(reads, _NEEDS[kind], patient_id)
        if not _past_confidence(reads, kind, patient_id):
            raise _not_printed()


def _not_printed() -> ConfidentialError:
    return ConfidentialError(
        _("This chart was opened in an emergency: it can be read, not printed."),
        hint=_("Prescriptions can be printed. Ask the care team for the other papers."),
    )


def _is_clinical(kind: str) -> bool:
    return MATRIX[_NEEDS[kind]].is_clinical


def _past_confidence(reads: ReadSession, kind: str, patient_id: uuid.UUID) -> bool:
    if restriction.bars(reads, patient_id):
        return False
    standing = confidentiality.standing(reads, patient_id)
    if not standing.is_restricted or standing.in_care_team or patient_id in reads.admitted:
        return True
    return standing.emergency is not None and kind in _TAKEN_ALONG
