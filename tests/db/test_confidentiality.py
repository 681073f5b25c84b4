"""Charts kept in confidence: nobody outside the care team reads them, save in an emergency."""

from __future__ import annotations

import dataclasses
import inspect
import typing
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.domain.permissions import MATRIX, Actor
from clinic_desktop.errors import (
    ConfidentialError,
    PermissionDeniedError,
    RuleError,
    ValidationError,
)
from clinic_desktop.models.practice import AppUser, Practitioner
from clinic_desktop.services import allergies, conditions, encounters, guard, notes
from clinic_desktop.services.access import ACTIONS
from clinic_desktop.services.chart_visits import last_visits
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.confidentiality import emergency, team
from clinic_desktop.services.confidentiality.emergency import OpenChart
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.patients import merging
from clinic_desktop.services.patients.banner import banner
from clinic_desktop.services.privacy.portability import ExportFor, export_person
from clinic_desktop.services.scheduling.board import desk_card
from tests.db.test_reception import CANARY, every_answer, write_a_visit
from tests.proofs.permissions.matrix import action, services
from tests.support.records import Record

OF_NO_CHART = {"template_id", "diagnosis_id", "related", "related_person_id"}
"""Templates; and relatives, who are looked for among those of the patient that is named too."""
WHY = "Found without consciousness"


