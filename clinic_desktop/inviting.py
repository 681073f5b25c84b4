"""A PC is invited over a line: a code for it, its request behind six digits, and the answer."""

from __future__ import annotations

import secrets
import uuid

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, ServerError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.letting_in import welcome
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.connecting import server_if_any
from clinic_desktop.sync.enrolment import Invitation, Request
from clinic_desktop.sync.refusals import refused


def invite(store: Store, link: Link) -> Invitation:
    """Open boxes for letters at the server for an hour; an invitation before this one ends.

    Raises:
        ServerError: nobody is invited.
    """
    made = Invitation.new()
    try:
        for letter in (b"request", b"welcome"):
            link.signed("POST", f"/v1/mail/{made.box(letter)}")
    except RefusedError as error:
        raise (_too_many() if error.refusal.code == "full" else refused(error)) from error
    store.write(SYSTEM, _keep_invitation, made.secret).result()
    return made


def withdraw(store: Store) -> None:
    """End the invitation: whoever answers it is let in no more."""
    store.write(SYSTEM, _keep_invitation, b"").result()


def asked(store: Store, link: Link, digits: str) -> tuple[Invitation, Request]:
    """What the PC asks that shows these six digits.

    Raises:
        NotFoundError: nobody is invited, or the PC has not answered yet.
        ValidationError: another PC answered than the one with these digits.
        ServerError: it may be tried again.
    """
    invitation = _open_invitation(store)
    return invitation, _request(link, invitation, digits)


def answer(
    opened: Clinic, link: Link, invitation: Invitation, request: Request, after: Membership
) -> None:
    """Send the letter by which the new PC begins; ``after`` is the practice with it.

    Raises:
        NotFoundError: the invitation is over.
        ServerError: it may be tried again.
    """
    letter = opened.store.write(SYSTEM, _letter, opened, invitation, request, after).result()
    try:
        link.call("PUT", f"/v1/mail/{invitation.box(b'welcome')}", letter)
    except RefusedError as error:
        raise (_over() if error.refusal.code == "unknown" else refused(error)) from error


def _open_invitation(store: Store) -> Invitation:
    found = store.read(SYSTEM, server_if_any).result()
    if found is None or not found.settings.invitation:
        raise NotFoundError(_("No PC is invited."), hint=_("Make a new invitation."))
    return Invitation(found.settings.invitation)


def _request(link: Link, invitation: Invitation, digits: str) -> Request:
    """The letter of the PC that shows these digits."""
    try:
        letter = link.call("GET", f"/v1/mail/{invitation.box(b'request')}")
    except RefusedError as error:
        if error.refusal.code != "unknown":
            raise refused(error) from error
        raise _over() from None
    if not letter:
        raise NotFoundError(
            _("The new PC has not answered the invitation yet."),
            hint=_("Type the code there first, and then here the six digits that it shows."),
        )
    if not secrets.compare_digest(invitation.digits(letter).encode(), digits.strip().encode()):
        raise ValidationError(
            "digits",
            _("These are not the digits of the PC that answered the invitation."),
            kept=_("No PC was let in."),
            hint=_("Look at the new PC again. If they differ, somebody else answered: "
                   "make a new invitation."),
        )  # fmt: skip
    try:
        return invitation.read_request(letter)
    except UnreadableError:
        raise ValidationError(
            "digits",
            _("The answer to the invitation cannot be read."),
            hint=_("Make a new invitation."),
        ) from None


def _letter(
    uow: UnitOfWork, opened: Clinic, invitation: Invitation, request: Request, after: Membership
) -> bytes:
    """The answer to the new PC, made once: the server takes no other after it."""
    found = state.peer(uow.cursor)
    to, letter = found.settings.answered if found is not None else (b"", b"")
    wanted = invitation.secret + request.device
    if to != wanted:
        device = after.devices[uuid.UUID(bytes=request.device)]
        letter = invitation.write_welcome(welcome(uow, opened, after, device), request)
        state.change_settings(uow.cursor, answered=(wanted, letter))
    return letter


def _keep_invitation(uow: UnitOfWork, secret: bytes) -> None:
    state.change_settings(uow.cursor, invitation=secret, answered=(b"", b""))


def _too_many() -> ServerError:
    return ServerError(
        _("Too many PCs were invited within the hour."),
        kept=_("Nobody was invited now."),
        hint=_("Invitations end after an hour: try again then."),
    )


def _over() -> NotFoundError:
    return NotFoundError(_("The invitation is over."), hint=_("Make a new invitation."))
