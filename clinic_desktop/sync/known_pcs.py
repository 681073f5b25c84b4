"""The PCs of the practice as this record knows them, by the chain or an owner's statement."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync.enrolment import KnownPc
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.statements import DeviceKeys, Introduced, Known

STATED = "stated"
"""Of another PC: an owner let it in by a statement; the chain of members has not told of it yet."""


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
