"""Whether a commit of another PC may be applied: by whom it is, and what it touches.

Every answer is a function of the commit and its causal past, so that all PCs give the same one in
whatever order commits reach them. Not looked at again are the conditions of the finer rights (own,
open, in the care team, an emergency): the PC that wrote did so, and its log names the person.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from clinic_desktop.db.bodies import Insert, RefusedError, Update
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.db.conflicts import SEALS
from clinic_desktop.db.history import History
from clinic_desktop.db.incoming import Rows
from clinic_desktop.db.membership_pasts import Seen, written
from clinic_desktop.db.pasts import Reached
from clinic_desktop.domain.causality import unseen
from clinic_desktop.domain.merging import EXISTENCE
from clinic_desktop.domain.table_rights import forbidden
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, TableSpec
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import BadEntryError, Entry
from clinic_desktop.security.membership_forks import settle

_ENTRIES = BY_NAME["membership_entry"]
_LINES = BY_NAME["invoice_line"]
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
        self._seen_states: dict[tuple[bool, ...], Membership | None] = {}
        """By which of the entries lie in a past: nearly every commit sees the same ones."""
        self.vouched: dict[int, int] = {}
        """By PC, up to which commit others built on it that belong to the practice now.

        One that took it before it heard that its PC was taken out must not wait for ever.
        """

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
        self._refuse_beginning(fresh)
        state = self._state(reached, fresh) if fresh else before
        self._check_device(dev, commit.dseq, state)
        numbers = {each[0] for each in inserts} | {each[0] for each in updates}
        names = [BY_NUMBER[number].name for number in numbers if number in BY_NUMBER]
        is_late = commit.user is not None and _is_late(commit.user, before, state, names)
        for number, pk, grp, values, replaced in updates:
            table = BY_NUMBER.get(number)
            self._check_seen(dev, replaced, reached)
            if table is not None:
                self._check_bill(table, pk, grp, values)
                self._check_fixed(table, pk, grp, values, (dev, replaced, reached))
        self._check_lines(inserts, reached)
        if fresh:
            self._entries = None  # they will be rows when the next commit is looked at
        return is_late

    def _refuse_beginning(self, fresh: tuple[Entry, ...]) -> None:
        """A chain has one beginning; one whose author says to know of none would undo all of it."""
        begins = {each.digest for each in fresh if each.n == 1}
        if not begins:
            return
        here = {each.digest for _dev, _dseq, each in self._entries or () if each.n == 1}
        if here and not begins <= here:
            raise RefusedError("membership", "a second beginning")

    def _check_device(self, dev: int, dseq: int, state: Membership | None) -> None:
        device_id, cutoff, status, has_key = self._cursor.execute(
            "SELECT device_id, cutoff, status, sign_pk IS NOT NULL FROM sync_device WHERE dev = ?",
            (dev,),
        ).fetchone()
        if cutoff is not None and dseq > max(cutoff, self.vouched.get(dev, 0)):
            raise RefusedError("cutoff")
        device = uuid.UUID(bytes=bytes(device_id))
        if state is None or device in state.devices:
            return
        now = self._state(None, ())
        if now is None or device not in now.known:
            if has_key and status != "revoked":
                return  # an owner, or the PC that let this one join, told of it
            raise RefusedError("device")
        if device in state.known:  # its own past says that it was revoked
            raise RefusedError("revoked")

    def _state(self, reached: Reached | None, fresh: tuple[Entry, ...]) -> Membership | None:
        if self._entries is None:
            self._entries = written(self._cursor)
            self._seen_states.clear()
        sees = tuple(
            reached is None or reached.get(dev, 0) >= dseq for dev, dseq, _entry in self._entries
        )
        if not fresh and sees in self._seen_states:
            return self._seen_states[sees]
        found = self._settled(
            [e[2] for e, is_seen in zip(self._entries, sees, strict=True) if is_seen],
            fresh,
            reached,
        )
        if not fresh:
            self._seen_states[sees] = found
        return found

    def _settled(
        self, seen: list[Entry], fresh: tuple[Entry, ...], reached: Reached | None
    ) -> Membership | None:
        key = tuple(sorted({each.digest for each in (*seen, *fresh)}))
        if key not in self._states:
            coming = {each.signature: reached or {} for each in fresh}
            saw = Seen(self._cursor, self._rows.pasts, coming)
            try:
                self._states[key] = settle([*seen, *fresh], saw).state
            except BadEntryError as error:
                raise RefusedError("membership", error.reason) from error
        return self._states[key]

    def forget(self) -> None:
        """After a commit was taken back."""
        self._entries = None

    def _check_seen(self, dev: int, replaced: list[Any], reached: Reached) -> None:
        """Nobody replaces what he cannot know: it may come to another PC later, and stay there."""
        places = [self._rows.names.place(dev, each) for each in replaced]
        known = [(author, dseq) for author, dseq in places if author is not None]
        if len(known) < len(places) or unseen(reached, known):
            raise RefusedError("unseen")

    def _check_bill(self, table: TableSpec, pk: bytes, grp: int, values: list[Any]) -> None:
        """A line never goes to another bill: that one may be issued."""
        group = table.by_number.get(grp)
        if table is not _LINES or group is None:
            return
        said = dict(zip(group.names, values, strict=False))
        row = self._rows.settler.columns(table, pk, ("invoice_id",))
        if row and said.get("invoice_id", row[0]) != row[0]:
            raise RefusedError("fixed", f"invoice_line {pk.hex()}")

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
        group = table.by_number.get(grp)
        if group is None or not self._is_fixed(table, pk, grp, reached):
            return
        seen = self._seen(table, pk, grp, reached)
        # A person may choose between versions, each of them whole; a chart may be moved.
        chosen = [seen[cid] for cid in self._rows.names.read(dev, replaced) if cid in seen]
        if grp == EXISTENCE:
            chosen += self._answers(table, pk, seen, reached)
        held = [at for at, name in enumerate(group.names) if name not in _MAY_MOVE]
        if not any(_agree(values, each, held) for each in chosen):
            raise RefusedError("fixed", f"{table.name} {pk.hex()}")

    def _is_fixed(self, table: TableSpec, pk: bytes, grp: int, reached: Reached) -> bool:
        if grp in _FIXED.get(table.name, ()):
            return True
        if table.name == "task" and grp == 2:
            seen = list(self._seen(table, pk, 2, reached).items())
            shown = self._rows.settler.shown(table, pk, seen)[0] if seen else None
            return shown not in {None, "requested"}
        if table.name == "invoice" and grp == 3:
            return False
        return self._seal(table, pk, reached) is not None

    def _seal(self, table: TableSpec, pk: bytes, reached: Reached) -> int | None:
        """The commit that fixed a row, or a line's bill, for whoever had this past."""
        if table.name == "invoice_line":
            row = self._rows.settler.columns(table, pk, ("invoice_id",))
            return self._seal(BY_NAME["invoice"], bytes(row[0]), reached) if row else None
        if table.name not in SEALS:
            return None
        seen = self._seen(table, pk, SEALS[table.name][0], reached)
        return self._rows.settler.sealing(table, seen)

    def _seen(
        self, table: TableSpec, pk: bytes, grp: int, reached: Reached
    ) -> dict[int, list[Any]]:
        """The versions of a cell, by commit, that there were for whoever had this past."""
        live, sees = self._rows.settler.live(table, pk, grp), self._rows.pasts.sees
        if all(sees(reached, cid) for cid in live):
            return live
        # Others wrote it since, and what he saw may be replaced here: the log still has it.
        past = [
            each
            for each in History(self._cursor).of(table.name, uuid.UUID(bytes=pk))
            if each.group.number == grp and sees(reached, each.cid)
        ]
        gone = {cid for each in past for cid in each.replaces if cid != each.cid}
        return {each.cid: list(each.values.values()) for each in past if each.cid not in gone}

    def _answers(
        self, table: TableSpec, pk: bytes, seen: dict[int, list[Any]], reached: Reached
    ) -> list[list[Any]]:
        """What else may be said of the existence of a fixed row, because it was asked.

        That it stays, where somebody deleted it without knowing; that a line which came too late
        is left out.
        """
        seal = self._seal(table, pk, reached)
        if seal is None:
            return []
        past, sees = self._rows.pasts.of_cid(seal), self._rows.pasts.sees
        found = (
            [[0]] if any(v[:1] == [1] and not sees(past, cid) for cid, v in seen.items()) else []
        )
        if table.name == "invoice_line":
            (made,) = self._rows.settler.columns(table, pk, ("sv",))
            found += [] if sees(past, made) else [[1]]
        return found

    def _check_lines(self, inserts: list[Insert], reached: Reached) -> None:
        """No line is added to a bill that its author saw issued."""
        number = _LINES.numbers["invoice_id"]
        for table, columns, rows in inserts:
            if table != _LINES.number or number not in columns:
                continue
            at = columns.index(number) + 1
            for row in rows:
                bill = row[at]
                if bill and self._is_fixed(BY_NAME["invoice"], bill, 1, reached):
                    raise RefusedError("fixed", f"invoice {bill.hex()}")


def _agree(values: list[Any], others: list[Any], places: list[int]) -> bool:
    """As far as both have them: an older program may leave out the last ones."""
    common = min(len(values), len(others))
    return all(values[place] == others[place] for place in places if place < common)


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
    place = _ENTRIES.numbers
    found = []
    for number, columns, rows in inserts:
        if number == _ENTRIES.number:
            try:
                at = [columns.index(place[name]) + 1 for name in _ENTRY_COLUMNS]
            except ValueError as error:
                raise RefusedError("membership") from error
            found += [_entry([row[i] for i in at]) for row in rows]
    return tuple(found)


def _entry(values: list[Any]) -> Entry:
    named = dict(zip(_ENTRY_COLUMNS, values, strict=True))
    try:
        return msgspec.convert(named, Entry, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise RefusedError("unreadable", "membership") from error
