"""Words of the privacy section."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.services.privacy.disclosures import DisclosureRow
from clinic_desktop.ui.core.disclosure_words import disclosure_kinds


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


def restriction_reasons() -> dict[str, str]:
    """Why a chart is only stored."""
    return {
        "accuracy": pgettext("restriction", "The person says it is not right"),
        "unlawful": pgettext("restriction", "It should not be kept, but the person wants that"),
        "claim": pgettext("restriction", "The person needs it for a claim"),
        "objection": pgettext("restriction", "The person objects to its use"),
        "retention": pgettext("restriction", "It cannot be erased yet"),
    }


def exception_reasons() -> dict[str, str]:
    """Why such a chart may be used all the same."""
    return {
        "care": pgettext("restriction", "Urgent care of this person"),
        "consent": pgettext("restriction", "The person agrees"),
        "claim": pgettext("restriction", "A claim before a court"),
        "protection": pgettext("restriction", "To protect somebody else"),
        "public-interest": pgettext("restriction", "Important public interest"),
    }


def given_words(row: DisclosureRow) -> str:
    """What was given."""
    if row.source == "export":
        return _("Export of the whole record")
    if row.source == "seen":
        return _("Bill {number}, looked at").format(number=isolate(row.number))
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
