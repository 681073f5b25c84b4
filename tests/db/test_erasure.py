"""Erasing a patient: not before its time, then nothing left in rows, log, index and files."""

from __future__ import annotations

import json
import uuid
import zlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic_desktop.db import chain
from clinic_desktop.db.log_check import check_log
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.dates import BirthDate, PartialDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import PermissionDeniedError, RuleError, ValidationError
from clinic_desktop.services import drafts, encounters, patients
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import PaperRequest
from clinic_desktop.services.patients import (
    Identifier,
    PatientEntry,
    Phone,
    PostalAddress,
    RegisterPatient,
    Relative,
    UpdatePatient,
)
from clinic_desktop.services.privacy import (
    blanks,
    erasure,
    requests,
    restriction,
    retention,
)
from clinic_desktop.services.privacy.requests import ReceiveRequest
from tests.support import fhir
from tests.support.records import Record

WHY = "Asked for in writing, nothing keeps it"
WORDS = ("Quillfeather", "Zebediah", "QX-77120", "700999111", "Marmalade Row", "Persephone",
         "cinnabar", "aubergine")  # fmt: skip
YEARS = timedelta(days=366 * 11)


@pytest.fixture
def person(record: Record) -> uuid.UUID:
    """Somebody with a little of everything; the words of the record name them."""
    entry = PatientEntry(
        HumanName("Quillfeather", "Zebediah"),
        birth=BirthDate.of(PartialDate.parse("1961-02-03")),
        phones=(Phone("+254 700 999111"),),
        identifiers=(Identifier("QX-77120", "passport"),),
        relatives=(Relative("Persephone Quillfeather", "wife"),),
        address=PostalAddress("4 Marmalade Row"),
        note="likes aubergine",
    )
    made = record.write(patients.register, RegisterPatient(entry, consents=("data",)))
    before = record.read(patients.record_of, made).entry
    changed = replace(before, name=HumanName("Quillfeather-Stone", "Zebediah"))
    record.write(patients.update, UpdatePatient(made, before, changed))
    visit = record.write(encounters.start_visit, patient_id=made).encounter_id
    record.write(encounters.sign, visit, text=NoteText("cinnabar in the eye", "", "", ""))
    ready = record.read(archive.ready, PaperRequest("visit-summary", visit, "en"))
    record.write(archive.came_out, record.write(archive.keep, ready.made))
    record.write(drafts.save_draft, "patient", str(made), {"family": "Quillfeather"})
    record.write(restriction.restrict, made, "claim", "Persephone went to court")
    record.write(restriction.use_anyway, made, "claim", "Persephone asked the court")
    return made


def _everything(record: Record) -> str:
    """All that the decrypted file holds, compressed parts opened."""
    texts: list[str] = []
    for (table,) in record.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ):
        for row in record.rows(f'SELECT * FROM "{table}"'):  # noqa: S608 - of the file itself
            for value in row:
                if isinstance(value, bytes):
                    texts.append(value.decode("utf-8", "ignore"))
                    try:
                        texts.append(zlib.decompress(value).decode("utf-8", "ignore"))
                    except zlib.error:
                        continue
                else:
                    texts.append(str(value))
    return "\n".join(texts)


def test_nothing_is_left_after_the_time_is_over(record: Record, person: uuid.UUID) -> None:
    """Not in rows, not in the log, not in papers, drafts and the index; the log is whole."""
    assert all(word in _everything(record) for word in WORDS)
    words = record.read(erasure.words_of, person)
    record.clock.advance(seconds=YEARS.total_seconds())

    erased = record.write(erasure.erase, person, WHY)

    assert erased.commits > 4
    left = _everything(record)
    assert [word for word in WORDS if word in left] == []
    assert record.read(erasure.places_of, words) == {}
    assert record.read(patients.search, "quillfeather", 5) == []
    assert record.rows("SELECT count(*) FROM blob") == [(0,)]
    report = record.read(lambda reads: check_log(reads.cursor, None))
    assert [each for each in report.findings if each.what != "not-signed-yet"] == []
    assert record.read(lambda reads: chain.verify_chain(reads.cursor)) is None


