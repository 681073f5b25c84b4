"""The banner follows the record."""

from __future__ import annotations

import uuid
from dataclasses import replace

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.services import patients
from clinic_desktop.services.patients import UpdatePatient
from clinic_desktop.ui.patients.banner_vm import BannerVM
from clinic_desktop.ui.widgets.patient_banner import AllergyState, PatientCard
from tests.support.records import Record
from tests.ui.patients.conftest import Stage


def test_the_banner_follows_corrections_and_allergies(
    stage: Stage, record: Record, maria: uuid.UUID
) -> None:
    cards: list[PatientCard] = []
    vm = BannerVM(stage.context, stage.window)
    vm.changed.connect(cards.append)
    vm.show_patient(maria)
    stage.until(lambda: len(cards) == 1)
    assert cards[0].allergy_state is AllergyState.NOT_ASKED
    before = record.read(patients.record_of, maria).entry
    after = replace(before, name=HumanName("Петрова", "Мария"))
    record.write(patients.update, UpdatePatient(maria, before, after))
    stage.until(lambda: cards[-1].family == "Петрова")

    def add(uow: UnitOfWork) -> None:
        uow.add(AllergyIntolerance(patient_id=maria, display="Penicillin", reaction="anaphylaxis"))

    record.write(add)
    stage.until(lambda: cards[-1].allergy_state is AllergyState.RECORDED)
    assert cards[-1].allergies == ("Penicillin — anaphylaxis",)


def test_an_answer_for_another_patient_is_dropped(
    stage: Stage, record: Record, maria: uuid.UUID
) -> None:
    cards: list[PatientCard] = []
    vm = BannerVM(stage.context, stage.window)
    vm.changed.connect(cards.append)
    vm.show_patient(maria)
    vm.show_patient(None)
    stage.settle()
    assert cards == []
