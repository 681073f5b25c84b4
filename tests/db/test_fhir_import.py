"""What FHIR resources become, row by row."""

from __future__ import annotations

import base64
import gzip
import json
import lzma
import threading
import zipfile
import zlib
from pathlib import Path

import msgspec
import pytest

from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.services.fhir.importing import Progress, import_files
from tests.support.fhir import (
    bring,
    bundle,
    encounter,
    observation,
    patient,
    uid,
    write,
)
from tests.support.records import Record


def test_a_bundle_becomes_rows_with_partial_dates_utc_instants_and_every_digit(
    record: Record, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.json", bundle(patient(), encounter(), observation()))
    report = bring(record, file)
    assert report.imported == {"Encounter": 1, "Observation": 1, "Patient": 1}
    assert not report.errors
    person = record.rows(
        "SELECT family, given, middle, sex, birth_date, birth_precision, mrn FROM patient"
    )
    assert person[0][:6] == ("Wanjiru", "Mary", "Akinyi", "female", "1984-03", "month")
    assert person[0][6]
    assert record.rows("SELECT start_at, end_at FROM encounter") == [
        (1714546800000, 1714548000000)  # 07:00 and 07:20 UTC
    ]
    assert record.rows(
        "SELECT value, value_number, unit, effective_at, encounter_id IS NOT NULL FROM observation"
    ) == [("72.50", 72.5, "kg", 1714510800000, 1)]  # the day begins in Nairobi


def test_the_imported_person_is_found_by_name_number_and_phone(
    record: Record, tmp_path: Path
) -> None:
    from clinic_desktop.services.patients.finding import search

    bring(record, write(tmp_path / "a.json", bundle(patient())))
    for text in ("wanj mary", "T-1", "0712000001"):
        assert len(record.read(search, text)) == 1, text


def test_each_row_keeps_its_source_to_the_byte(record: Record, tmp_path: Path) -> None:
    text = bundle(patient(), encounter(), observation())
    bring(record, write(tmp_path / "a.jsonl", text))
    sources = record.rows(
        "SELECT s.resource_type, s.position, s.row_table, b.data, b.encoding, a.sha256"
        " FROM source_resource s JOIN attachment a ON a.id = s.attachment_id"
        " JOIN blob b ON b.sha256 = a.sha256 ORDER BY s.position"
    )
    assert [row[:3] for row in sources] == [
        ("Patient", 0, "patient"),
        ("Encounter", 1, "encounter"),
        ("Observation", 2, "observation"),
    ]
    assert {zlib.decompress(row[3]) for row in sources} == {text.encode()}
    assert record.rows("SELECT format, counts FROM import_batch") == [
        ("fhir-r4", '{"Encounter":1,"Observation":1,"Patient":1}')
    ]


def test_the_same_file_again_adds_nothing_and_a_changed_resource_changes_its_row(
    record: Record, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.json", bundle(patient(), encounter(), observation()))
    bring(record, file)
    counted = record.rows("SELECT count(*) FROM sync_commit")
    again = bring(record, file)
    assert (again.imported, again.updated, again.unchanged) == ({}, {}, 3)
    assert record.rows("SELECT count(*) FROM sync_commit") == counted

    spaced = tmp_path / "spaced.json"
    spaced.write_bytes(msgspec.json.format(file.read_bytes(), indent=2))
    assert bring(record, spaced).unchanged == 3, "white space is no change"

    changed = bundle(patient(maritalStatus={"text": "married"}), encounter(), observation())
    report = bring(record, write(file, changed))
    assert (report.imported, report.updated, report.unchanged) == ({}, {"Patient": 1}, 2)
    assert record.rows("SELECT count(*), max(marital_status) FROM patient") == [(1, "married")]
    assert bring(record, spaced).unchanged == 3, "an older version does not come back"


def test_a_corrected_result_is_a_new_row_that_names_the_old_one(
    record: Record, tmp_path: Path
) -> None:
    bring(record, write(tmp_path / "a.json", bundle(patient(), observation())))
    report = bring(record, write(tmp_path / "a.json", bundle(patient(), observation(value="71.9"))))
    assert report.updated == {"Observation": 1}
    old, new = record.rows("SELECT id, value, corrects_id FROM observation ORDER BY id")
    assert (old[1], new[1], new[2]) == ("72.50", "71.9", old[0])


def test_one_person_from_two_files_is_one_chart_when_a_number_birth_and_sex_agree(
    record: Record, tmp_path: Path
) -> None:
    bring(record, write(tmp_path / "a.json", bundle(patient(1))))
    other = patient(50, identifier=patient(1)["identifier"], telecom=[])
    other["identifier"].append({"system": "urn:test:other", "value": "99"})
    bring(record, write(tmp_path / "b.json", bundle(other, observation(60, of=50))))
    assert record.rows("SELECT count(*) FROM patient") == [(1,)]
    assert record.rows("SELECT value FROM patient_identifier ORDER BY value") == [("99",), ("T-1",)]
    assert record.rows("SELECT count(*) FROM observation o JOIN patient p ON p.id = o.patient_id")

    twin = patient(70, identifier=patient(1)["identifier"], birthDate="1990-01-01")
    bring(record, write(tmp_path / "c.json", bundle(twin)))
    assert record.rows("SELECT count(*) FROM patient") == [(2,)], "a number alone is not enough"


@pytest.mark.parametrize("doctors_first", [True, False])
def test_practitioners_come_in_a_second_bundle_in_any_order(
    record: Record, tmp_path: Path, doctors_first: bool
) -> None:
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "123"}
    doctor = {
        "resourceType": "Practitioner",
        "id": uid(9),
        "identifier": [number],
        "name": [{"family": "Njeri", "given": ["Daniel"], "prefix": ["Dr"]}],
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": uid(10),
        "practitioner": {"identifier": number},
        "specialty": [{"text": "Paediatrics"}],
    }
    by_id = encounter(2, participant=[{"individual": {"reference": f"urn:uuid:{uid(9)}"}}])
    by_search = "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|123"
    searched = encounter(3, participant=[{"individual": {"reference": by_search}}])
    files = [
        write(tmp_path / "doctors.json", bundle(doctor, role)),
        write(tmp_path / "visits.json", bundle(patient(), by_id)),
        write(
            tmp_path / "more.json",
            bundle(patient(4), {**searched, "subject": {"reference": f"urn:uuid:{uid(4)}"}}),
        ),
    ]
    for file in files if doctors_first else reversed(files):
        assert not bring(record, file).errors
    names = record.rows(
        "SELECT p.name, p.specialty FROM encounter e"
        " JOIN practitioner p ON p.id = e.practitioner_id"
    )
    assert set(names) <= {("Dr Daniel Njeri", "Paediatrics"), ("Dr Daniel Njeri", "")}
    assert len(names) == 2


def test_components_are_child_rows_and_results_know_their_report(
    record: Record, tmp_path: Path
) -> None:
    def part(code: str, value: int) -> object:
        return {"code": {"text": code}, "valueQuantity": {"value": value, "unit": "mmHg"}}

    pressure = json.loads(observation(3))
    del pressure["valueQuantity"]
    pressure["component"] = [part("Systolic", 120), part("Diastolic", 80)]
    report = {
        "resourceType": "DiagnosticReport",
        "id": uid(4),
        "status": "final",
        "code": {"text": "Panel"},
        "subject": {"reference": f"urn:uuid:{uid(1)}"},
        "result": [{"reference": f"urn:uuid:{uid(3)}"}],
    }
    found = bring(record, write(tmp_path / "a.json", bundle(pressure, report, patient())))
    assert found.imported["Observation"] == 1, "components are not counted as resources"
    rows = record.rows(
        "SELECT display, value, parent_id IS NULL, report_id = (SELECT id FROM diagnostic_report)"
        " FROM observation ORDER BY display"
    )
    assert rows == [("Diastolic", "80", 0, 1), ("Systolic", "120", 0, 1), ("Weight", "", 1, 1)]


def test_notes_in_base64_become_words_and_pdfs_become_files(record: Record, tmp_path: Path) -> None:
    def packed(content: bytes, kind: str) -> object:
        return {"attachment": {"contentType": kind, "data": base64.b64encode(content).decode()}}

    note = {
        "resourceType": "DocumentReference",
        "id": uid(4),
        "status": "current",
        "subject": {"reference": f"urn:uuid:{uid(1)}"},
        "content": [packed("Жалоб нет".encode(), "text/plain; charset=utf-8")],
    }
    scan = note | {"id": uid(5), "content": [packed(b"%PDF-1.7 scan", "application/pdf")]}
    bring(record, write(tmp_path / "a.json", bundle(patient(), note, scan)))
    rows = record.rows(
        "SELECT d.content, a.mime, b.data FROM document_reference d"
        " LEFT JOIN attachment a ON a.id = d.attachment_id LEFT JOIN blob b ON b.sha256 = a.sha256"
        " ORDER BY d.content"
    )
    assert rows == [("", "application/pdf", b"%PDF-1.7 scan"), ("Жалоб нет", None, None)]


@pytest.mark.parametrize(
    ("code", "status"),
    [("716186003", "none-known"), ("no-allergy-info", "not-asked"), ("91936005", "recorded")],
)
def test_the_allergy_status_says_what_was_recorded_and_nothing_more(
    record: Record, tmp_path: Path, code: str, status: str
) -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": uid(5),
        "code": {"coding": [{"code": code, "display": "x"}]},
        "patient": {"reference": f"urn:uuid:{uid(1)}"},
    }
    bring(record, write(tmp_path / "a.json", bundle(patient(), allergy)))
    assert record.rows("SELECT allergy_status FROM patient") == [(status,)]
    assert record.rows("SELECT count(*) FROM allergy_intolerance") == [(int(status == "recorded"),)]


