"""What an insurer's agent sees: bills of the people insured there, and what was released to it.

Nothing else of the program opens to such an agent, so whatever is shown has to be picked here: no
words of a visit, no payments, of diagnoses the codes of the visit that a bill is for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from clinic_desktop.db import confidentiality, restriction
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import THEIRS
from clinic_desktop.models.patient import Coverage
from clinic_desktop.services import charts, guard
from clinic_desktop.services.access import query
from clinic_desktop.services.billing import accounts
from clinic_desktop.services.billing.accounts import LineRow

SEEN: Final = "insurer.bill"
"""The event that an agent opened a bill."""
MOST = 500
_BILLS = """
WITH RECURSIVE policy (holder, number, since, until) AS (
 SELECT patient_id, policy_number, valid_from, valid_to FROM coverage
 WHERE is_deleted = 0 AND status NOT IN ('cancelled', 'entered-in-error')
  AND payer_name IN ({names})
), reach (holder, id) AS (
 SELECT holder, holder FROM policy
 UNION SELECT r.holder, p.merged_into FROM reach r JOIN patient p ON p.id = r.id
  WHERE p.merged_into IS NOT NULL
 UNION SELECT r.holder, p.id FROM reach r JOIN patient p ON p.merged_into = r.id
)
SELECT i.id, i.number, i.kind, i.patient_id, i.encounter_id, i.issued_at, i.total_minor,
 i.tax_minor, i.currency, coalesce(e.start_at, i.issued_at), p.family, p.given, p.birth_date,
 y.number, y.since, y.until
FROM reach r JOIN policy y ON y.holder = r.holder JOIN invoice i ON i.patient_id = r.id
JOIN patient p ON p.id = i.patient_id LEFT JOIN encounter e ON e.id = i.encounter_id
WHERE i.status = 'issued' AND i.is_deleted = 0 AND p.is_deleted = 0
ORDER BY i.issued_at DESC, i.id DESC"""
_CODES = """
SELECT code FROM condition WHERE encounter_id = ?2 AND patient_id IN (SELECT id FROM chart)
 AND category = 'encounter-diagnosis' AND code <> '' AND is_deleted = 0
 AND verification_status NOT IN ('refuted', 'entered-in-error') ORDER BY rank, id"""
_RELEASED = """
SELECT disclosed_at, kind, purpose, content, recipient FROM disclosure
WHERE patient_id IN (SELECT id FROM chart) AND recipient_kind = 'insurer' AND is_deleted = 0
ORDER BY disclosed_at DESC"""


@dataclass(frozen=True)
class InsuredBill:
    """One document in the agent's list."""

    id: uuid.UUID
    number: str
    kind: str
    """``invoice`` or ``credit-note``."""
    patient_id: uuid.UUID
    patient_name: str
    birth_date: str
    issued_at: datetime
    cared_at: datetime
    """When the visit was that it is for; else as ``issued_at``."""
    total_minor: int
    tax_minor: int
    currency: str
    policy_number: str
    valid_from: date | None
    valid_to: date | None
    encounter_id: uuid.UUID | None


@dataclass(frozen=True)
class Released:
    """Something of the record that was given to the insurer."""

    at: datetime
    kind: str
    purpose: str
    content: str


@dataclass(frozen=True)
class InsuredDocument:
    """One document with what the insurer may know about it."""

    bill: InsuredBill
    lines: tuple[LineRow, ...]
    tax_included: bool
    """Whether the prices contain their tax."""
    codes: tuple[str, ...]
    """Of the visit's diagnoses; none where the chart or the visit is kept in confidence."""
    released: tuple[Released, ...]


@query("user.approve")
def insurers(reads: ReadSession) -> tuple[str, ...]:
    """The names of insurers in the policies of patients."""
    found = select(Coverage.payer_name).where(~Coverage.is_deleted, Coverage.payer_name != "")
    return tuple(reads.session.scalars(found.distinct().order_by(Coverage.payer_name)))


