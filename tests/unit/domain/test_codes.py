"""Unknown codes survive, and an appointment only goes where a day can take it."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain import codes
from clinic_desktop.domain.codes import (
    AppointmentStatus,
    ClinicalStatus,
    Interpretation,
    MedicationRequestStatus,
    OpenCode,
    Sex,
    System,
    VerificationStatus,
    can_move,
    next_statuses,
)

SETS = [kind for kind in vars(codes).values() if isinstance(kind, type) and kind is not OpenCode
        and issubclass(kind, OpenCode)]  # fmt: skip


@given(st.sampled_from(SETS), st.text())
def test_any_value_is_kept_as_it_came(kind: type[OpenCode], value: str) -> None:
    code = kind(value)
    assert code == value
    assert str(code) == value
    assert f"{code}" == value
    assert hash(code) == hash(value)
    assert code.is_known == (value in {known.value for known in kind})
    assert copy.deepcopy(code) == code


def test_known_values_are_the_members() -> None:
    assert Sex("male") is Sex.MALE
    assert Sex("male").is_known
    assert not Sex("x-local").is_known
    assert len(Sex) == 4
    with pytest.raises(ValueError, match="3"):
        Sex(3)  # type: ignore[arg-type]


def test_the_usual_day_runs_forward() -> None:
    day = ["booked", "confirmed", "arrived", "in-room", "to-bill", "done"]
    for old, new in pairwise(day):
        assert can_move(old, new)


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("booked", "arrived", True),
        ("booked", "in-room", True),
        ("booked", "done", False),
        ("booked", "to-bill", False),
        ("arrived", "booked", True),
        ("done", "in-room", True),
        ("done", "cancelled", False),
        ("in-room", "no-show", False),
        ("no-show", "arrived", True),
        ("no-show", "booked", True),
        ("cancelled", "booked", True),
        ("cancelled", "in-room", False),
        ("arrived", "arrived", False),
        ("local", "booked", False),
        ("booked", "local", False),
    ],
)
def test_an_appointment_goes_forward_or_back_but_not_anywhere(
    old: str, new: str, allowed: bool
) -> None:
    assert can_move(old, new) is allowed


@given(st.sampled_from(list(AppointmentStatus)), st.sampled_from(list(AppointmentStatus)))
def test_every_step_forward_can_be_undone(old: AppointmentStatus, new: AppointmentStatus) -> None:
    left = {"no-show", "cancelled"}
    if old not in left and new in next_statuses(old):
        assert can_move(new, old)


def test_statuses_know_what_they_mean_for_the_board() -> None:
    assert AppointmentStatus.CONFIRMED.is_expected
    assert AppointmentStatus.TO_BILL.is_present
    assert not AppointmentStatus.CANCELLED.takes_time
    assert AppointmentStatus.IN_ROOM.stamp == "roomed_at"
    assert AppointmentStatus.BOOKED.stamp == ""
    assert AppointmentStatus.NO_SHOW.fhir == "noshow"
    assert AppointmentStatus("waitlist").fhir == "waitlist"


def test_doubtful_statements_stay_on_the_chart() -> None:
    assert ClinicalStatus("x").is_current
    assert not ClinicalStatus.RESOLVED.is_current
    assert VerificationStatus("x").counts
    assert not VerificationStatus.REFUTED.counts
    assert MedicationRequestStatus("unknown").is_current
    assert not MedicationRequestStatus.STOPPED.is_current
    assert Interpretation("HH").is_critical
    assert not Interpretation("H").is_critical


def test_systems_have_short_names() -> None:
    assert System(System.MKB10.value).short == "МКБ-10"
    assert System("https://clinic.example/codes/local").short == "local"
    assert all(system.short for system in System)
