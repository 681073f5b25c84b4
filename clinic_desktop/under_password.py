"""A small file that only a password opens: what a PC needs while it does not belong yet."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import KdfCost, seal, stretch, unseal

_SALT: Final = 16


class Kept(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Such a file."""

    version: Literal[1]
    login: str
    cost: KdfCost
    salt: Annotated[bytes, Meta(min_length=_SALT, max_length=_SALT)]
    sealed: bytes
    about: str = ""
    """What it belongs to; no secret."""

    def open(self, password: str, mark: bytes) -> bytes:
        """What was sealed.

        Raises:
            UnreadableError: another password, or changed.
        """
        return unseal(stretch(password, self.salt, self.cost), self.sealed, mark)


def sealed_under(
    password: str, hidden: bytes, mark: bytes, login: str, cost: KdfCost, about: str = ""
) -> bytes:
    """The content of such a file."""
    salt = secrets.token_bytes(_SALT)
    sealed = seal(stretch(password, salt, cost), hidden, mark)
    return msgspec.msgpack.encode(Kept(1, login.strip(), cost, salt, sealed, about))


def read_kept(path: Path) -> Kept | None:
    """The file, if there is one that can be read."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None
