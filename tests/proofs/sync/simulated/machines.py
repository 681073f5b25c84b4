"""Machines that lose their power at a statement, and a program that runs on one thread.

Everything that the program leaves to chance comes from the seed: keys, nonces, letters. What it
does on threads of its own is done at once instead, so that the same seed does the same.
"""

from __future__ import annotations

import gc
import logging
import platform
import random
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from nacl.signing import VerifyKey
from sqlalchemy import pool
from sqlcipher3 import dbapi2

from clinic_desktop.db import membership, opening, worker
from clinic_desktop.db.engine import check_library, connect, create_file, make_engine
from clinic_desktop.db.migrations import HEAD, migrate, version_of
from clinic_desktop.security import primitives
from clinic_desktop.security.membership_entries import Entry
from clinic_desktop.security.membership_forks import Settled, settle
from clinic_desktop.security.membership_sheets import Saw, by_the_chain_alone
from clinic_desktop.sync.server import app
from tests.proofs.result import in_memory
from tests.proofs.sync.simulated.desks import RECORD, Desk

_connect = dbapi2.connect
_execute, _cursor = dbapi2.Cursor.execute, dbapi2.Connection.cursor
"""Looked up once: thousands of statements go through them in each history."""
_NO_KEY = bytes(48)


class PowerCut(BaseException):
    """The machine is off; nothing after this is done."""


class Power:
    """Of one machine: it may go off before or after one of its next statements."""

    def __init__(self) -> None:
        self.is_off = False
        self._left: int | None = None
        self._is_after = False
        self._files: list[Any] = []
        self.desk: Desk | None = None
        """Where its record stays open, if anywhere."""

    def cut_in(self, statements: int, *, after: bool) -> None:
        """Go off at the statement that comes after so many others."""
        self._left, self._is_after = statements, after

    def stay(self) -> None:
        """Nothing happens after all."""
        self._left = None

    def come_back(self) -> None:
        """The machine starts again."""
        self.is_off, self._left = False, None

    def uses(self, connection: Any) -> None:
        """The machine has opened a file."""
        self._files.append(connection)

    def let_go(self) -> None:
        """No program runs any more; the system closes what it had open."""
        for each in self._files:
            each.close()
        self._files.clear()

    def close(self) -> None:
        """The same, and nothing stays open for the next program."""
        self.let_go()
        if self.desk is not None:
            self.desk.dissolve()
        self.desk = None

    def before(self) -> None:
        """A statement begins."""
        if self._left is not None:
            self._left -= 1
            self.is_off = self.is_off or (self._left < 0 and not self._is_after)
        if self.is_off:
            raise PowerCut

    def after(self) -> None:
        """It is done."""
        if self._left is not None and self._left < 0:
            self.is_off = True
            raise PowerCut


_POWER: dict[str, Power] = {}
"""By the folder of a machine."""


class _Cursor(dbapi2.Cursor):  # type: ignore[misc]
    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "ROLLBACK":  # what a file does by itself when it is opened again
            return _execute(self, sql, *values)
        connection = self.connection
        power = connection.power
        power.before()
        if sql == connection.keyed_by:
            sql = "SELECT 1"  # a connection that stayed open has its key
        elif sql.startswith("PRAGMA key"):
            connection.keyed_by = sql
        done = _execute(self, sql, *values)
        power.after()
        return done

    def executemany(self, sql: str, values: Any) -> Any:
        power = self.connection.power
        power.before()
        done = super().executemany(sql, values)
        power.after()
        return done


