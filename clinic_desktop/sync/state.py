"""What this PC remembers of the exchange, in tables that are themselves never exchanged."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from clinic_desktop.db.applying import NEWER, SIGNED, WAITS
from clinic_desktop.db.chain import ERASED, THIS_PC
from clinic_desktop.models.types import from_millis
from clinic_desktop.security.primitives import Identity, PublicKeys
from clinic_desktop.sync import segment
from clinic_desktop.sync.enrolment import KnownPc
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.segment import BEGINNING, Segment
from clinic_desktop.sync.statements import DeviceKeys, Introduced, Known, person_id

MADE, SENT, HELD, APPLIED, BAD = "made", "sent", "held", "applied", "bad"
"""Own segments: not yet, and surely on the server. Others': kept, in the record, not readable."""
NO_LINE = "stick:"
"""In place of a server where the practice exchanges by sticks, and at hubs, only."""
STICK = "bundle"
"""What stands for a stick in the list of passes."""
STATED = "stated"
"""Of another PC: an owner let it in by a statement; the chain of members has not told of it yet."""


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
    told_root: bytes = b""
    """The recovery sheet that the server surely knows."""
    told_ended: int = 0
    """How many PCs were taken out of which the server surely knows."""
    vouched: tuple[bytes, bytes] = (b"", b"")
    """An owner's new key, and what the recovery sheet signed for it; until the server knows."""
    next_pc: tuple[bytes, bytes] = (b"", b"")
    """What this PC will be called, and its keys: its record is an older state of another."""
    used_month: int = 0
    """Which month ``used_bytes`` counts: 24323 is November 2026."""
    used_bytes: int = 0
    """What went over the line in it, both ways."""
    budget: int = 0
    """Bytes a month after which nothing is exchanged by itself; 0 for no end."""
    paused_until: int = 0
    """Until when nothing is exchanged by itself, in milliseconds since 1970 UTC."""
    hubs: tuple[str, ...] = ()
    """Addresses of hubs in the house, beside the server in use."""
    files_asked: int = 0
    """When the server was last asked whether it still holds the files that it was given."""
    in_snapshot: int = 0
    """How many commits the newest snapshot on the server covers, as far as is known."""
    looked_at: int = 0
    """When the snapshots there were looked at last, in milliseconds since 1970 UTC."""
    is_doubted: bool = False
    """Whether a PC found that a snapshot there is not what the PCs hold."""
    server_lacks: int = 0
    """Of how many PCs it lacks work that this PC cannot give it either."""
    hub_port: int = 0
    """Where this PC is a hub while its program runs; 0 where it is none."""
    said: tuple[bytes, ...] = ()
    """Statements of owners about PCs that no server was told of: handed on by stick and hub."""
    clock_off: int = 0
    """How far the server's clock is ahead of this PC's, in milliseconds; for display only."""


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
    """Whether data keys from it do not count: it was taken out, or an owner's statement is all.

    What it makes, or made before, is kept all the same.
    """


def peer(cursor: Any) -> Peer | None:
    """The server in use; ``None`` before one was set up."""
    row = cursor.execute("SELECT url, state, last_ok, last_error FROM sync_peer LIMIT 1").fetchone()
    if row is None:
        return None
    settings = msgspec.msgpack.decode(bytes(row[1]), type=Settings)
    return Peer(row[0], settings, row[2], row[3])


_MOST_SAID = 64


def remember_said(cursor: Any, statement: bytes) -> None:
    """Hand this statement on from now on."""
    found = peer(cursor)
    if found is not None and statement not in found.settings.said:
        change_settings(cursor, said=(*found.settings.said, statement)[-_MOST_SAID:])


def has_no_line(cursor: Any) -> bool:
    """Whether this PC belongs to a practice of several and no server is in use."""
    found = peer(cursor)
    return found is not None and found.url == NO_LINE


def use_peer(cursor: Any, url: str, settings: Settings) -> None:
    """Use this server from now on; the number of the last request goes with it."""
    counter = cursor.execute("SELECT coalesce(max(counter), 0) FROM sync_peer").fetchone()[0]
    cursor.execute("DELETE FROM sync_peer WHERE url <> ?", (url,))
    cursor.execute(
        "INSERT INTO sync_peer (url, counter, state) VALUES (?, ?, ?)"
        " ON CONFLICT (url) DO UPDATE SET state = excluded.state",
        (url, counter, msgspec.msgpack.encode(settings)),
    )


