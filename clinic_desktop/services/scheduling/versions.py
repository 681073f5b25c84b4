"""Appointments that two PCs wrote differently: what the versions say that are not shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_desktop.db import disputes
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services.access import part

_SHOWN = (
    "status", "start_at", "end_at", "practitioner_id", "location_id", "patient_id", "reason",
)  # fmt: skip
_ASKED = "SELECT pk, grp, vers FROM sync_conflict WHERE tbl = ? AND kind = 'value' ORDER BY pk, grp"


@dataclass(frozen=True)
class OtherVersion:
    """An appointment as another version has it; ``None`` and empty where it says the same."""

    status: AppointmentStatus | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    practitioner: str = ""
    location: str = ""
    patient: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Place:
    """When, with whom and where an appointment is, in one of its versions."""

    appointment_id: uuid.UUID
    status: AppointmentStatus
    start_at: datetime
    end_at: datetime
    practitioner_id: uuid.UUID | None
    location_id: uuid.UUID | None
    patient_id: uuid.UUID | None


class Versions:
    """What is in dispute about appointments, read once for a list. Nearly always nothing."""

    def __init__(self, reads: ReadSession) -> None:
        self._cursor = reads.cursor
        asked = self._cursor.execute(_ASKED, (BY_NAME["appointment"].number,)).fetchall()
        self._told = disputes.variants(self._cursor, "appointment", asked) if asked else {}
        self._rows = {key: self._row(key) for key in self._told}

    def __bool__(self) -> bool:
        """Whether anything is in dispute."""
        return bool(self._told)

    def of(self, row_id: uuid.UUID) -> tuple[OtherVersion, ...]:
        """The other versions of one, as far as they show something else."""
        now = self._rows.get(row_id, {})
        found = (self._other(now, each) for each in self._told.get(row_id, []))
        return tuple(each for each in dict.fromkeys(found) if each != OtherVersion())

    def places(self) -> Iterator[Place]:
        """Where appointments are by the versions that are not shown."""
        for row_id, told in self._told.items():
            now = self._rows[row_id]
            for each in told:
                held = {**now, **each}
                yield Place(
                    row_id, AppointmentStatus(held["status"]), from_millis(held["start_at"]),
                    from_millis(held["end_at"]), _id(held["practitioner_id"]),
                    _id(held["location_id"]), _id(held["patient_id"]),
                )  # fmt: skip

    def _row(self, row_id: uuid.UUID) -> dict[str, Any]:
        row = self._cursor.execute(
            f"SELECT {', '.join(_SHOWN)} FROM appointment WHERE id = ?",  # noqa: S608 - our names
            (row_id.bytes,),
        ).fetchone()
        return dict(zip(_SHOWN, row, strict=True))

    def _other(self, now: dict[str, Any], told: dict[str, Any]) -> OtherVersion:
        new = {name: told[name] for name in _SHOWN if name in told and told[name] != now[name]}
        status, start, end = new.get("status"), new.get("start_at"), new.get("end_at")
        has_time = start is not None or end is not None
        held = {**now, **new}
        return OtherVersion(
            AppointmentStatus(status) if status is not None else None,
            from_millis(held["start_at"]) if has_time else None,
            from_millis(held["end_at"]) if has_time else None,
            self._name("practitioner", "name", new.get("practitioner_id")),
            self._name("location", "name", new.get("location_id")),
            self._name("patient", "family", new.get("patient_id")),
            new.get("reason") or "",
        )

    def _name(self, table: str, column: str, row_id: bytes | None) -> str:
        if row_id is None:
            return ""
        return str(disputes.word_of(self._cursor, table, column, bytes(row_id)) or "")


def _id(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(bytes=bytes(value))


@part
def versions_of_appointments(reads: ReadSession) -> Versions:
    """What is in dispute about appointments now."""
    return Versions(reads)
