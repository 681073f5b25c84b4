"""How far the bytes of attachments are on their way: what is here, what is not, what is where.

Each step is one transaction.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Sequence
from typing import Any, Final

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.sync import state
from clinic_desktop.sync.file_pieces import File, is_digest

SENDING, STORED, COMING = "sending", "stored", "coming"
"""A file that is here and not yet on the server; that is there too; of which pieces are here."""
DAMAGED, UNREADABLE = "damaged", "unreadable"
"""A file of which the server says that a piece rotted there; of which one here cannot be read."""
LARGEST: Final = 1 << 30
_HOUR_MS: Final = 3600 * 1000
DAY_MS: Final = 24 * _HOUR_MS
ASKED_AGAIN: Final = 100
"""Files a day: under 2 KB with one data key."""


def to_send(reads: ReadSession) -> list[File]:
    """Files that are here and, as far as is known, nowhere else; the smallest first."""
    rows = reads.cursor.execute(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a JOIN blob USING (sha256)"
        " LEFT JOIN sync_file f USING (sha256)"
        " WHERE NOT a.is_deleted AND a.size <= ? AND coalesce(f.state, '') <> ? ORDER BY a.size",
        (LARGEST, STORED),
    ).fetchall()
    return [File(*row) for row in rows if is_digest(row[0])]


def to_ask_again(reads: ReadSession) -> list[File] | None:
    """Some of the files that the server was given; None where it was asked this day."""
    found, now = state.peer(reads.cursor), to_millis(reads.now)
    if found is None or 0 <= now - found.settings.files_asked < DAY_MS:
        return None
    rows = reads.cursor.execute(
        "SELECT sha256, max(a.size) FROM sync_file f JOIN attachment a USING (sha256)"
        " JOIN blob USING (sha256) WHERE f.state = ? AND a.size <= ?"
        " GROUP BY sha256 ORDER BY random() LIMIT ?",
        (STORED, LARGEST, ASKED_AGAIN),
    ).fetchall()
    return [File(*row) for row in sorted(rows) if is_digest(row[0])]


def note_asked(uow: UnitOfWork, *, lost: bool) -> None:
    """That it was asked; where it lost one, each file is looked for there anew.

    What could not be read is tried once more, too.
    """
    state.change_settings(uow.cursor, files_asked=to_millis(uow.now))
    uow.cursor.execute("UPDATE sync_file SET state = ? WHERE state = ?", (COMING, UNREADABLE))
    if lost:
        uow.cursor.execute("DELETE FROM sync_file WHERE state = ?", (STORED,))


def may_go_again(reads: ReadSession, *, beside: bool) -> list[File]:
    """The files that are here, for a server or a hub that lost pieces; none where it must wait."""
    found, now = state.peer(reads.cursor), to_millis(reads.now)
    if found is None or 0 < _waits_until(found.settings, beside=beside) - now <= DAY_MS:
        return []
    return here(reads)


def go_again(uow: UnitOfWork, files: Sequence[File], *, beside: bool) -> None:
    """Send these once more; at a hub ``beside`` the server what the server has stays known.

    Once a day, so that none makes this PC send for ever; where no file was meant, it is looked
    again after an hour, for it takes the names of all pieces.
    """
    until = to_millis(uow.now) + (DAY_MS if files else _HOUR_MS)
    if beside:
        state.change_settings(uow.cursor, hub_files_wait=until)
        return
    state.change_settings(uow.cursor, files_wait=until)
    for each in files:
        uow.cursor.execute("DELETE FROM sync_file WHERE sha256 = ?", (each.sha256,))
        _announce(uow, each)


def _waits_until(settings: state.Settings, *, beside: bool) -> int:
    return settings.hub_files_wait if beside else settings.files_wait


def here(reads: ReadSession) -> list[File]:
    """The files of which the bytes are here, the smallest first."""
    rows = reads.cursor.execute(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a JOIN blob USING (sha256)"
        " WHERE NOT a.is_deleted AND a.size <= ? ORDER BY a.size, a.sha256",
        (LARGEST,),
    ).fetchall()
    return [File(*row) for row in rows if is_digest(row[0])]


def to_fetch(reads: ReadSession) -> list[File]:
    """Files of which only the row is here; the smallest first."""
    rows = reads.cursor.execute(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a LEFT JOIN blob b USING (sha256)"
        " WHERE NOT a.is_deleted AND a.size BETWEEN 0 AND ? AND b.sha256 IS NULL ORDER BY a.size",
        (LARGEST,),
    ).fetchall()
    return [File(*row) for row in rows if is_digest(row[0])]


def to_fetch_now(reads: ReadSession) -> list[File]:
    """The same without those that could not be read this day: it would cost each pass anew."""
    rows = reads.cursor.execute("SELECT sha256 FROM sync_file WHERE state = ?", (UNREADABLE,))
    unreadable = {row[0] for row in rows.fetchall()}
    return [each for each in to_fetch(reads) if each.sha256 not in unreadable]


def is_anything_to_do(reads: ReadSession) -> bool:
    """Whether a file is to be sent or fetched."""
    return bool(to_send(reads) or to_fetch_now(reads))


def left(reads: ReadSession) -> int:
    """How many files are not everywhere yet."""
    return len(to_send(reads)) + len(to_fetch(reads))


def content_of(reads: ReadSession, sha256: str) -> bytes | None:
    """The bytes of a file; None where they are not here."""
    row = reads.cursor.execute(
        "SELECT encoding, data FROM blob WHERE sha256 = ?", (sha256,)
    ).fetchone()
    if row is None:
        return None
    return zlib.decompress(row[1]) if row[0] == "deflate" else bytes(row[1])


def note_trouble(uow: UnitOfWork, file: File, word: str) -> None:
    """Remember why a file does not come."""
    note(uow, file, word, len(_contents(uow.cursor, file.sha256)))


def note(uow: UnitOfWork, file: File, word: str, done: int) -> None:
    """Remember how far a file is."""
    uow.cursor.execute(
        "INSERT INTO sync_file (sha256, state, done, parts) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (sha256) DO UPDATE SET state = excluded.state, done = excluded.done",
        (file.sha256, word, done, file.parts),
    )
    _announce(uow, file)


def _announce(uow: UnitOfWork, file: File) -> None:
    """Let screens that show the file look again."""
    rows = uow.cursor.execute("SELECT id FROM attachment WHERE sha256 = ?", (file.sha256,))
    touched = frozenset(("attachment", uuid.UUID(bytes=bytes(row[0]))) for row in rows.fetchall())
    uow.extra.append(Changes(touched, "sync", "sync"))


def pieces_here(reads: ReadSession, sha256: str) -> set[int]:
    """Which pieces came already."""
    rows = reads.cursor.execute("SELECT part FROM sync_piece WHERE sha256 = ?", (sha256,))
    return {row[0] for row in rows.fetchall()}


def keep_pieces(uow: UnitOfWork, file: File, pieces: Sequence[tuple[int, bytes]]) -> None:
    """Keep pieces until the file is whole."""
    uow.cursor.executemany(
        "INSERT INTO sync_piece (sha256, part, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(file.sha256, part, content) for part, content in pieces],
    )
    done = len(_contents(uow.cursor, file.sha256))
    note(uow, file, COMING, done)


def _contents(cursor: Any, sha256: str) -> list[bytes]:
    rows = cursor.execute(
        "SELECT content FROM sync_piece WHERE sha256 = ? ORDER BY part", (sha256,)
    ).fetchall()
    return [bytes(row[0]) for row in rows]


def assemble(uow: UnitOfWork, file: File) -> bool:
    """Put the pieces together; whether they are the file that its row tells of."""
    cursor = uow.cursor
    pieces = _contents(cursor, file.sha256)
    if len(pieces) != file.parts:
        return False
    content = b"".join(pieces)
    cursor.execute("DELETE FROM sync_piece WHERE sha256 = ?", (file.sha256,))
    is_right = hashlib.sha256(content).hexdigest() == file.sha256
    if is_right:
        cursor.execute(
            "INSERT INTO blob (sha256, encoding, data) VALUES (?, '', ?) ON CONFLICT DO NOTHING",
            (file.sha256, content),
        )
        # It came from a server, but from which one is not remembered: it is looked for there once.
        cursor.execute("DELETE FROM sync_file WHERE sha256 = ?", (file.sha256,))
        _announce(uow, file)
    else:
        note(uow, file, UNREADABLE, 0)
    return is_right
