"""What a service gets in hand: a reading session, or one writing transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from clinic_desktop.clock import Clock
from clinic_desktop.db import checkpoints, conflicts, journal, rows, search
from clinic_desktop.db.checkpoints import Checkpoint
from clinic_desktop.db.journal import Author, Changes
from clinic_desktop.db.looks import Look, is_weighty
from clinic_desktop.db.proofs import Proofs
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import StaleError
from clinic_desktop.i18n import _
from clinic_desktop.models.base import Base, Synced
from clinic_desktop.models.local import NumberSeries
from clinic_desktop.models.provenance import AuditEvent

Row = TypeVar("Row", bound=Base)


@dataclass
class ReadSession:
    """A view of the record that does not change while it is read."""

    connection: Connection
    actor: Actor
    clock: Clock
    now: datetime
    proofs: Proofs
    """Who gave the password when."""
    _zone: ZoneInfo | None = field(default=None, init=False)
    _held: list[Base | None] = field(default_factory=list, init=False)
    looks: list[Look] = field(default_factory=list, init=False)
    """What this query notes down, see ``db.looks``."""
    admitted: set[uuid.UUID] = field(default_factory=set, init=False)
    """Charts kept in confidence that an action of this transaction was let into as its author."""
    any_kept: bool | None = field(default=None, init=False)
    """What ``db.confidentiality`` found: every part of a page asks it."""

    def note(
        self,
        kind: str,
        *,
        patient_id: uuid.UUID | None = None,
        object_id: uuid.UUID | None = None,
        **detail: str | int,
    ) -> None:
        """Let the log say that somebody looked; never a name or a word that was searched for."""
        user = self.actor.user_id
        self.looks.append(Look(kind, self.now, user, patient_id, object_id, detail))

    @cached_property
    def cursor(self) -> Any:
        """The driver's connection of this transaction, for SQL that the ORM has no words for."""
        if not self.connection.in_transaction():
            self.connection.begin()
        return self.connection.connection.dbapi_connection

    @cached_property
    def session(self) -> Session:
        """The mapper's; made when it is asked for, since much of the exchange never asks."""
        self.cursor  # noqa: B018 - it joins the transaction, which begins here
        return self._new_session()

    def _new_session(self) -> Session:
        return Session(self.connection)

    def flush(self) -> None:
        """Send what waits in the mapper's session to the file."""
        if "session" in self.__dict__:
            self.session.flush()

    def close(self) -> None:
        """Let go of what the mapper's session holds."""
        if "session" in self.__dict__:
            self.session.close()

    def get(self, model: type[Row], row_id: uuid.UUID) -> Row | None:
        """The row of an id, if any; asked again in this transaction, it is not read again."""
        if any(type(row) is model for row in self.session.new):
            self.session.flush()
        row = rows.load(self.session, model, row_id)
        self._held.append(row)  # the mapper forgets what nobody holds
        return row

    def plain(
        self, model: type[Base], sql: str, *values: str | int | bytes | None
    ) -> list[tuple[Any, ...]]:
        """What a query in plain SQL finds in one table, the changes of this transaction included.

        The mapper's own queries take ten times as long, and first write all that waits, whatever
        table it is of.
        """
        if any(type(row) is model for row in (*self.session.new, *self.session.dirty)):
            self.session.flush()
        found: list[tuple[Any, ...]] = self.cursor.execute(sql, values).fetchall()
        return found

    @property
    def zone(self) -> ZoneInfo:
        """Where the clinic's wall clock stands."""
        if self._zone is None:
            self.session.flush()
            found = self.cursor.execute("SELECT time_zone FROM practice LIMIT 1").fetchone()
            self._zone = ZoneInfo(found[0] if found else "UTC")
        return self._zone

    @property
    def today(self) -> date:
        """The clinic's calendar day."""
        return self.now.astimezone(self.zone).date()

    def version(self, table: str, row_id: uuid.UUID) -> int:
        """The base that a form editing this row must give back when it saves."""
        return journal.row_version(self.cursor, table, row_id)

    def versions(self, table: str) -> dict[uuid.UUID, int]:
        """The same for all rows of a short table."""
        self.session.flush()
        return journal.row_versions(self.cursor, table)


