r"""The bytes of attachments: sealed pieces that go last, each on its own, and resume anywhere.

    parts = the file in pieces of 60 KiB, at least one
    id    = first 16 bytes of D_n(sha256, part (4), parts (4)),   n = subkey(DEK, "chunk name")
    chunk = seal(subkey(DEK, "chunk"), frame(zstd(piece)), [1, clinic, sha256, part, parts])

The row of an attachment tells size and digest, so no list of pieces is needed: whoever has the row
and a data key knows every name. The same file twice in a practice is one; the server cannot tell
whether it holds a file that somebody knows. A file counts once its digest is right.
"""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass
from typing import Final

import msgspec

from clinic_desktop.security.primitives import UnreadableError, keyed_digest, seal, unseal
from clinic_desktop.sync.keys import subkey
from clinic_desktop.sync.segment import padded_length

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE: Final = 60 << 10
_LEVEL: Final = 3


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


def is_digest(text: str) -> bool:
    """Whether it is one as we write it: another PC may have written anything."""
    try:
        return len(bytes.fromhex(text)) == 32 and text == text.lower()
    except ValueError:
        return False
