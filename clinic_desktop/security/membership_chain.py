"""The chain itself: the next entry is written and signed, each is followed and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import msgspec

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    BEGINNING,
    KIND_OF,
    MAX_ENTRIES,
    MAX_PEOPLE,
    Body,
    Entry,
    must,
    read_body,
)
from clinic_desktop.security.membership_steps import begin, step
from clinic_desktop.security.primitives import Identity


def write(
    state: Membership | None, signer: Identity, body: Body, wall: int
) -> tuple[Entry, Membership]:
    """The next entry, signed, and the state after it.

    Raises:
        BadEntryError: the chain does not allow it, or not to this signer.
    """
    number, prev = (state.n + 1, state.tip) if state else (1, BEGINNING)
    packed = msgspec.msgpack.encode(body)
    blank = Entry(number, prev, KIND_OF[type(body)], wall, packed, signer.public.signing, b"")
    entry = msgspec.structs.replace(blank, signature=crypto.sign(signer, blank.signed))
    return entry, follow(state, entry)


def replay(entries: Iterable[Entry]) -> Membership | None:
    """The state after a whole chain; ``None`` for an empty one.

    Raises:
        BadEntryError: at the first entry that is not what the ones before it allow.
    """
    state: Membership | None = None
    for entry in entries:
        state = follow(state, entry)
    return state


def follow(state: Membership | None, entry: Entry) -> Membership:
    """The state after one more entry.

    Raises:
        BadEntryError: number, link, shape, signature or right do not fit.
    """
    number, prev = (state.n + 1, state.tip) if state else (1, BEGINNING)
    check_place(entry, number, {prev})
    return carry_on(state, entry)


def check_place(entry: Entry, number: int, below: Collection[bytes]) -> None:
    """Look at where an entry stands and at its signature; ``below`` are the digests it may name.

    Raises:
        BadEntryError: number, link or signature do not fit.
    """
    must(number <= MAX_ENTRIES, number, "too many entries")
    must(entry.n == number, number, "the number is not the next one")
    must(entry.prev in below, number, "it does not follow the entry before")
    must(crypto.is_signed(entry.author, entry.signed, entry.signature), number, "a false signature")


def carry_on(state: Membership | None, entry: Entry, *, has_right: bool = False) -> Membership:
    """The state after an entry whose place and signature were looked at.

    ``has_right``: that the signer may do this was found another way (``membership_sheets``).

    Raises:
        BadEntryError: shape or right do not fit.
    """
    number, body = entry.n, read_body(entry)
    after = begin(body, entry) if state is None else step(state, body, entry, has_right=has_right)
    must(bool(after.owners), number, "nobody would be owner any more")
    must(len(after.people) <= MAX_PEOPLE, number, "too many people")
    decided = after.decided | {each.signing for each in after.owners if each.signing}
    roots = after.roots | {after.root.signing}
    return replace(after, n=number, tip=entry.digest, decided=decided, roots=roots)
