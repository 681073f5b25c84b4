"""Consents with the words that were shown: given, refused, withdrawn, printed, upgraded."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from clinic_desktop.db.engine import connect, create_file, make_engine
from clinic_desktop.db.migrations import HEAD, migrate, version_of
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError, PermissionDeniedError, RuleError, ValidationError
from clinic_desktop.models.document import DocumentReference
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.services import patients
from clinic_desktop.services.papers import making
from clinic_desktop.services.papers.making import PaperRequest
from clinic_desktop.services.patients import Decision, PatientEntry, RegisterPatient, consents
from clinic_desktop.services.patients.consent_texts import SaveText, save_text, text, texts
from tests.support.records import Record

FIRST = SaveText("data", "Your data", "We keep what you tell us for ten years.", "en")


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    entry = PatientEntry(HumanName("Otieno", "Maria"))
    return record.write(patients.register, RegisterPatient(entry))


def test_a_new_wording_is_a_new_version_and_the_old_consent_keeps_the_old_words(
    record: Record, maria: uuid.UUID
) -> None:
    first = record.write(save_text, FIRST)
    record.write(consents.decide, Decision(maria, "data"))
    second = record.write(save_text, replace(FIRST, body="We keep it for five years."))

    (row,) = record.read(patients.consents_of, maria)
    assert (row.version, row.text_id, row.title) == ("1", first, "Your data")
    assert record.read(text, first).body.endswith("ten years.")
    assert [(each.id, each.version) for each in record.read(texts)] == [(second, "2")]
    record.write(consents.decide, Decision(maria, "data"))
    assert record.read(patients.consents_of, maria)[0].version == "2"


def test_saving_the_same_words_again_makes_no_version(record: Record) -> None:
    first = record.write(save_text, FIRST)
    assert record.write(save_text, replace(FIRST, title="  Your   data ")) == first
    assert record.write(save_text, replace(FIRST, language="ru")) != first


def test_the_words_shown_are_in_the_language_of_the_patient(record: Record) -> None:
    record.write(save_text, FIRST)
    russian = record.write(save_text, replace(FIRST, title="Ваши данные", language="ru"))
    entry = PatientEntry(HumanName("Иванова"), language="ru-RU")
    ivanova = record.write(patients.register, RegisterPatient(entry, consents=("data",)))
    assert record.read(patients.consents_of, ivanova)[0].text_id == russian


def test_withdrawing_takes_back_the_words_that_were_agreed_to(
    record: Record, maria: uuid.UUID
) -> None:
    first = record.write(save_text, FIRST)
    record.write(consents.decide, Decision(maria, "data"))
    record.write(save_text, replace(FIRST, body="Other words."))
    record.clock.advance(days=1)
    wish = Decision(maria, "data", "withdrawn", "guardian", "Anna Otieno", "by phone")
    record.write(consents.decide, wish)

    rows = record.read(patients.decisions_of, maria)
    assert [row.status for row in rows] == ["withdrawn", "active"]
    assert (rows[0].text_id, rows[0].by_role, rows[0].given_by) == (first, "guardian",
                                                                   "Anna Otieno")  # fmt: skip
    assert (rows[0].note, rows[0].recorded_by) == ("by phone", "Dr Amina Kamau")
    with pytest.raises(RuleError):
        record.write(consents.decide, wish)


def test_refused_is_not_given(record: Record, maria: uuid.UUID) -> None:
    record.write(consents.decide, Decision(maria, "messages", "refused"))
    assert [row.status for row in record.read(patients.consents_of, maria)] == ["refused"]
    with pytest.raises(RuleError):
        record.write(patients.withdraw_consent, maria, "messages")


def test_a_printed_form_decides_nothing(record: Record, maria: uuid.UUID) -> None:
    """Who agreed before has agreed still; the form is in the list and on paper."""
    with pytest.raises(RuleError, match="not written"):
        record.write(consents.ask, maria, "data")
    record.write(save_text, FIRST)
    record.write(consents.decide, Decision(maria, "data"))
    asked = record.write(consents.ask, maria, "data")

    assert [row.status for row in record.read(patients.consents_of, maria)] == ["active"]
    assert record.read(patients.decisions_of, maria)[0].status == "proposed"
    assert record.read(making.make, PaperRequest("consent", asked)).patient_id == maria


def test_a_consent_without_a_text_has_no_form(record: Record, maria: uuid.UUID) -> None:
    made = record.write(consents.decide, Decision(maria, "data"))
    with pytest.raises(NotFoundError):
        record.read(making.make, PaperRequest("consent", made))


def test_the_signed_paper_must_be_of_the_same_chart(record: Record, maria: uuid.UUID) -> None:
    def scan(uow: UnitOfWork, patient_id: uuid.UUID) -> uuid.UUID:
        paper = DocumentReference(patient_id=patient_id, display="Consent", title="Signed")
        uow.add(paper)
        return paper.id

    other = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Abara"))))
    foreign, own = record.write(scan, other), record.write(scan, maria)
    with pytest.raises(NotFoundError):
        record.write(consents.decide, Decision(maria, "data", document_id=foreign))
    record.write(consents.decide, Decision(maria, "data", document_id=own))
    assert record.read(patients.consents_of, maria)[0].document == "Signed"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kind": " "}, "kind"),
        ({"status": "maybe"}, "status"),
        ({"by_role": "neighbour"}, "by_role"),
        ({"by_role": "guardian"}, "given_by"),
    ],
)
def test_half_a_decision_is_refused(
    record: Record, maria: uuid.UUID, wish: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationError) as told:
        record.write(consents.decide, replace(Decision(maria, "data"), **wish))  # type: ignore[arg-type]
    assert told.value.field == field


def test_texts_are_the_owners_to_write(record: Record) -> None:
    desk = record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        record.store.write(desk, save_text, FIRST).result(60)
    assert record.store.read(desk, texts).result(60) == []


def test_consents_of_before_stay_when_the_record_is_upgraded(tmp_path: Path) -> None:
    """A row of version 3 has no text, no role and no paper, and is as it was."""
    path, key = tmp_path / "clinic.db", new_database_key()
    create_file(path, key)
    engine = make_engine(lambda: connect(path, key), writer=True)
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(migrate.__code__.co_filename).parent
    config.set_main_option("script_location", str(folder))
    config.attributes["engine"] = engine
    command.upgrade(config, "0004")
    connection = connect(path, key)
    person, consent = uuid.uuid4().bytes, uuid.uuid4().bytes
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN")
    for name in [row[0] for row in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'capture_consent_%'"
    ).fetchall()]:  # fmt: skip
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(
        "INSERT INTO consent (patient_id, kind, version, status, given_at, given_by, id)"
        " VALUES (?, 'data', '2024', 'active', 5, 'son', ?)",
        (person, consent),
    )
    connection.execute("COMMIT")
    connection.close()
    migrate(engine)
    engine.dispose()

    connection = connect(path, key)
    assert version_of(connection) == HEAD
    assert connection.execute(
        "SELECT version, status, given_by, text_id, by_role, scope, note FROM consent"
    ).fetchall() == [("2024", "active", "son", None, "", None, "")]
    connection.close()
