"""Some actions want a password of the last five minutes; a PIN or a clock does not replace it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from clinic_desktop import clinic, services
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import PasswordAgainError, TooManyAttemptsError, WrongPasswordError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import own_pin, people
from clinic_desktop.services.access import ACTIONS, PASSWORD_LASTS_S
from clinic_desktop.services.papers import recovery
from clinic_desktop.services.people import NewPerson
from tests.support.records import CHEAP, NOON, PASSWORD

JOSE = "blue bicycle bell"
NEW = NewPerson("jose", "José Otieno", ("doctor", "owner"))


class Settable(FixedClock):
    """A clock whose hands somebody can turn."""

    def turn(self, **delta: float) -> None:
        """The wall clock alone."""
        up = self._up
        self.advance(**delta)
        self._up = up


@pytest.fixture
def clock() -> Settable:
    return Settable(NOON, seed=1000)


@pytest.fixture
def opened(clinic_dir: DataDir, clock: Settable) -> Iterator[Clinic]:
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    found.keys.cost = CHEAP
    yield found
    found.close()


def test_every_action_that_wants_it_is_listed_here() -> None:
    """A new one is a decision, and so is leaving one out."""
    for each in pkgutil.walk_packages(services.__path__, "clinic_desktop.services."):
        import_module(each.name)
    assert sorted(name for name, action in ACTIONS.items() if action.again) == [
        "audit.exporting.write_export",
        "billing.invoices.credit",
        "billing.payments.refund",
        "billing.refunds.approve",
        "confidentiality.emergency.open_chart",
        "conflicts.deciding.repeat_step",
        "devices.admit",
        "devices.confirm",
        "devices.revoke",
        "fhir.exporting._write_all",
        "membership.set_rules",
        "own_code.renew_codes",
        "own_code.switch_off",
        "own_code.switch_off_for",
        "own_code.switch_on",
        "papers.recovery.recovery_sheet",
        "people.add_person",
        "people.change_roles",
        "people.renew_keys",
        "people.renew_recovery",
        "people.retire_person",
        "privacy.deidentified._write_all",
        "privacy.erasure.erase",
        "privacy.portability._write_person",
    ]


def test_a_fresh_password_is_enough_and_an_old_one_is_not(opened: Clinic, clock: Settable) -> None:
    clock.advance(seconds=PASSWORD_LASTS_S)
    opened.add_person(NEW, JOSE)
    clock.advance(seconds=1)
    jose = opened.store.read(opened.actor, people.everybody).result()[-1]
    actions = (
        lambda: opened.set_password(jose, "another long sentence"),
        lambda: opened.change_roles(jose.id, ("nurse",)),
        lambda: opened.retire_person(jose.id),
        lambda: opened.use_recovery(RecoveryKey.new()),
        lambda: opened.store.read(
            opened.actor, recovery.recovery_sheet, RecoveryKey.new()
        ).result(),
    )
    vault = opened.keys.vault
    for action in actions:
        with pytest.raises(PasswordAgainError):
            action()
    assert opened.keys.vault == vault, "nothing was changed"
    opened.prove_password(PASSWORD)
    for action in actions:
        action()


def test_a_turned_clock_makes_no_password_fresh(opened: Clinic, clock: Settable) -> None:
    clock.advance(hours=1)
    for days in (-1, -4000, 4000):
        clock.turn(days=days)
        with pytest.raises(PasswordAgainError):
            opened.add_person(NEW, JOSE)
    opened.prove_password(PASSWORD)
    clock.turn(days=4000)
    opened.add_person(NEW, JOSE)


def test_a_pin_does_not_replace_it(opened: Clinic) -> None:
    opened.store.write(opened.actor, own_pin.set_pin, "274916").result()
    opened.leave()
    opened.enter("amina", "274916")
    with pytest.raises(PasswordAgainError):
        opened.add_person(NEW, JOSE)


def test_each_person_gives_an_own_one(opened: Clinic, clock: Settable) -> None:
    opened.add_person(NEW, JOSE)
    opened.switch_user("jose", JOSE)
    jose = opened.actor
    assert jose.user_id is not None
    clock.advance(seconds=PASSWORD_LASTS_S + 1)
    opened.switch_user("amina", PASSWORD)
    user = jose.user_id

    def change() -> None:
        signer = opened.keys.identity
        opened.store.write(jose, people.change_roles, user, ("nurse",), signer).result()

    with pytest.raises(PasswordAgainError):
        change()
    opened.store.proofs.gave(user)
    change()


def test_a_wrong_one_counts_as_any_other_attempt(opened: Clinic, clock: Settable) -> None:
    clock.advance(hours=1)
    for _time in range(4):
        with pytest.raises(WrongPasswordError):
            opened.prove_password("wrong")
    with pytest.raises(TooManyAttemptsError):
        opened.prove_password(PASSWORD)
    with pytest.raises(PasswordAgainError):
        opened.add_person(NEW, JOSE)
    refused = opened.store.read(
        opened.actor,
        lambda reads: reads.cursor.execute(
            "select count(*) from audit_event where kind = 'session.refused'"
        ).fetchone(),
    ).result()
    assert refused == (4,)
