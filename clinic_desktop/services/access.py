"""The door of every public action: who may do it is declared, and checked before it runs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

from clinic_desktop.db.proofs import Proofs
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import MATRIX, PERMISSIONS, Actor, Facts, allowed, decide
from clinic_desktop.errors import PasswordAgainError, PermissionDeniedError
from clinic_desktop.i18n import _
from clinic_desktop.services import guard

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
_SERVICES = "clinic_desktop.services"
_SESSIONS = ("ReadSession", "UnitOfWork", "Session")


@dataclass(frozen=True)
class Action:
    """One entry of the register of public actions."""

    name: str
    permission: str
    writes: bool
    again: bool
    """Whether the password has to be of the last minutes."""
    keeps: frozenset[str] = frozenset()
    """Conditions that narrow what is shown (``permissions.NARROWED``), and that it sees to."""


PASSWORD_LASTS_S = 300.0
"""How old a password may be where it is asked for again."""
ACTIONS: dict[str, Action] = {}
"""Every command and query of the program, by ``module.function``."""


def require(
    actor: Actor,
    permission: str,
    facts: Facts | None = None,
    keeps: frozenset[str] = frozenset(),
) -> None:
    """Refuse what no role of the actor grants, on this thing if ``facts`` tell of one.

    Raises:
        PermissionDeniedError: with the name of the missing right.
    """
    if facts is None:
        may = allowed(actor, permission, keeps)
    else:
        may = decide(actor.roles, permission, facts).is_allowed
    if not may:
        raise PermissionDeniedError(
            _("{name} may not do this (needs {permission}).").format(
                name=actor.name or actor.login, permission=permission
            ),
            kept=_("Nothing was changed."),
            hint=_("Ask the owner of the practice."),
        )


def part(function: F) -> F:
    """Declare a function that only other services call, which have checked the right already."""
    function.is_part = True  # type: ignore[attr-defined]
    return function


def require_password(actor: Actor, proofs: Proofs) -> None:
    """Refuse what needs a password of the last minutes; the program itself has none to give.

    Raises:
        PasswordAgainError: it was typed too long ago, or a PIN brought the person back.
    """
    user = actor.user_id
    if user is not None and proofs.age(user) > PASSWORD_LASTS_S:
        raise PasswordAgainError(
            _("This needs your password again."),
            kept=_("Nothing was changed."),
            hint=_("It was typed more than five minutes ago."),
        )


def check_register() -> None:
    """Stop if a service loaded so far reaches the record and does not say who may use it.

    Raises:
        LookupError: with the names of such functions.
    """
    loaded = [each for name, each in sys.modules.items() if name.startswith(_SERVICES + ".")]
    found = sorted(name for module in loaded for name in undeclared(module))
    if found:
        raise LookupError(", ".join(found))


def undeclared(module: ModuleType) -> list[str]:
    """The public functions of a module that reach the record and are neither action nor part."""
    return [
        f"{module.__name__}.{name}"
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and module is not guard  # it is asked before an action, and answers nobody else
        and not hasattr(function, "is_part")
        and not hasattr(function, "permission")
        and _reaches_the_record(function)
    ]


def _reaches_the_record(function: Callable[..., Any]) -> bool:
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and str(first.annotation).rpartition(".")[2] in _SESSIONS


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
        is_clinical = MATRIX[permission].is_clinical

        @wraps(function)
        def checked(uow: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(uow.actor, permission)
            if is_clinical:
                guard.check(uow, permission, function, args, kwargs)
            if password_again:
                require_password(uow.actor, uow.proofs)
            return function(uow, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        checked.reason = name  # type: ignore[attr-defined]
        checked.origin = origin  # type: ignore[attr-defined]
        return checked

    return declare


def query(
    permission: str, *, password_again: bool = False, keeps: frozenset[str] = frozenset()
) -> Callable[[Callable[Concatenate[ReadSession, P], T]], Callable[Concatenate[ReadSession, P], T]]:
    """Declare a function that only reads; it gets the read session first, as in ``command``.

    ``keeps`` are conditions of the table that the function sees to by what it shows.
    """

    def declare(
        function: Callable[Concatenate[ReadSession, P], T],
    ) -> Callable[Concatenate[ReadSession, P], T]:
        _register(function, permission, writes=False, again=password_again, keeps=keeps)
        is_clinical = MATRIX[permission].is_clinical

        @wraps(function)
        def checked(reads: ReadSession, /, *args: P.args, **kwargs: P.kwargs) -> T:
            require(reads.actor, permission, keeps=keeps)
            if is_clinical:
                guard.check(reads, permission, function, args, kwargs)
            if password_again:
                require_password(reads.actor, reads.proofs)
            return function(reads, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked

    return declare


def _register(
    function: Callable[..., object],
    permission: str,
    *,
    writes: bool,
    again: bool,
    keeps: frozenset[str] = frozenset(),
) -> str:
    if permission not in PERMISSIONS:
        raise ValueError(permission)  # a spelling mistake must stop the start, not a visit
    name = f"{function.__module__.removeprefix('clinic_desktop.services.')}.{function.__name__}"
    ACTIONS[name] = Action(name, permission, writes, again, keeps)
    return name
