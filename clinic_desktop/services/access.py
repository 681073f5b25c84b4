"""The door of every public action: who may do it is declared, and checked before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import PERMISSIONS, Actor, allowed
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.i18n import _

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Action:
    """One entry of the register of public actions."""

    name: str
    permission: str
    writes: bool


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


def command(
    permission: str, *, origin: str = "local"
) -> Callable[[Callable[Concatenate[UnitOfWork, P], T]], Callable[Concatenate[UnitOfWork, P], T]]:
    """Declare a function that writes; it gets the unit of work first.

    The function's name is the reason stored with the commit.
    """

    def declare(
        function: Callable[Concatenate[UnitOfWork, P], T],
    ) -> Callable[Concatenate[UnitOfWork, P], T]:
        name = _register(function, permission, writes=True)

        @wraps(function)
        def checked(uow: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(uow.actor, permission)
            return function(uow, *args, **kwargs)

        checked.reason = name  # type: ignore[attr-defined]
        checked.origin = origin  # type: ignore[attr-defined]
        return checked

    return declare


def query(
    permission: str,
) -> Callable[[Callable[Concatenate[ReadSession, P], T]], Callable[Concatenate[ReadSession, P], T]]:
    """Declare a function that only reads; it gets the read session first."""

    def declare(
        function: Callable[Concatenate[ReadSession, P], T],
    ) -> Callable[Concatenate[ReadSession, P], T]:
        _register(function, permission, writes=False)

        @wraps(function)
        def checked(reads: ReadSession, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(reads.actor, permission)
            return function(reads, *args, **kwargs)

        return checked

    return declare


def _register(function: Callable[..., object], permission: str, *, writes: bool) -> str:
    if permission not in PERMISSIONS:
        raise ValueError(permission)  # a spelling mistake must stop the start, not a visit
    name = f"{function.__module__.removeprefix('clinic_desktop.services.')}.{function.__name__}"
    ACTIONS[name] = Action(name, permission, writes)
    return name