def test_medicines_beside_or_inside_their_request_and_unknown_types_are_kept(
    record: Record, tmp_path: Path
) -> None:
    subject = {"reference": f"urn:uuid:{uid(1)}"}
    base = {"resourceType": "MedicationRequest", "status": "active", "intent": "order"}
    beside = base | {
        "id": uid(6),
        "subject": subject,
        "medicationReference": {"reference": f"urn:uuid:{uid(7)}"},
    }
    inside = base | {
        "id": uid(8),
        "subject": subject,
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Ibuprofen"}}],
        "medicationReference": {"reference": "#m"},
    }
    product = {"resourceType": "Medication", "id": uid(7), "code": {"text": "Amoxicillin"}}
    plan = {"resourceType": "CarePlan", "id": uid(11), "subject": subject}
    report = bring(
        record, write(tmp_path / "a.json", bundle(beside, inside, plan, product, patient()))
    )
    assert report.kept == {"CarePlan": 1, "Medication": 1}
    assert record.rows("SELECT product FROM medication_request ORDER BY product") == [
        ("Amoxicillin",),
        ("Ibuprofen",),
    ]
    assert record.rows(
        "SELECT patient_id IS NOT NULL, row_table FROM source_resource"
        " WHERE resource_type = 'CarePlan'"
    ) == [(1, "")]


