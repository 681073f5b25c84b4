"""One person asks, another decides: shared by everything that two have to agree on.

The asking command makes a ``Task`` and hands over what is to be done; it is done in the
transaction of whoever approves, and not before. Where nobody else of the practice could approve,
it is done at once, and the log says that it was self-approved.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy import select

from clinic_desktop.db import membership
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import Facts, decide
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.task import Task
from clinic_desktop.services.access import part, require

SELF_APPROVED = "access.self-approved"
"""The event of an approval by the one who asked; the owner's report lists them."""


class Made(Protocol):
    """What doing it gives."""

    @property
    def id(self) -> uuid.UUID:
        """The row that came of it."""


T = TypeVar("T", bound=Made)


@dataclass(frozen=True)
class Asked(Generic[T]):
    """A request, and what came of it if it needed nobody else."""

    task_id: uuid.UUID
    made: T | None
    """``None``: it waits for somebody else."""


@part
def goes_at_once(reads: ReadSession, approval: str) -> bool:
    """Whether the actor may approve of his own doing: nobody else of the practice could."""
    return decide(reads.actor.roles, approval, facts_of(reads, approval, is_own=True)).is_allowed


@part
def facts_of(reads: ReadSession, approval: str, *, is_own: bool) -> Facts:
    """What the table of rights asks about an approval, whoever asked for the thing."""
    return Facts(is_own=is_own, is_single_doctor=is_own and _is_alone(reads, approval))


def _is_alone(reads: ReadSession, approval: str) -> bool:
    """Whether the signed chain names nobody else with this right."""
    state = membership.current(reads)
    if state is not None:
        others = [each.roles for key, each in state.people.items() if key != reads.actor.user_id]
    else:  # older than its chain
        rows = reads.session.scalars(select(AppUser).where(AppUser.is_active)).all()
        others = [tuple(row.roles) for row in rows if row.id != reads.actor.user_id]
    return not any(decide(roles, approval, Facts()).is_allowed for roles in others)


@part
def ask(
    uow: UnitOfWork, task: Task, approval: str, do: Callable[[UnitOfWork, Task], T]
) -> Asked[T]:
    """Ask for something that needs ``approval``; ``do`` is done at once where nobody else could.

    Raises:
        ValidationError: no reason.
        RuleError: the same thing waits for a decision already.
    """
    task.reason = task.reason.strip()
    if not task.reason:
        raise ValidationError("reason", _("Say why."))
    if waiting_for(uow, task.focus_id) is not None:
        raise RuleError(_("A decision about this is waited for already."))
    task.status, task.requester_id, task.authored_at = "requested", uow.actor.user_id, uow.now
    task.owner_id = task.decided_at = task.output_id = None
    task.status_reason, task.is_self_approved = "", False
    uow.add(task)
    uow.session.flush()
    if not goes_at_once(uow, approval):
        return Asked(task.id, None)
    return Asked(task.id, approve(uow, task, approval, do))


@part
def waiting_for(reads: ReadSession, focus_id: uuid.UUID) -> Task | None:
    """What was asked for about a thing and is not decided yet."""
    return reads.session.scalar(
        select(Task).where(Task.focus_id == focus_id, Task.status == "requested", ~Task.is_deleted)
    )


@part
def waiting(reads: ReadSession, task_id: uuid.UUID, codes: Collection[str]) -> Task:
    """A request of these kinds that is not decided yet.

    Raises:
        NotFoundError: there is none.
        RuleError: it was decided or taken back meanwhile.
    """
    task = reads.session.get(Task, task_id)
    if task is None or task.code not in codes:
        raise NotFoundError(_("There is no such request."))
    if task.status != "requested":
        raise RuleError(_("This was decided already."), kept=_("Nothing was changed."))
    return task


@part
def approve(uow: UnitOfWork, task: Task, approval: str, do: Callable[[UnitOfWork, Task], T]) -> T:
    """Agree to it and do it, in this transaction.

    Raises:
        PermissionDeniedError: the actor asked for it himself, and somebody else could approve.
    """
    is_own = task.requester_id == uow.actor.user_id
    facts = facts_of(uow, approval, is_own=is_own)
    require(uow.actor, approval, facts)
    made = do(uow, task)
    task.output_id = made.id
    task.is_self_approved = decide(uow.actor.roles, approval, facts).is_self_approved
    _decide(uow, task, "completed")
    if task.is_self_approved:
        uow.audit(SELF_APPROVED, patient_id=task.patient_id, object_id=task.id, code=task.code)
    return made


@part
def decline(uow: UnitOfWork, task: Task, reason: str) -> None:
    """Say no, and why.

    Raises:
        ValidationError: no reason.
    """
    if not reason.strip():
        raise ValidationError("reason", _("Say why not."))
    task.status_reason = reason.strip()
    _decide(uow, task, "rejected")


@part
def withdraw(uow: UnitOfWork, task: Task) -> None:
    """Take a request of one's own back.

    Raises:
        RuleError: somebody else asked.
    """
    if task.requester_id != uow.actor.user_id:
        raise RuleError(_("Only who asked can take the request back."))
    _decide(uow, task, "cancelled")


def _decide(uow: UnitOfWork, task: Task, status: str) -> None:
    task.status, task.owner_id, task.decided_at = status, uow.actor.user_id, uow.now
