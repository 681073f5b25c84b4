"""What of backups is on record in the log."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.services.access import command


@command("record.check")
def note_restored(uow: UnitOfWork, made_at: datetime) -> None:
    """Record that this record came out of a backup, and of when."""
    uow.audit("record.restored", made_at=made_at.isoformat())
