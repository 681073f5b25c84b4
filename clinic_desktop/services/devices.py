"""The PCs of the practice, as the signed chain of who belongs to it has them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from clinic_desktop.db import confirmed, incarnation
from clinic_desktop.db import membership as chain
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.checkpoints import last_up_to
from clinic_desktop.db.devices import show_members
from clinic_desktop.db.given_names import NOT_GIVEN, Again
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import NotFoundError, RuleError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    BeginEpoch,
    Device,
    Entry,
    Genesis,
    PutDevice,
    RevokeDevice,
    named_devices,
    read_body,
)
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services.access import command, query


def owners_keys() -> str:
    """What taking a PC out does not do, for whoever takes one out."""
    return _(
        "If somebody may know an owner's password that is used there, let that owner use the "
        "recovery sheet here at once. What was written until now can be read with what is on that "
        "PC; what is written from now on cannot. But whoever has an owner's keys can still write, "
        "and a PC that comes with them waits in this list until somebody confirms it."
    )


def came_by_itself(pc: Pc) -> str:
    """What to decide about a PC that waits to be confirmed."""
    words = _(
        "{name} came by itself, with an owner's keys, after {gone} was taken out. It reads nothing "
        "that was written since. If it is yours, confirm it. If not, take it out, and let the "
        "owner use the recovery sheet: somebody knows the password."
    )
    return words.format(
        name=isolate(pc.name or str(pc.id)[:8]), gone=isolate(pc.waits_since or "—")
    )


def waits_itself() -> RuleError:
    """The error of an owner who decides about another PC at one that waits to be confirmed."""
    return RuleError(
        _("This PC came by itself after another was taken out, and waits to be confirmed."),
        kept=_("Nothing was changed."),
        hint=_("An owner confirms it at another PC. If no other PC is left, use the recovery sheet "
               "here."),
    )  # fmt: skip


def _had_other_keys() -> RuleError:
    return RuleError(
        _("Somebody who waits to be confirmed said other keys for this PC once: the others do not "
          "take its word for another."),
        kept=_("Nothing was changed."),
        hint=_("Confirm it at another PC. If none can, bring back a backup at this one, so that it "
               "goes on as a PC of its own, and use the recovery sheet at it."),
    )  # fmt: skip


def _another_under(name: str) -> RuleError:
    return RuleError(
        _("Other keys were said for {name} than it had: it may be another PC under its "
          "name.").format(name=isolate(name)),
        kept=_("Nothing was changed."),
        hint=_("Take it out, and let the owner use the recovery sheet: somebody knows the "
               "password. The PC itself joins anew then."),
    )  # fmt: skip


def _is_under_its_name(reads: UnitOfWork, device: Device) -> bool:
    """Whether the chain names a PC of this id with other keys, too."""
    said = {
        (each.signing, each.sealing)
        for entry in chain.entries(reads)
        for each in named_devices(entry)
        if each.id == device.id
    }
    return any(
        one and one != now
        for keys in said
        for one, now in zip(keys, (device.signing, device.sealing), strict=True)
    )


@dataclass(frozen=True)
class Pc:
    """One PC."""

    id: uuid.UUID
    name: str
    prefix: str
    """Begins the numbers given there; empty where this PC was not told."""
    is_this: bool
    is_active: bool
    last_work: datetime | None
    """Of its newest change that is here."""
    has_until: datetime | None
    """Of this PC's newest change that it has for certain: one of its own was built on it."""
    by_itself: bool = False
    """Whether no other PC let it in: it came out of a backup or a copy, by an owner's keys."""
    waits_since: str = ""
    """Where it waits to be confirmed: the name of a PC that had been taken out before it came."""
    is_waiting: bool = False
    """Whether it is handed no data key before an owner at another PC confirms it."""

    @property
    def last_sign(self) -> datetime:
        """Of its newest change that is here, or when it joined: its id tells that (UUIDv7)."""
        return self.last_work or from_millis(self.id.int >> 80)


