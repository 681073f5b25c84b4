"""Who got what of a chart: papers, notes by hand, exports; each once and with its recipient."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import PermissionDeniedError, ValidationError
from clinic_desktop.services import encounters, letters, patients
from clinic_desktop.services.fhir.exporting import export_folder
from clinic_desktop.services.letters import WriteReferral
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import PaperRequest
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.privacy.disclosures import (
    DisclosureRow,
    NoteDisclosure,
    disclosures_of,
    note_disclosure,
)
from tests.support.records import Record


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    return record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Otieno"))))


def _print(record: Record, kind: str, subject: uuid.UUID, *, comes_out: bool = True) -> None:
    ready = record.read(archive.ready, PaperRequest(kind, subject, "en"))
    kept = record.write(archive.keep, ready.made, waits=True)
    if comes_out:
        record.write(archive.came_out, kept)


def _told(rows: list[DisclosureRow]) -> list[tuple[str, str, str, str]]:
    return [(row.source, row.kind, row.recipient_kind, row.recipient) for row in rows]


def test_papers_that_came_out_are_in_the_list_with_whom_they_are_for(
    record: Record, maria: uuid.UUID
) -> None:
    """A label stays in the house, and a paper that waits for its printer is with nobody."""
    visit = record.write(encounters.start_visit, patient_id=maria).encounter_id
    letter = record.write(
        letters.write_referral, WriteReferral(maria, "City Hospital", "Chest pain")
    )
    _print(record, "referral", letter)
    record.clock.advance(minutes=1)
    _print(record, "visit-summary", visit)
    _print(record, "person-label", maria)
    _print(record, "visit-summary", visit, comes_out=False)

    rows = record.read(disclosures_of, maria)
    assert _told(rows) == [
        ("paper", "visit-summary", "patient", ""),
        ("paper", "referral", "clinician", "City Hospital"),
    ]
    assert {row.by for row in rows} == {"Dr Amina Kamau"}


def test_what_was_told_is_noted_by_hand(record: Record, maria: uuid.UUID) -> None:
    yesterday = date(2026, 11, 20)
    wish = NoteDisclosure(
        maria, " Dr  Njeri ", "Second opinion", "spoken", "clinician", "Allergies", yesterday
    )
    record.write(note_disclosure, wish)
    (row,) = record.read(disclosures_of, maria)
    assert (row.recipient, row.purpose, row.content) == ("Dr Njeri", "Second opinion", "Allergies")
    assert row.at == record.clock.now() - timedelta(days=1)


def test_an_export_is_about_whoever_was_there_by_then(
    record: Record, maria: uuid.UUID, tmp_path: Path
) -> None:
    record.clock.advance(hours=1)
    export_folder(record.store, record.owner, tmp_path / "out")
    record.clock.advance(hours=1)
    later = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Abara"))))

    assert _told(record.read(disclosures_of, maria)) == [("export", "record.export", "other", "")]
    assert record.read(disclosures_of, later) == []


def test_an_export_before_two_charts_were_joined_was_about_both(
    record: Record, maria: uuid.UUID, tmp_path: Path
) -> None:
    """Also where the chart that stands for the person was made after the export."""
    record.clock.advance(hours=1)
    export_folder(record.store, record.owner, tmp_path / "out")
    record.clock.advance(hours=1)
    later = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Otieno"))))
    assert record.read(disclosures_of, later) == []
    record.write(patients.merge, later, maria, reason="Twice")
    assert [row.source for row in record.read(disclosures_of, later)] == ["export"]


def test_nothing_of_another_patient_is_listed(record: Record, maria: uuid.UUID) -> None:
    other = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Abara"))))
    record.write(note_disclosure, NoteDisclosure(other, "Court", "Summons"))
    assert record.read(disclosures_of, maria) == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"recipient": " "}, "recipient"),
        ({"purpose": ""}, "purpose"),
        ({"kind": "rumour"}, "kind"),
        ({"recipient_kind": "x"}, "recipient_kind"),
        ({"on": date(2026, 11, 22)}, "on"),
    ],
)
def test_half_a_note_is_refused(
    record: Record, maria: uuid.UUID, wish: dict[str, object], field: str
) -> None:
    whole = NoteDisclosure(maria, "Court", "Summons")
    with pytest.raises(ValidationError) as told:
        record.write(note_disclosure, replace(whole, **wish))  # type: ignore[arg-type]
    assert told.value.field == field


def test_who_may_not_write_charts_notes_nothing(record: Record, maria: uuid.UUID) -> None:
    desk = record.as_role("cashier")
    with pytest.raises(PermissionDeniedError):
        record.store.write(desk, note_disclosure, NoteDisclosure(maria, "A", "B")).result(60)
