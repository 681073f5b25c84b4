"""Who sees a question and who decides it: by the right to what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clinic_desktop.db.conflicts import OpenConflict
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.services import guard
from clinic_desktop.services.access import part, require
from clinic_desktop.services.audit.history import WORDS

OF_NOBODY: Final = ("practice.write", "practice.write")
"""Of tables that are not named: lists and rules of the practice."""
RIGHTS: Final[Mapping[str, tuple[str, str]]] = {
    "patient": ("patient.read", "patient.amend"),
    "patient_identifier": ("patient.read", "patient.amend"),
    "contact_point": ("patient.read", "patient.amend"),
    "related_person": ("patient.read", "patient.amend"),
    "coverage": ("patient.read", "patient.amend"),
    "patient_alert": ("patient.read", "patient.amend"),
    "patient_merge": ("patient.read", "patient.merge"),
    "appointment": ("appointment.read", "appointment.amend"),
    "waitlist_entry": ("appointment.read", "appointment.amend"),
    "encounter": ("chart.read", "visit.create"),
    "note": ("note.read", "note.amend"),
    "condition": ("diagnosis.read", "diagnosis.amend"),
    "allergy_intolerance": ("allergy.read", "allergy.amend"),
    "immunization": ("chart.read", "visit.create"),
    "procedure": ("chart.read", "visit.create"),
    "observation": ("vitals.read", "vitals.amend"),
    "diagnostic_report": ("result.read", "result.amend"),
    "prescription": ("prescription.read", "prescription.create"),
    "medication_request": ("prescription.read", "prescription.create"),
    "document_reference": ("document.read", "document.amend"),
    "referral": ("document.read", "letter.create"),
    "sick_note": ("document.read", "letter.create"),
    "invoice": ("invoice.read", "invoice.amend"),
    "invoice_line": ("invoice.read", "invoice.amend"),
    "payment": ("payment.read", "payment.create"),
    "task": ("invoice.read", "refund.approve"),
    "chart_confidentiality": ("patient.read", "confidence.write"),
    "care_team_member": ("patient.read", "confidence.write"),
    "subject_request": ("subject.read", "subject.amend"),
    "processing_restriction": ("subject.read", "subject.amend"),
    "audit_event": ("subject.read", "subject.erase"),
    "app_user": ("user.read", "user.approve"),
    "membership_entry": ("user.read", "user.approve"),
}
"""Of each table the right to see what is in dispute, and the right to decide it."""
_ALLERGIES, _ASKED_ABOUT = ("patient", 5), ("allergy.read", "allergy.amend")
_SIGNED = {"note": "note.sign"}
"""What it takes to choose between versions of what was signed."""


def rights_for(asked: OpenConflict) -> tuple[str, str]:
    """The right to see a question, and the right to decide it."""
    if (asked.table, asked.group) == _ALLERGIES:
        return _ASKED_ABOUT
    return RIGHTS.get(asked.table, OF_NOBODY)


@part
def may_see(reads: ReadSession, asked: OpenConflict) -> bool:
    """Whether the person at the desk may know what a question is about."""
    try:
        see(reads, asked)
    except PermissionDeniedError:
        return False
    return True


@part
def see(reads: ReadSession, asked: OpenConflict) -> None:
    """Refuse a question about what the person may not see.

    Raises:
        PermissionDeniedError: it takes another right, or the chart is closed to the person.
    """
    permission, _decide = rights_for(asked)
    require(reads.actor, permission)
    if asked.patient_id is not None:
        guard.enter(reads, permission, asked.patient_id)
    if asked.table in WORDS:
        guard.hear(reads, asked.table, asked.row_id)


def deciding(asked: OpenConflict, *, is_fixed: bool) -> str:
    """The right that deciding takes."""
    _see, permission = rights_for(asked)
    return _SIGNED.get(asked.table, permission) if is_fixed else permission


@part
def may_decide(reads: ReadSession, asked: OpenConflict, *, is_fixed: bool) -> bool:
    """Whether the person at the desk may decide it."""
    permission = deciding(asked, is_fixed=is_fixed)
    return allowed(reads.actor, permission) and (
        asked.patient_id is None or guard.may_enter(reads, permission, asked.patient_id)
    )
