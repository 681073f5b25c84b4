"""The first pass of a PC whose record is still empty: by a snapshot, else by segments alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

from clinic_desktop.db.worker import Store
from clinic_desktop.sync.exchange import Exchange, Passed, Tell, link_of
from clinic_desktop.sync.snapshot_beginning import Beginning


def first_pass(
    fresh: Callable[[], Store], makers: Mapping[bytes, bytes], tell: Tell
) -> tuple[Store, Passed]:
    """A record with all that the server hands out, open, and what came over the line.

    ``fresh`` gives an empty record that knows its server. A snapshot that the PCs it speaks of did
    not sign, or that the server cannot show them to have signed, is left out: the next one, and at
    last the segments, fill a record that is begun anew.

    Raises:
        ServerError: the line failed, or the server says what cannot be.
        StorageError: the disk does not let us.
    """
    left_out: set[bytes] = set()
    while True:
        store = fresh()
        try:
            with closing(link_of(store)) as link:
                beginning = Beginning(store, link, tell, left_out)
                beginning.run(makers)
                passed = Exchange(store, link, tell).run()
                doubted = beginning.doubted()
        except BaseException:
            store.close()
            raise
        if doubted is None:
            return store, passed
        store.close()
        left_out.add(doubted)
