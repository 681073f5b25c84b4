"""What an owner should look at from time to time, asked when he signs in."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.services import recovery_drill
from clinic_desktop.services.access import query
from clinic_desktop.services.audit import alone, entitlements


@dataclass(frozen=True)
class Reminders:
    """What waits for a look."""

    done_alone: int
    """Things done without a second person that wait for a look since a week."""
    sheet_due: bool
    """A quarter has gone by since somebody had the recovery sheet in hand."""
    rights_due: bool
    """Half a year has gone by since somebody went through who may do what."""
    over: tuple[str, ...]
    """Names of people from outside whose time is over: they still know the record's key."""


@query("user.approve")
def of_owner(reads: ReadSession) -> Reminders:
    """What waits now."""
    sheet = recovery_drill.drill_state(reads)
    rights_due = entitlements.is_due(reads)
    return Reminders(alone.report(reads).unseen, sheet.is_due, rights_due, _over(reads))


def _over(reads: ReadSession) -> tuple[str, ...]:
    state = chain.current(reads)
    if state is None:
        return ()
    engaged = (each for key, each in state.engagements.items() if key in state.people)
    return tuple(
        state.people[each.id].name for each in engaged if from_millis(each.until) <= reads.now
    )
