"""Prescribing, repeating and stopping medicines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import MedicationRequestStatus
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.shorthand import shorthand
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.models.medication import MedicationRequest, Prescription
from clinic_desktop.models.practice import Favourite
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.numbering import document_number
from clinic_desktop.services.papers.parties import paper_language
from clinic_desktop.services.prescribing.lines import (
    LineForm,
    ReadLine,
    counted,
    read_line,
    stored,
    structure,
)
from clinic_desktop.services.prescribing.safety import SafetyReport, check_line

FAVOURITE = "medicine"
VALID_DAYS = 30
_REMEMBERED = ("product", "directions", "strength", "form", "ingredient", "route", "system", "code")


@dataclass(frozen=True)
class Prescribe:
    """Lines to prescribe at a visit or outside one."""

    patient_id: uuid.UUID
    lines: tuple[LineForm, ...]
    encounter_id: uuid.UUID | None = None
    language: str = ""
    """Of the instructions; empty for the patient's."""
    valid_days: int = VALID_DAYS


@dataclass(frozen=True)
class Prescribed:
    """A prescription that now has its number."""

    id: uuid.UUID
    number: str


@dataclass(frozen=True)
class LinePreview:
    """What a line would become."""

    line: ReadLine
    safety: SafetyReport


@dataclass(frozen=True)
class FavouriteLine:
    """A line this person prescribes often."""

    id: uuid.UUID
    label: str
    form: LineForm
    uses: int


@query("prescription.create")
def preview(
    reads: ReadSession, patient_id: uuid.UUID, form: LineForm, language: str = ""
) -> LinePreview:
    """Read and check a line while it is typed.

    Raises:
        ValidationError: see ``read_line``.
    """
    words = paper_language(reads, language, patient_id)
    return LinePreview(read_line(form, words), check_line(reads, patient_id, form))


@command("prescription.create")
def prescribe(uow: UnitOfWork, wish: Prescribe) -> Prescribed:
    """Write a prescription with its number.

    Raises:
        ValidationError: no line, a line that cannot be, or an alert without a reason.
        NotFoundError: no such patient or visit.
    """
    if not wish.lines:
        raise ValidationError("lines", _("Add at least one medicine."))
    patient_id = charts.surviving(uow.session, wish.patient_id)
    charts.visit_of(uow, patient_id, wish.encounter_id)
    language = paper_language(uow, wish.language, patient_id)
    for form in wish.lines:
        _check_repeats(uow, patient_id, form)
    previews = [
        _accepted(uow, patient_id, form, language.language, place)
        for place, form in enumerate(wish.lines, 1)
    ]
    row = Prescription(
        patient_id=patient_id,
        encounter_id=wish.encounter_id,
        practitioner_id=uow.actor.practitioner_id,
        number=document_number(uow, "prescription"),
        issued_at=uow.now,
        valid_until=uow.today + timedelta(days=wish.valid_days),
        language=language.language,
        allergy_check=[_report(each) for each in previews],
    )
    uow.add(row)
    for place, each in enumerate(previews):
        uow.add(_request(uow, row, each.line, place))
        _count_use(uow, each.line.form)
    return Prescribed(row.id, row.number)


def _check_repeats(uow: UnitOfWork, patient_id: uuid.UUID, form: LineForm) -> None:
    """A line repeats what this person was given, nobody else."""
    if form.repeats_id is None:
        return
    before = uow.session.get(MedicationRequest, form.repeats_id)
    if before is None or before.patient_id not in charts.chart_ids(uow.session, patient_id):
        raise NotFoundError(_("There is no such medicine of this patient."))


def _accepted(
    uow: UnitOfWork, patient_id: uuid.UUID, form: LineForm, language: str, place: int
) -> LinePreview:
    """A line that may be prescribed as it stands; a refusal says which medicine it is about."""

    def refused(field: str, words: str) -> ValidationError:
        named = _("{medicine}: {refusal}").format(medicine=isolate(form.product), refusal=words)
        return ValidationError(f"lines[{place}].{field}", named)

    try:
        each = preview(uow, patient_id, form, language)
    except ValidationError as error:
        raise refused(error.field, error.message) from error
    if each.line.stops:
        raise refused("directions", each.line.stops[0])
    if each.safety.needs_reason and not form.override_reason.strip():
        raise ValidationError(
            f"lines[{place}].override_reason",
            each.safety.alerts[0].text,
            hint=_("Choose another medicine, or give a reason."),
        )
    return each


