"""Two owner actions on people at once: each is whole, and none undoes the other."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from clinic_desktop import clinic
from clinic_desktop.cli.access import NEW_PASSWORD_VARIABLE
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import InUseError
from clinic_desktop.services import people
from clinic_desktop.services.people import NewPerson
from tests.support.records import CHEAP, PASSWORD, opens

SENTENCE = "blue bicycle bell number {}"


def agree(opened: Clinic) -> set[str]:
    """The logins of the key file, once chain and table say the same."""
    state = opened.store.read(SYSTEM, chain.agree).result()
    assert state is not None
    slots = {slot.user: slot.to for slot in opened.keys.vault.slots}
    assert slots == {key: each.sealing for key, each in state.people.items()}
    return {slot.login for slot in opened.keys.vault.slots}


def test_several_windows_threads_change_people_at_once(clinic_dir: DataDir) -> None:
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    opened.keys.cost = CHEAP
    for number in range(3):
        old_one = NewPerson(f"old{number}", "Somebody", ("nurse",))
        opened.add_person(old_one, SENTENCE.format(number))
    old = {p.login: p for p in opened.store.read(SYSTEM, people.everybody).result()}
    together = Barrier(6)

    def do(number: int) -> None:
        together.wait()
        if number < 3:
            new = NewPerson(f"new{number}", "Somebody", ("nurse",))
            opened.add_person(new, SENTENCE.format(number))
        elif number == 3:
            opened.retire_person(old["old0"].id)
        elif number == 4:
            opened.set_password(old["old1"], "another long sentence")
        else:
            opened.change_key()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(do, range(6)))
    assert agree(opened) == {"amina", "old1", "old2", "new0", "new1", "new2"}
    for number in range(3):
        assert opens(opened.keys, f"new{number}", SENTENCE.format(number)) == opened.keys.key
    assert opens(opened.keys, "old1", "another long sentence") == opened.keys.key
    opened.close()


def test_several_programs_change_people_at_once(clinic_dir: DataDir) -> None:
    """One works in the folder at a time; the others say so and change nothing."""
    environment = os.environ | {"CLINIC_PASSWORD": PASSWORD}

    def add(number: int) -> int:
        words = ["--data-dir", str(clinic_dir.root), "--user", "amina", "user", "add", "--login",
                 f"new{number}", "--name", "Somebody", "--role", "nurse"]  # fmt: skip
        refused = 0
        while True:
            done = subprocess.run(
                [sys.executable, "-m", "clinic_desktop", *words], capture_output=True, check=False,
                env=environment | {NEW_PASSWORD_VARIABLE: SENTENCE.format(number)},
            )  # fmt: skip
            if done.returncode == 0:
                return refused
            assert done.returncode == InUseError.exit_code, done.stderr
            refused += 1

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(add, range(3)))
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    assert agree(opened) == {"amina", "new0", "new1", "new2"}
    for number in range(3):
        assert opens(opened.keys, f"new{number}", SENTENCE.format(number)) == opened.keys.key
    opened.close()
