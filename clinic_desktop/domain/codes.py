"""The code sets of the record: what is known has a meaning, what is not is kept as it came.

Values are those of HL7 FHIR R4 unless a set says otherwise. A newer program, an importer or
another clinic may bring a value this program does not know; it must survive every save.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class OpenCode(StrEnum):
    """A code set that accepts unknown values: ``Sex("x-local")`` keeps its text."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        code = str.__new__(cls, value)
        code._name_ = value
        code._value_ = value
        return code

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[str]]:
        """Copied by its value: early Python 3.11 looks for a member of that name."""
        return type(self), (self.value,)

    @property
    def is_known(self) -> bool:
        """Whether this program knows what the value means."""
        return self.value in type(self)._value2member_map_


class Sex(OpenCode):
    """FHIR administrative-gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


# ---------------------------------------------------------------- the day


class AppointmentStatus(OpenCode):
    """The way of an appointment through the day; ``fhir`` gives FHIR's coarser status."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_ROOM = "in-room"
    TO_BILL = "to-bill"
    DONE = "done"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"

    @property
    def fhir(self) -> str:
        """The status of FHIR's Appointment."""
        return _FHIR_STATUS.get(self.value, self.value)

    @property
    def is_expected(self) -> bool:
        """Whether the person is still to come."""
        return self in {AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED}

    @property
    def is_present(self) -> bool:
        """Whether the person is in the practice."""
        return self in {
            AppointmentStatus.ARRIVED,
            AppointmentStatus.IN_ROOM,
            AppointmentStatus.TO_BILL,
        }

    @property
    def takes_time(self) -> bool:
        """Whether the slot is taken."""
        return self not in {AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}

    @property
    def stamp(self) -> str:
        """The field that remembers when this status was reached; empty if none does."""
        return _STAMPS.get(self, "")


_A = AppointmentStatus
_FHIR_STATUS: dict[str, str] = {
    _A.CONFIRMED: "booked",
    _A.IN_ROOM: "checked-in",
    _A.TO_BILL: "fulfilled",
    _A.DONE: "fulfilled",
    _A.NO_SHOW: "noshow",
}
_STAMPS: dict[str, str] = {
    _A.ARRIVED: "arrived_at",
    _A.IN_ROOM: "roomed_at",
    _A.TO_BILL: "to_bill_at",
    _A.DONE: "done_at",
}
_FLOW = (_A.BOOKED, _A.CONFIRMED, _A.ARRIVED, _A.IN_ROOM, _A.TO_BILL, _A.DONE)
_NEXT: dict[str, frozenset[AppointmentStatus]] = {
    _A.BOOKED: frozenset({_A.CONFIRMED, _A.ARRIVED, _A.IN_ROOM, _A.NO_SHOW, _A.CANCELLED}),
    _A.CONFIRMED: frozenset({_A.ARRIVED, _A.IN_ROOM, _A.NO_SHOW, _A.CANCELLED}),
    # Somebody who leaves without being seen is cancelled with that reason.
    _A.ARRIVED: frozenset({_A.IN_ROOM, _A.TO_BILL, _A.CANCELLED}),
    _A.IN_ROOM: frozenset({_A.TO_BILL, _A.DONE}),
    _A.TO_BILL: frozenset({_A.DONE}),
    _A.NO_SHOW: frozenset({_A.ARRIVED}),
}


def next_statuses(status: str) -> frozenset[AppointmentStatus]:
    """Where an appointment can go from here."""
    return _NEXT.get(status, frozenset())


def can_move(old: str, new: str) -> bool:
    """Whether a status may follow another: forwards, or back to any earlier one as an undo."""
    if new in next_statuses(old):
        return True
    if old in _FLOW and new in _FLOW:
        return _FLOW.index(_A(new)) < _FLOW.index(_A(old))
    # A mistaken "did not come" or "cancelled" can be taken back.
    return old in {_A.NO_SHOW, _A.CANCELLED} and new in {_A.BOOKED, _A.CONFIRMED, _A.ARRIVED}


class EncounterStatus(OpenCode):
    """FHIR encounter-status."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    IN_PROGRESS = "in-progress"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class NoteStatus(OpenCode):
    """Ours: a note is a draft until it is signed."""

    DRAFT = "draft"
    SIGNED = "signed"
    VOIDED = "voided"


# ---------------------------------------------------------------- clinical statements


class ConditionCategory(OpenCode):
    """FHIR condition-category."""

    PROBLEM = "problem-list-item"
    DIAGNOSIS = "encounter-diagnosis"


class ClinicalStatus(OpenCode):
    """FHIR condition-clinical; the first three and resolved are also those of allergies."""

    ACTIVE = "active"
    RECURRENCE = "recurrence"
    RELAPSE = "relapse"
    INACTIVE = "inactive"
    REMISSION = "remission"
    RESOLVED = "resolved"

    @property
    def is_current(self) -> bool:
        """Whether it belongs on the chart's summary; unknown values do, to be safe."""
        return self not in {self.INACTIVE, self.REMISSION, self.RESOLVED}


