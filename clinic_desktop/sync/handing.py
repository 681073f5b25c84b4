"""To whom this PC hands data keys at a server: to those who know it, for others take none of it.

A server keeps the sealed keys of a few authors for each PC and epoch, an older one only the last
that came. There, a PC that was let in just now would put its own in the place of one that another
PC had sealed, and whoever lacks that key cannot read that the new PC belongs here: it would wait
for ever.

Nobody hands any to a PC for which nobody stands (``security.membership_confirmed``).
"""

from __future__ import annotations

import uuid
from typing import Final

from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.db.commits import Names
from clinic_desktop.db.membership_pasts import places
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.causality import has_seen
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.membership_entries import named_devices
from clinic_desktop.security.primitives import PublicKeys
from clinic_desktop.sync import epochs, state
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.keys import seal_dek
from clinic_desktop.sync.refusals import refused
from clinic_desktop.sync.state import Lacking

_ANY = 1 << 30
ALL_KEYS: Final = 1_000_000


def hand_keys(store: Store, link: Link, most: int = ALL_KEYS) -> None:
    """Hand data keys to PCs that this one has not handed them yet.

    Raises:
        ServerError: it cannot be reached, or takes none.
    """
    assert link.me is not None  # noqa: S101 - a PC of the practice
    given: list[Lacking] = []
    for each in store.read(SYSTEM, due, most).result():
        device = uuid.UUID(bytes=each.device)
        sealed = seal_dek(link.me, each.epoch, each.dek, device, each.box)
        try:
            link.signed("PUT", "/v1/keybox", sealed)
        except RefusedError as error:
            if error.refusal.code == "unknown":
                continue  # the server has not heard of a sheet or PC yet: an owner tells it
            raise refused(error) from error
        given.append(each)
    store.write(SYSTEM, _note_handed, given).result()


def due(reads: ReadSession, most: int) -> list[Lacking]:
    """Data keys to hand over, newest first; those that began here go to everybody who counts."""
    members = chain.current(reads)
    root = members.root if members is not None else None
    sheet = PublicKeys(root.sealing, root.signing) if root is not None else None
    lacks = state.lacking(reads.cursor, _ANY, sheet)
    if not lacks:
        return []
    known_to, ours = _known_to(reads), epochs.begun_here(reads)
    found = confirmed.confirmed(reads, here=True)
    may = confirmed.to_hand(reads, found)
    return [
        each for each in lacks
        if (found.root if each.is_sheet else may(each.device, each.box))
        and (known_to is None or each.is_sheet or each.epoch in ours or each.device in known_to)
    ][:most]  # fmt: skip


def _known_to(reads: ReadSession) -> set[bytes] | None:
    """The PCs of which the log says that they know this one; ``None`` where no chain names it."""
    cursor, written, named = reads.cursor, places(reads.cursor), dict[bytes, tuple[int, int]]()
    for entry in chain.entries(reads):
        for device in named_devices(entry) if entry.kind in {"genesis", "device"} else ():
            if device.signing and entry.signature in written:
                named.setdefault(device.id.bytes, written[entry.signature])
    mine = named.get(state.device_id(cursor))
    if mine is None:
        return None
    pasts, found = Pasts(cursor, Names(cursor)), set[bytes]()
    tips = cursor.execute("SELECT device_id, dev, tip FROM sync_device WHERE dev <> 1").fetchall()
    for device, dev, tip in tips:
        shown = [(dev, tip)] if tip else []
        shown += [named[bytes(device)]] if bytes(device) in named else []
        if any(has_seen(pasts.of(*each), mine) for each in shown):
            found.add(bytes(device))
    return found


def _note_handed(uow: UnitOfWork, given: list[Lacking]) -> None:
    state.note_handed(uow.cursor, given)
