"""The keys that segments are sealed with, and how a PC hands them to another.

A practice has a data key (DEK) for each *epoch*; another epoch begins when a PC is revoked, with an
owner's entry in the chain of members that tells it from any other key. Keys for one purpose are
made of it. A DEK goes to another PC sealed to that PC's box key and signed by
the PC that sends it: a server that knows the box key could otherwise put a key of its own there.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.membership_entries import EPOCH_BITS
from clinic_desktop.security.primitives import (
    KEY_BYTES,
    Identity,
    UnreadableError,
    is_signed,
    keyed_digest,
    seal_to,
    sign,
    unseal_mine,
)

_MARK: Final = b"clinic-desktop data key 1\n"
_PURPOSE: Final = b"clinic-desktop sync 1"
MAX_SEALED = 1024


def new_dek() -> bytes:
    """A random data key."""
    return secrets.token_bytes(KEY_BYTES)


def next_epoch(last: int) -> int:
    """A number for the data key after the one whose number without chance is ``last``."""
    return (last + 1 << EPOCH_BITS) + secrets.randbits(EPOCH_BITS)


def check_of(dek: bytes) -> bytes:
    """What the chain of members says of a data key: whoever is handed it knows it by this."""
    return subkey(dek, b"check")


def subkey(dek: bytes, purpose: bytes) -> bytes:
    """The key for one purpose."""
    return keyed_digest(dek, _PURPOSE, purpose)


class SealedKey(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A data key for one PC, as it lies in the server's keybox."""

    version: Literal[1]
    epoch: Annotated[int, Meta(ge=1, le=2**31)]
    device: Annotated[bytes, Meta(min_length=16, max_length=16)]
    """Whom it is for."""
    author: Annotated[bytes, Meta(min_length=16, max_length=16)]
    """The PC that sends it."""
    sealed: Annotated[bytes, Meta(max_length=256)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)] = bytes(64)

    def statement(self, clinic: uuid.UUID) -> bytes:
        """What is signed."""
        blank = msgspec.structs.replace(self, signature=bytes(64))
        return _MARK + clinic.bytes + msgspec.msgpack.encode(blank)


@dataclass(frozen=True)
class Courier:
    """The PC that hands keys on."""

    clinic: uuid.UUID
    device: uuid.UUID
    keys: Identity


def seal_dek(sender: Courier, epoch: int, dek: bytes, device: uuid.UUID, box: bytes) -> bytes:
    """A data key for the PC with this box key."""
    header = _header(sender.clinic, device, epoch)
    blank = SealedKey(1, epoch, device.bytes, sender.device.bytes, seal_to(box, dek, header))
    signature = sign(sender.keys, blank.statement(sender.clinic))
    return msgspec.msgpack.encode(msgspec.structs.replace(blank, signature=signature))


def read_sealed(raw: bytes) -> SealedKey:
    """What a keybox holds, taken apart; nothing is opened yet.

    Raises:
        UnreadableError: it is no sealed key.
    """
    try:
        if len(raw) > MAX_SEALED:
            raise UnreadableError
        return msgspec.msgpack.decode(raw, type=SealedKey)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise UnreadableError from None


def open_dek(found: SealedKey, me: Courier, author_key: bytes) -> bytes:
    """The data key, once the sender's signature holds.

    Raises:
        UnreadableError: not for this PC, not from that sender, or changed.
    """
    if found.device != me.device.bytes:
        raise UnreadableError
    if not is_signed(author_key, found.statement(me.clinic), found.signature):
        raise UnreadableError
    dek = unseal_mine(me.keys, found.sealed, _header(me.clinic, me.device, found.epoch))
    if len(dek) != KEY_BYTES:
        raise UnreadableError
    return dek


def _header(clinic: uuid.UUID, device: uuid.UUID, epoch: int) -> bytes:
    return b"".join((_PURPOSE, clinic.bytes, device.bytes, epoch.to_bytes(8, "big")))