def _report(each: LinePreview) -> dict[str, object]:
    return asdict(each.safety) | {"override_reason": each.line.form.override_reason}


def _request(
    uow: UnitOfWork, prescription: Prescription, line: ReadLine, place: int
) -> MedicationRequest:
    form = line.form
    return MedicationRequest(
        patient_id=prescription.patient_id,
        encounter_id=prescription.encounter_id,
        prescription_id=prescription.id,
        product=form.product,
        ingredient=form.ingredient.strip(),
        strength=form.strength.strip(),
        form=form.form.strip(),
        system=form.system,
        code=form.code,
        quantity_value=line.quantity_value,
        quantity_unit=line.quantity_unit,
        repeats=form.repeats,
        instructions=line.sig,
        reason=form.reason.strip(),
        override_reason=form.override_reason.strip(),
        is_long_term=form.is_long_term,
        authored_at=uow.now,
        requester_id=uow.actor.practitioner_id,
        repeats_id=form.repeats_id,
        position=place,
        **stored(line.parts),
    )


@query("prescription.read")
def form_again(reads: ReadSession, request_ids: Sequence[uuid.UUID]) -> tuple[LineForm, ...]:
    """Earlier lines as forms, to be prescribed once more.

    Directions are empty where no shorthand of ours says exactly the same, as of many imported
    lines: the prescriber writes them anew.
    """
    rows = reads.session.scalars(
        select(MedicationRequest).where(MedicationRequest.id.in_(list(request_ids)))
    ).all()
    return tuple(_form_of(row) for row in rows)


def _form_of(row: MedicationRequest) -> LineForm:
    parts = structure(row)
    directions = shorthand(parts) if parts else ""
    given = counted(parts) if parts and directions else ("", "")
    return LineForm(
        product=row.product,
        directions=directions,
        strength=row.strength,
        form=row.form,
        ingredient=row.ingredient,
        route=row.route,
        system=row.system,
        code=row.code,
        quantity="" if row.quantity_value == given[0] else row.quantity_value,
        reason=row.reason,
        is_long_term=row.is_long_term,
        repeats_id=row.id,
    )


@command("prescription.void")
def stop_medicine(uow: UnitOfWork, request_id: uuid.UUID, reason: str) -> None:
    """End a medicine; the line stays in the chart with the reason.

    Raises:
        ValidationError: no reason.
        NotFoundError: no such line.
    """
    if not reason.strip():
        raise ValidationError("reason", _("Say why the medicine is stopped."))
    row = uow.session.get(MedicationRequest, request_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such medicine."))
    row.status = MedicationRequestStatus.STOPPED
    row.stopped_on, row.stop_reason = uow.today, reason.strip()


@query("prescription.create")
def favourites(reads: ReadSession, text: str = "", limit: int = 12) -> tuple[FavouriteLine, ...]:
    """What this person prescribes, the most frequent first; every word must occur."""
    statement = (
        select(Favourite)
        .where(
            Favourite.kind == FAVOURITE,
            Favourite.user_id == reads.actor.user_id,
            ~Favourite.is_deleted,
        )
        .order_by(Favourite.uses.desc(), Favourite.label)
    )
    # SQLite folds Latin letters only, and nobody has so many favourites that it matters here.
    words = fold(text).split()
    rows = [
        row
        for row in reads.session.scalars(statement)
        if all(word in fold(row.label) for word in words)
    ]
    return tuple(
        FavouriteLine(row.id, row.label, LineForm(**row.payload), row.uses) for row in rows[:limit]
    )


def _count_use(uow: UnitOfWork, form: LineForm) -> None:
    payload = {name: getattr(form, name) for name in _REMEMBERED}
    label = " ".join(part for part in (form.product, form.strength, form.form) if part)
    row = uow.session.scalar(
        select(Favourite).where(
            Favourite.kind == FAVOURITE,
            Favourite.user_id == uow.actor.user_id,
            Favourite.label == label,
            ~Favourite.is_deleted,
        )
    )
    if row is None:
        row = Favourite(
            user_id=uow.actor.user_id, kind=FAVOURITE, label=label, payload=payload, uses=0
        )
        uow.add(row)
    row.payload = payload
    row.uses += 1
