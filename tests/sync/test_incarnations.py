"""A PC that was brought back or copied goes on as one of its own: nothing is lost or skipped."""

from __future__ import annotations

import shutil
import uuid
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db.log_check import check_log
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import CopiedRecordError, RevokedError, ServerError
from clinic_desktop.renewing import begin_anew
from clinic_desktop.restore import Way, restore
from clinic_desktop.services.devices import pcs
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_lying_server import LyingLink, changed
from tests.sync.test_older_states import bring_back, names

QUIET = ("not-signed-yet", "mirror-behind")


def everything(pc: Clinic) -> list[list[tuple[object, ...]]]:
    """What must be the same on every PC."""
    return [
        rows(pc, "SELECT id, family, given, preferred, mrn FROM patient ORDER BY id"),
        rows(pc, "SELECT id, n, kind, body FROM membership_entry ORDER BY id"),
        rows(pc, "SELECT id, kind, user_id FROM audit_event ORDER BY id"),
    ]


def logs(pc: Clinic) -> list[tuple[object, ...]]:
    """Every PC's log by the names that hold everywhere."""
    return rows(
        pc,
        "SELECT d.device_id, c.dseq, c.chain FROM sync_commit c JOIN sync_device d USING (dev)"
        " ORDER BY 1, 2",
    )


def faults(pc: Clinic) -> list[str]:
    """What a check of the whole log finds."""
    pc.store.sign_off().result()
    report = pc.store.read(SYSTEM, lambda reads: check_log(reads.cursor, pc.store.mirror)).result(
        60
    )
    return [
        f"{each.what} {each.dev}/{each.dseq}" for each in report.findings if each.what not in QUIET
    ]


def agree(*pcs_: Clinic) -> None:
    """All hold the same, and every log is whole."""
    for _round in range(2):
        sync(*pcs_)
    first = pcs_[0]
    for other in pcs_[1:]:
        assert everything(other) == everything(first)
        assert logs(other) == logs(first)
    for each in pcs_:
        assert faults(each) == []


def close(practice: Practice, pc: Clinic) -> None:
    practice.opened.remove(pc)
    pc.close()


def copy(practice: Practice, pc: Clinic, name: str) -> Path:
    """The folder of a PC, as it is now, once more."""
    source = pc.data_dir.root
    close(practice, pc)
    return Path(shutil.copytree(source, practice.root / name))


