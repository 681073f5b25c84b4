"""One made-up document of every kind, in every language paper is judged in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from clinic_desktop.domain.partial_dates import BirthDate
from clinic_desktop.i18n import Language
from clinic_desktop.printing.appointment_slip import AppointmentSlipDoc
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.printing.consent import ConsentDoc
from clinic_desktop.printing.invoice import (
    InvoiceDoc,
    InvoiceKind,
    InvoiceLine,
    Payment,
    TaxLine,
)
from clinic_desktop.printing.labels import DrugLabelDoc, PersonLabelDoc
from clinic_desktop.printing.letterhead import Letterhead
from clinic_desktop.printing.people import Allergies, Clinician, Patient, PersonName
from clinic_desktop.printing.prescription import PrescriptionDoc, PrescriptionLine
from clinic_desktop.printing.receipt import ReceiptDoc, ReceiptLine
from clinic_desktop.printing.referral import Recipient, ReferralDoc
from clinic_desktop.printing.sick_note import SickNoteDoc
from clinic_desktop.printing.stamp import ReprintMark
from clinic_desktop.printing.visit_summary import (
    Diagnosis,
    MedicineLine,
    VisitSummaryDoc,
    Vital,
)
from tests.support.paper_texts import TEXTS, PaperTexts

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 10, 41, tzinfo=UTC)
VERIFY = "https://verify.example/A3-2026-000124/K7Q2-88PM"


def paper_language(code: str) -> Language:
    """The language with the sample country's formats."""
    return Language(code, TEXTS[code].region)


