"""Who may do what: ``permission_matrix.csv``, and the one function that decides.

The file has a line per right and a column per role: ``yes``, nothing, or the conditions that must
all hold, joined by ``+``. What no line allows is refused.
"""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

OBJECT_CONDITIONS: Final = frozenset({"own", "open", "other", "two", "nursing"})
"""Looked at where the thing itself is at hand; without it the right may exist."""
NARROWED: Final = frozenset({"theirs", "needed", "granted", "dispensing", "security"})
"""Only a part, or only some people: refused unless a service shows no more than that."""
CONDITIONS: Final = OBJECT_CONDITIONS | NARROWED | {"engaged", "team"}
_EMERGENCY_VERBS: Final = frozenset({"read", "create", "flag"})
_EMERGENCY_ROLES: Final = frozenset({"doctor", "nurse"})


@dataclass(frozen=True)
class Grant:
    """One line of the matrix."""

    permission: str
    is_clinical: bool
    cells: Mapping[str, frozenset[str]]
    """The conditions by role; a role that is missing has no such right."""


def read_matrix(text: str) -> dict[str, Grant]:
    """The lines of a matrix by permission.

    Raises:
        ValueError: a word that means nothing here, or a line twice.
    """
    found: dict[str, Grant] = {}
    for row in csv.DictReader(text.splitlines()):
        name = row.pop("permission")
        is_clinical = row.pop("clinical") == "yes"
        row.pop("what")
        cells = {
            role: frozenset() if cell == "yes" else frozenset(cell.split("+"))
            for role, cell in row.items()
            if cell
        }
        unknown = frozenset().union(*cells.values()) - CONDITIONS
        if unknown or name in found:
            raise ValueError(name, sorted(unknown))
        found[name] = Grant(name, is_clinical, cells)
    return found


MATRIX: Final = read_matrix(Path(__file__).with_name("permission_matrix.csv").read_text("utf-8"))
PERMISSIONS: Final = frozenset(MATRIX)
ROLES: Final = (
    *("doctor", "nurse", "receptionist", "cashier", "accountant", "laboratory", "stock"),
    *("owner", "administrator", "insurer", "auditor", "patient"),
)
STAFF_ROLES: Final = tuple(role for role in ROLES if role not in {"insurer", "auditor", "patient"})
"""Those of the people who work here; the others need an engagement, or a portal."""
INSURER: Final = "insurer"
ENGAGED_ROLES: Final = ("auditor", INSURER)
"""Those that an owner gives for a time only."""
THEIRS: Final = frozenset({"theirs"})
"""What an action keeps that shows an insurer's agent only people insured there."""
SINGLE_DOCTOR: Final = (
    *("owner", "doctor", "receptionist", "cashier", "accountant", "administrator"),
)
"""What one person who does everything is."""
USUAL_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "front-desk": ("receptionist", "cashier"),
    "doctor": ("doctor",),
    "nurse": ("nurse",),
    "accountant": ("accountant",),
    "treating-owner": ("owner", "doctor"),
    "everything": SINGLE_DOCTOR,
}
"""Roles that go together, so that an owner need not think of nine for each person."""
VIEWS: Final = tuple(role for role in STAFF_ROLES if role != "owner")
"""Whose window an owner can look at."""


@dataclass(frozen=True)
class Actor:
    """The signed-in person on whose behalf a service runs."""

    user_id: uuid.UUID | None
    login: str
    name: str = ""
    roles: tuple[str, ...] = ()
    practitioner_id: uuid.UUID | None = None
    engaged_until: datetime | None = None
    """When the time of somebody from outside ends."""
    insurer: str = ""
    """Whose agent the person is, as the insurer stands in the policies of patients."""
    sees_as: str = ""
    """The role whose window an owner looks at; as long as that lasts, nothing is written."""


SYSTEM = Actor(None, "system", "Clinic Desktop", STAFF_ROLES)
"""The program itself: first set-up and maintenance."""