def test_a_summary_s_list_of_medicines_becomes_medicines(record: Record, tmp_path: Path) -> None:
    statement = {
        "resourceType": "MedicationStatement",
        "id": uid(12),
        "status": "active",
        "subject": {"reference": f"urn:uuid:{uid(1)}"},
        "contained": [{"resourceType": "Organization", "id": "o", "type": [{"text": "x"}]}],
        "medicationCodeableConcept": {"text": "Metformin"},
        "effectivePeriod": {"start": "2020-01", "end": "2024-02-01"},
        "dosage": [{"text": "850 mg twice a day"}],
    }
    report = bring(record, write(tmp_path / "a.json", bundle(patient(), statement)))
    assert report.imported == {"MedicationStatement": 1, "Patient": 1}
    assert record.rows("SELECT product, instructions, stopped_on FROM medication_request") == [
        ("Metformin", "850 mg twice a day", "2024-02-01")
    ]


def test_entered_in_error_is_imported_with_its_status(record: Record, tmp_path: Path) -> None:
    wrong = observation(status="entered-in-error")
    bring(record, write(tmp_path / "a.json", bundle(patient(), wrong)))
    assert record.rows("SELECT status FROM observation") == [("entered-in-error",)]


def test_a_payer_named_only_in_claims_becomes_one_policy(record: Record, tmp_path: Path) -> None:
    def claim(number: int) -> dict[str, object]:
        return {
            "resourceType": "ExplanationOfBenefit",
            "id": uid(number),
            "patient": {"reference": f"urn:uuid:{uid(1)}"},
            "contained": [
                {
                    "resourceType": "Coverage",
                    "id": "c",
                    "type": {"text": "Baobab Cover"},
                    "payor": [{"display": "Baobab Cover"}],
                }
            ],
        }

    file = write(tmp_path / "a.json", bundle(patient(), claim(20), claim(21)))
    report = bring(record, file)
    assert report.imported["Coverage"] == 1
    assert report.kept == {"ExplanationOfBenefit": 2}
    assert record.rows("SELECT payer_name FROM coverage") == [("Baobab Cover",)]
    assert bring(record, file).imported == {}


