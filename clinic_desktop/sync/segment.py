r"""Sealed segments: what leaves a PC, and all that a server ever holds of a practice.

    header    = MessagePack [version, clinic, device, seg_no, from, to, part, parts, epoch, prev]
    payload   = zstd(MessagePack [[commit, …], [checkpoint, …]]), cut in parts of at most 60 KiB
    sealed    = nonce ‖ XChaCha20-Poly1305(subkey(DEK, "segment"), frame(part), header)
    signature = Ed25519(device, "clinic-desktop segment 1\n" ‖ BLAKE2b-256(header ‖ sealed))
    segment   = MessagePack [header, sealed, signature]

A frame is the part's length (4 bytes), the part, and zeros up to a PADME length: what is in it
tells by its size no more than one of few classes. Numbers run 1, 2, 3 … for each PC, and each
segment names the digest of the one before, so nobody can leave one out or change their order.
Everything read here came from outside: sizes are checked before anything is unpacked.

A chain value is 32 bytes that nothing packs. Version 2 leaves those out that follow from the commit
before, but for the first and the last of a run; where none can be left out it is version 1. In
version 3 a commit says which commits it builds on, not by their numbers alone (``db.causes``).
"""

from __future__ import annotations

import hashlib
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.db import causes
from clinic_desktop.db.commits import CheckpointRecord, CommitRecord
from clinic_desktop.security.primitives import (
    Identity,
    UnreadableError,
    is_signed,
    seal,
    sign,
    unseal,
)
from clinic_desktop.sync.keys import subkey

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

T = TypeVar("T")
BEGINNING: Final = bytes(32)
"""What the first segment of a PC names as the one before."""
MAX_SEGMENT: Final = 64 << 10
MAX_UNPACKED: Final = 16 << 20
MOST_PARTS: Final = 512
PART_BYTES: Final = (60 << 10) - 4
RUN_BYTES: Final = 512 << 10
"""Where a run of commits is ended, so that a PC applies it in a moment."""
LEVEL: Final = 9
NEWEST: Final = 3
"""The newest version that this program reads."""
_CHAIN_BYTES: Final = 32
_MARK: Final = b"clinic-desktop segment 1\n"
_MOST_WINDOW_LOG: Final = 24
_WINDOW = {int(zstd.DecompressionParameter.window_log_max): _MOST_WINDOW_LOG}
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Count = Annotated[int, Meta(ge=1, le=2**53)]
Count0 = Annotated[int, Meta(ge=0, le=2**53)]
Version = Literal[1, 2, 3]
Clock = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class SegmentError(Exception):
    """Not a segment, or not one of this key and place; the reason is for the log, in English."""


class NewerFormatError(SegmentError):
    """A segment of a version that this program does not know."""

    def __init__(self, newer: Newer) -> None:
        super().__init__(f"version {newer.header.version}")
        self.newer = newer


