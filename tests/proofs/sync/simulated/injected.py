"""Faults put into the real program on purpose; the simulation must find each of them.

Each is a step as somebody in a hurry might write it, in the place of the one that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from clinic_desktop.db import (
    applying,
    commits,
    confirmed,
    conflicts,
    incoming,
    journal,
    session,
    worker,
)
from clinic_desktop.db.applying import WAITS
from clinic_desktop.db.conflicts import Settler
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.membership_confirmed import NOBODY_WAITS, Confirmed
from clinic_desktop.sync import exchange, handing, kept_segments, segment, state, taking
from clinic_desktop.sync.kept_segments import Arrived
from clinic_desktop.sync.server import held
from clinic_desktop.sync.server.files import PlainFile
from clinic_desktop.sync.server.tables import Rows
from tests.proofs.result import Result, progress
from tests.proofs.sync import careless
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.runs import faults_of

NAME = "injected"
ENOUGH = 2000
"""Histories within which a fault must show."""
_covered, _unsent, _arrived = kept_segments.covered, kept_segments.unsent, kept_segments.arrived
_outgoing, _writing, _replace = commits.outgoing, session.writing, journal._replace
_hold = applying._Batch._hold
_insert, _given = held._insert, held.lacking


@dataclass(frozen=True)
class Injected:
    """A step in its place, with a fault."""

    place: Any
    name: str
    step: Any


# ------------------------------------------------------------------ sending


def tip_is_believed(uow: UnitOfWork, seg_no: int, _tip_hash: bytes) -> Arrived:
    """What the server holds of this PC is not compared."""
    return _arrived(uow.cursor, seg_no)


def never_sent_again(cursor: Any, seg_no: int) -> Arrived:
    """A server that lost something is not given it again."""
    lost = cursor.execute(
        "SELECT 1 FROM sync_segment WHERE dev = 1 AND seg_no > ? AND state = 'sent'", (seg_no,)
    ).fetchone()
    return Arrived(0, has_lost=False) if lost else _arrived(cursor, seg_no)


def one_is_skipped(cursor: Any) -> int:
    """The commit after the last sealed one counts as sealed."""
    found = _covered(cursor)
    return found + 1 if found > 8 else found


def sealed_with_holes(cursor: Any, after: int, limit: int) -> list[commits.CommitRecord]:
    """Large heaps lose their last commit."""
    found = _outgoing(cursor, after, limit)
    return found[:-1] if len(found) > 1 else found


def sealed_anew(cursor: Any, most_bytes: int) -> list[bytes]:
    """A segment that was not answered is sealed once more."""
    rows = cursor.execute(
        "SELECT min(seg_no) FROM sync_segment WHERE dev = 1 AND state = 'made'"
    ).fetchone()
    found = state.peer(cursor)
    if rows[0] is not None and found is not None:
        me, (epoch, dek) = state.me(cursor, found.settings.clinic), max(state.keys(cursor).items())
        at = rows[0] - 1
        last = kept_segments.hash_of(cursor, at) or segment.BEGINNING
        first = cursor.execute(
            "SELECT from_dseq FROM sync_segment WHERE dev = 1 AND seg_no = ?", (rows[0],)
        ).fetchone()[0]
        origin = segment.Origin(me.clinic, me.device, me.keys, epoch, dek, at, last)
        again = _outgoing(cursor, first - 1, 100)
        return [each.raw for each in segment.make(origin, again, [])] if again else []
    return _unsent(cursor, most_bytes)


def keys_stay_here(_store: Store, _link: Any, _most: int = 0) -> None:
    """The other PCs are not handed the new data key."""


def keys_for_all(reads: Any, most: int) -> list[state.Lacking]:
    """A PC that was taken out is handed the new data key too."""
    cursor = reads.cursor
    found = state.peer(cursor)
    if found is None:
        return []
    epochs = state.keys(cursor)
    if found.settings.next_epoch:
        epochs[found.settings.next_epoch] = found.settings.next_dek
    rows = cursor.execute(
        "SELECT device_id, box_pk FROM sync_device WHERE dev <> 1 AND box_pk IS NOT NULL"
    ).fetchall()
    done = set(found.settings.handed)
    return [
        state.Lacking(bytes(device), bytes(box), epoch, dek, is_sheet=False)
        for epoch, dek in epochs.items()
        for device, box in rows
        if (bytes(device), epoch) not in done
    ][:most]


def everybody_counts(_reads: Any, _settled: Any = None, *, here: bool = False) -> Confirmed:
    """A PC that came by itself after another was taken out is handed keys as any other."""
    del here
    return NOBODY_WAITS


# ------------------------------------------------------------------ receiving


def settled_before_applied(self: exchange.Exchange) -> int:
    """That a run is in the record is noted first, and in a transaction of its own."""
    applied = 0
    while True:
        taken = self._store.write(SYSTEM, _settle_first).result()
        if not taken:
            return applied
        for device, payload in taken:
            report = self._store.write(
                SYSTEM, applying.apply, device, payload.commits, payload.checkpoints
            ).result()
            applied += report.applied


def _settle_first(uow: UnitOfWork) -> list[tuple[bytes, segment.Payload]]:
    epochs = state.keys(uow.cursor)
    found = []
    for dev, device, run in list(kept_segments.held_runs(uow.cursor)):
        if run[0].header.epoch in epochs:
            found.append((device, segment.open_run(run, epochs[run[0].header.epoch])))
            kept_segments.settle_run(uow.cursor, dev, run, kept_segments.APPLIED)
    return found


def early_ones_are_dropped(
    self: Any, dev: int, dseq: int, why: str, detail: str, what: Any
) -> None:
    """A commit that came before what it builds on is not kept."""
    if why != WAITS:
        _hold(self, dev, dseq, why, detail, what)


def past_is_forgotten(self: Any, dev: int, commit: commits.CommitRecord) -> dict[int, int]:
    """A commit counts as if its author had known only its own log."""
    return {dev: commit.dseq}


def nothing_was_known(_cursor: Any, _dseq: int) -> bytes:
    """A commit does not say what its author had seen."""
    return b"\x80"


def last_one_stays(
    self: Any, table: Any, pk: bytes, grp: int, group: Any, _left: Any, new: Any
) -> None:
    """What comes last replaces everything."""
    cursor, key = self._cursor, (table.number, pk, grp)
    cursor.execute("DELETE FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", key)
    cursor.execute("INSERT INTO sync_cell (tbl, pk, grp, ver) VALUES (?, ?, ?, ?)", (*key, new[0]))
    if group is not None:
        conflicts.put(cursor, table, pk, group, new[1])


def own_numbers_only(self: Any, cids: Any, author: int = 1) -> list[int]:
    """A version of another PC is named by its number alone."""
    del author
    return [dseq for _dev, dseq in map(self.dot, cids)]


def newest_here_is_shown(_self: Any, _table: Any, _pk: bytes, held: list[Any]) -> list[Any]:
    """Of several versions the one that came last is shown."""
    found: list[Any] = max(held, key=lambda each: each[0])[1]
    return found


def highest_number_is_shown(self: Any, _table: Any, _pk: bytes, held: list[Any]) -> list[Any]:
    """Of several versions the one with the highest commit number is shown, whatever the clock."""
    found: list[Any] = max(held, key=lambda each: self.names.dot(each[0])[::-1])[1]
    return found


class CaptureSleeps(conflicts.switched_off):
    """After applying, the capture stays switched off."""

    def __exit__(self, *_error: object) -> None:
        pass


# ------------------------------------------------------------------ saving


def replaces_what_was_made(cursor: Any, changed: Any, cid: int) -> dict[Any, list[int]]:
    """A write names only the making of the row as replaced."""
    _replace(cursor, changed, cid)
    return {}


def replaces_one(cursor: Any, changed: Any, cid: int) -> dict[Any, list[int]]:
    """A decision between versions replaces the first."""
    return {cell: found[:1] for cell, found in _replace(cursor, changed, cid).items()}


def answers_all(_cursor: Any, _cell: Any, versions: Any) -> list[int]:
    """A form answers for versions that it did not show."""
    return list(versions)


@contextmanager
def half_is_kept(*words: Any) -> Iterator[UnitOfWork]:
    """A command that fails half-way is committed as far as it came."""
    failed: list[BaseException] = []
    with _writing(*words) as uow:
        try:
            yield uow
        except Exception as error:  # noqa: BLE001 - that is the fault
            failed.append(error)
    if failed:
        raise failed[0]


@contextmanager
def told_too_early(*words: Any) -> Iterator[UnitOfWork]:
    """Now and then a save is told though it did not come to the file."""
    with _writing(*words) as uow:
        yield uow
        if uow.reason.startswith("op ") and uow.reason.endswith("7"):
            uow.session.flush()
            uow.cursor.execute("ROLLBACK")
            uow.cursor.execute("BEGIN")


# ------------------------------------------------------------------ the server


def any_link(rows: Rows, sender: held.Sender, raw: tuple[bytes, ...], _most: int, now: int) -> Any:
    """The server takes segments that do not follow what it has."""
    for each in raw:
        one = segment.read(each)
        if not held._has(rows, [], one):
            rows.run(
                "DELETE FROM segment"
                " WHERE clinic = :clinic AND device_id = :device AND seg_no = :seg_no",
                device=one.header.device, seg_no=one.header.seg_no,
            )  # fmt: skip
            _insert(rows, [one], now)
    tip = rows.one(
        "SELECT tip, tip_hash FROM device WHERE clinic = :clinic AND device_id = :device",
        device=sender.device,
    )
    return held.Taken(tip[0], bytes(tip[1]), "", len(raw)) if tip else None


def tip_without_segments(rows: Rows, fresh: list[segment.Segment], now: int) -> None:
    """The server answers that it has what it did not keep."""
    _insert(rows, fresh, now)
    if fresh[-1].header.seg_no % 3 == 0:
        rows.run(
            "DELETE FROM segment WHERE clinic = :clinic AND device_id = :device AND seg_no = :no",
            device=fresh[-1].header.device, no=fresh[-1].header.seg_no,
        )  # fmt: skip


def gives_the_newest(
    rows: Rows, have: dict[bytes, int], most: int, gaps: dict[bytes, int]
) -> tuple[list[bytes], bool]:
    """The server hands on the last segment only."""
    found, more = _given(rows, have, most, gaps)
    return found[-1:], more


@contextmanager
def never_rolled_back(self: PlainFile) -> Iterator[Any]:
    """What a request wrote before it failed is kept."""
    with self.turn:
        yield self.connection.cursor()


def no_questions(*_all: Any) -> None:
    """Nobody is asked anything."""


def of_model(name: str) -> Injected:
    """A careless rule of the merge, in the real program."""
    found = careless.CARELESS[name]
    return Injected(found.module, found.name, found.rule)


INJECTED: dict[str, Injected] = {
    "tip-is-believed": Injected(exchange, "_arrived", tip_is_believed),
    "never-sent-again": Injected(kept_segments, "arrived", never_sent_again),
    "one-is-skipped": Injected(kept_segments, "covered", one_is_skipped),
    "sealed-with-holes": Injected(taking, "outgoing", sealed_with_holes),
    "sealed-anew": Injected(kept_segments, "unsent", sealed_anew),
    "keys-stay-here": Injected(handing, "hand_keys", keys_stay_here),
    "keys-for-all": Injected(handing, "due", keys_for_all),
    "everybody-counts": Injected(confirmed, "confirmed", everybody_counts),
    "settled-before-applied": Injected(exchange.Exchange, "_apply", settled_before_applied),
    "early-ones-are-dropped": Injected(applying._Batch, "_hold", early_ones_are_dropped),
    "past-is-forgotten": Injected(applying._Batch, "_past", past_is_forgotten),
    "nothing-was-known": Injected(journal, "news", nothing_was_known),
    "last-one-stays": Injected(incoming.Rows, "_write_cell", last_one_stays),
    "own-numbers-only": Injected(commits.Names, "written", own_numbers_only),
    "newest-here-is-shown": Injected(Settler, "shown", newest_here_is_shown),
    "capture-sleeps": Injected(applying, "switched_off", CaptureSleeps),
    "replaces-what-was-made": Injected(journal, "_replace", replaces_what_was_made),
    "replaces-one": Injected(journal, "_replace", replaces_one),
    "form-answers-all": Injected(journal, "_shown", answers_all),
    "deleted-once": Injected(journal, "_delete_again", no_questions),
    "form-not-compared": Injected(journal, "expect", no_questions),
    "half-is-kept": Injected(worker, "writing", half_is_kept),
    "told-too-early": Injected(worker, "writing", told_too_early),
    "any-link": Injected(held, "take", any_link),
    "tip-without-segments": Injected(held, "_insert", tip_without_segments),
    "gives-the-newest": Injected(held, "lacking", gives_the_newest),
    "never-rolled-back": Injected(PlainFile, "transaction", never_rolled_back),
    "no-questions": Injected(Settler, "_write", no_questions),
    "questions-stay": Injected(conflicts, "refresh", no_questions),
    "not-settled": Injected(incoming.Rows, "settle", no_questions),
    "tips-not-noted": Injected(applying._Batch, "_note_tips", no_questions),
    "delete-wins": of_model("delete-wins"),
    "two-versions-only": of_model("two-versions-only"),
    "highest-number-is-shown": Injected(Settler, "shown", highest_number_is_shown),
    "one-at-a-time": Injected(applying, "in_order", careless.one_at_a_time),
    "never-tried-again": Injected(applying, "_RETRIED", ()),
    "knows-the-pc": of_model("knows-the-pc"),
}
"""By name."""

FIRST = 500
SHOWN_BY = {
    "any-link": (612, 562),
    "tip-is-believed": (541, 550, 576),
    "never-sent-again": (615, 586),
    "never-rolled-back": (927,),
    "keys-for-all": (505,),
    "early-ones-are-dropped": (505,),
    "form-not-compared": (501,),
    "questions-stay": (502,),
    "two-versions-only": (513,),
    "never-tried-again": (501,),
    "one-at-a-time": (505,),
    "keys-stay-here": (505,),
    "settled-before-applied": (505,),
    "deleted-once": (505,),
    "replaces-one": (501,),
    "everybody-counts": (520, 564),
}
"""The histories that are known to show a fault where ``FIRST`` does not, the quickest first.

