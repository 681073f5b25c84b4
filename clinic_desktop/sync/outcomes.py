"""What became of a pass, in words."""

from __future__ import annotations

from clinic_desktop.i18n import pgettext


def outcome_words(code: str) -> str:
    """What became of a pass, from the code it was kept under."""
    words = {
        "": pgettext("exchange", "complete"),
        "running": pgettext("exchange", "under way, or cut short"),
        "server": pgettext("exchange", "no server, or one that refused"),
        "stopped": pgettext("exchange", "stopped"),
        "newer-program": pgettext("exchange", "a newer program is needed"),
        "revoked": pgettext("exchange", "this PC was taken out"),
        "copied": pgettext("exchange", "this record is a copy"),
        "storage": pgettext("exchange", "the disk failed"),
        "read-only": pgettext("exchange", "nothing could be written at this PC"),
    }
    return words.get(code, pgettext("exchange", "failed"))
