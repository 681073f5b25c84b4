"""What the patient agreed to, refused, and took back; and the flags everyone must see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.consent import ASKED, DECISIONS, GIVEN, KINDS, PATIENT, ROLES, WITHDRAWN
from clinic_desktop.errors import NotFoundError, RuleError, StaleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.document import DocumentReference
from clinic_desktop.models.patient import Consent, Patient, PatientAlert
from clinic_desktop.models.practice import AppUser, Practice
from clinic_desktop.models.privacy import ConsentText
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.patients import consent_texts
from clinic_desktop.services.patients.consent_texts import ConsentTextRow

SEVERITIES = ("danger", "warning", "info")
"""The gravest first."""

_ALERTS = """
SELECT id, severity, message FROM patient_alert
WHERE patient_id IN (SELECT id FROM chart) AND is_active = 1 AND is_deleted = 0"""


@dataclass(frozen=True)
class ConsentRow:
    """One decision, or one form that was printed for it."""

    kind: str
    status: str
    version: str
    since: datetime
    given_by: str
    id: uuid.UUID | None = None
    title: str = ""
    """Of the text that was shown."""
    text_id: uuid.UUID | None = None
    by_role: str = ""
    recorded_by: str = ""
    document_id: uuid.UUID | None = None
    """The signed paper."""
    document: str = ""
    """What the signed paper is called in the chart."""
    related_person_id: uuid.UUID | None = None
    scope: tuple[str, ...] = ()
    valid_until: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """What somebody decided; ``document_id`` is the signed paper, if it is in the chart."""

    patient_id: uuid.UUID
    kind: str
    status: str = GIVEN
    by_role: str = PATIENT
    given_by: str = ""
    note: str = ""
    document_id: uuid.UUID | None = None
    valid_until: date | None = None
    shown: tuple[uuid.UUID, ...] | None = None
    """The text that was there to be read, () for none; ``None`` where nobody can tell."""


@command("consent.create")
def give_consent(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, *, version: str = "", given_by: str = ""
) -> None:
    """Record that the person, or ``given_by`` for the person, agreed.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the kind is empty.
    """
    charts.patient(uow.session, patient_id)
    agree(uow, patient_id, kind, version=version, given_by=given_by)


@command("consent.create")
def withdraw_consent(uow: UnitOfWork, patient_id: uuid.UUID, kind: str) -> None:
    """Record that the person no longer agrees; what was agreed before stays on record.

    Raises:
        RuleError: there is nothing to withdraw.
    """
    _withdraw(uow, patient_id, kind)


@command("consent.create")
def decide(uow: UnitOfWork, wish: Decision) -> uuid.UUID:
    """Record a consent given, refused or withdrawn, by whom, and on which paper.

    The text in force is what was shown, so the row keeps it.

    Raises:
        NotFoundError: there is no such patient, or the paper is not in the chart.
        RuleError: there is nothing to withdraw.
        StaleError: by now another text is in force than was ``shown``.
        ValidationError: no kind, or a state or role that is none.
    """
    patient_id = charts.surviving(uow.session, wish.patient_id)
    kind = wish.kind.strip().casefold()
    if not kind:
        raise ValidationError("kind", _("Say what was agreed to."))
    if wish.status not in DECISIONS:
        raise ValidationError("status", _("Choose given, refused or withdrawn."))
    if wish.by_role not in ROLES:
        raise ValidationError("by_role", _("Say who decided."))
    if wish.by_role != PATIENT and not wish.given_by.strip():
        raise ValidationError("given_by", _("Write the name of whoever decided for the person."))
    if wish.valid_until is not None and wish.valid_until < uow.today:
        raise ValidationError("valid_until", _("This day is over already."))
    _check_paper(uow, patient_id, wish.document_id)
    details: dict[str, Any] = {
        "by_role": wish.by_role,
        "document_id": wish.document_id,
        "note": wish.note.strip(),
        "valid_until": wish.valid_until,
    }
    given_by = wish.given_by.strip() if wish.by_role != PATIENT else ""
    if wish.status == WITHDRAWN:
        return _withdraw(uow, patient_id, kind, given_by=given_by, **details)
    _expect_text(uow, patient_id, kind, wish.shown)
    return _write(uow, patient_id, kind, status=wish.status, given_by=given_by, **details)


@command("consent.create")
def ask(uow: UnitOfWork, patient_id: uuid.UUID, kind: str) -> uuid.UUID:
    """Begin a consent form to be printed and signed; nothing is decided by it.

    Raises:
        NotFoundError: there is no such patient.
        RuleError: the practice has no text of this kind.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    if _text_for(uow, patient_id, kind) is None:
        raise RuleError(
            _("The practice has not written this text yet."),
            hint=_("Write it under Settings, Consent texts."),
        )
    return _write(uow, patient_id, kind, status=ASKED)


