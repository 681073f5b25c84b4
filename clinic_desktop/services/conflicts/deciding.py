"""Deciding a question: an ordinary write that takes the place of every version of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from clinic_desktop.db import disputes
from clinic_desktop.db.answers import ANSWER, ANSWERED, REOPEN, answers_to, asking
from clinic_desktop.db.collisions import COLLISIONS, TakenBack
from clinic_desktop.db.commits import Names
from clinic_desktop.db.conflicts import OpenConflict, decide
from clinic_desktop.db.disputes import Disputes, Told
from clinic_desktop.db.history import write_values
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import Cell, Kind, Severity
from clinic_desktop.errors import NotFoundError, RuleError, StaleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services.access import command, require
from clinic_desktop.services.conflicts import repeating, rights
from clinic_desktop.services.conflicts.fields import EDITABLE
from clinic_desktop.services.conflicts.listing import find
from clinic_desktop.services.conflicts.side_by_side import fit_side_by_side

LONGEST = 200_000
"""Letters in one field of a third value."""


@dataclass(frozen=True)
class Resolve:
    """What somebody decided."""

    conflict_id: uuid.UUID
    keep: tuple[str, ...]
    """Names of the versions that hold: one, or several where the chart can hold both."""
    edited: Mapping[str, str] = field(default_factory=dict)
    """Words put together anew, by column; the rest is of the version kept."""


@dataclass(frozen=True)
class Resolved:
    """What is needed to ask it again."""

    asked: OpenConflict
    before: Mapping[str, Any]
    """What the row showed until then."""
    after: Mapping[str, Any]
    copies: tuple[uuid.UUID, ...] = ()
    """Rows that were made because both versions hold."""
    can_undo: bool = True


@command("conflict.amend")
def resolve(uow: UnitOfWork, wish: Resolve) -> Resolved:
    """Decide a question; it is gone at every PC that hears of it.

    Of what is only told, and of two rows that may both stay, nothing is kept by name: the answer
    is that it was looked at.

    Raises:
        NotFoundError: it is decided already, or there is no such version.
        PermissionDeniedError: what it is about is closed to the person, or not theirs to decide.
        RuleError: the row is signed, issued or decided, and no version would be kept as it is;
            or a chart cannot hold both.
        ValidationError: a third value that cannot be written here.
    """
    uow.session.flush()
    asked = find(uow, wish.conflict_id)
    fixed = disputes.is_fixed(uow.cursor, asked)
    rights.see(uow, asked)
    require(uow.actor, rights.deciding(asked, is_fixed=fixed))
    if asked.kind in ANSWERED:
        uow.audit(
            ANSWER, patient_id=asked.patient_id, object_id=wish.conflict_id, question=asked.kind
        )
        return Resolved(asked, {}, {}, can_undo=asked.kind in COLLISIONS)
    told = {each.name: each for each in Disputes(uow.cursor).versions(asked)}
    if not wish.keep or set(wish.keep) - told.keys():
        raise NotFoundError(
            _("There is no such version."), hint=_("Look at the question again and choose one.")
        )
    kept = [told[name] for name in dict.fromkeys(wish.keep)]
    before = disputes.shown(uow.cursor, asked)
    after = _answer(asked, kept[0], wish, is_fixed=fixed)
    copies = _copies(uow, asked, kept, is_fixed=fixed)
    decide(uow.cursor, asked.table, asked.row_id, asked.group, after)
    uow.audit(
        "conflict.resolve", patient_id=asked.patient_id, object_id=asked.row_id,
        table=asked.table, kept=" ".join(wish.keep), edited=int(bool(wish.edited)),
    )  # fmt: skip
    return Resolved(asked, before, after, copies, can_undo=not fixed)


@command("user.approve", password_again=True)
def repeat_step(uow: UnitOfWork, conflict_id: uuid.UUID, signer: Identity) -> None:
    """Take a step of an owner that came to nothing once more, with these keys; that closes it.

    Raises:
        NotFoundError: the question is not open any more.
        RuleError, ValidationError: see ``repeating.take_again``.
    """
    uow.session.flush()
    asked = find(uow, conflict_id)
    rights.see(uow, asked)
    repeating.take_again(uow, asked, signer)
    uow.audit(ANSWER, object_id=conflict_id, question=asked.kind)


@command("conflict.amend")
def undo_resolve(uow: UnitOfWork, done: Resolved) -> None:
    """Ask again: the row shows what it did, and every version is to choose from as before.

    Raises:
        RuleError: what was chosen is signed, issued or decided.
        StaleError: somebody wrote there since.
    """
    uow.session.flush()
    asked = done.asked
    rights.see(uow, asked)
    require(uow.actor, rights.deciding(asked, is_fixed=False))
    if done.can_undo and asked.kind in COLLISIONS:
        _ask_again(uow, asked)
        return
    if not done.can_undo or disputes.is_fixed(uow.cursor, asked):
        raise RuleError(_("For what was signed or issued, the choice is final."))
    now = disputes.shown(uow.cursor, asked)
    if any(now.get(name) != value for name, value in done.after.items()):
        raise StaleError(
            _("This was changed again since."),
            kept=_("The newer value was kept."),
            hint=_("Look at the list of changes."),
        )
    for copy in done.copies:
        write_values(uow.cursor, asked.table, copy, [("is_deleted", 1)])
    decide(uow.cursor, asked.table, asked.row_id, asked.group, done.before)
    spec, names = BY_NAME[asked.table], Names(uow.cursor)
    places = [names.dot(cid) for cid in asked.versions]
    again = merging.Conflict(
        Kind(asked.kind),
        Severity(asked.severity),
        Cell(spec.number, asked.row_id.bytes, asked.group),
        tuple(Dot(names.device_id(dev), dseq) for dev, dseq in places),
    )
    uow.audit(REOPEN, patient_id=asked.patient_id, object_id=asked.row_id, **asking(again))


def _ask_again(uow: UnitOfWork, asked: OpenConflict) -> None:
    """Two rows that do not go together: whoever said that they were looked at takes it back."""
    again = TakenBack(
        asked.kind, asked.table, asked.row_id.hex, answers_to(uow.cursor, asked.id)
    )  # fmt: skip
    uow.audit(
        REOPEN, patient_id=asked.patient_id, object_id=uuid.UUID(bytes=asked.id),
        **msgspec.structs.asdict(again),
    )  # fmt: skip


def _answer(asked: OpenConflict, kept: Told, wish: Resolve, *, is_fixed: bool) -> dict[str, Any]:
    """What the row shall show from now on."""
    if asked.kind == Kind.DELETE_EDIT.value:
        return {"is_deleted": int(kept.deletes)}
    if asked.kind == Kind.TOO_LATE.value:
        return {"is_deleted": 1}  # what was issued stays as it is
    if asked.kind != Kind.VALUE.value:
        raise RuleError(_("This is not decided here."))
    if not kept.values:
        raise NotFoundError(_("The words of this version were erased."))
    return {**kept.values, **(_edited(asked, wish, is_fixed=is_fixed) if wish.edited else {})}


def _edited(asked: OpenConflict, wish: Resolve, *, is_fixed: bool) -> dict[str, str]:
    """The words of a third value."""
    if is_fixed:
        raise RuleError(
            _("This is signed or issued: one version is kept as it is."),
            kept=_("Nothing was changed."),
            hint=_("Choose one of the versions."),
        )
    if len(wish.keep) > 1:
        raise ValidationError("keep", _("Either both are kept, or one is edited."))
    for name, words in wish.edited.items():
        if name not in EDITABLE.get((asked.table, asked.group), ()):
            raise ValidationError(name, _("This is not edited here: choose one, then change it."))
        if len(words) > LONGEST:
            raise ValidationError(name, _("This text is too long."))
    return {name: words.strip() for name, words in wish.edited.items()}


def _copies(
    uow: UnitOfWork, asked: OpenConflict, kept: list[Told], *, is_fixed: bool
) -> tuple[uuid.UUID, ...]:
    """A row of its own for every version that holds beside the first."""
    if len(kept) == 1:
        return ()
    if is_fixed or not fit_side_by_side(asked, kept):
        raise RuleError(
            _("Only one of these versions can be right."),
            kept=_("Nothing was changed."),
            hint=_("Choose one of the versions."),
        )
    made = tuple(uow.new_id() for _each in kept[1:])
    for row_id, each in zip(made, kept[1:], strict=True):
        disputes.copy_row(uow.cursor, asked, row_id, each.values)
    return made
