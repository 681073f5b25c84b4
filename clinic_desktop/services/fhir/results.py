"""Measurements with their parts, and reports."""

from __future__ import annotations

import json

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.clinical import at
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.tables import Row
from clinic_desktop.services.fhir.words import (
    best,
    code,
    coded,
    digits,
    is_text,
    notes,
    number,
    quantity,
    text_of,
    unit,
    words,
)


def observation(found: shapes.Observation, links: Links) -> Row:
    """One result; its components are rows of their own."""
    effective = found.effective_date_time or found.effective_instant
    effective = effective or (found.effective_period or shapes.Period()).start
    return {
        "encounter_id": links.encounter(found.encounter),
        "category": code(found.category[0]) if found.category else "exam",
        "status": found.status or "final",
        "effective_at": at(effective, links),
        "issued_at": at(found.issued, links),
        "performer_id": links.practitioner(found.performer[0]) if found.performer else None,
        "note": notes(found.note),
        **measured(found),
    }


def measured(found: shapes.Measured) -> Row:
    """Code, value and what surrounds the value."""
    row = {
        **coded(found.code),
        **_value(found),
        "absent_reason": code(found.data_absent_reason) or words(found.data_absent_reason),
        "interpretation": code(found.interpretation[0]) if found.interpretation else "",
    }
    if found.reference_range:
        usual = found.reference_range[0]
        row["reference_low"] = digits(usual.low.value) if usual.low else ""
        row["reference_high"] = digits(usual.high.value) if usual.high else ""
        row["reference_text"] = usual.text or ""
    return row


def _value(found: shapes.Measured) -> Row:
    if found.value_quantity is not None:
        value = found.value_quantity
        return {
            "value_kind": "quantity",
            "value": digits(value.value),
            "value_number": number(value.value),
            "comparator": value.comparator or "",
            "unit": unit(value),
            "unit_code": value.code or "",
        }
    if found.value_codeable_concept is not None:
        concept = found.value_codeable_concept
        return {
            "value_kind": "code",
            "value": words(concept),
            "value_system": best(concept).system or "",
            "value_code": code(concept),
        }
    return _rarer_value(found)


def _rarer_value(found: shapes.Measured) -> Row:
    kinds: tuple[tuple[str, str | None], ...] = (
        ("text", found.value_string),
        ("boolean", None if found.value_boolean is None else str(found.value_boolean).lower()),
        ("integer", None if found.value_integer is None else str(found.value_integer)),
        ("datetime", found.value_date_time.text if found.value_date_time else None),
        ("time", found.value_time),
        ("period", _span(found.value_period)),
        ("range", _between(found.value_range)),
        ("ratio", _fraction(found.value_ratio)),
        ("sampled", json.dumps(found.value_sampled_data) if found.value_sampled_data else None),
    )
    for kind, value in kinds:
        if value is not None:
            figure = float(found.value_integer) if found.value_integer is not None else None
            return {"value_kind": kind, "value": value, "value_number": figure}
    return {}


def _span(period: shapes.Period | None) -> str | None:
    if period is None:
        return None
    return "/".join(end.text if end else ".." for end in (period.start, period.end))


def _between(found: shapes.Range | None) -> str | None:
    return f"{quantity(found.low)} – {quantity(found.high)}" if found else None


def _fraction(found: shapes.Ratio | None) -> str | None:
    return f"{quantity(found.numerator)} : {quantity(found.denominator)}" if found else None


def report(found: shapes.DiagnosticReport, links: Links) -> Row:
    """A report; its plain text becomes the narrative."""
    effective = found.effective_date_time or (found.effective_period or shapes.Period()).start
    texts = [text_of(form) for form in found.presented_form if is_text(form)]
    return {
        "encounter_id": links.encounter(found.encounter),
        "category": code(found.category[0]) if found.category else "",
        **coded(found.code),
        "status": found.status or "final",
        "effective_at": at(effective, links),
        "issued_at": at(found.issued, links),
        "conclusion": found.conclusion or "",
        "narrative": "\n\n".join(filter(None, texts)),
    }
