"""The list of patients by keys alone, on a real record."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.patients.patients_view import PatientsView
from tests.support.records import Record
from tests.ui.patients.conftest import Stage


@pytest.fixture
def people(record: Record, maria: uuid.UUID) -> dict[str, uuid.UUID]:
    """Мария, who owes something, and two others."""
    found = {"maria": maria}
    for family in ("Otieno", "Ivanenko"):
        entry = PatientEntry(HumanName(family, "Brian"))
        found[family] = record.write(patients.register, RegisterPatient(entry))

    def bill(uow: UnitOfWork) -> None:
        uow.add(
            Invoice(patient_id=maria, status="issued", currency="KES", total_minor=120_000),
            Encounter(patient_id=maria, start_at=uow.now - timedelta(days=19)),
        )

    record.write(bill)
    return found


@pytest.fixture
def view(stage: Stage, people: dict[str, uuid.UUID]) -> PatientsView:
    """The list with three patients."""
    made = PatientsView(stage.context)
    stage.show(made)
    made.go_to(to.Patients())
    stage.settle()
    return made


def names(view: PatientsView) -> list[str]:
    model = view.table.model_
    return [str(model.index(row, 0).data()).split(",")[0] for row in range(model.rowCount())]


def test_everyone_is_listed_by_name(view: PatientsView) -> None:
    assert names(view) == ["IVANENKO Brian", "OTIENO Brian", "ИВАНОВА Мария"]
    assert view.count.text().replace("\u2068", "").replace("\u2069", "") == "3 of 3"


def test_the_filter_finds_in_any_script(stage: Stage, view: PatientsView) -> None:
    stage.keys.type("ivanova")
    stage.until(lambda: names(view) == ["ИВАНОВА Мария"])
    assert view.count.text().replace("\u2068", "").replace("\u2069", "") == "1 of 3"


def test_arrows_choose_and_enter_opens(
    stage: Stage, view: PatientsView, people: dict[str, uuid.UUID]
) -> None:
    stage.keys.press(Qt.Key.Key_Down, times=2)
    assert view.table.current_id() == people["maria"]
    stage.keys.press(Qt.Key.Key_Return)
    assert stage.visited == [to.Chart(people["maria"])]


def test_enter_opens_who_was_typed_however_soon_it_comes(
    stage: Stage, view: PatientsView, people: dict[str, uuid.UUID]
) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Return)
    stage.until(lambda: bool(stage.visited))
    stage.settle()
    assert stage.visited == [to.Chart(people["Otieno"])]


def test_enter_for_a_text_given_up_opens_nobody(stage: Stage, view: PatientsView) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Return)
    stage.keys.type("x")
    stage.until(lambda: view.vm.state.wanted.text == "otienox")
    stage.settle()
    assert stage.visited == []


def test_bare_letters_act_on_the_selected_patient(
    stage: Stage, view: PatientsView, people: dict[str, uuid.UUID]
) -> None:
    view.table.setFocus()
    view.table.select_id(people["Otieno"])
    for key in (Qt.Key.Key_B, Qt.Key.Key_W, Qt.Key.Key_E, Qt.Key.Key_J):
        stage.keys.press(key)
    otieno = people["Otieno"]
    assert stage.visited == [
        to.BookAppointment(otieno),
        to.WalkIn(otieno),
        to.EditPatient(otieno),
        to.MergePatients(otieno),
    ]


def test_the_selected_patient_shows_beside_the_list(
    stage: Stage, view: PatientsView, people: dict[str, uuid.UUID]
) -> None:
    view.table.select_id(people["maria"])
    stage.settle()
    card = view.preview.banner.card()
    assert card.name.endswith("Мария")
    assert card.owes
    stage.click(view.preview, "patients.book")
    assert stage.visited == [to.BookAppointment(people["maria"])]


def test_nobody_found_offers_to_register(stage: Stage, view: PatientsView) -> None:
    stage.keys.type("zuma")
    stage.until(lambda: view.table.model_.rowCount() == 0)
    assert view.count.text().replace("\u2068", "").replace("\u2069", "") == "0 of 3"
    view.table.empty_acted.emit()
    assert stage.visited == [to.RegisterPatient("zuma")]


def test_an_empty_clinic_offers_to_register(stage: Stage) -> None:
    view = PatientsView(stage.context)
    stage.show(view)
    view.go_to(to.Patients())
    stage.settle()
    view.table.empty_acted.emit()
    assert stage.visited == [to.RegisterPatient("")]


def test_who_owes_comes_with_the_largest_debt_first(
    stage: Stage, view: PatientsView, people: dict[str, uuid.UUID]
) -> None:
    view.owing.click()
    stage.until(lambda: names(view) == ["ИВАНОВА Мария"])
    view.owing.click()
    stage.until(lambda: len(names(view)) == 3)


def test_a_column_sorts_the_list(stage: Stage, view: PatientsView) -> None:
    view.table.model_.sort(3, Qt.SortOrder.DescendingOrder)
    stage.until(lambda: names(view)[0] == "ИВАНОВА Мария")


def test_others_changes_appear_and_the_selection_stays(
    stage: Stage, view: PatientsView, record: Record, people: dict[str, uuid.UUID]
) -> None:
    view.table.select_id(people["Otieno"])
    entry = PatientEntry(HumanName("Abara", "Chidi"))
    record.write(patients.register, RegisterPatient(entry))
    stage.until(lambda: "ABARA Chidi" in names(view))
    assert view.table.current_id() == people["Otieno"]


def test_a_balance_changed_elsewhere_is_shown(
    stage: Stage, view: PatientsView, record: Record, people: dict[str, uuid.UUID]
) -> None:
    def bill(uow: UnitOfWork) -> None:
        uow.add(Invoice(patient_id=people["Otieno"], status="issued", currency="KES",
                        total_minor=700))  # fmt: skip

    record.write(bill)
    place = view.table.model_.place_of(people["Otieno"])
    stage.until(lambda: "7.00" in str(view.table.model_.index(place, 4).data()))


def test_the_destination_carries_a_filter(stage: Stage, view: PatientsView) -> None:
    view.go_to(to.Patients("otieno"))
    stage.until(lambda: names(view) == ["OTIENO Brian"])
    assert view.field.text() == "otieno"


def test_the_table_is_a_sound_model(stage: Stage, view: PatientsView) -> None:
    tester = QAbstractItemModelTester(view.table.model_)
    stage.keys.type("brian")
    stage.until(lambda: len(names(view)) == 2)
    tester.deleteLater()


def test_the_actions_name_what_the_letters_do(view: PatientsView) -> None:
    letters = {action.shortcut for action in view.screen_actions() if len(action.shortcut) == 1}
    assert letters == set(view.table.letters.actions)
