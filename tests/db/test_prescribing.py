"""A prescription says what was meant, and nothing harmful leaves without a reason."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import PermissionDeniedError, ValidationError
from clinic_desktop.models.medication import MedicationRequest
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.allergies import RecordAllergy, record_allergy, record_none_known
from clinic_desktop.services.chart_medicines import medicines_of
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import Prescribe
from tests.support.records import Record

AMOXICILLIN = LineForm("Amoxicillin", "1 cap 3x/day 7d", "500 mg", "capsule")


@pytest.fixture
def patient_id(record: Record) -> uuid.UUID:
    """Somebody to treat, who reads Russian."""

    def add(uow: UnitOfWork) -> uuid.UUID:
        patient = Patient(family="Иванова", given="Мария", mrn="A1-7", language="ru")
        uow.add(patient)
        return patient.id

    return record.write(add)


def test_line_becomes_structure_quantity_and_sentence(
    record: Record, patient_id: uuid.UUID
) -> None:
    """Typed directions give dose, frequency, duration, the quantity and the patient's sentence."""
    record.write(record_none_known, patient_id)

    seen = record.read(prescriptions.preview, patient_id, AMOXICILLIN, "en")

    assert (seen.line.quantity_value, seen.line.quantity_unit) == ("21", "capsule")
    assert seen.line.sig.startswith("Take 1 capsule")
    assert "7 days" in seen.line.sig
    assert seen.safety.alerts == ()
    assert "allergies" in seen.safety.checked
    assert "interactions" in seen.safety.unchecked


def test_prescription_is_numbered_and_in_the_chart(record: Record, patient_id: uuid.UUID) -> None:
    """Two prescriptions have following numbers; their lines are the chart's medicines."""
    first = record.write(prescriptions.prescribe, Prescribe(patient_id, (AMOXICILLIN,)))
    second = record.write(
        prescriptions.prescribe,
        Prescribe(patient_id, (LineForm("Metformin", "1 tab bd 30d", "850 mg", "tablet"),)),
    )

    assert (first.number[-6:], second.number[-6:]) == ("000001", "000002")
    products = {row.product for row in record.read(medicines_of, patient_id)}
    assert products == {"Amoxicillin", "Metformin"}


def test_allergy_stops_the_line_until_a_reason_is_given(
    record: Record, patient_id: uuid.UUID
) -> None:
    """A recorded penicillin allergy stands against amoxicillin; the reason is kept."""
    record.write(
        record_allergy,
        RecordAllergy(patient_id, "Penicillin", criticality="high", reaction="anaphylaxis"),
    )

    with pytest.raises(ValidationError) as refused:
        record.write(prescriptions.prescribe, Prescribe(patient_id, (AMOXICILLIN,)))
    assert refused.value.field == "lines[1].override_reason"
    assert record.rows("SELECT count(*) FROM prescription") == [(0,)]

    meant = LineForm(
        "Amoxicillin", "1 cap 3x/day 7d", "500 mg", "capsule",
        override_reason="Tolerated in 2024, allergy refuted by test",
    )  # fmt: skip
    record.write(prescriptions.prescribe, Prescribe(patient_id, (meant,)))

    kept = record.rows("SELECT override_reason FROM medication_request")
    assert kept == [("Tolerated in 2024, allergy refuted by test",)]
    assert "Penicillin" in record.rows("SELECT allergy_check FROM prescription")[0][0]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (LineForm("", "1 tab od"), "product"),
        (LineForm("Aspirin", "take some"), "directions"),
        (LineForm("Aspirin", "0 tab od 5d"), "directions"),
        (LineForm("Aspirin", "1 tab od 5d", quantity="many"), "quantity"),
        (LineForm("Aspirin", "1 tab od 5d", quantity="nan"), "quantity"),
        (LineForm("Aspirin", "1 tab od 5d", quantity="inf"), "quantity"),
        (LineForm("Aspirin", "1 tab od 5d", quantity="-1"), "quantity"),
        (LineForm("Aspirin", "1 tab od 5d", repeats=99), "repeats"),
        (LineForm("Digoxin", "10 tab od 5d"), "directions"),
        (LineForm("Omeprazole", "½ cap od 5d"), "directions"),
    ],
)
def test_what_cannot_be_taken_cannot_be_prescribed(
    record: Record, patient_id: uuid.UUID, form: LineForm, field: str
) -> None:
    """No product, words for a dose, nothing, letters, a lost decimal point, half a capsule."""
    with pytest.raises(ValidationError) as refused:
        record.write(prescriptions.prescribe, Prescribe(patient_id, (form,)))

    assert refused.value.field == f"lines[1].{field}"
    assert form.product in refused.value.message
    assert record.rows("SELECT count(*) FROM medication_request") == [(0,)]


