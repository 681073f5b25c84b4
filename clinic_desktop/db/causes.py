"""What a commit builds on, as it says itself: of each PC up to which commit, and which one that is.

Of a PC that was copied, or brought back without its knowing, two commits bear one number until both
are brought together. A number alone would let what was built on one be taken for built on the
other, so the first bytes of that commit's chain value stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

_CHECK_BYTES: Final = 4
"""Two commits of one number are told apart by these; nobody could choose them to be the same
without the keys of a PC of the practice."""
_Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
_Number = Annotated[int, Meta(ge=1, le=2**53)]
_Check = Annotated[bytes, Meta(min_length=_CHECK_BYTES, max_length=_CHECK_BYTES)]
_encode = msgspec.msgpack.Encoder().encode


class Cause(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Of one PC."""

    upto: _Number
    check: _Check
    """Empty in commits that say the number only, as older programs wrote them."""

    def is_that(self, chain: bytes | None) -> bool:
        """Whether it is the commit with this chain value."""
        return not self.check or (chain is not None and chain[:_CHECK_BYTES] == self.check)


# Not a plain tuple beside a number: msgspec mistakes the one for the other, and reads past its end.
_decode = msgspec.msgpack.Decoder(dict[_Id, _Number | Cause]).decode


def encode(told: Mapping[bytes, tuple[int, bytes | None]]) -> bytes:
    """By id of a PC the number of its commit, and its chain value if that is known."""
    return _encode({
        device: [upto, chain[:_CHECK_BYTES]] if chain else upto
        for device, (upto, chain) in told.items()
    })  # fmt: skip


def decode(raw: bytes) -> dict[bytes, Cause]:
    """By id of a PC.

    Raises:
        msgspec.MsgspecError, ValueError: it is something else.
    """
    return {
        device: Cause(said, b"") if isinstance(said, int) else said
        for device, said in _decode(raw).items()
    }


def says_which(raw: bytes) -> bool:
    """Whether it tells more than numbers, so that only a program that knows of it reads it."""
    try:
        return any(each.check for each in decode(raw).values())
    except (msgspec.MsgspecError, ValueError):
        return False


def chain_of(cursor: Any, dev: int | None, dseq: int) -> bytes | None:
    """The chain value of a PC's commit; ``None`` if it is not here."""
    row = cursor.execute(
        "SELECT chain FROM sync_commit WHERE dev = ? AND dseq = ?", (dev, dseq)
    ).fetchone()
    return bytes(row[0]) if row else None