def test_no_unfinished_text_about_the_person_is_left(record: Record, person: uuid.UUID) -> None:
    (visit,) = [uuid.UUID(bytes=row[0]) for row in record.rows("SELECT id FROM encounter")]
    record.clock.advance(seconds=YEARS.total_seconds())
    bill = InvoiceForm(person, (LineForm("Consultation", 1000),))  # which the law keeps
    issued = record.write(invoices.issue, bill)
    words = {"words": "Zebediah"}
    about = {
        "flag": str(person),
        "diagnosis": str(visit),
        "refund": str(issued.id),
        "document": f"{person} {'0' * 64}",
        "third": f"encounter {visit} 2 value",
    }
    for kind, subject in about.items():
        record.write(drafts.save_draft, kind, subject, words)
    named = {**words, "patient_id": str(person)}
    record.write(drafts.save_draft, "third", f"note {uuid.uuid4()} 2 value", named)
    record.write(drafts.save_draft, "room", "", {"name": "Room 7"})
    record.write(erasure.erase, person, WHY)
    assert [row.kind for row in record.read(drafts.my_drafts)] == ["room"]


def test_the_law_keeps_a_chart_and_says_until_when(record: Record, person: uuid.UUID) -> None:
    plan = record.read(erasure.plan, person)
    assert not plan.is_allowed
    assert plan.hold.until == date(2036, 11, 21)
    with pytest.raises(RuleError, match="21-Nov-2036"):
        record.write(erasure.erase, person, WHY)
    assert "Quillfeather" in _everything(record)


def test_a_child_is_kept_until_it_is_grown(record: Record) -> None:
    entry = PatientEntry(HumanName("Small"), birth=BirthDate.of(PartialDate.parse("2025")))
    child = record.write(patients.register, RegisterPatient(entry))
    assert record.read(retention.hold_of, child).until == date(2050, 12, 31)


def test_other_people_lose_nothing(record: Record, person: uuid.UUID) -> None:
    other = record.write(
        patients.register, RegisterPatient(PatientEntry(HumanName("Otieno", "Zebediah")))
    )
    before = record.rows("SELECT * FROM patient WHERE id = ?", other.bytes)
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)
    assert record.rows("SELECT * FROM patient WHERE id = ?", other.bytes) == before
    assert [row.id for row in record.read(patients.search, "otieno", 5)] == [other]
    assert record.read(erasure.places_of, ("Zebediah",)).keys() == {
        "patient", "patient_fts_data", "sync_commit",
    }  # fmt: skip


def test_bills_stay_whole_while_the_ledger_law_asks_for_them(
    record: Record, person: uuid.UUID
) -> None:
    record.clock.advance(seconds=YEARS.total_seconds())
    lines = (LineForm("Consultation", 150_000),)
    record.write(payments.check_out, InvoiceForm(person, lines), "cash", 150_000)
    number = record.rows("SELECT number, buyer FROM invoice")[0]
    erased = record.write(erasure.erase, person, WHY)

    assert [bill for bill, _until in erased.bills] == [number[0]]
    assert record.rows("SELECT number, buyer FROM invoice") == [number]
    assert record.rows("SELECT family FROM patient") == [("",)]
    record.clock.advance(seconds=YEARS.total_seconds())


def test_the_request_is_closed_and_the_log_says_who_erased(
    record: Record, person: uuid.UUID
) -> None:
    asked = record.write(requests.receive, ReceiveRequest(person, "erasure", asked_by="Persephone"))
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)
    assert record.rows("SELECT id, status, asked_by, is_deleted FROM subject_request") == [
        (asked.bytes, "completed", "", 0)
    ]
    assert record.rows(
        "SELECT user_id FROM audit_event WHERE kind = 'subject.erase' AND patient_id = ?",
        person.bytes,
    ) == [(record.owner.user_id.bytes,)]  # type: ignore[union-attr]


