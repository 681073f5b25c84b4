"""The steps from a data folder and a key to an open record, and the making of a new one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from clinic_desktop.clock import Clock
from clinic_desktop.db import journal, triggers
from clinic_desktop.db.engine import (
    check_library,
    connect,
    create_file,
    is_plain_sqlite,
    make_engine,
)
from clinic_desktop.db.migrations import HEAD, check_version, migrate, version_of
from clinic_desktop.db.session import capture_commits
from clinic_desktop.db.worker import Store
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.i18n import _
from clinic_desktop.models.types import to_millis

log = logging.getLogger(__name__)
PREFIX_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def create_store(path: Path, key: bytes | None, clock: Clock, device_name: str = "") -> Store:
    """Make a new record file with its schema and open it."""
    check_library()
    create_file(path, key)
    engines = _engines(path, key)
    migrate(engines[0])
    connection = connect(path, key)
    prefix = secrets.choice(PREFIX_LETTERS) + str(secrets.randbelow(9) + 1)
    connection.execute(
        "INSERT INTO sync_device (dev, device_id, prefix, name, status) VALUES (1, ?, ?, ?, ?)",
        (clock.new_id().bytes, prefix, device_name or "PC 1", "active"),
    )
    connection.close()
    return _finish(path, engines, clock)


def open_store(
    path: Path, key: bytes | None, clock: Clock, on_step: Callable[[str], None] | None = None
) -> Store:
    """Open the record: checks, then missing migrations, then capture of every commit.

    Raises:
        DatabaseDamagedError: not our file, not our key, or its triggers were tampered with.
        NewerDatabaseError: a newer program wrote it.
        StorageError: the disk does not let us.
    """
    check_library()
    if key is not None and path.exists() and is_plain_sqlite(path):
        raise DatabaseDamagedError(
            _("The record file is not encrypted."),
            kept=_("The file was left exactly as it is."),
            hint=_("Restore a backup, or open the right data folder."),
            place=str(path),
        )
    if not path.exists():
        raise DatabaseDamagedError(
            _("The record file is missing."),
            kept=_("No new record was made in its place."),
            hint=_("Restore a backup, or open the right data folder."),
            place=str(path),
        )
    probe = connect(path, key)
    try:
        found = version_of(probe)
    finally:
        probe.close()
    check_version(found)
    engines = _engines(path, key)
    if found < HEAD:
        migrate(engines[0], on_step)
    return _finish(path, engines, clock)


def _engines(path: Path, key: bytes | None) -> tuple[Engine, Engine]:
    def opener() -> object:
        return connect(path, key)

    return make_engine(opener, writer=True), make_engine(opener, writer=False)


def _finish(path: Path, engines: tuple[Engine, Engine], clock: Clock) -> Store:
    writer, readers = engines
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
        # A commit that went around us would leave its journal behind: attribute it to nobody.
        now = to_millis(clock.now())
        swept = journal.pack(cursor, journal.Author(None, now, "unattributed"))
        if swept is not None:
            log.warning("Changes of unknown origin were found and recorded: commit %s", swept.cid)
    capture_commits(writer)
    return Store(path, writer, readers, clock)