@dataclasses.dataclass
class Kept:
    """A chart kept in confidence, and what leads into it."""

    record: Record
    ids: list[uuid.UUID]
    outsider: Actor

    @property
    def patient(self) -> uuid.UUID:
        return self.ids[0]

    @property
    def visit(self) -> uuid.UUID:
        return self.ids[1]

    def read(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.record.store.read(self.outsider, function, *args).result(60)

    def write(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return self.record.store.write(self.outsider, function, *args, **named).result(60)

    def break_glass(self) -> Any:
        return self.write(emergency.open_chart, OpenChart(self.patient, "emergency", WHY))


@pytest.fixture(name="kept")
def chart_kept_in_confidence(record: Record) -> Kept:
    ids = write_a_visit(record)
    record.write(allergies.record_allergy, allergies.RecordAllergy(ids[0], CANARY))
    assert record.owner.user_id is not None
    record.write(team.keep_in_confidence, ids[0], [record.owner.user_id])
    return Kept(record, ids, record.as_role("doctor", "nurse"))


def test_no_query_tells_a_doctor_outside_the_care_team(kept: Kept) -> None:
    """Every query, with every id that leads to the words."""
    told = list(every_answer(kept.record, kept.outsider, kept.ids))
    assert [name for name, words in told if CANARY in words] == []
    assert len(told) > 30


def test_the_care_team_reads_on(kept: Kept) -> None:
    assert CANARY in repr(kept.record.read(notes.notes_of, kept.visit))
    assert kept.record.read(make, PaperRequest("visit-summary", kept.visit)).pdf


def test_nothing_is_written_into_it_from_outside(kept: Kept) -> None:
    before = kept.record.rows("SELECT max(dseq) FROM sync_commit")
    tries: list[tuple[Callable[..., Any], Any]] = [
        (encounters.start_visit, {"patient_id": kept.patient}),
        (conditions.add_problem, {"wish": conditions.AddProblem(kept.patient, Coded("X"))}),
        (notes.add_addendum, {"encounter_id": kept.visit, "words": "x"}),
        (team.keep_in_confidence, {"patient_id": kept.patient, "team": [kept.outsider.user_id]}),
        (team.end_confidence, {"patient_id": kept.patient}),
    ]
    for function, named in tries:
        with pytest.raises(PermissionDeniedError):
            kept.write(function, **named)
    assert kept.record.rows("SELECT max(dseq) FROM sync_commit") == before


def test_the_banner_says_that_it_is_closed_and_names_no_allergy(kept: Kept) -> None:
    data = kept.read(banner, kept.patient)
    assert data.standing.is_closed
    assert data.allergies == ()
    assert data.row.name.family == "Ivanova"


def test_the_card_beside_the_board_names_no_allergy(kept: Kept) -> None:
    card = kept.read(desk_card, kept.patient)
    assert (card.is_closed, card.allergies, card.has_allergies) == (True, None, False)


def test_an_emergency_opens_it_for_a_time_and_is_on_record(kept: Kept) -> None:
    kept.break_glass()
    assert CANARY in repr(kept.read(notes.notes_of, kept.visit))
    kept.write(allergies.record_allergy, allergies.RecordAllergy(kept.patient, "Latex"))
    with pytest.raises(ConfidentialError):
        kept.read(make, PaperRequest("visit-summary", kept.visit))
    ((kind, at_once),) = kept.record.rows(
        "SELECT e.kind, EXISTS (SELECT 1 FROM sync_checkpoint) FROM audit_event e"
        " WHERE e.kind = 'access.emergency'"
    )
    assert (kind, at_once) == ("access.emergency", 1)
    kept.write(emergency.end, kept.patient)
    with pytest.raises(ConfidentialError):
        kept.read(notes.notes_of, kept.visit)


def test_its_time_runs_out_and_is_extended_once(kept: Kept) -> None:
    first = kept.break_glass()
    assert kept.write(emergency.extend, kept.patient) == first + emergency.LASTS
    with pytest.raises(RuleError):
        kept.write(emergency.extend, kept.patient)

    kept.record.clock.advance(hours=1)
    with pytest.raises(ConfidentialError):
        kept.read(notes.notes_of, kept.visit)
    with pytest.raises(RuleError):
        kept.write(emergency.extend, kept.patient)


def test_a_visit_begun_in_an_emergency_is_finished_after_its_time(kept: Kept) -> None:
    doctor = kept.record.write(_with_practitioner, kept.outsider)
    kept.outsider = dataclasses.replace(kept.outsider, practitioner_id=doctor)
    kept.break_glass()
    started = kept.write(encounters.start_visit, patient_id=kept.patient)
    kept.write(emergency.end, kept.patient)
    kept.write(notes.save_note, started.encounter_id, NoteText("Came to", "", "", ""))
    kept.write(encounters.sign, started.encounter_id, text=NoteText("Came to", "", "", ""))
    with pytest.raises(ConfidentialError):
        kept.read(notes.notes_of, kept.visit)


@pytest.mark.parametrize("words", ["", "   ", "too short"])
def test_a_reason_in_words_is_needed(kept: Kept, words: str) -> None:
    with pytest.raises(ValidationError):
        kept.write(emergency.open_chart, OpenChart(kept.patient, "emergency", words))


def test_an_open_chart_is_not_opened_again(kept: Kept) -> None:
    with pytest.raises(RuleError):
        kept.record.write(emergency.open_chart, OpenChart(kept.patient, "emergency", WHY))


def test_somebody_else_looks_at_it_afterwards(kept: Kept) -> None:
    kept.outsider = kept.record.as_role("doctor", "owner")
    kept.break_glass()
    (row,) = kept.record.read(emergency.emergencies)
    assert (row.words, row.reviewed_at, row.is_overdue) == (WHY, None, False)
    with pytest.raises(PermissionDeniedError):
        kept.write(emergency.review, row.id)
    kept.record.write(emergency.review, row.id, "Was right")
    (row,) = kept.record.read(emergency.emergencies)
    assert row.review == "Was right"
    with pytest.raises(RuleError):
        kept.record.write(emergency.review, row.id)


def test_reception_cannot_open_it(kept: Kept) -> None:
    kept.outsider = kept.record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        kept.break_glass()
    assert kept.read(banner, kept.patient).standing.is_closed


def test_a_joined_chart_stays_in_confidence(kept: Kept, record: Record) -> None:
    (other,) = write_a_visit(record)[:1]
    record.write(merging.merge, other, kept.patient, reason="Same person")
    with pytest.raises(ConfidentialError):
        kept.read(notes.notes_of, kept.visit)
    assert kept.read(banner, other).standing.is_closed


def test_confidence_ends(kept: Kept) -> None:
    kept.record.write(team.end_confidence, kept.patient)
    assert CANARY in repr(kept.read(notes.notes_of, kept.visit))
    assert not kept.record.read(team.care_team, kept.patient).is_restricted


def test_the_owner_gives_a_chart_whose_team_has_left_a_new_one(kept: Kept) -> None:
    owner = kept.record.as_role("owner")
    with pytest.raises(PermissionDeniedError):
        kept.record.store.write(owner, team.end_confidence, kept.patient).result(60)
    kept.record.write(_leave, kept.record.owner.user_id)
    assert kept.outsider.user_id is not None
    new = [kept.outsider.user_id]
    kept.record.store.write(owner, team.keep_in_confidence, kept.patient, new).result(60)
    assert CANARY in repr(kept.read(notes.notes_of, kept.visit))


def test_every_id_that_a_clinical_action_takes_is_known() -> None:
    """An action with another id would pass the guard unseen."""
    services()
    unknown = {
        (name, each)
        for name, what in ACTIONS.items()
        if MATRIX[what.permission].is_clinical
        for each in _id_names(inspect.unwrap(action(name)))
        if each not in guard.TABLE_OF
    }
    assert {each for _name, each in unknown} <= OF_NO_CHART


def _id_names(function: Callable[..., Any]) -> set[str]:
    found = set()
    for name, hint in typing.get_type_hints(function).items():
        if name == "return":
            continue
        if "UUID" in str(hint):
            found.add(name)
        elif dataclasses.is_dataclass(hint) and name not in {"reads", "uow"}:
            hints = typing.get_type_hints(hint)
            found |= {each for each, of in hints.items() if "UUID" in str(of)}
    return found


def _with_practitioner(uow: Any, actor: Actor) -> uuid.UUID:
    row = Practitioner(family="Second", given="Doctor", name="Doctor Second")
    uow.add(row)
    uow.session.get(AppUser, actor.user_id).practitioner_id = row.id
    return row.id


def _leave(uow: Any, user_id: uuid.UUID | None) -> None:
    uow.session.get(AppUser, user_id).is_active = False


@pytest.fixture(name="visit")
def visit_kept_in_confidence(record: Record) -> Kept:
    """Only the words of one visit are kept; a letter that was not written at it is not."""
    patient, visit, _letter, paper = write_a_visit(record)
    record.write(team.keep_visit, visit)
    return Kept(record, [patient, visit, paper], record.as_role("doctor", "nurse"))


def test_no_query_tells_the_words_of_a_visit_kept_in_confidence(visit: Kept) -> None:
    """Diagnoses and problems are told: whoever treats next must know them."""
    told = every_answer(visit.record, visit.outsider, visit.ids)
    told_of = {name for name, words in told if CANARY in words}
    assert told_of <= TELL_DIAGNOSES
    assert "conditions.diagnoses_of" in told_of


TELL_DIAGNOSES = {
    "audit.history.of_chart", "chart.summary", "chart_timeline.timeline",
    "chart_timeline.timeline_of_year", "chart_visits.last_visits", "chart_visits.visit",
    "chart_visits.visit_rows", "conditions.diagnoses_of", "conditions.problems_of",
    "chart_visits.visit_before", "conditions.favourite_diagnoses",
}  # fmt: skip


def test_the_words_are_told_in_an_emergency_and_to_their_author(visit: Kept) -> None:
    with pytest.raises(ConfidentialError):
        visit.read(notes.notes_of, visit.visit)
    (row,) = visit.read(last_visits, visit.patient, 5)
    assert (row.is_hidden, row.excerpt) == (True, "")
    visit.break_glass()
    assert CANARY in repr(visit.read(notes.notes_of, visit.visit))
    assert visit.read(last_visits, visit.patient, 5)[0].excerpt
    assert CANARY in repr(visit.record.read(notes.notes_of, visit.visit))


def test_the_words_of_a_visit_are_opened_again_by_who_may_read_them(visit: Kept) -> None:
    with pytest.raises(PermissionDeniedError):
        visit.write(team.end_visit, visit.visit)
    visit.break_glass()
    with pytest.raises(PermissionDeniedError):
        visit.write(team.end_visit, visit.visit)
    visit.write(emergency.end, visit.patient)
    visit.record.write(team.end_visit, visit.visit)
    assert CANARY in repr(visit.read(notes.notes_of, visit.visit))


def test_a_visit_that_nobody_is_named_for_is_nobodys_own(visit: Kept) -> None:
    """An owner who treats nobody has no practitioner either; that does not make it the owner's."""
    visit.record.write(
        lambda uow: uow.cursor.execute("UPDATE encounter SET practitioner_id = NULL")
    )
    visit.outsider = visit.record.as_role("owner")
    with pytest.raises(ConfidentialError):
        visit.read(notes.notes_of, visit.visit)


def test_who_keeps_an_own_visit_does_not_get_to_read_what_others_kept(visit: Kept) -> None:
    doctor = visit.record.write(_with_practitioner, visit.outsider)
    visit.outsider = dataclasses.replace(visit.outsider, practitioner_id=doctor)
    own = visit.write(encounters.start_visit, patient_id=visit.patient).encounter_id
    visit.write(team.keep_visit, own)
    with pytest.raises(ConfidentialError):
        visit.read(notes.notes_of, visit.visit)
    with pytest.raises(ConfidentialError):
        visit.write(team.keep_in_confidence, visit.patient, [visit.outsider.user_id])
    assert visit.read(notes.notes_of, own) is not None


def test_a_kept_visit_is_not_printed_in_an_emergency(visit: Kept) -> None:
    visit.break_glass()
    with pytest.raises(ConfidentialError):
        visit.read(make, PaperRequest("visit-summary", visit.visit))
    with pytest.raises(ConfidentialError):
        visit.write(team.keep_in_confidence, visit.patient, [visit.outsider.user_id])


def test_no_copy_of_the_record_holds_what_others_keep(visit: Kept, tmp_path: Path) -> None:
    visit.outsider = visit.record.as_role("doctor", "owner")
    for glass in (False, True):
        if glass:
            visit.break_glass()
        with pytest.raises(ConfidentialError):
            export_person(
                visit.record.store, visit.outsider, visit.patient, tmp_path / "out", ExportFor()
            )
        assert not list(tmp_path.glob("out/*"))
    export_person(
        visit.record.store, visit.record.owner, visit.patient, tmp_path / "own", ExportFor()
    )
    assert list(tmp_path.glob("own/*"))
