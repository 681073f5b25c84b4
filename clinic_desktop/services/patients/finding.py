"""Finding people: by any word, number or phone, in any order, script or keyboard layout."""

from __future__ import annotations

import uuid
from datetime import timedelta

from clinic_desktop.clock import uuid7
from clinic_desktop.db import search as index
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.folding import Reach, fts_query
from clinic_desktop.services.access import part, query
from clinic_desktop.services.patients.looks import OPENED
from clinic_desktop.services.patients.rows import FoundPatient, found_patients

LOOKS_BACK = timedelta(days=30)
_RECENT_LOOKS = 400
_RECENT = 12
"""Charts opened lately that come before the others of their kind."""
_LOOKS = """
SELECT patient_id FROM audit_event WHERE id >= ? AND kind = ? AND user_id IS ?
ORDER BY id DESC LIMIT ?"""


@query("patient.find")
def search(reads: ReadSession, text: str, limit: int = 12) -> list[FoundPatient]:
    """Who is meant, the likeliest first; nothing typed finds the patients opened lately.

    Who is really called what was typed comes first: by whole words, then by their beginnings,
    in the name's own script or in Latin letters. Then who would be on another keyboard layout,
    who sounds like it, and last who shares the consonants: not even having been opened lately
    brings a sound-alike above somebody of the typed name. Among equals the charts that the
    person opened lately come first, the latest before all, then the newest charts.
    """
    found = ranked(reads, text, limit)
    if text.strip():
        reads.note("patient.search", found=len(found))
    alike = {chart for chart, reach in found.items() if reach > Reach.LAYOUT}
    return found_patients(reads, list(found), alike)


@part
def ranked(reads: ReadSession, text: str, limit: int) -> dict[uuid.UUID, Reach]:
    """The charts that a text means, the likeliest first, and how freely it had to be taken."""
    if not text.strip():
        return dict.fromkeys(recent_ids(reads, limit), Reach.WHOLE)
    recent = recent_ids(reads, _RECENT)
    found: dict[uuid.UUID, Reach] = {}
    asked = ""
    for reach in Reach:
        if len(found) >= limit:
            break
        match = fts_query(text, today=reads.today, reach=reach)
        if match not in {asked, ""}:
            for chart in _lately_first(reads, match, limit + len(found), recent):
                found.setdefault(chart, reach)
        asked = match
    return dict(list(found.items())[:limit])


def _lately_first(
    reads: ReadSession, match: str, limit: int, recent: list[uuid.UUID]
) -> list[uuid.UUID]:
    """Charts that match: the recent ones, then the newest charts."""
    newest = index.patient_ids(reads.cursor, match, limit)
    if len(newest) < limit:
        among = set(newest)
        lately = [each for each in recent if each in among]
    else:
        lately = index.matching(reads.cursor, match, recent)
    return [*lately, *newest]


@part
def recent_ids(reads: ReadSession, limit: int) -> list[uuid.UUID]:
    """Charts opened by the signed-in person, newest first."""
    # Ids begin with their time, so the newest looks are read from the end of the primary key.
    since = uuid7(int((reads.now - LOOKS_BACK).timestamp() * 1000), 0, 0)
    user = reads.actor.user_id
    looks = reads.cursor.execute(_LOOKS, (since.bytes, OPENED, user and user.bytes, _RECENT_LOOKS))
    opened = [uuid.UUID(bytes=row[0]) for row in looks if row[0] is not None]
    return list(dict.fromkeys(opened))[:limit]
