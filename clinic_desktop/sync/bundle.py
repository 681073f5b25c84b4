r"""Segments in a file, for places that no line joins: a stick goes where a server's answer would.

    file  = "clinic-desktop bundle 1\n" ‖ frame(head) ‖ frame(letter) …
            ‖ frame(statement) … ‖ frame(key) … ‖ frame(wanted) … ‖ frame(segment) …
            ‖ frame(piece) … ‖ frame(end)
    head  = MessagePack [1, clinic, device, signing, made, {device: upto}, keys, segments, letters,
                         statements, wanted, pieces]
    end   = Ed25519(device, "clinic-desktop bundle end 1\n" ‖ BLAKE2b-256(all before))

A frame is a length (4 bytes) and that many bytes. ``device`` wrote the file; the segments are those
of any PC, sealed and signed as ever, those of one PC in their order and without a gap. A letter is
the answer to a PC that joins by this file, a statement an owner's word for a PC. Without the end a
file is torn, and nothing of it is taken.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import Identity, is_signed, sign
from clinic_desktop.sync import segment
from clinic_desktop.sync.segment import MAX_SEGMENT, NewerFormatError, Segment, SegmentError
from clinic_desktop.sync.statements import MAX_DEVICES

SUFFIX: Final = ".clinicbundle"
MAGIC: Final = b"clinic-desktop bundle 1\n"
_END: Final = b"clinic-desktop bundle end 1\n"
_SIGNATURE: Final = 64
_LENGTH: Final = 4
SPARE: Final = 64 << 10
"""Bytes that are enough for what a bundle holds besides its segments, keys apart."""
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Reached = Annotated[dict[Sixteen, Count], Meta(max_length=10 * MAX_DEVICES)]


class BundleError(Exception):
    """Not a bundle, or not a whole one; the reason is English, for the log."""


class TornError(BundleError):
    """It ends too early, or something follows its end."""


class Head(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a bundle says of itself."""

    version: Literal[1]
    clinic: Sixteen
    device: Sixteen
    """Who wrote it."""
    signing: Hash
    made: Annotated[int, Meta(ge=-(2**53), le=2**53)]
    """Milliseconds since 1970 UTC, by that PC's clock; for display."""
    upto: Reached
    """Of each PC, the last segment that the taker has afterwards."""
    keys: Annotated[int, Meta(ge=0, le=10_000)]
    segments: Count
    letters: Annotated[int, Meta(ge=0, le=1)] = 0
    statements: Annotated[int, Meta(ge=0, le=1000)] = 0
    wanted: Annotated[int, Meta(ge=0, le=1)] = 0
    """Whether it says which documents its writer lacks."""
    pieces: Count = 0
    """Of documents, each with its name before it."""


