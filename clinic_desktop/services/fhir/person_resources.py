"""What a person's own copy holds beyond the medical record: relatives, consents, appointments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from clinic_desktop.db.lists import marks
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.consent import FHIR_STATUS
from clinic_desktop.domain.sharing import RESOURCES
from clinic_desktop.services.fhir.resources import Resource, Row, clean, instant, ref, row_id

_SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
_PURPOSE = {"treatment": "treatment", "research": "research"}


def beside_the_record(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    """RelatedPerson, Consent and Appointment of these patients."""
    for table, make in (
        ("related_person", related_person),
        ("consent", consent),
        ("appointment", appointment),
    ):
        sql = f"SELECT * FROM {table} WHERE is_deleted = 0 AND patient_id IN ({marks(patients)})"  # noqa: S608
        found = cursor.execute(f"{sql} ORDER BY id", patients)
        names = [column[0] for column in found.description]
        for row in found.fetchall():
            yield make(dict(zip(names, row, strict=True)))


def part_of(resources: Sequence[Resource], parts: frozenset[str]) -> list[Resource]:
    """Only what belongs to these parts; references to anything else are taken out."""
    kinds = {kind for part in parts for kind in RESOURCES.get(part, ())}
    kept = [
        _named_only(each) if each["resourceType"] == "Patient" else each
        for each in resources
        if each["resourceType"] in kinds | {"Patient", "Practitioner", "Organization", "Location"}
        and ("notes" in parts or not _is_note(each))
    ]
    known = {f"{each['resourceType']}/{each['id']}" for each in kept}
    pruned = [clean(_without_strangers(each, known)) for each in kept]
    return [each for each in pruned if each["resourceType"] in kinds | {"Patient"}] + [
        each
        for each in pruned
        if each["resourceType"] not in kinds | {"Patient"} and _is_told(each, pruned, kinds)
    ]


def _named_only(patient: Resource) -> Resource:
    told = ("resourceType", "id", "active", "name", "gender", "birthDate")
    return {name: patient[name] for name in told if name in patient}


def _is_note(resource: Resource) -> bool:
    return resource["resourceType"] == "DocumentReference" and "docStatus" in resource


def _without_strangers(value: Any, known: set[str]) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str) and value["reference"] not in known:
            return {name: item for name, item in value.items() if name == "display"}
        return {name: _without_strangers(item, known) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_strangers(item, known) for item in value]
    return value


def _is_told(resource: Resource, others: Sequence[Resource], kinds: set[str]) -> bool:
    """Whether something that is given names this doctor, house or room."""
    name = f'"{resource["resourceType"]}/{resource["id"]}"'
    return any(name in json.dumps(each, default=str) for each in others
               if each["resourceType"] in kinds)  # fmt: skip


def related_person(row: Row) -> Resource:
    """Next of kin, guardian or somebody trusted."""
    return _made(
        "RelatedPerson",
        row,
        active=True,
        patient=ref("Patient", row["patient_id"]),
        relationship=[{"text": row["relationship"]}],
        name=[{"text": row["name"]}],
        telecom=[{"system": "phone", "value": row["phone"]}] if row["phone"] else [],
    )


def consent(row: Row) -> Resource:
    """What was agreed to or refused; whom it lets know something is its actor."""
    scope = _PURPOSE.get(row["kind"], "patient-privacy")
    related = ref("RelatedPerson", row["related_person_id"])
    actor = {"role": {"text": "recipient"}, "reference": related} if related else None
    parts = [{"text": part} for part in _parts(row["scope"])]
    return _made(
        "Consent",
        row,
        status=FHIR_STATUS.get(row["status"], "active"),
        scope={"coding": [{"system": _SCOPES, "code": scope}]},
        category=[{"text": row["kind"]}],
        patient=ref("Patient", row["patient_id"]),
        dateTime=instant(row["given_at"]),
        performer=[{"display": row["given_by"]}] if row["given_by"] else [],
        sourceReference=ref("DocumentReference", row["document_id"]),
        policyRule={"text": f"{row['kind']} {row['version']}".strip()},
        provision={
            "type": "permit" if row["status"] == "active" else "deny",
            "period": {"end": row["valid_until"]},
            "actor": [actor] if actor else [],
            "code": parts,
        },
    )


def appointment(row: Row) -> Resource:
    """An appointment with its doctor."""
    doctor = ref("Practitioner", row["practitioner_id"])
    people = [{"actor": ref("Patient", row["patient_id"]), "status": "accepted"}]
    people += [{"actor": doctor, "status": "accepted"}] if doctor else []
    return _made(
        "Appointment",
        row,
        status=AppointmentStatus(row["status"]).fhir,
        reasonCode=[{"text": row["reason"]}] if row["reason"] else [],
        start=instant(row["start_at"]),
        end=instant(row["end_at"]),
        comment=row["comment"],
        participant=people,
    )


def _parts(scope: Any) -> list[str]:
    return list(json.loads(scope)) if scope else []


def _made(kind: str, row: Row, **content: Any) -> Resource:
    return clean({"resourceType": kind, "id": row_id(row), **content})  # type: ignore[no-any-return]
