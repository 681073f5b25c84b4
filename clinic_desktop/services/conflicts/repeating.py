"""A step of an owner that came to nothing, taken once more with the keys of today.

The recovery sheet was used meanwhile, or another owner took another step: the question says so.
Only steps about people are taken again like this. Nothing here is left out that the step would ask
for if it were typed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.db import membership
from clinic_desktop.db.conflicts import OpenConflict
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import ENGAGED_ROLES
from clinic_desktop.errors import RuleError
from clinic_desktop.i18n import _
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    AddPerson,
    BadEntryError,
    ChangeRoles,
    Entry,
    RevokePerson,
    read_body,
)
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import people_rows
from clinic_desktop.services.access import part

Again = AddPerson | ChangeRoles | RevokePerson
_KIND = "membership"


@dataclass(frozen=True)
class Step:
    """What would be done again."""

    kind: str
    """``add-person``, ``roles`` or ``revoke-person``."""
    name: str
    login: str
    roles: tuple[str, ...] = ()


@part
def step_of(reads: ReadSession, asked: OpenConflict) -> Step | None:
    """The step that a question tells of, if it can be taken again as things are."""
    state = membership.current(reads)
    body = _body(reads, asked)
    if state is None or body is None or not _fits(state, body):
        return None
    if isinstance(body, AddPerson):
        person = body.person
        return Step("add-person", person.name, person.login, person.roles)
    known = state.people[body.id]
    if isinstance(body, ChangeRoles):
        return Step("roles", known.name, known.login, body.roles)
    return Step("revoke-person", known.name, known.login)


@part
def take_again(uow: UnitOfWork, asked: OpenConflict, signer: Identity) -> None:
    """Take the step again, signed with these keys.

    Raises:
        RuleError: it cannot be taken again, or the signer is no owner with today's keys.
        NotFoundError, ValidationError: see ``people_rows.show_step``.
    """
    membership.refuse_earlier(uow, signer)
    body = _body(uow, asked)
    if body is None or step_of(uow, asked) is None:
        raise RuleError(
            _("This step cannot be taken again from here."),
            kept=_("Nothing was changed."),
            hint=_("Look at the people in the settings, and do there what is needed."),
        )
    people_rows.show_step(uow, body)
    membership.append(uow, signer, body)


def _body(reads: ReadSession, asked: OpenConflict) -> Again | None:
    """What the entry of a question says, if it is of a kind that can be taken again."""
    if asked.kind != _KIND or asked.table != "membership_entry":
        return None
    row = reads.cursor.execute(
        "SELECT n, prev, kind, wall, body, author, signature FROM membership_entry WHERE id = ?",
        (asked.row_id.bytes,),
    ).fetchone()
    if row is None:
        return None
    try:
        body = read_body(Entry(*row))
    except BadEntryError:
        return None
    if isinstance(body, AddPerson):
        # Somebody from outside comes with an end: that is typed anew.
        return None if set(body.person.roles) & set(ENGAGED_ROLES) else body
    return body if isinstance(body, ChangeRoles | RevokePerson) else None


def _fits(state: Membership, body: Again) -> bool:
    """Whether the step says something that is not so already, about somebody it can be said of."""
    if isinstance(body, AddPerson):
        return body.person.id not in state.known and state.person(body.person.login) is None
    known = state.people.get(body.id)
    if known is None or set(known.roles) & set(ENGAGED_ROLES):
        return False
    return isinstance(body, RevokePerson) or known.roles != body.roles
