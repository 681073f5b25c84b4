"""What tables and fields are called where their history is shown."""

from __future__ import annotations

from clinic_desktop.i18n import N_

TABLES: dict[str, str] = {
    "patient": N_("Patient"),
    "contact_point": N_("Phone or e-mail"),
    "related_person": N_("Relative"),
    "coverage": N_("Insurance"),
    "patient_alert": N_("Alert"),
    "appointment": N_("Appointment"),
    "encounter": N_("Visit"),
    "note": N_("Note"),
    "condition": N_("Diagnosis"),
    "allergy_intolerance": N_("Allergy"),
    "immunization": N_("Vaccine"),
    "procedure": N_("Procedure"),
    "observation": N_("Result"),
    "diagnostic_report": N_("Report"),
    "prescription": N_("Prescription"),
    "medication_request": N_("Medicine"),
    "document_reference": N_("Document"),
    "referral": N_("Referral"),
    "sick_note": N_("Sick note"),
}
"""Those whose rows name a patient; the order is that of the chart."""
FRONT_DESK = frozenset(
    {"patient", "contact_point", "related_person", "coverage", "patient_alert", "appointment"}
)
"""Shown to whoever may see the patient; the others need the chart."""
RESTORABLE = frozenset({"patient", "contact_point", "related_person", "coverage"})
"""Plain details, whose old values may be put back; the rest has rules of its own."""
NOT_RESTORABLE_GROUPS = frozenset({"subject", "merge", "number", "existence", "photo", "death"})

FIELDS: dict[str, str] = {
    "family": N_("Family name"),
    "given": N_("Given name"),
    "middle": N_("Middle name"),
    "preferred": N_("Called"),
    "name_latin": N_("Name in Latin letters"),
    "name": N_("Name"),
    "birth_date": N_("Birth date"),
    "sex": N_("Sex"),
    "deceased": N_("Deceased"),
    "deceased_at": N_("Died on"),
    "allergy_status": N_("Allergies"),
    "address": N_("Address"),
    "city": N_("City"),
    "district": N_("District"),
    "state": N_("Region"),
    "postal_code": N_("Postal code"),
    "country": N_("Country"),
    "mrn": N_("Chart no."),
    "note": N_("Note"),
    "language": N_("Language"),
    "relationship": N_("Relationship"),
    "phone": N_("Phone"),
    "value": N_("Value"),
    "policy_number": N_("Policy number"),
    "status": N_("Status"),
    "clinical_status": N_("Status"),
    "is_active": N_("Status"),
    "reason": N_("Reason"),
    "message": N_("Message"),
    "start_at": N_("Begin"),
    "end_at": N_("End"),
    "subjective": N_("Subjective"),
    "objective": N_("Objective"),
    "assessment": N_("Assessment"),
    "plan": N_("Plan"),
    "display": N_("Name"),
    "criticality": N_("Danger"),
    "severity": N_("Severity"),
    "reaction": N_("Reaction"),
    "product": N_("Medicine"),
    "strength": N_("Strength"),
    "dose_value": N_("Dose"),
    "dose_unit": N_("Unit"),
    "frequency": N_("How often"),
    "duration_value": N_("Duration"),
    "instructions": N_("Instructions"),
    "onset": N_("Onset"),
    "abated": N_("Ended"),
    "stopped_on": N_("Ended"),
    "stop_reason": N_("Reason"),
    "unit": N_("Unit"),
    "title": N_("Title"),
    "is_deleted": N_("Hidden"),
}
"""By column, where a reader knows it by this name; other columns are not shown one by one."""
