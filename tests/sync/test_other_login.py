"""At the new PC another sign-in name is typed than that of who lets it in."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.errors import StoppedError, ValidationError
from clinic_desktop.joining import Joining, join
from clinic_desktop.services import devices
from clinic_desktop.stick_joining import Asking, ask
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice


def count(pc: Clinic) -> int:
    return len(pc.store.read(pc.actor, devices.pcs).result())


def test_by_a_line_nobody_is_let_in(practice: Practice) -> None:
    front, before = practice.front, count(practice.front)
    code, digits = Syncing(front).invite().code, queue.Queue[str]()
    refused = threading.Event()

    def wait() -> None:
        if refused.wait(0.1):
            raise StoppedError("given up")

    wanted = Joining(practice.address, code, "bob", PASSWORD)
    with ThreadPoolExecutor(1) as other:
        joined = other.submit(
            join, DataDir(practice.root / "third"), wanted, digits.put, wait, practice.clock, CHEAP
        )
        try:
            with pytest.raises(ValidationError, match="bob") as said:
                Syncing(front).approve(digits.get(timeout=120))
        finally:
            refused.set()
        with pytest.raises(StoppedError):
            joined.result(120)
    assert "No PC was let in" in said.value.kept
    assert count(front) == before


def test_by_a_stick_nobody_is_let_in(practice: Practice) -> None:
    front, before = practice.front, count(practice.front)
    asked, answer = practice.root / "a.clinicjoin", practice.root / "a.clinicbundle"
    third = DataDir(practice.root / "third")
    for login in ("bob", "ANA "):
        code = ask(third, Asking(login, PASSWORD), asked, practice.clock, CHEAP)
        if login == "bob":
            with pytest.raises(ValidationError, match="bob"):
                Syncing(front).approve_by_stick(asked, code, answer)
            assert not answer.exists()
            assert count(front) == before
        else:
            Syncing(front).approve_by_stick(asked, code, answer)
    assert count(front) == before + 1