@dataclass(frozen=True)
class Bundle:
    """A bundle on a disk; each method reads it anew, nothing is kept in memory."""

    path: Path
    head: Head

    @property
    def maker(self) -> uuid.UUID:
        """The PC that wrote it, as it says."""
        return uuid.UUID(bytes=self.head.device)

    def letter(self) -> bytes:
        """The answer to a PC that joins; empty where it holds none."""
        with self._parts() as (_digest, parts):
            return _next(parts) if self.head.letters else b""

    def statements(self) -> tuple[bytes, ...]:
        """What owners said of PCs that the taker may not know."""
        with self._parts() as (_digest, parts):
            _skip(parts, self.head.letters)
            return tuple(_next(parts) for _ in range(self.head.statements))

    def keys(self) -> tuple[bytes, ...]:
        """The sealed data keys in it."""
        with self._parts() as (_digest, parts):
            _skip(parts, self.head.letters + self.head.statements)
            return tuple(_next(parts) for _ in range(self.head.keys))

    def wanted(self) -> bytes:
        """The names of documents that its writer lacks, one after the other."""
        head = self.head
        with self._parts() as (_digest, parts):
            _skip(parts, head.letters + head.statements + head.keys)
            return _next(parts) if head.wanted else b""

    def pieces(self) -> Iterator[bytes]:
        """The pieces of documents in it."""
        head = self.head
        with self._parts() as (_digest, parts):
            _skip(parts, head.letters + head.statements + head.keys + head.wanted + head.segments)
            for _ in range(head.pieces):
                yield _next(parts)

    def segments(self, look: Callable[[], object] = lambda: None) -> Iterator[Segment]:
        """Its segments in their order.

        ``look`` is called between two parts, also of what stands behind them and may be large;
        whatever it raises ends the reading.

        Raises:
            BundleError: one cannot be read, is of another practice or follows no other; or the
                file is not whole, which shows at the end only.
        """
        with self._parts() as (digest, parts):
            head = self.head
            _skip(parts, head.letters + head.statements + head.keys + head.wanted)
            last: dict[bytes, Segment] = {}
            for _ in range(self.head.segments):
                look()
                one = _segment(_next(parts))
                self._must_follow(one, last.get(one.header.device))
                last[one.header.device] = one
                yield one
            _skip(parts, head.pieces, look)
            end, signed = _next(parts), _END + digest.digest()
            if len(end) != _SIGNATURE or next(parts, None) is not None:
                raise TornError("no end")
            if not is_signed(self.head.signing, signed, end):
                raise BundleError("a false signature at the end")

    def _must_follow(self, one: Segment, before: Segment | None) -> None:
        header = one.header
        if header.clinic != self.head.clinic:
            raise BundleError("a segment of another practice")
        follows = before is None or (
            header.seg_no == before.header.seg_no + 1 and header.prev == before.hash
        )
        if not follows or header.seg_no > self.head.upto.get(header.device, 0):
            raise BundleError("segments that do not follow each other")

    @contextmanager
    def _parts(self) -> Iterator[tuple[hashlib.blake2b, Iterator[bytes]]]:
        """The parts after the head, and the digest of all bytes before the last part read."""
        with self.path.open("rb") as file:
            digest = hashlib.blake2b(digest_size=32)
            parts = _frames(file, digest)
            if _next(parts) != msgspec.msgpack.encode(self.head):
                raise BundleError("another file than a moment ago")
            yield digest, parts


def is_one(path: Path) -> bool:
    """Whether a file begins as a bundle does.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_bundle(path: Path) -> Bundle:
    """A bundle, of which only the head was looked at.

    Raises:
        BundleError: it is none.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        raw = _next(_frames(file, hashlib.blake2b()))
    try:
        head = msgspec.msgpack.decode(raw, type=Head)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BundleError("another head") from error
    if msgspec.msgpack.encode(head) != raw:
        raise BundleError("a head that is not written the one way")
    return Bundle(path, head)


def write(file: BinaryIO, head: Head, parts: Iterable[bytes], maker: Identity) -> None:
    """Write a bundle: the head, the parts it counts as they come, and the end.

    Raises:
        OSError: the place does not take it.
    """
    digest = hashlib.blake2b(digest_size=32)

    def put(raw: bytes) -> None:
        digest.update(raw)
        file.write(raw)

    put(MAGIC)
    for each in chain([msgspec.msgpack.encode(head)], parts):
        put(_framed(each))
    file.write(_framed(sign(maker, _END + digest.digest())))


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(_LENGTH, "big") + part


def _frames(file: BinaryIO, digest: hashlib.blake2b) -> Iterator[bytes]:
    """All parts. Before one is handed out, ``digest`` covers what stands before it."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BundleError("not a bundle")
    pending = MAGIC
    while True:
        digest.update(pending)
        size = file.read(_LENGTH)
        if not size:
            return
        length = int.from_bytes(size, "big")
        if len(size) != _LENGTH or length > MAX_SEGMENT:
            raise TornError("half a length") if len(size) != _LENGTH else BundleError("too long")
        part = file.read(length)
        if len(part) != length:
            raise TornError("half a part")
        pending = size + part
        yield part


def _next(parts: Iterator[bytes]) -> bytes:
    found = next(parts, None)
    if found is None:
        raise TornError("it ends too early")
    return found


def _skip(parts: Iterator[bytes], count: int, look: Callable[[], object] = lambda: None) -> None:
    for _ in range(count):
        look()
        _next(parts)


def _segment(raw: bytes) -> Segment:
    try:
        return segment.read(raw)
    except NewerFormatError:
        raise
    except SegmentError as error:
        raise BundleError(str(error)) from error
