"""The samples at their worst: long names, Latin words inside other scripts, several pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from clinic_desktop.printing.invoice import InvoiceDoc, InvoiceLine, Payer, Payment, TaxLine
from clinic_desktop.printing.letterhead import Letterhead
from clinic_desktop.printing.people import Allergies, Patient
from clinic_desktop.printing.prescription import PrescriptionLine
from clinic_desktop.printing.receipt import ReceiptLine
from clinic_desktop.printing.visit_summary import Diagnosis, MedicineLine, Vital
from tests.support import paper_samples as samples
from tests.support.paper_texts import TEXTS

PRODUCT = "Amoxicillin/Clavulanic acid (Augmentin® BID)"
STRENGTH = "875 mg/125 mg"
DOSE = "1 tab. 2×/d (7–10 d)"


@dataclass(frozen=True)
class HardTexts:
    """One language's long and mixed texts."""

    family: str
    given: str
    sig: str
    plan: str
    service: str
    allergy: str


HARD = {
    "en": HardTexts(
        "Featherstonehaugh-Cholmondeley", "Alexandrina Wilhelmina Theodora",
        "Take 1 tablet of Augmentin 875/125 mg every 12 h (after food) for 7–10 days; "
        "no more than 4 g/24 h. If you vomit, call +44 15394 900 100.",
        "HbA1c 7.2% (55 mmol/mol), target <7.0%. Weight -3.5 kg since 01-Oct-2026 [scale B]. "
        "Metformin 850 mg 1×2, then 1,000 mg 1×2 from 12/2026; eGFR ≥ 60 mL/min/1.73 m².",
        "Ultrasound of the abdomen (liver, kidneys, 2 views) with Doppler, 3.5–5 MHz",
        "Amoxicillin (anaphylaxis, 2019)",
    ),
    "ru": HardTexts(
        "Константинопольская-Рождественская", "Александрина Вильгельмина Теодоровна",
        "По 1 таблетке Augmentin 875/125 мг каждые 12 ч (после еды) 7–10 дней; "
        "не больше 4 г за 24 ч. При рвоте звоните +7 912 345-67-89.",
        "HbA1c 7,2 % (55 ммоль/моль), цель < 7,0 %. Масса −3,5 кг с 01.10.2026 [весы Б]. "
        "Метформин 850 мг 1×2, с 12.2026 по 1000 мг 1×2; СКФ ≥ 60 мл/мин/1,73 м².",
        "УЗИ брюшной полости (печень, почки, 2 проекции) с допплером, 3,5–5 МГц",
        "Amoxicillin (анафилаксия, 2019 г.)",
    ),
    "ar": HardTexts(
        "عبد الرحمن الشهراني القحطاني", "محمد عبد العزيز بن عبد اللطيف",
        "قرص واحد من Augmentin 875/125 mg كل 12 ساعة (بعد الأكل) لمدة 7–10 أيام؛ "
        "لا تتجاوز 4 g/24 h. إذا حدث قيء فاتصل على +20 100 555 0199.",
        "HbA1c 7.2% (55 mmol/mol)، والهدف <7.0%. الوزن -3.5 kg منذ 01-10-2026 [ميزان B]. "
        "Metformin 850 mg 1×2 ثم 1,000 mg 1×2 من 12/2026؛ eGFR ≥ 60 mL/min/1.73 m².",
        "موجات فوق صوتية على البطن (الكبد والكلى، 2 وضع) مع Doppler، 3.5–5 MHz",
        "Amoxicillin (صدمة تحسسية، 2019)",
    ),
    "he": HardTexts(
        "בן־אברהם־רוזנצווייג", "אלכסנדרה וילהלמינה תאודורה",
        "טבליה אחת של Augmentin 875/125 mg כל 12 שעות (אחרי האוכל) במשך 7–10 ימים; "
        "לא יותר מ־4 g/24 h. במקרה של הקאה חייגו +972 52 345 6789.",
        "HbA1c 7.2% (55 mmol/mol), היעד <7.0%. המשקל -3.5 kg מאז 01-10-2026 [משקל B]. "
        "Metformin 850 mg 1×2, אחר כך 1,000 mg 1×2 מ־12/2026; eGFR ≥ 60 mL/min/1.73 m².",
        "אולטרסאונד בטן (כבד וכליות, 2 מבטים) עם Doppler, 3.5–5 MHz",
        "Amoxicillin (אנפילקסיס, 2019)",
    ),
    "hi": HardTexts(
        "श्रीवास्तव-चट्टोपाध्याय", "अलकनंदा ज्योतिर्मयी राजलक्ष्मी",
        "Augmentin 875/125 mg की 1 गोली हर 12 घंटे (खाने के बाद) 7–10 दिन तक; "
        "24 घंटे में 4 g से अधिक नहीं। उल्टी हो तो +91 98390 12345 पर फ़ोन करें।",
        "HbA1c 7.2% (55 mmol/mol), लक्ष्य <7.0%। वज़न 01-10-2026 से -3.5 kg [तुला B]। "
        "Metformin 850 mg 1×2, फिर 12/2026 से 1,000 mg 1×2; eGFR ≥ 60 mL/min/1.73 m²।",
        "पेट का अल्ट्रासाउंड (यकृत, गुर्दे, 2 दृश्य) Doppler सहित, 3.5–5 MHz",
        "Amoxicillin (ऐनाफ़िलैक्सिस, 2019)",
    ),
}  # fmt: skip


