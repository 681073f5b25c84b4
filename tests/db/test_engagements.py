"""An auditor is let in until a day, sees and changes nothing, and is out afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import (
    NARROWED,
    OBJECT_CONDITIONS,
    PERMISSIONS,
    SYSTEM,
    Actor,
    allowed,
)
from clinic_desktop.errors import PermissionDeniedError, ValidationError, WrongPasswordError
from clinic_desktop.security import membership_chain
from clinic_desktop.services import note_templates, patients, people, practice
from clinic_desktop.services.audit import reminders, seen
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.people import NewPerson
from tests.proofs.permissions import matrix, oracle
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD

LAST = date(2026, 11, 30)
RUTH = NewPerson("ruth", "Ruth Njeri", ("auditor",), until=LAST, reason="Yearly audit")
RUTH_PASSWORD = "green kettle garden"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON, seed=1000)


@pytest.fixture
def opened(clinic_dir: DataDir, clock: FixedClock) -> Iterator[Clinic]:
    """The clinic, its owner signed in, with an auditor for nine days."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    found.keys.cost = CHEAP
    found.add_person(RUTH, RUTH_PASSWORD)
    yield found
    found.close()


def test_the_end_is_signed_and_kept_at_the_door(opened: Clinic, clock: FixedClock) -> None:
    """Through the last day of the clinic's calendar, however the clock is turned."""
    entries = opened.store.read(SYSTEM, chain.entries).result()
    assert [each.kind for each in entries][-2:] == ["add-person", "engage"]
    assert membership_chain.replay(entries) == membership_chain.replay(entries)
    actor = opened.switch_user("ruth", RUTH_PASSWORD)
    assert actor.engaged_until is not None
    clock.advance(days=9)
    opened.store.read(actor, practice.details).result()
    clock.advance(hours=12)
    assert clock.now() >= actor.engaged_until
    with pytest.raises(PermissionDeniedError):
        opened.store.read(actor, practice.details).result()
    with pytest.raises(WrongPasswordError):
        opened.switch_user("ruth", RUTH_PASSWORD)
    opened.switch_user("amina", PASSWORD)
    over = opened.store.read(opened.actor, reminders.of_owner).result().over
    assert over == ("Ruth Njeri",)
    clock.advance(days=-5)
    with pytest.raises(WrongPasswordError):
        opened.switch_user("ruth", RUTH_PASSWORD)


def test_an_auditor_reads_and_writes_nothing(opened: Clinic) -> None:
    patient = opened.store.write(opened.actor, put_chart).result()
    actor = opened.switch_user("ruth", RUTH_PASSWORD)
    assert opened.store.write(actor, patients.look, patient).result() == patient
    assert opened.store.read(actor, seen.who_saw, patient).result()
    template = note_templates.SaveTemplate("Cough", "cough", NoteText())
    with pytest.raises(PermissionDeniedError):
        opened.store.write(actor, note_templates.save_template, template).result()
    assert not allowed(actor, "print.write")
    for permission in ("patient.create", "note.create", "user.approve", "draft.write"):
        assert not allowed(actor, permission)


def test_the_rights_of_the_engaged_are_those_of_the_oracle() -> None:
    lines = oracle.table()
    auditor = Actor(None, "a", roles=("auditor",), engaged_until=NOON)
    insurer = replace(auditor, roles=("insurer",))
    for permission, (resource, verb) in matrix.asked().items():
        if permission not in PERMISSIONS:
            continue
        for actor, own in product((auditor, insurer), (False,)):
            case = oracle.Case(
                actor.roles, resource, verb, own, False, False, False, False, True, False, False
            )
            assert allowed(actor, permission) == oracle.answer(case, lines)[0], permission
    assert not NARROWED & OBJECT_CONDITIONS


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"roles": ("auditor", "doctor")}, "roles"),
        ({"until": None}, "until"),
        ({"until": date(2026, 11, 1)}, "until"),
        ({"until": LAST + timedelta(days=400)}, "until"),
        ({"reason": " "}, "reason"),
        ({"roles": ("insurer",)}, "insurer"),
        ({"roles": ("insurer",), "insurer": "Nobody"}, "insurer"),
    ],
)
def test_what_an_engagement_needs(opened: Clinic, change: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        opened.add_person(replace(RUTH, login="new", **change), RUTH_PASSWORD)  # type: ignore[arg-type]
    assert error.value.field == field
    staff = opened.store.read(opened.actor, people.everybody).result()
    ruth = next(each for each in staff if each.login == "ruth")
    with pytest.raises(ValidationError):
        opened.change_roles(ruth.id, ("doctor",))
