"""What the signed-in owner tells the server of the practice: its PCs, its owners, its sheet."""

from __future__ import annotations

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.security.membership import OWNER, Membership
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import server_if_any
from clinic_desktop.sync.registering import register


def decides(opened: Clinic, members: Membership) -> bool:
    """Whether an owner is signed in, with keys that sign: others leave it to another PC."""
    person = members.signer(opened.keys.identity.public.signing)
    is_owner = person is not None and OWNER in person.roles
    return is_owner and allowed(opened.actor, "device.approve")


def tell_practice(opened: Clinic, link: Link, members: Membership) -> None:
    """Let the server know who belongs to it.

    The owner's keys may be new by the word of the recovery sheet.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    store, owner = opened.store, opened.keys.identity
    found = store.read(SYSTEM, server_if_any).result()
    key, proof = found.settings.vouched if found is not None else (b"", b"")
    is_mine = key == owner.public.signing
    register(link, members, owner, proof if is_mine else b"")
    if is_mine:
        store.write(SYSTEM, _forget_vouched).result()


def tell_changes(opened: Clinic, link: Link, members: Membership) -> None:
    """Let the server know what the chain says since it was last told, if an owner is signed in.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    found = opened.store.read(SYSTEM, server_if_any).result()
    if found is None or not decides(opened, members):
        return
    told = (found.settings.told_root, found.settings.told_ended)
    is_told = told == (members.root.signing, members.ended)
    if found.settings.is_untold or found.settings.vouched[0] or not is_told:
        tell_practice(opened, link, members)
        opened.store.write(SYSTEM, _keep_told, members).result()


def _keep_told(uow: UnitOfWork, members: Membership) -> None:
    state.change_settings(
        uow.cursor, is_untold=False, told_root=members.root.signing, told_ended=members.ended
    )


def _forget_vouched(uow: UnitOfWork) -> None:
    state.change_settings(uow.cursor, vouched=(b"", b""))