def turn_to(cursor: Any, url: str, authority: str, hubs: tuple[str, ...]) -> None:
    """Use another server: what the one before was told and handed, this one was not."""
    found = peer(cursor)
    if found is not None:
        settings = msgspec.structs.replace(
            found.settings, authority=authority, invitation=b"", answered=(b"", b""), handed=(),
            told_root=b"", told_ended=0, hubs=hubs, in_snapshot=0, looked_at=0, is_doubted=False,
            server_lacks=0,
        )  # fmt: skip
        use_peer(cursor, url, settings)
        cursor.execute("DELETE FROM sync_file WHERE state <> 'coming'")  # it may not hold them


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


def device_id(cursor: Any) -> bytes:
    """This PC, as the others know it."""
    row = cursor.execute("SELECT device_id FROM sync_device WHERE dev = ?", (THIS_PC,)).fetchone()
    return bytes(row[0])


# ------------------------------------------------------------------ keys


def keys(cursor: Any) -> dict[int, bytes]:
    """All data keys by epoch."""
    rows = cursor.execute("SELECT epoch, dek FROM sync_key ORDER BY epoch").fetchall()
    return {epoch: bytes(dek) for epoch, dek in rows}


def keep_key(cursor: Any, epoch: int, dek: bytes, now: int) -> None:
    """Keep a data key, in place of another that bears its number."""
    cursor.execute(
        "INSERT INTO sync_key (epoch, dek, created) VALUES (?, ?, ?)"
        " ON CONFLICT (epoch) DO UPDATE SET dek = excluded.dek",
        (epoch, dek, now),
    )


@dataclass(frozen=True)
class Lacking:
    """A PC of the practice that this one has not handed a data key yet."""

    device: bytes
    box: bytes
    epoch: int
    dek: bytes
    is_sheet: bool
    """Whether it is no PC, but the recovery sheet."""


