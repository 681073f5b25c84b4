"""What client and server say to each other: MessagePack lists, read strictly, never too large."""

from __future__ import annotations

import hashlib
import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import Identity, is_signed, sign
from clinic_desktop.sync.keys import MAX_SEALED
from clinic_desktop.sync.segment import MAX_SEGMENT
from clinic_desktop.sync.snapshot import MAX_MANIFEST
from clinic_desktop.sync.statements import MAX_DEVICES, MAX_STATEMENT
from clinic_desktop.sync.vouching import MAX_VOUCH

T = TypeVar("T")
MAX_REQUEST: Final = 1 << 20
"""Of a body, both ways."""
MAX_MAIL: Final = 64 << 10
MAX_COUNTER: Final = 2**53
REQUEST_HEADER: Final = "Clinic-Request"
MEDIA: Final = "application/msgpack"
_MARK: Final = b"clinic-desktop request 1\n"
_HEADER = re.compile(r"([0-9a-f]{32}) ([0-9a-f]{32}) ([0-9]{1,16}) ([\w-]{86}==)\Z", re.ASCII)
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
RawSegment = Annotated[bytes, Meta(max_length=MAX_SEGMENT)]
MAX_CHUNK: Final = 64 << 10
MOST_CHUNKS: Final = 1024
Chunk = tuple[Sixteen, Annotated[bytes, Meta(min_length=1, max_length=MAX_CHUNK)]]
"""The name of a piece of a file, and the piece, sealed."""
MOST_VOUCHES: Final = 1500
"""Those of 300 PCs about all snapshots that a server keeps; the newest ones."""
MAX_PIECE: Final = 160 << 10
MOST_PIECES: Final = 1024
Piece = tuple[Hash, Annotated[bytes, Meta(min_length=1, max_length=MAX_PIECE)]]
"""The name of a piece of a snapshot's page, and the piece, sealed."""
RawStatement = Annotated[bytes, Meta(max_length=MAX_STATEMENT)]


class MessageError(Exception):
    """Not the message that belongs there; the reason is English, for the log."""


