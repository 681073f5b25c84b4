"""One writer thread, two readers: nobody waits for the disk but these."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlcipher3
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic_desktop.clock import Clock
from clinic_desktop.db.engine import storage_error
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession, UnitOfWork, reading, writing
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ClinicError, RuleError
from clinic_desktop.i18n import _

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


class Store:
    """The open record. Hands work to its threads and announces every commit.

    ``subscribe`` callbacks run on the writer thread, before the future is resolved; a window
    passes them on to its own thread.
    """

    def __init__(self, path: Path, writer: Engine, readers: Engine, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        self._writer_engine = writer
        self._reader_engine = readers
        self._writer = ThreadPoolExecutor(1, "clinic-writer")
        self._readers = ThreadPoolExecutor(2, "clinic-reader")
        self._helpers = ThreadPoolExecutor(2, "clinic-helper")
        self._listeners: list[Callable[[Changes], None]] = []
        self._lock = threading.Lock()

    def write(
        self,
        actor: Actor,
        command: Callable[Concatenate[UnitOfWork, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Future[T]:
        """Run a command in a transaction of its own, after those asked for before it."""
        return self._writer.submit(self._write, actor, command, args, kwargs)

    def read(
        self,
        actor: Actor,
        query: Callable[Concatenate[ReadSession, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Future[T]:
        """Run a query beside the writer; it sees the last commit."""
        return self._readers.submit(self._read, actor, query, args, kwargs)

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run slow work without the record: a printer that is silent holds no reader up."""
        return self._helpers.submit(work, *args, **kwargs)

    def _write(
        self, actor: Actor, command: Callable[..., T], args: Any, kwargs: dict[str, Any]
    ) -> T:
        origin = getattr(command, "origin", "local")
        reason = getattr(command, "reason", getattr(command, "__name__", "write"))
        try:
            with writing(self._writer_engine, actor, self.clock, reason, origin) as uow:
                result = command(uow, *args, **kwargs)
        except (DBAPIError, sqlcipher3.Error) as error:
            raise self.explain(error) from error
        for changes in uow.extra:
            self._announce(changes)
        return result

    def _read(self, actor: Actor, query: Callable[..., T], args: Any, kwargs: dict[str, Any]) -> T:
        try:
            with reading(self._reader_engine, actor, self.clock) as session:
                return query(session, *args, **kwargs)
        except (DBAPIError, sqlcipher3.Error) as error:
            raise self.explain(error) from error

    def explain(self, error: Exception) -> Exception:
        """The sentence for a database error; a programming error stays what it is."""
        cause = (error.orig or error) if isinstance(error, DBAPIError) else error
        text = str(cause)
        if text.startswith("rule: "):
            return RuleError(_("This cannot be changed any more."), hint=text[6:])
        known = isinstance(cause, sqlcipher3.OperationalError | sqlcipher3.DatabaseError)
        if (
            known
            and not isinstance(cause, sqlcipher3.IntegrityError | sqlcipher3.ProgrammingError)
            and not text.startswith(("no such", "near ", "wrong number", "ambiguous"))
        ):
            return storage_error(cause, self.path)
        return error

    def subscribe(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Hear of every commit; returns the way to stop hearing."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def _announce(self, changes: Changes) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(changes)
            except ClinicError:
                log.exception("A listener failed after commit %s", changes.cid)

    def close(self) -> None:
        """Finish what was asked for, then close the file; safe to call twice."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._helpers.shutdown(wait=True)
        self._reader_engine.dispose()
        self._writer_engine.dispose()