@query("consent.read")
def consents_of(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    """The latest word on each kind of consent; what may be shared with whom is apart."""
    return _current(reads, patient_id)


@query("consent.read")
def decisions_of(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    """Every decision and every printed form, the latest first."""
    return list(reversed(_rows(reads, patient_id)))


@query("consent.read")
def texts_for(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentTextRow]:
    """Of each kind the text that this patient is asked with: the one a decision will keep."""
    kinds = dict.fromkeys(row.kind for row in consent_texts.texts(reads))
    found = (_text_for(reads, patient_id, kind) for kind in kinds)
    return [consent_texts.text(reads, row.id) for row in found if row is not None]


@part
def settle(uow: UnitOfWork, patient_id: uuid.UUID, given: frozenset[str]) -> None:
    """Write what was ticked and unticked in a form, as part of another command."""
    current = {row.kind: row for row in _current(uow, patient_id)}
    before = {kind for kind, row in current.items() if row.status == GIVEN}
    for kind in sorted(given - before):
        agree(uow, patient_id, kind)
    for kind in sorted(before & set(KINDS) - given):
        _withdraw(uow, patient_id, kind)


@part
def agree(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, *, version: str = "", given_by: str = ""
) -> None:
    """Write a consent as part of another command."""
    if not kind.strip():
        raise ValidationError("consent", _("Say what was agreed to."))
    _write(uow, patient_id, kind.strip(), status=GIVEN, version=version, given_by=given_by)


def _withdraw(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, *, given_by: str = "", **details: Any
) -> uuid.UUID:
    """The words withdrawn are those that were agreed to, whatever the practice asks by now."""
    current = {row.kind: row for row in _current(uow, patient_id)}
    if kind not in current or current[kind].status != GIVEN:
        raise RuleError(_("There is no such consent to withdraw."))
    return _add(
        uow,
        patient_id,
        kind,
        WITHDRAWN,
        version=current[kind].version,
        text_id=current[kind].text_id,
        given_by=given_by,
        **details,
    )


def _write(
    uow: UnitOfWork,
    patient_id: uuid.UUID,
    kind: str,
    *,
    status: str,
    version: str = "",
    **details: Any,
) -> uuid.UUID:
    """A decision on the text in force; a version that is told says that it was another one."""
    text = None if version else _text_for(uow, patient_id, kind)
    shown = {"text_id": text.id, "version": text.version} if text else {"version": version}
    return _add(uow, patient_id, kind, status, **shown, **details)


def _add(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, status: str, **details: Any
) -> uuid.UUID:
    row = Consent(
        id=uow.new_id(),
        patient_id=patient_id,
        kind=kind,
        status=status,
        given_at=uow.now,
        recorded_by=uow.actor.user_id,
        **details,
    )
    uow.add(row)
    return row.id


def _text_for(reads: ReadSession, patient_id: uuid.UUID, kind: str) -> ConsentText | None:
    person = reads.session.get(Patient, patient_id)
    own = reads.session.scalar(select(Practice.language).limit(1)) or ""
    return consent_texts.current(reads, kind, person.language if person else "", own)


def _expect_text(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, shown: tuple[uuid.UUID, ...] | None
) -> None:
    """Nobody is on record as having agreed to words that came in after they were asked."""
    text = _text_for(uow, patient_id, kind)
    if shown is not None and shown != ((text.id,) if text else ()):
        raise StaleError(
            _("The text was changed meanwhile."),
            kept=_("The decision is not recorded yet; what you typed is still here."),
            hint=_("Let the person read the text as it is now, then record the decision."),
        )


def _check_paper(uow: UnitOfWork, patient_id: uuid.UUID, document_id: uuid.UUID | None) -> None:
    if document_id is None:
        return
    paper = uow.get(DocumentReference, document_id)
    if paper is None or paper.patient_id not in charts.chart_ids(uow.session, patient_id):
        raise NotFoundError(_("There is no such document."))


def _current(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    decided = (row for row in _rows(reads, patient_id) if row.status != ASKED)
    return list({row.kind: row for row in decided if row.related_person_id is None}.values())


def _rows(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    """All rows of the chart, the oldest first."""
    of_chart = charts.chart_ids(reads.session, patient_id)
    found = reads.session.execute(
        select(Consent, ConsentText.title, AppUser.name, DocumentReference.title)
        .outerjoin(ConsentText, ConsentText.id == Consent.text_id)
        .outerjoin(AppUser, AppUser.id == Consent.recorded_by)
        .outerjoin(DocumentReference, DocumentReference.id == Consent.document_id)
        .where(Consent.patient_id.in_(of_chart), ~Consent.is_deleted)
        .order_by(Consent.given_at, Consent.id)
    )
    return [
        ConsentRow(
            row.kind,
            row.status,
            row.version,
            row.given_at,
            row.given_by,
            row.id,
            title or "",
            row.text_id,
            row.by_role,
            who or "",
            row.document_id,
            paper or "",
            row.related_person_id,
            tuple(row.scope or ()),
            row.valid_until,
            row.note,
        )
        for row, title, who, paper in found
    ]


@dataclass(frozen=True)
class AlertRow:
    """A flag on the chart."""

    id: uuid.UUID
    severity: str
    message: str


@command("patient.amend")
def raise_alert(
    uow: UnitOfWork, patient_id: uuid.UUID, message: str, severity: str = "warning"
) -> uuid.UUID:
    """Flag the chart for everyone who opens it.

    Raises:
        ValidationError: no words, or a severity that is none.
        NotFoundError: there is no such patient.
    """
    charts.patient(uow.session, patient_id)
    if not message.strip():
        raise ValidationError("message", _("Say what everyone must know."))
    if severity not in SEVERITIES:
        raise ValidationError("severity", _("Choose info, warning or danger."))
    alert = PatientAlert(
        id=uow.new_id(), patient_id=patient_id, severity=severity, message=message.strip()
    )
    uow.add(alert)
    return alert.id


@command("patient.amend")
def end_alert(uow: UnitOfWork, alert_id: uuid.UUID) -> None:
    """Take a flag off the chart.

    Raises:
        NotFoundError: there is no such flag.
    """
    alert = uow.session.get(PatientAlert, alert_id)
    if alert is None or alert.is_deleted:
        raise NotFoundError(_("There is no such flag."))
    alert.is_active = False


@query("patient.read")
def alerts_of(reads: ReadSession, patient_id: uuid.UUID) -> list[AlertRow]:
    """The flags in force, the gravest first; in each version what is not decided between PCs."""
    found = [
        AlertRow(uuid.UUID(bytes=row_id), severity, message)
        for row_id, severity, message in charts.rows(reads, _ALERTS, patient_id)
    ]
    for versions in undecided.rows_in_versions(reads, "patient_alert", patient_id):
        row_id = uuid.UUID(bytes=versions[0]["id"])
        found = [each for each in found if each.id != row_id]
        told = [(each["severity"], each["message"]) for each in versions if each["is_active"]]
        found += [AlertRow(row_id, *each) for each in dict.fromkeys(told)]
    # An unknown severity from another program could be grave.
    grave = {severity: place for place, severity in enumerate(SEVERITIES)}
    return sorted(found, key=lambda row: (grave.get(row.severity, 0), row.id))
