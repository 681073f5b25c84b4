"""Answers to questions that no write of a row can give, and questions that are asked again.

Both are events of the log, so that every PC that has them shows the same questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clinic_desktop.db.collisions import COLLISIONS
from clinic_desktop.db.commits import Names
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import Cell, Conflict, Kind, Severity, Versions

ANSWER = "conflict.answer"
"""Somebody read what was told and dealt with it; ``object_id`` is the question."""
REOPEN = "conflict.reopen"
"""Somebody took a decision back; ``object_id`` is the row, ``detail`` says about what.

Of two rows that do not go together ``object_id`` is the question, see ``db.collisions``.
"""
BY_OLD_KEYS = "old-keys"
"""A step that counts though its author's keys had been replaced, see ``membership_sheets``."""
TOLD = ("membership", BY_OLD_KEYS, "author")
"""Kinds about which there is nothing to choose."""
ANSWERED = (*TOLD, *COLLISIONS)
"""Kinds that an answer closes; the latter also end when one of their rows is changed."""
# In these words the index on such events is found.
_EVENTS = "e.kind IN ('conflict.answer', 'conflict.reopen')"


class Asked(msgspec.Struct, frozen=True):
    """What is asked again, as the event has it."""

    table: int
    group: int
    question: str
    """Its kind."""
    severity: int
    versions: str
    """Device and number of each, as in ``ab12…:7 ab13…:9``."""

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The versions in dispute."""
        pairs = [each.split(":") for each in self.versions.split()]
        return tuple(Dot(bytes.fromhex(device), int(number)) for device, number in pairs)


_read = msgspec.json.Decoder(Asked).decode


def asking(conflict: Conflict) -> dict[str, str | int]:
    """The detail of the event that asks a question again."""
    versions = " ".join(f"{dot.device.hex()}:{dot.number}" for dot in conflict.dots)
    return {
        "table": conflict.cell.table, "group": conflict.cell.group, "question": conflict.kind.value,
        "severity": conflict.severity.value, "versions": versions,
    }  # fmt: skip


def close_answered(cursor: Any) -> None:
    """Close what was told and answered; at the end of each commit, of this PC or another.

    An answer counts unless it was taken back: that names it, so the order does not matter.
    """
    cursor.execute(
        f"DELETE FROM sync_conflict WHERE kind IN ({marks(ANSWERED)}) AND EXISTS (SELECT 1 FROM"
        f" audit_event e WHERE {_EVENTS} AND e.object_id = sync_conflict.id AND e.kind = ?"
        " AND NOT EXISTS (SELECT 1 FROM audit_event r WHERE r.kind IN ('conflict.answer',"
        " 'conflict.reopen') AND r.object_id = e.object_id AND r.kind = ?"
        " AND instr(r.detail, lower(hex(e.id))) > 0))",
        (*ANSWERED, ANSWER, REOPEN),
    )


def answers_to(cursor: Any, question: bytes) -> str:
    """The answers that closed a question, as the event that takes them back names them."""
    rows = cursor.execute(
        f"SELECT lower(hex(e.id)) FROM audit_event e WHERE {_EVENTS} AND e.object_id = ?"
        " AND e.kind = ? ORDER BY e.id",
        (question, ANSWER),
    ).fetchall()
    return " ".join(row[0] for row in rows)


def reopened(
    cursor: Any, names: Names, table: int, pk: bytes, cells: dict[int, Versions]
) -> list[Conflict]:
    """Questions whose answer was taken back, as long as nobody wrote the cell again."""
    found = []
    for sv, detail in cursor.execute(
        f"SELECT e.sv, e.detail FROM audit_event e WHERE {_EVENTS} AND e.object_id = ?"
        " AND e.kind = ?",
        (pk, REOPEN),
    ).fetchall():
        dev, dseq = names.dot(sv)
        try:
            told = _read(detail)
            cell = Cell(table, pk, told.group)
            again = Conflict(Kind(told.question), Severity(told.severity), cell, told.dots)
        except (msgspec.DecodeError, ValueError):
            continue  # erased, or not written by this program
        live = [each.dot for each in cells.get(told.group, ())]
        is_here = all(_cid(names, dot) is not None for dot in again.dots)
        if told.table == table and live == [Dot(names.device_id(dev), dseq)] and is_here:
            found.append(again)
    return found


def _cid(names: Names, dot: Dot) -> int | None:
    dev = names.dev(dot.device)
    return None if dev is None else names.cid(dev, dot.number)


def places(names: Names, conflicts: Iterable[Conflict]) -> dict[Dot, int]:
    """The numbers here of the versions that are asked about."""
    found = {dot: _cid(names, dot) for each in conflicts for dot in each.dots}
    return {dot: cid for dot, cid in found.items() if cid is not None}


def rows_asked_again(cursor: Any, events: Sequence[bytes]) -> set[tuple[int, bytes]]:
    """Table and id of the rows that some of these events of the log ask about again."""
    found = set()
    for part in batches(events):
        rows = cursor.execute(
            f"SELECT object_id, detail FROM audit_event WHERE id IN ({marks(part)}) AND kind = ?",
            (*part, REOPEN),
        ).fetchall()
        for pk, detail in rows:
            try:
                found.add((_read(detail).table, bytes(pk)))
            except msgspec.DecodeError:
                continue
    return found
