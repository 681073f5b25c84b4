"""What was printed is kept to the byte; what is printed again says that it is a copy."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

import pypdfium2 as pdfium
import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.medication import MedicationRequest, Prescription
from clinic_desktop.models.patient import Consent, Patient
from clinic_desktop.models.privacy import ConsentText
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.papers import archive, making, money
from clinic_desktop.services.papers.archive import ReadyPaper
from clinic_desktop.services.papers.making import KINDS_MADE, PaperRequest
from tests.support.records import Record


def _text(pdf: bytes) -> str:
    document = pdfium.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@pytest.fixture
def subjects(record: Record) -> dict[str, uuid.UUID]:
    """One row for every kind of paper."""

    def fill(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        patient = Patient(
            family="Иванова", given="Мария", mrn="A1-000007-4", sex="female",
            birth_date="1955-03-14", allergy_status="none-known",
        )  # fmt: skip
        uow.add(patient)
        visit = Encounter(patient_id=patient.id, start_at=uow.now, reason="Cough")
        rx = Prescription(
            patient_id=patient.id, number="A1-P-2026-000001", issued_at=uow.now, language="en"
        )
        uow.add(visit, rx)
        line = MedicationRequest(
            patient_id=patient.id, prescription_id=rx.id, product="Amoxicillin",
            strength="500 mg", form="capsule", instructions="Take 1 capsule 3 times a day.",
            quantity_value="21", quantity_unit="capsule",
        )  # fmt: skip
        note = Note(encounter_id=visit.id, patient_id=patient.id, written_at=uow.now, plan="Rest")
        slot = Appointment(patient_id=patient.id, start_at=uow.now, end_at=uow.now, code="K7Q2MW")
        letter = Referral(
            patient_id=patient.id, number="A1-L-2026-000001", recipient="City Hospital",
            issued_at=uow.now,
        )  # fmt: skip
        leave = SickNote(
            patient_id=patient.id, number="A1-S-2026-000001", start_on=uow.today,
            end_on=uow.today, issued_at=uow.now,
        )  # fmt: skip
        text = ConsentText(
            kind="data", version="1", title="Your data", body="We keep it.", issued_at=uow.now
        )
        uow.add(line, note, slot, letter, leave, text)
        asked = Consent(
            patient_id=patient.id, kind="data", status="proposed", given_at=uow.now,
            text_id=text.id, version="1",
        )  # fmt: skip
        uow.add(asked)
        return {
            "patient": patient.id, "visit-summary": visit.id, "prescription": rx.id,
            "appointment-slip": slot.id, "referral": letter.id, "sick-note": leave.id,
            "person-label": patient.id, "consent": asked.id,
        }  # fmt: skip

    found = record.write(fill)
    lines = (LineForm("Consultation", 150_000, tax_name="VAT", tax_bp=1600, tax_inclusive=True),)
    done = record.write(payments.check_out, InvoiceForm(found["patient"], lines), "cash", 200_000)
    assert done.payment is not None
    return found | {"invoice": done.invoice.id, "receipt": done.payment.id}


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
@pytest.mark.parametrize("kind", KINDS_MADE)
def test_every_paper_is_made_from_its_row(
    record: Record, subjects: dict[str, uuid.UUID], kind: str, language: str
) -> None:
    """Each kind gives a PDF that names the patient, in every language of the window."""
    made = record.read(making.make, PaperRequest(kind, subjects[kind], language))

    assert made.pdf.startswith(b"%PDF")
    assert made.patient_id == subjects["patient"]
    assert made.missing == ""
    assert "иванова" in _text(made.pdf).lower()


def _print(record: Record, kind: str, subject: uuid.UUID, **choices: str) -> ReadyPaper:
    """As the desk does: make ready, keep, and say that it came out."""
    ready = record.read(archive.ready, PaperRequest(kind, subject, **choices))
    assert ready.kept_id is None
    kept = record.write(archive.keep, ready.made, original_id=ready.original_id, waits=True)
    record.write(archive.came_out, kept)
    return ready


@pytest.mark.parametrize("kind", sorted(archive.NUMBERED))
def test_what_is_printed_again_is_the_kept_paper_with_a_mark(
    record: Record, subjects: dict[str, uuid.UUID], kind: str
) -> None:
    """Whatever has changed since: the copy shows what the first print showed."""
    first = _print(record, kind, subjects[kind], language="en")
    record.write(lambda uow: setattr(uow.session.get_one(Patient, subjects["patient"]),
                                     "family", "Other"))  # fmt: skip
    copies = [_print(record, kind, subjects[kind], language="en") for _ in range(2)]

    assert "COPY" not in _text(first.made.pdf)
    assert "COPY 1" in _text(copies[0].made.pdf)
    assert "COPY 2" in _text(copies[1].made.pdf)
    assert "COPY 1" not in _text(copies[1].made.pdf)
    assert "иванова" in _text(copies[1].made.pdf).lower()
    rows = record.read(archive.kept, subjects[kind])
    assert [row.is_reprint for row in rows] == [False, True, True]
    assert record.read(archive.kept_pdf, rows[0].id) == first.made.pdf
    assert rows[0].sha256 == hashlib.sha256(first.made.pdf).hexdigest()


def test_a_copy_in_another_language_is_a_copy_too(
    record: Record, subjects: dict[str, uuid.UUID]
) -> None:
    """There is one original, however often and in whatever form it is printed."""
    _print(record, "invoice", subjects["invoice"], language="en")
    other = _print(record, "invoice", subjects["invoice"], language="ru", paper="a5")

    assert other.made.paper == "a5"
    assert "КОПИЯ 1" in _text(other.made.pdf)


def test_what_never_came_out_is_still_the_original(
    record: Record, subjects: dict[str, uuid.UUID]
) -> None:
    """A printer without paper does not make the next print a copy."""
    wish = PaperRequest("prescription", subjects["prescription"], "en")
    jammed = record.read(archive.ready, wish)
    kept = record.write(archive.keep, jammed.made, "Jammed", waits=True)

    again = record.read(archive.ready, wish)
    assert (again.kept_id, again.original_id, again.made.pdf) == (kept, None, jammed.made.pdf)

    other = record.read(archive.ready, replace(wish, paper="a6"))
    assert (other.kept_id, other.original_id) == (None, None)

    record.write(archive.came_out, kept)
    assert record.read(archive.ready, wish).original_id == kept


@pytest.mark.parametrize("kind", ["visit-summary", "appointment-slip", "person-label"])
def test_papers_without_a_number_are_made_anew(
    record: Record, subjects: dict[str, uuid.UUID], kind: str
) -> None:
    """A moved appointment is told as it is now, and is no copy."""
    for _ in range(2):
        assert "COPY" not in _text(_print(record, kind, subjects[kind], language="en").made.pdf)


@pytest.mark.parametrize("inclusive", [(True, True), (False, False), (True, False)])
@pytest.mark.parametrize("discount_bp", [0, 1250])
def test_the_lines_of_an_invoice_come_to_its_total(
    record: Record,
    subjects: dict[str, uuid.UUID],
    inclusive: tuple[bool, bool],
    discount_bp: int,
) -> None:
    """Whoever adds up what is printed arrives at what is asked for."""
    lines = tuple(
        LineForm(name, price, quantity, discount_bp=500, tax_name="VAT", tax_bp=rate,
                 tax_inclusive=inside)
        for name, price, quantity, rate, inside in (
            ("Visit", 150_033, "1", 1600, inclusive[0]), ("Swab", 3_337, "1.5", 700, inclusive[1]),
            ("Letter", 999, "3", 0, False),
        )
    )  # fmt: skip
    form = InvoiceForm(subjects["patient"], lines, discount_bp=discount_bp, discount_reason="staff")
    issued = record.write(invoices.issue, form)
    note = record.write(invoices.credit, issued.id, "wrong person").made
    assert note is not None
    for document, total in ((issued, issued.total_minor), (note, -issued.total_minor)):
        doc = record.read(money.invoice_doc, document.id, ENGLISH)
        added = 0 if doc.tax_included else sum(tax.amount_minor for tax in doc.taxes)
        assert sum(line.total_minor for line in doc.lines) == doc.subtotal_minor
        assert doc.subtotal_minor - doc.discount_minor + added == doc.total_minor == total


def test_a_receipt_tells_a_part_from_the_whole_and_a_refund_from_both(
    record: Record, subjects: dict[str, uuid.UUID]
) -> None:
    """What was given back is an amount, not a minus: nobody hands over less than nothing."""
    form = InvoiceForm(subjects["patient"], (LineForm("Consultation", 150_000),))
    issued = record.write(invoices.issue, form)
    part = record.write(payments.take, TakePayment(issued.id, 50_000))
    rest = record.write(payments.take, TakePayment(issued.id, 100_000))
    back = record.write(payments.refund, GiveBack(issued.id, 20_000, "Paid twice")).made
    assert back is not None

    docs = [record.read(money.receipt_doc, each.id, ENGLISH) for each in (part, rest, back)]
    assert [doc.total_minor for doc in docs] == [50_000, 100_000, 20_000]
    assert [doc.is_part for doc in docs] == [True, True, False]
    made = record.read(making.make, PaperRequest("receipt", back.id, "en"))
    assert "Refund receipt" in _text(made.pdf)
    assert "-" not in _text(made.pdf).split("Refunded", 1)[1].split("Paid by", 1)[0]


def test_archive_cannot_be_altered(record: Record, subjects: dict[str, uuid.UUID]) -> None:
    """A row of the archive is refused any change."""
    made = record.read(making.make, PaperRequest("receipt", subjects["receipt"]))
    record.write(archive.keep, made)

    with pytest.raises(RuleError):
        record.write(lambda uow: uow.cursor.execute("UPDATE printed_document SET sha256 = 'x'"))


def test_what_cannot_be_printed_is_said(record: Record, subjects: dict[str, uuid.UUID]) -> None:
    """Unknown kind, unknown row, and a paper the document is not made for."""
    with pytest.raises(ValidationError):
        record.read(making.make, PaperRequest("horoscope", subjects["receipt"]))
    with pytest.raises(NotFoundError):
        record.read(making.make, PaperRequest("invoice", uuid.UUID(int=5)))
    with pytest.raises(ValidationError):
        record.read(making.make, PaperRequest("invoice", subjects["invoice"], paper="roll-58"))
