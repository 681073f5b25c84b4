"""The door of every public action: who may do it is declared, and checked before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import PERMISSIONS, Actor, allowed
from clinic_desktop.errors import PasswordAgainError, PermissionDeniedError
from clinic_desktop.i18n import _

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Action:
    """One entry of the register of public actions."""

    name: str
    permission: str
    writes: bool
    again: bool
    """Whether the password has to be of the last minutes."""


PASSWORD_LASTS_S = 300.0
"""How old a password may be where it is asked for again."""
ACTIONS: dict[str, Action] = {}
"""Every command and query of the program, by ``module.function``."""


def require(actor: Actor, permission: str) -> None:
    """Refuse what no role of the actor grants.

    Raises:
        PermissionDeniedError: with the name of the missing right.
    """
    if not allowed(actor, permission):
        raise PermissionDeniedError(
            _("{name} may not do this (needs {permission}).").format(
                name=actor.name or actor.login, permission=permission
            ),
            kept=_("Nothing was changed."),
            hint=_("Ask the owner of the practice."),
        )


def require_password(session: ReadSession) -> None:
    """Refuse what needs a password of the last minutes; the program itself has none to give.

    Raises:
        PasswordAgainError: it was typed too long ago, or a PIN brought the person back.
    """
    user = session.actor.user_id
    if user is not None and session.proofs.age(user) > PASSWORD_LASTS_S:
        raise PasswordAgainError(
            _("This needs your password again."),
            kept=_("Nothing was changed."),
            hint=_("It was typed more than five minutes ago."),
        )


def command(
    permission: str, *, origin: str = "local", password_again: bool = False
) -> Callable[[Callable[Concatenate[UnitOfWork, P], T]], Callable[Concatenate[UnitOfWork, P], T]]:
    """Declare a function that writes; it gets the unit of work first.

    The function's name is the reason stored with the commit. ``password_again`` asks for a
    password of the last minutes.
    """

    def declare(
        function: Callable[Concatenate[UnitOfWork, P], T],
    ) -> Callable[Concatenate[UnitOfWork, P], T]:
        name = _register(function, permission, writes=True, again=password_again)

        @wraps(function)
        def checked(uow: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(uow.actor, permission)
            if password_again:
                require_password(uow)
            return function(uow, *args, **kwargs)

        checked.reason = name  # type: ignore[attr-defined]
        checked.origin = origin  # type: ignore[attr-defined]
        return checked

    return declare


def query(
    permission: str, *, password_again: bool = False
) -> Callable[[Callable[Concatenate[ReadSession, P], T]], Callable[Concatenate[ReadSession, P], T]]:
    """Declare a function that only reads; it gets the read session first, as in ``command``."""

    def declare(
        function: Callable[Concatenate[ReadSession, P], T],
    ) -> Callable[Concatenate[ReadSession, P], T]:
        _register(function, permission, writes=False, again=password_again)

        @wraps(function)
        def checked(reads: ReadSession, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(reads.actor, permission)
            if password_again:
                require_password(reads)
            return function(reads, *args, **kwargs)

        return checked

    return declare


def _register(
    function: Callable[..., object], permission: str, *, writes: bool, again: bool
) -> str:
    if permission not in PERMISSIONS:
        raise ValueError(permission)  # a spelling mistake must stop the start, not a visit
    name = f"{function.__module__.removeprefix('clinic_desktop.services.')}.{function.__name__}"
    ACTIONS[name] = Action(name, permission, writes, again)
    return name
