"""Bringing a PC into the practice: two sealed letters through boxes that a server keeps an hour.

The invitation is a code of 130 random bits. Boxes and keys of the letters are made of it, so the
server reads neither. The new PC writes its public keys; six digits made of that letter are shown
there and typed at the inviting PC, so nobody else's letter is approved. The answer is sealed to the
new PC's key besides: who got hold of the code alone reads nothing of it.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import (
    Identity,
    UnreadableError,
    keyed_digest,
    seal,
    seal_to,
    unseal,
    unseal_mine,
)

REQUEST_SUFFIX: Final = ".clinicjoin"
_FILE: Final = b"clinic-desktop join 1\n"
MAX_REQUEST_FILE: Final = 4096
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_GROUPS, _GROUP = 6, 5
_SECRET_LETTERS: Final = 26
_MARK: Final = b"clinic-desktop enrolment 1"
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Text = Annotated[str, Meta(max_length=200)]


class Request(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The first letter: who the new PC is."""

    version: Literal[1]
    device: Sixteen
    signing: Key
    sealing: Key
    name: Text
    login: Text = ""
    """Who will sign in there first, as typed; empty in letters of older programs."""

    @property
    def raw(self) -> bytes:
        """As it is sealed; without a login as older programs write it."""
        whole = msgspec.structs.astuple(self)
        return msgspec.msgpack.encode(whole if self.login else whole[:-1])


class KnownPc(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A PC that was there before."""

    device: Sixteen
    signing: Key
    prefix: Annotated[str, Meta(max_length=8)]
    has_ended: bool
    """Whether the practice took it out: what it made counts, data keys from it do not."""


class Welcome(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The second letter: what the new PC needs to begin, and the person's own keys."""

    version: Literal[1]
    clinic: Sixteen
    practice: Text
    prefix: Annotated[str, Meta(min_length=1, max_length=8)]
    """Begins the numbers that the new PC gives."""
    genesis: Key
    """Digest of the first entry of the membership chain."""
    root: Annotated[bytes, Meta(max_length=32)]
    """The X25519 key of the recovery sheet."""
    devices: Annotated[tuple[KnownPc, ...], Meta(min_length=1, max_length=1000)]
    user: Sixteen
    login: Text
    user_name: Text
    identity: Annotated[bytes, Meta(min_length=64, max_length=64)]
    server: Annotated[str, Meta(max_length=500)] = ""
    """Where the inviting PC exchanges; empty where no line goes anywhere."""
    authority: Annotated[str, Meta(max_length=16_384)] = ""
    """PEM that vouches for the server; empty: those of the system."""
    hubs: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=16)] = ()
    """Hubs in the house that it uses, or is, beside the server."""

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Welcome(…)"


def is_request_file(content: bytes) -> bool:
    """Whether a file begins as a request to join does."""
    return content.startswith(_FILE)


class Invitation:
    """The secret that both PCs hold, one because a person typed it."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    @classmethod
    def new(cls) -> Invitation:
        """A random one."""
        return cls(secrets.randbits(_SECRET_LETTERS * 5).to_bytes(17, "big"))

    @property
    def code(self) -> str:
        """Six groups of five letters: 26 of the secret, and four to find slips of the hand."""
        number = int.from_bytes(self.secret, "big")
        letters = "".join(LETTERS[number >> 5 * at & 31] for at in range(_SECRET_LETTERS))
        whole = letters + self._check()
        return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))

    def _check(self) -> str:
        found = keyed_digest(self._key(b"check"), b"code")
        return "".join(LETTERS[each & 31] for each in found[: _GROUPS * _GROUP - _SECRET_LETTERS])

    @classmethod
    def read(cls, typed: str) -> Invitation:
        """The invitation of a code as a person types it.

        Raises:
            ValidationError: it is not whole.
        """
        letters = [each for each in typed.upper().translate(_LOOKALIKES) if each in LETTERS]
        number = sum(
            LETTERS.index(each) << 5 * at for at, each in enumerate(letters[:_SECRET_LETTERS])
        )
        found = cls(number.to_bytes(17, "big"))
        if len(letters) != _GROUPS * _GROUP or found.code.replace("-", "") != "".join(letters):
            raise ValidationError(
                "code",
                _("This is not the code of an invitation."),
                hint=_("It has six groups of five letters, as the other PC shows them."),
            )
        return found

    def box(self, letter: bytes) -> str:
        """The name of a letter's box on the server."""
        return keyed_digest(self._key(b"box"), letter)[:16].hex()

    def write_request(self, request: Request) -> bytes:
        """Seal the first letter."""
        return seal(self._key(b"request"), request.raw, _MARK)

    def read_request(self, letter: bytes) -> Request:
        """Open the first letter.

        Raises:
            UnreadableError: it is none of this invitation.
        """
        plain = unseal(self._key(b"request"), letter, _MARK)
        try:
            return msgspec.msgpack.decode(plain, type=Request)
        except (msgspec.MsgspecError, ValueError) as error:
            raise UnreadableError from error

    def write_request_file(self, request: Request) -> bytes:
        """The first letter as a file on a stick, where no line goes."""
        return _FILE + self.write_request(request)

    def read_request_file(self, content: bytes) -> Request:
        """The first letter out of such a file.

        Raises:
            UnreadableError: it is none, or none of this code.
        """
        if not is_request_file(content):
            raise UnreadableError
        return self.read_request(content.removeprefix(_FILE))

    def digits(self, letter: bytes) -> str:
        """Six digits that stand for the first letter, for two people to compare."""
        found = int.from_bytes(keyed_digest(self._key(b"digits"), letter)[:8], "big")
        return f"{found % 1_000_000:06}"

    def write_welcome(self, welcome: Welcome, request: Request) -> bytes:
        """Seal the second letter, to the new PC and nobody else."""
        plain = seal_to(request.sealing, msgspec.msgpack.encode(welcome), self._header(request))
        return seal(self._key(b"welcome"), plain, _MARK)

    def read_welcome(self, letter: bytes, request: Request, mine: Identity) -> Welcome:
        """Open the second letter.

        Raises:
            UnreadableError: it is none of this invitation, or not for this PC.
        """
        sealed = unseal(self._key(b"welcome"), letter, _MARK)
        plain = unseal_mine(mine, sealed, self._header(request))
        try:
            return msgspec.msgpack.decode(plain, type=Welcome)
        except (msgspec.MsgspecError, ValueError) as error:
            raise UnreadableError from error

    def _header(self, request: Request) -> bytes:
        return _MARK + request.raw

    def _key(self, purpose: bytes) -> bytes:
        return keyed_digest(self.secret, _MARK, purpose)
