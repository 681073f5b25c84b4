"""Whether a commit of another PC may be applied: by whom it is, and what it touches.

Every answer is a function of the commit and its causal past, so that all PCs give the same one in
whatever order commits reach them. Not looked at again are the conditions of the finer rights (own,
open, in the care team, an emergency): the PC that wrote did so, and its log names the person.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from clinic_desktop.db.bodies import Insert, RefusedError, Update
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.db.conflicts import SEALS
from clinic_desktop.db.incoming import Rows
from clinic_desktop.db.pasts import Reached
from clinic_desktop.domain.table_rights import forbidden
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, TableSpec
from clinic_desktop.security.membership import BadEntryError, Entry, Membership
from clinic_desktop.security.membership_forks import settle

_ENTRIES = BY_NAME["membership_entry"]
_ENTRY_COLUMNS = ("n", "prev", "kind", "wall", "body", "author", "signature")
_MAY_MOVE = frozenset({"patient_id"})
"""Not part of what a signature or an issue holds fast."""
_FIXED = {"payment": (1,), "task": (1,)}
"""Groups that are never changed, whatever state the row is in."""


class Lawful:
    """Asks the chain of members; what was asked for one past is kept for the next commit."""

    def __init__(self, cursor: Any, rows: Rows) -> None:
        self._cursor, self._rows = cursor, rows
        self._entries: list[tuple[int, int, Entry]] | None = None
        self._states: dict[tuple[bytes, ...], Membership | None] = {}

    def check(
        self,
        dev: int,
        commit: CommitRecord,
        reached: Reached,
        inserts: list[Insert],
        updates: list[Update],
    ) -> bool:
        """Look at one commit before it is written; whether its author had lost the right to it.

        Raises:
            RefusedError: with the word that ``sync_hold`` keeps.
        """
        before, fresh = self._state(reached, ()), _entries_in(inserts)
        state = self._state(reached, fresh)
        self._check_device(dev, commit.dseq, state)
        numbers = {each[0] for each in inserts} | {each[0] for each in updates}
        names = [BY_NUMBER[number].name for number in numbers if number in BY_NUMBER]
        is_late = commit.user is not None and _is_late(commit.user, before, state, names)
        for number, pk, grp, values, replaced in updates:
            table = BY_NUMBER.get(number)
            self._check_seen(dev, replaced, reached)
            if table is not None:
                self._check_fixed(table, pk, grp, values, (dev, replaced, reached))
        self._check_lines(inserts, reached)
        return is_late

    def _check_device(self, dev: int, dseq: int, state: Membership | None) -> None:
        device_id, cutoff = self._cursor.execute(
            "SELECT device_id, cutoff FROM sync_device WHERE dev = ?", (dev,)
        ).fetchone()
        if cutoff is not None and dseq > cutoff:
            raise RefusedError("cutoff")
        device = uuid.UUID(bytes=bytes(device_id))
        if state is None or device in state.devices:
            return
        now = self._state(None, ())
        if now is None or device not in now.known:
            raise RefusedError("device")
        if device in state.known:  # its own past says that it was revoked
            raise RefusedError("revoked")

    def _state(self, reached: Reached | None, fresh: tuple[Entry, ...]) -> Membership | None:
        if self._entries is None:
            self._entries = self._load()
        seen = [
            entry
            for dev, dseq, entry in self._entries
            if reached is None or reached.get(dev, 0) >= dseq
        ]
        key = tuple(sorted(each.digest for each in (*seen, *fresh)))
        if key not in self._states:
            try:
                self._states[key] = settle([*seen, *fresh]).state
            except BadEntryError as error:
                raise RefusedError("membership", error.reason) from error
        if fresh:
            self._entries = None  # they will be rows when the next commit is looked at
        return self._states[key]

    def _load(self) -> list[tuple[int, int, Entry]]:
        rows = self._cursor.execute(
            "SELECT c.dev, c.dseq, m.n, m.prev, m.kind, m.wall, m.body, m.author, m.signature"
            " FROM membership_entry m JOIN sync_commit c ON c.cid = m.sv ORDER BY m.n"
        ).fetchall()
        return [(row[0], row[1], Entry(*row[2:])) for row in rows]

    def forget(self) -> None:
        """After a commit was taken back."""
        self._entries = None

    def _check_seen(self, dev: int, replaced: list[Any], reached: Reached) -> None:
        """Nobody replaces what he cannot know: it may come to another PC later, and stay there."""
        for each in replaced:
            author, dseq = self._rows.names.place(dev, each)
            if author is None or reached.get(author, 0) < dseq:
                raise RefusedError("unseen")

    def _check_fixed(
        self,
        table: TableSpec,
        pk: bytes,
        grp: int,
        values: list[Any],
        by: tuple[int, list[Any], Reached],
    ) -> None:
        """A signed note, an issued document, a payment, a decision: its author saw that it was."""
        dev, replaced, reached = by
        if table.insert_only:
            raise RefusedError("fixed", f"{table.name} {pk.hex()}")
        group = next((each for each in table.groups if each.number == grp), None)
        if group is None or not self._is_fixed(table, pk, grp, reached):
            return
        versions = self._rows.names.read(dev, replaced)
        if len(versions) > 1:
            return  # a person's choice between versions; which ones there were is in the log
        held = self._rows.settler.columns(table, pk, group.names)
        moved = {
            name
            for name, was, now in zip(group.names, held, values, strict=False)
            if was != now and name not in _MAY_MOVE
        }
        if moved:
            raise RefusedError("fixed", f"{table.name} {pk.hex()}")

    def _is_fixed(self, table: TableSpec, pk: bytes, grp: int, reached: Reached) -> bool:
        if grp in _FIXED.get(table.name, ()):
            return True
        if table.name == "task" and grp == 2:
            return self._held(table, pk, 2, "status", reached) not in {None, "requested"}
        if table.name in SEALS:
            number, column, fixed = SEALS[table.name]
            if table.name == "invoice" and grp == 3:
                return False
            return bool(self._held(table, pk, number, column, reached) == fixed)
        if table.name == "invoice_line":
            row = self._rows.settler.columns(table, pk, ("invoice_id",))
            return bool(row) and self._is_fixed(BY_NAME["invoice"], bytes(row[0]), 1, reached)
        return False

    def _held(self, table: TableSpec, pk: bytes, grp: int, column: str, reached: Reached) -> Any:
        """What a column held for whoever had this past; ``None`` where others wrote it since."""
        group = next(each for each in table.groups if each.number == grp)
        rows = (
            self._cursor.execute(
                "SELECT ver FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?",
                (table.number, pk, grp),
            ).fetchall()
            or self._cursor.execute(f"SELECT sv FROM {table.name} WHERE id = ?", (pk,)).fetchall()
        )
        if not all(self._rows.pasts.sees(reached, row[0]) for row in rows):
            return None
        shown = self._rows.settler.columns(table, pk, group.names)
        return shown[group.names.index(column)] if shown else None

    def _check_lines(self, inserts: list[Insert], reached: Reached) -> None:
        """No line is added to a bill that its author saw issued."""
        lines = BY_NAME["invoice_line"]
        number = dict(pair for group in lines.groups for pair in group.columns)["invoice_id"]
        for table, columns, rows in inserts:
            if table != lines.number or number not in columns:
                continue
            at = columns.index(number) + 1
            for row in rows:
                bill = row[at]
                if bill and self._is_fixed(BY_NAME["invoice"], bill, 1, reached):
                    raise RefusedError("fixed", f"invoice {bill.hex()}")


def _is_late(
    user: bytes, before: Membership | None, after: Membership | None, tables: list[str]
) -> bool:
    """Whether the author had the right once and not any more: signed in before it was taken.

    By the state before the commit's own steps, so that an owner may end the own rights with it.
    What was written in such a session stays, and is told (``conflicts.ask_about_authors``).

    Raises:
        RefusedError: the author never had it.
    """
    author, state = uuid.UUID(bytes=user), before
    if state is None or author not in state.known:
        state = after
    if state is None:
        return False
    person = state.people.get(author)
    former = state.former.get(author, frozenset())
    if person is None and not former:
        raise RefusedError("author")
    roles = frozenset(person.roles) if person is not None else frozenset[str]()
    wrong = forbidden(roles | former, tables)
    if wrong:
        raise RefusedError("right", wrong[0])
    return person is None or bool(forbidden(roles, tables))


def _entries_in(inserts: list[Insert]) -> tuple[Entry, ...]:
    """Steps of the membership that the commit itself makes."""
    place: Mapping[str, int] = dict(pair for each in _ENTRIES.groups for pair in each.columns)
    found = []
    for number, columns, rows in inserts:
        if number == _ENTRIES.number:
            try:
                at = [columns.index(place[name]) + 1 for name in _ENTRY_COLUMNS]
                found += [Entry(*(row[i] for i in at)) for row in rows]
            except ValueError as error:
                raise RefusedError("membership") from error
    return tuple(found)
