"""What a mother may be given of a child's record, and what stays with the patient."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from clinic_desktop.domain.sharing import PARTS, RESOURCES, SECTIONS, TABLES
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import patients
from clinic_desktop.services.patients import Relative, sharing
from clinic_desktop.services.patients.sharing import Share
from clinic_desktop.services.privacy.disclosures import disclosures_of
from clinic_desktop.services.privacy.portability import ExportFor, export_person
from clinic_desktop.services.scheduling.board import desk_card
from tests.support.charts import put_chart
from tests.support.records import Record


@pytest.fixture
def family(record: Record) -> tuple[uuid.UUID, uuid.UUID]:
    """A patient, and the mother in the chart."""
    child = record.write(put_chart, 2)
    before = record.read(patients.record_of, child).entry
    after = replace(before, relatives=(Relative("Anna Ivanova", "mother", is_guardian=True),))
    record.write(patients.update, patients.UpdatePatient(child, before, after))
    (mother,) = record.read(sharing.trusted_of, child)
    return child, mother.id


def test_each_part_is_agreed_and_taken_back(
    record: Record, family: tuple[uuid.UUID, uuid.UUID]
) -> None:
    child, mother = family
    with pytest.raises(RuleError):
        record.write(sharing.share, Share(child, mother, ()))
    record.write(sharing.share, Share(child, mother, ("vaccines", "appointments")))
    (shown,) = record.read(sharing.trusted_of, child)
    assert shown.parts == ("appointments", "vaccines")
    assert [each.parts for each in record.read(desk_card, child).trusted] == [shown.parts]
    record.write(sharing.share, Share(child, mother, ()))
    assert record.read(sharing.trusted_of, child)[0].parts == ()
    assert record.read(desk_card, child).trusted == ()
    kinds = [row.status for row in record.read(patients.decisions_of, child)]
    assert kinds == ["withdrawn", "active"]
    assert record.read(patients.consents_of, child) == []


def test_what_was_agreed_ends_with_its_day(
    record: Record, family: tuple[uuid.UUID, uuid.UUID], tmp_path: Path
) -> None:
    child, mother = family
    today = record.clock.now().date()
    wish = Share(child, mother, ("results",), valid_until=today + timedelta(days=5))
    record.write(sharing.share, wish)
    record.clock.advance(days=6)
    assert record.read(sharing.trusted_of, child)[0].is_over
    told = ExportFor("Anna", "relative", "asked", mother)
    with pytest.raises(RuleError, match="given nothing"):
        export_person(record.store, record.owner, child, tmp_path / "out", told)


def test_the_copy_for_the_mother_holds_her_parts_only(
    record: Record, family: tuple[uuid.UUID, uuid.UUID], tmp_path: Path
) -> None:
    child, mother = family
    record.write(sharing.share, Share(child, mother, ("medicines",)))
    out = tmp_path / "out"
    wish = ExportFor("Anna Ivanova", "relative", "travel", mother)
    export_person(record.store, record.owner, child, out, wish)

    rows = json.loads((out / "rows.json").read_bytes())
    assert {table for table, found in rows.items() if found} == {"patient", "medication_request"}
    assert rows["patient"][0].keys() <= {"id", "family", "given", "birth_date", "sex"}
    bundle = json.loads((out / "bundle.json").read_bytes())
    kinds = {each["resource"]["resourceType"] for each in bundle["entry"]}
    assert kinds <= {"Patient", "MedicationRequest", "Practitioner"}
    urls = {each["fullUrl"] for each in bundle["entry"]}
    text = (out / "bundle.json").read_text("utf-8")
    assert all(part.split('"')[0] in urls for part in text.split('"reference":"')[1:])
    document = pdfium.PdfDocument((out / "record.pdf").read_bytes())
    words = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    assert "Metformin" in words
    for word in ("Hemoglobin", "Feels well", "E11.9", "Diabetes follow-up"):
        assert word not in words + text + json.dumps(rows), word
    assert not (out / "documents").exists()
    told = next(row for row in record.read(disclosures_of, child) if row.source == "noted")
    assert (told.recipient, told.content) == ("Anna Ivanova", "The parts agreed to")


def test_a_stranger_is_given_nothing(record: Record, family: tuple[uuid.UUID, uuid.UUID]) -> None:
    child, mother = family
    with pytest.raises(NotFoundError):
        record.write(sharing.share, Share(child, uuid.uuid4(), ("results",)))
    for wrong in ({"parts": ("everything",)}, {"by_role": "aunt"}, {"by_role": "guardian"}):
        with pytest.raises(ValidationError):
            record.write(sharing.share, replace(Share(child, mother, ("notes",)), **wrong))


def test_every_part_is_known_everywhere() -> None:
    assert set(TABLES) == set(SECTIONS) == set(PARTS)
    assert set(RESOURCES) <= set(PARTS)
    assert all(table in BY_NAME for tables in TABLES.values() for table in tables)
