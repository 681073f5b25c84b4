"""The chain of who belongs to the practice, in the record; the tables of people only show it.

Every command about people appends its entry in its own transaction. At each sign-in, ``agree``
compares the tables with the chain: a role written into the table from outside opens nothing. With
other PCs the tables can lag behind the chain (two people changed one line while apart); then
the chain counts and nobody is kept from starting.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select

from clinic_desktop.db.membership_pasts import Seen
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.errors import DatabaseDamagedError, RuleError
from clinic_desktop.i18n import _
from clinic_desktop.models.membership import MembershipEntry
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security import membership_chain
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    BadEntryError,
    Body,
    Device,
    Entry,
    Genesis,
    Person,
    Root,
)
from clinic_desktop.security.membership_forks import Settled, settle
from clinic_desktop.security.primitives import Identity, KdfCost, PublicKeys
from clinic_desktop.security.vault import Vault


def entries(reads: ReadSession) -> tuple[Entry, ...]:
    """The whole chain, unchecked, as other PCs will get it."""
    rows = reads.plain(
        MembershipEntry,
        "SELECT n, prev, kind, wall, body, author, signature FROM membership_entry ORDER BY n",
    )
    return tuple(Entry(*row) for row in rows)


def current(reads: ReadSession) -> Membership | None:
    """Who belongs to the practice now; ``None`` before its first entry was written.

    Raises:
        DatabaseDamagedError: an entry is missing, changed, or not allowed by those before it.
    """
    return settled(reads).state


def settled(reads: ReadSession) -> Settled:
    """The same, with the entries that lost against others of the same time.

    Raises:
        DatabaseDamagedError: as ``current``.
    """
    try:
        return settle(entries(reads), Seen(reads.cursor))
    except BadEntryError as error:
        raise DatabaseDamagedError(
            _("The list of who belongs to the practice was changed from outside."),
            kept=_("The file was left exactly as it is."),
            hint=_("Restore a backup, or ask for help."),
            place=str(error),
        ) from error


def append(uow: UnitOfWork, signer: Identity, *bodies: Body) -> Membership:
    """Write the next entries, signed; they are kept with the transaction or not at all.

    Raises:
        RuleError: the chain does not allow it, or not to this signer.
    """
    state = current(uow)
    _refuse_earlier(state, signer)
    for body in bodies:
        try:
            entry, state = membership_chain.write(state, signer, body, to_millis(uow.now))
        except BadEntryError as error:
            raise RuleError(
                _("Who belongs to the practice cannot be changed like this."),
                kept=_("Nothing was changed."),
                hint=_("Sign in as an owner and try again."),
                place=error.reason,
            ) from error
        row = MembershipEntry(
            n=entry.n, prev=entry.prev, kind=entry.kind, wall=entry.wall, body=entry.body,
            author=entry.author, signature=entry.signature,
        )  # fmt: skip
        uow.add(row)
    uow.session.flush()
    uow.at_once = True  # nobody cuts off the end of this chain unseen
    assert state is not None  # noqa: S101 - at least one body was written
    return state


def refuse_earlier(reads: ReadSession, signer: Identity) -> None:
    """Say so before anything is begun that needs an owner's keys, where these are of before.

    Raises:
        RuleError: the recovery sheet gave this person others, at another PC.
    """
    _refuse_earlier(current(reads), signer)


def _refuse_earlier(state: Membership | None, signer: Identity) -> None:
    if state is not None and state.is_earlier(signer.public.sealing):
        raise RuleError(
            _("At this PC you come in with the keys you had before the recovery sheet was used."
              " They are good for daily work, and decide nothing about people, PCs and"
              " rules."),
            kept=_("Nothing was changed."),
            hint=_("At the PC where the sheet was used, send your way in to this one (Settings ›"
                   " Other PCs, the key; or “clinic-desktop device carry”) and let yourself in here"
                   " within the hour. Or use the recovery sheet at this PC."),
        )  # fmt: skip


def agree(reads: ReadSession) -> Membership | None:
    """The chain's state, once the tables of people show exactly that.

    Raises:
        DatabaseDamagedError: the chain or the tables were changed from outside.
    """
    state = current(reads)
    if state is None:
        return None
    rows = reads.session.scalars(select(AppUser).where(AppUser.is_active)).all()
    shown = {row.id: (row.login, row.name, tuple(row.roles)) for row in rows}
    meant = {key: (each.login, each.name, each.roles) for key, each in state.people.items()}
    wrong = sorted(str(key) for key in shown.keys() | meant.keys() if _differ(shown, meant, key))
    if wrong and not _has_peers(reads):
        raise DatabaseDamagedError(
            _("People or their roles were changed from outside the program."),
            kept=_("The file was left exactly as it is."),
            hint=_("Restore a backup, or ask for help."),
            place=", ".join(wrong[:3]),
        )
    return state


def _has_peers(reads: ReadSession) -> bool:
    """Whether commits of other PCs are in this record."""
    found = reads.cursor.execute("SELECT 1 FROM sync_device WHERE tip > 0 LIMIT 1").fetchone()
    return found is not None


def _differ(
    shown: dict[uuid.UUID, tuple[str, str, tuple[str, ...]]],
    meant: dict[uuid.UUID, tuple[str, str, tuple[str, ...]]],
    key: uuid.UUID,
) -> bool:
    return shown.get(key) != meant.get(key)


def this_device(reads: ReadSession) -> Device:
    """This PC, with the keys it has so far."""
    cursor = reads.cursor.execute("SELECT * FROM sync_device WHERE dev = 1")
    row = dict(zip((each[0] for each in cursor.description), cursor.fetchone(), strict=True))
    signing, sealing = bytes(row.get("sign_pk") or b""), bytes(row.get("box_pk") or b"")
    return Device(uuid.UUID(bytes=bytes(row["device_id"])), row["name"], signing, sealing)


def begin(
    uow: UnitOfWork, signer: Identity, vault: Vault, root: Root, *known: PublicKeys
) -> Membership:
    """Write the first entry from the people the record has.

    With ``root.signing`` the signer is the recovery sheet, else an owner: the record is older than
    its chain. Keys that neither ``known`` nor the key file tell are said by their holders when they
    sign in (``PersonKeys``).
    """
    sealing, signing = {slot.user: slot.to for slot in vault.slots}, {k.sealing: k for k in known}
    rows = uow.session.scalars(select(AppUser).where(AppUser.is_active).order_by(AppUser.id)).all()
    people = tuple(
        Person(
            row.id, row.login, row.name, tuple(row.roles), mine := sealing.get(row.id, b""),
            signing[mine].signing if mine in signing else b"",
        )
        for row in rows
    )  # fmt: skip
    costs = [slot.cost for slot in vault.slots]
    floor = min(costs, key=lambda cost: (cost.memory_kib, cost.passes), default=KdfCost())
    genesis = Genesis(vault.clinic, root, people, (this_device(uow),), floor)
    return append(uow, signer, genesis)
