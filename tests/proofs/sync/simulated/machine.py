"""One simulated PC: a real record in a folder, a clock that may be wrong, a person who writes."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.sync import state
from clinic_desktop.syncing import Syncing
from tests.proofs.sync.simulated.house import Hub
from tests.proofs.sync.simulated.machines import Power, watch
from tests.proofs.sync.simulated.practice import Person
from tests.support.records import NOON, JustGiven


class WrongClock(FixedClock):
    """A clock that somebody sets."""

    def jump(self, to: timedelta) -> None:
        """Show this much more than the world's time; the PC's running goes on."""
        self._now = NOON + timedelta(seconds=self._up - 1000) + to

    @property
    def shown(self) -> datetime:
        """As it stands."""
        return self._now


@dataclass
class Form:
    """A row on the screen, as it was when somebody began to type."""

    row: uuid.UUID
    version: int


@dataclass
class Pc:
    """One PC of the practice."""

    name: str
    folder: Path
    clock: WrongClock
    person: Person
    line: str = ""
    """A copy has another line than the PC it was copied from, and the same name."""
    program: Callable[[Store], None] | None = None
    """What makes an open record one of another program than this."""
    store: Store | None = None
    forms: list[Form] = field(default_factory=list)
    is_out: bool = False
    """Taken out of the practice."""
    is_aside: bool = False
    """An older state of itself or a copy, which has heard so."""
    may_be_copy: bool = False
    came_back: bool = False
    """Went on under another name after it was taken out: nobody stands for it."""
    is_held: bool = False
    """One of these for whom another PC waits in vain that an owner confirms it."""
    hub: Hub | None = None
    """What answers here, where it is the hub of the house."""
    seen: int = 0
    """How far its log was read."""
    applied: set[int] = field(default_factory=set)
    """Operations that are in its record."""

    def __post_init__(self) -> None:
        self.line = self.line or self.name
        self.power: Power = watch(self.folder)

    syncing: Syncing = field(init=False)
    """Of the program that runs."""

    @property
    def is_up(self) -> bool:
        """Whether the program runs."""
        return self.store is not None

    @property
    def opened(self) -> Clinic:
        """As the program has it open."""
        assert self.store is not None
        data_dir = DataDir(self.folder)
        lock = FolderLock(data_dir.lock)  # other programs are no part of this world
        return Clinic(data_dir, self.store, self.person.keys, self.person.actor, lock)

    def start(self) -> None:
        """Start the program."""
        self.power.come_back()
        self.store = open_store(DataDir(self.folder).database, self.person.keys.key, self.clock)
        self.store.proofs = JustGiven(self.clock)
        if self.program is not None:
            self.program(self.store)
        self.syncing = Syncing(self.opened)
        self.open_hub()

    def open_hub(self) -> None:
        """Answer as the hub, if the record says that this PC is one."""
        found = self.read(lambda reads: state.peer(reads.cursor))
        is_hub = found is not None and found.settings.hub_port
        if self.hub is not None and not is_hub:
            self.hub.stop()
            self.hub = None
        elif self.hub is None and is_hub:
            self.hub = Hub(self)

    def stop(self) -> None:
        """The program is gone, as after a power cut; what was not committed is not there."""
        if self.hub is not None:
            self.hub.stop()
        self.hub = None
        if self.store is not None:
            self.store.let_go()
            self.power.let_go()
        self.store = None
        self.forms.clear()

    def copy(self, to: Path) -> None:
        """Its files as they are now."""
        self.stop()
        self.power.close()
        shutil.copytree(self.folder, to)

    def come_from(self, saved: Path) -> None:
        """Go on from other files."""
        self.stop()
        self.power.close()
        shutil.rmtree(self.folder)
        shutil.copytree(saved, self.folder)
        self.seen = 0
        self.applied = set()

    def write(self, command: Callable[[UnitOfWork], Any], reason: str) -> Any:
        """Save something; returns when it is told as saved."""
        assert self.store is not None
        command.reason = reason  # type: ignore[attr-defined]
        return self.store.write(self.person.actor, command).result()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Bare SQL, to look behind the services."""
        assert self.store is not None
        eye = self.store._reader_engine.raw_connection()
        try:  # no statement of the program's: no power goes at it
            bare = dbapi2.Cursor(eye.dbapi_connection)
            found: list[tuple[Any, ...]] = bare.execute(sql, values).fetchall()
            return found
        finally:
            eye.close()

    def read(self, query: Callable[[ReadSession], Any]) -> Any:
        """Look something up."""
        assert self.store is not None
        return self.store.read(self.person.actor, query).result()

    def look(self) -> None:
        """Take down which operations are in the record now."""
        for cid, reason in self.rows(
            "SELECT cid, reason FROM sync_commit WHERE cid > ? ORDER BY cid", self.seen
        ):
            self.seen = cid
            if reason.startswith("op "):
                self.applied.add(int(reason[3:]))

    @property
    def device_id(self) -> bytes:
        """As the others know it."""
        return bytes(self.rows("SELECT device_id FROM sync_device WHERE dev = 1")[0][0])

    def fill_disk(self) -> None:
        """No page more fits on the disk, until the program starts again."""
        assert self.store is not None
        with self.store._writer_engine.connect() as connection:
            cursor: Any = connection.connection.dbapi_connection
            count = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {count}")
