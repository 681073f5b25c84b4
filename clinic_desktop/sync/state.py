"""What this PC remembers of the exchange, in tables that are themselves never exchanged."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.security.primitives import Identity, PublicKeys
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.statements import person_id

NO_LINE = "stick:"
"""In place of a server where the practice exchanges by sticks, and at hubs, only."""
STICK = "bundle"
"""What stands for a stick in the list of passes."""


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
    told_hubs: tuple[str, ...] = ()
    """Those that an owner told the whole practice of, as they were when this PC last looked."""
    files_asked: int = 0
    """When the server was last asked whether it still holds the files that it was given."""
    files_wait: int = 0
    """Until when no file goes there once more because it says that pieces rotted."""
    hub_files_wait: int = 0
    """The same of hubs beside it."""
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
    besides: tuple[bytes, ...] = ()
    """PCs of which something came past the server, and was not compared with what it has yet."""
    clock_off: int = 0
    """How far the server's clock is ahead of this PC's, in milliseconds; for display only."""
    anew_since: int = 0
    """When this PC went on under another name than its record had, in ms since 1970 UTC."""
    is_unheard: bool = False
    """Whether its log was written anew, and nothing has left this PC since."""


@dataclass(frozen=True)
class Peer:
    """The server in use."""

    url: str
    settings: Settings
    last_ok: int | None = None
    last_error: str = ""


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
