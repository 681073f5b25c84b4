"""The recovery sheet alone brings the practice back from its server."""

from __future__ import annotations

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.recovering import Recovered, Wanted, recover_from_server
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.devices import pcs
from clinic_desktop.syncing import Syncing
from tests.support.records import CHEAP
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_incarnations import agree, close
from tests.sync.test_older_states import names

NEW = "Umbrella-Ostrich-7"


def bring_back(
    practice: Practice, sheet: RecoveryKey, login: str = "", name: str = "fresh", *,
    incomplete: bool = False,
) -> Recovered:  # fmt: skip
    wanted = Wanted(practice.address, sheet, NEW, login, incomplete)
    return recover_from_server(DataDir(practice.root / name), wanted, practice.clock, CHEAP)


def opened(practice: Practice, name: str = "fresh") -> Clinic:
    found = clinic.open_clinic(DataDir(practice.root / name), "ana", NEW, practice.clock)
    practice.opened.append(found)
    return found


def test_the_sheet_alone_brings_the_practice_back(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_patient(front, "Ada")
    add_patient(back, "Bea")
    sync(front, back)
    close(practice, front)
    close(practice, back)
    made = bring_back(practice, practice.sheet)
    assert (made.practice, made.login, made.without_password) == ("Canary Clinic", "ana", ())
    assert made.passed.open.to_apply == 0
    fresh = opened(practice)
    assert names(fresh) == ["Ada", "Bea"]
    add_patient(fresh, "Cleo")
    sync(fresh)
    mrns = [row[2] for row in patients(fresh)]
    assert len(set(mrns)) == len(mrns)


def test_pcs_that_turn_up_again_work_on_with_it(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_patient(front, "Ada")
    sync(front)
    bring_back(practice, practice.sheet)
    fresh = opened(practice)
    add_patient(fresh, "Cleo")
    add_patient(back, "Bea")
    sync(fresh, back, front, fresh)
    agree(front, back, fresh)
    assert names(front) == ["Ada", "Bea", "Cleo"]
    assert len(front.store.read(front.actor, pcs).result()) == 3


def test_what_was_written_after_a_pc_was_taken_out_comes_too(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    mine = next(each.id for each in back.store.read(back.actor, pcs).result() if each.is_this)
    Syncing(front).revoke(mine)
    add_patient(front, "Ada")
    sync(front)
    bring_back(practice, practice.sheet)
    assert names(opened(practice)) == ["Ada"]


def test_a_newer_sheet_takes_the_place_of_the_older(practice: Practice) -> None:
    front, older = practice.front, practice.sheet
    newer = RecoveryKey.new()
    front.use_recovery(newer)
    add_patient(front, "Ada")
    sync(front)
    with pytest.raises((NotFoundError, ValidationError), match="sheet"):
        bring_back(practice, older)
    assert not list((practice.root / "fresh").glob("clinic.db*"))
    bring_back(practice, newer)
    assert names(opened(practice)) == ["Ada"]


def test_a_sheet_of_nobody_and_a_login_of_nobody(practice: Practice) -> None:
    with pytest.raises(NotFoundError, match="no practice"):
        bring_back(practice, RecoveryKey.new())
    sync(practice.front)
    with pytest.raises(ValidationError, match="ana"):
        bring_back(practice, practice.sheet, "eve")
    assert not list((practice.root / "fresh").glob("clinic.db*"))
