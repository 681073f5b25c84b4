"""Words of the privacy section."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.services.privacy.disclosures import DisclosureRow


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


def recipient_kinds() -> dict[str, str]:
    """Whom something can be given to."""
    return {
        "patient": pgettext("recipient", "The patient"),
        "relative": pgettext("recipient", "Family or trusted person"),
        "clinician": pgettext("recipient", "Doctor or hospital"),
        "insurer": pgettext("recipient", "Insurer"),
        "authority": pgettext("recipient", "Authority or court"),
        "other": pgettext("recipient", "Somebody else"),
    }


def request_kinds() -> dict[str, str]:
    """What the law of data protection lets a person ask for."""
    return {
        "access": pgettext("request", "See the own data"),
        "portability": pgettext("request", "Get a copy to take along"),
        "rectification": pgettext("request", "Have something corrected"),
        "restriction": pgettext("request", "Have the data only stored"),
        "erasure": pgettext("request", "Have the data erased"),
        "objection": pgettext("request", "Object to a use of the data"),
    }


def given_words(row: DisclosureRow) -> str:
    """What was given."""
    if row.source == "export":
        return _("Export of the whole record")
    if row.source == "noted":
        return disclosure_kinds().get(row.kind, row.kind)
    kind = KINDS.get(row.kind)
    name = kind.title(current()) if kind else row.kind
    return f"{name} {isolate(row.number)}".strip()


def recipient_words(row: DisclosureRow) -> str:
    """Who got it."""
    if row.source == "export":
        return _("a folder chosen by whoever exported")
    kind = recipient_kinds().get(row.recipient_kind, "")
    return " – ".join(filter(None, (kind, isolate(row.recipient))))
