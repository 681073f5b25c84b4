r"""The bytes of attachments: sealed pieces that go last, each on its own, and resume anywhere.

    parts = the file in pieces of 60 KiB, at least one
    id    = first 16 bytes of D_n(sha256, part (4), parts (4)),   n = subkey(DEK, "chunk name")
    chunk = seal(subkey(DEK, "chunk"), frame(zstd(piece)), [1, clinic, sha256, part, parts])

The row of an attachment tells size and digest, so no list of pieces is needed: whoever has the row
and a data key knows every name. The same file twice in a practice is one; the server cannot tell
whether it holds a file that somebody knows. A file counts once its digest is right.
"""

from __future__ import annotations

import hashlib
import sys
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.security.primitives import UnreadableError, keyed_digest, seal, unseal
from clinic_desktop.sync import epochs, passes, state
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.keys import subkey
from clinic_desktop.sync.messages import (
    MAX_REQUEST,
    Chunk,
    ChunksReply,
    ChunksRequest,
    MessageError,
    decode,
    encode,
)
from clinic_desktop.sync.refusals import refused
from clinic_desktop.sync.segment import padded_length

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE: Final = 60 << 10
SENDING, STORED, COMING = "sending", "stored", "coming"
"""A file that is here and not yet on the server; that is there too; of which pieces are here."""
TURN_S: Final = 20.0
"""How long files may take of one pass, so that what people write does not wait behind a scan."""
LARGEST: Final = 1 << 30
_AT_A_TIME: Final = 12
"""Pieces in one request."""
_ROOM: Final = MAX_REQUEST - (128 << 10)
_LEVEL: Final = 3
DAY_MS: Final = 24 * 3600 * 1000
ASKED_AGAIN: Final = 100
"""Files a day: under 2 KB with one data key."""


@dataclass(frozen=True)
class Moved:
    """What a turn brought about."""

    sent: int
    """Files that the server holds since."""
    received: int
    """Files that are here since."""
    left: int
    """Files that wait for the next turn, here or elsewhere."""


