"""What this PC remembers of the exchange, in tables that are themselves never exchanged."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import segment
from clinic_desktop.sync.enrolment import KnownPc
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.segment import BEGINNING, Segment

MADE, SENT, HELD, APPLIED, BAD = "made", "sent", "held", "applied", "bad"
"""Own segments: not yet, and surely on the server. Others': kept, in the record, not readable."""


class Settings(Struct, frozen=True):
    """What belongs to the server that is in use."""

    clinic: uuid.UUID
    authority: str = ""
    invitation: bytes = b""
    """The secret of the open invitation."""
    answered: tuple[bytes, bytes] = (b"", b"")
    """Who answered it, and the letter to that PC, which is sent again byte for byte."""
    told: int = 0
    """The last checkpoint of this PC that lies in a segment."""
    next_epoch: int = 0
    next_dek: bytes = b""
    """A data key that is not in use before all others were handed it: a PC was taken out."""
    is_untold: bool = False
    """Whether the server does not know yet that a PC was taken out."""
    handed: tuple[tuple[bytes, int], ...] = ()
    """Which PCs were handed which data keys by this one."""


@dataclass(frozen=True)
class Peer:
    """The server in use."""

    url: str
    settings: Settings
    last_ok: int | None = None
    last_error: str = ""


@dataclass(frozen=True)
class Tip:
    """A PC's last segment here."""

    seg_no: int = 0
    hash: bytes = BEGINNING


@dataclass(frozen=True)
class KnownDevice:
    """Another PC whose segments count."""

    dev: int
    signing: bytes
    tip: Tip
    has_ended: bool
    """Whether the practice took it out: what it made before still counts, its keys do not."""


def peer(cursor: Any) -> Peer | None:
    """The server in use; ``None`` before one was set up."""
    row = cursor.execute("SELECT url, state, last_ok, last_error FROM sync_peer LIMIT 1").fetchone()
    if row is None:
        return None
    settings = msgspec.msgpack.decode(bytes(row[1]), type=Settings)
    return Peer(row[0], settings, row[2], row[3])


def use_peer(cursor: Any, url: str, settings: Settings) -> None:
    """Use this server from now on; the number of the last request goes with it."""
    counter = cursor.execute("SELECT coalesce(max(counter), 0) FROM sync_peer").fetchone()[0]
    cursor.execute("DELETE FROM sync_peer WHERE url <> ?", (url,))
    cursor.execute(
        "INSERT INTO sync_peer (url, counter, state) VALUES (?, ?, ?)"
        " ON CONFLICT (url) DO UPDATE SET state = excluded.state",
        (url, counter, msgspec.msgpack.encode(settings)),
    )


def change_settings(cursor: Any, **changed: Any) -> None:
    """Remember something else of the server in use."""
    found = peer(cursor)
    if found is not None:
        settings = msgspec.structs.replace(found.settings, **changed)
        use_peer(cursor, found.url, settings)


def next_counter(cursor: Any, least: int) -> int:
    """A number that no request had, higher than ``least``; kept where a server is in use."""
    row = cursor.execute(
        "UPDATE sync_peer SET counter = max(counter, ?) + 1 RETURNING counter", (least,)
    ).fetchone()
    return int(row[0]) if row else least + 1


def me(cursor: Any, clinic: uuid.UUID) -> Courier:
    """This PC with its private keys; it gets a key to be sealed to if it has none yet."""
    device, seed, box = cursor.execute(
        "SELECT device_id, seed, box FROM sync_device JOIN device_key USING (dev) WHERE dev = ?",
        (THIS_PC,),
    ).fetchone()
    if box is None:
        fresh = Identity(Identity.new().sealing, bytes(seed))
        box = fresh.sealing
        cursor.execute("UPDATE device_key SET box = ? WHERE dev = ?", (box, THIS_PC))
        cursor.execute(
            "UPDATE sync_device SET box_pk = ? WHERE dev = ?", (fresh.public.sealing, THIS_PC)
        )
    keys = Identity(bytes(box), bytes(seed))
    return Courier(clinic, uuid.UUID(bytes=bytes(device)), keys)


# ------------------------------------------------------------------ keys


def keys(cursor: Any) -> dict[int, bytes]:
    """All data keys by epoch."""
    rows = cursor.execute("SELECT epoch, dek FROM sync_key ORDER BY epoch").fetchall()
    return {epoch: bytes(dek) for epoch, dek in rows}


def keep_key(cursor: Any, epoch: int, dek: bytes, now: int) -> None:
    """Keep a data key; one that is here already stays as it is."""
    cursor.execute(
        "INSERT INTO sync_key (epoch, dek, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (epoch, dek, now),
    )


@dataclass(frozen=True)
class Lacking:
    """A PC of the practice that this one has not handed a data key yet."""

    device: bytes
    box: bytes
    epoch: int
    dek: bytes


def lacking(cursor: Any, most: int) -> list[Lacking]:
    """Data keys to hand over, newest first."""
    found = peer(cursor)
    if found is None:
        return []
    settings, epochs = found.settings, keys(cursor)
    if settings.next_epoch:
        epochs[settings.next_epoch] = settings.next_dek
    rows = cursor.execute(
        "SELECT device_id, box_pk FROM sync_device"
        " WHERE dev <> ? AND status = 'active' AND box_pk IS NOT NULL ORDER BY dev",
        (THIS_PC,),
    ).fetchall()
    done = set(settings.handed)
    return [
        Lacking(bytes(device), bytes(box), epoch, epochs[epoch])
        for epoch in sorted(epochs, reverse=True)
        for device, box in rows
        if (bytes(device), epoch) not in done
    ][:most]


