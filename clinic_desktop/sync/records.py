"""A commit as PCs exchange it."""

from __future__ import annotations

from msgspec import Struct


class CommitRecord(Struct, frozen=True):
    """One commit of one PC."""

    dseq: int
    hlc: int
    wall: int
    user: bytes | None
    reason: str
    schema: int
    deps: bytes
    body: bytes
    """Unpacked MessagePack from schema 11 on, the zlib stream before."""
    chain: bytes
    original: bytes = b""
    """Where an erasure took words out of the body since: the digest that the chain covers."""


class CheckpointRecord(Struct, frozen=True):
    """One signed statement of how far a PC's log had come."""

    number: int
    dseq: int
    hlc: int
    wall: int
    chain: bytes
    signature: bytes
