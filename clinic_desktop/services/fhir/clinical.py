"""Visits, diagnoses, allergies, vaccines and procedures."""

from __future__ import annotations

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.moments import Moment
from clinic_desktop.services.fhir.tables import Row
from clinic_desktop.services.fhir.words import (
    best,
    code,
    coded,
    digits,
    first_words,
    notes,
    shown,
    unit,
    words,
)

NO_KNOWN_ALLERGY = frozenset(
    {
        *("716186003", "409137002", "428607008", "429625007"),  # SNOMED CT
        "no-known-allergies",  # IPS absent-unknown
        *("no-known-medication-allergies", "no-known-food-allergies"),
        "no-known-environmental-allergies",
    }
)
NO_ALLERGY_INFORMATION = frozenset({"no-allergy-info", "1631000175102"})
_CODED_FOR_ALL = frozenset({"716186003", "no-known-allergies"})


def encounter(found: shapes.Encounter, links: Links) -> Row | None:
    """A visit; nothing for one without any time."""
    period = found.period or shapes.Period()
    start = at(period.start, links) or at(period.end, links)
    if start is None:
        return None
    kind = found.type[0] if found.type else None
    people = [each.individual for each in found.participant if each.individual]
    place = found.location[0].location if found.location else None
    return {
        "practitioner_id": links.practitioner(people[0]) if people else None,
        "location_id": links.location(place),
        "organization_id": links.organization(found.service_provider),
        "encounter_class": (found.class_.code if found.class_ else "") or "AMB",
        "type_system": best(kind).system or "",
        "type_code": code(kind),
        "type_display": words(kind),
        "status": found.status or "unknown",
        "start_at": start,
        "end_at": at(period.end, links),
        "reason": first_words(found.reason_code),
    }


def condition(found: shapes.Condition, links: Links) -> Row:
    """A diagnosis; without a category it belongs to the visit it was made at."""
    onset = found.onset_date_time or (found.onset_period or shapes.Period()).start
    abated = found.abatement_date_time or (found.abatement_period or shapes.Period()).start
    encounter_id = links.encounter(found.encounter)
    usual = "encounter-diagnosis" if encounter_id else "problem-list-item"
    return {
        "encounter_id": encounter_id,
        "category": code(found.category[0]) if found.category else usual,
        **coded(found.code),
        "code_version": best(found.code).version or "",
        "clinical_status": code(found.clinical_status) or ("resolved" if abated else "active"),
        "verification_status": code(found.verification_status) or "confirmed",
        "onset": onset.partial if onset else "",
        "abated": abated.partial if abated else "",
        "recorded_at": at(found.recorded_date, links),
        "note": "\n".join(
            filter(None, (found.onset_string, found.abatement_string, notes(found.note)))
        ),
    }


def allergy(found: shapes.AllergyIntolerance, links: Links) -> Row:
    """Something that harms this person."""
    worst = [each.severity for each in found.reaction if each.severity]
    order = ("severe", "moderate", "mild")
    return {
        "encounter_id": links.encounter(found.encounter),
        **coded(found.code),
        "category": next(filter(None, found.category), ""),
        "kind": found.type or "allergy",
        "criticality": found.criticality or "",
        "severity": next((each for each in order if each in worst), ""),
        "reaction": ", ".join(
            filter(None, (r.description or first_words(r.manifestation) for r in found.reaction))
        ),
        "clinical_status": code(found.clinical_status) or "active",
        "verification_status": code(found.verification_status) or "unconfirmed",
        "onset": found.onset_date_time.partial if found.onset_date_time else "",
        "recorded_at": at(found.recorded_date, links),
        "note": notes(found.note),
    }


def statement_about_allergies(found: shapes.AllergyIntolerance) -> str | None:
    """``none-known`` or ``not-asked`` where the code says so; nothing for a real allergy.

    "No known drug allergy" says nothing about food, so it is no statement about all allergies.
    """
    codes = {coding.code for coding in found.code.coding} if found.code else set()
    if codes & NO_ALLERGY_INFORMATION:
        return "not-asked"
    if codes & NO_KNOWN_ALLERGY:
        return "none-known" if codes & _CODED_FOR_ALL else "not-asked"
    return None


def immunization(found: shapes.Immunization, links: Links) -> Row:
    """A vaccine dose given, or refused."""
    doses = [
        each.dose_number_string or each.dose_number_positive_int for each in found.protocol_applied
    ]
    dose = found.dose_quantity or shapes.Quantity()
    return {
        "encounter_id": links.encounter(found.encounter),
        **coded(found.vaccine_code),
        "status": found.status or "completed",
        "status_reason": words(found.status_reason),
        "occurred_at": at(found.occurrence_date_time, links),
        "lot_number": found.lot_number or "",
        "expires_on": found.expiration_date.first.isoformat() if found.expiration_date else None,
        "manufacturer": shown(found.manufacturer),
        "dose_number": str(doses[0] or "") if doses else "",
        "dose_value": digits(dose.value),
        "dose_unit": unit(dose),
        "route": words(found.route),
        "site": words(found.site),
        "primary_source": found.primary_source is not False,
        "performer_id": links.practitioner(found.performer[0].actor) if found.performer else None,
        "note": notes(found.note),
    }


def procedure(found: shapes.Procedure, links: Links) -> Row:
    """Something done to the patient."""
    period = found.performed_period or shapes.Period()
    reasons = [words(each) for each in found.reason_code]
    reasons += [shown(each) for each in found.reason_reference]
    return {
        "encounter_id": links.encounter(found.encounter),
        **coded(found.code),
        "status": found.status or "completed",
        "performed_at": at(found.performed_date_time or period.start, links),
        "performed_end_at": at(period.end, links),
        "performer_id": links.practitioner(found.performer[0].actor) if found.performer else None,
        "reason": ", ".join(filter(None, reasons)),
        "note": notes(found.note),
    }


def at(moment: Moment | None, links: Links) -> int | None:
    """An instant as the file stores it."""
    return moment.millis(links.zone) if moment else None
