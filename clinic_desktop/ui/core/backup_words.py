"""How old the last copy of the record is, in words and in a tone."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.domain.backup_ages import Age, age_of
from clinic_desktop.i18n import _, current, isolate, ngettext

_TONES = {Age.FRESH: "muted", Age.LATE: "warn", Age.TOO_LATE: "danger", Age.NEVER: "warn"}


def backup_words(made: datetime | None, now: datetime) -> str:
    """When a backup was last brought back on trial, or that none ever was."""
    if made is None:
        return _("No backup has been made on this PC yet")
    if age_of(made, now) is Age.FRESH:
        return _("Last verified backup: {moment}").format(moment=isolate(current().datetime(made)))
    days = (now - made).days
    words = ngettext(
        "The last verified backup is {n} day old", "The last verified backup is {n} days old", days
    )
    return words.format(n=current().number(days))


def backup_tone(made: datetime | None, now: datetime) -> str:
    """Amber after a day, red after three."""
    return _TONES[age_of(made, now)]
