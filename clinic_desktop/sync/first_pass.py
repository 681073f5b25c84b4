"""The first pass of a PC whose record is still empty: by a snapshot, else by segments alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing

from clinic_desktop.db import arriving
from clinic_desktop.db.arriving import Arriving
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.snapshot_beginning import BeginAnewError, Beginning
from clinic_desktop.sync.snapshot_line import forget_snapshot


def first_pass(
    fresh: Callable[[], Store], makers: Mapping[bytes, bytes], tell: Tell,
    at_hand: Store | None = None, *,
    linked: Callable[[Store], AbstractContextManager[Link]] = lambda each: closing(link_of(each)),
) -> tuple[Store, Passed]:  # fmt: skip
    """A record with all that the server hands out, open, and what came over the line.

    ``fresh`` gives an empty record that knows its server; ``at_hand`` is one that was begun before.
    A snapshot that the PCs it speaks of did not sign, or that the server cannot show them to have
    signed, is left out: the next one, and at last the segments, fill a record that is begun anew.
    Whoever finds the record good says so with ``end_arriving``.

    Raises:
        ServerError: the line failed, or the server says what cannot be.
        StorageError: the disk does not let us.
    """
    store = at_hand or fresh()
    left_out: tuple[bytes, ...] = ()
    while True:
        try:
            with store.filling(), linked(store) as link:
                if left_out:
                    store.write(SYSTEM, leave_out, left_out).result()
                Beginning(store, link, tell).first(makers)
                return store, complete(store, link, tell)
        except BeginAnewError as error:
            known = store.read(SYSTEM, _left_out).result()
            left_out = (*known, error.snapshot)
            store.close()
            store = fresh()
        except BaseException:
            store.close()
            raise


def complete(
    store: Store, link: Link, tell: Tell, far: Callable[[int], object] = lambda _percent: None
) -> Passed:
    """What is left of the snapshot that was begun with, and what was written since.

    Raises:
        BeginAnewError: the snapshot is wrong.
        ServerError, StorageError: it is tried again, and goes on where it was.
    """
    beginning = Beginning(store, link, tell, far)
    beginning.rest()
    passed = Exchange(store, link, tell).run()
    beginning.refuse_doubted()
    return passed


def leave_out(uow: UnitOfWork, snapshots: tuple[bytes, ...]) -> None:
    """Begin with none of these."""
    arriving.change(uow.cursor, left_out=snapshots)


def _left_out(reads: ReadSession) -> tuple[bytes, ...]:
    return (arriving.arriving(reads.cursor) or Arriving()).left_out


def end_arriving(uow: UnitOfWork) -> None:
    """The record is whole, and counts."""
    forget_snapshot(uow)
    arriving.end(uow.cursor)
