"""Which parts of a record somebody of the family, or somebody trusted, may be given."""

from __future__ import annotations

from typing import Final

SHARE: Final = "share"
"""The kind of consent that lets a related person know something."""
PARTS: Final = (
    *("appointments", "vaccines", "medicines", "allergies", "results", "problems", "notes"),
    *("documents", "billing"),
)
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "appointments": ("appointment", "waitlist_entry"),
    "vaccines": ("immunization",),
    "medicines": ("prescription", "medication_request"),
    "allergies": ("allergy_intolerance",),
    "results": ("observation", "diagnostic_report"),
    "problems": ("condition", "procedure"),
    "notes": ("encounter", "note", "referral", "sick_note"),
    "documents": ("document_reference",),
    "billing": ("invoice", "invoice_line", "payment"),
}
"""Where the rows of each part lie; what no part names is given to the patient only."""
PAPERS: Final = {
    "prescription": "medicines",
    "visit-summary": "notes",
    "referral": "notes",
    "sick-note": "notes",
    "appointment-slip": "appointments",
    "invoice": "billing",
    "receipt": "billing",
}
"""The part that each kind of printed paper belongs to; others are the patient's alone."""
RESOURCES: Final[dict[str, tuple[str, ...]]] = {
    "appointments": ("Appointment",),
    "vaccines": ("Immunization",),
    "medicines": ("MedicationRequest",),
    "allergies": ("AllergyIntolerance",),
    "results": ("Observation", "DiagnosticReport"),
    "problems": ("Condition", "Procedure"),
    "notes": ("Encounter",),
    "documents": ("DocumentReference",),
}
"""The same in FHIR; notes go out as documents, and only where both are given."""
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "appointments": ("appointments",),
    "vaccines": ("vaccines",),
    "medicines": ("medicines",),
    "allergies": ("allergies",),
    "results": ("results", "reports"),
    "problems": ("problems", "procedures"),
    "notes": ("visits", "notes", "letters", "sick notes"),
    "documents": ("documents",),
    "billing": ("bills",),
}
"""The same in the copy to be read."""
OF_PERSON: Final = ("id", "family", "given", "birth_date", "sex")
"""What says whose copy it is; numbers, phones and address stay with the patient."""
