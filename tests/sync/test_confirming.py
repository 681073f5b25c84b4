"""A PC that comes by itself after another was taken out waits until an owner confirms it."""

from __future__ import annotations

import json
import uuid

import pytest

from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.carrying import carry
from clinic_desktop.cli import run
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, RuleError
from clinic_desktop.restore import Way, restore
from clinic_desktop.security.membership_entries import (
    BeginEpoch,
    Device,
    NewRoot,
    PutDevice,
    Root,
    read_body,
)
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import devices
from clinic_desktop.services.devices import Pc
from clinic_desktop.sync import carried, epochs, handing, state
from clinic_desktop.sync.connecting import courier
from clinic_desktop.sync.keys import check_of, new_dek, next_epoch, read_sealed
from clinic_desktop.sync.statements import person_id
from clinic_desktop.syncing import Syncing
from tests.support.coming_back import as_brought_back, come_back
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, rows, sync


def id_of(pc: Clinic) -> uuid.UUID:
    return next(each.id for each in listed(pc) if each.is_this)


def listed(pc: Clinic) -> tuple[Pc, ...]:
    found: tuple[Pc, ...] = pc.store.read(pc.actor, devices.pcs).result()
    return found


def waiting(pc: Clinic) -> set[uuid.UUID]:
    """Those that wait, as this PC tells its people."""
    return {each.id for each in listed(pc) if each.is_waiting}


def names(pc: Clinic) -> list[object]:
    return [row[1] for row in patients(pc)]


def keys_at(pc: Clinic) -> set[object]:
    return {row[0] for row in rows(pc, "SELECT epoch FROM sync_key")}


@pytest.fixture
def laptop(practice: Practice, back: Clinic) -> Clinic:
    """It was taken out, somebody knows the password, and it is back under another name."""
    front, laptop = practice.front, practice.new_pc("laptop")
    sync(front, back, laptop)
    Syncing(front).revoke(id_of(laptop))
    assert come_back(laptop), "the server knows no better"
    sync(laptop)
    return laptop