class _Connection(dbapi2.Connection):  # type: ignore[misc]
    power = Power()
    desk: Desk | None = None
    is_open = True
    keyed_by = ""

    def cursor(self, *_kind: Any) -> Any:
        return _cursor(self, _Cursor)

    def create_function(self, name: str, *words: Any, **more: Any) -> None:
        if not self.keyed_by or self.desk is None or name not in self.functions:
            self.functions.add(name)
            super().create_function(name, *words, **more)

    def close(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        if self.in_transaction:  # a cursor that somebody still holds would keep the lock
            self.rollback()
        if self.desk is None or self.desk is not self.power.desk or self.power.is_off:
            self.end()
        else:
            self.desk.give_back(self)

    def end(self) -> None:
        """Close it for good."""
        super().close()

    def commit(self) -> None:
        self.power.before()
        super().commit()
        self.power.after()


def _watched(name: str, *words: Any, **more: Any) -> Any:
    for folder, power in _POWER.items():
        if folder in name:
            desk = power.desk if f"{folder}{RECORD}" in name else None
            made = desk.take() if desk is not None else None
            if made is None:
                if desk is not None:  # only to look, or to write: both are served with the same
                    name, more = f"{folder}{RECORD}", {**more, "uri": False}
                made = _connect(name, *words, factory=_Connection, **more)
                made.functions = set()
            made.power, made.desk, made.is_open = power, desk, True
            power.uses(made)
            return made
    return _connect(name, *words, **more)


def watch(folder: Path) -> Power:
    """The power of the machine whose files lie in this folder."""
    return _POWER.setdefault(f"{folder.as_posix()}/", Power())


def forget(folder: Path) -> None:
    """A machine and its files are gone."""
    _POWER.pop(f"{folder.as_posix()}/", None)


class AtOnce:
    """An executor whose work is done when it is handed in."""

    def __init__(self, *_words: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], /, *words: Any, **more: Any) -> Future[Any]:
        """Do it, and keep what came of it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*words, **more))
        except BaseException as error:  # noqa: BLE001 - as a thread would
            done.set_exception(error)
        return done

    def shutdown(self, **_how: Any) -> None:
        """There is nothing to wait for."""


class OneConnection(pool.Pool):
    """A pool for a program on one thread: one connection, which is there or is made."""

    def __init__(self, creator: Any, pool_size: int = 1, max_overflow: int = 0, **how: Any) -> None:
        del pool_size, max_overflow
        super().__init__(creator, **how)
        self._here: list[Any] = []
        self._how = how

    def _do_get(self) -> Any:
        return self._here.pop() if self._here else self._create_connection()

    def _do_return_conn(self, record: Any) -> None:
        self._here.append(record)

    def recreate(self) -> OneConnection:
        """One like it, that is empty."""
        return OneConnection(self._creator, **self._how)

    def dispose(self) -> None:
        """Close it."""
        while self._here:
            self._here.pop().close()


async def _here(work: Callable[..., Any], *words: Any) -> Any:
    return work(*words)


@contextmanager
def one_thread(seed: int) -> Iterator[None]:
    """The program in this block does everything at once, and all its chance comes of the seed."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        for name, made in (
            ("token_bytes", chance.randbytes),
            ("token_hex", lambda size: chance.randbytes(size).hex()),
            ("randbits", chance.getrandbits),
            ("randbelow", chance.randrange),
            ("choice", chance.choice),
        ):
            stack.enter_context(mock.patch.object(secrets, name, made))
        stack.enter_context(mock.patch.object(dbapi2, "connect", _watched))
        stack.enter_context(mock.patch.object(pool, "QueuePool", OneConnection))
        stack.enter_context(mock.patch.object(worker, "ThreadPoolExecutor", AtOnce))
        stack.enter_context(mock.patch.object(app, "run_in_threadpool", _here))
        stack.enter_context(mock.patch.object(opening, "create_file", _blank_file))
        stack.enter_context(mock.patch.object(opening, "migrate", _migrated))
        stack.enter_context(mock.patch.object(opening, "check_library", _check_library))
        stack.enter_context(mock.patch.object(primitives, "stretch", _stretched))
        stack.enter_context(mock.patch.object(primitives, "VerifyKey", _Verified))
        stack.enter_context(mock.patch.object(membership, "settle", _settled))
        stack.enter_context(mock.patch.object(platform, "node", partial(str, "a PC")))
        yield


@contextmanager
def seldom_collected() -> Iterator[None]:
    """What is there stays; the memory of what comes is gone through between histories.

    Where nothing was collected by itself before, as among the tests, nothing is afterwards: on a
    thread of the record it would free what belongs to a window.
    """
    was_on = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            gc.unfreeze()


class _Ear(logging.Handler):
    def __init__(self, word: str) -> None:
        super().__init__(logging.INFO)
        self.word, self.heard = word, list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        said = self.format(record)
        if self.word in said:
            self.heard.append(said)


@contextmanager
def overheard(word: str) -> Iterator[list[str]]:
    """What the program's log says with this word in it; its warnings are heard by nobody else."""
    ear, program = _Ear(word), logging.getLogger("clinic_desktop")
    before = program.level, program.propagate
    program.addHandler(ear)
    program.setLevel(logging.INFO)
    program.propagate = False
    try:
        yield ear.heard
    finally:
        program.setLevel(before[0])
        program.propagate = before[1]
        program.removeHandler(ear)


@lru_cache(maxsize=1)
def _blank() -> bytes:
    """A record with its tables and no row, made by all steps that there ever were."""
    with TemporaryDirectory(dir=in_memory()) as folder:
        path = Path(folder) / RECORD
        create_file(path, _NO_KEY)
        engine = make_engine(partial(connect, path, _NO_KEY), writer=True)
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


def _blank_file(path: Path, key: bytes | None) -> None:
    """A new record has its tables from the one that was made first."""
    path.write_bytes(_blank())
    with closing(_connect(str(path), isolation_level=None)) as connection:
        connection.execute(f"PRAGMA key = \"x'{_NO_KEY.hex()}'\"")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA rekey = \"x'{(key or b'').hex()}'\"")
        connection.execute("PRAGMA journal_mode = WAL")


def _migrated(engine: Any, on_step: Callable[[str], None] | None = None) -> None:
    """As the real one does; a record that is new has nothing to wait for."""
    with closing(engine.raw_connection()) as connection:
        found = version_of(connection.dbapi_connection)
    if found < HEAD:
        migrate(engine, on_step)


_check_library = lru_cache(maxsize=1)(check_library)
"""The library stays the one it is."""

_stretched = lru_cache(maxsize=64)(primitives.stretch)
"""The same password is stretched once."""


class _Verified:
    """A public key that looks at the same bytes once."""

    def __init__(self, key: bytes) -> None:
        self._key = bytes(key)

    def verify(self, message: bytes, signature: bytes) -> None:
        """As the real one does."""
        fault = _fault_of_signature(self._key, bytes(message), bytes(signature))
        if fault is not None:
            raise fault


@lru_cache(maxsize=20_000)
def _fault_of_signature(key: bytes, message: bytes, signature: bytes) -> Exception | None:
    try:
        VerifyKey(key).verify(message, signature)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again
        return error
    return None


_settle = lru_cache(maxsize=2000)(settle)


def _settled(entries: Iterable[Entry], saw: Saw = by_the_chain_alone) -> Settled:
    """The same chain of members is gone through once; of one that branched the logs count, too."""
    members = tuple(entries)
    found = _settle(members)
    return settle(members, saw) if found.has_branched else found
