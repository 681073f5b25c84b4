"""Our rows as FHIR R4 resources; what a row does not say is left out, nothing is invented."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from clinic_desktop.domain.instants import from_millis

Row = dict[str, Any]
Resource = dict[str, Any]

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_UCUM: Final = "http://unitsofmeasure.org"
_LOINC: Final = "http://loinc.org"
_CLASS: Final = f"{_TERMINOLOGY}/v3-ActCode"
_CONTACT_SYSTEMS: Final = {"phone", "fax", "email", "pager", "url", "sms", "other"}
_CONTACT_USES: Final = {"home", "work", "temp", "old", "mobile"}
_PROGRESS_NOTE: Final = {"system": _LOINC, "code": "11506-3", "display": "Progress note"}
_NO_KNOWN: Final = {
    "system": "http://snomed.info/sct",
    "code": "716186003",
    "display": "No known allergy",
}
_NONE_KNOWN_SPACE: Final = uuid.UUID("8d5c1a3e-5c0f-4c52-9a55-2d6f4e6b7a10")


def clean(value: Any) -> Any:
    """Without empty texts, lists and objects, which FHIR forbids."""
    if isinstance(value, dict):
        found = {key: clean(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [item for item in map(clean, value) if item not in (None, "", [], {})]
    return value


def ref(kind: str, row_id: bytes | None) -> Resource | None:
    """A reference within the export."""
    return {"reference": f"{kind}/{uuid.UUID(bytes=bytes(row_id))}"} if row_id else None


def instant(millis: int | None) -> str | None:
    """An instant in UTC; milliseconds only where there are any."""
    if millis is None:
        return None
    return from_millis(millis).isoformat().replace("+00:00", "Z").replace(".000000", "")


def concept(row: Row, prefix: str = "", words: str = "display") -> Resource:
    """A code with its words."""
    coding = {"system": row[f"{prefix}system"], "code": row[f"{prefix}code"], "display": row[words]}
    return {"coding": [coding] if coding["code"] else [], "text": row[words]}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}] if code else []}


def _words(text: str) -> Resource:
    return {"text": text}


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _quantity(value: str, unit: str, code: str = "", comparator: str = "") -> Resource | None:
    number = _decimal(value)
    if number is None:
        return None
    found = {"value": number, "comparator": comparator, "unit": unit, "code": code}
    return found | ({"system": _UCUM} if code else {})


def _notes(text: str) -> list[Resource]:
    return [{"text": text}] if text else []


def row_id(row: Row) -> str:
    """The id of a row as its resource has it."""
    return str(uuid.UUID(bytes=bytes(row["id"])))


def _resource(kind: str, row: Row, **content: Any) -> Resource:
    return clean({"resourceType": kind, "id": row_id(row), **content})  # type: ignore[no-any-return]


def patient(row: Row, numbers: Sequence[Row], reach: Sequence[Row], kin: Sequence[Row]) -> Resource:
    """A person; a merged chart says by which it was replaced."""
    status = row["marital_status"]
    died = instant(row["deceased_at"])
    replaced = ref("Patient", row["merged_into"])
    return _resource(
        "Patient",
        row,
        active=not row["is_deleted"] and not replaced,
        identifier=[
            {"type": {"coding": [{"system": f"{_TERMINOLOGY}/v2-0203", "code": "MR"}]},
             "value": row["mrn"]},
            *(
                {"system": each["system"], "type": _words(each["kind"]), "value": each["value"],
                 "assigner": {"display": each["assigner"]}}
                for each in numbers
            ),
        ],
        name=[
            {
                "use": "official",
                "family": row["family"],
                "given": [row["given"], *row["middle"].split()],
                "prefix": [row["prefix"]],
                "suffix": [row["suffix"]],
            },
            {"use": "nickname", "text": row["preferred"]} if row["preferred"] else {},
        ],
        telecom=[_telecom(each) for each in reach],
        gender=row["sex"] if row["sex"] in {"male", "female", "other"} else "unknown",
        birthDate=row["birth_date"],
        **({"deceasedDateTime": died} if died else {"deceasedBoolean": bool(row["deceased"])}),
        address=[
            {
                "line": [row["address"]],
                **{part: row[part] for part in ("city", "district", "state", "country")},
                "postalCode": row["postal_code"],
            }
        ],
        maritalStatus=_coded("v3-MaritalStatus", status) if status.isupper() else _words(status),
        communication=[{"language": _language(row["language"])}] if row["language"] else [],
        contact=[
            {
                "relationship": [_words(each["relationship"])],
                "name": {"text": each["name"]},
                "telecom": [{"system": "phone", "value": each["phone"]}] if each["phone"] else [],
            }
            for each in kin
        ],
        link=[{"other": replaced, "type": "replaced-by"}] if replaced else [],
    )  # fmt: skip


def _telecom(row: Row) -> Resource:
    system = row["system"] if row["system"] in _CONTACT_SYSTEMS else "other"
    use = row["use"] if row["use"] in _CONTACT_USES else None
    return {"system": system, "use": use, "value": row["value"], "rank": max(row["rank"], 1)}


def _language(code: str) -> Resource:
    return {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}


def no_known_allergies(row: Row) -> Resource:
    """The statement "none known" of a patient who was asked."""
    own = uuid.uuid5(_NONE_KNOWN_SPACE, row_id(row))
    return _resource(
        "AllergyIntolerance",
        {"id": own.bytes},
        clinicalStatus=_coded("allergyintolerance-clinical", "active"),
        verificationStatus=_coded("allergyintolerance-verification", "confirmed"),
        code={"coding": [_NO_KNOWN], "text": _NO_KNOWN["display"]},
        patient=ref("Patient", row["id"]),
        recordedDate=row["allergy_asked_on"],
    )


def practitioner(row: Row) -> Resource:
    """A doctor or nurse."""
    system, _bar, value = row["identifier"].rpartition("|")
    number = {"system": system, "value": value or row["registration_number"]}
    return _resource(
        "Practitioner",
        row,
        active=bool(row["is_active"]),
        identifier=[number] if number["value"] else [],
        name=[
            {
                "text": row["name"],
                "family": row["family"],
                "given": row["given"].split(),
                "prefix": [row["prefix"]],
            }
        ],
        telecom=[
            {"system": system, "value": row[system]} for system in ("phone", "email") if row[system]
        ],
    )


def organization(row: Row) -> Resource:
    """A payer, hospital or laboratory."""
    system, _bar, value = row["identifier"].rpartition("|")
    return _resource(
        "Organization",
        row,
        active=True,
        identifier=[{"system": system, "value": value}] if value else [],
        name=row["name"] or "?",
        telecom=[{"system": "phone", "value": row["phone"]}] if row["phone"] else [],
        address=[
            {
                "line": [row["address"]],
                "city": row["city"],
                "postalCode": row["postal_code"],
                "country": row["country"],
            }
        ],
    )


def location(row: Row) -> Resource:
    """A room or a place."""
    status = "active" if row["is_active"] else "inactive"
    return _resource("Location", row, status=status, name=row["name"])


def encounter(row: Row) -> Resource:
    """A visit."""
    place, person = ref("Location", row["location_id"]), ref("Practitioner", row["practitioner_id"])
    return _resource(
        "Encounter",
        row,
        status=row["status"],
        **{"class": {"system": _CLASS, "code": row["encounter_class"]}},
        type=[concept(row, "type_", "type_display")] if row["type_display"] else [],
        subject=ref("Patient", row["patient_id"]),
        participant=[{"individual": person}] if person else [],
        period={"start": instant(row["start_at"]), "end": instant(row["end_at"])},
        reasonCode=[_words(row["reason"])] if row["reason"] else [],
        location=[{"location": place}] if place else [],
        serviceProvider=ref("Organization", row["organization_id"]),
    )


def _patients(row: Row, role: str = "subject") -> Resource:
    return {
        role: ref("Patient", row["patient_id"]),
        "encounter": ref("Encounter", row["encounter_id"]),
    }


def condition(row: Row) -> Resource:
    """A diagnosis or problem."""
    verified = row["verification_status"]
    return _resource(
        "Condition",
        row,
        # FHIR con-5: what was entered in error has no clinical status.
        clinicalStatus=None
        if verified == "entered-in-error"
        else _coded("condition-clinical", row["clinical_status"]),
        verificationStatus=_coded("condition-ver-status", verified),
        category=[_coded("condition-category", row["category"])],
        code=_versioned(concept(row), row["code_version"]),
        **_patients(row),
        onsetDateTime=row["onset"],
        abatementDateTime=row["abated"],
        recordedDate=instant(row["recorded_at"]),
        note=_notes(row["note"]),
    )


def _versioned(code: Resource, version: str) -> Resource:
    for coding in code["coding"]:
        coding["version"] = version
    return code


def allergy(row: Row) -> Resource:
    """Something that harms this person."""
    verified = row["verification_status"]
    reaction = {"manifestation": [_words(row["reaction"])], "severity": row["severity"]}
    return _resource(
        "AllergyIntolerance",
        row,
        clinicalStatus=None
        if verified == "entered-in-error"
        else _coded("allergyintolerance-clinical", row["clinical_status"]),
        verificationStatus=_coded("allergyintolerance-verification", verified),
        type=row["kind"],
        category=[row["category"]],
        criticality=row["criticality"],
        code=concept(row),
        **_patients(row, "patient"),
        onsetDateTime=row["onset"],
        recordedDate=instant(row["recorded_at"]),
        note=_notes(row["note"]),
        reaction=[reaction] if row["reaction"] else [],
    )


def immunization(row: Row) -> Resource:
    """A vaccine dose; without its time the reason for that is said."""
    given = instant(row["occurred_at"])
    performer = ref("Practitioner", row["performer_id"])
    dose = {"doseNumberString": row["dose_number"]} if row["dose_number"] else None
    return _resource(
        "Immunization",
        row,
        status=row["status"],
        statusReason=_words(row["status_reason"]),
        vaccineCode=concept(row),
        **_patients(row, "patient"),
        **({"occurrenceDateTime": given} if given else {"occurrenceString": "unknown"}),
        primarySource=bool(row["primary_source"]),
        manufacturer={"display": row["manufacturer"]},
        lotNumber=row["lot_number"],
        expirationDate=row["expires_on"],
        site=_words(row["site"]),
        route=_words(row["route"]),
        doseQuantity=_quantity(row["dose_value"], row["dose_unit"]),
        performer=[{"actor": performer}] if performer else [],
        note=_notes(row["note"]),
        protocolApplied=[dose] if dose else [],
    )


def procedure(row: Row) -> Resource:
    """Something done."""
    start, end = instant(row["performed_at"]), instant(row["performed_end_at"])
    performer = ref("Practitioner", row["performer_id"])
    when = (
        {"performedPeriod": {"start": start, "end": end}} if end else {"performedDateTime": start}
    )
    return _resource(
        "Procedure",
        row,
        status=row["status"],
        code=concept(row),
        **_patients(row),
        **when,
        performer=[{"actor": performer}] if performer else [],
        reasonCode=[_words(row["reason"])] if row["reason"] else [],
        note=_notes(row["note"]),
    )


def observation(row: Row, parts: Sequence[Row]) -> Resource:
    """One result with its components."""
    performer = ref("Practitioner", row["performer_id"])
    return _resource(
        "Observation",
        row,
        status=row["status"],
        category=[_coded("observation-category", row["category"])],
        **_measured(row),
        **_patients(row),
        effectiveDateTime=instant(row["effective_at"]),
        issued=instant(row["issued_at"]),
        performer=[performer] if performer else [],
        note=_notes(row["note"]),
        component=[_measured(part) for part in parts],
    )


def _measured(row: Row) -> Resource:
    low, high = (_quantity(row[f"reference_{end}"], row["unit"]) for end in ("low", "high"))
    usual = clean({"low": low, "high": high, "text": row["reference_text"]})
    return {
        "code": concept(row),
        **_value(row),
        "dataAbsentReason": _coded("data-absent-reason", row["absent_reason"]),
        "interpretation": [_coded("v3-ObservationInterpretation", row["interpretation"])],
        "referenceRange": [usual],
    }


def _value(row: Row) -> Resource:
    text = row["value"]
    match row["value_kind"]:
        case "quantity":
            unit = (row["unit"], row["unit_code"], row["comparator"])
            return {"valueQuantity": _quantity(text, *unit)}
        case "code":
            return {"valueCodeableConcept": concept(row, "value_", "value")}
        case "boolean":
            return {"valueBoolean": text == "true"}
        case "integer":
            return {"valueInteger": int(text)}
        case "datetime":
            return {"valueDateTime": text}
        case "time":
            return {"valueTime": text}
        case "period":
            start, _slash, end = text.partition("/")
            return {"valuePeriod": {"start": start.strip("."), "end": end.strip(".")}}
    return {"valueString": text}


def report(row: Row, results: Sequence[bytes]) -> Resource:
    """A report with its results."""
    text = row["narrative"]
    return _resource(
        "DiagnosticReport",
        row,
        status=row["status"],
        category=[_words(row["category"])],
        code=concept(row),
        **_patients(row),
        effectiveDateTime=instant(row["effective_at"]),
        issued=instant(row["issued_at"]),
        result=[ref("Observation", each) for each in results],
        conclusion=row["conclusion"],
        presentedForm=[_plain(text)] if text else [],
    )


def _plain(text: str, title: str = "") -> Resource:
    data = base64.b64encode(text.encode()).decode()
    return {"contentType": "text/plain; charset=utf-8", "data": data, "title": title}


def document(row: Row, content: bytes | None) -> Resource:
    """A document with its words or its file."""
    file = _plain(row["content"], row["title"]) if row["content"] else None
    if content is not None:
        data = base64.b64encode(content).decode()
        file = {"contentType": row["mime"], "data": data, "title": row["title"]}
    about = ref("Encounter", row["encounter_id"])
    return _resource(
        "DocumentReference",
        row,
        status=row["status"],
        type=concept(row),
        subject=ref("Patient", row["patient_id"]),
        date=instant(row["dated_at"]),
        author=[{"display": row["author"]}] if row["author"] else [],
        description=row["title"],
        content=[{"attachment": file or {"title": row["title"] or "?"}}],
        context={"encounter": [about]} if about else None,
    )


def note(row: Row) -> Resource:
    """A note of a visit as a document; drafts are marked preliminary."""
    parts = (row[part] for part in ("subjective", "objective", "assessment", "plan"))
    text = "\n\n".join(filter(None, parts))
    return _resource(
        "DocumentReference",
        row,
        status="current",
        docStatus="final" if row["status"] == "signed" else "preliminary",
        type={"coding": [_PROGRESS_NOTE], "text": _PROGRESS_NOTE["display"]},
        subject=ref("Patient", row["patient_id"]),
        date=instant(row["written_at"]),
        content=[{"attachment": _plain(text or " ")}],
        context={"encounter": [ref("Encounter", row["encounter_id"])]},
    )


def medication_request(row: Row) -> Resource:
    """A medicine ordered, in words and in numbers."""
    words = " ".join(filter(None, (row["product"], row["strength"], row["form"])))
    dosage = clean(
        {
            "text": row["instructions"],
            "timing": {"repeat": _repeat(row["frequency"])},
            "asNeededBoolean": True if row["as_needed"] else None,
            "route": _words(row["route"]),
            "doseAndRate": [{"doseQuantity": _quantity(row["dose_value"], row["dose_unit"])}],
        }
    )
    return _resource(
        "MedicationRequest",
        row,
        status=row["status"],
        intent=row["intent"],
        medicationCodeableConcept={**concept(row, words="product"), "text": words},
        **_patients(row),
        authoredOn=instant(row["authored_at"]),
        requester=ref("Practitioner", row["requester_id"]),
        reasonCode=[_words(row["reason"])] if row["reason"] else [],
        dosageInstruction=[dosage] if dosage else [],
        dispenseRequest={
            "numberOfRepeatsAllowed": row["repeats"] or None,
            "quantity": _quantity(row["quantity_value"], row["quantity_unit"]),
            "expectedSupplyDuration": _quantity(row["duration_value"], row["duration_unit"]),
        },
    )


_REPEAT: Final = {"frequency", "frequencyMax", "period", "periodMax", "periodUnit", "when", "count"}


def _repeat(text: str) -> Resource:
    """FHIR's parts of our frequency; the rest is in the words of the instructions."""
    found = {name: value for name, value in json.loads(text).items() if name in _REPEAT}
    for name in ("period", "periodMax"):
        if isinstance(found.get(name), str):
            found[name] = _decimal(found[name])
    return found


def coverage(row: Row) -> Resource:
    """An insurance policy."""
    payer = ref("Organization", row["payer_id"]) or {}
    return _resource(
        "Coverage",
        row,
        status=row["status"],
        type=_words(row["kind"]),
        subscriberId=row["policy_number"],
        beneficiary=ref("Patient", row["patient_id"]),
        relationship=_words(row["relationship"]),
        period={"start": row["valid_from"], "end": row["valid_to"]},
        payor=[{**payer, "display": row["payer_name"] or "?"}],
    )
