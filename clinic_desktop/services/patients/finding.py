"""Finding people: by any word, number or phone, in any order, script or keyboard layout."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from clinic_desktop.clock import uuid7
from clinic_desktop.db import search as index
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.folding import fts_query, words_of
from clinic_desktop.services.access import query
from clinic_desktop.services.patients.looks import OPENED
from clinic_desktop.services.patients.rows import PatientRow, patient_rows

LOOKS_BACK = timedelta(days=30)
_RECENT_LOOKS = 400
_RECENT = 12
"""Charts opened lately that come before all others; each costs a look into the index."""
_RANKED = 60
"""Charts of each kind that are put in order; nobody reads further down."""
_LOOKS = """
SELECT patient_id FROM audit_event WHERE id >= ? AND kind = ? AND user_id IS ?
ORDER BY id DESC LIMIT ?"""


@query("patient.read")
def search(reads: ReadSession, text: str, limit: int = 12) -> list[PatientRow]:
    """Who is meant: those the person opened lately, then whole words, then beginnings.

    Nothing typed finds the patients opened lately.
    """
    return patient_rows(reads, ranked_ids(reads, text, limit))


@query("patient.read")
def recents(reads: ReadSession, limit: int = 12) -> list[PatientRow]:
    """The patients that the signed-in person opened last, newest first."""
    return patient_rows(reads, recent_ids(reads, limit))


def ranked_ids(reads: ReadSession, text: str, limit: int) -> list[uuid.UUID]:
    """The charts that a text means, the likeliest first."""
    match = fts_query(text, today=reads.today)
    if not match:
        return recent_ids(reads, limit) if not text.strip() else []
    exact = index.patient_ids(reads.cursor, _whole(text), _RANKED)
    begun = index.patient_ids(reads.cursor, match, max(limit, _RANKED))
    recent = recent_ids(reads, _RECENT)
    opened = set(begun)
    if len(begun) >= _RANKED and len(text.strip()) > 1:
        opened |= index.matching(reads.cursor, match, recent)
    whole = set(exact)
    order = [each for each in recent if each in opened]
    order.sort(key=lambda each: each not in whole)
    return list(dict.fromkeys((*order, *exact, *begun)))[:limit]


def _whole(text: str) -> str:
    """The expression that takes each typed word as a whole one, and a number without spaces."""
    number = re.fullmatch(r"[\d\s()+./-]+", text.strip())
    words = ["".join(words_of(text))] if number else words_of(text)
    return " AND ".join(f'"{word}"' for word in words)


def recent_ids(reads: ReadSession, limit: int) -> list[uuid.UUID]:
    """Charts opened by the signed-in person, newest first."""
    # Ids begin with their time, so the newest looks are read from the end of the primary key.
    since = uuid7(int((reads.now - LOOKS_BACK).timestamp() * 1000), 0, 0)
    user = reads.actor.user_id
    looks = reads.cursor.execute(_LOOKS, (since.bytes, OPENED, user and user.bytes, _RECENT_LOOKS))
    opened = [uuid.UUID(bytes=row[0]) for row in looks if row[0] is not None]
    return list(dict.fromkeys(opened))[:limit]
