"""A chart with a history, written in bulk: as long as a test wants it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.clinical import Condition, Immunization
from clinic_desktop.models.document import DocumentReference
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.medication import MedicationRequest
from clinic_desktop.models.observation import DiagnosticReport, Observation
from clinic_desktop.models.patient import Patient

LABS = (
    ("4548-4", "Hemoglobin A1c", "%", 8.4, "4.0", "6.5"),
    ("2160-0", "Creatinine", "umol/L", 92.0, "44", "97"),
    ("2823-3", "Potassium", "mmol/L", 4.4, "3.5", "5.1"),
    ("2093-3", "Cholesterol", "mmol/L", 5.8, "", "5.2"),
)
VITAL_CODES = (
    ("8480-6", "Systolic pressure", "mm[Hg]", 138.0),
    ("8462-4", "Diastolic pressure", "mm[Hg]", 84.0),
    ("8867-4", "Pulse", "/min", 76.0),
    ("29463-7", "Weight", "kg", 82.0),
    ("8302-2", "Height", "cm", 168.0),
    ("39156-5", "BMI", "kg/m2", 29.1),
)
TERMS = (
    ("E11.9", "Type 2 diabetes mellitus"),
    ("I10", "Essential hypertension"),
    ("J20.9", "Acute bronchitis"),
    ("M54.5", "Low back pain"),
)
DRUGS = ("Metformin 850 mg tablets", "Lisinopril 10 mg tablets", "Atorvastatin 20 mg tablets")


def put_chart(uow: UnitOfWork, visits: int = 12, *, each_days: int = 30) -> uuid.UUID:
    """A patient seen every month; each visit has vital signs, a laboratory report and a note."""
    patient = Patient(
        mrn="A-10007",
        family="Ivanova",
        given="Maria Petrovna",
        sex="female",
        birth_date="1965-02-03",
        allergy_status="not-asked",
    )
    uow.add(patient)
    rows: dict[type, list[dict[str, Any]]] = {}
    for number in range(visits):
        _visit(uow, patient.id, number, uow.now - timedelta(days=each_days * number + 9), rows)
    uow.session.flush()
    for model, values in rows.items():
        uow.session.execute(insert(model), values)
    return patient.id


def _visit(
    uow: UnitOfWork,
    patient_id: uuid.UUID,
    number: int,
    at: Any,
    rows: dict[type, list[dict[str, Any]]],
) -> None:
    visit, report = uow.new_id(), uow.new_id()
    of = {"patient_id": patient_id, "encounter_id": visit}

    def put(model: type, **values: Any) -> None:
        rows.setdefault(model, []).append({"id": uow.new_id(), **of, **values})

    rows.setdefault(Encounter, []).append(
        {
            "id": visit,
            "patient_id": patient_id,
            "practitioner_id": uow.actor.practitioner_id,
            "start_at": at,
            "end_at": at + timedelta(minutes=20),
            "status": "finished",
            "type_display": "Diabetes follow-up",
            "reason": "Check-up",
        }
    )
    put(
        Note,
        kind="imported",
        subjective="Feels well. Home glucose 6.8–8.4 mmol/L in the mornings.",
        plan="Metformin continued. HbA1c and creatinine in 3 months.",
        written_at=at,
    )
    for code, name, unit, value in VITAL_CODES:
        shown = round(value * (1 + (number * 7 % 13 - 6) / 200), 1)
        put(
            Observation,
            category="vital-signs",
            system="http://loinc.org",
            code=code,
            display=name,
            value_kind="quantity",
            value=str(shown),
            value_number=shown,
            unit=unit,
            unit_code=unit,
            effective_at=at,
        )
    rows.setdefault(DiagnosticReport, []).append(
        {
            "id": report,
            **of,
            "category": "LAB",
            "display": "Metabolic panel",
            "effective_at": at,
            "issued_at": at,
        }
    )
    for code, name, unit, value, low, high in LABS:
        shown = round(value * (1 - number / 120 + (number * 5 % 7 - 3) / 60), 1)
        put(
            Observation,
            report_id=report,
            category="laboratory",
            system="http://loinc.org",
            code=code,
            display=name,
            value_kind="quantity",
            value=str(shown),
            value_number=shown,
            unit=unit,
            unit_code=unit,
            reference_low=low,
            reference_high=high,
            effective_at=at,
        )
    code, term = TERMS[number % len(TERMS)]
    put(Condition, code=code, display=term, onset=str(at.date()), recorded_at=at)
    if number < len(DRUGS):
        put(
            MedicationRequest,
            product=DRUGS[number],
            instructions="1 tablet in the morning",
            authored_at=at,
            is_long_term=True,
        )
    if number % 12 == 0:
        put(
            Immunization,
            code="140",
            display="Influenza vaccine",
            occurred_at=at,
            lot_number="7K221",
        )
    if number % 6 == 0:
        put(DocumentReference, display="Discharge summary", dated_at=at, content="Text")