@dataclass(frozen=True)
class File:
    """A file by its row."""

    sha256: str
    size: int

    @property
    def parts(self) -> int:
        """How many pieces it has."""
        return max(1, -(-self.size // PIECE))


@dataclass(frozen=True)
class Sealer:
    """One data key's way with one file."""

    clinic: uuid.UUID
    dek: bytes
    file: File

    def names(self) -> list[bytes]:
        """The names of all pieces."""
        return [self.name(part) for part in range(self.file.parts)]

    def name(self, part: int) -> bytes:
        """The name of a piece: a server cannot tell what it is of."""
        key, digest = subkey(self.dek, b"chunk name"), bytes.fromhex(self.file.sha256)
        place, parts = part.to_bytes(4, "big"), self.file.parts.to_bytes(4, "big")
        return keyed_digest(key, digest, place, parts)[:16]

    def seal(self, part: int, content: bytes) -> bytes:
        """A piece of the file with this content."""
        packed = zstd.compress(content[part * PIECE : (part + 1) * PIECE], _LEVEL)
        framed = len(packed).to_bytes(4, "big") + packed
        padded = framed.ljust(padded_length(len(framed)), b"\0")
        return seal(subkey(self.dek, b"chunk"), padded, self._header(part))

    def open(self, part: int, chunk: bytes) -> bytes:
        """A piece as it was.

        Raises:
            UnreadableError: somebody changed it, or it is another one.
        """
        framed = unseal(subkey(self.dek, b"chunk"), chunk, self._header(part))
        packed = framed[4 : 4 + int.from_bytes(framed[:4], "big")]
        unpacker = zstd.ZstdDecompressor()
        try:
            plain = unpacker.decompress(packed, PIECE + 1)
        except (zstd.ZstdError, EOFError, ValueError):
            raise UnreadableError from None
        if len(plain) > PIECE or not unpacker.eof:
            raise UnreadableError
        return plain

    def _header(self, part: int) -> bytes:
        digest = bytes.fromhex(self.file.sha256)
        return msgspec.msgpack.encode([1, self.clinic.bytes, digest, part, self.file.parts])


class FileTurn:
    """One turn of moving files over a link, after everything else of a pass."""

    def __init__(self, store: Store, link: Link, *, beside: bool = False) -> None:
        """``beside`` is a hub beside the server: what it holds is not remembered."""
        self._store, self._link, self._is_beside = store, link, beside
        self._until = link.clock.uptime() + TURN_S
        self._is_full = False
        self._deks: list[bytes] = store.read(SYSTEM, epochs.by_use).result()

    def run(self) -> Moved:
        """Send what the server lacks and fetch what is not here, as far as the time goes.

        Raises:
            ServerError: what was moved until then stays moved.
        """
        if self._deks and not self._is_beside:
            self._ask_again()
        if not (self._deks and self._store.read(SYSTEM, _left).result()):
            return Moved(0, 0, 0)
        traffic, url = self._link.traffic, self._link.address.url
        number = self._store.write(SYSTEM, passes.begin_run, url).result()
        before, code = (traffic.up, traffic.down), "stopped"
        try:
            sent = sum(self._send(each) for each in self._in_time(self._unsent()))
            unfetched = self._store.read(SYSTEM, to_fetch).result()
            received = sum(self._fetch(each) for each in self._in_time(unfetched))
            code = ""
        except ServerError as error:
            code = error.code
            raise
        finally:
            sizes = (traffic.up - before[0], traffic.down - before[1])
            self._store.write(SYSTEM, passes.end_run, number, sizes, code).result()
        return Moved(sent, received, self._store.read(SYSTEM, _left).result())

    def _unsent(self) -> list[File]:
        """Files that the server may lack; a hub beside it is asked for all of them at once.

        Pieces go in their order, so the last one stands for the file.
        """
        files: list[File] = self._store.read(SYSTEM, _to_send).result()
        if not self._is_beside:
            return files
        lasts = {self._sealers(each)[0].name(each.parts - 1): each for each in files}
        missing = self._missing(list(lasts))
        return [each for name, each in lasts.items() if name in missing]

    def _ask_again(self) -> None:
        """Once a day, whether the server holds what it held: it may be one that lost something.

        What it lost of the log shows by itself. Files do not; of many, some speak for all.
        """
        files = self._store.read(SYSTEM, _to_ask_again).result()
        if files:
            lasts = [each.name(file.parts - 1) for file in files for each in self._sealers(file)]
            missing = self._missing(lasts)
            keys = len(self._deks)
            lost = any(
                missing.issuperset(lasts[at : at + keys]) for at in range(0, len(lasts), keys)
            )
            self._store.write(SYSTEM, _note_asked, lost=lost).result()

    def _in_time(self, files: Sequence[File]) -> Iterator[File]:
        for each in files:
            if self._link.clock.uptime() > self._until:
                return
            yield each

    def _sealers(self, file: File) -> list[Sealer]:
        """One for each data key, the newest first."""
        assert self._link.me is not None  # noqa: S101 - a PC of the practice
        return [Sealer(self._link.me.clinic, dek, file) for dek in reversed(self._deks)]

    def _send(self, file: File) -> bool:
        if self._is_full:
            return False
        sealer = self._sealers(file)[0]
        names = sealer.names()
        missing = self._missing(names)
        todo = [part for part, name in enumerate(names) if name in missing]
        content = self._store.read(SYSTEM, content_of, file.sha256).result() if todo else b""
        if content is None or (todo and len(content) != file.size):
            return False
        self._note(file, SENDING, len(names) - len(todo))
        for at in range(0, len(todo), _AT_A_TIME):
            if self._link.clock.uptime() > self._until:
                return False
            some = todo[at : at + _AT_A_TIME]
            try:
                self._ask(brought=[(names[part], sealer.seal(part, content)) for part in some])
            except RefusedError as error:
                self._is_full = True  # what is there already can still be fetched
                if error.refusal.code not in {"quota", "full", "slow-down"}:
                    raise refused(error) from error
                return False
            self._note(file, SENDING, len(names) - len(todo) + at + len(some))
        self._note(file, STORED, len(names))
        return True

    def _missing(self, names: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for at in range(0, len(names), 1000):
            found |= set(self._must_ask(asked=names[at : at + 1000]).missing)
        return found

    def _note(self, file: File, word: str, done: int) -> None:
        if not self._is_beside:
            self._store.write(SYSTEM, _note, file, word, done).result()

    def _fetch(self, file: File) -> bool:
        """Fetch the pieces that are not here; whether the file is whole now."""
        here = self._store.read(SYSTEM, _pieces_here, file.sha256).result()
        lacking = [part for part in range(file.parts) if part not in here]
        if lacking:
            sealer = self._holding(file, lacking[0])
            if sealer is None:
                return False
            names = sealer.names()
            for at in range(0, len(lacking), _AT_A_TIME):
                if self._link.clock.uptime() > self._until:
                    return False
                if not self._take(sealer, names, lacking[at : at + _AT_A_TIME]):
                    return False
        return self._store.write(SYSTEM, assemble, file).result()

    def _holding(self, file: File, part: int) -> Sealer | None:
        """The data key with which somebody brought it."""
        sealers = self._sealers(file)
        missing = set(self._must_ask(asked=[each.name(part) for each in sealers]).missing)
        return next((each for each in sealers if each.name(part) not in missing), None)

    def _take(self, sealer: Sealer, names: Sequence[bytes], parts: Sequence[int]) -> bool:
        wanted = {names[part]: part for part in parts}
        while wanted:
            pieces: list[tuple[int, bytes]] = []
            for name, chunk in self._must_ask(wanted=tuple(wanted)).found:
                part = wanted.pop(name, None)
                if part is not None:
                    with suppress(UnreadableError):
                        pieces.append((part, sealer.open(part, chunk)))
            if not pieces:
                return False  # not all there yet, or nothing that can be read
            self._store.write(SYSTEM, keep_pieces, sealer.file, pieces).result()
        return True

    def _must_ask(self, asked: Sequence[bytes] = (), wanted: Sequence[bytes] = ()) -> ChunksReply:
        try:
            return self._ask(asked, wanted)
        except RefusedError as error:
            raise refused(error) from error

    def _ask(
        self, asked: Sequence[bytes] = (), wanted: Sequence[bytes] = (),
        brought: Sequence[Chunk] = (),
    ) -> ChunksReply:  # fmt: skip
        request = ChunksRequest(1, tuple(asked), tuple(wanted), _ROOM, tuple(brought))
        try:
            return decode(self._link.signed("POST", "/v1/chunks", encode(request)), ChunksReply)
        except MessageError as error:
            raise ServerError(str(error)) from error


# ------------------------------------------------------------------ steps, each a transaction


def _to_send(reads: ReadSession) -> list[File]:
    """Files that are here and, as far as is known, nowhere else; the smallest first."""
    rows = reads.cursor.execute(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a JOIN blob USING (sha256)"
        " LEFT JOIN sync_file f USING (sha256)"
        " WHERE NOT a.is_deleted AND a.size <= ? AND coalesce(f.state, '') <> ? ORDER BY a.size",
        (LARGEST, STORED),
    ).fetchall()
    return [File(*row) for row in rows if is_digest(row[0])]


def _to_ask_again(reads: ReadSession) -> list[File]:
    """Some of the files that the server was given; none where it was asked this day."""
    found, now = state.peer(reads.cursor), to_millis(reads.now)
    if found is None or 0 <= now - found.settings.files_asked < DAY_MS:
        return []
    rows = reads.cursor.execute(
        "SELECT sha256, max(a.size) FROM sync_file f JOIN attachment a USING (sha256)"
        " JOIN blob USING (sha256) WHERE f.state = ? AND a.size <= ?"
        " GROUP BY sha256 ORDER BY random() LIMIT ?",
        (STORED, LARGEST, ASKED_AGAIN),
    ).fetchall()
    return [File(*row) for row in sorted(rows) if is_digest(row[0])]


def _note_asked(uow: UnitOfWork, *, lost: bool) -> None:
    """That it was asked; where it lost one, each file is looked for there anew."""
    state.change_settings(uow.cursor, files_asked=to_millis(uow.now))
    if lost:
        uow.cursor.execute("DELETE FROM sync_file WHERE state = ?", (STORED,))


def to_fetch(reads: ReadSession) -> list[File]:
    """Files of which only the row is here; the smallest first."""
    rows = reads.cursor.execute(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a LEFT JOIN blob b USING (sha256)"
        " WHERE NOT a.is_deleted AND a.size BETWEEN 0 AND ? AND b.sha256 IS NULL ORDER BY a.size",
        (LARGEST,),
    ).fetchall()
    return [File(*row) for row in rows if is_digest(row[0])]


def _left(reads: ReadSession) -> int:
    return len(_to_send(reads)) + len(to_fetch(reads))


def is_digest(text: str) -> bool:
    """Whether it is one as we write it: another PC may have written anything."""
    try:
        return len(bytes.fromhex(text)) == 32 and text == text.lower()
    except ValueError:
        return False


def content_of(reads: ReadSession, sha256: str) -> bytes | None:
    """The bytes of a file; None where they are not here."""
    row = reads.cursor.execute(
        "SELECT encoding, data FROM blob WHERE sha256 = ?", (sha256,)
    ).fetchone()
    if row is None:
        return None
    return zlib.decompress(row[1]) if row[0] == "deflate" else bytes(row[1])


def _note(uow: UnitOfWork, file: File, word: str, done: int) -> None:
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


def _pieces_here(reads: ReadSession, sha256: str) -> set[int]:
    rows = reads.cursor.execute("SELECT part FROM sync_piece WHERE sha256 = ?", (sha256,))
    return {row[0] for row in rows.fetchall()}


def keep_pieces(uow: UnitOfWork, file: File, pieces: Sequence[tuple[int, bytes]]) -> None:
    """Keep pieces until the file is whole."""
    uow.cursor.executemany(
        "INSERT INTO sync_piece (sha256, part, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(file.sha256, part, content) for part, content in pieces],
    )
    done = len(_pieces_here_now(uow.cursor, file.sha256))
    _note(uow, file, COMING, done)


def _pieces_here_now(cursor: Any, sha256: str) -> list[bytes]:
    rows = cursor.execute(
        "SELECT content FROM sync_piece WHERE sha256 = ? ORDER BY part", (sha256,)
    ).fetchall()
    return [bytes(row[0]) for row in rows]


def assemble(uow: UnitOfWork, file: File) -> bool:
    """Put the pieces together; whether they are the file that its row tells of."""
    cursor = uow.cursor
    pieces = _pieces_here_now(cursor, file.sha256)
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
    return is_right
