"""A chart with a history, written in bulk: as long as a test wants it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
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
    uow.session.flush()
    history = _History(uow, patient.id)
    for number in range(visits):
        history.add_visit(number, uow.now - timedelta(days=each_days * number + 9))
    history.write()
    return patient.id


class _History:
    """Rows of one patient, gathered to be written table by table."""

    def __init__(self, uow: UnitOfWork, patient_id: uuid.UUID) -> None:
        self._uow, self._patient_id = uow, patient_id
        self._rows: dict[type, list[dict[str, Any]]] = {}
        self._visit = uow.new_id()

    def write(self) -> None:
        """To the file."""
        for model, values in self._rows.items():
            self._uow.session.execute(insert(model), values)

    def _put(self, model: type, **values: Any) -> None:
        of_visit = {"patient_id": self._patient_id, "encounter_id": self._visit}
        row = {"id": self._uow.new_id(), **of_visit, **values}
        self._rows.setdefault(model, []).append(row)

    def add_visit(self, number: int, at: datetime) -> None:
        """One visit; ``number`` counts back from the latest."""
        self._visit = self._uow.new_id()
        self._rows.setdefault(Encounter, []).append(
            {
                "id": self._visit,
                "patient_id": self._patient_id,
                "practitioner_id": self._uow.actor.practitioner_id,
                "start_at": at,
                "end_at": at + timedelta(minutes=20),
                "status": "finished",
                "type_display": "Diabetes follow-up",
                "reason": "Check-up",
            }
        )
        self._put(
            Note,
            kind="imported",
            subjective="Feels well. Home glucose 6.8–8.4 mmol/L in the mornings.",
            plan="Metformin continued. HbA1c and creatinine in 3 months.",
            written_at=at,
        )
        self._add_vitals(number, at)
        self._add_laboratory(number, at)
        self._add_statements(number, at)

    def _add_vitals(self, number: int, at: datetime) -> None:
        for code, name, unit, usual in VITAL_CODES:
            value = round(usual * (1 + (number * 7 % 13 - 6) / 200), 1)
            self._measure(code, name, unit, value, category="vital-signs", effective_at=at)

    def _add_laboratory(self, number: int, at: datetime) -> None:
        report = self._uow.new_id()
        panel = {"id": report, "category": "LAB", "display": "Metabolic panel"}
        self._put(DiagnosticReport, **panel, effective_at=at, issued_at=at)
        for code, name, unit, usual, low, high in LABS:
            value = round(usual * (1 - number / 120 + (number * 5 % 7 - 3) / 60), 1)
            limits = {"reference_low": low, "reference_high": high}
            of_report = {"report_id": report, "category": "laboratory", "effective_at": at}
            self._measure(code, name, unit, value, **limits, **of_report)

    def _measure(self, code: str, name: str, unit: str, value: float, **values: Any) -> None:
        self._put(
            Observation,
            system="http://loinc.org",
            code=code,
            display=name,
            value_kind="quantity",
            value=str(value),
            value_number=value,
            unit=unit,
            unit_code=unit,
            **values,
        )

    def _add_statements(self, number: int, at: datetime) -> None:
        code, term = TERMS[number % len(TERMS)]
        self._put(Condition, code=code, display=term, onset=str(at.date()), recorded_at=at)
        if number < len(DRUGS):
            self._put(
                MedicationRequest,
                product=DRUGS[number],
                instructions="1 tablet in the morning",
                authored_at=at,
                is_long_term=True,
            )
        if number % 12 == 0:
            vaccine = {"code": "140", "display": "Influenza vaccine", "lot_number": "7K221"}
            self._put(Immunization, **vaccine, occurred_at=at)
        if number % 6 == 0:
            self._put(
                DocumentReference,
                display="Discharge summary",
                dated_at=at,
                content="Sent home well.",
            )
