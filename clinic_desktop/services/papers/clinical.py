"""Prescriptions, summaries, letters and labels as they go on paper."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import MedicationRequestStatus
from clinic_desktop.domain.consent import ASKED
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.clinical import Condition
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.medication import MedicationRequest, Prescription
from clinic_desktop.models.patient import Consent
from clinic_desktop.models.privacy import ConsentText
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.printing.consent import ConsentDoc
from clinic_desktop.printing.labels import PersonLabelDoc
from clinic_desktop.printing.prescription import PrescriptionDoc, PrescriptionLine
from clinic_desktop.printing.referral import Recipient, ReferralDoc
from clinic_desktop.printing.sick_note import SickNoteDoc
from clinic_desktop.printing.visit_summary import Diagnosis, MedicineLine, VisitSummaryDoc, Vital
from clinic_desktop.services import charts, conditions, undecided
from clinic_desktop.services.access import part
from clinic_desktop.services.chart_medicines import medicines_of
from clinic_desktop.services.observations import PRESSURES, Measured, vitals_context
from clinic_desktop.services.observations_words import BLOOD_PRESSURE, unit_words, vital_name
from clinic_desktop.services.papers import versions
from clinic_desktop.services.papers.parties import allergies, clinician, patient
from clinic_desktop.services.sig import quantity_unit

_ON_PAPER = ("product", "strength", "instructions", "status")
"""Columns of a medicine's line that whoever reads the paper acts on."""


def _lines_of(reads: ReadSession, prescription_id: uuid.UUID) -> list[MedicationRequest]:
    found = reads.session.scalars(
        select(MedicationRequest)
        .where(
            MedicationRequest.prescription_id == prescription_id,
            ~MedicationRequest.is_deleted,
        )
        .order_by(MedicationRequest.position)
    )
    return list(found)


@part
def prescription_doc(
    reads: ReadSession, prescription_id: uuid.UUID, language: Language
) -> PrescriptionDoc:
    """A prescription with the patient's instructions as they were written.

    Raises:
        NotFoundError: no such prescription.
    """
    row = reads.session.get(Prescription, prescription_id)
    if row is None:
        raise NotFoundError(_("There is no such prescription."))
    person = charts.surviving(reads.session, row.patient_id)
    others = undecided.others(reads, "medication_request", person)
    return PrescriptionDoc(
        number=row.number,
        issued_on=language.local(row.issued_at).date(),
        patient=patient(reads, person),
        prescriber=clinician(reads, row.practitioner_id),
        lines=tuple(
            PrescriptionLine(
                product=line.product,
                strength=line.strength,
                form=line.form,
                sig=line.instructions,
                quantity=Decimal(line.quantity_value) if line.quantity_value else None,
                quantity_unit=quantity_unit(line.quantity_unit, language),
                repeats=line.repeats,
                undecided=_undecided(line, others.get(line.id, [])),
            )
            for line in _lines_of(reads, prescription_id)
        ),
        allergies=allergies(reads, person),
        valid_until=row.valid_until,
        verify=row.number,
        verify_code=row.number,
    )


def _undecided(line: MedicationRequest, others: list[dict[str, Any]]) -> tuple[str, ...]:
    """What other versions of a line say: how it is taken, or that it is stopped."""
    found = []
    for each in others:
        now = {name: each.get(name, getattr(line, name)) for name in _ON_PAPER}
        status = MedicationRequestStatus(now["status"])
        words = [now["product"], now["strength"], now["instructions"]]
        words += [] if status.is_current else [status.value]
        found.append(" ".join(filter(None, words)))
    return tuple(dict.fromkeys(found))