class VerificationStatus(OpenCode):
    """FHIR condition-ver-status and allergyintolerance-verification."""

    UNCONFIRMED = "unconfirmed"
    PROVISIONAL = "provisional"
    DIFFERENTIAL = "differential"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"

    @property
    def counts(self) -> bool:
        """Whether the statement still stands."""
        return self not in {self.REFUTED, self.ENTERED_IN_ERROR}


class AllergyStatus(OpenCode):
    """Ours, for the patient: what is known about allergies at all. It is never guessed."""

    NOT_ASKED = "not-asked"
    NONE_KNOWN = "none-known"
    RECORDED = "recorded"


class AllergyKind(OpenCode):
    """FHIR allergy-intolerance-type."""

    ALLERGY = "allergy"
    INTOLERANCE = "intolerance"


class AllergyCategory(OpenCode):
    """FHIR allergy-intolerance-category."""

    MEDICATION = "medication"
    FOOD = "food"
    ENVIRONMENT = "environment"
    BIOLOGIC = "biologic"


class MedicationRequestStatus(OpenCode):
    """FHIR medicationrequest-status."""

    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"

    @property
    def is_current(self) -> bool:
        """Whether the person may be taking it; unknown values may."""
        return self not in {
            self.DRAFT, self.COMPLETED, self.STOPPED, self.CANCELLED, self.ENTERED_IN_ERROR,
        }  # fmt: skip


class ImmunizationStatus(OpenCode):
    """FHIR immunization-status."""

    COMPLETED = "completed"
    NOT_DONE = "not-done"
    ENTERED_IN_ERROR = "entered-in-error"


class ObservationStatus(OpenCode):
    """FHIR observation-status."""

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class ObservationCategory(OpenCode):
    """FHIR observation-category."""

    VITAL_SIGNS = "vital-signs"
    LABORATORY = "laboratory"
    IMAGING = "imaging"
    SOCIAL_HISTORY = "social-history"
    SURVEY = "survey"
    EXAM = "exam"
    PROCEDURE = "procedure"
    THERAPY = "therapy"


class Interpretation(OpenCode):
    """HL7 v3 ObservationInterpretation, the flags laboratories send."""

    NORMAL = "N"
    ABNORMAL = "A"
    CRITICAL = "AA"
    LOW = "L"
    CRITICAL_LOW = "LL"
    HIGH = "H"
    CRITICAL_HIGH = "HH"
    POSITIVE = "POS"
    NEGATIVE = "NEG"

    @property
    def is_critical(self) -> bool:
        """Whether somebody must act today."""
        return self in {self.CRITICAL, self.CRITICAL_LOW, self.CRITICAL_HIGH}


# ---------------------------------------------------------------- paper and money


class DocumentKind(OpenCode):
    """Ours: the papers a practice prints; each PC maps each of them to a printer."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"
    PRESCRIPTION = "prescription"
    VISIT_SUMMARY = "summary"
    REFERRAL = "referral"
    SICK_NOTE = "sick-note"
    APPOINTMENT_SLIP = "appointment-slip"
    LABEL = "label"
    LAB_REQUEST = "lab-request"
    DAY_CLOSE = "day-close"


class PaymentMethod(OpenCode):
    """Ours: how money is taken."""

    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"
    MOBILE = "mobile"
    CHEQUE = "cheque"
    INSURANCE = "insurance"
    OTHER = "other"


# ---------------------------------------------------------------- systems


class System(OpenCode):
    """URIs of code and identifier systems: HL7 Terminology (THO) and, for Russia, НСИ Минздрава."""

    ICD10 = "http://hl7.org/fhir/sid/icd-10"
    ICD10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
    MKB10 = "urn:oid:1.2.643.5.1.13.13.11.1005"
    ICD11 = "http://id.who.int/icd/release/11/mms"
    ICPC2 = "http://hl7.org/fhir/sid/icpc-2"
    LOINC = "http://loinc.org"
    SNOMED = "http://snomed.info/sct"
    CVX = "http://hl7.org/fhir/sid/cvx"
    NDC = "http://hl7.org/fhir/sid/ndc"
    RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
    ATC = "http://www.whocc.no/atc"
    UCUM = "http://unitsofmeasure.org"
    SNILS = "urn:oid:1.2.643.100.3"
    US_SSN = "http://hl7.org/fhir/sid/us-ssn"
    US_NPI = "http://hl7.org/fhir/sid/us-npi"

    @property
    def short(self) -> str:
        """How people call the system; the last part of an unknown URI."""
        return _SHORT.get(self.value) or self.value.rstrip("/").rsplit("/", 1)[-1]


_SHORT: dict[str, str] = {
    System.ICD10: "ICD-10",
    System.ICD10_CM: "ICD-10-CM",
    System.MKB10: "МКБ-10",
    System.ICD11: "ICD-11",
    System.ICPC2: "ICPC-2",
    System.LOINC: "LOINC",
    System.SNOMED: "SNOMED CT",
    System.CVX: "CVX",
    System.NDC: "NDC",
    System.RXNORM: "RxNorm",
    System.ATC: "ATC",
    System.UCUM: "UCUM",
    System.SNILS: "СНИЛС",
    System.US_SSN: "SSN",
    System.US_NPI: "NPI",
}
