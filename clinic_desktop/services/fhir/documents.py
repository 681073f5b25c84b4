"""Documents, the files inside them, and the policies that claims name."""

from __future__ import annotations

from collections.abc import Iterable

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.clinical import at
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.tables import Row
from clinic_desktop.services.fhir.words import (
    code,
    coded,
    is_text,
    shown,
    text_of,
    words,
)

_NO_PAYER = frozenset({"", "NO_INSURANCE"})


def document(found: shapes.DocumentReference, links: Links) -> Row:
    """A document; plain text is kept as words, anything else as a file."""
    attachments = [each.attachment for each in found.content if each.attachment]
    titles = [each.title for each in attachments if each.title]
    about = found.context.encounter if found.context else ()
    return {
        "encounter_id": links.encounter(about[0]) if about else None,
        **coded(found.type),
        "title": found.description or (titles[0] if titles else "") or words(found.type),
        "status": found.status or "current",
        "dated_at": at(found.date, links),
        "author": ", ".join(filter(None, map(shown, found.author))),
        "content": "\n\n".join(text_of(each) for each in attachments if is_text(each)),
    }


def files_of(attachments: Iterable[shapes.Attachment]) -> list[shapes.Attachment]:
    """Those that hold bytes other than plain text."""
    return [each for each in attachments if each.data and not is_text(each)]


def form(found: shapes.DiagnosticReport, report: Row, attachment: shapes.Attachment) -> Row:
    """A file of a report as a document of its own."""
    return {
        **coded(found.code),
        "encounter_id": report["encounter_id"],
        "title": attachment.title or words(found.code),
        "dated_at": report["issued_at"] or report["effective_at"],
    }


def claimed_policies(found: shapes.Claim) -> list[Row]:
    """The policies that a claim names, inside it or in words."""
    policies = [
        {
            "payer_name": shown(each.payor[0]) if each.payor else words(each.type),
            "kind": code(each.type) or words(each.type),
            "status": each.status or "active",
        }
        for each in shapes.inside(found.contained, "Coverage")
    ]
    policies += [
        {"payer_name": shown(line.coverage), "kind": "", "status": "active"}
        for line in found.insurance
        if line.coverage and not line.coverage.reference
    ]
    distinct = {row["payer_name"]: row for row in reversed(policies)}
    return [row for row in distinct.values() if row["payer_name"] not in _NO_PAYER]
