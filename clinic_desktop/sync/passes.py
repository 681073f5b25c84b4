"""How the passes of the exchange went, and what is not yet where it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clinic_desktop.db.applying import AGAIN, NEWER, SIGNED, WAITS
from clinic_desktop.db.chain import ERASED, THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.sync.kept_segments import BAD, HELD, SENT
from clinic_desktop.sync.state import change_settings, peer


@dataclass(frozen=True)
class Open:
    """What is not yet where it should be."""

    to_send: int
    """Own commits that the server does not hold."""
    to_apply: int
    """Others' commits that wait for something."""
    newer: int
    """Others' commits that wait for an update of this program."""
    kept_out: int
    """Others' commits and segments that may not or cannot be applied."""
    conflicts: int


@dataclass(frozen=True)
class Passed:
    """What a pass brought about."""

    sent: int
    """Own commits that the server holds since."""
    received: int
    """Others' commits that are in the record since."""
    unknown: int
    """Segments on the server of PCs that nobody here has told of yet."""
    open: Open
    bytes_up: int
    bytes_down: int
    round_trips: int


Tell = Callable[[int, int, int], object]
"""Hears after each step: own commits sent, others' commits applied, bytes over the line so far."""


def still_open(reads: ReadSession | UnitOfWork) -> Open:
    """Counts for people."""
    cursor = reads.cursor

    def count(sql: str, *values: Any) -> int:
        return int(cursor.execute(sql, values).fetchone()[0])

    made = "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?"
    sent = "SELECT coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ? AND state = ?"
    runs = "SELECT count(*) FROM sync_segment WHERE state = ? AND part = 1"
    # What a PC sealed beyond its end, with a key that nobody else was handed, is kept out as well.
    beyond = (
        "SELECT count(*) FROM sync_segment JOIN sync_device d USING (dev) WHERE state = ?"
        " AND part = 1 AND d.status = 'revoked' AND from_dseq > d.cutoff"
    )
    waits, newer, out = _held(cursor)
    ended = count(beyond, HELD)
    return Open(
        to_send=count(made, THIS_PC) - count(sent, THIS_PC, SENT),
        to_apply=waits + count(runs, HELD) - ended,
        newer=newer,
        kept_out=out + ended + count(runs, BAD),
        conflicts=count("SELECT count(*) FROM sync_conflict WHERE state = 'open'"),
    )


def _held(cursor: Any) -> tuple[int, int, int]:
    """Commits that wait for others, for an update, and those that are kept out.

    What follows one of these waits for the same; after one that is kept out, for ever.
    """
    counts = {WAITS: 0, NEWER: 0, "out": 0}
    before: dict[int, str] = {}
    for dev, dseq, why in cursor.execute(
        "SELECT dev, dseq, why FROM sync_hold WHERE why NOT IN (?, ?, ?) ORDER BY dev, dseq",
        (SIGNED, ERASED, AGAIN),
    ):
        kind = {WAITS: WAITS, "device": WAITS, NEWER: NEWER}.get(why, "out")
        kind = before.get(dev, kind) if kind != "out" else kind
        counts[kind] += 1
        if kind != WAITS and dseq > 0:
            before[dev] = kind
    return counts[WAITS], counts[NEWER], counts["out"]


def begin_run(uow: UnitOfWork, url: str) -> int:
    """Note that a pass began, so that one that hangs is seen too."""
    cursor, now = uow.cursor, to_millis(uow.now)
    cursor.execute("UPDATE sync_peer SET last_try = ? WHERE url = ?", (now, url))
    cursor.execute("INSERT INTO sync_run (started, peer) VALUES (?, ?)", (now, url))
    row = cursor.execute("SELECT last_insert_rowid()").fetchone()
    cursor.execute("DELETE FROM sync_run WHERE id <= ?", (row[0] - 1000,))
    return int(row[0])


def end_run(uow: UnitOfWork, number: int, sizes: tuple[int, int], error: str = "") -> None:
    """Note how a pass ended; ``sizes`` are bytes up and down, no ``error`` if it went well."""
    cursor, now = uow.cursor, to_millis(uow.now)
    cursor.execute(
        "UPDATE sync_run SET ended = ?, sent = ?, received = ?, outcome = ?, error = ?"
        " WHERE id = ?",
        (now, *sizes, "failed" if error else "done", error, number),
    )
    (url,) = cursor.execute("SELECT peer FROM sync_run WHERE id = ?", (number,)).fetchone()
    found, month = peer(cursor), month_of(now)
    is_far = not url.startswith("lan:")  # what stays in the house costs nothing
    if found is not None and found.url == url and is_far:
        before = found.settings.used_bytes if found.settings.used_month == month else 0
        change_settings(cursor, used_month=month, used_bytes=before + sum(sizes))
    if error:
        cursor.execute("UPDATE sync_peer SET last_error = ? WHERE url = ?", (error, url))
    else:
        cursor.execute(
            "UPDATE sync_peer SET last_ok = ?, last_error = '' WHERE url = ?", (now, url)
        )


def month_of(now: int) -> int:
    """The month of a moment, counted through."""
    day = from_millis(now)
    return day.year * 12 + day.month
