"""Where the bytes of documents are: here, only here, on the way, or at another PC."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from clinic_desktop.db.session import ReadSession
from clinic_desktop.services.access import part


class Where(Enum):
    """Where a file is."""

    HERE = "here"
    """And at the server, or there is nobody to exchange with."""
    ONLY_HERE = "only-here"
    """Or on its way from here."""
    COMING = "coming"
    ELSEWHERE = "elsewhere"
    DAMAGED = "damaged"
    """At another PC; what the server has of it cannot be used, and was asked for again."""


@dataclass(frozen=True)
class FileWay:
    """How far a file is on its way."""

    where: Where
    done: int = 0
    parts: int = 0
    """Pieces, where some have gone or come."""


HERE: Final = FileWay(Where.HERE)
_AWAY: Final = {
    "": Where.ELSEWHERE, "damaged": Where.DAMAGED, "unreadable": Where.DAMAGED
}  # fmt: skip
"""Where a file is that is not here, by what is remembered of it."""


@part
def ways_of_files(reads: ReadSession, files: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, FileWay]:
    """The ways of files by the digest of each; those that are simply here may be left out."""
    cursor, asked = reads.cursor, json.dumps(sorted(set(files.values())))
    here = {
        row[0]
        for row in cursor.execute(
            "SELECT sha256 FROM blob WHERE sha256 IN (SELECT value FROM json_each(?))", (asked,)
        )
    }
    moving = {
        row[0]: row[1:]
        for row in cursor.execute(
            "SELECT sha256, state, done, parts FROM sync_file"
            " WHERE sha256 IN (SELECT value FROM json_each(?))",
            (asked,),
        )
    }
    is_alone = cursor.execute("SELECT 1 FROM sync_peer").fetchone() is None
    found: dict[uuid.UUID, FileWay] = {}
    for key, digest in files.items():
        state, done, parts = moving.get(digest, ("", 0, 0))
        if digest not in here:
            found[key] = FileWay(_AWAY.get(state, Where.COMING), done, parts)
        elif state != "stored" and not is_alone:
            found[key] = FileWay(Where.ONLY_HERE, done, parts)
    return found
