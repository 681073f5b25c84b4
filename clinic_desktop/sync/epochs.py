"""Which data keys count: the first, and those that an owner began in the chain of members.

Any PC of the practice may hand a key on, none may make one up: the chain tells each from any other.
What was sealed with a key that an owner began can be opened for ever, even where another owner's
of the same time is the one in use.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.security import membership_forks
from clinic_desktop.security.membership_entries import BeginEpoch
from clinic_desktop.security.membership_forks import Settled
from clinic_desktop.sync import state
from clinic_desktop.sync.keys import check_of

_FIRST = 1
_EVER = 1 << 62
"""Later than any commit."""
LONG_MS = 24 * 3600 * 1000
"""Milliseconds that an owner's PC has for handing out the data key that it began."""


def usable(reads: ReadSession | UnitOfWork) -> dict[int, bytes]:
    """The data keys here by epoch, without those that are others than the chain names."""
    named = _named(reads)
    return {
        epoch: dek for epoch, dek in state.keys(reads.cursor).items()
        if epoch not in named or check_of(dek) == named[epoch][0]
    }  # fmt: skip


def counts(reads: ReadSession | UnitOfWork, epoch: int, dek: bytes) -> bool:
    """Whether a key that was handed over is one of the practice's.

    A PC that has none yet, or no chain, believes the PCs that it was told of when it was let in.
    """
    named, held = _named(reads), state.keys(reads.cursor)
    if epoch in named:
        return check_of(dek) == named[epoch][0]
    return not held or (epoch not in held and not chain_is_here(reads.cursor))


def in_use(reads: ReadSession | UnitOfWork, covered: int) -> tuple[int, int | None] | None:
    """The epoch to seal the next commits with; ``None`` without any data key.

    And up to which commit: one that begins an epoch here goes out under the key before, so that
    everybody can open it. ``covered`` is the last commit that lies in a segment.
    """
    held = usable(reads)
    if not held:
        return None
    named = _named(reads)
    settled = chain.settled(reads) if named else Settled(None)
    barred, last = _barred(reads, settled), _newest(reads, settled)
    newest = last.epoch if last is not None else 0
    candidates = sorted(
        named.keys() & held.keys() - barred, key=lambda each: (each == newest, each)
    )
    upto = None
    for epoch in reversed(candidates):
        made_here = named[epoch][1]
        if made_here <= covered:
            return epoch, upto
        upto = made_here
    return (_FIRST if _FIRST in held else min(held)), upto


def needs_another(reads: ReadSession | UnitOfWork) -> bool:
    """Whether a PC that was taken out may have the newest data key that is sealed with."""
    settled = chain.settled(reads)
    if settled.state is None or not settled.state.ended:
        return False
    return replace(settled.state, epoch=_newest(reads, settled)).needs_epoch


def _newest(reads: ReadSession | UnitOfWork, settled: Settled) -> BeginEpoch | None:
    """The data key to seal with, wherever it is; ``None`` while that is the first one.

    Never one that a PC began for which nobody stands: it may be in the hands of a thief who knows
    an owner's password.
    """
    state, barred = settled.state, _barred(reads, settled)
    if state is None or state.epoch is None or state.epoch.epoch not in barred:
        return state.epoch if state is not None else None
    lost, owners = set(settled.passed_over), {each.signing for each in state.owners}
    others = [
        (body.turn, entry not in lost, body)
        for body, entry in membership_forks.begun(chain.entries(reads), settled)
        if body.epoch not in barred and (entry not in lost or entry.author in owners)
    ]
    return max(others, key=lambda each: each[:2])[2] if others else None


def _barred(reads: ReadSession | UnitOfWork, settled: Settled) -> frozenset[int]:
    """The data keys that only PCs began for which nobody stands."""
    if settled.state is None or settled.state.epoch is None:
        return frozenset()
    begun = confirmed.confirmed(reads, settled, here=True).begun
    if not begun:
        return frozenset()
    named = membership_forks.begun(chain.entries(reads), settled)
    return frozenset(body.epoch for body, entry in named if entry.signature in begun)


def by_use(reads: ReadSession) -> list[bytes]:
    """All data keys here, the one in use last."""
    held, used = usable(reads), in_use(reads, _EVER)
    return [held[epoch] for epoch in sorted(held, key=lambda each: (used == (each, None), each))]


def lacks_newest(reads: ReadSession) -> bool:
    """Whether the chain names a newer data key than any that is here."""
    if not _named(reads):
        return False
    newest = _newest(reads, chain.settled(reads))
    return newest is not None and newest.epoch not in usable(reads)


def is_lost(reads: ReadSession | UnitOfWork) -> bool:
    """Whether nobody may have the newest data key: passes went well long after it was begun.

    Its owner's PC may have been lost before it handed the key to anybody.
    """
    found, since = state.peer(reads.cursor), awaited_since(reads)
    return found is not None and since is not None and (found.last_ok or 0) >= since + LONG_MS


def awaited_since(reads: ReadSession | UnitOfWork) -> int | None:
    """When the newest data key was begun elsewhere, in milliseconds since 1970 UTC.

    ``None`` where it is here, or this PC itself is about to hand it out; and where this PC waits
    to be confirmed, for that is why it was not handed it.
    """
    found = state.peer(reads.cursor)
    if found is None or not _has_begun(reads.cursor):
        return None
    settled = chain.settled(reads)
    newest = _newest(reads, settled)
    if newest is None or found.settings.next_epoch == newest.epoch:
        return None
    if newest.epoch in usable(reads) or confirmed.is_waiting(reads):
        return None
    begun = membership_forks.begun(chain.entries(reads), settled)
    return max(entry.wall for body, entry in begun if body == newest)


def begun_here(reads: ReadSession | UnitOfWork) -> frozenset[int]:
    """The data keys that this PC began: nobody else can hand them out at first."""
    found = state.peer(reads.cursor)
    coming = {found.settings.next_epoch} if found is not None else set()
    return frozenset({each for each, (_check, dseq) in _named(reads).items() if dseq} | coming)


def _has_begun(cursor: Any) -> bool:
    """Whether another data key than the first was ever begun."""
    begun = "SELECT 1 FROM membership_entry WHERE kind = 'epoch' LIMIT 1"
    return cursor.execute(begun).fetchone() is not None


def chain_is_here(cursor: Any) -> bool:
    """Whether there is a chain of members to ask."""
    return cursor.execute("SELECT 1 FROM membership_entry LIMIT 1").fetchone() is not None


def _named(reads: ReadSession | UnitOfWork) -> dict[int, tuple[bytes, int]]:
    """By epoch what tells its key, and this PC's commit that began it; 0 where another PC did."""
    rows = reads.cursor.execute(
        "SELECT m.signature, c.dev, c.dseq FROM membership_entry m"
        " LEFT JOIN sync_commit c ON c.cid = m.sv WHERE m.kind = 'epoch'"
    ).fetchall()
    if not rows:
        return {}
    made_here = {bytes(signature): dseq for signature, dev, dseq in rows if dev == THIS_PC}
    return {
        begun.epoch: (begun.check, made_here.get(entry.signature, 0))
        for begun, entry in membership_forks.begun(chain.entries(reads), chain.settled(reads))
    }
