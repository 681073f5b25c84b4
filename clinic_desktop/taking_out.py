"""A PC is taken out: what is written from then on is sealed with a data key that it does not get.

It is out once an owner said so here. The rest is done over the line with this or a later pass, each
step on its own: another data key is planned and handed to the others, then sealing with it begins,
and the server is told.
"""

from __future__ import annotations

import uuid

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.membership_entries import BeginEpoch
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import devices
from clinic_desktop.sync import epochs, handing, state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.keys import check_of, new_dek, next_epoch
from clinic_desktop.telling_server import decides, tell_changes


def finish(opened: Clinic, link: Link) -> None:
    """Take the steps that are left of taking a PC out; each may be broken off and repeated.

    A new recovery sheet is told to the server in the same way. The others have the new data
    key before anything is sealed with it. That needs no owner; telling the server does, and
    beginning another key after two owners took PCs out apart.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    store, owner = opened.store, opened.keys.identity
    members = store.read(SYSTEM, chain.current).result()
    if members is not None and decides(opened, members):
        is_lost = store.read(SYSTEM, epochs.is_lost).result()
        if is_lost:
            Exchange(store, link).fetch_keys()  # one last look
        if is_lost or store.read(SYSTEM, epochs.needs_another).result():
            store.write(opened.actor, _plan_epoch, owner).result()
    planned = store.read(SYSTEM, _planned_epoch).result()
    if planned:
        handing.hand_keys(store, link)
        store.write(SYSTEM, _begin_epoch, planned).result()
    if members is not None:
        tell_changes(opened, link, members)


def take_out(uow: UnitOfWork, device: uuid.UUID, owner: Identity) -> None:
    """A PC ends and another data key begins, or neither."""
    devices.revoke(uow, device, owner)
    _plan_epoch(uow, owner)


def _plan_epoch(uow: UnitOfWork, owner: Identity) -> None:
    """Another data key, if a PC was taken out since or the newest is lost with the PC it lay on.

    All are handed to the others once more.

    One that was planned before may be with that PC, and others may have sealed with it.
    """
    cursor, found, members = uow.cursor, state.peer(uow.cursor), chain.current(uow)
    if found is None or members is None:
        return
    if not epochs.needs_another(uow) and not epochs.is_lost(uow):
        return
    if found.settings.next_epoch:
        _begin_epoch(uow, found.settings.next_epoch)
    epoch = next_epoch(members.epoch.turn if members.epoch is not None else 0)
    dek = new_dek()
    devices.begin_epoch(uow, BeginEpoch(epoch, check_of(dek), members.ended), owner)
    state.change_settings(cursor, next_epoch=epoch, next_dek=dek, is_untold=True, handed=())


def begin_planned_epoch(uow: UnitOfWork) -> None:
    """Where no line goes, each file and each hub hands the keys out with what is sealed by them."""
    found = state.peer(uow.cursor)
    if found is not None and found.settings.next_epoch:
        _begin_epoch(uow, found.settings.next_epoch)
        state.change_settings(uow.cursor, is_untold=False)


def _begin_epoch(uow: UnitOfWork, epoch: int) -> None:
    """Seal with the planned key from now on."""
    found = state.peer(uow.cursor)
    if found is not None and found.settings.next_epoch == epoch:
        state.keep_key(uow.cursor, epoch, found.settings.next_dek, to_millis(uow.now))
        state.change_settings(uow.cursor, next_epoch=0, next_dek=b"")


def _planned_epoch(reads: ReadSession) -> int:
    """The data key that is planned; 0 where none is."""
    found = state.peer(reads.cursor)
    return found.settings.next_epoch if found is not None else 0