@dataclass(frozen=True)
class Facts:
    """What is known about the thing a right is used on."""

    is_own: bool = False
    """The person wrote it, or asked for it."""
    is_signed: bool = False
    """Signed or issued: it does not change any more."""
    is_seconded: bool = False
    """A second administrator agreed."""
    is_restricted: bool = False
    """Its chart or section is for those who treat the patient."""
    in_care_team: bool = False
    is_emergency: bool = False
    """The person broke the glass, with a reason."""
    is_engaged: bool = False
    """The time of an auditor or an insurer's agent runs."""
    is_single_doctor: bool = False
    """One person does everything here; nobody else could approve."""
    narrowed: frozenset[str] = frozenset()
    """Conditions of ``NARROWED`` that the service keeps."""


@dataclass(frozen=True)
class Decision:
    """Whether, and whether the person approved of his own doing."""

    is_allowed: bool
    is_self_approved: bool = False


REFUSED: Final = Decision(is_allowed=False)


def decide(roles: Iterable[str], permission: str, facts: Facts) -> Decision:
    """Whether one of the roles gives the right on this thing.

    Raises:
        KeyError: there is no such permission.
    """
    grant = MATRIX[permission]
    holds, waived = _holding(facts)
    best = REFUSED
    for role in set(roles) & grant.cells.keys():
        needed = grant.cells[role]
        if not needed <= holds | waived or not _past_restriction(role, grant, facts):
            continue
        if needed <= holds:
            return Decision(is_allowed=True)
        best = Decision(is_allowed=True, is_self_approved=True)
    return best


def _holding(facts: Facts) -> tuple[frozenset[str], frozenset[str]]:
    """The conditions that hold, and those that only nobody else could fulfil."""
    told = {
        "own": facts.is_own,
        "open": not facts.is_signed,
        "other": not facts.is_own,
        "two": facts.is_seconded,
        "nursing": True,
        "team": facts.in_care_team,
        "engaged": facts.is_engaged,
    }
    holds = frozenset(word for word, is_so in told.items() if is_so)
    waived = frozenset({"other", "two"} if facts.is_single_doctor else ())
    return holds | facts.narrowed, waived


def past_restriction(roles: Iterable[str], permission: str, facts: Facts) -> bool:
    """Whether confidence alone would let one of the roles use the right on this chart.

    Raises:
        KeyError: there is no such permission.
    """
    grant = MATRIX[permission]
    held = set(roles) & grant.cells.keys()
    return any(_past_restriction(role, grant, facts) for role in held)


def _past_restriction(role: str, grant: Grant, facts: Facts) -> bool:
    """A restricted chart is for its care team; in an emergency to read and to add."""
    if not (facts.is_restricted and grant.is_clinical) or "granted" in grant.cells[role]:
        return True
    if role == "doctor" and facts.in_care_team:
        return True
    verb = grant.permission.partition(".")[2]
    return facts.is_emergency and role in _EMERGENCY_ROLES and verb in _EMERGENCY_VERBS


def allowed(actor: Actor, permission: str, keeps: frozenset[str] = frozenset()) -> bool:
    """Whether a role of the actor gives the right at all; unknown roles give nothing.

    Conditions about the thing itself are decided where it is at hand, by ``decide``; ``keeps`` has
    those of ``NARROWED`` that the action sees to. Whoever sees the window as a role gets what that
    role is offered, and of what can be read no more than his own rights give.
    """
    holds = keeps | (frozenset({"engaged"}) if actor.engaged_until is not None else frozenset())
    may = any(permission in _rights(role, holds) for role in actor.roles)
    if not actor.sees_as:
        return may
    if permission == "draft.write" or permission not in _rights(actor.sees_as, keeps):
        return False
    return may or not _shows(permission)


@cache
def _rights(role: str, told: frozenset[str]) -> frozenset[str]:
    holds = OBJECT_CONDITIONS | told
    return frozenset(
        name for name, each in MATRIX.items() if role in each.cells and each.cells[role] <= holds
    )


def rights_of(roles: Iterable[str], *, engaged: bool = False) -> frozenset[str]:
    """What the roles give at all, whatever the thing; ``engaged`` while somebody's time runs."""
    holds = THEIRS | {"engaged"} if engaged else frozenset()
    return frozenset().union(*(_rights(role, holds) for role in roles))


def _shows(permission: str) -> bool:
    """Whether a right lets something be seen; the others change something."""
    return permission.partition(".")[2] in {"find", "read", "flag", "own", "export"}