def test_a_thief_with_an_owners_password_reads_nothing_that_is_written_later(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    sync(front, back, laptop)
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    for _round in range(3):
        practice.clock.advance(seconds=25 * 3600)  # a key that nobody hands out counts as lost
        sync(front, back, laptop)
    assert names(front) == ["Ada", "Bea"] == names(back)
    assert names(laptop) == []
    assert keys_at(laptop) == {1}
    for pc in (front, back):
        assert waiting(pc) == {id_of(laptop)}
        assert "waits for an owner" in Syncing(pc).status().awaits


def test_the_thief_is_taken_out_again(practice: Practice, back: Clinic, laptop: Clinic) -> None:
    front = practice.front
    sync(front, back)
    Syncing(front).revoke(id_of(laptop))
    sync(front, back)
    assert waiting(front) == set() == waiting(back)
    add_patient(front, "Ada")
    sync(front, back)
    assert names(back) == ["Ada"]


def test_neither_he_nor_whoever_he_names_confirms_him(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    with pytest.raises(RuleError, match="waits to be confirmed"):
        Syncing(laptop).confirm(id_of(laptop))
    stray = [bytes(Identity.new().public.signing), bytes(Identity.new().public.sealing)]
    second = Device(uuid.uuid4(), "Reception", *stray)

    def name(uow: UnitOfWork) -> None:
        """As his own program may write it: himself once more, and another PC."""
        me = chain.this_device(uow)
        chain.append(uow, laptop.keys.identity, PutDevice(second), PutDevice(me))

    laptop.store.write(laptop.actor, name).result()
    sync(laptop, front, back, laptop, front, back)
    for pc in (front, back):
        assert waiting(pc) == {id_of(laptop), second.id}
    add_patient(front, "Ada")
    sync(front, laptop)
    assert names(laptop) == []


def test_nobody_is_confirmed_unseen_with_another(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    """A PC of ours may have written anew what one that was taken out had written."""
    front = practice.front
    stray = [bytes(Identity.new().public.signing), bytes(Identity.new().public.sealing)]
    second = Device(uuid.uuid4(), "Reception", *stray)
    signer = laptop.keys.identity
    laptop.store.write(laptop.actor, chain.append, signer, PutDevice(second)).result()
    sync(laptop, front)
    before = rows(front, "SELECT count(*) FROM membership_entry")
    with pytest.raises(RuleError, match="Reception"):
        Syncing(front).confirm(id_of(laptop))
    assert waiting(front) == {id_of(laptop), second.id}
    assert rows(front, "SELECT count(*) FROM membership_entry") == before
    Syncing(front).revoke(second.id)
    Syncing(front).confirm(id_of(laptop))
    assert waiting(front) == set()


def test_other_keys_for_a_pc_that_is_there_are_handed_nothing(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    """An owner may say another PC's keys anew; he says his own."""
    front, mine = practice.front, Identity.new().public
    theirs = Device(id_of(back), "back", mine.signing, mine.sealing)
    laptop.store.write(laptop.actor, chain.append, laptop.keys.identity, PutDevice(theirs)).result()
    sync(laptop, front)
    assert id_of(back) in waiting(front)
    assert to_hand(front) == {person_id(practice.sheet.identity.public.signing)}


def say_keys(thief: Clinic, pc: Clinic, signing: bytes, sealing: bytes) -> None:
    """Name another PC with these keys, as his own program may."""
    said = PutDevice(Device(id_of(pc), "PC", signing, sealing))
    thief.store.write(thief.actor, chain.append, thief.keys.identity, said).result()
    sync(thief)


def test_he_gets_no_key_in_the_place_of_whoever_took_the_pc_out(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front, mine = practice.front, Identity.new().public
    sync(back)
    say_keys(laptop, front, mine.signing, mine.sealing)
    sync(back)
    assert id_of(front) in waiting(back)
    assert id_of(front).bytes not in to_hand(back)
    with pytest.raises(RuleError, match="another PC under its name"):
        Syncing(back).confirm(id_of(front))
    assert id_of(front) in waiting(back)


def test_a_key_that_the_chain_names_no_more_is_handed_nothing(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    """A PC is named by its signing key alone before it exchanges for the first time."""
    front, mine = practice.front, Identity.new().public
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    signing = members.devices[id_of(front)].signing
    sync(back)
    say_keys(laptop, front, signing, mine.sealing)
    sync(back)
    say_keys(laptop, front, signing, b"")
    sync(back)
    assert (mine.sealing,) in rows(back, "SELECT box_pk FROM sync_device")
    assert id_of(front).bytes not in to_hand(back)


def test_what_he_writes_in_the_name_of_another_pc_confirms_nobody(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front, mine = practice.front, Identity.new().public
    sync(back, front)
    members = front.store.read(SYSTEM, chain.current).result()
    assert members is not None
    real = members.devices[id_of(back)]
    say_keys(laptop, back, mine.signing, mine.sealing)
    sync(front)
    say_keys(laptop, back, real.signing, real.sealing)
    sync(front)
    by_stick(front, back)  # the server does not know it any more
    owner = back.keys.identity
    with pytest.raises(RuleError, match="said other keys"):
        back.store.write(back.actor, devices.confirm, id_of(laptop), owner).result()
    named = PutDevice(device_of(back, laptop))
    back.store.write(back.actor, chain.append, owner, named).result()
    by_stick(back, front)
    assert named in bodies_of(front, back)
    assert waiting(front) == {id_of(laptop)}
    assert id_of(back).bytes in to_hand(front)
    assert id_of(laptop).bytes not in to_hand(front)
    before = sealed_with(front)
    begin_key(back)
    by_stick(back, front)
    assert keys_at(front) > {1, before}
    assert sealed_with(front) == before, "nor is anything sealed with a data key begun so"


def sealed_with(pc: Clinic) -> int:
    found = pc.store.read(SYSTEM, epochs.in_use, 1 << 40).result()
    assert found is not None
    return int(found[0])


def by_stick(source: Clinic, target: Clinic) -> None:
    path = source.data_dir.root / "stick.clinicbundle"
    path.unlink(missing_ok=True)
    export_bundle(source, path)
    import_bundle(target, path)


def bodies_of(pc: Clinic, author: Clinic) -> list[object]:
    """What another PC wrote into the chain, as this one has it."""

    def found(reads: ReadSession) -> list[object]:
        written, mine = confirmed.written(reads.cursor), id_of(author)
        return [read_body(each.entry) for each in written if each.device == mine]

    return pc.store.read(SYSTEM, found).result()


def device_of(pc: Clinic, named: Clinic) -> Device:
    members = pc.store.read(SYSTEM, chain.current).result()
    assert members is not None
    return members.devices[id_of(named)]


def test_nobody_sends_a_way_in_to_one_that_waits(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    with pytest.raises(RuleError, match="waits to be confirmed"):
        carry(front, id_of(laptop))
    carry(front, id_of(back))


def test_a_recovery_sheet_of_his_own_gets_no_data_key(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front, sheet = practice.front, Identity.new().public
    root = NewRoot(Root(sheet.sealing, sheet.signing))
    laptop.store.write(laptop.actor, chain.append, laptop.keys.identity, root).result()
    sync(laptop, front, back)
    assert members_root(front) == sheet.signing
    assert to_hand(front) == {id_of(back).bytes}


def test_nothing_is_sealed_with_a_data_key_that_he_begins(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    begin_key(laptop)
    sync(laptop, front, back, laptop, front, back)
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    sync(front, back, front, laptop)
    assert names(front) == ["Ada", "Bea"] == names(back)
    assert names(laptop) == []


def begin_key(pc: Clinic) -> None:
    """What his program does, told that it never waits."""

    def begin(uow: UnitOfWork) -> None:
        members, dek = chain.current(uow), new_dek()
        assert members is not None
        assert members.epoch is not None
        epoch = next_epoch(members.epoch.turn)
        begun = BeginEpoch(epoch, check_of(dek), members.ended)
        devices.begin_epoch(uow, begun, pc.keys.identity)
        state.keep_key(uow.cursor, epoch, dek, 1)

    pc.store.write(pc.actor, begin).result()


def members_root(pc: Clinic) -> bytes:
    members = pc.store.read(SYSTEM, chain.current).result()
    assert members is not None
    return members.root.signing


def to_hand(pc: Clinic) -> set[bytes]:
    """Whom this PC would hand keys to, had it handed none yet."""

    def forget(uow: UnitOfWork) -> None:
        state.change_settings(uow.cursor, handed=())

    pc.store.write(SYSTEM, forget).result()
    return {each.device for each in pc.store.read(SYSTEM, handing.due, 1000).result()}


def restored(practice: Practice, pc: Clinic) -> Clinic:
    """A PC that burnt after it was taken out, and is brought back from its backup."""
    made = pc.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    mine = id_of(pc)
    practice.opened.remove(pc)
    pc.close()
    Syncing(practice.front).revoke(mine)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    way = Way("ana", PASSWORD, None, pc.data_dir)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    return practice.open("again")


def test_one_that_is_ours_is_confirmed_and_has_lost_nothing(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(third, back, front)
    again = restored(practice, back)
    add_patient(again, "New")
    sync(again, front, third, again)
    add_patient(front, "Later")
    sync(front, third, again)
    assert names(front) == ["Later", "New"] == names(third), "what is written there is taken"
    assert names(again) == ["New"]
    assert Syncing(again).status().is_waiting
    assert "recovery sheet" in Syncing(again).status().awaits
    Syncing(third).confirm(id_of(again))  # which did not begin the key
    sync(front, again, front)
    assert names(again) == ["Later", "New"]
    assert not Syncing(again).status().is_waiting
    for pc in (front, third, again):
        assert waiting(pc) == set()
    begun = rows(front, "SELECT detail FROM audit_event WHERE kind = 'access.device-confirmed'")
    assert len(begun) == 1
    Syncing(third).confirm(id_of(again))  # twice is nothing
    assert len(rows(third, "SELECT 1 FROM audit_event WHERE kind = 'access.device-confirmed'")) == 1
    with pytest.raises(NotFoundError):
        Syncing(front).confirm(uuid.uuid4())


def test_nobody_is_asked_where_whoever_took_a_pc_out_knew_the_other(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(third, back, front)
    back.store.write(SYSTEM, as_brought_back).result()
    sync(back, front)
    Syncing(front).revoke(id_of(third))
    sync(back, front)
    assert waiting(front) == set() == waiting(back)
    add_patient(front, "Ada")
    sync(front, back)
    assert names(back) == ["Ada"]


def test_the_sheet_stands_for_a_pc_where_no_other_is_left(practice: Practice, back: Clinic) -> None:
    again = restored(practice, back)
    sync(again)
    practice.front.close()
    practice.opened.remove(practice.front)
    assert Syncing(again).status().is_waiting
    again.switch_by_recovery(practice.sheet, "ana", PASSWORD)
    assert waiting(again) == set()
    practice.clock.advance(seconds=25 * 3600)
    sync(again, again)
    add_patient(again, "Ada")
    sync(again)
    assert len(rows(again, "SELECT 1 FROM membership_entry WHERE kind = 'epoch'")) == 2


def test_no_stick_and_no_hub_bears_a_key_for_one_that_waits(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    me = front.store.write(SYSTEM, courier, front.keys.vault.clinic).result()
    sealed = front.store.read(SYSTEM, carried.keys_for_others, me).result()
    assert {read_sealed(each).device for each in sealed} == {id_of(back).bytes}
    add_patient(front, "Ada")
    stick = practice.root / "stick.clinicbundle"
    export_bundle(front, stick)
    import_bundle(laptop, stick)
    import_bundle(back, stick)
    assert names(back) == ["Ada"]
    assert names(laptop) == []
    Syncing(front).confirm(id_of(laptop))
    stick.unlink()
    export_bundle(front, stick)
    import_bundle(laptop, stick)
    assert names(laptop) == ["Ada"]


def test_everybody_finds_the_same_whatever_came_first(
    practice: Practice, back: Clinic, laptop: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    Syncing(front).confirm(id_of(laptop))
    sync(laptop, back, front)
    late = practice.new_pc("late")

    def found(reads: ReadSession) -> object:
        return confirmed.confirmed(reads).pcs

    assert {pc.store.read(SYSTEM, found).result() for pc in (front, back, late)} == {frozenset()}


def test_on_the_command_line(
    practice: Practice,
    back: Clinic,
    laptop: Clinic,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    sync(practice.front, back)
    came = str(id_of(laptop))
    practice.opened.remove(practice.front)
    practice.front.close()
    front = ["--data-dir", str(practice.root / "front"), "--user", "ana"]
    assert run([*front, "device", "list"]) == 0
    assert "somebody knows the password" in capsys.readouterr().out
    for words, wanted in ((["device", "list"], [came]), (["device", "confirm", came], None),
                          (["device", "list"], [])):  # fmt: skip
        assert run([*front, "--json", *words]) == 0
        said = json.loads(capsys.readouterr().out)
        if wanted is not None:
            assert [each["id"] for each in said["devices"] if each["unconfirmed"]] == wanted
    assert run([*front, "--json", "sync", "status"]) == 0
    assert json.loads(capsys.readouterr().out)["others_unconfirmed"] == []
