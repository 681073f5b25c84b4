"""What an owner should look at from time to time, asked when he signs in."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.db.session import ReadSession
from clinic_desktop.services.access import query
from clinic_desktop.services.audit import alone, entitlements


@dataclass(frozen=True)
class Reminders:
    """What waits for a look."""

    done_alone: int
    """Things done without a second person that wait for a look since a week."""
    rights_due: bool
    """Half a year has gone by since somebody went through who may do what."""


@query("user.approve")
def of_owner(reads: ReadSession) -> Reminders:
    """What waits now."""
    return Reminders(alone.report(reads).unseen, entitlements.is_due(reads))
