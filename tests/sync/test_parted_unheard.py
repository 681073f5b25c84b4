"""Two PCs write the same anew, and the pass of the first is broken off: it is in the log once."""

from __future__ import annotations

from contextlib import closing

import pytest

from clinic_desktop.bringing_together import bring_together
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.sync import unheard
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.lines import ALL
from clinic_desktop.sync.messages import SyncRequest, encode
from clinic_desktop.sync.proving import PartedError
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, rows, sync
from tests.sync.test_hub import hub_at
from tests.sync.test_incarnations import agree, copy
from tests.sync.test_older_states import names
from tests.sync.test_parted import carry, registrations


def twice(practice: Practice, back: Clinic) -> tuple[Clinic, Clinic, Clinic]:
    """A PC and its copy, and the front: it has the copy's by a stick, the server the PC's."""
    sync(back)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    carry(two, practice.front, practice.root / "stick.clinicbundle")
    sync(one)
    return one, two, practice.front


def own(opened: Clinic) -> bytes:
    """What a PC is called."""
    ((device,),) = rows(opened, "SELECT device_id FROM sync_device WHERE dev = 1")
    assert isinstance(device, bytes)
    return device


def all_have(opened: list[Clinic], given: list[str], count: int) -> None:
    """All hold the same, with so many registrations in the log."""
    agree(*opened)
    for each in opened:
        assert sorted(map(str, names(each))) == given
        assert registrations(each) == count


@pytest.mark.parametrize("is_sealed", [False, True])
def test_whoever_was_broken_off_takes_over_the_names_that_were_given_meanwhile(
    practice: Practice, back: Clinic, is_sealed: bool
) -> None:
    one, two, front = twice(practice, back)
    add_patient(front, "Built on it")
    bring_together(front, own(one))  # and then the line fails
    add_patient(front, "After")
    before = own(front)
    if is_sealed:  # the request was lost
        with closing(link_of(front.store)) as link:
            Exchange(front.store, link)._seal()
    sync(two)
    sync(front)
    assert own(front) != before
    all_have([front, one, two], ["After", "Built on it", "One", "Two"], 4)


def test_where_nobody_was_quicker_the_name_stays(practice: Practice, back: Clinic) -> None:
    one, two, front = twice(practice, back)
    add_patient(front, "Built on it")
    bring_together(front, own(one))
    before = own(front)
    sync(front)
    assert own(front) == before
    sync(two)
    all_have([front, one, two], ["Built on it", "One", "Two"], 3)


def _lost_answer(opened: Clinic) -> None:
    """The server gets all that is new, and the PC does not hear so."""
    with closing(link_of(opened.store)) as link:
        Exchange(opened.store, link)._seal()
        sealed = rows(opened, "SELECT content FROM sync_segment WHERE dev = 1 ORDER BY seg_no")
        known = rows(opened, "SELECT device_id FROM sync_device WHERE dev <> 1")
        others = {each: ALL for (each,) in known if isinstance(each, bytes)}
        brings = tuple(each for (each,) in sealed if isinstance(each, bytes))
        link.signed("POST", "/v1/sync", encode(SyncRequest(1, others, 1 << 16, brings)))


def test_what_is_at_the_server_already_keeps_its_name(practice: Practice, back: Clinic) -> None:
    one, two, front = twice(practice, back)
    bring_together(front, own(one))
    before = own(front)
    sync(two)  # both had asked at the same moment
    _lost_answer(front)
    sync(front)
    assert own(front) == before
    agree(front, one, two)
    assert sorted(map(str, names(front))) == ["One", "Two"]


def test_what_a_stick_took_keeps_its_name(practice: Practice, back: Clinic) -> None:
    third = practice.new_pc("third")
    one, two, front = twice(practice, back)
    bring_together(front, own(one))
    carry(front, third, practice.root / "third.clinicbundle")
    before = own(front)
    sync(two, front)
    assert own(front) == before
    agree(front, one, two, third)
    assert sorted(map(str, names(third))) == ["One", "Two"]


def test_a_pc_that_joined_has_written_nothing_anew(practice: Practice) -> None:
    third = practice.new_pc("third")
    for each in (practice.front, third):
        assert not each.store.read(SYSTEM, unheard.is_unheard).result()


def test_a_hub_hears_nothing_of_it_until_the_server_did_or_an_hour_is_over(
    practice: Practice, back: Clinic
) -> None:
    one, two, front = twice(practice, back)
    with hub_at(front):  # nearer than any other
        bring_together(front, own(one))
        practice.server.stop()
        for is_over in (False, True):
            with pytest.raises(ServerError):
                Syncing(front).run()
            if not is_over:
                Syncing(front).meet_in_house()
            assert front.store.read(SYSTEM, unheard.is_unheard).result() != is_over
            practice.clock.advance(hours=1)
        practice.server.start()
        sync(front)
    all_have([front, one, two], ["One", "Two"], 2)


def test_own_work_that_does_not_build_on_the_copy_does_not_lie_between(
    practice: Practice, back: Clinic
) -> None:
    add_patient(practice.front, "Own")  # neither sent nor sealed
    one, two, front = twice(practice, back)
    add_patient(front, "Built on it")
    sync(front, two)
    all_have([front, one, two], ["Built on it", "One", "Own", "Two"], 4)


def test_a_copy_that_took_of_another_copy_loses_nothing(practice: Practice, back: Clinic) -> None:
    sync(back, practice.front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    copy(practice, practice.front, "other")
    front, other = practice.open("front"), practice.open("other")
    practice.front = front
    add_patient(other, "Other")
    add_patient(front, "Own")
    carry(two, front, practice.root / "stick.clinicbundle")
    add_patient(front, "Built on it")
    sync(one, other)
    with pytest.raises(PartedError):  # it becomes a PC of its own before
        sync(front)
    all_have([front, other, one, two], ["Built on it", "One", "Other", "Own", "Two"], 5)
