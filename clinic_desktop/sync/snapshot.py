r"""Sealed snapshots: pages of a record, and their manifest.

    page     = MessagePack, see ``db.snapshot_pages``     mark = D_k("page", page)
    piece    = zstd(page), cut at 120 KiB                 name = D_n(piece)
    sealed   = seal(subkey(DEK, "snapshot"), frame(piece), name)
    inside   = seal(subkey(DEK, "snapshot"), MessagePack [head, [[mark, counts], …]], clinic)
    manifest = [1, clinic, device, made, epoch, {device: seg_no}, [[part, [name, …]], …], inside,
                signature]
    digest   = D_k("digest", head, mark, …) over the pages that count

with ``k = subkey(DEK, "snapshot mark")`` and ``n = subkey(DEK, "snapshot name")``. The server sees
how many pieces there are, in which parts, and which segments the snapshot covers. Two PCs that have
come equally far come to the same digest under the same data key, whatever their zstd makes of it.
"""

from __future__ import annotations

import hashlib
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.db.snapshot_pages import LARGEST, Head, Page, SnapshotError, read, write
from clinic_desktop.security.primitives import (
    UnreadableError,
    is_signed,
    keyed_digest,
    seal,
    sign,
    unseal,
)
from clinic_desktop.sync.keys import Courier, subkey
from clinic_desktop.sync.segment import padded_length

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE: Final = 120 << 10
MAX_MANIFEST: Final = 384 << 10
_LEVEL: Final = 9
_MADE: Final = b"clinic-desktop snapshot 1\n"
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Name = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Names = tuple[Name, ...]


