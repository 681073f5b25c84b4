r"""What PCs say of a snapshot, signed: that they hold what it covers, or found it right or wrong.

    vouch     = [1, clinic, snapshot, device, said, digest, signature]
    signature = sign(device, "clinic-desktop vouch 1\n" ‖ vouch with 64 zeros as signature)

``digest`` is that of the snapshot's pages (see ``snapshot``), keyed with the practice's data key:
the server cannot make one up, nor tell by it what is in them. It is empty where the PC doubts them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import is_signed, sign
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.snapshot import Manifest

MAX_VOUCH: Final = 512
_SAID: Final = b"clinic-desktop vouch 1\n"
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Digest = Annotated[bytes, Meta(max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class Said(IntEnum):
    """What a PC says of a snapshot; a higher one takes the place of a lower one."""

    HAS = 1
    """The PC's own record has come at least as far, on the same chains."""
    CHECKED = 2
    """Besides, it fetched all pages anew, and they come to this digest."""
    DOUBTED = 3
    """They do not, or the chains are others than here."""


class Vouch(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One PC's word about one snapshot."""

    version: Literal[1]
    clinic: Sixteen
    snapshot: Hash
    device: Sixteen
    said: Said
    digest: Digest
    signature: Signature = bytes(64)

    @property
    def raw(self) -> bytes:
        """As it is sent and kept."""
        return msgspec.msgpack.encode(self)

    def is_signed_by(self, public: bytes) -> bool:
        """Whether the holder of this Ed25519 key said exactly this."""
        return is_signed(public, _statement(self), self.signature)


class VouchError(Exception):
    """Not a vouch; the reason is English, for the log."""


def _statement(said: Vouch) -> bytes:
    return _SAID + msgspec.structs.replace(said, signature=bytes(64)).raw


def vouch(me: Courier, manifest: Manifest, said: Said, digest: bytes = b"") -> Vouch:
    """This PC's word about a snapshot."""
    blank = Vouch(1, me.clinic.bytes, manifest.id, me.device.bytes, said, digest)
    return msgspec.structs.replace(blank, signature=sign(me.keys, _statement(blank)))


def read_vouch(raw: bytes) -> Vouch:
    """A vouch; by whom it is was not looked at yet.

    Raises:
        VouchError: it is none.
    """
    try:
        found = msgspec.msgpack.decode(raw, type=Vouch)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise VouchError("not a vouch") from error
    if found.raw != raw or bool(found.digest) == (found.said is Said.DOUBTED):
        raise VouchError("not written the one way")
    return found
