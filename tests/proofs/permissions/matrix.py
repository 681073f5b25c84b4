"""T12: the matrix decides as the oracle does, and every action of the program asks it."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from itertools import combinations, product
from random import Random
from types import SimpleNamespace
from typing import Any

import clinic_desktop.services
from clinic_desktop.domain.permissions import MATRIX, NARROWED, ROLES, Actor, Facts, decide
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.services.access import ACTIONS, Action, undeclared
from tests.proofs.permissions import oracle
from tests.proofs.permissions.oracle import Case
from tests.proofs.result import Result

PREFIX = {
    "demographics": "patient", "appointments": "appointment", "encounter note": "note",
    "diagnoses": "diagnosis", "vitals": "vitals", "allergies": "allergy",
    "prescription": "prescription", "controlled drug issue": "controlled",
    "lab order": "lab-order", "lab result entry": "result", "lab result verify": "verification",
    "documents": "document", "restricted section": "restricted", "consents": "consent",
    "invoice": "invoice", "payment": "payment", "refund": "refund", "price list": "price",
    "insurance claim": "claim", "stock": "supply", "reports clinical": "report-clinical",
    "reports financial": "report-financial", "users": "user", "backup": "backup",
    "audit log": "audit", "emergency access": "emergency",
}  # fmt: skip
NAMES = {
    ("demographics name", "read"): "patient.find",
    ("allergy flag", "flag"): "allergy.flag",
    ("audit log of oneself", "read"): "audit.own",
}
EVERYBODY = "doctor nurse receptionist cashier accountant laboratory stock owner administrator"
BEYOND = {
    # Rights the design's table does not name: by role, from what they are for.
    "patient.merge": "doctor owner",
    "chart.read": "doctor nurse owner auditor",
    "confidence.write": "doctor owner",
    "visit.create": "doctor nurse",
    "letter.create": "doctor",
    "disclosure.read": "doctor nurse receptionist owner auditor",
    "disclosure.create": "doctor nurse receptionist owner",
    "subject.read": "doctor receptionist owner auditor",
    "subject.create": "doctor nurse receptionist owner",
    "subject.amend": "doctor owner",
    "subject.export": "doctor owner",
    "subject.erase": "owner",
    "practice.read": EVERYBODY + " insurer auditor",
    "practice.write": "owner",
    "print.read": EVERYBODY,
    "print.write": EVERYBODY,
    "draft.write": EVERYBODY,
    "import.run": "owner",
    "export.run": "owner",
    "pack.write": "owner administrator",
    "record.check": "owner administrator",
    "device.read": EVERYBODY + " auditor",
    "device.approve": "owner",
    "sync.run": EVERYBODY,
    "conflict.read": EVERYBODY + " auditor",
    "conflict.amend": "doctor nurse receptionist cashier accountant laboratory owner",
}
PRINTED = {"papers.day_close.day_close"}
"""Papers by a right of their own, for which one has to have the right to print besides."""
FLAGS = 8


def asked() -> dict[str, tuple[str, str]]:
    """The permissions of the program that the table speaks of: their resource and verb."""
    found = {f"{PREFIX[r]}.{v}": (r, v) for r, v in product(PREFIX, oracle.VERB_OF.values())}
    found |= {name: where for where, name in NAMES.items()}
    return found


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Compare ``size`` decisions, spread over all there are; then the live calls and the drift."""
    del jobs
    lines = oracle.table()
    failures = [each for case in _some(size, seed) for each in _differs(case, lines)]
    calls, wrong = live_calls()
    failures += wrong + drift()
    return Result("T12", size + calls - len(failures), failures, seed)