@cache
def sample_logo() -> bytes:
    """A green cross on white, as PNG."""
    picture = Image.new("RGBA", (320, 320), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((10, 10, 310, 310), 60, fill=(11, 107, 115, 255))
    pen.rounded_rectangle((130, 65, 190, 255), 14, fill="white")
    pen.rounded_rectangle((65, 130, 255, 190), 14, fill="white")
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def letterhead(code: str) -> Letterhead:
    """The practice's paper."""
    t = TEXTS[code]
    return Letterhead(
        practice=t.practice,
        address=t.address,
        phones=t.phones,
        email="desk@clinic.example",
        tax_id=t.tax_id,
        registration=t.registration,
        logo=sample_logo(),
        footer=t.footer,
    )


def reprint(code: str) -> ReprintMark:
    """A second print by the cashier."""
    return ReprintMark(2, NOW, TEXTS[code].cashier)


def patient(t: PaperTexts) -> Patient:
    """A woman of 71."""
    birth = BirthDate.of(date(1955, 3, 14))
    name = PersonName(t.family, t.given, t.middle)
    return Patient(name, birth, "female", "10-4471", t.phone, t.patient_address)


def doctor(t: PaperTexts) -> Clinician:
    """Her doctor."""
    name = PersonName(t.doctor_family, t.doctor_given, prefix=t.doctor_prefix, family_first=False)
    return Clinician(name, t.qualification, t.doctor_registration, t.phones[0])


def prescription(code: str) -> PrescriptionDoc:
    """Two medicines, one repeated."""
    t = TEXTS[code]
    return PrescriptionDoc(
        number="A3-2026-000124",
        issued_on=TODAY,
        valid_until=date(2026, 12, 21),
        patient=patient(t),
        prescriber=doctor(t),
        allergies=Allergies("recorded", (t.allergy,)),
        weight_kg=Decimal("72.5"),
        diagnosis=f"I10 {t.diagnosis}",
        lines=(
            PrescriptionLine(
                t.product, "500 mg", t.form, "500 mg 1×3, 7 d", t.sig, Decimal(21), t.capsules
            ),
            PrescriptionLine(
                t.product2,
                "5 mg",
                t.form2,
                "5 mg 1×1",
                t.sig2,
                Decimal(90),
                t.tablets,
                repeats=3,
                substitution_allowed=False,
            ),
        ),
        verify=VERIFY,
        verify_code="K7Q2-88PM",
    )


def _lines(t: PaperTexts, *, sign: int = 1) -> tuple[InvoiceLine, ...]:
    return (
        InvoiceLine(t.visit, Decimal(1), 150000, sign * 150000, code="A01", tax=""),
        InvoiceLine(
            t.ecg,
            Decimal(2),
            60000,
            sign * 108000,
            code="E12",
            detail=t.ecg_detail,
            discount_minor=sign * 12000,
            tax="20%",
        ),
    )


def invoice(code: str) -> InvoiceDoc:
    """Two services, a discount, a tax, a part payment."""
    t = TEXTS[code]
    return InvoiceDoc(
        number="A3-2026-000124",
        issued_on=TODAY,
        due_on=date(2026, 12, 5),
        patient=patient(t),
        currency=t.currency,
        lines=_lines(t),
        subtotal_minor=258000,
        discount_minor=25800,
        discount_reason=t.discount_reason,
        taxes=(TaxLine(t.tax, 97200, 19440),),
        total_minor=251640,
        payments=(Payment(TODAY, t.cash, 100000),),
        paid_minor=100000,
        due_minor=151640,
        pay="https://pay.example/A3-2026-000124",
    )


def credit_note(code: str) -> InvoiceDoc:
    """One service taken back."""
    t = TEXTS[code]
    return InvoiceDoc(
        number="A3-2026-000131",
        issued_on=TODAY,
        patient=patient(t),
        currency=t.currency,
        kind=InvoiceKind.CREDIT_NOTE,
        refers_to="A3-2026-000124",
        lines=_lines(t, sign=-1)[:1],
        subtotal_minor=-150000,
        total_minor=-150000,
        due_minor=-150000,
    )


def receipt(code: str) -> ReceiptDoc:
    """Cash with change."""
    t = TEXTS[code]
    return ReceiptDoc(
        number="A3-2026-000412",
        issued_at=NOW,
        currency=t.currency,
        lines=(
            ReceiptLine(t.visit, 150000),
            ReceiptLine(t.ecg, 120000, Decimal(2), 60000),
        ),
        discount_minor=12000,
        taxes=(TaxLine(t.tax, 90000, 18000),),
        total_minor=276000,
        method=t.cash,
        cashier=t.cashier,
        patient=patient(t).name,
        invoice_number="A3-2026-000124",
        tendered_minor=300000,
        change_minor=24000,
        qr="t=20261121T1041&s=2760.00&fn=99990789",
    )


def appointment_slip(code: str) -> AppointmentSlipDoc:
    """Two weeks from now, fasting."""
    t = TEXTS[code]
    return AppointmentSlipDoc(
        starts_at=datetime(2026, 12, 4, 9, 15, tzinfo=UTC),
        patient=patient(t).name,
        doctor=doctor(t).name.plain,
        room=t.room,
        reason=t.reason,
        duration_minutes=20,
        code="K7Q2",
        qr="clinic:appointment:K7Q2",
        preparation=t.preparation,
    )


def _medicines(t: PaperTexts) -> tuple[MedicineLine, ...]:
    return (
        MedicineLine(t.product, "500 mg", t.sig, date(2026, 11, 28), t.new),
        MedicineLine(t.product2, "5 mg", t.sig2),
    )


def visit_summary(code: str) -> VisitSummaryDoc:
    """A visit for blood pressure."""
    t = TEXTS[code]
    return VisitSummaryDoc(
        visited_on=TODAY,
        patient=patient(t),
        clinician=doctor(t),
        reason=t.reason,
        problems=(t.problem,),
        allergies=Allergies("recorded", (t.allergy,)),
        vitals=(
            Vital(t.pressure, "148/92", "mmHg"),
            Vital(t.pulse, "76", "/min"),
            Vital(t.weight, "72.5", "kg"),
        ),
        diagnoses=(Diagnosis(t.diagnosis, "I10"),),
        medicines=_medicines(t),
        plan=t.plan,
        advice=t.advice,
        follow_up_at=datetime(2026, 12, 4, 9, 15, tzinfo=UTC),
        follow_up=f"{doctor(t).name.plain}, {t.room}",
    )


def referral(code: str) -> ReferralDoc:
    """To a cardiologist, urgent."""
    t = TEXTS[code]
    return ReferralDoc(
        number="R-2026-0031",
        issued_on=TODAY,
        patient=patient(t),
        referrer=doctor(t),
        recipient=Recipient(t.hospital, t.department, phone=t.phones[1]),
        urgency="urgent",
        reason=t.reason,
        question=t.question,
        history=t.problem,
        diagnoses=(Diagnosis(t.diagnosis, "I10"),),
        medicines=_medicines(t),
        allergies=Allergies("none-known", asked_on=date(2026, 1, 12)),
        attachments=(t.ecg,),
        verify=VERIFY,
        verify_code="K7Q2-88PM",
    )


def sick_note(code: str) -> SickNoteDoc:
    """A week and a day."""
    t = TEXTS[code]
    return SickNoteDoc(
        number="S-2026-0007",
        issued_on=TODAY,
        examined_on=TODAY,
        patient=patient(t),
        clinician=doctor(t),
        unfit_from=TODAY,
        unfit_to=date(2026, 11, 28),
        days=8,
        employer=t.employer,
        occupation=t.occupation,
        restrictions=t.restrictions,
        returns_on=date(2026, 11, 29),
        verify=VERIFY,
        verify_code="K7Q2-88PM",
    )


def person_label(code: str) -> PersonLabelDoc:
    """For a tube of blood."""
    t = TEXTS[code]
    who = patient(t)
    return PersonLabelDoc(
        patient=who.name,
        printed_on=TODAY,
        birth=who.birth,
        sex=who.sex,
        number=who.number,
        barcode="10-4471",
        lines=(f"{t.specimen} · 10:41",),
    )


def consent(code: str) -> ConsentDoc:
    """Still to be signed."""
    t = TEXTS[code]
    return ConsentDoc(
        name=t.visit,
        version="3",
        printed_on=TODAY,
        patient=patient(t),
        text=f"{t.advice}\n\n{t.plan} {t.question}",
    )


def drug_label(code: str) -> DrugLabelDoc:
    """For the box of capsules."""
    t = TEXTS[code]
    return DrugLabelDoc(
        patient=patient(t).name,
        product=t.product,
        strength="500 mg",
        sig=t.sig.split(".")[0],
        quantity="21",
        batch="LOT 88A1",
        expires_on=date(2027, 6, 30),
        dispensed_on=TODAY,
    )


def by_kind(functions: dict[str, Any]) -> dict[str, Callable[[str], Any]]:
    """A module's functions from a language to a document, by the kind they are named after."""
    return {kind: functions[kind.replace("-", "_")] for kind in KINDS}


SAMPLES = by_kind(globals())
