"""The PCs of the practice as this record knows them: numbers here, names and keys by the chain."""

from __future__ import annotations

from typing import Any

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.membership_pasts import Seen
from clinic_desktop.db.membership_told import tell_about_members
from clinic_desktop.security.membership_entries import Entry
from clinic_desktop.security.membership_forks import settle


def device_number(cursor: Any, device_id: bytes, name: str = "") -> int:
    """The number of a PC in this record; one that is new here gets the next."""
    row = cursor.execute("SELECT dev FROM sync_device WHERE device_id = ?", (device_id,)).fetchone()
    if row is not None:
        return int(row[0])
    dev = cursor.execute("SELECT max(dev) + 1 FROM sync_device").fetchone()[0]
    cursor.execute(
        "INSERT INTO sync_device (dev, device_id, prefix, name, status) VALUES (?, ?, '', ?, ?)",
        (dev, device_id, name, "unknown"),
    )
    return int(dev)


def show_members(cursor: Any) -> None:
    """Names and keys of the PCs as the signed chain has them, and entries that came to nothing."""
    rows = cursor.execute(
        "SELECT n, prev, kind, wall, body, author, signature FROM membership_entry ORDER BY n"
    ).fetchall()
    settled = settle((Entry(*row) for row in rows), Seen(cursor))
    state = settled.state
    if state is None:
        return
    tell_about_members(cursor, settled.passed_over, settled.by_old_keys)
    for device in state.devices.values():
        dev = device_number(cursor, device.id.bytes)
        if dev != THIS_PC:
            cursor.execute(
                "UPDATE sync_device SET name = ?, status = 'active', cutoff = NULL,"
                " sign_pk = coalesce(nullif(?, x''), sign_pk),"
                " box_pk = coalesce(nullif(?, x''), box_pk) WHERE dev = ?",
                (device.name, device.signing, device.sealing, dev),
            )
    ended = state.known - state.devices.keys()
    cursor.executemany(
        "UPDATE sync_device SET status = 'revoked', cutoff = ? WHERE device_id = ? AND dev <> 1",
        [(state.cutoffs.get(each), each.bytes) for each in ended],
    )