def _some(size: int, seed: int) -> Iterator[tuple[str, Case]]:
    sets = [each for count in (1, 2, 3) for each in combinations(ROLES, count)]
    questions = sorted(asked().items())
    total = len(sets) * len(questions) * 2**FLAGS
    rng = Random(seed)
    start, step = rng.randrange(total), rng.randrange(1, total)
    while math.gcd(step, total) != 1:
        step += 1
    for number in range(size):  # a step without a common factor comes by everything once
        rest, flags = divmod((start + number * step) % total, 2**FLAGS)
        which, question = divmod(rest, len(questions))
        permission, (resource, verb) = questions[question]
        told = [bool(flags >> bit & 1) for bit in range(FLAGS)]
        yield permission, Case(sets[which], resource, verb, *told)


def _differs(asked_: tuple[str, Case], lines: oracle.Lines) -> Iterator[str]:
    permission, case = asked_
    facts = Facts(
        is_own=case.own, is_signed=case.signed, is_restricted=case.restricted,
        in_care_team=case.team, is_emergency=case.glass, is_engaged=case.engaged,
        is_single_doctor=case.single, narrowed=NARROWED if case.narrowed else frozenset(),
    )  # fmt: skip
    if permission in MATRIX:
        found = decide(case.roles, permission, facts)
        got = (found.is_allowed, found.is_self_approved)
    else:
        got = (False, False)
    if got != oracle.answer(case, lines):
        yield f"{permission} {case}: {got}"


def services() -> list[Any]:
    """Every module of the services, loaded."""
    path, prefix = clinic_desktop.services.__path__, "clinic_desktop.services."
    return [import_module(each.name) for each in pkgutil.walk_packages(path, prefix)]


def action(name: str) -> Callable[..., Any]:
    """The function of an entry of the register."""
    module, _dot, function = name.rpartition(".")
    found: Callable[..., Any] = getattr(
        import_module(f"clinic_desktop.services.{module}"), function
    )
    return found


def live_calls() -> tuple[int, list[str]]:
    """Knock at every action as every role; whoever is let in stumbles over the missing record."""
    services()
    lines, wrong, count = oracle.table(), [], 0
    for name, role, engaged in product(sorted(ACTIONS), ROLES, (False, True)):
        count += 1
        until = datetime.max.replace(tzinfo=UTC) if engaged else None
        door = SimpleNamespace(actor=Actor(None, role, roles=(role,), engaged_until=until))
        try:
            action(name)(door)
        except PermissionDeniedError:
            came_in = False
        except Exception:  # noqa: BLE001 - there is no record behind the door
            came_in = True
        else:
            came_in = True
        if came_in != _may(role, ACTIONS[name], lines, engaged=engaged):
            wrong.append(f"{name} as {role}: {came_in}")
    return count, wrong


def _may(role: str, action_: Action, lines: oracle.Lines, *, engaged: bool) -> bool:
    """Whether the role may do this with anything at all, with no glass broken."""
    permission = action_.permission
    if action_.name in PRINTED and role not in BEYOND["print.read"].split():
        return False
    if permission in BEYOND:
        is_outside = role in {"auditor", "insurer"}
        return role in BEYOND[permission].split() and (engaged or not is_outside)
    resource, verb = asked()[permission]
    # The one condition that an action keeps so far is the insurer's.
    narrowed = bool(action_.keeps) and role == "insurer"
    return any(
        oracle.answer(
            Case((role,), resource, verb, own, signed, False, False, False, engaged, single,
                 narrowed),
            lines,
        )[0]
        for own, signed, single in product((False, True), repeat=3)
    )  # fmt: skip


def drift() -> list[str]:
    """Actions and rights that the oracle does not know, and functions that nobody declared."""
    found = [each for module in services() for each in undeclared(module)]
    known = asked().keys() | BEYOND.keys()
    found += [f"not in the oracle: {each}" for each in MATRIX.keys() - known]
    found += [
        f"{name} needs {each.permission}, which no line gives"
        for name, each in ACTIONS.items()
        if each.permission not in MATRIX
    ]
    for permission, roles in BEYOND.items():
        if set(roles.split()) != MATRIX[permission].cells.keys():
            found.append(f"{permission}: {sorted(MATRIX[permission].cells)}")
    return found
