"""Is this record whole?"""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

from clinic_desktop.db import search, triggers
from clinic_desktop.db.facts import MOST_NAMED, look_through
from clinic_desktop.db.migrations import HEAD, version_of


def examine(cursor: Any) -> dict[str, str]:
    """Read every page, every reference, every trigger and every link of the log.

    Returns what each check found; an empty text means that all is well.
    """
    return look_through(cursor) | {"capture": capture_faults(cursor)}


def capture_faults(cursor: Any) -> str:
    """Triggers that are not as they should be; of another version the record has its own."""
    lost = triggers.missing(cursor) if version_of(cursor) == HEAD else []
    return "; ".join(lost[:MOST_NAMED])


def examine_content(cursor: Any) -> dict[str, str]:
    """What pages and references cannot tell: every chart is found, every attachment is itself."""
    return {
        "search": "; ".join(search.lost(cursor)[:MOST_NAMED]),
        "attachments": "; ".join(_spoilt_attachments(cursor)[:MOST_NAMED]),
    }


def _spoilt_attachments(cursor: Any) -> list[str]:
    rows = cursor.execute("SELECT sha256, encoding, data FROM blob")
    return [sha256 for sha256, encoding, data in rows if not _is_itself(sha256, encoding, data)]


def _is_itself(sha256: str, encoding: str, data: bytes) -> bool:
    try:
        plain = zlib.decompress(data) if encoding == "deflate" else data
    except zlib.error:
        return False
    return hashlib.sha256(plain).hexdigest() == sha256
