"""What queries note down, on its way into the log: a look must not wait for the disk.

A reader's thread leaves it here; the writer takes it along in its next commit, at the latest when
enough has come together or the record is closed. After a crash the newest few may be missing.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from clinic_desktop.models.provenance import AuditEvent

AT_MOST = 32
"""Waiting at a time; then they get a commit of their own."""
_KEY = "looks"
_SIGNED_AT_ONCE = (
    *("session.", "key.", "user.", "access.", "record.", "backup.", "audit.", "export."),
    *("membership.", "integrity.", "clock.", "insurer."),
)


def is_weighty(*kinds: str) -> bool:
    """Whether one of these events is not left for the next checkpoint but signed at once."""
    return any(kind.startswith(_SIGNED_AT_ONCE) for kind in kinds)


@dataclass(frozen=True)
class Look:
    """One event noted by a query."""

    kind: str
    at: datetime
    user_id: uuid.UUID | None
    patient_id: uuid.UUID | None = None
    object_id: uuid.UUID | None = None
    detail: dict[str, str | int] = field(default_factory=dict)

    def row(self) -> AuditEvent:
        """As the log keeps it; the id is the unit of work's to give."""
        return AuditEvent(kind=self.kind, happened_at=self.at, user_id=self.user_id,
                          patient_id=self.patient_id, object_id=self.object_id,
                          detail=self.detail)  # fmt: skip

    def _joined(self, later: Look) -> Look | None:
        """Both as one where they are steps of one search; ``None`` where each counts."""
        mine = (self.kind, self.user_id, self.patient_id, self.object_id)
        theirs = (later.kind, later.user_id, later.patient_id, later.object_id)
        if mine != theirs or self.patient_id is not None or "found" not in later.detail:
            return None
        times: Any = self.detail.get("times", 1)
        return replace(self, detail={**later.detail, "times": times + 1})


class Looks:
    """Those that wait; used by all threads."""

    def __init__(self) -> None:
        self._waiting: list[Look] = []
        self._lock = threading.Lock()

    def put(self, looks: list[Look]) -> bool:
        """Leave some; whether they should not wait any longer."""
        with self._lock:
            for look in looks:
                joined = self._waiting[-1]._joined(look) if self._waiting else None  # noqa: SLF001
                if joined is not None:
                    self._waiting[-1] = joined
                else:
                    self._waiting.append(look)
            return len(self._waiting) >= AT_MOST

    def take(self) -> list[Look]:
        """All that wait, for one transaction."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    @property
    def waiting(self) -> list[Look]:
        """Those that wait."""
        with self._lock:
            return list(self._waiting)

    def give_back(self, looks: list[Look]) -> None:
        """Those of a transaction that failed wait for the next."""
        with self._lock:
            self._waiting[:0] = looks


def keep(cursor: Any, looks: list[Look]) -> None:
    """Let them outlast the program where the log takes nothing yet."""
    cursor.execute(
        "INSERT INTO local_setting (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_KEY, msgspec.json.encode(looks).decode()),
    )


def kept(cursor: Any) -> list[Look]:
    """Those that outlasted it."""
    row = cursor.execute("SELECT value FROM local_setting WHERE key = ?", (_KEY,)).fetchone()
    return msgspec.json.decode(row[0], type=list[Look]) if row else []


def forget(cursor: Any) -> None:
    """They are in the log with this commit."""
    cursor.execute("DELETE FROM local_setting WHERE key = ?", (_KEY,))
