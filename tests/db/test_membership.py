"""The chain in the record: what the tables say counts only where the chain says it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.engine import connect
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import DatabaseDamagedError, RuleError, StaleError, WrongPasswordError
from clinic_desktop.security import vault_file
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.security.primitives import Identity
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import membership, people
from clinic_desktop.services.people import NewPerson
from clinic_desktop.services.privacy import retention
from tests.support.records import CHEAP, PASSWORD

JOSE = NewPerson("jose", "José Otieno", ("receptionist",))
JOSE_PASSWORD = "blue bicycle bell"


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """The clinic with its owner and a receptionist, the owner signed in."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    found.keys.cost = CHEAP
    found.add_person(JOSE, JOSE_PASSWORD)
    yield found
    found.close()


def state_of(of: Clinic) -> Membership:
    found = of.store.read(SYSTEM, chain.current).result()
    assert found is not None
    return found


def kinds(of: Clinic) -> list[str]:
    return [entry.kind for entry in of.store.read(SYSTEM, chain.entries).result()]


def meddle(of: Clinic, *statements: str) -> None:
    """Write into the closed record as somebody with its key would, around the program."""
    of.close()
    with closing(connect(of.data_dir.database, of.keys.key)) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _sql in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        for _name, sql in triggers:
            connection.execute(sql)


def test_a_practice_begins_with_a_chain_signed_by_its_sheet(opened: Clinic) -> None:
    state = state_of(opened)
    assert kinds(opened)[0] == "genesis"
    assert [person.login for person in state.owners] == ["amina"]
    assert state.signer(opened.keys.identity.public.signing) == state.person("amina")
    assert state.root.sealing == opened.keys.vault.recovery
    first = opened.store.read(SYSTEM, chain.entries).result()[0]
    assert first.author == state.root.signing
    sealing = opened.store.read(opened.actor, membership.owners_sealing_keys).result()
    assert sealing == (state.root.sealing, opened.keys.identity.public.sealing)


def test_every_command_about_people_is_in_the_chain(opened: Clinic) -> None:
    staff = opened.store.read(opened.actor, people.everybody).result()
    jose = next(person for person in staff if person.login == "jose")
    opened.change_roles(jose.id, ("receptionist", "nurse"))
    opened.change_roles(jose.id, ("receptionist", "nurse"))
    opened.set_password(jose, "green garden gate")
    assert opened.switch_user("jose", "green garden gate").roles == ("receptionist", "nurse")
    opened.switch_user("amina", PASSWORD)
    opened.retire_person(jose.id)
    added = ["add-person", "roles", "person-keys", "revoke-person"]
    assert [kind for kind in kinds(opened) if kind in added] == added
    assert list(state_of(opened).people) == [opened.actor.user_id]


def test_two_owners_do_not_overwrite_each_other(opened: Clinic) -> None:
    """Whoever saves second is told; nothing is signed, and the next look goes over it."""
    staff = opened.store.read(opened.actor, people.everybody).result()
    jose = next(person for person in staff if person.login == "jose")
    opened.change_roles(jose.id, ("nurse", "stock"), jose.roles)
    entries = kinds(opened)
    with pytest.raises(StaleError):
        opened.change_roles(jose.id, ("nurse", "owner"), jose.roles)
    rule = opened.store.read(opened.actor, retention.rule).result()
    opened.store.write(opened.actor, retention.decide_rule, replace(rule, years=30), rule).result()
    longer = replace(rule, years=40)
    with pytest.raises(StaleError):
        opened.store.write(opened.actor, retention.decide_rule, longer, rule).result()
    assert kinds(opened) == entries
    opened.set_rules(Rules(lock_minutes=5), Rules())
    with pytest.raises(StaleError):
        opened.set_rules(Rules(code_roles=("owner",)), Rules())
    assert state_of(opened).rules == Rules(lock_minutes=5)
    opened.change_roles(jose.id, ("nurse",), ("nurse", "stock"))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE app_user SET roles = '[\"owner\"]' WHERE login = 'jose'", "roles"),
        ("UPDATE app_user SET is_active = 0 WHERE login = 'jose'", "roles"),
        ("UPDATE app_user SET login = 'joe' WHERE login = 'jose'", "roles"),
        ("DELETE FROM membership_entry WHERE n = 1", "list of who belongs"),
        ("UPDATE membership_entry SET wall = wall + 1 WHERE n = 2", "list of who belongs"),
        ("DELETE FROM membership_entry WHERE kind = 'add-person'", "roles|list of who"),
    ],
)
def test_what_is_written_around_the_program_opens_nothing(
    opened: Clinic, statement: str, words: str
) -> None:
    meddle(opened, statement)
    before = opened.data_dir.vault.read_bytes()
    with pytest.raises(DatabaseDamagedError, match=words):
        clinic.open_clinic(opened.data_dir, "jose", JOSE_PASSWORD)
    assert opened.data_dir.vault.read_bytes() == before