class SyncRequest(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One round trip: what I hold of each PC, and what I bring."""

    version: Literal[1]
    have: Annotated[dict[Sixteen, Count], Meta(max_length=10 * MAX_DEVICES)]
    max_bytes: Count
    """Of segments in the answer; one is sent in any case."""
    segments: Annotated[tuple[RawSegment, ...], Meta(max_length=4096)] = ()
    carried: Annotated[tuple[RawSegment, ...], Meta(max_length=4096)] = ()
    """Segments of other PCs of the practice, which the server lacked when it last answered."""


class SyncReply(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What came of it."""

    version: Literal[1]
    time: Annotated[int, Meta(ge=0, le=2**53)]
    """Milliseconds since 1970 UTC, as the server has it; for display."""
    tip: Count
    """My last segment that the server holds, on its disk."""
    tip_hash: Hash
    segments: Annotated[tuple[RawSegment, ...], Meta(max_length=4096)]
    more: bool
    behind: Annotated[dict[Sixteen, Count], Meta(max_length=10 * MAX_DEVICES)] = {}
    """Of other PCs of which I hold more than the server: the last segment that it holds."""


class ChunksRequest(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Pieces of files: which I ask after, which I want, and which I bring."""

    version: Literal[1]
    asked: Annotated[tuple[Sixteen, ...], Meta(max_length=MOST_CHUNKS)]
    wanted: Annotated[tuple[Sixteen, ...], Meta(max_length=MOST_CHUNKS)]
    max_bytes: Count
    """Of pieces in the answer; one is sent in any case."""
    brought: Annotated[tuple[Chunk, ...], Meta(max_length=MOST_CHUNKS)] = ()


class ChunksReply(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What came of it."""

    version: Literal[1]
    missing: Annotated[tuple[Sixteen, ...], Meta(max_length=MOST_CHUNKS)]
    """Of those asked after, which the server does not hold."""
    found: Annotated[tuple[Chunk, ...], Meta(max_length=MOST_CHUNKS)] = ()


class PagesRequest(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Pieces of snapshots: which I ask after, which I want, and which I bring."""

    version: Literal[1]
    asked: Annotated[tuple[Hash, ...], Meta(max_length=MOST_PIECES)]
    wanted: Annotated[tuple[Hash, ...], Meta(max_length=MOST_PIECES)]
    max_bytes: Count
    """Of pieces in the answer; one is sent in any case."""
    brought: Annotated[tuple[Piece, ...], Meta(max_length=MOST_PIECES)] = ()


class PagesReply(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What came of it."""

    version: Literal[1]
    missing: Annotated[tuple[Hash, ...], Meta(max_length=MOST_PIECES)]
    """Of those asked after, which the server does not hold."""
    found: Annotated[tuple[Piece, ...], Meta(max_length=MOST_PIECES)] = ()


class Snapshots(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The manifests of a practice's snapshots, the oldest first."""

    version: Literal[1]
    manifests: Annotated[
        tuple[Annotated[bytes, Meta(max_length=MAX_MANIFEST)], ...], Meta(max_length=8)
    ]


class Vouches(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What PCs say of the snapshots that are here."""

    version: Literal[1]
    keep: Count
    """Milliseconds after which a server drops segments that snapshots cover; 0 if it never does."""
    vouches: Annotated[tuple[Annotated[bytes, Meta(max_length=MAX_VOUCH)], ...],
                       Meta(max_length=MOST_VOUCHES)]  # fmt: skip


class Keybox(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The data keys that wait for a PC."""

    version: Literal[1]
    keys: Annotated[
        tuple[Annotated[bytes, Meta(max_length=MAX_SEALED)], ...], Meta(max_length=1000)
    ]


class Statements(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The chain of statements after a number."""

    version: Literal[1]
    statements: Annotated[tuple[RawStatement, ...], Meta(max_length=1000)]


class Refusal(Struct, frozen=True):
    """What a server says no with; JSON, so that a person can read it."""

    code: Annotated[str, Meta(max_length=40)]
    seg_no: Count = 0
    """With ``tip``: my last segment that the server holds."""
    hash: Annotated[str, Meta(max_length=64)] = ""
    counter: Count = 0
    """With ``counter``: the last one that the server saw."""


class Caller(Struct, frozen=True):
    """Who asks, as the header says it."""

    clinic: uuid.UUID
    device: uuid.UUID
    counter: int
    signature: bytes

    def is_signed_by(self, public: bytes, method: str, path: str, body: bytes) -> bool:
        """Whether this PC's key signed exactly this request."""
        signed = _signed(self.clinic, self.device, self.counter, (method, path, body))
        return is_signed(public, signed, self.signature)


def sign_request(
    clinic: uuid.UUID, device: uuid.UUID, keys: Identity, counter: int,
    request: tuple[str, str, bytes],
) -> str:  # fmt: skip
    """The header of a request: method, path and body under this PC's signature."""
    signature = sign(keys, _signed(clinic, device, counter, request))
    return f"{clinic.hex} {device.hex} {counter} {urlsafe_b64encode(signature).decode()}"


def read_caller(header: str) -> Caller:
    """Who asks.

    Raises:
        MessageError: the header is missing or says nothing.
    """
    found = _HEADER.match(header)
    if found is None or int(found[3]) > MAX_COUNTER:
        raise MessageError("no caller")
    clinic, device = uuid.UUID(hex=found[1]), uuid.UUID(hex=found[2])
    return Caller(clinic, device, int(found[3]), urlsafe_b64decode(found[4]))


def _signed(
    clinic: uuid.UUID, device: uuid.UUID, counter: int, request: tuple[str, str, bytes]
) -> bytes:
    method, path, body = request
    place = f"{method} {path}\n".encode()
    sent = hashlib.blake2b(body, digest_size=32).digest()
    return b"".join((_MARK, place, clinic.bytes, device.bytes, counter.to_bytes(8, "big"), sent))


def decode(raw: bytes, kind: type[T]) -> T:
    """A message of this kind.

    Raises:
        MessageError: it is something else.
    """
    try:
        if len(raw) > MAX_REQUEST:
            raise MessageError("too long")
        return msgspec.msgpack.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageError(f"not a {kind.__name__}") from error


def encode(message: Struct) -> bytes:
    """As it is sent."""
    return msgspec.msgpack.encode(message)