def test_bulk_files_of_one_type_each_find_each_other_whatever_their_order(
    record: Record, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    write(folder / "AllObservations.ndjson", observation(3), observation(13))
    write(folder / "Patient.ndjson", json.dumps(patient()))
    write(folder / "Encounter.ndjson", json.dumps(encounter()))
    write(folder / "readme.txt", "not FHIR")
    report = bring(record, folder)
    assert report.imported == {"Encounter": 1, "Observation": 2, "Patient": 1}
    assert record.rows("SELECT count(*) FROM observation WHERE encounter_id IS NULL") == [(0,)]


def test_short_ids_of_two_systems_are_two_people(record: Record, tmp_path: Path) -> None:
    for name, family in (("a", "Otieno"), ("b", "Kamau")):
        person = {"resourceType": "Patient", "id": "1", "name": [{"family": family}]}
        weight = {"resourceType": "Observation", "id": "1", "subject": {"reference": "Patient/1"}}
        lines = (json.dumps(person), json.dumps(weight))
        bring(record, write(tmp_path / f"{name}.ndjson", *lines))
    assert record.rows(
        "SELECT p.family, count(o.id) FROM patient p JOIN observation o ON o.patient_id = p.id"
        " GROUP BY p.id ORDER BY 1"
    ) == [("Kamau", 1), ("Otieno", 1)]


@pytest.mark.parametrize("packing", ["xz", "gz", "zip"])
def test_packed_files_are_read_by_what_they_are(
    record: Record, tmp_path: Path, packing: str
) -> None:
    text = bundle(patient()).encode()
    file = tmp_path / f"a.jsonl.{packing}"
    if packing == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("inner/a.jsonl", text)
    else:
        file.write_bytes(lzma.compress(text) if packing == "xz" else gzip.compress(text))
    assert bring(record, file).imported == {"Patient": 1}


def test_a_dry_run_counts_the_same_and_writes_nothing(record: Record, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", bundle(patient(), encounter()), bundle(patient(4)))
    tables = [row[0] for row in record.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def counts() -> list[object]:
        return [record.rows(f'SELECT count(*) FROM "{name}"') for name in tables]  # noqa: S608

    before = counts()
    dry = bring(record, file, dry_run=True)
    assert counts() == before
    assert dry.is_dry_run
    assert dry.imported == bring(record, file).imported


def test_every_imported_row_is_in_the_journal_as_an_import(record: Record, tmp_path: Path) -> None:
    changes = record.changes()
    bring(record, write(tmp_path / "a.json", bundle(patient(), encounter(), observation())))
    (change,) = changes
    assert change.origin == "import"
    for table in ("patient", "encounter", "observation", "source_resource", "import_batch"):
        ids = {row[0] for row in record.rows(f"SELECT id FROM {table}")}  # noqa: S608
        assert {row.bytes for row in change.ids(table)} == ids, table


def test_progress_is_told_and_cancelling_keeps_what_is_written(
    record: Record, tmp_path: Path
) -> None:
    lines = [bundle(patient(number), *map(_visit, range(number * 1000, number * 1000 + 450)))
             for number in (1, 2, 3)]  # fmt: skip
    lines = [line.replace(uid(1), uid(place)) for place, line in enumerate(lines, 1)]
    cancel, seen = threading.Event(), []

    def tell(progress: Progress) -> None:
        seen.append(progress)
        if progress.phase == "writing":
            cancel.set()

    file = write(tmp_path / "a.jsonl", *lines)
    report = bring(record, file, on_progress=tell, cancel=cancel)
    assert report.was_cancelled
    done = sum(report.imported.values())
    assert 0 < done < 3 * 451
    assert {progress.phase for progress in seen} == {"checking", "writing"}
    assert (seen[-1].done, seen[-1].total) == (done, 3 * 451)
    rest = bring(record, file)
    assert sum(rest.imported.values()) + done == 3 * 451
    assert rest.unchanged == done


def _visit(number: int) -> dict[str, object]:
    return encounter(number, 1)


def test_only_an_owner_imports(record: Record, tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", bundle(patient()))
    with pytest.raises(PermissionDeniedError):
        import_files(record.store, record.as_role("receptionist"), [file])
