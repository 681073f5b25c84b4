"""How old the last copy of the record is, in words."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.i18n import _, current, isolate


def backup_words(made: datetime | None) -> str:
    """When this PC last made a copy that was read back whole, or that it never did."""
    if made is None:
        return _("No backup has been made on this PC yet")
    return _("Last verified backup: {moment}").format(moment=isolate(current().datetime(made)))