@dataclass
class UnitOfWork(ReadSession):
    """One transaction that writes; everything in it is kept, or nothing."""

    reason: str = ""
    origin: str = "local"
    extra: list[Changes] = field(default_factory=list)
    sealed: Checkpoint | None = None
    """The signature that this commit brought about, if it did."""
    at_once: bool = False
    """Whether this commit is to be signed without delay."""
    left_at: Checkpoint | None = None
    """Where the log under this PC's old name ends, if this commit gave it a new one."""

    def _new_session(self) -> Session:
        return rows.WritingSession(self.connection, expire_on_commit=False)

    def new_id(self) -> uuid.UUID:
        """A fresh id."""
        return self.clock.new_id()

    def add(self, *new: Any) -> None:
        """Write new rows; gives each an id and the commit it belongs to."""
        for row in new:
            if isinstance(row, Synced) and row.id is None:
                row.id = self.new_id()
        if new:
            self.session.add_all(new)

    def expect(self, table: str, row_id: uuid.UUID, base: int | None) -> None:
        """Raise ``StaleError`` if the row was written after the form was opened."""
        journal.expect(self.cursor, table, row_id, base)

    def expect_seen(self, now: object, seen: object | None) -> None:
        """The same for what no row alone keeps: refuse where it is not what the form showed.

        Raises:
            StaleError: somebody changed it meanwhile.
        """
        if seen is not None and now != seen:
            raise StaleError(
                _("Somebody changed this while you were editing."),
                kept=_("Nothing was saved over the other change."),
                hint=_("Look at what is there now, and save again."),
            )

    def audit(
        self,
        kind: str,
        *,
        patient_id: uuid.UUID | None = None,
        object_id: uuid.UUID | None = None,
        **detail: str | int,
    ) -> None:
        """Record an event that is not itself a change: a look, a sign-in, a print.

        The log is signed at once with an event that an intruder would like to hide.
        """
        self.at_once = self.at_once or is_weighty(kind)
        self.add(
            AuditEvent(
                kind=kind,
                happened_at=self.now,
                user_id=self.actor.user_id,
                patient_id=patient_id,
                object_id=object_id,
                detail=detail,
            )
        )

    def next_number(self, series: str, year: int = 0) -> int:
        """Take the next number of a series of this PC; given back if the transaction fails."""
        row = self.session.get(NumberSeries, (series, year))
        if row is None:
            row = NumberSeries(name=series, year=year, next_value=1)
            self.session.add(row)
        number = row.next_value
        row.next_value = number + 1
        self.session.flush()
        return number

    @property
    def device_prefix(self) -> str:
        """Begins the numbers given on this PC."""
        row = self.cursor.execute("SELECT prefix FROM sync_device WHERE dev = 1").fetchone()
        return str(row[0])


def capture_commits(engine: Engine) -> None:
    """Pack the journal whenever a transaction of this engine commits, whoever began it."""

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        cursor = connection.connection.dbapi_connection
        author = connection.info.pop("author", None) or Author(None, 0, "unattributed")
        changes = journal.pack(cursor, author)
        connection.info["sealed"] = None  # one may be left of a commit that the disk refused
        if changes is not None:
            search.update(cursor, changes)
            conflicts.refresh(cursor, changes)
            at_once = author.at_once
            connection.info["sealed"] = checkpoints.seal(cursor, author.wall_ms, at_once=at_once)
        connection.info["changes"] = changes


@contextmanager
def reading(engine: Engine, actor: Actor, clock: Clock, proofs: Proofs) -> Iterator[ReadSession]:
    """A read transaction; nothing can be written through it."""
    with (
        engine.connect() as connection,
        closing(ReadSession(connection, actor, clock, clock.now(), proofs)) as reads,
    ):
        yield reads


@contextmanager
def writing(
    engine: Engine, actor: Actor, clock: Clock, proofs: Proofs, reason: str, origin: str = "local"
) -> Iterator[UnitOfWork]:
    """A write transaction, committed when the block ends without an error."""
    with engine.connect() as connection:
        with connection.begin():
            # As exact as the file keeps it: what a command returns equals what is read later.
            now = from_millis(to_millis(clock.now()))
            uow = UnitOfWork(connection, actor, clock, now, proofs, reason, origin)
            with closing(uow):
                yield uow
                uow.flush()
            connection.info["author"] = Author(
                actor.user_id, to_millis(now), reason, origin, at_once=uow.at_once
            )
        changes = connection.info.pop("changes", None)
        uow.sealed = connection.info.pop("sealed", None)
        if changes is not None:
            uow.extra.append(changes)
