"""What of backups is on record in the log."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.incarnation import mark_restored
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.services.access import command, query


@command("record.check")
def note_restored(uow: UnitOfWork, made_at: datetime) -> None:
    """Record that this record came out of a backup, and of when."""
    mark_restored(uow.cursor)
    uow.audit("record.restored", made_at=made_at.isoformat())


@command("record.check")
def note_moved(uow: UnitOfWork) -> None:
    """Record that this PC lacks what it kept beside the record: it may be a copy on another PC."""
    mark_restored(uow.cursor)
    uow.audit("record.moved")


@query("practice.read")
def log_length(reads: ReadSession) -> int:
    """How many commits this PC's log has; it grows with every change."""
    sql = "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?"
    return int(reads.cursor.execute(sql, (THIS_PC,)).fetchone()[0])
