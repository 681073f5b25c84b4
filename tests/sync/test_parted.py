"""Of a copied PC one took what the one did, and the server what the other did: nothing is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop import renewing, using_hubs
from clinic_desktop.bringing_together import bring_together
from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.incarnation import Last
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import people
from clinic_desktop.sync import passes
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.lines import Heard
from clinic_desktop.sync.proving import PartedError
from clinic_desktop.sync.sides import of_copy, written_anew
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, rows, sync
from tests.sync.test_hub import hub_at
from tests.sync.test_incarnations import agree, copy
from tests.sync.test_older_states import names


def carry(giver: Clinic, taker: Clinic, stick: Path) -> None:
    """By a stick from one PC to another."""
    export_bundle(giver, stick)
    import_bundle(taker, stick)


@pytest.fixture
def twins(practice: Practice, back: Clinic) -> tuple[Clinic, Clinic]:
    """One PC twice; the front has what the second did by a stick, the server what the first did."""
    sync(back, practice.front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    carry(two, practice.front, practice.root / "stick.clinicbundle")
    sync(one)
    return one, two


def test_what_came_by_a_stick_of_a_copy_goes_on_beside_what_the_server_has(
    practice: Practice, twins: tuple[Clinic, Clinic]
) -> None:
    front, (one, two) = practice.front, twins
    add_patient(front, "Built on it")
    sync(front)
    assert sorted(map(str, names(front))) == ["Built on it", "One", "Two"]
    agree(front, one, two)
    assert sorted(map(str, names(one))) == ["Built on it", "One", "Two"]
    add_patient(front, "After")
    agree(front, one, two)
    assert sorted(map(str, names(two))) == ["After", "Built on it", "One", "Two"]


def registrations(opened: Clinic) -> int:
    """How many are in the log."""
    sql = "SELECT 1 FROM sync_commit WHERE reason = 'patients.registration.register'"
    return len(rows(opened, sql))


def test_whoever_comes_second_takes_over_the_names_that_the_first_gave(
    practice: Practice, twins: tuple[Clinic, Clinic]
) -> None:
    front, (one, two) = practice.front, twins
    add_patient(two, "Later")
    sync(front, two)
    agree(front, one, two)
    for each in (front, one, two):
        assert sorted(map(str, names(each))) == ["Later", "One", "Two"]
        assert registrations(each) == 3


def test_own_work_of_before_does_not_lie_between_though_a_stick_took_all(
    practice: Practice, back: Clinic
) -> None:
    front, stick = practice.front, practice.root / "stick.clinicbundle"
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    add_patient(front, "Own")
    export_bundle(two, stick)
    import_bundle(front, stick)
    add_patient(front, "Built on it")
    export_bundle(front, practice.root / "unread.clinicbundle")
    sync(one, front, two)
    agree(front, one, two)
    for each in (front, one, two):
        assert sorted(map(str, names(each))) == ["Built on it", "One", "Own", "Two"]
        assert registrations(each) == 4


def test_a_name_is_taken_over_only_as_far_as_nothing_of_others_lies_between(
    practice: Practice, twins: tuple[Clinic, Clinic]
) -> None:
    front, (one, two) = practice.front, twins
    add_patient(front, "Between")
    add_patient(two, "Three")
    carry(two, front, practice.root / "second.clinicbundle")
    sync(front, two)
    agree(front, one, two)
    for each in (front, one, two):
        assert sorted(map(str, names(each))) == ["Between", "One", "Three", "Two"]
    assert registrations(front) == 5  # "Three" is there twice, with the same values


@pytest.mark.parametrize("first", [("front",), ("one",), ("one", "two"), ("front", "two")])
def test_a_copy_that_others_built_on_hears_what_the_other_did(
    practice: Practice, back: Clinic, first: tuple[str, ...]
) -> None:
    front, stick = practice.front, practice.root / "stick.clinicbundle"
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    sync(two)
    carry(one, front, stick)
    add_patient(front, "Built on it")
    carry(front, one, practice.root / "back.clinicbundle")
    add_patient(one, "On top")
    sync(*({"front": front, "one": one, "two": two}[each] for each in first))
    agree(front, one, two)
    for each in (front, one, two):
        assert sorted(map(str, names(each))) == ["Built on it", "On top", "One", "Two"]
        assert registrations(each) == 4


def test_what_a_pc_knew_is_said_though_its_first_commits_bear_another_name(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(back, front, third)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(third, "Of the third")  # the twins have not heard of it
    sync(third, front)
    add_patient(one, "One")
    add_patient(two, "Two")
    carry(two, front, practice.root / "stick.clinicbundle")
    add_patient(front, "Built on it")
    sync(one)
    ((device,),) = rows(one, "SELECT device_id FROM sync_device WHERE dev = 1")
    assert isinstance(device, bytes)
    bring_together(front, device)  # and then the line fails
    sync(two)
    write_anew_again(front)
    ((name,),) = rows(third, "SELECT hex(device_id) FROM sync_device WHERE dev = 1")
    said = "SELECT min(s.dseq) FROM sync_dep s JOIN sync_device d ON d.dev = s.other"
    assert rows(front, f"{said} WHERE s.dev = 1 AND hex(d.device_id) = '{name}'") == [(1,)]
    agree(front, one, two, third)


def write_anew_again(opened: Clinic) -> None:
    """Under one more name: nobody has what was written under this one."""
    store, clinic = opened.store, opened.keys.vault.clinic
    plan = store.write(opened.actor, renewing.make_plan, clinic, None).result()
    assert plan.address is not None
    renewing.introduce(opened, plan, plan.address, [opened.keys.identity])
    with closing(link_of(store)) as link:
        again = written_anew(store, link, store.read(SYSTEM, of_copy, Last(0, 0)).result())
    assert again
    renewing.turn(opened, plan, Heard(0, differs=True), again)


def waiting(opened: Clinic) -> int:
    """Commits of others that wait, as people are told."""
    return opened.store.read(SYSTEM, passes.still_open).result().to_apply


def test_nobody_waits_for_what_came_too_early_and_is_here_under_another_name(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(back, front, third)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    add_patient(two, "Three")
    carry(two, front, practice.root / "stick.clinicbundle")
    sync(one, third)
    add_patient(front, "Built on it")
    carry(front, third, practice.root / "early.clinicbundle")
    assert waiting(third) == 1
    sync(front, third)  # the third brings to the server what came to it too early
    agree(front, one, two, third)
    for each in (front, one, two, third):
        assert sorted(map(str, names(each))) == ["Built on it", "One", "Three", "Two"]
        assert waiting(each) == 0


def test_a_step_of_the_chain_written_anew_counts_for_who_builds_on_it(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(back, front, third, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    carry(two, third, practice.root / "stick.clinicbundle")
    sync(one, front)
    new, keys = people.NewPerson("eve", "Eve", ("receptionist",)), Identity.new()
    signer = front.keys.identity  # who had seen "One"
    front.store.write(front.actor, people.add_person, new, signer, keys.public).result()
    carry(front, third, practice.root / "step.clinicbundle")  # here it seems to follow "Two"
    agree(front, third, one, two)
    for each in (front, third, one, two):
        assert sorted(map(str, names(each))) == ["One", "Two"]
        assert waits(each) == (0, 0)
    add_patient(third, "After")
    agree(front, third, one, two)
    assert "After" in names(front)


def waits(opened: Clinic) -> tuple[int, int]:
    """Commits of others that wait, and that are kept out."""
    found = opened.store.read(SYSTEM, passes.still_open).result()
    return found.to_apply, found.kept_out


def test_nothing_that_builds_on_a_copy_is_sent_before_it_is_brought_together(
    practice: Practice, twins: tuple[Clinic, Clinic]
) -> None:
    front = practice.front
    add_patient(front, "Built on it")
    before = rows(front, "SELECT dseq, chain FROM sync_commit ORDER BY cid")
    link = link_of(front.store)
    with pytest.raises(PartedError) as refused:
        Exchange(front.store, link, is_current=True).run()
    link.close()
    assert refused.value.kept
    assert refused.value.hint
    sync(twins[0])
    assert sorted(map(str, names(twins[0]))) == ["One"]
    assert rows(front, "SELECT dseq, chain FROM sync_commit ORDER BY cid") == before


def test_what_came_by_a_stick_and_is_the_servers_too_changes_no_name(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(back, front)
    add_patient(back, "New")
    carry(back, front, practice.root / "stick.clinicbundle")
    sync(back)
    before = rows(front, "SELECT device_id FROM sync_device ORDER BY dev")
    add_patient(front, "Built on it")
    agree(front, back)
    assert rows(front, "SELECT device_id FROM sync_device ORDER BY dev") == before
    assert sorted(map(str, names(back))) == ["Built on it", "New"]


def test_what_was_built_on_one_copy_is_not_taken_for_built_on_the_other(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(back, front, third)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")  # under the same number
    carry(two, front, practice.root / "stick.clinicbundle")
    sync(one, third)
    add_patient(front, "Built on it")
    carry(front, third, practice.root / "early.clinicbundle")
    assert sorted(map(str, names(third))) == ["One"]
    assert waiting(third) == 1
    sync(third, one)  # the server is brought it, and nobody applies it
    assert sorted(map(str, names(one))) == ["One"]
    agree(front, one, two, third)
    for each in (front, one, two, third):
        assert sorted(map(str, names(each))) == ["Built on it", "One", "Two"]
        assert registrations(each) == 3
        assert waiting(each) == 0


def test_the_own_stick_of_before_brings_nothing_back(
    practice: Practice, twins: tuple[Clinic, Clinic]
) -> None:
    front, (one, two) = practice.front, twins
    ((row,),) = rows(front, "SELECT id FROM patient")
    assert isinstance(row, bytes)
    rename(front, row, "Of the stick")
    export_bundle(front, practice.root / "old.clinicbundle")
    rename(front, row, "Now")
    sync(front)  # brings together
    import_bundle(front, practice.root / "old.clinicbundle")
    agree(front, one, two)
    for each in (front, one, two):
        assert ("Now",) in rows(each, "SELECT family FROM patient")
        asked = rows(each, "SELECT kind FROM sync_conflict WHERE state = 'open'")
        assert asked == [("duplicate_identity",)]  # both copies gave the same number
        assert waiting(each) == 0


def rename(opened: Clinic, row: bytes, family: str) -> None:
    """Somebody writes another family name."""

    def change(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE patient SET family = ? WHERE id = ?", (family, row))

    opened.store.write(opened.actor, change).result(60)


def test_a_copy_takes_nothing_that_was_built_on_the_other_for_built_on_itself(
    practice: Practice, back: Clinic
) -> None:
    """The hub of the house hands it out before the copy has heard that it is one."""
    front = practice.front
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    with hub_at(front) as opened:
        for each in (front, two):
            using_hubs.use(each, f"127.0.0.1:{opened.port}")
        sync(one, front)
        add_patient(front, "Built on it")
        for each in (two, front, two):
            Syncing(each).meet_in_house()
        assert sorted(map(str, names(two))) == ["Two"]
        agree(front, one, two)
    for each in (front, one, two):
        assert sorted(map(str, names(each))) == ["Built on it", "One", "Two"]
        assert registrations(each) == 3
        assert waiting(each) == 0