class _Inside(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    head: Head
    marks: tuple[tuple[Name, bool], ...]


class Manifest(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a server knows of a snapshot."""

    version: Literal[1]
    clinic: Sixteen
    device: Sixteen
    """Who made it."""
    made: Count
    """Milliseconds since 1970 UTC, as that PC has it; for display."""
    epoch: Annotated[int, Meta(ge=1, le=2**31)]
    upto: Annotated[dict[Sixteen, Count], Meta(max_length=1000)]
    """By PC the last segment that is not needed beside it."""
    pages: Annotated[tuple[tuple[Annotated[int, Meta(ge=1, le=4)], Names], ...], Meta(min_length=1)]
    """By part; the pieces of each."""
    inside: Annotated[bytes, Meta(max_length=MAX_MANIFEST)]
    signature: Signature = bytes(64)

    @property
    def raw(self) -> bytes:
        """As it is sent and kept."""
        return msgspec.msgpack.encode(self)

    @property
    def id(self) -> bytes:
        """What it is called."""
        return hashlib.blake2b(self.raw, digest_size=32).digest()

    @property
    def clinic_id(self) -> uuid.UUID:
        """Of which practice."""
        return uuid.UUID(bytes=self.clinic)

    @property
    def names(self) -> list[bytes]:
        """All pieces, each once."""
        return list(dict.fromkeys(name for _part, pieces in self.pages for name in pieces))

    def is_signed_by(self, public: bytes) -> bool:
        """Whether the holder of this Ed25519 key made exactly this."""
        return is_signed(public, _statement(self), self.signature)


def _statement(said: Manifest) -> bytes:
    blank = msgspec.structs.replace(said, signature=bytes(64))
    return _MADE + hashlib.blake2b(blank.raw, digest_size=32).digest()


@dataclass(frozen=True)
class Sealer:
    """One data key's way with snapshots."""

    clinic: uuid.UUID
    epoch: int
    dek: bytes

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Sealer(…)"

    def mark(self, plain: bytes) -> bytes:
        """What a page is called by those who can read it."""
        return keyed_digest(subkey(self.dek, b"snapshot mark"), b"page", plain)

    def digest(self, head: Head, marks: Iterable[bytes]) -> bytes:
        """What all pages that count come to."""
        key = subkey(self.dek, b"snapshot mark")
        return keyed_digest(key, b"digest", msgspec.msgpack.encode(head), *marks)

    def seal(self, page: Page) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """A page's mark, and its pieces with their names."""
        plain = write(page)
        packed = zstd.compress(plain, _LEVEL)
        pieces = [packed[at : at + PIECE] for at in range(0, len(packed), PIECE)]
        return self.mark(plain), [(self._name(each), self._seal(each)) for each in pieces]

    def _name(self, piece: bytes) -> bytes:
        return keyed_digest(subkey(self.dek, b"snapshot name"), piece)

    def _seal(self, piece: bytes) -> bytes:
        framed = len(piece).to_bytes(4, "big") + piece
        padded = framed.ljust(padded_length(len(framed)), b"\0")
        return seal(subkey(self.dek, b"snapshot"), padded, self._name(piece))

    def open_piece(self, name: bytes, sealed: bytes) -> bytes:
        """A piece as it was.

        Raises:
            SnapshotError: another one, or changed.
        """
        try:
            framed = unseal(subkey(self.dek, b"snapshot"), sealed, name)
        except UnreadableError:
            raise SnapshotError("a piece that cannot be opened") from None
        piece = framed[4 : 4 + int.from_bytes(framed[:4], "big")]
        if self._name(piece) != name:
            raise SnapshotError("another piece")
        return piece

    def open_page(self, mark: bytes, pieces: Iterable[tuple[bytes, bytes]]) -> Page:
        """A page of its pieces, by name and sealed.

        Raises:
            SnapshotError: it is not the page of this mark.
        """
        unpacker = zstd.ZstdDecompressor()
        try:
            packed = b"".join(self.open_piece(*each) for each in pieces)
            plain = unpacker.decompress(packed, LARGEST)
        except (zstd.ZstdError, EOFError, ValueError) as error:
            raise SnapshotError("cannot be unpacked") from error
        if not unpacker.eof or self.mark(plain) != mark:
            raise SnapshotError("another page")
        return read(plain)

    def manifest(self, me: Courier, made: int, head: Head, pages: list[SealedPage]) -> Manifest:
        """Signed by its maker; the pages by their parts.

        Raises:
            SnapshotError: there are so many that nobody takes it.
        """
        inside = _Inside(head, tuple((each.mark, each.counts) for each in pages))
        sealed = seal(subkey(self.dek, b"snapshot"), msgspec.msgpack.encode(inside),
                      self.clinic.bytes)  # fmt: skip
        blank = Manifest(
            1, self.clinic.bytes, me.device.bytes, made, self.epoch,
            {each.device: each.seg_no for each in head.devices},
            tuple((each.part, each.names) for each in pages), sealed,
        )  # fmt: skip
        if len(blank.raw) > MAX_MANIFEST:
            raise SnapshotError("too long")
        return msgspec.structs.replace(blank, signature=sign(me.keys, _statement(blank)))

    def look_into(self, manifest: Manifest) -> Contents:
        """Head and marks.

        Raises:
            SnapshotError: of another key, or not what its clear part says.
        """
        try:
            plain = unseal(subkey(self.dek, b"snapshot"), manifest.inside, manifest.clinic)
            inside = msgspec.msgpack.decode(plain, type=_Inside)
        except (UnreadableError, msgspec.MsgspecError, ValueError) as error:
            raise SnapshotError("a manifest that cannot be opened") from error
        if {each.device: each.seg_no for each in inside.head.devices} != manifest.upto:
            raise SnapshotError("other segments than it says")
        if len(inside.marks) != len(manifest.pages):
            raise SnapshotError("other pages than it says")
        pages = [
            SealedPage(part, mark, names, counts)
            for (part, names), (mark, counts) in zip(manifest.pages, inside.marks, strict=True)
        ]
        if [each.part for each in pages] != sorted(each.part for each in pages):
            raise SnapshotError("parts out of order")
        counted = [each.mark for each in pages if each.counts]
        return Contents(inside.head, pages, self.digest(inside.head, counted))


@dataclass(frozen=True)
class SealedPage:
    """One page of a snapshot."""

    part: int
    mark: bytes
    names: Names
    """Of its pieces."""
    counts: bool
    """Whether it is part of the digest."""


@dataclass(frozen=True)
class Contents:
    """What a manifest holds for those with the key."""

    head: Head
    pages: list[SealedPage]
    digest: bytes

    @property
    def commits(self) -> int:
        """How many it covers."""
        return sum(each.dseq for each in self.head.devices)


def read_manifest(raw: bytes) -> Manifest:
    """A manifest; by whom it is was not looked at yet.

    Raises:
        SnapshotError: it is none.
    """
    try:
        if len(raw) > MAX_MANIFEST:
            raise SnapshotError("too long")
        found = msgspec.msgpack.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SnapshotError("not a manifest") from error
    if found.raw != raw:
        raise SnapshotError("not written the one way")
    return found
