"""The parts of FHIR R4 resources that have a place in our record, typed.

A value of the wrong kind is an error of its file; what is not named here is ignored on reading
and lives on in the source that every row keeps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from clinic_desktop.services.fhir.moments import Moment, moment

Integer = Annotated[int, msgspec.Meta(ge=-(1 << 31), lt=1 << 31)]
"""FHIR's integers have 32 bits."""


class Shape(msgspec.Struct, rename="camel", gc=False):
    """Base of all parts and resources."""


class Coding(Shape):
    """One code of one system."""

    system: str | None = None
    version: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Shape):
    """CodeableConcept: a meaning in several codings, or in words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Period(Shape):
    """From, until; either end may be open."""

    start: Moment | None = None
    end: Moment | None = None


class Identifier(Shape):
    """A number and who gave it; ``assigner`` is a Reference, of which we keep the words."""

    use: str | None = None
    type: Concept | None = None
    system: str | None = None
    value: str | None = None
    assigner: Reference | None = None


class Reference(Shape):
    """A pointer to another resource: by place, by number or in words only."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Quantity(Shape):
    """A number with its unit; the number keeps its digits."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Shape):
    """Low, high."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Shape):
    """A fraction of quantities."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Annotation(Shape):
    """A remark."""

    text: str | None = None


class Attachment(Shape):
    """A file inside the resource (base64), or a place to get it."""

    content_type: str | None = None
    data: str | None = None
    url: str | None = None
    title: str | None = None
    creation: Moment | None = None


class HumanName(Shape):
    """A name."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str | None, ...] = ()
    prefix: tuple[str | None, ...] = ()
    suffix: tuple[str | None, ...] = ()


class ContactPoint(Shape):
    """A phone, e-mail or other way to reach somebody."""

    system: str | None = None
    value: str | None = None
    use: str | None = None
    rank: Integer | None = None


