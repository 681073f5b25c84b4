"""Whether a chart is only stored, and whether somebody has said why to use it all the same."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from clinic_desktop.db import confidentiality
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import to_millis

USED: Final = "restriction.exception"
"""The event by which somebody says why the chart is used all the same."""
LASTS: Final = timedelta(hours=8)
_ANY = (
    "SELECT EXISTS (SELECT 1 FROM processing_restriction WHERE ended_at IS NULL AND is_deleted = 0)"
)


def any_stored_only(reads: ReadSession) -> bool:
    """Whether there is any such chart."""
    return bool(reads.cursor.execute(_ANY).fetchone()[0])


def bars(reads: ReadSession, patient_id: uuid.UUID) -> bool:
    """Whether the chart is only stored, and the person at the desk has not said why to use it."""
    return (
        reads.actor.user_id is not None
        and any_stored_only(reads)
        and is_stored_only(reads, patient_id)
        and not is_excepted(reads, patient_id)
    )


def is_stored_only(reads: ReadSession, patient_id: uuid.UUID) -> bool:
    """Whether the person's chart, joined ones included, is only stored."""
    ids = [each.bytes for each in confidentiality.group(reads, patient_id)]
    sql = (
        "SELECT EXISTS (SELECT 1 FROM processing_restriction WHERE ended_at IS NULL"
        f" AND is_deleted = 0 AND patient_id IN ({marks(ids)}))"
    )
    return bool(reads.cursor.execute(sql, ids).fetchone()[0])


def is_excepted(reads: ReadSession, patient_id: uuid.UUID) -> bool:
    """Whether the person at the desk said within the last hours why it is used."""
    user = reads.actor.user_id
    ids = [each.bytes for each in confidentiality.group(reads, patient_id)]
    since = to_millis(reads.now - LASTS)
    sql = (
        "SELECT EXISTS (SELECT 1 FROM audit_event WHERE kind = ? AND user_id = ?"
        f" AND happened_at > ? AND patient_id IN ({marks(ids)}))"
    )
    values = (USED, user.bytes if user else b"", since, *ids)
    return bool(reads.cursor.execute(sql, values).fetchone()[0])
