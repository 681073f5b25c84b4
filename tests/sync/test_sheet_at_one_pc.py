"""The recovery sheet is used at one PC: at the others the same person goes on coming in."""

from __future__ import annotations

import uuid
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop import clinic, meeting_place
from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.carrying import carry, let_in
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.incarnation import mark_restored
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    BadFileError,
    CopiedRecordError,
    RevokedError,
    RuleError,
    WrongPasswordError,
)
from clinic_desktop.restore import Way, restore
from clinic_desktop.security.keys import check_sheet
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Device, Rules
from clinic_desktop.security.primitives import Identity
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import devices, people
from clinic_desktop.services import practice as choices
from clinic_desktop.services.audit import entitlements
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.people import NewPerson
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_incarnations import agree, close, faults

NEW = "Umbrella-Ostrich-7"
AGAIN = "Teapot-Heron-19"
BOB = "a second owner here"
OLD_KEYS = "before the recovery sheet was used"


def come_back(practice: Practice, pc: Clinic, password: str, login: str = "ana") -> Clinic:
    """The program is closed and opened again, by a password of that PC."""
    close(practice, pc)
    again = clinic.open_clinic(pc.data_dir, login, password, practice.clock)
    practice.opened.append(again)
    return again


def members(pc: Clinic) -> Membership:
    found = pc.store.read(SYSTEM, chain.current).result()
    assert found is not None
    return found


def id_of(pc: Clinic) -> uuid.UUID:
    return next(each.id for each in pc.store.read(pc.actor, devices.pcs).result() if each.is_this)


def decide(pc: Clinic, minutes: int) -> None:
    """An owner's act."""
    pc.set_rules(Rules(minutes))
    assert members(pc).rules.lock_minutes == minutes


@pytest.fixture
def used_at_back(practice: Practice, back: Clinic) -> Clinic:
    """The second PC, where the owner came in by the sheet, as the first has heard."""
    sync(practice.front, back)
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(back, practice.front)
    return back


def test_a_pc_from_its_backup_leaves_the_owner_the_others(
    practice: Practice, back: Clinic, tmp_path: Path
) -> None:
    front = practice.front
    add_patient(back, "Ada")
    sync(back, front)
    made = tmp_path / "back.clinicbackup"
    back.back_up(made, lambda *_far: None)
    way = Way("ana", NEW, practice.sheet)
    close(practice, back)
    found = restore(
        made, DataDir(tmp_path / "restored"), way, lambda *_far: None,
        clock=practice.clock, cost=CHEAP,
    )  # fmt: skip
    assert "former password goes on" in found.elsewhere[0]
    restored = clinic.open_clinic(DataDir(tmp_path / "restored"), "ana", NEW, practice.clock)
    practice.opened.append(restored)
    sync(restored, restored, front)
    front = come_back(practice, front, PASSWORD)
    assert front.actor.roles == restored.actor.roles
    add_patient(front, "Bea")
    sync(front, restored)
    assert patients(restored) == patients(front)
    with pytest.raises(RuleError, match=OLD_KEYS):
        Syncing(front).invite()
    carry(restored, id_of(front))
    let_in(front, "ana", AGAIN)
    decide(front, 7)
    front = come_back(practice, front, AGAIN)
    decide(front, 8)
    sync(front, restored)
    decide(restored, 9)
    agree(front, restored)


def test_every_act_of_an_owner_says_what_to_do(practice: Practice, used_at_back: Clinic) -> None:
    front = come_back(practice, practice.front, PASSWORD)
    syncing, ana = Syncing(front), members(front).person("ana")
    assert ana is not None
    before = members(front)
    there = id_of(used_at_back)
    for act in (
        lambda: decide(front, 7),
        lambda: front.add_person(NewPerson("nora", "Nora", ("nurse",)), AGAIN),
        lambda: front.change_roles(ana.id, ("owner",)),
        lambda: front.use_recovery(RecoveryKey.new()),
        syncing.invite,
        lambda: syncing.revoke(there),
        lambda: syncing.set_up(practice.address),
        lambda: carry(front, there),
    ):
        with pytest.raises(RuleError, match=OLD_KEYS) as refused:
            act()
        assert "device carry" in refused.value.hint
    assert members(front) == before
    check_sheet(front.data_dir, practice.sheet)  # none that was not printed took its place


def test_the_sheet_at_each_pc_in_turn_shuts_nobody_out(practice: Practice, back: Clinic) -> None:
    front, sheet = practice.front, practice.sheet
    for turn in range(2):
        front.switch_by_recovery(sheet, "ana", f"{AGAIN} {turn}")
        sync(front, back)
        back = come_back(practice, back, f"{NEW} {turn - 1}" if turn else PASSWORD)
        add_patient(back, f"Bea {turn}")
        back.switch_by_recovery(sheet, "ana", f"{NEW} {turn}")
        sync(back, front)
        front = come_back(practice, front, f"{AGAIN} {turn}")
        add_patient(front, f"Ada {turn}")
        sync(front, back)
    decide(back, 7)
    agree(front, back)
    assert len(patients(front)) == 4


