"""The practice's rules: signed in the chain, and kept by each PC."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from clinic_desktop import cli, clinic, this_pc
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import CodeNeededError, PermissionDeniedError, RuleError
from clinic_desktop.security.membership_entries import MOST_LOCK_MINUTES, Policy, Rules
from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import membership, own_code
from clinic_desktop.services.people import NewPerson
from tests.support.phone import Phone
from tests.support.records import CHEAP, NOON, PASSWORD

JOSE = "blue bicycle bell"
OFFER = Offer.new()
PHONE = Phone(OFFER.seed)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON, seed=1000)


@pytest.fixture
def opened(clinic_dir: DataDir, clock: FixedClock) -> Iterator[Clinic]:
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    found.keys.cost = CHEAP
    yield found
    found.close()


def test_a_chain_without_rules_has_the_usual(opened: Clinic) -> None:
    assert opened.rules == Rules()
    assert opened.rules.lock_minutes == MOST_LOCK_MINUTES == 15
    assert not opened.lacks_code
    plain = {"lock_minutes": 0, "second_factor": False}
    assert msgspec.to_builtins(Policy()) == plain, "first entries are as they were"


def test_no_pc_stays_open_longer_than_the_practice_wants(opened: Clinic) -> None:
    this_pc.remember(opened.data_dir, lock_minutes=10)
    assert opened.lock_minutes() == 10
    opened.set_rules(Rules(lock_minutes=5))
    assert opened.lock_minutes() == 5
    opened.close()
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD)
    assert again.lock_minutes() == 5
    again.close()


def test_a_role_that_needs_a_code_switches_it_on_before_anything_else(
    opened: Clinic, clock: FixedClock
) -> None:
    opened.add_person(NewPerson("jose", "José Otieno", ("nurse",)), JOSE)
    opened.set_rules(Rules(code_roles=("nurse",)))
    opened.switch_user("jose", JOSE)
    assert opened.lacks_code
    code = PHONE.shows(clock.now())
    opened.store.write(opened.actor, own_code.switch_on, OFFER, code).result()
    with pytest.raises(RuleError):
        opened.store.write(opened.actor, own_code.switch_off).result()
    opened.switch_user("jose", JOSE)
    assert not opened.lacks_code
    opened.switch_user("amina", PASSWORD)
    assert not opened.lacks_code


def test_the_command_line_waits_for_the_code_too(
    opened: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.set_rules(Rules(code_roles=("owner",)))
    opened.close()
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    words = ["--data-dir", str(opened.data_dir.root), "--user", "amina", "user", "list"]
    assert cli.run(words) == CodeNeededError.exit_code


def test_only_an_owner_makes_rules(opened: Clinic) -> None:
    opened.add_person(NewPerson("jose", "José Otieno", ("nurse",)), JOSE)
    opened.switch_user("jose", JOSE)
    with pytest.raises(PermissionDeniedError):
        opened.set_rules(Rules(lock_minutes=1))
    assert opened.store.read(opened.actor, membership.current_rules).result() == Rules()


@pytest.mark.parametrize("minutes", [0, 16, -1])
def test_no_rule_leaves_a_window_open_for_long(opened: Clinic, minutes: int) -> None:
    with pytest.raises(RuleError):
        opened.set_rules(Rules(lock_minutes=minutes))
    assert opened.rules == Rules()