def _diagnoses(
    reads: ReadSession, encounter_id: uuid.UUID, language: Language
) -> tuple[Diagnosis, ...]:
    rows = reads.session.scalars(
        select(Condition)
        .where(
            Condition.encounter_id == encounter_id,
            Condition.category == "encounter-diagnosis",
            Condition.verification_status != "entered-in-error",
            ~Condition.is_deleted,
        )
        .order_by(Condition.rank)
    ).all()
    others = undecided.others(reads, "condition", rows[0].patient_id) if rows else {}
    return tuple(
        Diagnosis(f"{display} ({language.gettext('not decided')})" if told else display, code)
        for row in rows
        for told in [others.get(row.id, [])]
        for display, code in dict.fromkeys(
            [
                (row.display, row.code),
                *((e.get("display", row.display), e.get("code", row.code)) for e in told),
            ]
        )
    )


def _medicines(
    reads: ReadSession, patient_id: uuid.UUID, language: Language
) -> tuple[MedicineLine, ...]:
    return tuple(
        MedicineLine(
            row.product,
            row.strength,
            f"{row.instructions} ({language.gettext('not decided')})"
            if row.is_disputed
            else row.instructions,
        )
        for row in medicines_of(reads, patient_id)
    )


def _encounter(reads: ReadSession, encounter_id: uuid.UUID) -> Encounter:
    row = reads.session.get(Encounter, encounter_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such visit."))
    return row


def _vitals(reads: ReadSession, encounter_id: uuid.UUID, language: Language) -> tuple[Vital, ...]:
    context = vitals_context(reads, encounter_id)
    here = dict(context.here)
    pressures = [here.pop(kind, None) for kind in PRESSURES]
    upper, lower = pressures
    rows = []
    if upper and lower:
        both = f"{language.number(upper.value)}/{language.number(lower.value)}"
        rows.append(_vital(BLOOD_PRESSURE, both, upper.unit, language))
    rows += [
        _vital(kind, language.number(found.value), found.unit, language)
        for kind, found in here.items()
    ]
    asked = context.here_versions
    rows += [_not_decided(kind, found, language) for kind, found in asked.items()]
    return tuple(rows)


def _not_decided(kind: VitalKind, found: Sequence[Measured], language: Language) -> Vital:
    """Every value that a vital sign may have, on a line of its own."""
    values = " / ".join(language.number(each.value) for each in found)
    vital = _vital(kind, values, found[0].unit, language)
    return replace(vital, note=language.gettext("not decided"))


def _vital(field: str, shown: str, unit: str, language: Language) -> Vital:
    return Vital(vital_name(field, language), shown, unit_words(unit, language))


def _in_note(reads: ReadSession, note: Note | None, part_: str, language: Language) -> str:
    """A part of a note; where two PCs wrote it differently, what each of them says."""
    if note is None:
        return ""
    text = str(getattr(note, part_))
    told = undecided.others(reads, "note", note.patient_id).get(note.id, [])
    return versions.either(text, (each.get(part_, text) for each in told), language)


def _reason(reads: ReadSession, encounter: Encounter, language: Language) -> str:
    """Why the person came, by every version."""
    told = undecided.others(reads, "encounter", encounter.patient_id).get(encounter.id, [])
    reason = encounter.reason
    return versions.either(reason, (each.get("reason", reason) for each in told), language)


@part
def visit_summary_doc(
    reads: ReadSession, encounter_id: uuid.UUID, language: Language
) -> VisitSummaryDoc:
    """A visit as its patient should remember it.

    Raises:
        NotFoundError: no such visit.
    """
    encounter = _encounter(reads, encounter_id)
    person = charts.surviving(reads.session, encounter.patient_id)
    note = reads.session.scalar(
        select(Note).where(
            Note.encounter_id == encounter_id, Note.kind != "addendum", ~Note.is_deleted
        )
    )
    follow_up = reads.session.scalar(
        select(Appointment.start_at)
        .where(
            Appointment.patient_id.in_(charts.chart_ids(reads.session, person)),
            Appointment.start_at > encounter.start_at,
            Appointment.status.in_(["booked", "confirmed"]),
            ~Appointment.is_deleted,
        )
        .order_by(Appointment.start_at)
        .limit(1)
    )
    return VisitSummaryDoc(
        visited_on=language.local(encounter.start_at).date(),
        patient=patient(reads, person),
        clinician=clinician(reads, encounter.practitioner_id),
        reason=_reason(reads, encounter, language),
        problems=tuple(row.term.display for row in conditions.problems_of(reads, person)),
        allergies=allergies(reads, person),
        vitals=_vitals(reads, encounter_id, language),
        diagnoses=_diagnoses(reads, encounter_id, language),
        medicines=_medicines(reads, person, language),
        findings=_in_note(reads, note, "objective", language),
        plan=_in_note(reads, note, "plan", language),
        follow_up_at=follow_up,
    )


@part
def referral_doc(reads: ReadSession, referral_id: uuid.UUID, language: Language) -> ReferralDoc:
    """A referral letter.

    Raises:
        NotFoundError: no such referral.
    """
    row = reads.session.get(Referral, referral_id)
    if row is None:
        raise NotFoundError(_("There is no such referral."))
    person = charts.surviving(reads.session, row.patient_id)
    return ReferralDoc(
        number=row.number,
        issued_on=language.local(row.issued_at).date(),
        patient=patient(reads, person),
        referrer=clinician(reads, row.practitioner_id),
        recipient=Recipient(institution=row.recipient, department=row.specialty),
        urgency=row.urgency,
        reason=row.reason,
        history=row.body,
        diagnoses=_diagnoses(reads, row.encounter_id, language) if row.encounter_id else (),
        medicines=_medicines(reads, person, language),
        allergies=allergies(reads, person),
        undecided=versions.of_referral(reads, row, language),
        verify=row.number,
        verify_code=row.number,
    )


@part
def sick_note_doc(reads: ReadSession, note_id: uuid.UUID, language: Language) -> SickNoteDoc:
    """A sick note; the diagnosis only where the patient agreed.

    Raises:
        NotFoundError: no such sick note.
    """
    row = reads.session.get(SickNote, note_id)
    if row is None:
        raise NotFoundError(_("There is no such sick note."))
    return SickNoteDoc(
        number=row.number,
        issued_on=language.local(row.issued_at).date(),
        patient=patient(reads, charts.surviving(reads.session, row.patient_id)),
        clinician=clinician(reads, row.practitioner_id),
        unfit_from=row.start_on,
        unfit_to=row.end_on,
        days=(row.end_on - row.start_on).days + 1,
        restrictions=row.restrictions,
        diagnosis=row.reason if row.shows_diagnosis else "",
        is_void=row.status != "active",
        undecided=versions.of_sick_note(reads, row, language),
        verify=row.number,
        verify_code=row.number,
    )


@part
def consent_doc(reads: ReadSession, consent_id: uuid.UUID, language: Language) -> ConsentDoc:
    """The text that was shown, with what was decided on it if anything was.

    Raises:
        NotFoundError: no such consent, or it was recorded without a text.
    """
    row = reads.session.get(Consent, consent_id)
    text = reads.session.get(ConsentText, row.text_id) if row and row.text_id else None
    if row is None or text is None:
        raise NotFoundError(_("This consent was recorded without a text."))
    decided = row.status != ASKED
    return ConsentDoc(
        name=text.title,
        version=row.version,
        printed_on=reads.today,
        patient=patient(reads, charts.surviving(reads.session, row.patient_id)),
        text=text.body,
        decision=row.status if decided else "",
        decided_on=language.local(row.given_at).date() if decided else None,
        by=row.given_by,
    )


@part
def person_label_doc(
    reads: ReadSession, patient_id: uuid.UUID, _language: Language
) -> PersonLabelDoc:
    """A label with name, birth, number and bar code."""
    found = patient(reads, patient_id)
    return PersonLabelDoc(
        patient=found.name,
        others=found.others,
        printed_on=reads.today,
        birth=found.birth,
        sex=found.sex,
        number=found.number,
        barcode=found.number,
    )