@query("device.read")
def pcs(reads: ReadSession) -> tuple[Pc, ...]:
    """All PCs there ever were, this one first."""
    state = chain.current(reads)
    rows = reads.cursor.execute(
        "SELECT dev, device_id, name, prefix, status, (SELECT max(wall) FROM sync_commit c"
        " WHERE c.dev = d.dev), (SELECT wall FROM sync_commit c WHERE c.dev = ?1 AND c.dseq ="
        " (SELECT max(upto) FROM sync_dep s WHERE s.dev = d.dev AND s.other = ?1))"
        " FROM sync_device d ORDER BY dev",
        (THIS_PC,),
    ).fetchall()
    alone, names = _by_themselves(reads), {bytes(row[1]): str(row[2]) for row in rows}
    waiting = confirmed.confirmed(reads).since
    return tuple(
        Pc(
            found := uuid.UUID(bytes=bytes(device)), name, prefix, dev == THIS_PC,
            found in state.devices if state else status == "active",
            from_millis(wall) if wall else None, from_millis(until) if until else None,
            found in alone,
            names.get(waiting[found].bytes, "") if found in waiting else "", found in waiting,
        )
        for dev, device, name, prefix, status, wall, until in rows
    )  # fmt: skip


def _by_themselves(reads: ReadSession) -> set[uuid.UUID]:
    """The PCs that the log names first in a commit of their own."""
    rows = reads.cursor.execute(
        "SELECT d.device_id, m.body FROM membership_entry m JOIN sync_commit c ON c.cid = m.sv"
        " JOIN sync_device d USING (dev) WHERE m.kind = 'device' ORDER BY m.n, m.signature"
    ).fetchall()
    named = {each.id for each in _first_pcs(chain.entries(reads))}
    found = set()
    for author, body in rows:
        try:
            device = msgspec.msgpack.decode(body, type=PutDevice).device
        except (msgspec.MsgspecError, ValueError):
            continue  # among branches anybody can write an entry that is kept
        if device.id not in named and device.id.bytes == bytes(author):
            found.add(device.id)
        named.add(device.id)
    return found


def _first_pcs(entries: tuple[Entry, ...]) -> tuple[Device, ...]:
    begun = read_body(entries[0]) if entries else None
    return begun.devices if isinstance(begun, Genesis) else ()


@query("device.read")
def has_others(reads: ReadSession) -> bool:
    """Whether people of the practice may sign in at other PCs than this."""
    state = chain.current(reads)
    return state is not None and bool(state.devices.keys() - {chain.this_device(reads).id})


@command("device.approve")
def introduce_this(uow: UnitOfWork, signer: Identity) -> Membership:
    """Let the chain name both keys of this PC.

    Raises:
        RuleError: the signer is no owner, or this PC was taken out of the practice.
    """
    state, device = chain.current(uow), chain.this_device(uow)
    if state is None:
        raise RuleError(
            _("Who belongs to the practice is not signed yet."),
            kept=_("Nothing was changed."),
            hint=_("Sign in as an owner once."),
        )
    return _put(uow, state, device, signer)


@command("device.approve", password_again=True)
def admit(uow: UnitOfWork, device: Device, signer: Identity) -> Membership:
    """Let another PC work with the practice from now on.

    Raises:
        RuleError: the signer is no owner, or the PC was taken out before.
    """
    state = chain.current(uow)
    if state is None:
        raise NotFoundError(_("The practice has not been set up."))
    after = _put(uow, state, device, signer)
    uow.audit("access.device-added", object_id=device.id)
    return after


@command("device.approve")
def begin_anew(
    uow: UnitOfWork,
    pc: incarnation.NewPc,
    own: incarnation.Last,
    signer: Identity,
    others: Mapping[int, incarnation.Last] = incarnation.NONE,
    again: Again = NOT_GIVEN,
) -> Membership:
    """Go on as another PC, because others went on under this one's name.

    ``own`` is what belongs to the old name; ``others`` and ``again`` see
    ``incarnation.begin_anew``.

    Raises:
        RuleError: the signer is no owner.
    """
    uow.left_at = last_up_to(uow.cursor, own.commit)
    incarnation.begin_anew(uow.cursor, pc, own, others, again)
    uow.session.expire_all()
    after = introduce_this(uow, signer)
    uow.audit("access.device-anew", object_id=uuid.UUID(bytes=pc.device_id))
    return after