@query("invoice.read", keeps=THEIRS)
def bills(reads: ReadSession, text: str = "", limit: int = MOST) -> tuple[InsuredBill, ...]:
    """Issued documents of care under a policy of the agent's insurer, newest first.

    ``text`` is part of a name, of a document's number, or of a policy's.
    """
    wanted = fold(text.strip())
    found = (each for each in _bills(reads) if wanted in _words(each))
    return tuple(each for each, _place in zip(found, range(limit), strict=False))


@query("invoice.read", keeps=THEIRS)
def document(
    reads: ReadSession, invoice_id: uuid.UUID, shown: InsuredDocument | None = None
) -> InsuredDocument | None:
    """One of these documents, or ``None``; that it was looked at is on record.

    What is on the screen already, ``shown``, is no new look if nothing in it has changed.
    """
    bill = next((each for each in _bills(reads) if each.id == invoice_id), None)
    if bill is None:
        return None
    stored = accounts.lines_of(reads, bill.id)
    found = InsuredDocument(
        bill,
        accounts.shown(stored),
        accounts.is_tax_included(stored),
        _codes(reads, bill),
        _released(reads, bill),
    )
    if found != shown:
        reads.note(SEEN, patient_id=bill.patient_id, object_id=bill.id)
    return found


def _words(bill: InsuredBill) -> str:
    return fold(f"{bill.patient_name} {bill.number} {bill.policy_number}")


def _bills(reads: ReadSession) -> Iterator[InsuredBill]:
    """Those of care within the time of a policy; not of people whose chart is only stored."""
    names = _names(reads)
    given: set[bytes] = set()
    barred: dict[bytes, bool] = {}
    rows = (
        reads.cursor.execute(_BILLS.format(names=marks(names)), names).fetchall() if names else ()
    )
    for row in rows:
        bill = _bill(row)
        day = bill.cared_at.astimezone(reads.zone).date()
        early = bill.valid_from is not None and day < bill.valid_from
        late = bill.valid_to is not None and day > bill.valid_to
        if row[0] in given or early or late:
            continue
        if row[3] not in barred:
            barred[row[3]] = restriction.bars(reads, bill.patient_id)
        if not barred[row[3]]:
            given.add(row[0])
            yield bill


def _names(reads: ReadSession) -> list[str]:
    """The agent's insurer as policies write it: without regard to case and accents."""
    mine = fold(reads.actor.insurer.strip())
    if not mine:
        return []
    found = reads.session.scalars(select(Coverage.payer_name).distinct())
    return [name for name in found if fold(name.strip()) == mine]


def _bill(row: tuple[Any, ...]) -> InsuredBill:
    since, until = (date.fromisoformat(each) if each else None for each in row[14:16])
    return InsuredBill(
        id=uuid.UUID(bytes=row[0]),
        number=row[1],
        kind=row[2],
        patient_id=uuid.UUID(bytes=row[3]),
        encounter_id=uuid.UUID(bytes=row[4]) if row[4] else None,
        issued_at=from_millis(row[5]),
        total_minor=row[6],
        tax_minor=row[7],
        currency=row[8],
        cared_at=from_millis(row[9]),
        patient_name=HumanName(row[10], row[11]).listed(),
        birth_date=row[12] or "",
        policy_number=row[13],
        valid_from=since,
        valid_to=until,
    )


def _codes(reads: ReadSession, bill: InsuredBill) -> tuple[str, ...]:
    visit = bill.encounter_id
    if visit is None or confidentiality.is_kept(reads, visit):
        return ()
    if not guard.may_enter(reads, "diagnosis.read", bill.patient_id):
        return ()
    found = charts.rows(reads, _CODES, _surviving(reads, bill), visit.bytes)
    return tuple(dict.fromkeys(code for (code,) in found))


def _surviving(reads: ReadSession, bill: InsuredBill) -> uuid.UUID:
    return charts.surviving(reads.session, bill.patient_id)


def _released(reads: ReadSession, bill: InsuredBill) -> tuple[Released, ...]:
    mine = fold(reads.actor.insurer.strip())
    return tuple(
        Released(from_millis(at), kind, purpose, content)
        for at, kind, purpose, content, who in charts.rows(
            reads, _RELEASED, _surviving(reads, bill)
        )
        if fold(who.strip()) == mine
    )
