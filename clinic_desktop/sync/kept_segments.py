"""Sealed segments as this PC keeps them: its own until the server has them, others' until read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.sync import segment
from clinic_desktop.sync.segment import BEGINNING, Segment
from clinic_desktop.sync.state import change_settings, has_no_line

MADE, SENT, HELD, APPLIED, BAD = "made", "sent", "held", "applied", "bad"
"""Own segments: not yet, and surely on the server. Others': kept, in the record, not readable."""


@dataclass(frozen=True)
class Tip:
    """A PC's last segment here."""

    seg_no: int = 0
    hash: bytes = BEGINNING


def tip(cursor: Any, dev: int = THIS_PC) -> Tip:
    """A PC's last segment here."""
    row = cursor.execute(
        "SELECT seg_tip, seg_hash FROM sync_device WHERE dev = ?", (dev,)
    ).fetchone()
    return Tip(row[0], bytes(row[1])) if row and row[0] else Tip()


def last_sent(cursor: Any) -> Tip:
    """This PC's last segment that a server surely had."""
    row = cursor.execute(
        "SELECT seg_no, hash FROM sync_segment WHERE dev = ? AND state = ?"
        " ORDER BY seg_no DESC LIMIT 1",
        (THIS_PC, SENT),
    ).fetchone()
    return Tip(row[0], bytes(row[1])) if row else Tip()


def sealed_here(cursor: Any) -> frozenset[bytes]:
    """Digests of this PC's own segments."""
    rows = cursor.execute("SELECT hash FROM sync_segment WHERE dev = ?", (THIS_PC,)).fetchall()
    return frozenset(bytes(row[0]) for row in rows)


def covered(cursor: Any) -> int:
    """This PC's last commit that lies in a segment."""
    row = cursor.execute(
        "SELECT coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ?", (THIS_PC,)
    ).fetchone()
    return int(row[0])


def keep(cursor: Any, dev: int, segments: Sequence[Segment], state: str) -> None:
    """Keep segments that follow what is here, byte for byte."""
    for each in segments:
        header = each.header
        cursor.execute(
            "INSERT INTO sync_segment (dev, seg_no, from_dseq, to_dseq, part, parts, epoch, hash,"
            " content, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (dev, header.seg_no, header.from_dseq, header.to_dseq, header.part, header.parts,
             header.epoch, each.hash, each.raw, state),
        )  # fmt: skip
        cursor.execute(
            "UPDATE sync_device SET seg_tip = ?, seg_hash = ? WHERE dev = ?",
            (header.seg_no, each.hash, dev),
        )


def put_aside(cursor: Any, dev: int, shown: Segment, now: int) -> None:
    """Remember that a PC went on from an older state of itself, with the segment that shows it."""
    cursor.execute(
        "INSERT INTO sync_hold (dev, dseq, why, detail, body, since) VALUES (?, 0, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (dev, "forked", f"segment {shown.header.seg_no}", shown.raw, now),
    )


def has_outlived(cursor: Any) -> bool:
    """Whether work of a PC that was taken out is here beyond its end, and nobody was told so yet.

    It came before this PC had heard: a commit of its own says so to those who left it out.
    """
    row = cursor.execute(
        "SELECT 1 FROM sync_device WHERE status = 'revoked' AND tip > cutoff AND told < tip"
    ).fetchone()
    return row is not None


def take_back(cursor: Any, dev: int) -> None:
    """A PC that was put aside goes on from what is here after all."""
    cursor.execute("DELETE FROM sync_hold WHERE dev = ? AND dseq = 0 AND why = 'forked'", (dev,))


def unsent(cursor: Any, most_bytes: int, after: int | None = None) -> list[bytes]:
    """The next own segments that the server may lack; at least one, if there is any.

    ``after`` is the last one that a hub holds: what a hub has is not remembered.
    """
    made = "SELECT content FROM sync_segment WHERE dev = ? AND state = ? ORDER BY seg_no"
    beyond = "SELECT content FROM sync_segment WHERE dev = ? AND seg_no > ? ORDER BY seg_no"
    sql, value = (made, MADE) if after is None else (beyond, after)
    found: list[bytes] = []
    size = 0
    for (raw,) in cursor.execute(sql, (THIS_PC, value)):
        size += len(raw)
        if found and size > most_bytes:
            break
        found.append(bytes(raw))
    return found


def hash_of(cursor: Any, seg_no: int, dev: int = THIS_PC) -> bytes | None:
    """The digest of a PC's segment; ``None`` for one that is not here."""
    if seg_no == 0:
        return BEGINNING
    row = cursor.execute(
        "SELECT hash FROM sync_segment WHERE dev = ? AND seg_no = ?", (dev, seg_no)
    ).fetchone()
    return bytes(row[0]) if row else None


@dataclass(frozen=True)
class Arrived:
    """What a server's word about this PC's last segment there says."""

    commits: int
    """How many are new there."""
    has_lost: bool
    """Whether it held more before."""


def arrived(cursor: Any, seg_no: int) -> Arrived:
    """The server surely holds own segments up to this one only."""
    lost = cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no > ? AND state = ?",
        (MADE, THIS_PC, seg_no, SENT),
    ).rowcount
    if lost:  # it goes out again; snapshots, files, and whom it was told of may be lost too
        change_settings(cursor, in_snapshot=0, told_root=b"", handed=())
        cursor.execute("DELETE FROM sync_file WHERE state <> 'coming'")
    count = cursor.execute(
        "SELECT coalesce(sum(to_dseq - from_dseq + 1), 0) FROM sync_segment"
        " WHERE dev = ? AND seg_no <= ? AND state = ? AND part = parts",
        (THIS_PC, seg_no, MADE),
    ).fetchone()[0]
    cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no <= ? AND state = ?",
        (SENT, THIS_PC, seg_no, MADE),
    )
    return Arrived(int(count), bool(lost))


def came_back(cursor: Any, seg_no: int) -> None:
    """Another PC surely holds own segments up to this one: it brought them."""
    if has_no_line(cursor):
        cursor.execute(
            "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no <= ? AND state = ?",
            (SENT, THIS_PC, seg_no, MADE),
        )


def held_runs(cursor: Any) -> Iterator[tuple[int, bytes, list[Segment]]]:
    """Of each PC its next whole run that waits to be applied: number, id, parts."""
    rows = cursor.execute(
        "SELECT s.dev, d.device_id, s.seg_no, s.parts FROM sync_segment s"
        " JOIN sync_device d USING (dev) WHERE s.state = ? ORDER BY s.dev, s.seg_no",
        (HELD,),
    ).fetchall()
    for dev, group in groupby(rows, key=lambda row: row[0]):
        _dev, device, first, parts = next(group)
        found = cursor.execute(
            "SELECT content FROM sync_segment WHERE dev = ? AND seg_no >= ? AND seg_no < ?"
            " ORDER BY seg_no",
            (dev, first, first + parts),
        ).fetchall()
        if len(found) == parts:
            yield dev, bytes(device), [segment.read(bytes(row[0])) for row in found]


def settle_run(cursor: Any, dev: int, run: Sequence[Segment], state: str) -> None:
    """A run is in the record now, or is kept aside as not readable."""
    cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no BETWEEN ? AND ?",
        (state, dev, run[0].header.seg_no, run[-1].header.seg_no),
    )