Another program has other histories: of a fault that few show, several are named.
"""


def known(name: str) -> tuple[int, ...]:
    """The histories that are known to show a fault."""
    return SHOWN_BY.get(name, (FIRST,))


def found_within(made: Template, name: str, seeds: Iterable[int]) -> int | None:
    """The number of histories until the fault shows; ``None`` if it does not.

    A history that holds as little without the fault shows nothing.
    """
    fault = INJECTED[name]
    for number, seed in enumerate(seeds, 1):
        with mock.patch.object(fault.place, fault.name, fault.step):
            found = faults_of(made, seed)
        if found and _is_sound(made, seed):
            return number
    return None


def _is_sound(made: Template, seed: int) -> bool:
    """Whether a history holds in the program as it is."""
    if seed not in made.sound:
        made.sound[seed] = not faults_of(made, seed)
    return made.sound[seed]


def prove(size: int, seed: int, jobs: int) -> Result:
    """Look for each fault in at most ``size`` histories."""
    del jobs
    failures: list[str] = []
    with template() as made:
        for done, name in enumerate(INJECTED, 1):
            needed = found_within(made, name, range(seed, seed + size))
            if needed is None:
                failures.append(f"{name} was not found in {size} histories")
            progress(f"{NAME} {name} after {needed}", done, len(INJECTED), failures)
    return Result(NAME, len(INJECTED) - len(failures), failures, seed)
