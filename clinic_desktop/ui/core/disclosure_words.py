"""What was given of a record, in words: for the page Privacy, and for an insurer's agent."""

from __future__ import annotations

from clinic_desktop.i18n import pgettext


def disclosure_kinds() -> dict[str, str]:
    """What can be given otherwise than on our paper."""
    return {
        "copy": pgettext("disclosure", "Copy of papers"),
        "summary": pgettext("disclosure", "Summary"),
        "spoken": pgettext("disclosure", "Told or shown"),
        "report": pgettext("disclosure", "Report or form"),
        "images": pgettext("disclosure", "Pictures"),
        "other": pgettext("disclosure", "Something else"),
    }