def test_the_chain_is_only_added_to(opened: Clinic) -> None:
    for sql in ("UPDATE membership_entry SET n = 9", "DELETE FROM membership_entry"):

        def work(uow: UnitOfWork, sql: str = sql) -> None:
            uow.cursor.execute(sql)

        with pytest.raises(RuleError):
            opened.store.write(opened.actor, work).result()


def test_who_is_no_owner_signs_nothing_even_with_the_right(opened: Clinic) -> None:
    stranger = Identity.new()
    with pytest.raises(RuleError, match="owner"):
        opened.store.write(
            opened.actor, people.add_person, NewPerson("eve", "Eve", ("owner",)), stranger,
            Identity.new().public,
        ).result()  # fmt: skip
    assert "eve" not in [p.login for p in opened.store.read(SYSTEM, people.everybody).result()]


def test_a_way_in_that_the_chain_does_not_know_is_refused_and_taken_away(opened: Clinic) -> None:
    jose = next(slot for slot in opened.keys.vault.slots if slot.login == "jose")
    opened.keys.admit(jose.user, "jose", jose.name, "eve knows this one")
    opened.close()
    with pytest.raises(WrongPasswordError, match="may not sign in"):
        clinic.open_clinic(opened.data_dir, "jose", "eve knows this one")
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD)
    noted = again.store.read(
        SYSTEM, lambda reads: reads.cursor.execute(
            "SELECT count(*) FROM audit_event WHERE kind = 'key.removed'").fetchone()[0]
    ).result()  # fmt: skip
    again.close()
    assert noted == 1
    assert [slot.login for slot in vault_file.load(opened.data_dir.vault).slots] == ["amina"]


def older(opened: Clinic) -> None:
    """As a practice lies there that was made before there was a chain."""
    meddle(opened, "DELETE FROM membership_entry")


def signed_in(data_dir: DataDir, login: str, password: str, look: Callable[[Clinic], None]) -> None:
    found = clinic.open_clinic(data_dir, login, password)
    try:
        look(found)
    finally:
        found.close()


def test_an_older_practice_gets_its_chain_from_an_owner(opened: Clinic) -> None:
    older(opened)
    folder = opened.data_dir

    def not_yet(found: Clinic) -> None:
        assert found.store.read(SYSTEM, chain.current).result() is None

    def begun(found: Clinic) -> None:
        state = state_of(found)
        jose = state.person("jose")
        assert jose is not None
        assert jose.sealing
        assert not jose.signing
        assert not state.root.signing

    def said(found: Clinic) -> None:
        assert state_of(found).signer(found.keys.identity.public.signing) is not None

    signed_in(folder, "jose", JOSE_PASSWORD, not_yet)
    signed_in(folder, "amina", PASSWORD, begun)
    signed_in(folder, "jose", JOSE_PASSWORD, said)


def test_the_sheet_begins_the_chain_of_an_older_practice_or_says_its_keys(
    clinic_dir: DataDir,
) -> None:
    sheet = RecoveryKey.new()
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    opened.use_recovery(sheet)
    older(opened)
    back = clinic.recover(clinic_dir, sheet, "amina", "a whole new sentence", cost=CHEAP)
    assert state_of(back).root.signing == sheet.identity.public.signing
    older(back)
    signed_in(clinic_dir, "amina", "a whole new sentence", lambda _found: None)
    again = clinic.recover(clinic_dir, sheet, "amina", PASSWORD, cost=CHEAP)
    assert kinds(again) == ["genesis", "root", "person-keys"]
    again.close()
