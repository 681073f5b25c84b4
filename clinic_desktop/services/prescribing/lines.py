"""One medicine as typed: read, checked, and worded for the patient."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from clinic_desktop.domain.dates import AgeUnit
from clinic_desktop.domain.dosing import (
    DoseDoubt,
    DoseError,
    DoseUnit,
    Duration,
    Frequency,
    Route,
    SigParts,
    check_dose,
    parse_sig,
    quantity,
)
from clinic_desktop.domain.frequency import amount
from clinic_desktop.domain.shorthand import stored_frequency
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.medication import MedicationRequest
from clinic_desktop.services.prescribing.words import doubt_words, refusal_words
from clinic_desktop.services.sig import sig_text


@dataclass(frozen=True)
class LineForm:
    """A line before it is prescribed; ``directions`` is typed, such as ``1 cap 3x/day 7d``."""

    product: str
    directions: str
    strength: str = ""
    form: str = ""
    ingredient: str = ""
    route: str = ""
    system: str = ""
    code: str = ""
    quantity: str = ""
    """Typed over the computed one; empty to compute."""
    repeats: int = 0
    reason: str = ""
    override_reason: str = ""
    is_long_term: bool = False
    repeats_id: uuid.UUID | None = None


@dataclass(frozen=True)
class ReadLine:
    """What was understood of a line."""

    form: LineForm
    parts: SigParts
    sig: str
    """For the patient, in the patient's language."""
    quantity_value: str
    quantity_unit: str
    stops: tuple[str, ...]
    """Why the line cannot be prescribed as it stands."""
    asks: tuple[str, ...]
    """What should be looked at once more."""


def read_line(form: LineForm, language: Language) -> ReadLine:
    """Understand a line.

    Raises:
        ValidationError: no product, or directions that cannot be read; ``field`` says which.
    """
    if not form.product.strip():
        raise ValidationError("product", _("Choose a medicine."))
    if not 0 <= form.repeats <= 12:
        raise ValidationError("repeats", _("A prescription is repeated up to 12 times."))
    parts = _parts(form)
    doubts = _doubts(form, parts)
    value, unit = _quantity(form, parts)
    return ReadLine(
        form=replace(form, product=form.product.strip()),
        parts=parts,
        sig=sig_text(parts, language),
        quantity_value=value,
        quantity_unit=unit,
        stops=tuple(doubt_words(each) for each in doubts if each.stops),
        asks=tuple(doubt_words(each) for each in doubts if not each.stops),
    )


def _parts(form: LineForm) -> SigParts:
    try:
        parts = parse_sig(form.directions)
    except DoseError as error:
        raise ValidationError("directions", refusal_words(error)) from error
    route = Route(form.route) if form.route else parts.route
    return replace(parts, route=route, reason=form.reason or parts.reason)


def _doubts(form: LineForm, parts: SigParts) -> tuple[DoseDoubt, ...]:
    if parts.dose is None:
        return ()
    strength = None
    amount, _space, unit = form.strength.partition(" ")
    if parts.unit is not None and unit == str(parts.unit):
        try:
            strength = Decimal(amount.replace(",", "."))
        except InvalidOperation:
            strength = None
    return check_dose(parts.dose, parts.unit, parts.frequency, parts.duration, strength=strength)


def _quantity(form: LineForm, parts: SigParts) -> tuple[str, str]:
    if not form.quantity.strip():
        return counted(parts)
    try:
        value = amount(form.quantity)
    except DoseError as error:
        raise ValidationError("quantity", _("The quantity is not a number.")) from error
    if value <= 0:
        raise ValidationError("quantity", _("The quantity must be more than nothing."))
    return f"{value.normalize():f}", str(parts.unit) if parts.unit else ""


def counted(parts: SigParts) -> tuple[str, str]:
    """How much to dispense, worked out, with its unit; empty where it cannot be."""
    unit = str(parts.unit) if parts.unit else ""
    if parts.dose is None:
        return "", ""
    try:
        given = quantity(parts.dose, parts.frequency, parts.duration, unit=parts.unit)
    except DoseError:
        return "", unit  # no duration: the prescriber types a quantity or leaves it open
    return f"{given.quantity:f}", unit


def structure(row: MedicationRequest) -> SigParts | None:
    """The structured part of a stored line; none if it is not one that we write."""
    frequency = stored_frequency(row.frequency or {}, as_needed=row.as_needed)
    if frequency is None:
        return None
    try:
        length = (
            Duration(int(row.duration_value), AgeUnit(row.duration_unit))
            if row.duration_value
            else None
        )
        dose = Decimal(row.dose_value) if row.dose_value else None
    except (ValueError, InvalidOperation):
        return None
    return SigParts(dose, DoseUnit(row.dose_unit) if row.dose_unit else None, frequency, length)


def stored(parts: SigParts) -> dict[str, Any]:
    """The structured part of a line as columns of ``medication_request``."""
    length: Duration | None = parts.duration
    frequency: Frequency = parts.frequency
    unit: DoseUnit | None = parts.unit
    return {
        "dose_value": f"{parts.dose:f}" if parts.dose is not None else "",
        "dose_unit": str(unit) if unit else "",
        "route": str(parts.route) if parts.route else "",
        "frequency": frequency.as_repeat(),
        "as_needed": frequency.as_needed,
        "duration_value": str(length.value) if length else "",
        "duration_unit": str(length.unit) if length else "",
    }