def test_the_sheet_at_two_pcs_that_are_apart_shuts_nobody_out(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    front.switch_by_recovery(practice.sheet, "ana", AGAIN)
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    sync(front, back, front, back)
    front, back = come_back(practice, front, AGAIN), come_back(practice, back, NEW)
    agree(front, back)
    roles = front.store.read(front.actor, entitlements.review).result().people[0].roles
    assert {each.given_by for each in roles} == {""}  # as the first entry gave them
    state = members(front)
    one, other = (front, back) if signs(front, state) else (back, front)
    assert signs(one, state)
    assert not signs(other, state)
    decide(one, 7)
    third = join_at(practice, one)
    agree(front, back, third)
    assert len(patients(third)) == 2


def signs(pc: Clinic, state: Membership) -> bool:
    return state.signer(pc.keys.identity.public.signing) is not None


def join_at(practice: Practice, owner: Clinic) -> Clinic:
    """One more PC, let in at this one."""
    first, practice.front = practice.front, owner
    try:
        return practice.new_pc("third")
    finally:
        practice.front = first


def test_a_new_key_of_the_record_shuts_nobody_out(practice: Practice, used_at_back: Clinic) -> None:
    front = come_back(practice, practice.front, PASSWORD)
    before = front.keys.key
    front.change_key()
    assert front.keys.key != before
    front = come_back(practice, front, PASSWORD)
    add_patient(front, "Ada")
    sync(front, used_at_back)
    assert len(patients(used_at_back)) == 1


def test_who_is_taken_out_is_out_at_every_pc(practice: Practice, used_at_back: Clinic) -> None:
    front, back = practice.front, used_at_back
    bob = back.add_person(NewPerson("bob", "Bob", ("owner",)), BOB)
    sync(back, front)
    back.switch_user("bob", BOB)
    carry(back, id_of(front))
    let_in(front, "bob", BOB)
    ana = front.actor.user_id
    assert ana is not None
    assert back.actor.user_id == bob
    back.retire_person(ana)
    sync(back, front)
    for pc, password in ((front, PASSWORD), (back, NEW)):
        with pytest.raises(WrongPasswordError):
            pc.switch_user("ana", password)
        close(practice, pc)
        with pytest.raises(WrongPasswordError):
            clinic.open_clinic(pc.data_dir, "ana", password, practice.clock)
    clinic.open_clinic(front.data_dir, "bob", BOB, practice.clock).close()


def test_an_owners_new_password_for_a_colleague_ends_the_keys_elsewhere(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    front.add_person(NewPerson("nora", "Nora", ("nurse",)), AGAIN)
    sync(front, back)
    front.switch_user("nora", AGAIN)
    carry(front, id_of(back))
    let_in(back, "nora", AGAIN)
    front.switch_user("ana", PASSWORD)
    nora = next(each for each in front.store.read(SYSTEM, people.everybody).result()
                if each.login == "nora")  # fmt: skip
    front.set_password(nora, NEW)
    sync(front, back)
    with pytest.raises(WrongPasswordError, match="may not sign in"):
        back.switch_user("nora", AGAIN)
    assert front.switch_user("nora", NEW).roles == ("nurse",)


def test_what_needs_an_owners_keys_is_left_to_the_other_pc(
    practice: Practice, used_at_back: Clinic
) -> None:
    front, back = practice.front, used_at_back
    third = join_at(practice, back)
    sync(front)
    back.store.write(back.actor, devices.revoke, id_of(third), back.keys.identity).result()
    with closing(link_of(back.store)) as link:
        Exchange(back.store, link).run()  # and no word yet of another data key
    for number in range(2):
        add_patient(front, f"Ada {number}")
        sync(front)
        assert members(front).needs_epoch
    sync(back)
    assert not members(back).needs_epoch
    add_patient(back, "Bea")
    agree(front, back)
    assert not members(front).needs_epoch
    assert len(patients(front)) == 3


def test_a_sheet_printed_afterwards_opens_every_pc(
    practice: Practice, used_at_back: Clinic
) -> None:
    newer = RecoveryKey.new()
    used_at_back.use_recovery(newer)
    sync(used_at_back, practice.front, practice.front)
    front = come_back(practice, practice.front, PASSWORD)
    close(practice, front)
    with pytest.raises(WrongPasswordError, match="does not belong"):
        check_sheet(front.data_dir, practice.sheet)
    front = clinic.recover(front.data_dir, newer, "ana", AGAIN, practice.clock, CHEAP)
    practice.opened.append(front)
    decide(front, 7)
    sync(front, used_at_back)
    again = come_back(practice, used_at_back, NEW)
    agree(front, again)
    assert faults(again) == []


def test_the_address_of_the_server_is_believed_again(practice: Practice, back: Clinic) -> None:
    """It was signed with the keys of before."""
    front = practice.front
    Syncing(front).set_up(practice.address)
    sync(back)
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(back, back, front)
    for pc in (front, back):
        owners = frozenset(each.signing for each in members(pc).owners)
        told_of = pc.store.read(pc.actor, choices.setting, meeting_place._KEY).result()
        believed = meeting_place._read(told_of, members(pc).clinic, owners)
        assert believed == practice.address
        assert owners == {back.keys.identity.public.signing}


def brought_back(practice: Practice, pc: Clinic, tmp_path: Path, made: Path) -> Clinic:
    """The PC is lost; a backup of it comes back with the sheet."""
    if pc in practice.opened:
        close(practice, pc)
    folder = DataDir(tmp_path / "restored")
    restore(
        made, folder, Way("ana", NEW, practice.sheet), lambda *_far: None,
        clock=practice.clock, cost=CHEAP,
    )  # fmt: skip
    found = clinic.open_clinic(folder, "ana", NEW, practice.clock)
    practice.opened.append(found)
    return found


def told(pc: Clinic) -> list[str]:
    """What people are told of steps of owners."""
    return sorted(
        each.kind for each in pc.store.read(pc.actor, listing.open_items).result()
        if each.table == "membership_entry"
    )  # fmt: skip


def test_steps_taken_since_the_backup_are_not_undone_by_the_sheet(
    practice: Practice, back: Clinic, tmp_path: Path
) -> None:
    front, third = practice.front, practice.new_pc("third")
    add_patient(back, "Ada")
    sync(front, back, third)
    made = tmp_path / "back.clinicbackup"
    back.back_up(made, lambda *_far: None)
    front.add_person(NewPerson("nora", "Nora", ("nurse",)), AGAIN)
    Syncing(front).revoke(id_of(third))
    fourth = practice.new_pc("fourth")
    add_patient(fourth, "Bea")
    sync(fourth)
    restored = brought_back(practice, back, tmp_path, made)
    add_patient(restored, "Cleo")
    sync(restored, restored, front, fourth, restored)
    with pytest.raises(RevokedError):
        sync(third)
    agree(front, fourth, restored)
    for pc in (front, fourth, restored):
        state = members(pc)
        assert id_of(third) not in state.devices
        assert {id_of(fourth), id_of(front), id_of(restored)} <= state.devices.keys()
        assert state.person("nora") is not None
        assert len(patients(pc)) == 3
        assert {*told(pc)} == {"old-keys"}
    decide(restored, 7)
    agree(front, fourth, restored)


def test_a_laptop_comes_back_by_an_owners_keys_until_the_sheet_ends_them(
    practice: Practice, back: Clinic
) -> None:
    """The thief's program does not ask whether the PC was taken out."""
    front, laptop = practice.front, practice.new_pc("laptop")
    sync(front, back, laptop)
    front.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(front)
    Syncing(front).revoke(id_of(laptop))
    laptop.store.write(SYSTEM, lambda uow: mark_restored(uow.cursor)).result()
    add_patient(front, "Ada")
    with pytest.raises(CopiedRecordError):
        sync(laptop)
    sync(front, back, front)
    assert laptop.store.read(laptop.actor, devices.pcs).result()[0].is_active
    for pc in (front, back):
        assert members(pc).devices.keys() == {id_of(front), id_of(back)}
    assert len(rows(laptop, "SELECT 1 FROM sync_key")) == 1
    assert patients(laptop) == []


def test_a_laptop_with_keys_of_before_gains_nothing_once_it_was_taken_out(
    practice: Practice, back: Clinic
) -> None:
    """The thief knows the password and lets people and PCs in there, before he hears."""
    front, laptop = practice.front, practice.new_pc("laptop")
    sync(front, back, laptop)
    for number in range(2):
        laptop.add_person(NewPerson(f"x{number}", "X", ("owner", "doctor")), BOB)
    stray = Device(uuid.uuid4(), "Reception", *[bytes(Identity.new().public.signing)] * 2)
    signer = laptop.keys.identity
    laptop.store.write(laptop.actor, devices.admit, stray, signer).result()
    front.switch_by_recovery(practice.sheet, "ana", NEW)
    Syncing(front).revoke(id_of(laptop))
    before = members(front)
    carried = practice.root / "thief.clinicsync"
    export_bundle(laptop, carried)
    with pytest.raises(RevokedError):
        sync(laptop)
    with pytest.raises(BadFileError):
        import_bundle(front, carried)
    sync(back, front, back)
    for pc in (front, back):
        assert members(pc).people == before.people
        assert members(pc).devices == before.devices
