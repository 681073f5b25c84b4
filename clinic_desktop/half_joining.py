"""A PC that was let in, and has not got the whole record yet: what it needs to go on.

Its keys lie beside the half record, under the password that the person chose for this PC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Struct

from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import storage_error
from clinic_desktop.errors import WrongPasswordError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import KdfCost, UnreadableError
from clinic_desktop.sync.enrolment import Invitation, Welcome
from clinic_desktop.under_password import read_kept, sealed_under

_MARK: Final = b"clinic-desktop half joined 1"


class Half(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the PC was given, and where it is to ask."""

    key: bytes
    """Of the record."""
    welcome: Welcome
    url: str
    authority: str

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Half(…)"


@dataclass(frozen=True)
class Under:
    """With what it is kept."""

    login: str
    password: str = field(repr=False)
    cost: KdfCost


def half_joined(data_dir: DataDir) -> str:
    """The sign-in name with which joining was begun here and broken off; empty if it was not."""
    kept = read_kept(data_dir.half_joined)
    return kept.login if kept is not None and data_dir.unborn.exists() else ""


def keep_half(data_dir: DataDir, half: Half, invitation: Invitation, under: Under) -> None:
    """From now on joining can be gone on with.

    Raises:
        StorageError: the disk does not let us.
    """
    hidden, about = msgspec.msgpack.encode(half), invitation.box(b"begun")
    kept = sealed_under(under.password, hidden, _MARK, under.login, under.cost, about)
    try:
        replace_file(data_dir.half_joined, kept)
    except OSError as error:
        raise storage_error(error, data_dir.root) from error


def take_up(data_dir: DataDir, code: str, password: str) -> Half | None:
    """What came before, if this code, or none, asks to go on with it.

    Raises:
        ValidationError: the code is none.
        WrongPasswordError: it is under another password.
    """
    kept = read_kept(data_dir.half_joined) if half_joined(data_dir) else None
    if code or kept is None:
        about = Invitation.read(code).box(b"begun")
        if kept is None or kept.about != about:
            return None
    try:
        return msgspec.msgpack.decode(kept.open(password, _MARK), type=Half)
    except (UnreadableError, msgspec.MsgspecError):
        raise WrongPasswordError(
            _("This is not the password with which joining was begun."),
            kept=_("What has come of the record is still here."),
            hint=_("If nobody knows it any more, join with a new invitation."),
        ) from None
