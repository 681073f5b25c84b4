"""A new PC joins a practice by a stick alone: it asks by a file, and the answer holds everything.

Between the two, days may pass: this PC keeps its keys under the password that was chosen with the
request. The record is made as in ``joining``: beside its name, checked, and only then named; a file
that is torn or not the answer leaves the folder as it was, and the right one can still come.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.bundle_taking import take_bundle
from clinic_desktop.clinic_folder import joining_folder, refuse_occupied, take_folder
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    BadFileError,
    NotFoundError,
    RuleError,
    StorageError,
    WrongPasswordError,
)
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.joining import Signing, begin, refuse_other_login, settle
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.services import practice
from clinic_desktop.sync import bundle, known_pcs
from clinic_desktop.sync.bundle import BundleError
from clinic_desktop.sync.enrolment import (
    MAX_REQUEST_FILE,
    Invitation,
    Request,
    Welcome,
    is_request_file,
)
from clinic_desktop.under_password import Kept, read_kept, sealed_under
from clinic_desktop.whole_record import is_whole, refuse_newer

_MARK: Final = b"clinic-desktop joining 1"


@dataclass(frozen=True)
class Asking:
    """What the person at the new PC says."""

    login: str
    """Of the owner who will let the PC in."""
    password: str
    """The person's password at this PC from now on."""


class _Secrets(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What this PC needs to take the answer."""

    code: bytes
    request: Request
    keys: Annotated[bytes, Meta(min_length=64, max_length=64)]

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "_Secrets(…)"


@dataclass(frozen=True)
class JoinedByStick:
    """What came of it."""

    practice: str
    login: str
    received: int
    """Commits that are in the record now."""


def ask(
    data_dir: DataDir, asking: Asking, path: Path, clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> str:  # fmt: skip
    """Write a request to join to a file; returns the code that an owner types with it.

    A request that was written before is worth nothing from now on.

    Raises:
        SetupError: there is a clinic in the folder.
        ValidationError: the password cannot be taken.
        StorageError: the disk or the stick does not let us.
    """
    check_new(asking.password, (asking.login,), LEAST_ALONE)
    invitation, keys, cost = Invitation.new(), Identity.new(), cost or KdfCost()
    device, public = (clock or SystemClock()).new_id(), keys.public
    name = platform.node()[:200]
    login = asking.login.strip()[:200]
    request = Request(1, device.bytes, public.signing, public.sealing, name, login)
    hidden = msgspec.msgpack.encode(_Secrets(invitation.secret, request, bytes(keys)))
    kept = sealed_under(asking.password, hidden, _MARK, asking.login, cost)
    lock = take_folder(data_dir)
    try:
        refuse_occupied(data_dir)
        with _in_words(path):
            _refuse_other_file(path)
            replace_file(path, invitation.write_request_file(request))
            replace_file(data_dir.joining, kept)
    finally:
        lock.release()
    return invitation.code


def _refuse_other_file(path: Path) -> None:
    if path.exists() and not is_request_file(path.read_bytes()[:MAX_REQUEST_FILE]):
        raise RuleError(
            _("There is another file of this name."),
            kept=_("It was not touched."),
            hint=_("Choose another name."),
            place=str(path),
        )


def asked_by(data_dir: DataDir) -> str:
    """The sign-in name with which a request was written here; empty where there is none."""
    kept = read_kept(data_dir.joining)
    return kept.login if kept is not None else ""


def finish(
    data_dir: DataDir, asking: Asking, path: Path, clock: Clock | None = None
) -> JoinedByStick:
    """Make this folder a PC of the practice from the file that answers its request.

    Raises:
        NotFoundError: no request was written here.
        WrongPasswordError: it was written with another password.
        BadFileError: torn, no answer to this request, or not the whole record.
        StorageError: the stick or the disk fails. In each case the right file can still come.
    """
    kept = read_kept(data_dir.joining)
    if kept is None:
        raise NotFoundError(
            _("No request to join was written at this PC."),
            hint=_("Write one to a stick first, and take it to a PC of the practice."),
        )
    hidden = _opened(kept, asking.password)
    with joining_folder(data_dir):
        return _fill(data_dir, hidden, asking, path, kept.cost, clock or SystemClock())


def _fill(
    data_dir: DataDir, hidden: _Secrets, asking: Asking, path: Path, cost: KdfCost, clock: Clock
) -> JoinedByStick:
    welcome = _welcome(hidden, path)
    refuse_other_login(welcome, asking.login)
    key, request = new_database_key(), hidden.request

    def become(uow: UnitOfWork) -> None:
        known_pcs.be(uow.cursor, request.device, Identity.from_bytes(hidden.keys))
        begin(uow, welcome)

    store = create_store(data_dir.unborn, key, clock, request.name)
    try:
        store.write(SYSTEM, become).result()
        taken = take_bundle(store, path)
        store.read(SYSTEM, refuse_newer).result()
        if not store.read(SYSTEM, is_whole, welcome, taken.left).result():
            raise BadFileError(
                _("The file does not hold the whole record of the practice."),
                kept=_("Nothing was changed."),
                hint=_("Write it again at the other PC."),
                place=f"waiting {taken.open.to_apply}, left {taken.left}",
            )
        language = store.read(SYSTEM, practice.details).result().language
    finally:
        store.close()
    settle(data_dir, key, welcome, Signing(asking.password, cost, clock, language))
    with suppress(OSError):  # it is worth nothing any more
        data_dir.joining.unlink()
    return JoinedByStick(welcome.practice, welcome.login, taken.received)


def _welcome(hidden: _Secrets, path: Path) -> Welcome:
    """What the other PC says, if the file answers this PC's request."""
    try:
        with _in_words(path):
            letter = bundle.open_bundle(path).letter()
        keys = Identity.from_bytes(hidden.keys)
        return Invitation(hidden.code).read_welcome(letter, hidden.request, keys)
    except (BundleError, UnreadableError):
        raise BadFileError(
            _("This file is no answer to the request of this PC."),
            kept=_("Nothing was changed."),
            hint=_("Take the file that was written when the code of this PC was typed. A newer "
                   "request needs a newer answer."),
            place=str(path),
        ) from None  # fmt: skip


def _opened(kept: Kept, password: str) -> _Secrets:
    try:
        return msgspec.msgpack.decode(kept.open(password, _MARK), type=_Secrets)
    except (UnreadableError, msgspec.MsgspecError):
        raise WrongPasswordError(
            _("This is not the password with which the request was written."),
            kept=_("Nothing was changed."),
            hint=_("If nobody knows it any more, write a new request."),
        ) from None


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Say for people what went wrong with a file."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            _("The file cannot be read or written: {reason}").format(
                reason=error.strerror or type(error).__name__
            ),
            kept=_("Nothing was changed."),
            hint=_("Check the stick and try again."),
            place=str(path),
        ) from error
