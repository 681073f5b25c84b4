"""A person's own keys go to another PC of the practice, so that the same person signs in at both.

Nobody but the person has them: the person sends them, sealed to that PC, and there an owner lets
the person in, who chooses a password for that PC.
"""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, RuleError, ServerError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.password_rules import check_new
from clinic_desktop.security.primitives import (
    Identity,
    UnreadableError,
    digest,
    is_signed,
    seal_to,
    sign,
    unseal_mine,
)
from clinic_desktop.services.access import require, require_password
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.connecting import courier, link_of
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.refusals import refused

_MARK: Final = b"clinic-desktop carry 1"


class Letter(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A person's keys on their way."""

    version: Literal[1]
    sealed: Annotated[bytes, Meta(max_length=512)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


def carry(opened: Clinic, device: uuid.UUID) -> None:
    """Send the signed-in person's keys to another PC; they wait there for an hour.

    Raises:
        NotFoundError: no such PC.
        RuleError: the recovery sheet gave the person other keys, at another PC; or that PC waits to
            be confirmed.
        SetupError, ServerError, PasswordAgainError: nothing was sent.
    """
    require(opened.actor, "sync.run")
    require_password(opened.actor, opened.store.proofs)
    opened.store.read(SYSTEM, chain.refuse_earlier, opened.keys.identity).result()
    members = _members(opened)
    target = members.devices.get(device)
    if target is None or not target.sealing:
        raise NotFoundError(_("There is no such PC."))
    if not opened.store.read(SYSTEM, confirmed.to_hand).result()(device.bytes, target.sealing):
        raise _waits(target.name)
    person = members.signer(opened.keys.identity.public.signing)
    if person is None:
        raise NotFoundError(_("There is no such person."))
    place = _place(members, device, person.id)
    sealed = seal_to(target.sealing, bytes(opened.keys.identity), place)
    letter = Letter(1, sealed, sign(opened.keys.identity, place + sealed))
    with closing(link_of(opened.store)) as link:
        try:
            link.signed("POST", f"/v1/mail/{_box(place)}")
            link.call("PUT", f"/v1/mail/{_box(place)}", msgspec.msgpack.encode(letter))
        except RefusedError as error:
            if error.refusal.code != "taken":
                raise refused(error) from error
            _must_wait_there(link, place, opened.keys.identity.public.signing)


def _waits(name: str) -> RuleError:
    return RuleError(
        _("{name} came by itself, and waits to be confirmed.").format(name=isolate(name)),
        kept=_("Nothing was sent."),
        hint=_("First an owner confirms it (Settings › Other PCs, or “clinic-desktop device "
               "confirm”)."),
    )  # fmt: skip


def _must_wait_there(link: Link, place: bytes, signing: bytes) -> None:
    """Look whose letter it is that lies there already: whoever is in the practice can open the box.

    Raises:
        ServerError: it is somebody else's.
    """
    try:
        raw = link.call("GET", f"/v1/mail/{_box(place)}")
    except RefusedError as error:
        raise refused(error) from error
    if _signed_letter(raw, place, signing) is None:
        raise ServerError(
            _("Something else lies where your keys should wait."),
            kept=_("Nothing was sent."),
            hint=_("Try again in an hour; if it stays so, ask whoever runs the server."),
        )


def let_in(opened: Clinic, login: str, password: str) -> str:
    """Let a person in at this PC who sent the keys; returns the name.

    Raises:
        NotFoundError: no such person, or nothing was sent within the last hour.
        ValidationError: the password cannot be taken, or the letter is not the person's.
        PermissionDeniedError, PasswordAgainError, ServerError: nobody was let in.
    """
    require(opened.actor, "user.approve")
    require_password(opened.actor, opened.store.proofs)
    members = _members(opened)
    person = members.person(login)
    if person is None:
        raise NotFoundError(_("There is no such person."))
    check_new(password, (person.login, person.name), opened.keys.least_password)
    me = opened.store.write(SYSTEM, courier, members.clinic).result()
    place = _place(members, me.device, person.id)
    with closing(link_of(opened.store)) as link:
        try:
            raw = link.call("GET", f"/v1/mail/{_box(place)}")
        except RefusedError as error:
            if error.refusal.code != "unknown":
                raise refused(error) from error
            raw = b""
    if not raw:
        raise NotFoundError(
            _("Nothing has come for {login} within the last hour.").format(login=person.login),
            hint=_(
                "{login} sends it at a PC where {login} signs in: Settings › Other PCs, or "
                "“clinic-desktop device carry ID”."
            ).format(login=person.login),
        )
    identity = _opened(raw, me, place, person.signing)
    if identity is None or identity.public.sealing != person.sealing:
        raise ValidationError(
            "login",
            _("What has come is not the keys of this person."),
            kept=_("Nobody was let in."),
            hint=_("If the keys are new, exchange once here: this PC may not have heard of them."),
        )
    opened.let_in(person, password, identity)
    return person.name


def _opened(raw: bytes, me: Courier, place: bytes, signing: bytes) -> Identity | None:
    letter = _signed_letter(raw, place, signing)
    try:
        sealed = letter.sealed if letter is not None else b""
        return Identity.from_bytes(unseal_mine(me.keys, sealed, place))
    except (ValueError, UnreadableError):
        return None


def _signed_letter(raw: bytes, place: bytes, signing: bytes) -> Letter | None:
    """The letter, if the person with this key wrote it for this place."""
    try:
        letter = msgspec.msgpack.decode(raw, type=Letter)
    except (msgspec.MsgspecError, ValueError):
        return None
    return letter if is_signed(signing, place + letter.sealed, letter.signature) else None


def _members(opened: Clinic) -> Membership:
    found = opened.store.read(SYSTEM, chain.current).result()
    if found is None:
        raise NotFoundError(_("Who belongs to the practice is not signed yet."))
    return found


def _place(members: Membership, device: uuid.UUID, person: uuid.UUID) -> bytes:
    return digest(_MARK, members.clinic.bytes, device.bytes, person.bytes)


def _box(place: bytes) -> str:
    return digest(_MARK, place)[:16].hex()
