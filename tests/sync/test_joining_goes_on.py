"""Joining that is broken off goes on where it was: nothing comes over the line twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic_desktop.config import DataDir
from clinic_desktop.errors import ServerError, ValidationError, WrongPasswordError
from clinic_desktop.half_joining import half_joined
from clinic_desktop.joining import Joining, join
from clinic_desktop.sync.snapshot_line import SnapshotLine
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_snapshots import kept, leave, told

__all__ = ["told"]
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
ON = Joining(None, "", "ana", PASSWORD)
Asked = list[tuple[bytes, ...]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The pieces that were asked for, question by question."""
    found: Asked = []
    plain: Callable[..., object] = SnapshotLine.ask

    def ask(self: SnapshotLine, **said: tuple[bytes, ...]) -> object:
        found.append(said.get("wanted", ()))
        return plain(self, **said)

    monkeypatch.setattr(SnapshotLine, "ask", ask)
    return found


def killed(practice: Practice, name: str, steps: int) -> DataDir:
    """A PC that was let in, and whose program died after so many steps."""
    code = Syncing(practice.front).invite().code
    words = ["tests.sync.half_joined", str(practice.root / name), practice.server.url, code]
    with subprocess.Popen(
        [sys.executable, "-m", *words, str(steps)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            Syncing(practice.front).approve(child.stdout.readline().strip())
            assert child.wait(60) == -signal.SIGKILL
        finally:
            child.kill()
    return DataDir(practice.root / name)


def go_on(practice: Practice, folder: DataDir, wanted: Joining = ON) -> None:
    join(folder, wanted, pytest.fail, pytest.fail, practice.clock, CHEAP)


def pieces(practice: Practice) -> int:
    with kept(practice) as server:
        (found,) = server.execute("SELECT count(*) FROM page").fetchone()
    return int(found)


def test_killed_among_the_pieces_it_goes_on_with_the_others(told: Practice, asked: Asked) -> None:
    folder = killed(told, "new", 2)
    assert half_joined(folder) == "ana"
    assert not folder.database.exists()
    asked.clear()  # the first PC has asked when it left the snapshot
    go_on(told, folder)
    (first, *_others) = asked
    assert len(set().union(*asked)) == pieces(told) - 3  # each step came after one was kept
    assert len(first) < pieces(told)
    new = told.open("new")
    assert patients(new) == patients(told.front)
    add_patient(new, "Cleo")
    sync(new, told.front)
    assert patients(new) == patients(told.front)
    assert not folder.half_joined.exists()


def test_a_wrong_password_changes_nothing_and_a_new_code_begins_anew(told: Practice) -> None:
    folder = killed(told, "new", 1)
    before = folder.unborn.read_bytes()
    with pytest.raises(WrongPasswordError, match="begun"):
        go_on(told, folder, Joining(None, "", "ana", PASSWORD + "x"))
    assert folder.unborn.read_bytes() == before
    new = told.new_pc("new")
    assert patients(new) == patients(told.front)
    assert not folder.half_joined.exists()


def test_where_nothing_was_begun_there_is_nothing_to_go_on_with(practice: Practice) -> None:
    with pytest.raises(ValidationError):
        go_on(practice, DataDir(practice.root / "new"))


def test_while_the_server_is_away_what_came_waits(told: Practice) -> None:
    folder = killed(told, "new", 2)
    told.server.stop()
    with pytest.raises(ServerError):
        go_on(told, folder)
    assert half_joined(folder) == "ana"


def test_a_newer_snapshot_takes_the_pieces_that_it_shares(told: Practice, asked: Asked) -> None:
    folder = killed(told, "new", 2)
    for given in ("Cleo", "Dan"):
        add_patient(told.front, given)
        sync(told.front)
        assert leave(told.front)
    asked.clear()
    go_on(told, folder)
    assert asked
    assert patients(told.open("new")) == patients(told.front)
