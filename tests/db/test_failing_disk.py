"""After a failure of the disk the file is opened anew and looked at before anything is written."""

from __future__ import annotations

import random
from contextlib import closing
from typing import Any

import pytest
import sqlcipher3

from clinic_desktop.db.engine import connect
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import DatabaseDamagedError, StorageError
from clinic_desktop.services import practice
from tests.support.charts import put_chart
from tests.support.records import Record

PAGE = 4096


def failing(uow: UnitOfWork) -> None:
    """A save during which the disk gives up; the sentence is SQLite's."""
    practice.choose(uow, "proof", "lost")
    uow.session.flush()
    raise sqlcipher3.OperationalError("disk I/O error")


def handle(uow: UnitOfWork) -> Any:
    """The connection that a save is made on."""
    return uow.cursor


def test_the_next_save_is_made_on_another_handle_and_nothing_half_is_there(
    record: Record,
) -> None:
    before = record.write(handle)
    with pytest.raises(StorageError, match="disk reported an error"):
        record.write(failing)
    assert record.write(handle) is not before
    assert record.read(practice.setting, "proof", personal=True) is None
    record.write(practice.choose, "proof", "kept")
    assert record.read(practice.setting, "proof", personal=True) == "kept"


def giving_up(uow: UnitOfWork) -> None:
    """A save that does not come to its first row."""
    raise sqlcipher3.OperationalError("disk I/O error")


def test_a_record_that_is_damaged_since_is_written_no_more(record: Record) -> None:
    record.write(put_chart, 60)
    with closing(connect(record.path, record.key)) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with record.path.open("r+b") as file:
        size = file.seek(0, 2)
        for page in range(20, size // PAGE, 3):
            file.seek(page * PAGE)
            file.write(random.Random(page).randbytes(PAGE))
    with pytest.raises(StorageError):
        record.write(giving_up)
    with pytest.raises(DatabaseDamagedError, match="nothing is written any more"):
        record.write(practice.choose, "proof", "x")
