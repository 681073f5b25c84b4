"""Real encrypted records for tests: migrated once, copied for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.proofs import Proofs
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security import device_secret, vault_file
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.services import people
from clinic_desktop.services.people import NewPerson

P = ParamSpec("P")
T = TypeVar("T")

PASSWORD = "correct horse battery"
CHEAP = KdfCost(32 * 1024, 2, 1)
NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""12:00 in Nairobi on a Saturday."""

OWNERS: dict[uuid.UUID, Identity] = {}
"""The owners' keys of the clinics made for tests, which no password has to open."""


@dataclass
class Record:
    """An open record with the people of a test clinic."""

    store: Store
    clock: FixedClock
    owner: Actor
    """Owner and doctor in one person, as in most practices."""
    key: bytes
    path: Path

    def write(
        self, command: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a command as the owner."""
        return self.store.write(self.owner, command, *args, **kwargs).result(60)

    def read(
        self, query: Callable[Concatenate[ReadSession, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query as the owner."""
        return self.store.read(self.owner, query, *args, **kwargs).result(60)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Bare SQL, to look behind the services."""
        return self.read(lambda reads: reads.cursor.execute(sql, values).fetchall())

    def changes(self) -> list[Changes]:
        """A list that every later commit is appended to."""
        seen: list[Changes] = []
        self.store.subscribe(seen.append)
        return seen

    def as_role(self, *roles: str) -> Actor:
        """Somebody with these roles only."""
        login = "-".join(roles) or "nobody"
        user = AppUser(login=login, name=f"Other {login}", roles=list(roles))
        self.write(lambda uow: uow.add(user))
        return Actor(user.id, login, user.name, roles)


class JustGiven(Proofs):
    """Everybody gave the password a moment ago."""

    def age(self, user: uuid.UUID) -> float:  # noqa: ARG002 - whoever it is
        """No time."""
        return 0.0


def engage(record: Record, *roles: str) -> Actor:
    """Somebody whom the signed chain knows, as only those count who could approve."""
    login = "-".join(("signed", *roles))
    new, keys = NewPerson(login, f"Signed {login}", roles), Identity.new()
    signer = keys_of(record).identity
    user_id = record.write(people.add_person, new, signer, keys.public)
    return Actor(user_id, login, new.name, roles)


def keys_of(record: Record) -> Keys:
    """The keys of an open record, without the time that a password costs."""
    data_dir = DataDir(record.path.parent)
    vault = vault_file.load(data_dir.vault)
    secret = device_secret.find(vault.device, data_dir.device_secret)
    assert secret is not None
    identity = OWNERS.get(vault.clinic) or Identity.new()
    return Keys(data_dir.vault, vault, record.key, identity, secret, CHEAP)


def opens(keys: Keys, login: str, password: str) -> bytes:
    """The record's key that a password opens on this PC."""
    return keys.vault.unlock(login, password, keys.secret.secret).key


@pytest.fixture(scope="session")
def clinic_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Actor]:
    """A closed clinic in a folder, its key and its owner; copy it, do not open it."""
    root = tmp_path_factory.mktemp("clinic")
    new = clinic.NewClinic(
        practice="Kilimani Family Clinic",
        owner_login="amina",
        owner_name="Dr Amina Kamau",
        password=PASSWORD,
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
    )
    made = clinic.create(DataDir(root), new, FixedClock(NOON), CHEAP)
    made.close()
    OWNERS[made.keys.vault.clinic] = made.keys.identity
    return root, made.keys.key, made.actor


@pytest.fixture
def clinic_dir(clinic_folder: tuple[Path, bytes, Actor], tmp_path: Path) -> DataDir:
    """A closed clinic of this test's own; sign in as ``amina`` with ``PASSWORD``."""
    return DataDir(Path(shutil.copytree(clinic_folder[0], tmp_path / "clinic")))


@pytest.fixture
def record(clinic_folder: tuple[Path, bytes, Actor], clinic_dir: DataDir) -> Iterator[Record]:
    """An open record of this test's own; the clock stands at noon of a Saturday in Nairobi."""
    _root, key, owner = clinic_folder
    clock = FixedClock(NOON, seed=1000)
    store = open_store(clinic_dir.database, key, clock)
    store.proofs = JustGiven(clock)
    opened = Record(store, clock, owner, key, clinic_dir.database)
    yield opened
    opened.store.close()  # a test may have opened it again
