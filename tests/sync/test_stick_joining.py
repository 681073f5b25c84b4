"""A PC joins by a stick alone: one walk there, one back, and a code that no stick holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import clinic, hub, joining, using_hubs
from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.cli import run
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import (
    BadFileError,
    ClinicError,
    NotFoundError,
    RuleError,
    SetupError,
    StorageError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.restore import Way, restore
from clinic_desktop.services import devices
from clinic_desktop.stick_joining import Asking, ask, asked_by, finish
from clinic_desktop.sync.enrolment import Invitation
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import CANARY, Practice, add_patient, patients, rows, sync
from tests.sync.test_files import SCAN, add_scan
from tests.sync.test_files import content as scan_of
from tests.sync.test_incarnations import faults

ANA = Asking("ana", PASSWORD)


@dataclass
class Valley:
    """A practice of one PC that no line reaches, and a stick."""

    root: Path
    clock: FixedClock
    front: Clinic

    @property
    def asked(self) -> Path:
        return self.root / "stick.clinicjoin"

    @property
    def answer(self) -> Path:
        return self.root / "stick.clinicbundle"

    def folder(self, name: str) -> DataDir:
        return DataDir(self.root / name)

    def join(self, name: str) -> Clinic:
        """One more PC, joined and opened."""
        code = ask(self.folder(name), ANA, self.asked, self.clock, CHEAP)
        Syncing(self.front).approve_by_stick(self.asked, code, self.answer)
        finish(self.folder(name), ANA, self.answer, self.clock)
        return clinic.open_clinic(self.folder(name), "ana", PASSWORD, self.clock)


@pytest.fixture
def valley(tmp_path: Path, clock: FixedClock) -> Iterator[Valley]:
    new = NewClinic("Canary Clinic", "ana", "Dr Ana", PASSWORD)
    front = clinic.create(DataDir(tmp_path / "front"), new, clock, CHEAP)
    if front.recovery is not None:
        front.use_recovery(front.recovery)
    yield Valley(tmp_path, clock, front)
    front.close()


def names(pc: Clinic) -> list[str]:
    return [str(row[1]) for row in patients(pc)]


def carry(source: Clinic, target: Clinic, stick: Path) -> None:
    export_bundle(source, stick)
    import_bundle(target, stick)


def test_a_pc_joins_by_a_stick_where_no_line_goes(valley: Valley) -> None:
    front = valley.front
    add_patient(front, "Ada")
    back = valley.join("back")
    try:
        assert names(back) == ["Ada"]
        stick = valley.root / "s.clinicbundle"
        add_patient(back, "Bea")
        carry(back, front, stick)
        assert names(front) == ["Ada", "Bea"]
        mrns = [row[2] for row in patients(front)]
        assert len(set(mrns)) == 2
        assert str(mrns[0])[:2] != str(mrns[1])[:2]
        # The first PC knows now what the other has, and how the exchange stands.
        add_patient(front, "Cleo")
        assert Syncing(front).status().to_send > 0
        carry(front, back, stick)
        carry(back, front, stick)
        assert Syncing(front).status().to_send == 0
        assert Syncing(front).status().server == ""
        assert Syncing(front).run().open.to_send == 0
        # By its own file a PC learns nothing of others.
        add_patient(front, "Dora")
        export_bundle(front, stick)
        import_bundle(front, stick)
        assert Syncing(front).status().to_send > 0
        assert faults(front) == faults(back) == []
        assert CANARY.encode() not in valley.answer.read_bytes()
        assert not valley.folder("back").joining.exists()
    finally:
        back.close()


def test_a_third_pc_and_one_that_is_taken_out(valley: Valley) -> None:
    front, stick = valley.front, valley.root / "s.clinicbundle"
    back = valley.join("back")
    third = valley.join("third")
    try:
        carry(front, back, stick)
        add_patient(third, "Thea")
        carry(third, back, stick)
        assert names(back) == ["Thea"]
        mine = next(each.id for each in third.store.read(third.actor, devices.pcs).result()
                    if each.is_this)  # fmt: skip
        carry(back, front, stick)
        Syncing(front).revoke(mine)
        add_patient(front, "After")
        export_bundle(front, stick)
        import_bundle(back, stick)
        assert names(back) == ["After", "Thea"]
        with pytest.raises(BadFileError, match="taken out"):
            carry(third, back, stick)
        import_bundle(third, stick)  # it hears that it is out, and reads nothing new
        assert names(third) == ["Thea"]
        assert rows(front, "SELECT count(*) FROM sync_key") == [(2,)]
        fourth = valley.join("fourth")  # under the new data key
        assert names(fourth) == ["After", "Thea"]
        fourth.close()
    finally:
        back.close()
        third.close()


def test_nobody_who_holds_the_stick_comes_between(valley: Valley) -> None:
    front, folder, syncing = valley.front, valley.folder("back"), Syncing(valley.front)
    code = ask(folder, ANA, valley.asked, valley.clock, CHEAP)
    valley.answer.write_bytes(b"a letter")
    with pytest.raises(RuleError):
        ask(valley.folder("x"), ANA, valley.answer, valley.clock, CHEAP)
    valley.answer.unlink()
    # Another PC's request lies on the stick instead.
    other = ask(valley.folder("other"), ANA, valley.root / "o.clinicjoin", valley.clock, CHEAP)
    for file, typed in (("o.clinicjoin", code), ("stick.clinicjoin", other)):
        with pytest.raises(ValidationError, match="not written by the PC"):
            syncing.approve_by_stick(valley.root / file, typed, valley.answer)
    with pytest.raises(ValidationError, match="not the code"):
        syncing.approve_by_stick(valley.asked, code[:-1], valley.answer)
    with pytest.raises(StorageError):
        syncing.approve_by_stick(valley.root / "nothing", code, valley.answer)
    assert len(front.store.read(front.actor, devices.pcs).result()) == 1
    # Somebody who knows the new PC's public keys, not its code, answers with another practice.
    syncing.approve_by_stick(valley.asked, code, valley.answer)
    syncing.approve_by_stick(valley.root / "o.clinicjoin", other, valley.root / "o.clinicbundle")
    with pytest.raises(BadFileError, match="no answer"):
        finish(folder, ANA, valley.root / "o.clinicbundle", valley.clock)
    with pytest.raises(BadFileError, match="no answer"):
        finish(folder, ANA, valley.asked, valley.clock)


def test_what_goes_wrong_leaves_the_way_open(valley: Valley) -> None:
    front, folder = valley.front, valley.folder("back")
    add_patient(front, "Ada")
    with pytest.raises(NotFoundError):
        finish(folder, ANA, valley.answer, valley.clock)
    code = ask(folder, ANA, valley.asked, valley.clock, CHEAP)
    assert asked_by(folder) == "ana"
    Syncing(front).approve_by_stick(valley.asked, code, valley.answer)
    whole = valley.answer.read_bytes()
    torn: list[tuple[bytes, type[ClinicError]]] = [
        (whole[:-1], BadFileError), (whole[: len(whole) // 2], BadFileError), (b"", BadFileError),
        (whole[:-70] + bytes([whole[-70] ^ 1]) + whole[-69:], BadFileError),
    ]  # fmt: skip
    for content, kind in torn:
        valley.answer.write_bytes(content)
        with pytest.raises(kind):
            finish(folder, ANA, valley.answer, valley.clock)
        assert not folder.database.exists()
        assert not folder.unborn.exists()
    valley.answer.write_bytes(whole)
    with pytest.raises(WrongPasswordError):
        finish(folder, Asking("ana", PASSWORD + "x"), valley.answer, valley.clock)
    with pytest.raises(ValidationError, match="let in by ana"):
        finish(folder, Asking("bob", PASSWORD), valley.answer, valley.clock)
    assert finish(folder, ANA, valley.answer, valley.clock).practice == "Canary Clinic"
    with pytest.raises(SetupError):
        ask(folder, ANA, valley.asked, valley.clock, CHEAP)


def test_where_there_is_a_server_it_hears_of_the_pc(practice: Practice) -> None:
    front = practice.front
    add_patient(front, "Ada")
    asked, answer = practice.root / "a.clinicjoin", practice.root / "a.clinicbundle"
    folder = DataDir(practice.root / "third")
    code = ask(folder, ANA, asked, practice.clock, CHEAP)
    practice.server.stop()
    Syncing(front).approve_by_stick(asked, code, answer)
    finish(folder, ANA, answer, practice.clock)
    practice.server.start()
    third = practice.open("third")
    assert names(third) == ["Ada"]
    add_patient(third, "Thea")
    assert not Syncing(front).status().is_finished
    sync(front)  # an owner's PC tells the server
    assert Syncing(front).status().is_finished
    sync(third, front)
    assert names(front) == ["Ada", "Thea"]


def test_a_hub_is_opened_later_in_such_a_practice(valley: Valley) -> None:
    from tests.sync.test_hub import hub_at

    front = valley.front
    back = valley.join("back")
    try:
        with hub_at(front) as opened:
            assert Syncing(front).status().server.startswith("lan://")
            using_hubs.use(back, f"127.0.0.1:{opened.port}")
            add_patient(back, "Bea")
            Syncing(back).run()
            Syncing(front).run()
            assert names(front) == ["Bea"]
            assert Syncing(back).status().to_send == 0  # nobody has to write a stick
        hub.switch_off(front)
        assert Syncing(front).status().server == ""  # sticks again, and nothing waits for a hub
        Syncing(front).run()
    finally:
        back.close()


def test_the_command_line_joins_by_a_stick(
    valley: Valley, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    add_patient(valley.front, "Ada")
    valley.front.close()

    def call(folder: str, *words: str) -> tuple[int, Any]:
        start = ["--data-dir", str(valley.root / folder), "--user", "ana", "--json"]
        code = run([*start, *words])
        return code, json.loads(capsys.readouterr().out)

    code, said = call("back", "join", "--ask", str(valley.asked))
    assert code == 0
    assert Invitation.read(said["code"]).code == said["code"]
    files = ("--asked", str(valley.asked), "--answer", str(valley.answer))
    code, told = call("front", "device", "approve", said["code"], *files)
    assert (code, told["bytes"]) == (0, valley.answer.stat().st_size)
    code, told = call("back", "join", "--answer", str(valley.answer))
    assert (code, told["practice"]) == (0, "Canary Clinic")
    assert told["received"] > 0
    code, told = call("back", "sync", "status")
    assert (code, told["server"]) == (0, "")


def brought_back(valley: Valley, pc: Clinic, name: str) -> Clinic:
    """The PC as a backup of this moment, brought back elsewhere after it has gone on."""
    made = pc.back_up(valley.root / f"{name}.clinicbackup", lambda *_: None)
    into = valley.folder(name)
    into.root.mkdir()
    restore(made.path, into, Way("ana", PASSWORD, None, pc.data_dir), lambda *_: None,
            clock=valley.clock, cost=CHEAP)  # fmt: skip
    return clinic.open_clinic(into, "ana", PASSWORD, valley.clock)


def test_brought_back_where_only_a_stick_goes_it_is_a_pc_of_its_own(valley: Valley) -> None:
    front, stick = valley.front, valley.root / "s.clinicbundle"
    back, third = valley.join("back"), valley.join("third")
    add_patient(back, "Old")
    carry(back, front, stick)
    again = brought_back(valley, back, "again")
    add_patient(back, "Lost here")
    carry(back, front, stick)
    back.close()
    add_patient(again, "New")
    carry(again, front, stick)  # nobody had told the first PC of the new name
    assert names(front) == ["Lost here", "New", "Old"]
    carry(front, again, stick)
    carry(front, third, stick)  # the owner's word goes on from stick to stick
    assert names(again) == names(third) == names(front)
    assert len({row[2] for row in patients(front)}) == 3
    add_patient(third, "Thea")
    carry(third, again, stick)
    assert "Thea" in names(again)
    assert faults(again) == faults(front) == faults(third) == []
    again.close()
    third.close()


def test_a_copied_folder_hears_of_itself_by_a_stick(valley: Valley) -> None:
    front, stick = valley.front, valley.root / "s.clinicbundle"
    valley.join("back").close()
    shutil.copytree(valley.root / "back", valley.root / "twin")
    one, two = (
        clinic.open_clinic(valley.folder(name), "ana", PASSWORD, valley.clock)
        for name in ("back", "twin")
    )
    add_patient(one, "One")
    add_patient(two, "Two")
    carry(one, front, stick)
    carry(front, two, stick)
    assert names(two) == ["One", "Two"]
    carry(two, front, stick)
    assert names(front) == ["One", "Two"]
    assert faults(two) == faults(front) == []
    one.close()
    two.close()


def test_a_part_that_follows_one_that_was_not_read_says_so(valley: Valley) -> None:
    front, stick, base = (
        valley.front,
        valley.root / "s.clinicbundle",
        valley.root / "b.clinicbundle",
    )
    valley.join("back").close()
    shutil.copytree(valley.root / "back", valley.root / "twin")
    one, two = (
        clinic.open_clinic(valley.folder(name), "ana", PASSWORD, valley.clock)
        for name in ("back", "twin")
    )
    add_patient(one, "One")
    carry(one, front, stick)
    export_bundle(front, base)
    add_patient(one, "Uno")
    carry(one, front, stick)
    export_bundle(front, stick, after=base)
    with pytest.raises(BadFileError, match="before this one is missing"):
        import_bundle(two, stick)
    assert names(two) == []
    import_bundle(two, base)
    import_bundle(two, stick)
    assert names(two) == ["One", "Uno"]
    one.close()
    two.close()


def test_documents_come_with_the_answer(valley: Valley) -> None:
    add_scan(valley.front)
    back = valley.join("back")
    assert scan_of(back) == SCAN
    back.close()


def test_a_record_that_has_its_keys_is_never_thrown_away(
    valley: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_patient(valley.front, "Ada")

    def in_use(_folder: DataDir) -> None:
        raise PermissionError(13, "in use by another program")

    def cut(_folder: DataDir) -> None:
        raise KeyboardInterrupt

    for name, fails in (("back", in_use), ("third", cut)):
        folder = valley.folder(name)
        code = ask(folder, ANA, valley.asked, valley.clock, CHEAP)
        Syncing(valley.front).approve_by_stick(valley.asked, code, valley.answer)
        with monkeypatch.context() as patched:
            patched.setattr(joining, "name_newborn", fails)
            if fails is cut:
                with pytest.raises(KeyboardInterrupt):
                    finish(folder, ANA, valley.answer, valley.clock)
            else:
                finish(folder, ANA, valley.answer, valley.clock)
        assert folder.unborn.exists()
        opened = clinic.open_clinic(folder, "ana", PASSWORD, valley.clock)
        assert names(opened) == ["Ada"]
        opened.close()
