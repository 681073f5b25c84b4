"""The backup before a record is brought to a newer version."""

from __future__ import annotations

import uuid
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlcipher3

from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect_to_look, storage_error
from clinic_desktop.db.migrations import HEAD, is_newer, version_of
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.vault import Vault
from clinic_desktop.services.backups import ledger, places
from clinic_desktop.services.backups.ledger import Reason, Result
from clinic_desktop.services.backups.making import Backup, Source, back_up, free_path


def before_upgrade(data_dir: DataDir, key: bytes, vault: Vault, now: datetime) -> Backup | None:
    """Back up a record of an earlier version; none where it is of this one, or not to be read.

    Raises:
        StorageError, DatabaseDamagedError: there is no backup, so nothing is to be changed.
    """
    if data_dir.is_arriving or not data_dir.database.exists():
        return None
    with closing(connect_to_look(data_dir.database, key)) as cursor:
        schema = version_of(cursor)
        if not 0 < schema < HEAD or is_newer(cursor):
            return None
        try:
            rows = cursor.execute(
                "SELECT id FROM app_user WHERE is_active AND roles LIKE '%\"owner\"%'"
            ).fetchall()
        except sqlcipher3.Error as error:
            raise storage_error(error, data_dir.database) from error
    owners = [uuid.UUID(bytes=bytes(row[0])) for row in rows]
    known = ledger.read(data_dir).places
    here = next((path for place in known if (path := places.find(place))), data_dir.backups)
    source = Source(data_dir, key, vault, owners, now)
    target = free_path(here, vault.device, now)
    made = back_up(SYSTEM, source, target, lambda _stage, _done, _total: None)
    with ledger.changing(data_dir) as changed:
        result = Result(now, str(made.path), Reason.UPGRADE, made.size, schema=schema)
        changed.results.insert(0, result)
    return made


def made_before(data_dir: DataDir) -> Path | None:
    """The newest backup made before an upgrade that this program can work with, if it is here."""
    return next(
        (
            path
            for result in ledger.read(data_dir).results
            if result.reason is Reason.UPGRADE and 0 < result.schema <= HEAD
            if (path := Path(result.path)).exists()
        ),
        None,
    )