class Address(Shape):
    """A postal address."""

    use: str | None = None
    text: str | None = None
    line: tuple[str | None, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Meta(Shape):
    """What a server knows of a resource."""

    last_updated: Moment | None = None


class Resource(Shape):
    """What every resource may have."""

    resource_type: str
    id: str | None = None


class Communication(Shape):
    """A language of the patient."""

    language: Concept | None = None
    preferred: bool = False


class Contact(Shape):
    """Somebody to turn to about the patient."""

    relationship: tuple[Concept, ...] = ()
    name: HumanName | None = None
    telecom: tuple[ContactPoint, ...] = ()


class Patient(Resource):
    """A person."""

    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()
    gender: str | None = None
    birth_date: Moment | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: Moment | None = None
    address: tuple[Address, ...] = ()
    marital_status: Concept | None = None
    contact: tuple[Contact, ...] = ()
    communication: tuple[Communication, ...] = ()


class Practitioner(Resource):
    """A doctor or nurse."""

    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()


class PractitionerRole(Resource):
    """What a practitioner does where."""

    practitioner: Reference | None = None
    code: tuple[Concept, ...] = ()
    specialty: tuple[Concept, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()


class Organization(Resource):
    """A hospital, laboratory or payer."""

    identifier: tuple[Identifier, ...] = ()
    type: tuple[Concept, ...] = ()
    name: str | None = None
    telecom: tuple[ContactPoint, ...] = ()
    address: tuple[Address, ...] = ()


class Location(Resource):
    """A place where care was given."""

    identifier: tuple[Identifier, ...] = ()
    name: str | None = None


class Coverage(Resource):
    """An insurance policy."""

    status: str | None = None
    type: Concept | None = None
    subscriber_id: str | None = None
    beneficiary: Reference | None = None
    relationship: Concept | None = None
    period: Period | None = None
    payor: tuple[Reference, ...] = ()
    identifier: tuple[Identifier, ...] = ()


class InsuranceLine(Shape):
    """Which coverage a claim names."""

    coverage: Reference | None = None


class Claim(Resource):
    """Claim or ExplanationOfBenefit: kept, and read for the coverage it names."""

    contained: tuple[msgspec.Raw, ...] = ()
    patient: Reference | None = None
    insurance: tuple[InsuranceLine, ...] = ()


class Participant(Shape):
    """Who took part in an encounter."""

    individual: Reference | None = None


class Whereabouts(Shape):
    """Where an encounter took place."""

    location: Reference | None = None


class Encounter(Resource):
    """A visit."""

    status: str | None = None
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: tuple[Concept, ...] = ()
    subject: Reference | None = None
    participant: tuple[Participant, ...] = ()
    period: Period | None = None
    reason_code: tuple[Concept, ...] = ()
    location: tuple[Whereabouts, ...] = ()
    service_provider: Reference | None = None


class Condition(Resource):
    """A diagnosis or problem."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    category: tuple[Concept, ...] = ()
    code: Concept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: Moment | None = None
    onset_period: Period | None = None
    onset_string: str | None = None
    abatement_date_time: Moment | None = None
    abatement_period: Period | None = None
    abatement_string: str | None = None
    recorded_date: Moment | None = None
    note: tuple[Annotation, ...] = ()


class Reaction(Shape):
    """What the substance did."""

    manifestation: tuple[Concept, ...] = ()
    description: str | None = None
    severity: str | None = None


class AllergyIntolerance(Resource):
    """Something that harms this person, or the statement that nothing does."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    type: str | None = None
    category: tuple[str | None, ...] = ()
    criticality: str | None = None
    code: Concept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: Moment | None = None
    recorded_date: Moment | None = None
    note: tuple[Annotation, ...] = ()
    reaction: tuple[Reaction, ...] = ()


class Performer(Shape):
    """Who did it."""

    actor: Reference | None = None


class Protocol(Shape):
    """Which dose of a series this is."""

    dose_number_positive_int: Integer | None = None
    dose_number_string: str | None = None


class Immunization(Resource):
    """A vaccine dose."""

    status: str | None = None
    status_reason: Concept | None = None
    vaccine_code: Concept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: Moment | None = None
    primary_source: bool | None = None
    manufacturer: Reference | None = None
    lot_number: str | None = None
    expiration_date: Moment | None = None
    site: Concept | None = None
    route: Concept | None = None
    dose_quantity: Quantity | None = None
    performer: tuple[Performer, ...] = ()
    note: tuple[Annotation, ...] = ()
    protocol_applied: tuple[Protocol, ...] = ()


class Procedure(Resource):
    """Something done."""

    status: str | None = None
    code: Concept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: Moment | None = None
    performed_period: Period | None = None
    performer: tuple[Performer, ...] = ()
    reason_code: tuple[Concept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()


class ReferenceRange(Shape):
    """What is usual."""

    low: Quantity | None = None
    high: Quantity | None = None
    text: str | None = None


class Measured(Resource):
    """A code with a value: an observation or one of its components."""

    resource_type: str = ""
    code: Concept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: Integer | None = None
    value_date_time: Moment | None = None
    value_time: str | None = None
    value_period: Period | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: dict[str, Any] | None = None
    data_absent_reason: Concept | None = None
    interpretation: tuple[Concept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()


class Observation(Measured):
    """A measurement, result or answer."""

    status: str | None = None
    category: tuple[Concept, ...] = ()
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: Moment | None = None
    effective_period: Period | None = None
    effective_instant: Moment | None = None
    issued: Moment | None = None
    performer: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    component: tuple[Measured, ...] = ()


class DiagnosticReport(Resource):
    """A report with its results and its text."""

    status: str | None = None
    category: tuple[Concept, ...] = ()
    code: Concept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: Moment | None = None
    effective_period: Period | None = None
    issued: Moment | None = None
    result: tuple[Reference, ...] = ()
    conclusion: str | None = None
    presented_form: tuple[Attachment, ...] = ()


class Content(Shape):
    """A form of a document."""

    attachment: Attachment | None = None


class DocumentContext(Shape):
    """What a document was written about."""

    encounter: tuple[Reference, ...] = ()


class DocumentReference(Resource):
    """A document."""

    status: str | None = None
    type: Concept | None = None
    subject: Reference | None = None
    date: Moment | None = None
    author: tuple[Reference, ...] = ()
    description: str | None = None
    content: tuple[Content, ...] = ()
    context: DocumentContext | None = None


class Repeat(Shape):
    """When to take it."""

    frequency: Integer | None = None
    frequency_max: Integer | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    offset: Integer | None = None
    count: Integer | None = None
    bounds_duration: Quantity | None = None
    bounds_period: Period | None = None


class Timing(Shape):
    """A schedule."""

    repeat: Repeat | None = None
    code: Concept | None = None


class DoseAndRate(Shape):
    """How much."""

    dose_quantity: Quantity | None = None
    dose_range: Range | None = None


class Dosage(Shape):
    """How to take a medicine."""

    text: str | None = None
    additional_instruction: tuple[Concept, ...] = ()
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: Concept | None = None
    route: Concept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()


class Dispense(Shape):
    """How much to hand out, how often."""

    number_of_repeats_allowed: Integer | None = None
    quantity: Quantity | None = None
    expected_supply_duration: Quantity | None = None


class Prescribed(Resource):
    """A medicine with how it is taken."""

    contained: tuple[msgspec.Raw, ...] = ()
    status: str | None = None
    medication_codeable_concept: Concept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    reason_code: tuple[Concept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()


class MedicationRequest(Prescribed):
    """A medicine ordered."""

    intent: str | None = None
    encounter: Reference | None = None
    authored_on: Moment | None = None
    requester: Reference | None = None
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: Dispense | None = None
    course_of_therapy_type: Concept | None = None


class MedicationStatement(Prescribed):
    """A medicine that somebody says is taken: what patient summaries list."""

    context: Reference | None = None
    effective_date_time: Moment | None = None
    effective_period: Period | None = None
    date_asserted: Moment | None = None
    dosage: tuple[Dosage, ...] = ()


class Medication(Resource):
    """A product that requests refer to."""

    code: Concept | None = None


class Kept(Resource):
    """A resource without a place of its own here; read for whose it is."""

    subject: Any = None
    patient: Any = None


def _own_types(kind: type, value: Any) -> Any:
    if kind is Moment and isinstance(value, str):
        return moment(value)
    raise ValueError(f"a date is text, not {type(value).__name__}")


MAPPED: dict[str, type[Resource]] = {
    kind.__name__: kind
    for kind in (
        *(Patient, Practitioner, PractitionerRole, Organization, Location, Coverage, Encounter),
        *(Condition, AllergyIntolerance, Immunization, Procedure, Observation, DiagnosticReport),
        *(DocumentReference, MedicationRequest, MedicationStatement, Medication),
    )
}
"""Types that become rows of ours."""
_TYPES: dict[str, type[Resource]] = MAPPED | {"Claim": Claim, "ExplanationOfBenefit": Claim}
_DECODERS = {name: msgspec.json.Decoder(kind, dec_hook=_own_types) for name, kind in _TYPES.items()}
_KEPT = msgspec.json.Decoder(Kept)


def inside(contained: tuple[msgspec.Raw, ...], kind: str) -> list[Any]:
    """The resources of one type inside another; those that cannot be read are passed over."""
    found = []
    for raw in contained:
        try:
            if _KEPT.decode(raw).resource_type == kind:
                found.append(_DECODERS[kind].decode(raw))
        except msgspec.MsgspecError:
            continue
    return found


def read(kind: str, raw: bytes) -> Any:
    """A resource of one type.

    Raises:
        msgspec.ValidationError: a value is of the wrong kind; names its path.
    """
    return _DECODERS.get(kind, _KEPT).decode(raw)
