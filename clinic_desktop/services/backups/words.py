"""What is being done to a backup, in words, for window and command line."""

from __future__ import annotations

from clinic_desktop.i18n import _


def stage_words(stage: str) -> str:
    """What is being done, in words."""
    words = {
        "copy": _("Copying the record…"),
        "trial": _("Bringing the backup back on trial…"),
        "spread": _("Copying it to the other places…"),
        "unpack": _("Reading the backup…"),
        "check": _("Checking every page…"),
    }
    return words.get(stage, _("Finishing…"))
