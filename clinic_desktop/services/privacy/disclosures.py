"""Who got what of a patient's record: papers, exports, and what somebody noted by hand.

Papers and exports are on record already; the list reads them where they are. What left the house
otherwise (told on the phone, shown, sent from another system) is noted by hand.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.privacy import Disclosure
from clinic_desktop.services import charts, insured
from clinic_desktop.services.access import command, part, query

KINDS = ("copy", "summary", "spoken", "report", "images", "other")
RECIPIENTS = ("patient", "relative", "clinician", "insurer", "authority", "other")
INSIDE = frozenset({"person-label", "drug-label", "recovery-sheet"})
"""Papers that stay in the house."""
LONGEST = 500

_PAPERS = """
SELECT p.printed_at, p.kind, coalesce(r.recipient, ''), p.number, p.copies, coalesce(u.name, ''),
 p.id FROM printed_document p
LEFT JOIN app_user u ON u.id = p.printed_by
LEFT JOIN referral r ON p.kind = 'referral' AND lower(hex(r.id)) = p.subject_id
WHERE p.patient_id IN (SELECT id FROM chart) AND p.is_deleted = 0
 AND NOT EXISTS (SELECT 1 FROM print_job j WHERE j.printed_document_id = p.id)"""
_NOTED = """
SELECT d.disclosed_at, d.kind, d.recipient, d.recipient_kind, d.purpose, d.content,
 coalesce(u.name, ''), d.id FROM disclosure d
LEFT JOIN app_user u ON u.id = d.recorded_by
WHERE d.patient_id IN (SELECT id FROM chart) AND d.is_deleted = 0"""
_EXPORTS = """
SELECT e.happened_at, e.kind, coalesce(u.name, ''), e.id FROM audit_event e
LEFT JOIN app_user u ON u.id = e.user_id
WHERE e.kind = 'record.export' AND e.id > (SELECT min(id) FROM chart)"""
_SEEN = """
SELECT max(e.happened_at), e.kind, coalesce(u.name, ''), coalesce(i.number, ''), max(e.id)
FROM audit_event e LEFT JOIN app_user u ON u.id = e.user_id
LEFT JOIN invoice i ON i.id = e.object_id
WHERE e.kind = ?2 AND e.patient_id IN (SELECT id FROM chart)
GROUP BY e.user_id, e.object_id, e.happened_at / 86400000"""


@dataclass(frozen=True)
class DisclosureRow:
    """One thing that somebody got. ``source`` is ``paper``, ``noted``, ``seen`` or ``export``."""

    id: uuid.UUID
    source: str
    at: datetime
    kind: str
    """Of paper, or what was noted; of an export its event."""
    recipient: str
    """Empty where it is the patient, or nobody said."""
    recipient_kind: str
    purpose: str = ""
    content: str = ""
    by: str = ""
    number: str = ""
    copies: int = 1


@dataclass(frozen=True)
class NoteDisclosure:
    """What was given, to whom, and why; ``on`` is today where no day is told."""

    patient_id: uuid.UUID
    recipient: str
    purpose: str
    kind: str = "copy"
    recipient_kind: str = "other"
    content: str = ""
    on: date | None = None


@query("disclosure.read")
def disclosures_of(reads: ReadSession, patient_id: uuid.UUID) -> list[DisclosureRow]:
    """Everything of a chart that somebody got, the latest first; merged charts included.

    An export of the whole record was about everybody who was registered by then. A bill that an
    insurer's agent looked at stands once for a day (UTC).

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    found = [
        DisclosureRow(
            uuid.UUID(bytes=row_id), "paper", from_millis(at), kind, recipient,
            "clinician" if recipient else "patient", by=by, number=number, copies=copies,
        )
        for at, kind, recipient, number, copies, by, row_id in charts.rows(
            reads, _PAPERS, patient_id
        )
        if kind not in INSIDE
    ]  # fmt: skip
    found += [
        DisclosureRow(
            uuid.UUID(bytes=row_id), "noted", from_millis(at), kind, recipient, recipient_kind,
            purpose, content, by,
        )
        for at, kind, recipient, recipient_kind, purpose, content, by, row_id in charts.rows(
            reads, _NOTED, patient_id
        )
    ]  # fmt: skip
    # Ids begin with their time: what came before the patient is not about the patient.
    found += [
        DisclosureRow(uuid.UUID(bytes=row_id), "export", from_millis(at), kind, "", "other", by=by)
        for at, kind, by, row_id in charts.rows(reads, _EXPORTS, patient_id)
    ]
    found += [
        DisclosureRow(
            uuid.UUID(bytes=row_id), "seen", from_millis(at), kind, by, "insurer", by=by,
            number=number,
        )
        for at, kind, by, number, row_id in charts.rows(reads, _SEEN, patient_id, insured.SEEN)
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.at, row.id), reverse=True)


@command("disclosure.create")
def note_disclosure(uow: UnitOfWork, wish: NoteDisclosure) -> uuid.UUID:
    """Note by hand what somebody got.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: no recipient or purpose, an unknown kind, or a day that has not come.
    """
    return add(uow, wish)


@part
def add(uow: UnitOfWork, wish: NoteDisclosure) -> uuid.UUID:
    """The same as part of another command."""
    patient_id = charts.surviving(uow.session, wish.patient_id)
    recipient, purpose = " ".join(wish.recipient.split()), " ".join(wish.purpose.split())
    if wish.kind not in KINDS:
        raise ValidationError("kind", _("Say what was given."))
    if wish.recipient_kind not in RECIPIENTS:
        raise ValidationError("recipient_kind", _("Say who got it."))
    if not 0 < len(recipient) <= LONGEST:
        raise ValidationError("recipient", _("Say who got it."))
    if not 0 < len(purpose) <= LONGEST:
        raise ValidationError("purpose", _("Say what for."))
    if wish.on is not None and wish.on > uow.today:
        raise ValidationError("on", _("This day has not come yet."))
    moment = uow.now
    if wish.on is not None:
        moment -= timedelta(days=(uow.today - wish.on).days)
    row = Disclosure(
        id=uow.new_id(),
        patient_id=patient_id,
        disclosed_at=moment,
        kind=wish.kind,
        recipient=recipient,
        recipient_kind=wish.recipient_kind,
        purpose=purpose,
        content=wish.content.strip(),
        recorded_by=uow.actor.user_id,
    )
    uow.add(row)
    uow.audit("disclosure.note", patient_id=patient_id, object_id=row.id, what=wish.kind)
    return row.id
