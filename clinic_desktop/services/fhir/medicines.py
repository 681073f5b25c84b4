"""Medicines ordered, with their dose where the source says it in numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from clinic_desktop.models.types import to_json
from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.clinical import at
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.tables import Row
from clinic_desktop.services.fhir.words import best, code, digits, first_words, shown, unit, words

_MOST: Final = 10_000


def medication_request(found: shapes.MedicationRequest, links: Links) -> Row:
    """One medicine ordered."""
    return {
        "encounter_id": links.encounter(found.encounter),
        "intent": found.intent or "order",
        **_medicine(found, found.dosage_instruction, links),
        **_supply(found.dispense_request or shapes.Dispense()),
        "is_long_term": code(found.course_of_therapy_type) == "continuous",
        "authored_at": at(found.authored_on, links),
        "requester_id": links.practitioner(found.requester),
    }


def medication_statement(found: shapes.MedicationStatement, links: Links) -> Row:
    """One medicine that is said to be taken: a line of the list, ordered by nobody here."""
    period = found.effective_period or shapes.Period()
    since = found.effective_date_time or period.start or found.date_asserted
    return {
        "encounter_id": links.encounter(found.context),
        "intent": "plan",
        **_medicine(found, found.dosage, links),
        "authored_at": at(since, links),
        "stopped_on": period.end.first.isoformat() if period.end else None,
    }


def _medicine(found: shapes.Prescribed, dosages: tuple[shapes.Dosage, ...], links: Links) -> Row:
    """What both have; the product may stand in a resource of its own."""
    product = found.medication_codeable_concept or links.medication(
        found.medication_reference, found.contained
    )
    reasons = [words(each) for each in found.reason_code]
    reasons += [shown(each) for each in found.reason_reference]
    return {
        "status": found.status or "unknown",
        "system": best(product).system or "",
        "code": code(product),
        "product": words(product) or shown(found.medication_reference),
        **_dose(dosages[0] if dosages else shapes.Dosage()),
        "instructions": _sig(dosages),
        "reason": ", ".join(filter(None, reasons)),
    }


def _dose(dosage: shapes.Dosage) -> Row:
    amounts = [each.dose_quantity for each in dosage.dose_and_rate if each.dose_quantity]
    amount = amounts[0] if amounts else shapes.Quantity()
    repeat = dosage.timing.repeat if dosage.timing else None
    return {
        "dose_value": digits(amount.value),
        "dose_unit": unit(amount),
        "route": words(dosage.route),
        "frequency": to_json(_repeat(repeat) if repeat else {}),
        "as_needed": bool(dosage.as_needed_boolean or dosage.as_needed_codeable_concept),
    }


def _repeat(repeat: shapes.Repeat) -> dict[str, Any]:
    """FHIR's own spelling, which the rest of the program keeps too."""
    found: dict[str, Any] = {
        "frequency": repeat.frequency,
        "frequencyMax": repeat.frequency_max,
        "period": _count(repeat.period),
        "periodMax": _count(repeat.period_max),
        "periodUnit": repeat.period_unit,
        "when": list(repeat.when),
        "timeOfDay": list(repeat.time_of_day),
        "dayOfWeek": list(repeat.day_of_week),
        "count": repeat.count,
    }
    return {name: value for name, value in found.items() if value}


def _count(value: Decimal | None) -> int | str | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() and value < _MOST else digits(value)


def _supply(dispense: shapes.Dispense) -> Row:
    supply = dispense.expected_supply_duration or shapes.Quantity()
    amount = dispense.quantity or shapes.Quantity()
    return {
        "duration_value": digits(supply.value),
        "duration_unit": supply.code or supply.unit or "",
        "quantity_value": digits(amount.value),
        "quantity_unit": unit(amount),
        "repeats": dispense.number_of_repeats_allowed or 0,
    }


def _sig(dosages: tuple[shapes.Dosage, ...]) -> str:
    lines = [
        ". ".join(
            filter(
                None,
                (
                    each.text or each.patient_instruction,
                    first_words(each.additional_instruction),
                ),
            )
        )
        for each in dosages
    ]
    return "\n".join(filter(None, lines))
