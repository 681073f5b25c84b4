"""What a person's own copy holds beyond the medical record: relatives, consents, appointments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from clinic_desktop.db.lists import marks
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.consent import FHIR_STATUS
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
