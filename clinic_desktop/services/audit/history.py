"""What a chart said before: who changed which field, from what to what; and putting it back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_desktop.db import confidentiality, history
from clinic_desktop.db.history import History, Version
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import Actor, allowed
from clinic_desktop.errors import NotFoundError, RuleError, StaleError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import charts, guard
from clinic_desktop.services.access import command, query, require
from clinic_desktop.services.audit.names import (
    FIELDS,
    FRONT_DESK,
    NOT_RESTORABLE_GROUPS,
    RESTORABLE,
    TABLES,
)

WORDS = frozenset({"note", "document_reference", "referral", "sick_note"})
"""Tables of what is written at a visit, which may be kept in confidence."""
MOST = 500
"""Changes of one chart that are listed."""


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after one commit; values as the file keeps them."""

    at: datetime
    who: str
    """Empty for the program itself."""
    reason: str
    table: str
    row_id: uuid.UUID
    group: str
    field: str
    before: Any
    after: Any
    cid: int
    replaced: int
    """The commit whose values stood before; they can be put back if ``can_restore``."""
    base: int
    """The newest commit of the row when this was read."""
    can_restore: bool


@query("patient.read")
def of(reads: ReadSession, table: str, row_id: uuid.UUID) -> list[FieldChange]:
    """Every change of every field of a row, the newest first.

    Raises:
        PermissionDeniedError: a table of the chart, and the person may not read charts.
        NotFoundError: there is no such row, or its table has no history.
    """
    if table not in TABLES:
        raise NotFoundError(_("There is no such row."))
    require(reads.actor, _permission(table))
    if table not in FRONT_DESK:
        for patient_id, _treated in confidentiality.owners(reads, table, [row_id]):
            guard.enter(reads, _permission(table), patient_id)
    if table in WORDS:
        guard.hear(reads, table, row_id)
    versions = History(reads.cursor).of(table, row_id)
    if not versions:
        raise NotFoundError(_("There is no such row."))
    return _changes(table, row_id, versions, _people(reads), reads.actor)


@query("patient.read")
def of_chart(reads: ReadSession, patient_id: uuid.UUID) -> list[FieldChange]:
    """What was changed in a chart after it was entered, the newest first."""
    patients = [each.bytes for each in charts.chart_ids(reads.session, patient_id)]
    people, read = _people(reads), History(reads.cursor)
    found: list[FieldChange] = []
    hidden = confidentiality.hidden_visits(reads, patient_id)
    for table in TABLES:
        may = table in FRONT_DESK or guard.may_enter(reads, _permission(table), patient_id)
        if may and allowed(reads.actor, _permission(table)):
            for row_id in history.changed_rows(reads.cursor, table, patients):
                if table in WORDS and confidentiality.visit_of(reads, table, row_id) in hidden:
                    continue
                versions = read.of(table, row_id)
                found += _changes(table, row_id, versions, people, reads.actor)
    return sorted(found, key=lambda each: -each.cid)[:MOST]


@command("patient.amend")
def put_back(uow: UnitOfWork, change: FieldChange) -> int:
    """Give a group of fields the values it had before a change: a change like any other.

    Returns the commit whose values stood until then, for ``undo_put_back``.

    Raises:
        RuleError: this kind of row is changed in its own form only.
        NotFoundError: there is no such version.
        StaleError: the row was changed since its history was read.
    """
    known = _versions(uow, change)
    uow.expect(change.table, change.row_id, change.base)
    _restore(uow, change, known, change.replaced)
    return max(known)


@command("patient.amend")
def undo_put_back(uow: UnitOfWork, change: FieldChange, stood: int) -> None:
    """Take putting back back: the values of the commit ``stood`` hold again.

    Raises:
        RuleError, NotFoundError: see ``put_back``.
        StaleError: the fields were changed since they were put back.
    """
    known = _versions(uow, change)
    put = known.get(change.replaced)
    if put is None or known[max(known)].values != put.values:
        raise StaleError(
            _("This was changed again since."),
            kept=_("The newer value was kept."),
            hint=_("Look at the list of changes."),
        )
    _restore(uow, change, known, stood)


def _versions(uow: UnitOfWork, change: FieldChange) -> dict[int, Version]:
    """The versions of the fields that were changed, by commit."""
    if change.table not in RESTORABLE or change.group in NOT_RESTORABLE_GROUPS:
        raise RuleError(_("This is put right in its own form."))
    found = History(uow.cursor).of(change.table, change.row_id)
    return {each.cid: each for each in found if each.group.name == change.group}


def _restore(uow: UnitOfWork, change: FieldChange, known: dict[int, Version], commit: int) -> None:
    if commit not in known:
        raise NotFoundError(_("There is no such version."))
    table, row_id = change.table, change.row_id
    history.write_values(uow.cursor, table, row_id, known[commit].values.items())
    uow.audit("history.put-back", object_id=row_id, table=table, group=change.group, commit=commit)


def _permission(table: str) -> str:
    return "patient.read" if table in FRONT_DESK else "chart.read"


def _people(reads: ReadSession) -> dict[uuid.UUID, str]:
    rows = reads.cursor.execute("SELECT id, name FROM app_user").fetchall()
    return {uuid.UUID(bytes=row[0]): str(row[1]) for row in rows}


def _changes(
    table: str,
    row_id: uuid.UUID,
    versions: list[Version],
    people: dict[uuid.UUID, str],
    actor: Actor,
) -> list[FieldChange]:
    """Differences of each version with the one it replaced, field by field."""
    at = {(each.group.number, each.cid): each for each in versions}
    base = max((each.cid for each in versions), default=0)
    may = table in RESTORABLE and allowed(actor, "patient.amend")
    found = []
    for version in versions:
        for replaced in version.replaces:
            before = at.get((version.group.number, replaced))
            for name in version.group.names if before is not None else ():
                old, new = before.values.get(name) if before else None, version.values.get(name)
                if name in FIELDS and (old or "") != (new or ""):
                    found.append(
                        FieldChange(
                            from_millis(version.wall),
                            people.get(version.user_id, "") if version.user_id else "",
                            version.reason,
                            table,
                            row_id,
                            version.group.name,
                            name,
                            old,
                            new,
                            version.cid,
                            replaced,
                            base,
                            may and version.group.name not in NOT_RESTORABLE_GROUPS,
                        )
                    )
    return sorted(found, key=lambda each: -each.cid)


assert BY_NAME.keys() >= TABLES.keys()  # noqa: S101 - a spelling mistake stops the start