def hard_letterhead(code: str) -> Letterhead:
    """A practice with a long name and address."""
    head = samples.letterhead(code)
    return replace(
        head,
        practice=f"{head.practice} – {TEXTS[code].hospital}",
        address=f"{head.address}, {TEXTS[code].patient_address}",
        footer=f"{head.footer} · {head.phones[1]}",
    )


def _patient(code: str, who: Patient) -> Patient:
    hard = HARD[code]
    name = replace(who.name, family=hard.family, given=hard.given)
    address = f"{who.address}, {TEXTS[code].address}, {TEXTS[code].room}"
    return replace(who, name=name, address=address)


def _allergies(code: str) -> Allergies:
    return Allergies("recorded", (HARD[code].allergy, TEXTS[code].allergy, "Latex", "NSAID (>2)"))


def prescription(code: str) -> Any:
    """Seven medicines, one a combination with its Latin name."""
    doc = samples.prescription(code)
    hard = PrescriptionLine(
        PRODUCT, STRENGTH, TEXTS[code].form2, DOSE, HARD[code].sig, Decimal(14), TEXTS[code].tablets
    )
    drops = replace(
        doc.lines[0], product=f"{doc.lines[0].product} (Amoxil)", quantity=Decimal("0.5")
    )
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        allergies=_allergies(code),
        lines=(hard, *doc.lines, drops, hard, *doc.lines),
        note=HARD[code].plan,
    )


def invoice(code: str) -> InvoiceDoc:
    """Fifty lines, a payer, a refund among the payments, rounding."""
    t, doc = TEXTS[code], samples.invoice(code)
    line = InvoiceLine(
        HARD[code].service,
        Decimal("1.5"),
        123456789,
        -185185184,
        code="U-12/3",
        detail=t.ecg_detail,
        discount_minor=12345,
        tax="20%",
    )
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        lines=(*doc.lines, line) * 16 + doc.lines,
        payer=Payer(t.hospital, t.address, t.tax_id),
        taxes=(TaxLine(t.tax, 1234567890, 246913578), TaxLine(f"{t.tax} 0%", 0, 0)),
        rounding_minor=-3,
        payments=(Payment(samples.TODAY, t.cash, 100000), Payment(samples.TODAY, "Visa", -2500)),
        due_minor=-151640,
        note=HARD[code].plan,
    )


def credit_note(code: str) -> InvoiceDoc:
    """Everything negative."""
    doc = samples.credit_note(code)
    return replace(doc, patient=_patient(code, doc.patient), lines=invoice(code).lines[:3])


def receipt(code: str) -> Any:
    """A refund with a long service."""
    doc = samples.receipt(code)
    return replace(
        doc,
        lines=(ReceiptLine(HARD[code].service, -185185184, Decimal("1.5"), 123456789), *doc.lines),
        patient=_patient(code, samples.patient(TEXTS[code])).name,
        is_refund=True,
        total_minor=-987654321,
        balance_minor=185185184,
    )


def appointment_slip(code: str) -> Any:
    """A long reason."""
    doc = samples.appointment_slip(code)
    name = _patient(code, samples.patient(TEXTS[code])).name
    return replace(doc, patient=name, reason=HARD[code].service, duration_minutes=1)


def _medicines(code: str) -> tuple[MedicineLine, ...]:
    plain = samples.visit_summary(code).medicines
    return (MedicineLine(PRODUCT, STRENGTH, HARD[code].sig, samples.TODAY), *plain)


def visit_summary(code: str) -> Any:
    """Long texts, many measurements."""
    t, doc = TEXTS[code], samples.visit_summary(code)
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        allergies=_allergies(code),
        vitals=(
            *doc.vitals,
            Vital("SpO₂", "98", "%", t.new),
            Vital("T", "-36.6", "°C"),
            Vital("BMI", "27.4", "kg/m²"),
        ),
        diagnoses=(*doc.diagnoses, Diagnosis(f"{t.problem} (HbA1c 7.2%)", "E11.9", t.new)),
        medicines=_medicines(code) * 3,
        plan=f"{HARD[code].plan}\n{t.plan}",
        findings=" ".join([HARD[code].plan] * 3),
    )


def referral(code: str) -> Any:
    """With everything that can be attached."""
    doc = samples.referral(code)
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        findings=HARD[code].plan,
        medicines=_medicines(code) * 2,
        allergies=_allergies(code),
        attachments=(*doc.attachments, f"{HARD[code].service} (PDF, 2.4 MB)"),
    )


def sick_note(code: str) -> Any:
    """For part of the work, with the diagnosis."""
    doc = samples.sick_note(code)
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        is_partial=True,
        diagnosis=f"I10 {TEXTS[code].diagnosis}",
        replaces="S-2026-0006",
    )


def consent(code: str) -> Any:
    """Refused by a guardian, after a text of several pages."""
    doc = samples.consent(code)
    return replace(
        doc,
        patient=_patient(code, doc.patient),
        text="\n\n".join([HARD[code].plan, doc.text] * 12),
        decision="refused",
        decided_on=samples.TODAY,
        by=TEXTS[code].doctor_family,
    )


def person_label(code: str) -> Any:
    """A long name on a small label."""
    doc = samples.person_label(code)
    return replace(doc, patient=_patient(code, samples.patient(TEXTS[code])).name)


def drug_label(code: str) -> Any:
    """A combination with its Latin name."""
    doc = samples.drug_label(code)
    name = _patient(code, samples.patient(TEXTS[code])).name
    return replace(doc, patient=name, product=PRODUCT, strength=STRENGTH, sig=HARD[code].sig)


HARD_SAMPLES = samples.by_kind(globals())
