"""The steps from a data folder and a key to an open record, and the making of a new one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlcipher3
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic_desktop.clock import Clock
from clinic_desktop.db import checkpoints, journal, looks, triggers, unknown
from clinic_desktop.db.arriving import arriving, why_only_to_look
from clinic_desktop.db.ballast import Ballast
from clinic_desktop.db.engine import (
    check_library,
    connect,
    create_file,
    is_full,
    is_plain_sqlite,
    make_engine,
    storage_error,
    was_left_open,
)
from clinic_desktop.db.migrations import HEAD, is_newer, migrate, newer, version_of
from clinic_desktop.db.mirror import Mirror
from clinic_desktop.db.session import UnitOfWork, capture_commits
from clinic_desktop.db.worker import Store
from clinic_desktop.db.writing_gate import full_from_the_start
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import DatabaseDamagedError, StorageError
from clinic_desktop.i18n import _

log = logging.getLogger(__name__)
MIRROR_FAULT = "integrity.mirror-"
PREFIX_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def create_store(path: Path, key: bytes | None, clock: Clock, device_name: str = "") -> Store:
    """Make a new record file with its schema and open it.

    Raises:
        StorageError: the disk does not let us.
    """
    check_library()
    with _engines(path, key) as engines:
        create_file(path, key)
        migrate(engines[0])
        prefix = secrets.choice(PREFIX_LETTERS) + str(secrets.randbelow(9) + 1)
        with closing(connect(path, key)) as connection:
            connection.execute(
                "INSERT INTO sync_device (dev, device_id, prefix, name, status)"
                " VALUES (1, ?, ?, ?, ?)",
                (clock.new_id().bytes, prefix, device_name or "PC 1", "active"),
            )
        return _finish(path, engines, clock, has_mirror=False)


def open_store(
    path: Path,
    key: bytes | None,
    clock: Clock,
    on_step: Callable[[str], None] | None = None,
    ballast: Ballast | None = None,
    *,
    has_mirror: bool = True,
) -> Store:
    """Open the record: checks, then missing migrations, then capture of every commit.

    What a newer program wrote, has not come whole yet, or lies on a full disk is opened for looking
    only, see ``WritingGate``. A record without its name yet has no mirror.

    Raises:
        DatabaseDamagedError: not our file, not our key, or its triggers were tampered with.
        StorageError: the disk does not let us.
    """
    check_library()
    look_at(path, encrypted=key is not None)
    try:
        return _open(path, key, clock, on_step, ballast, has_mirror=has_mirror)
    except StorageError:
        if not is_full(path) or was_left_open(path):
            raise
        store = _open_frozen(path, key, clock)
        if store is None:
            raise
        return store


def _open_frozen(path: Path, key: bytes | None, clock: Clock) -> Store | None:
    """Without the files that SQLite keeps beside a record, for which there is no room.

    Only for a record that was closed, so that all of it is in its one file, and held by nobody
    else. None where it has another form than this program's.
    """
    with closing(connect(path, key, is_frozen=True)) as probe:
        if version_of(probe) != HEAD or triggers.missing(probe):
            return None

    def opener() -> object:
        return connect(path, key, is_frozen=True)

    engines = make_engine(opener, writer=True), make_engine(opener, writer=False)
    return Store(path, *engines, clock, None, refusal=full_from_the_start())


def _open(
    path: Path,
    key: bytes | None,
    clock: Clock,
    on_step: Callable[[str], None] | None,
    ballast: Ballast | None,
    *,
    has_mirror: bool,
) -> Store:
    left_open = was_left_open(path)
    with closing(connect(path, key, read_only=True)) as probe:
        found, too_new = version_of(probe), is_newer(probe)
    if found == 0:
        raise _no_record(path, _("The record file is empty."))
    if too_new:
        with _engines(path, key, read_only=True) as engines:
            return Store(path, *engines, clock, None, refusal=newer())
    with _engines(path, key) as engines:
        if found < HEAD:
            migrate(engines[0], on_step)
        store = _finish(path, engines, clock, has_mirror=has_mirror, ballast=ballast)
    store.was_left_open = left_open
    return store


def look_at(path: Path, *, encrypted: bool) -> None:
    """Refuse what SQLite would take for the beginning of a new file, or for a plain one.

    Raises:
        DatabaseDamagedError: the file is missing, empty or not encrypted.
        StorageError: it cannot be read.
    """
    try:
        if not path.exists():
            raise _no_record(path, _("The record file is missing."))
        if path.stat().st_size == 0:
            raise _no_record(path, _("The record file is empty."))
        if encrypted and is_plain_sqlite(path):
            raise DatabaseDamagedError(
                _("The record file is not encrypted."),
                kept=_("The file was left exactly as it is."),
                hint=_("Restore a backup, or open the right data folder."),
                place=str(path),
            )
    except OSError as error:
        raise StorageError(
            _("The record file cannot be read: {reason}").format(reason=error.strerror),
            kept=_("Nothing was changed."),
            hint=_("Check that the folder exists and belongs to you."),
            place=str(path),
        ) from error


def _no_record(path: Path, sentence: str) -> DatabaseDamagedError:
    return DatabaseDamagedError(
        sentence,
        kept=_("No new record was made in its place."),
        hint=_("Restore a backup, or open the right data folder."),
        place=str(path),
    )


@contextmanager
def _engines(
    path: Path, key: bytes | None, *, read_only: bool = False
) -> Iterator[tuple[Engine, Engine]]:
    """Writer and readers, let go of again where opening fails; failures become sentences."""

    def opener() -> object:
        return connect(path, key, read_only=read_only)

    engines = make_engine(opener, writer=True), make_engine(opener, writer=False)
    try:
        yield engines
    except BaseException as error:
        for engine in engines:
            engine.dispose()
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlcipher3.Error):
            raise storage_error(cause, path) from error
        raise


def _finish(
    path: Path,
    engines: tuple[Engine, Engine],
    clock: Clock,
    *,
    has_mirror: bool = True,
    ballast: Ballast | None = None,
) -> Store:
    writer, readers = engines
    mirror, fault = None, ""
    with writer.begin() as connection:
        cursor = connection.connection.dbapi_connection
        wrong = triggers.missing(cursor)
        if wrong:
            raise DatabaseDamagedError(
                _("The record file has lost the parts that record changes."),
                kept=_("The file was left exactly as it is."),
                hint=_("Restore a backup, or ask for help."),
                place=", ".join(wrong[:3]),
            )
        checkpoints.ensure_key(cursor)
        on_its_way, seen = arriving(cursor), looks.kept(cursor)
        if on_its_way is None:  # else it is done once the rows are here
            unknown.replay(cursor)
        # A commit that went around us would leave its journal behind: attribute it to nobody.
        now = to_millis(clock.now())
        swept = journal.pack(cursor, journal.Author(None, now, "unattributed"))
        if swept is not None:
            log.warning("Changes of unknown origin were found and recorded: commit %s", swept.cid)
        if has_mirror:  # a record that is being made gets its mirror at its first opening
            mirror = Mirror.beside(path, cursor)
            fault = mirror.fault(cursor)
            mirror.catch_up(cursor)
    capture_commits(writer)
    store = Store(path, writer, readers, clock, mirror, ballast=ballast)
    store.recall(seen)
    if on_its_way is not None:
        store.gate.hold(why_only_to_look(on_its_way))
    if fault:
        store.write(SYSTEM, _note_mirror, fault).result()
    return store


def _note_mirror(uow: UnitOfWork, fault: str) -> None:
    """The mirror knows more than the record, or is gone: on record before anything else is."""
    uow.audit(f"{MIRROR_FAULT}{fault}")
