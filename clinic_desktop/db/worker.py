"""One writer thread, two readers: nobody waits for the disk but these."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlcipher3
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic_desktop.clock import Clock
from clinic_desktop.db import checkpoints, engine, looking, looks
from clinic_desktop.db.ballast import Ballast
from clinic_desktop.db.checkpoints import Checkpoint
from clinic_desktop.db.engine import storage_error
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.looks import Look, Looks, is_weighty
from clinic_desktop.db.mirror import Mirror
from clinic_desktop.db.proofs import Proofs
from clinic_desktop.db.session import ReadSession, UnitOfWork, reading, writing
from clinic_desktop.db.writing_gate import WritingGate
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ClinicError, DatabaseDamagedError, ReadOnlyError, RuleError
from clinic_desktop.i18n import _

P = ParamSpec("P")
T = TypeVar("T")
CLOCK_BACK_MS = 60_000
log = logging.getLogger(__name__)
_fills: ContextVar[bool] = ContextVar("fills", default=False)
"""Whether this thread fills a record at which people may only look."""


class _FullError(Exception):
    """The disk was full, nothing of the transaction is in the file, and there is room now."""


class Store:
    """The open record. Hands work to its threads and announces every commit.

    ``subscribe`` callbacks run on the writer thread, before the future is resolved; a window
    passes them on to its own thread.
    """

    def __init__(
        self,
        path: Path,
        writer: Engine,
        readers: Engine,
        clock: Clock,
        mirror: Mirror | None,
        *,
        ballast: Ballast | None = None,
        refusal: ClinicError | None = None,
    ) -> None:
        self.path = path
        self.gate = WritingGate(ballast, refusal)
        self.was_left_open = False
        """Whether the program or the PC went down the last time."""
        self.clock = clock
        self.proofs = Proofs(clock)
        self.mirror = mirror
        self._writer_engine = writer
        self._reader_engine = readers
        self._writer = ThreadPoolExecutor(1, "clinic-writer")
        self._readers = ThreadPoolExecutor(2, "clinic-reader")
        self._helpers = ThreadPoolExecutor(2, "clinic-helper")
        self._listeners: list[Callable[[Changes], None]] = []
        self._lock = threading.Lock()
        self._alone = threading.Condition()
        self._reading, self._is_alone = 0, False
        self._closed = False
        self._looks = Looks()
        self._has_kept_looks = False
        self._last_wall = 0

    def write(
        self,
        actor: Actor,
        command: Callable[Concatenate[UnitOfWork, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Future[T]:
        """Run a command in a transaction of its own, after those asked for before it."""
        return self._writer.submit(self._write, actor, command, args, kwargs, fills=_fills.get())

    @contextmanager
    def filling(self) -> Iterator[None]:
        """What this thread asks to be written within is the record itself, on its way here."""
        before = _fills.set(True)
        try:
            yield
        finally:
            _fills.reset(before)

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
        self, actor: Actor, command: Callable[..., T], args: Any, kwargs: dict[str, Any],
        *, fills: bool = False,
    ) -> T:  # fmt: skip
        looking.check(actor)
        looking.check_time(actor, self.clock.now())
        if fills:
            self.gate.check_filling()
        else:
            self.gate.check()
        try:
            return self._write_once(actor, command, args, kwargs)
        except _FullError:
            # The commit had not come to its end in the file, so nothing is done twice.
            return self._write_once(actor, command, args, kwargs)

    def _write_once(
        self, actor: Actor, command: Callable[..., T], args: Any, kwargs: dict[str, Any]
    ) -> T:
        origin = getattr(command, "origin", "local")
        reason = getattr(command, "reason", getattr(command, "__name__", "write"))
        # A log of its own begins when the record is whole: nothing of this PC goes before.
        seen = [] if self.gate.is_held else self._looks.take()
        try:
            with writing(
                self._writer_engine, actor, self.clock, self.proofs, reason, origin
            ) as uow:
                if not self.gate.is_held:
                    self._watch_clock(uow)
                result = command(uow, *args, **kwargs)
                uow.add(*(look.row() for look in seen))
                uow.at_once = uow.at_once or is_weighty(*(look.kind for look in seen))
                if seen and self._has_kept_looks:
                    looks.forget(uow.cursor)
        except BaseException as error:
            self._looks.give_back(seen)
            if isinstance(error, DBAPIError | sqlcipher3.Error):
                raise self._after_failure(error) from error
            raise
        if uow.extra:  # a command that was refused has put nothing on record
            self._last_wall = to_millis(uow.now)
        if uow.left_at is not None:
            self._rename(uow.left_at)
        self._mirror(uow.sealed)
        for changes in uow.extra:
            self._announce(changes)
        return result

    def _after_failure(self, error: DBAPIError | sqlcipher3.Error) -> Exception:
        """What to say of a failed transaction; ``_FullError`` where it may be tried once more."""
        said = self.explain(error)
        is_full = "disk is full" in str(error)
        made_room = (is_full or engine.is_full(self.path)) and self.gate.on_full()
        if "disk I/O error" in str(error):
            damaged = self._begin_anew()
            if damaged is not None:
                self.gate.close(damaged)
        # Only of this failure SQLite says for certain that the transaction is not in the file.
        return _FullError(said) if is_full and made_room else said

    def _begin_anew(self) -> ClinicError | None:
        """After a failure of the disk: let go of the file, open it anew, and look at every page.

        What a failed sync left in memory is not to be trusted, and is never synced a second time
        on the same handle. Returns why nothing may be written any more, if so.
        """
        try:
            self._writer_engine.dispose()
            with self._writer_engine.connect() as connection:
                rows = connection.exec_driver_sql("PRAGMA quick_check(3)").fetchall()
            found = [str(row[0]) for row in rows]
        except (DBAPIError, sqlcipher3.Error, ClinicError) as error:
            if not isinstance(self.explain(error), DatabaseDamagedError):
                log.info("The record could not be opened anew: %s", type(error).__name__)
                return None  # the disk is still away: the next save tries again
            found = []
        if found == ["ok"]:
            return None
        return DatabaseDamagedError(
            _("The disk failed, and the record is damaged since: nothing is written any more."),
            kept=_("What is typed stays on the screen; what was saved before is in the backups."),
            hint=_("Close the program, start it again, and bring a backup back."),
            place="; ".join(found),
        )

    def _read(self, actor: Actor, query: Callable[..., T], args: Any, kwargs: dict[str, Any]) -> T:
        looking.check_time(actor, self.clock.now())
        try:
            with (
                self._admitted(),
                reading(self._reader_engine, actor, self.clock, self.proofs) as session,
            ):
                result = query(session, *args, **kwargs)
        except (DBAPIError, sqlcipher3.Error) as error:
            raise self._explain_read(error) from error
        if session.looks:
            weighty = is_weighty(*(look.kind for look in session.looks))
            if (self._looks.put(session.looks) or weighty) and not self._closed:
                self._writer.submit(self._write_looks)
        return result

    def _write_looks(self) -> None:
        """A commit of the program's own for looks that have waited long enough."""
        if self.gate.is_held:
            self._keep_looks()
            return
        if self.gate.refusal is not None:
            return
        try:
            self._write(SYSTEM, _looks_only, (), {})
        except ClinicError as error:
            log.info("Looks are written with the next save: %s", error.code)

    def _keep_looks(self) -> None:
        """The log takes nothing before the record is whole: they wait in the file beside it."""
        try:
            with self._writer_engine.begin() as connection:
                looks.keep(connection.connection.dbapi_connection, self._looks.waiting)
            self._has_kept_looks = True
        except (DBAPIError, sqlcipher3.Error) as error:
            log.info("Looks wait in memory: %s", type(error).__name__)

    def recall(self, seen: list[Look]) -> None:
        """Looks that the program before this one could not put into the log."""
        self._has_kept_looks = bool(seen)
        self._looks.put(seen)

    def _watch_clock(self, uow: UnitOfWork) -> None:
        """A clock that was put back is on record; nothing is refused for it."""
        now = to_millis(uow.now)
        if not self._last_wall:
            row = uow.cursor.execute(
                "SELECT wall FROM sync_commit WHERE dev = 1 ORDER BY dseq DESC LIMIT 1"
            ).fetchone()
            self._last_wall = row[0] if row else now
        if self._last_wall - now > CLOCK_BACK_MS:
            uow.audit("clock.back", seconds=(self._last_wall - now) // 1000)

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

    def _explain_read(self, error: Exception) -> Exception:
        """A newer record may lack what this program looks for."""
        cause = (error.orig or error) if isinstance(error, DBAPIError) else error
        if isinstance(self.gate.refusal, ReadOnlyError) and str(cause).startswith("no such"):
            return ReadOnlyError(
                _("This part of the record can be read by the newer program only."),
                kept=_("Nothing was changed."),
                hint=_("Install the newer version on this PC."),
            )
        return self.explain(error)

    def sign_off(self) -> Future[None]:
        """Sign the log as it stands after what was asked for before: at a lock, at day close."""
        return self._writer.submit(self._sign_off)

    def _sign_off(self) -> None:
        self._write_looks()
        if self.gate.refusal is not None:
            return
        try:
            with self._writer_engine.begin() as connection:
                cursor = connection.connection.dbapi_connection
                made = checkpoints.seal(cursor, to_millis(self.clock.now()), at_once=True)
        except (DBAPIError, sqlcipher3.Error) as error:
            log.info("The log is signed at the next opening: %s", type(error).__name__)
            return
        self._mirror(made)

    def accept_state(self) -> Future[None]:
        """Let the files beside the record call its present state the right one.

        Raises:
            StorageError: they cannot be written.
        """
        return self._writer.submit(self._accept_state)

    def _accept_state(self) -> None:
        self._sign_off()
        if self.mirror is None:
            return
        with self._writer_engine.begin() as connection:
            newest = checkpoints.newest(connection.connection.dbapi_connection)
        try:
            self.mirror.accept(newest, to_millis(self.clock.now()))
        except OSError as error:
            raise storage_error(error, self.path) from error

    def _rename(self, left_at: Checkpoint) -> None:
        """From now on the mirror is of the log under the new name; the old one ended there."""
        if self.mirror is None:
            return
        try:
            self.mirror.accept(left_at, to_millis(self.clock.now()))
        except OSError as error:
            log.info("The mirror does not say where the log ended: %s", error.strerror)
        with self._writer_engine.begin() as connection:
            self.mirror = Mirror.beside(self.path, connection.connection.dbapi_connection)

    def _mirror(self, made: Checkpoint | None) -> None:
        if made is not None and self.mirror is not None:
            self.mirror.append([made])

    def alone(self, work: Callable[[], T], *, writes: bool = True) -> Future[T]:
        """Run work on the writer thread while nobody reads; reads asked for meanwhile wait.

        What ``writes`` not is done in a record that can only be looked at, too.
        """

        def held() -> T:
            if writes:
                self.gate.check()
            with self._alone:
                self._is_alone = True
                self._alone.wait_for(lambda: not self._reading)
            try:
                return work()
            finally:
                with self._alone:
                    self._is_alone = False
                    self._alone.notify_all()

        return self._writer.submit(held)

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        with self._alone:
            self._alone.wait_for(lambda: not self._is_alone)
            self._reading += 1
        try:
            yield
        finally:
            with self._alone:
                self._reading -= 1
                self._alone.notify_all()

    def let_go(self) -> None:
        """Close the file for ``alone``; ``take`` opens it again."""
        self._reader_engine.dispose()
        self._writer_engine.dispose()

    def take(self, writer: Engine, readers: Engine) -> None:
        """Go on with these engines."""
        self._writer_engine, self._reader_engine = writer, readers

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
        """Finish what was asked for, sign the log, then close the file; safe to call twice."""
        self._readers.shutdown(wait=True)  # first, so that no look comes too late
        if not self._closed:
            self._closed = True
            self._writer.submit(self._sign_off)
        self._writer.shutdown(wait=True)
        self._helpers.shutdown(wait=True)
        self._reader_engine.dispose()
        self._writer_engine.dispose()


def _looks_only(uow: UnitOfWork) -> None:
    """Nothing of its own: the writer takes the looks along with any command."""