def test_an_older_state_goes_on_though_the_server_is_older_too(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(back, front)
    again = bring_back(practice, back)
    add_patient(again, "New")
    add_patient(front, "After")
    sync(front, again, front)
    assert sorted(map(str, names(front))) == ["After", "New", "Old"]
    assert faults(front) == faults(again) == []


def test_what_only_others_have_left_of_an_older_state_is_brought_together(
    practice: Practice, back: Clinic
) -> None:
    """The server was brought back too, and heard of what came then first."""
    front = practice.front
    add_patient(front, "Sent")
    sync(back, front)
    again = bring_back(practice, back, lambda: work(front))
    add_patient(again, "New")  # under the number of “Old”
    sync(again)
    add_patient(front, "Built on Old")
    agree(front, again)
    for each in (front, again):
        assert sorted(map(str, names(each))) == ["Also lost", "Built on Old", "New", "Old", "Sent"]
        assert Syncing(each).status().open.to_apply == 0


def work(front: Clinic) -> None:
    """One that was sent to the server before it was brought back, and builds on “Old”."""
    add_patient(front, "Also lost")
    sync(front)


def test_a_copied_folder_goes_on_as_a_pc_of_its_own(practice: Practice, back: Clinic) -> None:
    front = practice.front
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    before = rows(two, "SELECT device_id, prefix FROM sync_device WHERE dev = 1")
    for number in range(3):
        add_patient(one, f"One {number}")
        add_patient(two, f"Two {number}")
    sync(one)
    passed = Syncing(two).run()
    assert passed.sent
    assert rows(two, "SELECT device_id, prefix FROM sync_device WHERE dev = 1") != before
    assert Syncing(one).status().anew == ""
    assert "somebody else may have the record" in Syncing(two).status().anew
    agree(front, one, two)
    assert sorted(map(str, names(front))) == [
        *(f"One {number}" for number in range(3)), *(f"Two {number}" for number in range(3))
    ]  # fmt: skip
    add_patient(two, "Two more")
    add_patient(one, "One more")
    agree(front, one, two)
    assert len(names(front)) == 8
    ((prefix,),) = rows(two, "SELECT prefix FROM sync_device WHERE dev = 1")
    given = {str(row[1]): str(row[2]) for row in patients(front)}
    assert given["Two more"].startswith(f"{prefix}-000001-"), "a new series has no gap before it"
    listed = front.store.read(front.actor, pcs).result()
    assert len(listed) == 3
    new = rows(two, "SELECT device_id FROM sync_device WHERE dev = 1")
    assert [(each.id.bytes,) for each in listed if each.by_itself] == new


def test_what_both_copies_had_is_one_though_a_key_began_since(
    practice: Practice, back: Clinic
) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(back, front, third, front)
    add_patient(back, "Of both")  # before it is copied, and sent by neither yet
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    ((device,),) = rows(third, "SELECT hex(device_id) FROM sync_device WHERE dev = 1")
    Syncing(front).revoke(uuid.UUID(hex=str(device)))
    add_patient(two, "Two")
    sync(two)  # with the key of which the other has not heard
    add_patient(one, "One")
    sync(one, two, front, two)
    said = "SELECT 1 FROM sync_commit WHERE reason = 'patients.registration.register'"
    for each in (two, front):
        assert sorted(map(str, names(each))) == ["Of both", "One", "Two"]
        assert len(rows(each, said)) == 3


def test_a_copy_that_is_taken_out_before_all_heard_of_it_holds_up_nobody(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    sync(one, two)  # the second becomes a PC of its own
    sync(front)
    twin = uuid.UUID(bytes=rows(two, "SELECT device_id FROM sync_device WHERE dev = 1")[0][0])  # type: ignore[arg-type]
    Syncing(front).revoke(twin)
    add_patient(front, "After")
    agree(front, one)
    assert sorted(map(str, names(one))) == ["After", "One", "Two"]


def test_a_copy_of_a_pc_that_was_taken_out_does_not_come_back_by_itself(
    practice: Practice, back: Clinic
) -> None:
    """It may hear of the hub at itself that it is a copy, before it hears that it is out."""
    front = practice.front
    sync(back, front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    add_patient(two, "Two")
    sync(one, front)
    who = "SELECT device_id FROM sync_device WHERE dev = 1"
    taken_out = rows(two, who)
    Syncing(front).revoke(uuid.UUID(bytes=taken_out[0][0]))  # type: ignore[arg-type]
    with pytest.raises(RevokedError):
        begin_anew(two)
    assert rows(two, who) == taken_out
    assert names(two) == ["Two"]  # and it stays readable there
    sync(front)
    assert len(front.store.read(front.actor, pcs).result()) == 2


def _change(statement: str, uow: UnitOfWork) -> None:
    uow.cursor.execute(statement)


def test_a_change_of_what_the_other_had_written_keeps_its_place(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    add_patient(back, "Ada")
    add_patient(front, "Bea")
    sync(back, front, back)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "Cleo")
    sync(one)
    for statement in (
        "UPDATE patient SET preferred = 'Addie' WHERE given = 'Ada'",
        "UPDATE patient SET preferred = 'Bee' WHERE given = 'Bea'",
        "UPDATE patient SET preferred = 'Addi' WHERE given = 'Ada'",
    ):
        change = partial(_change, statement)
        two.store.write(two.actor, change).result()
    agree(front, two, one)
    preferred = "SELECT given, preferred FROM patient ORDER BY given"
    assert rows(front, preferred) == [("Ada", "Addi"), ("Bea", "Bee"), ("Cleo", "")]
    assert rows(front, "SELECT count(*) FROM sync_conflict") == [(0,)]


def test_somebody_who_is_no_owner_is_told_to_call_one(practice: Practice, back: Clinic) -> None:
    sync(back, practice.front)
    copy(practice, back, "twin")
    one, two = practice.open("back"), practice.open("twin")
    add_patient(one, "One")
    sync(one)
    with (
        closing(link_of(two.store)) as link,
        pytest.raises(CopiedRecordError, match="copy") as said,
    ):
        Exchange(two.store, link).run()
    assert "owner" in said.value.hint


def test_a_server_cannot_make_a_pc_change_its_name_by_saying_so(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(back, practice.front)
    mine = rows(back, "SELECT device_id FROM sync_device WHERE dev = 1")
    lie = changed(tip_hash=b"x" * 32)
    monkeypatch.setattr(
        "clinic_desktop.syncing.link_of", lambda store: LyingLink(link_of(store), lie)
    )
    with pytest.raises(ServerError, match="does not show it"):
        Syncing(back).run()
    assert rows(back, "SELECT device_id FROM sync_device WHERE dev = 1") == mine


@pytest.fixture
def restored(practice: Practice, back: Clinic) -> Clinic:
    """The second PC, brought back from a backup after it had gone on."""
    sync(back, practice.front)
    add_patient(back, "Not sent yet")
    made = back.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    add_patient(back, "Sent later")
    sync(back, practice.front)
    close(practice, back)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    way = Way("ana", PASSWORD, None, back.data_dir)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    return practice.open("again")


def test_a_backup_brought_back_hears_first_and_numbers_anew(
    practice: Practice, restored: Clinic
) -> None:
    front = practice.front
    add_patient(restored, "New")
    given = {str(row[0]): row[1] for row in rows(restored, "SELECT given, mrn FROM patient")}
    assert str(given["New"])[:2] != str(given["Not sent yet"])[:2]
    assert "000001" in str(given["New"])
    with closing(link_of(restored.store)) as link, pytest.raises(CopiedRecordError):
        Exchange(restored.store, link).run()
    agree(restored, front)
    assert sorted(map(str, names(front))) == ["New", "Not sent yet", "Sent later"]
    mrns = [row[2] for row in patients(front)]
    assert len(set(mrns)) == len(mrns)


def test_brought_back_while_the_server_is_lost_it_begins_at_another(
    practice: Practice, restored: Clinic, tmp_path: Path
) -> None:
    front, server = practice.front, practice.server
    add_patient(restored, "New")
    server.stop()
    server.folder = tmp_path / "another"
    server.start()
    Syncing(restored).set_up(practice.address)
    sync(front)  # it brings what the restored one had sent after its backup
    agree(restored, front)
    assert sorted(map(str, names(restored))) == ["New", "Not sent yet", "Sent later"]


def test_what_only_the_backup_had_is_not_lost(practice: Practice, back: Clinic) -> None:
    """The PC burnt before it could send, and comes back from its backup."""
    front = practice.front
    sync(back, front)
    add_patient(back, "Never sent")
    made = back.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    close(practice, back)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    way = Way("ana", PASSWORD, None, back.data_dir)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    agree(front, practice.open("again"))
    assert names(front) == ["Never sent"]


def test_a_stolen_pc_comes_back_from_its_backup_under_another_name(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(back, front)
    made = back.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    mine = next(each.id for each in back.store.read(back.actor, pcs).result() if each.is_this)
    close(practice, back)
    Syncing(front).revoke(mine)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    way = Way("ana", PASSWORD, None, back.data_dir)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    again = practice.open("again")
    add_patient(again, "New")
    sync(again, front, again)
    add_patient(front, "Later")
    Syncing(front).confirm(
        next(each.id for each in again.store.read(again.actor, pcs).result() if each.is_this)
    )
    agree(front, again)
    assert names(again) == ["Later", "New"]


def test_brought_back_by_the_sheet_the_server_is_told_with_it(
    practice: Practice, back: Clinic
) -> None:
    front, sheet = practice.front, practice.sheet
    sync(back, front)
    made = back.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    add_patient(back, "Sent later")
    sync(back)
    close(practice, back)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    way = Way("ana", PASSWORD, sheet)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    again = practice.open("again")
    add_patient(again, "New")
    agree(again, front)
    assert names(front) == ["New", "Sent later"]


def test_brought_back_by_the_sheet_without_a_line_to_the_server(
    practice: Practice, back: Clinic
) -> None:
    front, sheet = practice.front, practice.sheet
    sync(back, front)
    made = back.back_up(practice.root / "one.clinicbackup", lambda *_: None)
    close(practice, back)
    into = DataDir(practice.root / "again")
    into.root.mkdir()
    practice.server.stop()
    way = Way("ana", PASSWORD, sheet)
    restore(made.path, into, way, lambda *_: None, clock=practice.clock, cost=CHEAP)
    practice.server.start()
    again = practice.open("again")
    add_patient(again, "New")
    agree(again, front)
    assert names(front) == ["New"]
