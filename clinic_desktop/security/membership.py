"""Who belongs to the practice: a signed chain, the only source of roles, keys and cost floors.

Each entry names its number, the digest of the entry before it, what it does, and is signed by an
owner or by the recovery sheet (the root): ``membership_entries``. ``membership_chain`` checks every
signature and every rule (``membership_steps``) from the first entry on, so nobody becomes an owner
by writing so into the record. The tables only show what the chain says; the key file opens only for
keys that stand in it.

The first entry is signed by the recovery root. A practice that is older than its chain has no root
at hand: an owner signs the first entry, and the next sheet becomes the root. Until then a person
whose keys are not known yet may say them once, signed by them (``PersonKeys``).

Whoever seals something for the owners (a backup) takes ``Membership.owners_sealing`` and
``Membership.root.sealing``; ``services.membership.current`` gives the state of an open record.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clinic_desktop.security.membership_entries import (
    BEGINNING,
    BeginEpoch,
    Device,
    Engage,
    Person,
    Root,
    Rules,
)
from clinic_desktop.security.primitives import KdfCost

OWNER: Final = "owner"


@dataclass(frozen=True)
class Membership:
    """Who belongs to the practice after a number of entries."""

    clinic: uuid.UUID
    root: Root
    people: Mapping[uuid.UUID, Person]
    """Those who work here now."""
    devices: Mapping[uuid.UUID, Device]
    floor: KdfCost
    rules: Rules = field(default_factory=Rules)
    known: frozenset[uuid.UUID] = field(default=frozenset(), repr=False)
    """Ids of all people and PCs there ever were; none is given twice."""
    n: int = 0
    tip: bytes = BEGINNING
    engagements: Mapping[uuid.UUID, Engage] = field(default_factory=dict)
    """Until when those from outside may sign in, by person."""
    earlier: Mapping[uuid.UUID, frozenset[bytes]] = field(default_factory=dict, repr=False)
    """X25519 keys of people that the recovery sheet replaced: they let in, and decide nothing."""
    former: Mapping[uuid.UUID, frozenset[str]] = field(default_factory=dict, repr=False)
    """Roles that somebody had before a change of them, or before leaving."""
    decided: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The Ed25519 keys of all owners there ever were."""
    cutoffs: Mapping[uuid.UUID, int] = field(default_factory=dict, repr=False)
    """Of PCs that were taken out, the last commit that counts."""
    roots: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The Ed25519 keys of all recovery sheets there ever were."""
    ended: int = 0
    """How many PCs were taken out."""
    gone: Mapping[uuid.UUID, Device] = field(default_factory=dict, repr=False)
    """Those PCs, with the keys that they had last."""
    epoch: BeginEpoch | None = None
    """The newest data key; ``None`` while the first one is in use."""

    @property
    def needs_epoch(self) -> bool:
        """Whether a PC that was taken out may have the newest data key."""
        return self.ended > (self.epoch.ended if self.epoch is not None else 0)

    def person(self, login: str) -> Person | None:
        """Who signs in with this login, without regard to case."""
        wanted = login.strip().casefold()
        found = (each for each in self.people.values() if each.login.casefold() == wanted)
        return next(found, None)

    def signer(self, key: bytes) -> Person | None:
        """Whose Ed25519 key this is."""
        return next((p for p in self.people.values() if key and p.signing == key), None)

    @property
    def owners(self) -> tuple[Person, ...]:
        """Those who decide who belongs here."""
        return tuple(each for each in self.people.values() if OWNER in each.roles)

    @property
    def owners_sealing(self) -> tuple[bytes, ...]:
        """The X25519 keys of the owners, to seal a backup to."""
        return tuple(each.sealing for each in self.owners if each.sealing)

    def admits(self, user: uuid.UUID, sealing: bytes) -> bool:
        """Whether a way in with this X25519 key is this person's."""
        return bool(sealing) and sealing in self.ways_in(user)

    def ways_in(self, user: uuid.UUID) -> frozenset[bytes]:
        """The X25519 keys that let a person in: today's, and those that a sheet replaced."""
        who = self.people.get(user)
        return self.earlier.get(user, frozenset()) | {who.sealing} if who else frozenset()

    def is_earlier(self, sealing: bytes) -> bool:
        """Whether this X25519 key only lets in, and decides nothing any more."""
        return any(sealing in keys for keys in self.earlier.values())
