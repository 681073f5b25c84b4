"""What an owner's PC gives to one that joins: the letter by which it begins, by line or stick.

By a stick the new PC speaks first: it shows a code, and its request lies on the stick, sealed with
that code. Who types the code at a PC of the practice has seen the new PC; nobody who only held the
stick can put another PC in its place, or another practice in the place of this one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from clinic_desktop.bundle_writing import Exported, export_whole, refuse_part
from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.ids import free_prefix
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import StorageError, ValidationError
from clinic_desktop.hub import for_others
from clinic_desktop.i18n import _
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Device
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.services import devices
from clinic_desktop.services.access import require
from clinic_desktop.sync import state, taking
from clinic_desktop.sync.connecting import has_no_line
from clinic_desktop.sync.enrolment import MAX_REQUEST_FILE, Invitation, KnownPc, Request, Welcome
from clinic_desktop.sync.keys import new_dek
from clinic_desktop.sync.state import NO_LINE, Settings


@dataclass(frozen=True)
class LetIn:
    """What came of it."""

    device: Device
    """The new PC."""
    written: Exported


def let_in_by_stick(opened: Clinic, asked: Path, code: str, answer: Path) -> LetIn:
    """Let the PC in whose request lies on a stick, and write everything it needs to a file.

    Done again with the same request, it writes the file anew. Other PCs are told by whatever way
    this one exchanges.

    Raises:
        ValidationError: the code, no request that was written with it, or somebody else's.
        PasswordAgainError, RuleError: nobody was let in.
        StorageError: no room for the whole record; the PC is let in, and the file can be written
            again to another stick.
    """
    require(opened.actor, "device.approve")
    invitation = Invitation.read(code)
    request = _request(asked, invitation)
    refuse_other_person(request, opened.actor.login)
    store, owner = opened.store, opened.keys.identity
    store.read(SYSTEM, taking.refuse_copy).result()
    refuse_part(store)
    device = Device(uuid.UUID(bytes=request.device), request.name, request.signing, request.sealing)
    # The practice's first other PC: both keys of this one stand in the chain before.
    store.write(opened.actor, devices.introduce_this, owner).result()
    after = store.write(opened.actor, devices.admit, device, owner).result()
    store.write(SYSTEM, _begin_by_stick, opened.keys.vault.clinic).result()

    def letter(uow: UnitOfWork) -> bytes:
        return invitation.write_welcome(welcome(uow, opened, after, device), request)

    made = store.write(SYSTEM, letter).result()
    return LetIn(device, export_whole(opened, answer, made))


def refuse_other_person(request: Request, login: str) -> None:
    """Say so before a PC is let in where somebody else is to sign in than who lets it in.

    It gets the keys of whoever lets it in, and nobody could begin there.

    Raises:
        ValidationError: the other name was typed at the new PC.
    """
    wanted = request.login.strip()
    if wanted and wanted.casefold() != login.casefold():
        raise ValidationError(
            "user",
            _("At the new PC somebody typed the sign-in name “{wanted}”. Who lets it in signs in"
              " there first: {login}.").format(wanted=wanted, login=login),
            kept=_("No PC was let in."),
            hint=_("Begin anew there with the name {login}, or let {wanted} let it in."
                   " Others are let in there afterwards.").format(wanted=wanted, login=login),
        )  # fmt: skip


def _request(asked: Path, invitation: Invitation) -> Request:
    try:
        with asked.open("rb") as file:
            return invitation.read_request_file(file.read(MAX_REQUEST_FILE))
    except OSError as error:
        raise StorageError(
            _("The file cannot be read or written: {reason}").format(
                reason=error.strerror or type(error).__name__
            ),
            kept=_("No PC was let in."),
            hint=_("Check the stick and try again."),
            place=str(asked),
        ) from error
    except UnreadableError:
        raise ValidationError(
            "code",
            _("This file was not written by the PC that shows this code."),
            kept=_("No PC was let in."),
            hint=_("Look at the new PC again. If the code is the same, write the request there "
                   "once more: somebody may have changed the file."),
        ) from None  # fmt: skip


def welcome(uow: UnitOfWork, opened: Clinic, after: Membership, device: Device) -> Welcome:
    """What the new PC needs; its prefix is one that no PC has that is known here."""
    cursor, keys = uow.cursor, opened.keys
    rows = cursor.execute(
        "SELECT device_id, sign_pk, prefix, status = 'revoked' FROM sync_device"
    ).fetchall()
    known = [
        KnownPc(bytes(one), bytes(key), given, bool(has_ended))
        for one, key, given, has_ended in rows
        if key
    ]
    given = {each.device: each.prefix for each in known}
    prefix = given.get(device.id.bytes) or free_prefix(frozenset(given.values()))
    cursor.execute(
        "UPDATE sync_device SET prefix = ? WHERE device_id = ?", (prefix, device.id.bytes)
    )
    actor = opened.actor
    assert actor.user_id is not None  # noqa: S101 - an owner is signed in
    return Welcome(
        1, after.clinic.bytes, keys.vault.name, prefix, chain.entries(uow)[0].digest,
        after.root.sealing, tuple(each for each in known if each.device != device.id.bytes),
        actor.user_id.bytes, actor.login, actor.name, bytes(keys.identity), *_ways(uow),
    )  # fmt: skip


def _ways(reads: ReadSession | UnitOfWork) -> tuple[str, str, tuple[str, ...]]:
    """Through what this PC exchanges, as another PC reaches it: server, its authority, hubs."""
    found = state.peer(reads.cursor)
    if found is None:
        return "", "", ()
    hubs = tuple(for_others(each) for each in found.settings.hubs)
    server = "" if found.url == NO_LINE else for_others(found.url)
    return server, found.settings.authority, hubs


def _begin_by_stick(uow: UnitOfWork, clinic: uuid.UUID) -> None:
    """The first data key; a server that there is has to hear of the new PC with the next pass."""
    cursor = uow.cursor
    if not state.keys(cursor):
        state.keep_key(cursor, 1, new_dek(), to_millis(uow.now))
    if state.peer(cursor) is None:
        state.use_peer(cursor, NO_LINE, Settings(clinic))
    elif not has_no_line(uow):
        state.change_settings(cursor, is_untold=True)
