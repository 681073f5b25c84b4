"""The versions that a question is about, read back from the log; and what rows say besides."""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.commits import Names
from clinic_desktop.db.conflicts import OpenConflict, Settler
from clinic_desktop.db.history import History, Version
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.domain.merging import EXISTENCE, Kind
from clinic_desktop.models.registry import BY_NAME

OTHERS = {"printed": "printed_document"}
"""Of kinds about two rows the table of the other, where it is another's."""
_decode = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True)
class Told:
    """One version of what is asked about, with who wrote it where."""

    cid: int
    name: str
    """The same on all PCs: the end of the PC's id, and the number of its commit."""
    wall: int
    """Milliseconds since 1970 UTC, by the clock of that PC."""
    user_id: uuid.UUID | None
    pc: str
    """Its name; of several PCs of one name also the letters that its papers are numbered with."""
    is_here: bool
    values: dict[str, Any] = field(default_factory=dict)
    """As the file keeps them; empty where nothing of the row was written."""
    replaces: tuple[int, ...] = ()

    @property
    def deletes(self) -> bool:
        """Whether it says that the row is to go."""
        return bool(self.values.get("is_deleted"))


class Disputes:
    """Reads what questions are about; commits that several share are read once."""

    def __init__(self, cursor: Any) -> None:
        self._cursor, self._names = cursor, Names(cursor)
        self._history = History(cursor)

    def versions(self, asked: OpenConflict) -> list[Told]:
        """What was written, in the order of the question."""
        if asked.other_id is not None:
            return self._pair(asked, asked.other_id)
        written = self._history.of(asked.table, asked.row_id)
        return [self._told(cid, _of(asked, written, cid)) for cid in asked.versions]

    def _pair(self, asked: OpenConflict, other_id: uuid.UUID) -> list[Told]:
        """Two rows that do not go together, each whole as it is shown."""
        found = []
        rows = ((asked.table, asked.row_id), (OTHERS.get(asked.kind, asked.table), other_id))
        for table, row_id in rows:
            written = {each.cid for each in self._history.of(table, row_id)}
            cid = max(written & set(asked.versions), default=asked.versions[0])
            values = _columns(self._cursor, table, row_id, BY_NAME[table].columns)
            found.append(replace(self._told(cid, ()), values=values))
        return found

    def before(self, asked: OpenConflict, versions: Sequence[Told]) -> dict[str, Any]:
        """What stood there when the versions parted; empty where that cannot be told."""
        common = set.intersection(*(set(each.replaces) for each in versions)) if versions else set()
        for each in self._history.of(asked.table, asked.row_id) if common else ():
            if each.cid == max(common) and each.group.number == asked.group:
                return each.values
        return {}

    def _told(self, cid: int, written: Iterable[Version]) -> Told:
        row = self._cursor.execute(
            "SELECT c.wall, c.user_id, c.dev, c.dseq, d.device_id, CASE WHEN d.prefix <> '' AND"
            " EXISTS (SELECT 1 FROM sync_device o WHERE o.name = d.name AND o.dev <> d.dev)"
            " THEN d.name || ' (' || d.prefix || ')' ELSE d.name END"
            " FROM sync_commit c JOIN sync_device d ON d.dev = c.dev WHERE c.cid = ?",
            (cid,),
        ).fetchone()
        wall, user, dev, dseq, device, pc = row
        values: dict[str, Any] = {}
        replaces: tuple[int, ...] = ()
        for each in written:
            values |= each.values
            replaces = each.replaces
        return Told(
            cid, f"{bytes(device).hex()[-8:]}-{dseq}", wall,
            uuid.UUID(bytes=bytes(user)) if user else None, pc, dev == THIS_PC, values, replaces,
        )  # fmt: skip


def _of(asked: OpenConflict, written: Sequence[Version], cid: int) -> list[Version]:
    """What a commit wrote of the row, as far as the question is about it."""
    ours = [each for each in written if each.cid == cid]
    if asked.kind == Kind.VALUE.value:
        return [each for each in ours if each.group.number == asked.group]
    existence = [each for each in ours if each.group.number == EXISTENCE]
    if any(each.values.get("is_deleted") for each in existence):
        return existence
    return [each for each in ours if each.group.number != EXISTENCE] or existence


def is_fixed(cursor: Any, asked: OpenConflict) -> bool:
    """Whether the row is signed, issued or decided, so that only whole versions may be kept."""
    spec = BY_NAME[asked.table]
    if spec.insert_only or asked.table == "payment":
        return True
    if asked.table == "task":
        return asked.group == 2
    if asked.table == "invoice" and asked.group == 3:
        return False
    names = Names(cursor)
    return Settler(cursor, names, Pasts(cursor, names)).seal(spec, asked.row_id.bytes) is not None


def variants(
    cursor: Any, table: str, questions: Iterable[tuple[bytes, int, bytes]]
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What rows would say by the versions that are in dispute and not shown.

    By row; each with the columns in dispute, in every combination of their groups.

    Args:
        cursor: of the transaction.
        table: its name.
        questions: of ``sync_conflict`` row, group and versions, those of kind ``value``.
    """
    spec = BY_NAME[table]
    asked: dict[uuid.UUID, list[OpenConflict]] = defaultdict(list)
    for pk, grp, vers in questions:
        row_id = uuid.UUID(bytes=bytes(pk))
        asked[row_id].append(
            OpenConflict(b"", "value", 0, table, row_id, grp, tuple(_decode(vers)), None, 0)
        )
    read = Disputes(cursor)
    found = {}
    for row_id, about in asked.items():
        row = _columns(cursor, table, row_id, spec.columns)
        each_group = [[told.values for told in read.versions(one)] for one in about]
        combined = [
            {name: value for one in chosen for name, value in one.items()}
            for chosen in itertools.product(*each_group)
        ]
        others = [
            each for each in combined if any(row.get(name) != value for name, value in each.items())
        ]
        found[row_id] = [dict(pairs) for pairs in dict.fromkeys(tuple(e.items()) for e in others)]
    return found


def _columns(cursor: Any, table: str, row_id: uuid.UUID, names: Sequence[str]) -> dict[str, Any]:
    row = cursor.execute(
        f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (row_id.bytes,)
    ).fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def shown(cursor: Any, asked: OpenConflict) -> dict[str, Any]:
    """What the row shows of the group that is asked about, as the file keeps it."""
    groups = BY_NAME[asked.table].groups
    names = next(each.names for each in groups if each.number == asked.group)
    return _columns(cursor, asked.table, asked.row_id, names)


def word_of(cursor: Any, table: str, column: str, row_id: bytes) -> Any:
    """What a row is known by; nothing if there is no such row."""
    return _columns(cursor, table, uuid.UUID(bytes=row_id), [column]).get(column)


def copy_row(
    cursor: Any, asked: OpenConflict, row_id: uuid.UUID, values: Mapping[str, Any]
) -> None:
    """Make a second row like the one asked about, that says this; captured like any write."""
    spec = BY_NAME[asked.table]
    columns = [name for name in spec.columns if name != "is_deleted"]
    sources = ["?" if name in values else name for name in columns]
    given = [values[name] for name in columns if name in values]
    cursor.execute(
        f"INSERT INTO {spec.name} (id, {', '.join(columns)})"
        f" SELECT ?, {', '.join(sources)} FROM {spec.name} WHERE id = ?",
        (row_id.bytes, *given, asked.row_id.bytes),
    )