def _put(uow: UnitOfWork, state: Membership, device: Device, signer: Identity) -> Membership:
    chain.refuse_earlier(uow, signer)  # also where it is told to a server only
    if state.devices.get(device.id) == device:
        return state
    after = chain.append(uow, signer, PutDevice(device))
    show_members(uow.cursor)
    return after


@command("device.approve", password_again=True)
def confirm(uow: UnitOfWork, device: uuid.UUID, signer: Identity) -> Membership:
    """Stand for a PC that came by itself: from now on it is handed data keys as any other.

    It is named in the chain once more, in a commit of this PC. One that does not wait stays as it
    is.

    Raises:
        NotFoundError: no such PC belongs to the practice.
        RuleError: this PC waits to be confirmed itself, or others do not take its word; it may be
            another PC under the name of one; others would be confirmed with it; or the signer is
            no owner.
    """
    chain.refuse_earlier(uow, signer)
    state, found, here = chain.current(uow), confirmed.confirmed(uow), chain.this_device(uow).id
    if state is None or device not in state.devices:
        raise NotFoundError(_("There is no such PC."))
    if here in found.pcs:
        raise waits_itself()
    if device not in found.pcs:
        return state
    if here in found.unheard:
        raise _had_other_keys()
    if _is_under_its_name(uow, state.devices[device]):
        raise _another_under(state.devices[device].name)
    uow.audit("access.device-confirmed", object_id=device)
    after = chain.append(uow, signer, PutDevice(state.devices[device]))
    _refuse_others_with_it(state, found.pcs - confirmed.confirmed(uow).pcs - {device})
    return after


def _refuse_others_with_it(state: Membership, others: frozenset[uuid.UUID]) -> None:
    """Nobody is let in unseen, by a PC that wrote anew what one that was taken out had written.

    Raises:
        RuleError: there are such.
    """
    if others:
        names = sorted(state.devices[each].name for each in others)
        raise RuleError(
            _("With this PC others that came by themselves would be confirmed, too: "
              "{names}.").format(names=", ".join(map(isolate, names))),
            kept=_("Nothing was changed."),
            hint=_("First confirm each of them that is yours, and take the others out."),
        )  # fmt: skip


@command("device.approve", password_again=True)
def revoke(uow: UnitOfWork, device: uuid.UUID, signer: Identity) -> Membership:
    """Take a PC out of the practice: what it did stays, nothing more comes of it.

    Raises:
        NotFoundError: there is no such PC.
        RuleError: it is this one, or the signer is no owner.
    """
    chain.refuse_earlier(uow, signer)
    state = chain.current(uow)
    if state is None or device not in state.known:
        raise NotFoundError(_("There is no such PC."))
    if device == chain.this_device(uow).id:
        raise RuleError(
            _("A PC does not take itself out of the practice."),
            kept=_("Nothing was changed."),
            hint=_("Do it at another PC."),
        )
    if device not in state.devices:
        return state
    uow.audit("access.device-ended", object_id=device)
    (held,) = uow.cursor.execute(
        "SELECT tip FROM sync_device WHERE device_id = ?", (device.bytes,)
    ).fetchone() or (0,)
    after = chain.append(uow, signer, RevokeDevice(device, held))
    show_members(uow.cursor)
    return after


@command("device.approve")
def begin_epoch(uow: UnitOfWork, begun: BeginEpoch, signer: Identity) -> None:
    """Let the chain name another data key: none counts that no owner began.

    Raises:
        RuleError: the signer is no owner, or another one was begun meanwhile.
    """
    chain.append(uow, signer, begun)
