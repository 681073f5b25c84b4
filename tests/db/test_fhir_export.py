"""What leaves as FHIR comes back the same."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.opening import open_store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import PermissionDeniedError, SetupError
from clinic_desktop.services.fhir.exporting import export_folder
from tests.support.fhir import bring, bundle, encounter, observation, patient, uid, write
from tests.support.pcs import Pc, meet, new_patient
from tests.support.records import NOON, Record


@pytest.fixture
def empty_record(clinic_folder: tuple[Path, bytes, Actor], tmp_path: Path) -> Iterator[Record]:
    """A second clinic beside ``record``."""
    root, key, owner = clinic_folder
    folder = DataDir(Path(shutil.copytree(root, tmp_path / "second")))
    clock = FixedClock(NOON, seed=500_000)
    store = open_store(folder.database, key, clock)
    yield Record(store, clock, owner, key, folder.database)
    store.close()


def exported(folder: Path) -> list[dict[str, Any]]:
    """Every resource of an export."""
    files = sorted(folder.glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def filled(record: Record, tmp_path: Path) -> Path:
    """An export of one person with some of everything."""
    subject = {"reference": f"urn:uuid:{uid(1)}"}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": uid(5),
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"text": "Penicillin"},
        "patient": subject,
        "reaction": [{"manifestation": [{"text": "Rash"}], "severity": "mild"}],
    }
    medicine = {
        "resourceType": "MedicationRequest",
        "id": uid(6),
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Amoxicillin"},
        "subject": subject,
        "dosageInstruction": [
            {
                "text": "1 capsule three times a day",
                "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "g"}}],
            }
        ],
    }
    bring(
        record,
        write(
            tmp_path / "a.json", bundle(patient(), encounter(), observation(), allergy, medicine)
        ),
    )
    export_folder(record.store, record.owner, tmp_path / "out")
    return tmp_path / "out"


def test_values_survive_the_way_out_and_back(record: Record, tmp_path: Path) -> None:
    out = filled(record, tmp_path)
    found = {each["resourceType"]: each for each in exported(out)}
    assert found["Patient"]["birthDate"] == "1984-03"
    assert found["Patient"]["name"][0]["given"] == ["Mary", "Akinyi"]
    assert found["Encounter"]["period"]["start"] == "2024-05-01T07:00:00Z"
    assert '"value":72.50,' in (out / "Observation.ndjson").read_text("utf-8")
    dosage = found["MedicationRequest"]["dosageInstruction"][0]
    assert dosage["timing"]["repeat"] == {"frequency": 3, "period": 1, "periodUnit": "d"}
    assert dosage["doseAndRate"][0]["doseQuantity"] == {"value": 0.5, "unit": "g"}


def test_our_own_export_is_known_again_and_fills_an_empty_clinic(
    record: Record, tmp_path: Path, empty_record: Record
) -> None:
    out = filled(record, tmp_path)
    counts: dict[str, int] = {}
    for each in exported(out):
        counts[each["resourceType"]] = counts.get(each["resourceType"], 0) + 1
    report = bring(empty_record, out)
    assert not report.errors
    assert report.imported == dict(sorted(counts.items()))
    assert empty_record.rows("SELECT value, unit FROM observation") == [("72.50", "kg")]
    assert empty_record.rows("SELECT allergy_status FROM patient") == [("recorded",)]


def test_every_resource_has_the_shape_of_r4(
    record: Record, tmp_path: Path, shared_data: Path
) -> None:
    """Against the official JSON schema: no unknown names, no missing ones, no empty values."""
    with gzip.open(shared_data / "fhir-conformance" / "fhir.schema.json.gz") as file:
        definitions = json.load(file)["definitions"]
    resources = exported(filled(record, tmp_path))
    assert resources
    for each in resources:
        check_shape(each, definitions[each["resourceType"]], definitions, each["resourceType"])


def test_what_is_not_decided_leaves_in_every_version_and_comes_in_again(
    two: tuple[Pc, Pc], tmp_path: Path, empty_record: Record, shared_data: Path
) -> None:
    first, second = two
    new_patient(first)
    meet(first, second)
    first.sql("UPDATE patient SET birth_date = '1990-02-01', birth_precision = 'day'")
    second.sql("UPDATE patient SET birth_date = '1990-01-02', birth_precision = 'day'")
    meet(first, second)
    out = tmp_path / "undecided"
    export_folder(first.store, first.actor, out)
    with gzip.open(shared_data / "fhir-conformance" / "fhir.schema.json.gz") as file:
        definitions = json.load(file)["definitions"]
    (found,) = [each for each in exported(out) if each["resourceType"] == "Patient"]
    check_shape(found, definitions["Patient"], definitions, "Patient")
    told = {each["url"]: each for each in found["extension"][0]["extension"]}
    assert {found["birthDate"], told["birth_date"]["valueString"]} == {"1990-02-01", "1990-01-02"}
    assert not bring(empty_record, out).errors


def check_shape(value: Any, schema: Any, all_: dict[str, Any], place: str) -> None:
    """The part of JSON Schema that FHIR's schema uses."""
    schema = all_[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    if "properties" in schema:
        assert value, f"{place} is empty"
        unknown = value.keys() - schema["properties"].keys()
        assert not unknown, f"{place}: {unknown}"
        missing = set(schema.get("required", ())) - value.keys()
        assert not missing, f"{place}: {missing}"
        for name, item in value.items():
            check_shape(item, schema["properties"][name], all_, f"{place}.{name}")
    elif "items" in schema:
        assert value, f"{place} is empty"
        for item in value:
            check_shape(item, schema["items"], all_, f"{place}[]")
    elif "enum" in schema:
        assert value in schema["enum"], f"{place}: {value}"
    elif "const" in schema:
        assert value == schema["const"], place


def test_the_export_is_noted_and_only_for_those_who_may(record: Record, tmp_path: Path) -> None:
    filled(record, tmp_path)
    assert record.rows("SELECT count(*) FROM audit_event WHERE kind = 'record.export'") == [(1,)]
    with pytest.raises(PermissionDeniedError):
        export_folder(record.store, record.as_role("doctor"), tmp_path / "other")
    with pytest.raises(SetupError):
        export_folder(record.store, record.owner, tmp_path / "out")
