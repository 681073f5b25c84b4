"""What a server keeps, in a PostgreSQL database: the tables of ``tables``, split by practice.

Several servers may work on one database. A request holds its practice's row while it works, so
that two requests of one practice follow each other and those of different practices never wait.
"""

from __future__ import annotations

import queue
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final

import psycopg

from clinic_desktop.errors import SetupError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.sync.server import tables
from clinic_desktop.sync.server.tables import NoRoomError, Rows

_MOST_CONNECTIONS: Final = 16
_WAIT_S: Final = 10
_MAKING: Final = 0x636C696E6963
"""The lock under which tables are made."""


@cache
def _spelt(sql: str) -> str:
    return re.sub(r":([a-z_]+)", r"%(\1)s", sql)


class Database:
    """A database that servers share."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: queue.LifoQueue[psycopg.Connection[Any] | None] = queue.LifoQueue()
        for _number in range(_MOST_CONNECTIONS):
            self._idle.put(None)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        """How many practices there are."""
        with self._transaction() as cursor:
            return int(tables.only(Rows(cursor, b"").one("SELECT count(*) FROM practice"))[0])

    def free_bytes(self) -> int | None:
        """It is the database's machine that has a disk."""
        return None

    @contextmanager
    def practice(self, clinic: uuid.UUID, *, make: bool = False) -> Iterator[Rows | None]:
        """A transaction on a practice's rows, alone with them; ``None`` where there is none."""
        with self._transaction() as cursor:
            rows = Rows(cursor, clinic.bytes, _spelt)
            if make:
                rows.run(
                    "INSERT INTO practice (clinic, head, used) VALUES (:clinic, 0, 0)"
                    " ON CONFLICT DO NOTHING"
                )
            mine = rows.one("SELECT used FROM practice WHERE clinic = :clinic FOR UPDATE")
            yield None if mine is None else rows

    @contextmanager
    def letters(self) -> Iterator[Rows]:
        """A transaction on the letter boxes."""
        with self._transaction() as cursor:
            yield Rows(cursor, b"", _spelt)

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Cursor[Any]]:
        """A cursor; what it wrote is on the disk when the block ends, or nothing of it is."""
        connection = self._idle.get()
        try:
            connection = self._begin(connection)
            with connection.cursor(binary=True) as cursor:
                yield cursor
            connection.execute("COMMIT")
        except BaseException as error:
            _roll_back(connection)
            if isinstance(error, psycopg.errors.DiskFull):
                raise NoRoomError from error
            raise
        finally:
            self._idle.put(None if connection is None or connection.closed else connection)

    def _begin(self, connection: psycopg.Connection[Any] | None) -> psycopg.Connection[Any]:
        """Begin a transaction; a connection that broke while nobody used it is made anew."""
        if connection is not None:
            try:
                connection.execute("BEGIN")
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        connection = self._connect()
        connection.execute("BEGIN")
        return connection

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url, autocommit=True, connect_timeout=_WAIT_S, application_name="clinic-relay"
        )

    def _prepare(self) -> None:
        """Make the tables, or check that they are ours.

        Raises:
            SetupError: the driver takes the address for none.
            StorageError: no database there, or one that would forget what was acknowledged.
        """
        try:
            with self._transaction() as cursor:
                _check_durable(cursor)
                _make(cursor)
        except psycopg.ProgrammingError as error:
            raise SetupError(
                _("The database cannot be used: {reason}").format(reason=_line(error)),
                hint=_("The address is that of a database that belongs to the server alone."),
            ) from error
        except psycopg.Error as error:
            raise StorageError(
                _("The database cannot be reached: {reason}").format(reason=_line(error)),
                kept=_("Nothing was changed."),
                hint=_("Check the address and that PostgreSQL runs."),
            ) from error

    def close(self) -> None:
        """Let go of all connections."""
        with suppress(queue.Empty):
            while True:
                connection = self._idle.get_nowait()
                if connection is not None:
                    connection.close()


def _roll_back(connection: psycopg.Connection[Any] | None) -> None:
    if connection is None or connection.closed:
        return
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


def _line(error: psycopg.Error) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _check_durable(cursor: psycopg.Cursor[Any]) -> None:
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        cursor.execute(f"SHOW {name}")
        if tables.only(cursor.fetchone())[0] == "off":
            raise StorageError(
                _("The database runs with {name} = off: it could forget what it acknowledged.")
                .format(name=name),
                kept=_("Nothing was changed."),
                hint=_("Turn it on in postgresql.conf."),
            )  # fmt: skip


def _make(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
    cursor.execute("SELECT to_regclass('relay')")
    if tables.only(cursor.fetchone())[0] is None:
        for statement in tables.in_postgres():
            cursor.execute(statement)
    cursor.execute("SELECT version FROM relay")
    version = tables.only(cursor.fetchone())[0]
    if 1 <= version < tables.VERSION:
        for statement in tables.new_in_postgres(version):
            cursor.execute(statement)
    cursor.execute("SELECT version FROM relay")
    if tables.only(cursor.fetchone())[0] != tables.VERSION:
        raise StorageError(
            _("The files of this server are of another version of the program."),
            kept=_("Nothing was changed."),
            hint=_("Use the version that made them, or another folder."),
        )
