"""The copy of a record: nothing of the person is missing, nothing of anybody else is in it."""

from __future__ import annotations

import gzip
import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import PermissionDeniedError, SetupError
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import patients
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import PaperRequest
from clinic_desktop.services.patients import (
    Decision,
    PatientEntry,
    RegisterPatient,
    Relative,
    UpdatePatient,
)
from clinic_desktop.services.privacy import portability, requests
from clinic_desktop.services.privacy.blanks import person_tables
from clinic_desktop.services.privacy.disclosures import disclosures_of
from clinic_desktop.services.privacy.portability import ExportFor, export_person
from clinic_desktop.services.privacy.requests import ReceiveRequest
from tests.db.test_fhir_export import check_shape
from tests.support.charts import put_chart
from tests.support.records import Record


@pytest.fixture
def person(record: Record) -> uuid.UUID:
    made = record.write(put_chart, 3)
    before = record.read(patients.record_of, made).entry
    after = replace(before, relatives=(Relative("Anna", "daughter"),))
    record.write(patients.update, UpdatePatient(made, before, after))
    record.write(patients.decide, Decision(made, "data"))
    record.write(requests.receive, ReceiveRequest(made, "portability"))
    ready = record.read(archive.ready, PaperRequest("person-label", made, "en"))
    record.write(archive.came_out, record.write(archive.keep, ready.made))
    stranger = RegisterPatient(PatientEntry(HumanName("Quillfeather", "Zebediah")))
    record.write(patients.register, stranger)
    return made


def _text(path: Path) -> str:
    document = pdfium.PdfDocument(path.read_bytes())
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def _entries(out: Path) -> list[dict[str, Any]]:
    return [each["resource"] for each in json.loads((out / "bundle.json").read_bytes())["entry"]]


def test_every_row_about_the_person_is_in_the_copy(
    record: Record, person: uuid.UUID, tmp_path: Path
) -> None:
    """Walks the schema: each table that knows a patient, each row of it."""
    out = tmp_path / "out"
    copied = export_person(record.store, record.owner, person, out, ExportFor())
    rows = json.loads((out / "rows.json").read_bytes())
    for table in person_tables():
        if table in portability._INSIDE:
            continue
        owner = "id" if table == "patient" else person_tables()[table][0]
        ids = record.rows(f"SELECT id FROM {table} WHERE {owner} = ?", person.bytes)  # noqa: S608
        told = {each["id"] for each in rows[table]}
        # What the copy itself puts on record comes after it.
        if table not in {"disclosure", "audit_event"}:
            assert told == {str(uuid.UUID(bytes=row[0])) for row in ids}, table
        for each in rows[table]:
            assert each.keys() <= {"id", *BY_NAME[table].columns}
    assert copied.documents == 1
    assert (out / "documents" / "0001-person-label.pdf").read_bytes().startswith(b"%PDF")
    everything = b"".join(file.read_bytes() for file in out.rglob("*") if file.is_file())
    assert b"Quillfeather" not in everything


def test_the_bundle_is_r4_and_its_references_lead_somewhere(
    record: Record, person: uuid.UUID, tmp_path: Path, shared_data: Path
) -> None:
    out = tmp_path / "out"
    export_person(record.store, record.owner, person, out, ExportFor())
    with gzip.open(shared_data / "fhir-conformance" / "fhir.schema.json.gz") as file:
        definitions = json.load(file)["definitions"]
    entries = _entries(out)
    kinds = {each["resourceType"] for each in entries}
    assert {"Patient", "Encounter", "Observation", "Consent", "RelatedPerson"} <= kinds
    for each in entries:
        check_shape(each, definitions[each["resourceType"]], definitions, each["resourceType"])
    urls = {f"urn:uuid:{each['id']}" for each in entries}
    text = (out / "bundle.json").read_text("utf-8")
    import re

    told = set(re.findall(r'"reference":"([^"]+)"', text))
    assert told <= urls, told - urls


def test_the_person_can_read_it(record: Record, person: uuid.UUID, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_person(record.store, record.owner, person, out, ExportFor())
    words = _text(out / "record.pdf")
    for told in ("Ivanova", "Metformin", "Hemoglobin", "daughter", "portability"):
        assert told.lower() in words.lower(), told


def test_the_age_on_it_is_that_of_the_last_day(
    record: Record, person: uuid.UUID, tmp_path: Path
) -> None:
    known = record.read(patients.record_of, person).entry
    dead = replace(known, birth=BirthDate.of(date(1955, 3, 14)), deceased=True,
                   deceased_at=datetime(1989, 2, 15, tzinfo=UTC))  # fmt: skip
    record.write(patients.update, UpdatePatient(person, known, dead))
    export_person(record.store, record.owner, person, tmp_path / "out", ExportFor())
    assert "(33 years)" in _text(tmp_path / "out" / "record.pdf")


def test_the_copy_is_on_record_and_closes_the_request(
    record: Record, person: uuid.UUID, tmp_path: Path
) -> None:
    court = ExportFor("City Court", "authority", "Order 12/26")
    export_person(record.store, record.owner, person, tmp_path / "a", court)
    assert record.read(requests.requests_of, person)[0].is_open
    export_person(record.store, record.owner, person, tmp_path / "b", ExportFor())
    assert not record.read(requests.requests_of, person)[0].is_open
    told = [(row.recipient, row.purpose) for row in record.read(disclosures_of, person)
            if row.source == "noted"]  # fmt: skip
    assert ("City Court", "Order 12/26") in told
    assert len(told) == 2


def test_it_needs_an_empty_folder_and_the_right(
    record: Record, person: uuid.UUID, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    with pytest.raises(SetupError):
        export_person(record.store, record.owner, person, tmp_path / "out", ExportFor())
    desk = record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        export_person(record.store, desk, person, tmp_path / "other", ExportFor())
