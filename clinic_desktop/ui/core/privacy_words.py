"""Words for consents, and for what may be known by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from clinic_desktop.domain.consent import (
    ASKED,
    GIVEN,
    GUARDIAN,
    PATIENT,
    REFUSED,
    REPRESENTATIVE,
    WITHDRAWN,
)
from clinic_desktop.i18n import _, commas, current, isolate, pgettext
from clinic_desktop.services.patients.consents import ConsentRow
from clinic_desktop.services.patients.sharing import TrustedPerson
from clinic_desktop.services.privacy.requests import OPEN as REQUEST_OPEN
from clinic_desktop.services.privacy.requests import REFUSED as REQUEST_REFUSED
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.pill import PillSpec


def consent_words(kind: str) -> str:
    """What a person agrees to."""
    return {
        "treatment": _("Agrees to be treated here"),
        "data": _("Agrees that the practice keeps the data"),
        "messages": _("May be sent reminders and messages"),
    }.get(kind) or consent_title(kind)


def consent_title(kind: str) -> str:
    """What a text to agree to is about; a practice's own kind is its own word."""
    return {
        "treatment": pgettext("consent", "Treatment"),
        "data": pgettext("consent", "Keeping the data"),
        "messages": pgettext("consent", "Reminders and messages"),
        "photos": pgettext("consent", "Photos"),
        "research": pgettext("consent", "Research and teaching"),
    }.get(kind, kind)


def status_words(status: str) -> str:
    """What was decided."""
    return {
        GIVEN: pgettext("consent", "given"),
        REFUSED: pgettext("consent", "refused"),
        WITHDRAWN: pgettext("consent", "withdrawn"),
        ASKED: pgettext("consent", "form printed"),
    }.get(status, status)


def status_pill(status: str) -> PillSpec:
    """The same in colour."""
    tone = {GIVEN: Tone.OK, REFUSED: Tone.DANGER, WITHDRAWN: Tone.WARN}
    return PillSpec(status_words(status), tone.get(status, Tone.NEUTRAL))


def role_words(role: str) -> str:
    """Who decides."""
    return {
        PATIENT: pgettext("consent", "The patient"),
        GUARDIAN: pgettext("consent", "Guardian"),
        REPRESENTATIVE: pgettext("consent", "Representative"),
    }.get(role, role)


def consent_line(row: ConsentRow) -> str:
    """When, on which words, by whom, on which paper."""
    day = current().date(current().local(row.since).date())
    parts = [isolate(day)]
    if row.version:
        parts.append(_("text version {number}").format(number=isolate(row.version)))
    if row.given_by:
        by = {role: role_words(role) for role in (GUARDIAN, REPRESENTATIVE)}.get(row.by_role, "")
        parts.append(" ".join(filter(None, (by, isolate(row.given_by)))))
    if row.document_id is not None:
        parts.append(_("signed: {paper}").format(paper=isolate(row.document or _("Untitled"))))
    if row.recorded_by:
        parts.append(_("recorded by {name}").format(name=isolate(row.recorded_by)))
    if row.note:
        parts.append(row.note)
    return " · ".join(parts)


def request_kinds() -> dict[str, str]:
    """What the law of data protection lets a person ask for."""
    return {
        "access": pgettext("request", "See their own data"),
        "portability": pgettext("request", "Get a copy to take along"),
        "rectification": pgettext("request", "Have something corrected"),
        "restriction": pgettext("request", "Have the data only stored"),
        "erasure": pgettext("request", "Have the data erased"),
        "objection": pgettext("request", "Object to a use of the data"),
    }


SOON_DAYS = 7
"""Before the day by which the law wants an answer."""


def request_pill(status: str, due_on: date, today: date) -> PillSpec:
    """Open with its day, done, or refused."""
    if status == REQUEST_REFUSED:
        return PillSpec(pgettext("request", "refused"), Tone.NEUTRAL)
    if status != REQUEST_OPEN:
        return PillSpec(pgettext("request", "done"), Tone.OK)
    due = isolate(current().date(due_on))
    if due_on < today:
        return PillSpec(_("overdue since {day}").format(day=due), Tone.DANGER)
    soon = (due_on - today).days <= SOON_DAYS
    return PillSpec(_("due {day}").format(day=due), Tone.WARN if soon else Tone.INFO)


def part_words() -> dict[str, str]:
    """Parts of a record that somebody may be given."""
    return {
        "appointments": pgettext("part of the record", "appointments"),
        "vaccines": pgettext("part of the record", "vaccines"),
        "medicines": pgettext("part of the record", "medicines"),
        "allergies": pgettext("part of the record", "allergies"),
        "results": pgettext("part of the record", "results"),
        "problems": pgettext("part of the record", "diagnoses"),
        "notes": pgettext("part of the record", "notes of visits"),
        "documents": pgettext("part of the record", "documents"),
        "billing": pgettext("part of the record", "bills"),
    }


def parts_line(parts: Iterable[str]) -> str:
    """Some of them in one line."""
    words = part_words()
    return commas(words.get(each, each) for each in parts)


def trusted_line(person: TrustedPerson) -> str:
    """Who it is, and what the person may be given."""
    who = " – ".join(filter(None, (isolate(person.name), person.relationship)))
    return f"{who}: {parts_line(person.parts)}"
