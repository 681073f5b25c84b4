"""Each quarter an owner types two groups of the recovery sheet; a lost one opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.models.practice import Setting
from clinic_desktop.security.recovery_drill import Drill
from clinic_desktop.services.access import command, part, query

EVERY = timedelta(days=92)
SHEET_DAY = "recovery.made_on"
"""The practice's setting: since when the valid sheet is on paper."""
_DRILL, _DAY = "recovery.drill", "recovery.seen-on"


@dataclass(frozen=True)
class DrillState:
    """How long ago somebody had the sheet in hand."""

    drill: Drill | None
    """None for a sheet older than drills: it is typed as a whole, once."""
    seen_on: date | None
    is_due: bool


@query("user.approve")
def drill_state(reads: ReadSession) -> DrillState:
    """What two groups are checked by, and whether it is time to."""
    kept, day = _value(reads, _DRILL), _value(reads, _DAY)
    made_on = reads.session.scalar(
        select(Setting.value).where(Setting.key == SHEET_DAY, Setting.user_id.is_(None))
    )
    seen_on = date.fromisoformat(str(day or made_on)) if day or made_on else None
    is_due = seen_on is not None and not seen_on <= reads.today < seen_on + EVERY
    return DrillState(msgspec.convert(kept, Drill) if kept else None, seen_on, is_due)


@command("user.approve")
def note_seen(uow: UnitOfWork, drill: Drill | None = None) -> None:
    """An owner had the valid sheet in hand today; ``drill`` where there was none yet."""
    if drill is not None:
        uow.session.merge(LocalSetting(key=_DRILL, value=msgspec.to_builtins(drill)))
    uow.session.merge(LocalSetting(key=_DAY, value=uow.today.isoformat()))
    uow.audit("key.recovery-seen")


@part
def keep(uow: UnitOfWork, drill: Drill) -> None:
    """A new sheet is on paper since today."""
    uow.session.merge(LocalSetting(key=_DRILL, value=msgspec.to_builtins(drill)))
    uow.session.merge(LocalSetting(key=_DAY, value=uow.today.isoformat()))


def _value(reads: ReadSession, key: str) -> object:
    row = reads.session.get(LocalSetting, key)
    return row.value if row is not None else None