def note_handed(cursor: Any, given: Sequence[Lacking]) -> None:
    """These lie in the server's keybox."""
    found = peer(cursor)
    if found is not None and given:
        now = tuple((each.device, each.epoch) for each in given)
        change_settings(cursor, handed=found.settings.handed + now)


# ------------------------------------------------------------------ segments


def tip(cursor: Any, dev: int = THIS_PC) -> Tip:
    """A PC's last segment here."""
    row = cursor.execute(
        "SELECT seg_tip, seg_hash FROM sync_device WHERE dev = ?", (dev,)
    ).fetchone()
    return Tip(row[0], bytes(row[1])) if row and row[0] else Tip()


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


def unsent(cursor: Any, most_bytes: int) -> list[bytes]:
    """The next own segments that the server may lack; at least one, if there is any."""
    found: list[bytes] = []
    size = 0
    for (raw,) in cursor.execute(
        "SELECT content FROM sync_segment WHERE dev = ? AND state = ? ORDER BY seg_no",
        (THIS_PC, MADE),
    ):
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


def arrived(cursor: Any, seg_no: int) -> int:
    """The server surely holds own segments up to this one, and no later one.

    Returns how many commits are newly there. What a server lost goes out again.
    """
    cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no > ? AND state = ?",
        (MADE, THIS_PC, seg_no, SENT),
    )
    count = cursor.execute(
        "SELECT coalesce(sum(to_dseq - from_dseq + 1), 0) FROM sync_segment"
        " WHERE dev = ? AND seg_no <= ? AND state = ? AND part = parts",
        (THIS_PC, seg_no, MADE),
    ).fetchone()[0]
    cursor.execute(
        "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no <= ? AND state = ?",
        (SENT, THIS_PC, seg_no, MADE),
    )
    return int(count)


def known_devices(cursor: Any) -> dict[bytes, KnownDevice]:
    """The other PCs by id, with the keys that the signed chain of members gives them."""
    rows = cursor.execute(
        "SELECT dev, device_id, sign_pk, seg_tip, seg_hash, status FROM sync_device"
        " WHERE dev <> ? AND sign_pk IS NOT NULL",
        (THIS_PC,),
    ).fetchall()
    return {
        bytes(device): KnownDevice(
            dev, bytes(key), Tip(no, bytes(last)) if no else Tip(), status == "revoked"
        )
        for dev, device, key, no, last, status in rows
    }


def introduce(cursor: Any, devices: Iterable[KnownPc]) -> None:
    """Other PCs, before the chain of members is here to say it."""
    for each in devices:
        status = "revoked" if each.has_ended else "unknown"
        cursor.execute(
            "INSERT INTO sync_device (dev, device_id, prefix, name, status, sign_pk)"
            " SELECT max(dev) + 1, ?, ?, '', ?, ? FROM sync_device"
            " WHERE NOT EXISTS (SELECT 1 FROM sync_device WHERE device_id = ?)",
            (each.device, each.prefix, status, each.signing, each.device),
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


# ------------------------------------------------------------------ what is open


@dataclass(frozen=True)
class Open:
    """What is not yet where it should be."""

    to_send: int
    """Own commits that the server does not hold."""
    to_apply: int
    """Others' commits that wait for something."""
    kept_out: int
    """Others' commits and segments that may not or cannot be applied."""
    conflicts: int


def still_open(cursor: Any) -> Open:
    """Counts for people."""

    def count(sql: str, *values: Any) -> int:
        return int(cursor.execute(sql, values).fetchone()[0])

    made = "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?"
    sent = "SELECT coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ? AND state = ?"
    waiting = "SELECT count(*) FROM sync_hold WHERE why IN ('waits', 'device')"
    runs = "SELECT count(*) FROM sync_segment WHERE state = ? AND part = 1"
    out = "SELECT count(*) FROM sync_hold WHERE why NOT IN ('waits', 'signed', 'device')"
    return Open(
        to_send=count(made, THIS_PC) - count(sent, THIS_PC, SENT),
        to_apply=count(waiting) + count(runs, HELD),
        kept_out=count(out) + count(runs, BAD),
        conflicts=count("SELECT count(*) FROM sync_conflict WHERE state = 'open'"),
    )


def begin_run(cursor: Any, url: str, now: int) -> int:
    """Note that a pass began, so that one that hangs is seen too."""
    cursor.execute("UPDATE sync_peer SET last_try = ? WHERE url = ?", (now, url))
    cursor.execute("INSERT INTO sync_run (started, peer) VALUES (?, ?)", (now, url))
    row = cursor.execute("SELECT last_insert_rowid()").fetchone()
    cursor.execute("DELETE FROM sync_run WHERE id <= ?", (row[0] - 1000,))
    return int(row[0])


def end_run(cursor: Any, number: int, now: int, sizes: tuple[int, int], error: str = "") -> None:
    """Note how a pass ended; ``sizes`` are bytes up and down."""
    cursor.execute(
        "UPDATE sync_run SET ended = ?, sent = ?, received = ?, outcome = ?, error = ?"
        " WHERE id = ?",
        (now, *sizes, "failed" if error else "done", error, number),
    )
    if error:
        cursor.execute("UPDATE sync_peer SET last_error = ?", (error,))
    else:
        cursor.execute("UPDATE sync_peer SET last_ok = ?, last_error = ''", (now,))