@pytest.mark.parametrize(
    "directions",
    [
        "1 cap 3x/d 7d",
        "1 tab 1-0-1 10d",
        "2 puff q6h prn max 4/d 5d",
        "5 ml 2x/d 2w",
        "1 tab 3x/week 4w",
        "10 units at bedtime 30d",
        "1-2x/d after meals 7d",
    ],
)
def test_repeated_line_means_the_same(
    record: Record, patient_id: uuid.UUID, directions: str
) -> None:
    """Prescribed again, a line has the same structure and sentence as the first time."""
    form = LineForm("Medicine", directions)
    record.write(prescriptions.prescribe, Prescribe(patient_id, (form,)))
    row = record.read(medicines_of, patient_id)[0]

    again = record.read(prescriptions.form_again, [row.id])
    record.write(prescriptions.prescribe, Prescribe(patient_id, again))

    stored = record.rows(
        "SELECT DISTINCT dose_value, dose_unit, frequency, as_needed, duration_value,"
        " duration_unit, quantity_value, instructions FROM medication_request"
    )
    assert len(stored) == 1


def test_a_line_that_says_more_than_we_know_is_not_guessed(
    record: Record, patient_id: uuid.UUID
) -> None:
    """An imported schedule by days of the week must not come back as once a day."""
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon"]}

    def add(uow: UnitOfWork) -> uuid.UUID:
        row = MedicationRequest(
            patient_id=patient_id, product="Methotrexate", frequency=repeat, authored_at=uow.now
        )
        uow.add(row)
        return row.id

    (again,) = record.read(prescriptions.form_again, [record.write(add)])
    assert (again.product, again.directions) == ("Methotrexate", "")


def test_a_quantity_is_repeated_only_if_it_was_typed(record: Record, patient_id: uuid.UUID) -> None:
    """Worked out again otherwise, so that it follows a course made longer."""
    forms = (LineForm("A", "1 tab 2x/d 7d"), LineForm("B", "1 tab 2x/d 7d", quantity="30"))
    record.write(prescriptions.prescribe, Prescribe(patient_id, forms))
    rows = {row.product: row.id for row in record.read(medicines_of, patient_id)}
    again = [record.read(prescriptions.form_again, [rows[name]])[0] for name in "AB"]
    assert [form.quantity for form in again] == ["", "30"]


def test_favourites_learn(record: Record, patient_id: uuid.UUID) -> None:
    """What was prescribed is offered next time, the most frequent first."""
    for form in (AMOXICILLIN, LineForm("Ibuprofen", "1 tab tid 3d", "400 mg"), AMOXICILLIN):
        record.write(prescriptions.prescribe, Prescribe(patient_id, (form,)))

    offered = record.read(prescriptions.favourites)

    assert [each.label for each in offered] == ["Amoxicillin 500 mg capsule", "Ibuprofen 400 mg"]
    assert offered[0].form.directions == "1 cap 3x/day 7d"
    assert [each.label for each in record.read(prescriptions.favourites, "ibu 400")] == [
        "Ibuprofen 400 mg"
    ]


def test_favourites_are_found_in_any_script(record: Record, patient_id: uuid.UUID) -> None:
    """Small letters find a Russian name that begins with a capital."""
    form = LineForm("Амоксициллин", "1 cap 3x/day 7d")
    record.write(prescriptions.prescribe, Prescribe(patient_id, (form,)))

    found = record.read(prescriptions.favourites, "амокс")

    assert [each.label for each in found] == ["Амоксициллин"]


def test_stopping_needs_a_reason_and_keeps_the_line(record: Record, patient_id: uuid.UUID) -> None:
    """A stopped medicine is past, not gone."""
    record.write(prescriptions.prescribe, Prescribe(patient_id, (AMOXICILLIN,)))
    row = record.read(medicines_of, patient_id)[0]

    with pytest.raises(ValidationError):
        record.write(prescriptions.stop_medicine, row.id, " ")
    record.write(prescriptions.stop_medicine, row.id, "Rash")

    assert record.read(medicines_of, patient_id) == []
    past = record.read(medicines_of, patient_id, with_past=True)
    assert [(each.status, each.stop_reason) for each in past] == [("stopped", "Rash")]


def test_receptionist_cannot_prescribe(record: Record, patient_id: uuid.UUID) -> None:
    """Prescribing needs a doctor."""
    other = record.as_role("receptionist")

    with pytest.raises(PermissionDeniedError):
        record.store.write(
            other, prescriptions.prescribe, Prescribe(patient_id, (AMOXICILLIN,))
        ).result()
