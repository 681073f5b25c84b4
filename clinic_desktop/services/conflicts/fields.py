"""What the fields of rows in dispute are called, and which of them people compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clinic_desktop.i18n import N_
from clinic_desktop.services.audit.names import FIELDS, TABLES

TABLE_NAMES: Final[Mapping[str, str]] = {
    **TABLES,
    "patient_identifier": N_("Identity number"),
    "patient_merge": N_("Joined charts"),
    "waitlist_entry": N_("Wait list"),
    "invoice": N_("Invoice"),
    "invoice_line": N_("Line of an invoice"),
    "payment": N_("Payment"),
    "task": N_("Request for money back"),
    "app_user": N_("Person who works here"),
    "practitioner": N_("Doctor"),
    "organization": N_("Organization"),
    "membership_entry": N_("Who belongs to the practice"),
    "audit_event": N_("Erasure"),
    "chart_confidentiality": N_("Confidence"),
    "care_team_member": N_("Care team"),
    "subject_request": N_("Request about data"),
    "processing_restriction": N_("Restriction of use"),
}
FIELD_NAMES: Final[Mapping[str, str]] = {
    **FIELDS,
    "prefix": N_("Title"),
    "suffix": N_("Suffix"),
    "birth_precision": N_("Birth date is exact to"),
    "allergy_asked_on": N_("Asked on"),
    "merged_into": N_("Joined to"),
    "marital_status": N_("Marital status"),
    "practitioner_id": N_("Doctor"),
    "location_id": N_("Room"),
    "overlap_reason": N_("Reason for the overlap"),
    "cancel_reason": N_("Reason for cancelling"),
    "arrived_at": N_("Arrived"),
    "roomed_at": N_("In the room since"),
    "to_bill_at": N_("To bill since"),
    "done_at": N_("Done at"),
    "type_id": N_("Kind of appointment"),
    "comment": N_("Comment"),
    "is_walk_in": N_("Without an appointment"),
    "patient_id": N_("Patient"),
    "signed_at": N_("Signed at"),
    "signed_by": N_("Signed by"),
    "author_id": N_("Author"),
    "verification_status": N_("Certainty"),
    "category": N_("Category"),
    "kind": N_("Kind"),
    "rank": N_("Rank"),
    "occurred_at": N_("Given at"),
    "lot_number": N_("Lot"),
    "expires_on": N_("Use before"),
    "dose_number": N_("Number of the dose"),
    "route": N_("Route"),
    "site": N_("Place on the body"),
    "value_number": N_("Value"),
    "interpretation": N_("Flag"),
    "effective_at": N_("Measured at"),
    "ingredient": N_("Active substance"),
    "form": N_("Form"),
    "as_needed": N_("As needed"),
    "duration_unit": N_("Unit of the duration"),
    "quantity_value": N_("Quantity"),
    "quantity_unit": N_("Unit of the quantity"),
    "repeats": N_("Repeats"),
    "is_long_term": N_("Long-term"),
    "valid_until": N_("Valid until"),
    "override_reason": N_("Reason in spite of a warning"),
    "number": N_("Number"),
    "issued_at": N_("Issued at"),
    "issued_by": N_("Issued by"),
    "currency": N_("Currency"),
    "discount_reason": N_("Reason for the discount"),
    "total_minor": N_("Total"),
    "net_minor": N_("Net"),
    "tax_minor": N_("Tax"),
    "discount_minor": N_("Discount"),
    "due_on": N_("Due on"),
    "description": N_("Description"),
    "quantity": N_("Quantity"),
    "unit_price_minor": N_("Price"),
    "decided_at": N_("Decided at"),
    "owner_id": N_("Decided by"),
    "status_reason": N_("Reason"),
    "assigner": N_("Issued by"),
    "payer_name": N_("Insurer"),
    "valid_from": N_("Valid from"),
    "valid_to": N_("Valid until"),
    "amount_minor": N_("Amount"),
    "method": N_("Method"),
    "taken_at": N_("Taken at"),
    "reference": N_("Reference"),
    "printed_at": N_("Printed at"),
    "copies": N_("Copies"),
    "login": N_("Login"),
    "roles": N_("Roles"),
}
"""By column; of two that differ but are not here, the column's own name stands."""
REFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "practitioner_id": ("practitioner", "name"),
    "requester_id": ("practitioner", "name"),
    "performer_id": ("practitioner", "name"),
    "location_id": ("location", "name"),
    "type_id": ("appointment_type", "name"),
    "signed_by": ("app_user", "name"),
    "author_id": ("app_user", "name"),
    "recorder_id": ("app_user", "name"),
    "issued_by": ("app_user", "name"),
    "owner_id": ("app_user", "name"),
    "patient_id": ("patient", "mrn"),
    "merged_into": ("patient", "mrn"),
}
"""Columns that hold the id of a row, with the words that it is known by."""
SUBJECTS: Final[Mapping[str, str]] = {
    "medication_request": "product",
    "allergy_intolerance": "display",
    "condition": "display",
    "immunization": "display",
    "procedure": "display",
    "observation": "display",
    "diagnostic_report": "display",
    "prescription": "number",
    "appointment": "start_at",
    "encounter": "start_at",
    "note": "written_at",
    "invoice": "number",
    "invoice_line": "description",
    "payment": "number",
    "document_reference": "title",
    "referral": "number",
    "sick_note": "number",
    "patient_alert": "message",
    "coverage": "policy_number",
    "patient_identifier": "value",
    "contact_point": "value",
    "related_person": "name",
    "practitioner": "name",
    "organization": "name",
    "app_user": "name",
}
"""The column that tells one row of a table from the others."""
UNITS: Final[Mapping[str, str]] = {
    "dose_value": "dose_unit",
    "duration_value": "duration_unit",
    "quantity_value": "quantity_unit",
    "value_number": "unit",
    "value": "unit",
}
"""Of a number the column that says in what: one is never shown without the other."""
UNSEEN: Final = frozenset(
    {
        *("system", "code", "code_version", "frequency", "content_hash", "digits", "is_deleted"),
        *("value_system", "value_code", "unit_code", "encounter_id", "prescription_id"),
        *("repeats_id", "parent_id", "report_id", "corrects_id", "amends_id", "position"),
        *("seller", "buyer", "allergy_check", "service_item_id", "invoice_id", "payer_id"),
    }
)
"""Columns that stand behind others which people read; shown only where nothing else differs."""
BOTH: Final = frozenset(
    {
        *(("allergy_intolerance", 1), ("condition", 1), ("patient_alert", 2), ("coverage", 2)),
        *(("patient_identifier", 2), ("immunization", 1), ("procedure", 2)),
    }
)
"""Groups of which a chart can hold both versions, as two rows. Not of doses: two lines of one
medicine would both be taken; and not of anything there is only one of."""
EDITABLE: Final[Mapping[tuple[str, int], tuple[str, ...]]] = {
    ("note", 1): ("subjective", "objective", "assessment", "plan"),
    ("patient", 1): ("family", "given", "middle", "prefix", "suffix", "preferred", "name_latin"),
    ("patient", 9): ("note",),
    ("patient_alert", 2): ("message",),
    ("allergy_intolerance", 1): ("reaction",),
    ("allergy_intolerance", 4): ("note",),
    ("condition", 4): ("note",),
    ("appointment", 5): ("reason", "comment"),
    ("waitlist_entry", 2): ("preference", "note"),
    ("encounter", 3): ("reason",),
    ("referral", 2): ("reason", "body"),
    ("medication_request", 4): ("reason",),
    ("observation", 4): ("note",),
    ("procedure", 2): ("reason", "note"),
}
"""Words that may be put together anew while deciding; by table and group. What is coded, dated or
counted has rules of its own form: it is chosen here and changed there."""
PAIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "overlap": (
        *("start_at", "end_at", "patient_id", "practitioner_id", "location_id", "reason"),
        "overlap_reason",
    ),
    "duplicate_identity": ("family", "given", "birth_date", "sex", "mrn", "address", "city"),
    "paid_twice": ("number", "amount_minor", "method", "taken_at", "reference"),
    "printed": ("product", "strength", "instructions", "status", "number", "printed_at", "copies"),
}
"""Of two rows that do not go together the columns that people compare."""
PROSE: Final = frozenset({"subjective", "objective", "assessment", "plan", "body", "note"})
"""Fields of running text, compared word by word."""