def lacking(cursor: Any, most: int, sheet: PublicKeys | None = None) -> list[Lacking]:
    """Data keys to hand over, newest first; the recovery sheet gets them like a PC."""
    found = peer(cursor)
    if found is None:
        return []
    settings, epochs = found.settings, keys(cursor)
    if settings.next_epoch:
        epochs[settings.next_epoch] = settings.next_dek
    rows = cursor.execute(
        "SELECT device_id, box_pk, 0 FROM sync_device"
        " WHERE dev <> ? AND status = 'active' AND box_pk IS NOT NULL ORDER BY dev",
        (THIS_PC,),
    ).fetchall()
    if sheet is not None and sheet.signing:
        rows.append((person_id(sheet.signing), sheet.sealing, True))
    done = set(settings.handed)
    return [
        Lacking(bytes(device), bytes(box), epoch, epochs[epoch], bool(is_sheet))
        for epoch in sorted(epochs, reverse=True)
        for device, box, is_sheet in rows
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


def arrived(cursor: Any, seg_no: int) -> int:
    """The server surely holds own segments up to this one only; how many commits are new there."""
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
    return int(count)


def came_back(cursor: Any, seg_no: int) -> None:
    """Another PC surely holds own segments up to this one: it brought them."""
    if has_no_line(cursor):
        cursor.execute(
            "UPDATE sync_segment SET state = ? WHERE dev = ? AND seg_no <= ? AND state = ?",
            (SENT, THIS_PC, seg_no, MADE),
        )


def be(cursor: Any, device: bytes, keys: Identity) -> None:
    """Give a record that is just being made the name and the keys that its PC asked under."""
    public = keys.public
    cursor.execute(
        "UPDATE sync_device SET device_id = ?, sign_pk = ?, box_pk = ? WHERE dev = ?",
        (device, public.signing, public.sealing, THIS_PC),
    )
    cursor.execute(
        "UPDATE device_key SET seed = ?, box = ? WHERE dev = ?",
        (keys.signing, keys.sealing, THIS_PC),
    )


def known_devices(cursor: Any) -> dict[bytes, KnownDevice]:
    """The other PCs by id, with the keys that the signed chain of members gives them."""
    rows = cursor.execute(
        "SELECT dev, device_id, sign_pk, seg_tip, seg_hash, status FROM sync_device"
        " WHERE dev <> ? AND sign_pk IS NOT NULL",
        (THIS_PC,),
    ).fetchall()
    return {
        bytes(device): KnownDevice(
            dev, bytes(key), Tip(no, bytes(last)) if no else Tip(), status in {"revoked", STATED}
        )
        for dev, device, key, no, last, status in rows
    }


def members(cursor: Any, clinic: uuid.UUID, owners: frozenset[bytes]) -> Known:
    """Who belongs to the practice and who did, as this record shows the signed chain."""
    devices: dict[bytes, DeviceKeys] = {}
    ended: dict[bytes, DeviceKeys] = {}
    for dev, device, signing, sealing, status in cursor.execute(
        "SELECT dev, device_id, sign_pk, box_pk, status FROM sync_device WHERE sign_pk IS NOT NULL"
    ):
        keys = DeviceKeys(bytes(device), bytes(signing), bytes(sealing or b""))
        if status == "revoked":
            ended[keys.id] = keys
        elif status in {"active", STATED} or dev == THIS_PC:
            devices[keys.id] = keys
    return Known(clinic, owners, b"", devices, ended)


def introduce(cursor: Any, devices: Iterable[KnownPc]) -> None:
    """Other PCs, before the chain of members is here to say it."""
    for each in devices:
        status = "revoked" if each.has_ended else "unknown"
        cursor.execute(
            "INSERT INTO sync_device (dev, device_id, prefix, name, status, sign_pk)"
            " SELECT (SELECT max(dev) + 1 FROM sync_device), ?, ?, '', ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM sync_device WHERE device_id = ?)",
            (each.device, each.prefix, status, each.signing, each.device),
        )


def state_devices(cursor: Any, devices: Iterable[Introduced]) -> None:
    """PCs that an owner let in by a statement; of those known by the chain it changes nothing.

    Of one that was taken out before anybody told of it here, what others built on is applied: else
    their work would wait for it for ever.
    """
    for each, has_ended in devices:
        cursor.execute(
            "INSERT INTO sync_device (dev, device_id, prefix, name, status)"
            " SELECT (SELECT max(dev) + 1 FROM sync_device), ?, '', '', 'unknown'"
            " WHERE NOT EXISTS (SELECT 1 FROM sync_device WHERE device_id = ?)",
            (each.id, each.id),
        )
        cursor.execute(
            "UPDATE sync_device SET sign_pk = ?, status = ?, cutoff = ?"
            " WHERE device_id = ? AND sign_pk IS NULL AND status = 'unknown'",
            (each.signing, STATED, 0 if has_ended else None, each.id),
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
    newer: int
    """Others' commits that wait for an update of this program."""
    kept_out: int
    """Others' commits and segments that may not or cannot be applied."""
    conflicts: int


def still_open(cursor: Any) -> Open:
    """Counts for people."""

    def count(sql: str, *values: Any) -> int:
        return int(cursor.execute(sql, values).fetchone()[0])

    made = "SELECT coalesce(max(dseq), 0) FROM sync_commit WHERE dev = ?"
    sent = "SELECT coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ? AND state = ?"
    runs = "SELECT count(*) FROM sync_segment WHERE state = ? AND part = 1"
    waits, newer, out = _held(cursor)
    return Open(
        to_send=count(made, THIS_PC) - count(sent, THIS_PC, SENT),
        to_apply=waits + count(runs, HELD),
        newer=newer,
        kept_out=out + count(runs, BAD),
        conflicts=count("SELECT count(*) FROM sync_conflict WHERE state = 'open'"),
    )


def _held(cursor: Any) -> tuple[int, int, int]:
    """Commits that wait for others, for an update, and those that are kept out.

    What follows one of these waits for the same; after one that is kept out, for ever.
    """
    counts = {WAITS: 0, NEWER: 0, "out": 0}
    before: dict[int, str] = {}
    for dev, dseq, why in cursor.execute(
        "SELECT dev, dseq, why FROM sync_hold WHERE why NOT IN (?, ?) ORDER BY dev, dseq",
        (SIGNED, ERASED),
    ):
        kind = {WAITS: WAITS, "device": WAITS, NEWER: NEWER}.get(why, "out")
        kind = before.get(dev, kind) if kind != "out" else kind
        counts[kind] += 1
        if kind != WAITS and dseq > 0:
            before[dev] = kind
    return counts[WAITS], counts[NEWER], counts["out"]


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