class Header(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the server sees of a segment, authenticated with it."""

    version: Version
    clinic: Sixteen
    device: Sixteen
    seg_no: Count
    from_dseq: Count
    to_dseq: Count0
    """``from_dseq - 1`` where there are checkpoints only."""
    part: Count
    parts: Annotated[int, Meta(ge=1, le=MOST_PARTS)]
    epoch: Count
    prev: Hash


class Beginning(Struct, frozen=True, array_like=True):
    """With what a header begins in every version to come; nothing else of it is read."""

    version: Annotated[int, Meta(gt=NEWEST, le=2**31)]
    clinic: Sixteen
    device: Sixteen
    seg_no: Count


class _Envelope(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    header: Annotated[bytes, Meta(max_length=256)]
    sealed: Annotated[bytes, Meta(max_length=MAX_SEGMENT)]
    signature: Signature


class _Commit(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    dseq: Count
    hlc: Clock
    wall: Clock
    user: Sixteen | None
    reason: Annotated[str, Meta(max_length=1000)]
    schema: Annotated[int, Meta(ge=1, le=2**31)]
    deps: Annotated[bytes, Meta(max_length=64 << 10)]
    body: bytes
    chain: Annotated[bytes, Meta(max_length=32)]
    """Empty where it follows from the commit before."""
    original: Annotated[bytes, Meta(max_length=32)] = b""


class _Checkpoint(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    number: Count
    dseq: Count
    hlc: Clock
    wall: Clock
    chain: Hash
    signature: Signature


class _Payload(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    commits: tuple[_Commit, ...]
    checkpoints: tuple[_Checkpoint, ...]


@dataclass(frozen=True)
class Payload:
    """What a run of segments carries."""

    commits: tuple[CommitRecord, ...]
    checkpoints: tuple[CheckpointRecord, ...]


@dataclass(frozen=True)
class Segment:
    """One segment as it was made or came, taken apart."""

    header: Header
    sealed: bytes
    signature: bytes
    raw: bytes

    @property
    def hash(self) -> bytes:
        """What the next segment names."""
        return hashlib.blake2b(self.raw, digest_size=32).digest()

    @property
    def device(self) -> uuid.UUID:
        """Who made it, as it says itself."""
        return uuid.UUID(bytes=self.header.device)

    def is_signed_by(self, public: bytes) -> bool:
        """Whether the holder of this Ed25519 key made exactly this."""
        packed = msgspec.msgpack.encode(self.header)
        return is_signed(public, _statement(packed, self.sealed), self.signature)


@dataclass(frozen=True)
class Origin:
    """Who makes segments, and after which one."""

    clinic: uuid.UUID
    device: uuid.UUID
    keys: Identity
    """This PC's."""
    epoch: int
    dek: bytes
    seg_no: int = 0
    """Of the segment before."""
    prev: bytes = BEGINNING

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Origin(…)"


@dataclass(frozen=True)
class Newer:
    """A segment that a newer program made: whose and which it is, and no more."""

    header: Beginning
    packed: bytes
    """The header as it came."""
    sealed: bytes
    signature: bytes

    def is_signed_by(self, public: bytes) -> bool:
        """Whether the holder of this Ed25519 key made exactly this."""
        return is_signed(public, _statement(self.packed, self.sealed), self.signature)


def padded_length(length: int) -> int:
    """The PADME length: at most 12 % more, and few lengths to tell apart."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    spare = exponent - exponent.bit_length()
    mask = (1 << spare) - 1
    return (length + mask) & ~mask


def make(
    origin: Origin, commits: Sequence[CommitRecord], checkpoints: Sequence[CheckpointRecord]
) -> list[Segment]:
    """Seal commits that follow each other; the checkpoints go with the last of them.

    Raises:
        SegmentError: nothing to seal, a gap, or a commit too large to be sent.
    """
    runs = list(_runs(commits)) or [()]
    made: list[Segment] = []
    for run in runs:
        marks = checkpoints if run is runs[-1] else ()
        if not run and not marks:
            raise SegmentError("nothing to seal")
        made += _seal_run(origin, made[-1] if made else None, run, marks)
    return made


def _runs(commits: Sequence[CommitRecord]) -> Iterator[tuple[CommitRecord, ...]]:
    run: list[CommitRecord] = []
    size = 0
    for commit in commits:
        if run and commit.dseq != run[-1].dseq + 1:
            raise SegmentError(f"a gap before commit {commit.dseq}")
        if run and size + len(commit.body) > RUN_BYTES:
            yield tuple(run)
            run, size = [], 0
        run.append(commit)
        size += len(commit.body)
    if run:
        yield tuple(run)


def _seal_run(
    origin: Origin, before: Segment | None, commits: Sequence[CommitRecord],
    checkpoints: Sequence[CheckpointRecord],
) -> Iterator[Segment]:  # fmt: skip
    packed_commits = _without_chains(commits)
    version = _version(packed_commits)
    payload = _Payload(
        packed_commits,
        tuple(_Checkpoint(*msgspec.structs.astuple(each)) for each in checkpoints),
    )
    plain = msgspec.msgpack.encode(payload)
    if len(plain) > MAX_UNPACKED:
        raise SegmentError("a commit too large to be sent")
    packed = zstd.compress(plain, LEVEL)
    first = commits[0].dseq if commits else checkpoints[-1].dseq + 1
    last = commits[-1].dseq if commits else checkpoints[-1].dseq
    parts = -(-len(packed) // PART_BYTES)
    key = subkey(origin.dek, b"segment")
    seg_no, prev = (before.header.seg_no, before.hash) if before else (origin.seg_no, origin.prev)
    for part in range(1, parts + 1):
        seg_no += 1
        header = Header(
            version, origin.clinic.bytes, origin.device.bytes, seg_no, first, last, part, parts,
            origin.epoch, prev,
        )  # fmt: skip
        made = _seal_part(header, packed[(part - 1) * PART_BYTES : part * PART_BYTES], key, origin)
        prev = made.hash
        yield made


def _version(commits: Sequence[_Commit]) -> Version:
    """The oldest whose readers understand it."""
    if any(causes.says_which(each.deps) for each in commits):
        return 3
    return 1 if all(each.chain for each in commits) else 2


def _without_chains(commits: Sequence[CommitRecord]) -> tuple[_Commit, ...]:
    """As they are sent: what a reader makes of the commit before is left out."""
    found: list[_Commit] = []
    for at, each in enumerate(commits):
        is_inside = 0 < at < len(commits) - 1
        is_known = is_inside and each.follows(commits[at - 1].chain) == each.chain
        packed = _Commit(*msgspec.structs.astuple(each))
        found.append(msgspec.structs.replace(packed, chain=b"") if is_known else packed)
    return tuple(found)


def _with_chains(commits: Sequence[_Commit], version: int) -> Iterator[CommitRecord]:
    """The commits whole again."""
    before = b""
    for at, each in enumerate(commits):
        found = CommitRecord(*msgspec.structs.astuple(each))
        if not found.chain and version > 1 and 0 < at < len(commits) - 1:
            found = msgspec.structs.replace(found, chain=found.follows(before))
        if len(found.chain) != _CHAIN_BYTES:
            raise SegmentError("a commit without its chain value")
        before = found.chain
        yield found


def _seal_part(header: Header, part: bytes, key: bytes, origin: Origin) -> Segment:
    framed = len(part).to_bytes(4, "big") + part
    packed = msgspec.msgpack.encode(header)
    sealed = seal(key, framed.ljust(padded_length(len(framed)), b"\0"), packed)
    signature = sign(origin.keys, _statement(packed, sealed))
    raw = msgspec.msgpack.encode(_Envelope(packed, sealed, signature))
    return Segment(header, sealed, signature, raw)


def _statement(header: bytes, sealed: bytes) -> bytes:
    return _MARK + hashlib.blake2b(header + sealed, digest_size=32).digest()


def read(raw: bytes) -> Segment:
    """Take a segment apart; whose it is and what it holds is not looked at yet.

    Raises:
        NewerFormatError: a newer program made it.
        SegmentError: it is not one.
    """
    if len(raw) > MAX_SEGMENT:
        raise SegmentError("too long")
    envelope = _decode(raw, _Envelope)
    newer = _newer(envelope)
    if newer is not None:
        raise NewerFormatError(newer)
    header = _decode(envelope.header, Header)
    if header.part > header.parts or header.to_dseq < header.from_dseq - 1:
        raise SegmentError("numbers that do not fit")
    return Segment(header, envelope.sealed, envelope.signature, raw)


def _newer(envelope: _Envelope) -> Newer | None:
    try:
        found = msgspec.msgpack.decode(envelope.header, type=Beginning)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return Newer(found, envelope.header, envelope.sealed, envelope.signature)


def open_run(segments: Sequence[Segment], dek: bytes) -> Payload:
    """What all parts of one run carry.

    Raises:
        SegmentError: another key, changed bytes, a part missing or in another place, or a payload
            that is not what its header says.
    """
    header = segments[0].header
    for place, each in enumerate(segments):
        expected = msgspec.structs.replace(
            header, part=place + 1, seg_no=header.seg_no + place,
            prev=segments[place - 1].hash if place else header.prev,
        )  # fmt: skip
        if each.header != expected:
            raise SegmentError("parts that do not follow each other")
    if len(segments) != header.parts:
        raise SegmentError("parts are missing")
    key = subkey(dek, b"segment")
    return _payload(b"".join(_open_part(each, key) for each in segments), header)


def _open_part(segment: Segment, key: bytes) -> bytes:
    try:
        framed = unseal(key, segment.sealed, msgspec.msgpack.encode(segment.header))
    except UnreadableError:
        raise SegmentError("another key, or changed") from None
    length = int.from_bytes(framed[:4], "big")
    part, padding = framed[4 : 4 + length], framed[4 + length :]
    if len(part) != length or padding.strip(b"\0") or len(framed) != padded_length(4 + length):
        raise SegmentError("a wrong frame")
    return part


def _payload(packed: bytes, header: Header) -> Payload:
    found = _decode(_unpack(packed), _Payload)
    numbers = tuple(each.dseq for each in found.commits)
    if numbers != tuple(range(header.from_dseq, header.to_dseq + 1)):
        raise SegmentError("commits other than the header says")
    if any(each.dseq > header.to_dseq for each in found.checkpoints):
        raise SegmentError("a checkpoint of what is not there yet")
    return Payload(
        tuple(_with_chains(found.commits, header.version)),
        tuple(CheckpointRecord(*msgspec.structs.astuple(each)) for each in found.checkpoints),
    )


def _unpack(packed: bytes) -> bytes:
    """Unpacked, never into more than ``MAX_UNPACKED`` bytes."""
    unpacker = zstd.ZstdDecompressor(options=_WINDOW)
    try:
        plain = unpacker.decompress(packed, MAX_UNPACKED + 1)
    except (zstd.ZstdError, EOFError, ValueError) as error:
        raise SegmentError("cannot be unpacked") from error
    if len(plain) > MAX_UNPACKED:
        raise SegmentError("too long unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise SegmentError("not one whole frame")
    return plain


def _decode(raw: bytes, kind: type[T]) -> T:
    try:
        found = msgspec.msgpack.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SegmentError(f"not a {kind.__name__.strip('_').lower()}") from error
    if msgspec.msgpack.encode(found) != raw:
        raise SegmentError("not written the one way")
    return found