def test_a_body_changed_after_an_erasure_is_found(record: Record, person: uuid.UUID) -> None:
    """The new digest guards what is left as the old one guarded what was."""
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)

    def forge(uow: UnitOfWork) -> None:
        cursor = uow.cursor
        dev, dseq = cursor.execute("SELECT dev, dseq FROM log_redaction").fetchone()
        cursor.execute("DROP TRIGGER guard_sync_commit_update")
        cursor.execute(
            "UPDATE sync_commit SET body = ? WHERE dev = ? AND dseq = ?",
            (zlib.compress(b"\x92\x90\x90", 9), dev, dseq),
        )

    record.write(forge)
    report = record.read(lambda reads: check_log(reads.cursor, None))
    assert "chain" in {each.what for each in report.findings}


def test_rows_and_log_are_held_fast_again_afterwards(record: Record, person: uuid.UUID) -> None:
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)
    with pytest.raises(RuleError):
        record.write(lambda uow: uow.cursor.execute("UPDATE sync_commit SET reason = 'x'"))


def test_an_original_with_other_people_in_it_is_cut(record: Record, tmp_path: Path) -> None:
    """Of a file of many patients only this one's resources go; the others keep their places."""
    first, second = fhir.uid(1), fhir.uid(2)
    lines = [
        fhir.patient(id=first, name=[{"family": "Quillfeather"}]),
        fhir.patient(id=second, name=[{"family": "Otieno"}]),
    ]
    source = tmp_path / "people.ndjson"
    source.write_text("\n".join(json.dumps(each) for each in lines), "utf-8")
    fhir.bring(record, source)
    person = uuid.UUID(
        bytes=record.rows("SELECT id FROM patient WHERE family = 'Quillfeather'")[0][0]
    )
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)

    left = _everything(record)
    assert "Quillfeather" not in left
    assert left.count("Otieno") > 1
    (sha,) = record.rows("SELECT sha256 FROM attachment")[0]
    ((encoding, data),) = record.rows("SELECT encoding, data FROM blob WHERE sha256 = ?", sha)
    kept = (zlib.decompress(data) if encoding else data).decode().split("\n")
    assert kept[0] == "{}"
    assert json.loads(kept[1])["id"] == second


def test_every_column_about_a_person_is_kept_or_emptied_on_purpose() -> None:
    """A table of the registry that knows a patient is touched; ids, states and sums stay."""
    for table in blanks.person_tables():
        if table != "audit_event":
            left = blanks.empty_row(table)
            assert left, table
    assert {"family", "birth_date", "address", "note"} <= blanks.empty_row("patient").keys()
    assert {"subjective", "plan"} <= blanks.empty_row("note").keys()


@pytest.mark.parametrize("role", ["doctor", "receptionist", "administrator"])
def test_only_an_owner_erases(record: Record, person: uuid.UUID, role: str) -> None:
    actor = record.as_role(role)
    with pytest.raises(PermissionDeniedError):
        record.store.write(actor, erasure.erase, person, WHY).result(60)


def test_a_reason_is_needed(record: Record, person: uuid.UUID) -> None:
    with pytest.raises(ValidationError):
        record.write(erasure.erase, person, "because")


def test_who_agreed_to_a_refund_stays_without_its_words(record: Record, person: uuid.UUID) -> None:
    """It is about two people of the practice; what waits for a decision waits no more."""
    form = InvoiceForm(person, (LineForm("ECG", 100),))
    for _time in "ab":
        bill = record.write(checkout_and_pay, form)
        desk = record.as_role("cashier") if _time == "b" else record.owner
        wish = payments.GiveBack(bill, 40, "Quillfeather paid twice")
        record.store.write(desk, payments.refund, wish).result()
    before = record.rows(_DECISIONS)
    assert [row[0] for row in before] == ["completed", "requested"]
    record.clock.advance(seconds=YEARS.total_seconds())
    record.write(erasure.erase, person, WHY)
    done, waits = record.rows(_DECISIONS)
    assert (done, waits[0]) == (before[0], "cancelled")
    assert record.rows("SELECT DISTINCT reason, status_reason FROM task") == [("", "")]


_DECISIONS = """
SELECT status, code, input, requester_id, owner_id, decided_at, output_id, is_self_approved,
 is_deleted
FROM task ORDER BY id"""


def checkout_and_pay(uow: UnitOfWork, form: InvoiceForm) -> uuid.UUID:
    issued = invoices.issue(uow, form)
    payments.take(uow, payments.TakePayment(issued.id, issued.total_minor))
    return issued.id
