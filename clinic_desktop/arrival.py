"""The rest of a record that people look at already: it comes, is compared, and then counts.

A PC that joined is open as soon as the near charts are here (``joining``). What is left goes on
from where it was at each pass, and after a kill at any moment. If what came first turns out wrong,
the whole record is made anew beside it from another source, and takes its place.
"""

from __future__ import annotations

import platform
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from clinic_desktop.clinic import Clinic
from clinic_desktop.clinic_folder import refuse_unwritten, remove_record
from clinic_desktop.db import arriving
from clinic_desktop.db.arriving import Arriving, why_only_to_look
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.rekeying import put_in_place
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.joining import become, makers_of, own_keys
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.connecting import link_of, server_in_use
from clinic_desktop.sync.enrolment import Welcome
from clinic_desktop.sync.first_pass import complete, end_arriving, first_pass, leave_out
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.snapshot_beginning import BeginAnewError
from clinic_desktop.whole_record import check

_STEP = 5
"""Percent after which it is said anew how much is here."""
Watched = Callable[[Link], AbstractContextManager[Link]]


def arrive(opened: Clinic, watched: Watched, tell: Tell) -> Passed:
    """Bring the rest, and let everything be written once it counts.

    ``watched`` lets somebody hang up; whatever ``tell`` raises stops it.

    Raises:
        ServerError: the line failed, or the server does not hand out the whole record.
        NewerProgramError, RevokedError: as ``Exchange.run``.
        StorageError: the disk does not let us. In each case it goes on at the next pass.
    """
    store = opened.store
    state = store.read(SYSTEM, _state).result()
    welcome = msgspec.msgpack.decode(state.welcome, type=Welcome)
    try:
        with store.filling(), watched(link_of(store)) as link:
            passed = complete(store, link, tell, _Far(store, state))
            _settle(store, welcome, passed)
    except BeginAnewError as error:
        passed = _begin_anew(opened, welcome, error.snapshot, (watched, tell))
    store.gate.release()
    return passed


class _Far:
    """Says above every screen how much is here."""

    def __init__(self, store: Store, state: Arriving) -> None:
        self._store, self._state, self._said = store, state, -_STEP

    def __call__(self, percent: int) -> None:
        if percent - self._said >= _STEP:
            self._said = percent
            self._store.gate.hold(why_only_to_look(self._state, percent))


def _settle(store: Store, welcome: Welcome, passed: Passed) -> None:
    """Let the record count.

    Raises:
        ServerError: it is not whole.
    """
    store.read(SYSTEM, check, welcome, passed.unknown).result()
    with store.filling():
        store.write(SYSTEM, end_arriving).result()


def _begin_anew(
    opened: Clinic, welcome: Welcome, snapshot: bytes, line: tuple[Watched, Tell]
) -> Passed:
    """From another snapshot, or from the segments: the record comes whole, and takes the place.

    Nobody has written anything here, so nothing is lost with what is left.
    """
    store, data_dir, (watched, tell) = opened.store, opened.data_dir, line
    with store.filling():
        store.write(SYSTEM, _note_wrong, snapshot).result()
    state = store.read(SYSTEM, _state).result()
    store.gate.hold(why_only_to_look(state))
    me = store.read(SYSTEM, own_keys, uuid.UUID(bytes=welcome.clinic)).result()
    peer = store.read(SYSTEM, server_in_use).result()
    address = Address(peer.url, peer.settings.authority)

    def fresh() -> Store:
        remove_record(data_dir)
        made = create_store(data_dir.unborn, opened.keys.key, store.clock, platform.node())
        made.write(SYSTEM, become, me, welcome, address).result()
        return made

    first = fresh()
    first.write(SYSTEM, leave_out, state.left_out).result()
    made, passed = first_pass(
        fresh, makers_of(welcome), tell, first, linked=lambda each: watched(link_of(each))
    )
    try:
        _settle(made, welcome, passed)
    finally:
        made.close()
    refuse_unwritten(data_dir)
    put_in_place(store, opened.keys.key, data_dir.unborn)
    return passed


def _state(reads: ReadSession) -> Arriving:
    return arriving.arriving(reads.cursor) or Arriving()


def _note_wrong(uow: UnitOfWork, snapshot: bytes) -> None:
    found = arriving.arriving(uow.cursor) or Arriving()
    left_out = dict.fromkeys((*found.left_out, snapshot))
    arriving.change(uow.cursor, left_out=tuple(left_out), is_wrong=True)
