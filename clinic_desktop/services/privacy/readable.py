"""A patient's record in plain lines, section by section, for the copy that the person reads."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.sharing import SECTIONS
from clinic_desktop.i18n import Language
from clinic_desktop.printing.subject_record import RecordSection
from clinic_desktop.services import charts
from clinic_desktop.services.access import part

_OF = "t.patient_id IN (SELECT id FROM chart) AND t.is_deleted = 0"
_ABOUT = (
    "SELECT value, '', use FROM contact_point t WHERE {of} ORDER BY rank",
    "SELECT value, '', kind FROM patient_identifier t WHERE {of} ORDER BY id",
    "SELECT name, phone, relationship FROM related_person t WHERE {of} ORDER BY id",
    "SELECT payer_name, policy_number, status FROM coverage t WHERE {of} ORDER BY id",
    "SELECT message, '', '' FROM patient_alert t WHERE {of} AND is_active = 1 ORDER BY id",
)
_PERSON = """
SELECT family, given, middle, name_latin, birth_date, sex, language, address, city, district, state,
 postal_code, country, note FROM patient WHERE id = ?1"""
_DOCTOR = "LEFT JOIN practitioner p ON p.id = t.practitioner_id"
_WHO = "coalesce(p.name, '')"
_PARTS: tuple[tuple[str, str, str, str], ...] = (
    ("consents", "consent t", "given_at", "kind, version, status, given_by, note"),
    ("visits", f"encounter t {_DOCTOR}", "start_at", f"type_display, reason, status, {_WHO}"),
    ("notes", "note t", "written_at", "subjective, objective, assessment, plan"),
    ("problems", "condition t", "recorded_at", "display, code, onset, clinical_status, note"),
    (
        *("allergies", "allergy_intolerance t", "recorded_at"),
        "display, reaction, severity, clinical_status, note",
    ),
    (
        *("medicines", "medication_request t", "authored_at"),
        "product, strength, instructions, status, reason",
    ),
    ("results", "observation t", "effective_at", "display, value, unit, interpretation, note"),
    ("reports", "diagnostic_report t", "effective_at", "display, conclusion, narrative"),
    ("vaccines", "immunization t", "occurred_at", "display, lot_number, t.status, note"),
    ("procedures", "procedure t", "performed_at", "display, reason, status, note"),
    ("documents", "document_reference t", "dated_at", "title, display, author, content"),
    ("letters", "referral t", "issued_at", "number, recipient, specialty, reason, body"),
    ("sick notes", "sick_note t", "issued_at", "number, start_on, end_on, reason, restrictions"),
    ("appointments", f"appointment t {_DOCTOR}", "start_at", f"status, reason, comment, {_WHO}"),
    ("requests", "subject_request t", "NULL", "received_on, kind, status, outcome"),
    ("given", "disclosure t", "disclosed_at", "recipient, purpose, content"),
)
"""Heading, where the rows lie, their moment, and what is said of each."""
_BILLS = """
SELECT issued_at, number, total_minor, currency, status FROM invoice t WHERE {of} ORDER BY id"""


@part
def sections(
    reads: ReadSession,
    patient_id: uuid.UUID,
    language: Language,
    parts: frozenset[str] | None = None,
) -> tuple[RecordSection, ...]:
    """What is known about a patient, merged charts included, as lines under headings.

    With ``parts`` only what belongs to these.
    """
    asked = _Asked(reads, patient_id, language)
    words = _headings(language)
    given = None if parts is None else {name for each in parts for name in SECTIONS[each]}
    found: list[RecordSection] = []
    if given is None:
        found.append(RecordSection(words["about"], tuple(asked.about())))
    for name, *where in _PARTS:
        if given is None or name in given:
            found.append(RecordSection(words[name], tuple(asked.lines(*where))))
    if given is None or "bills" in given:
        found.append(RecordSection(words["bills"], tuple(asked.bills())))
    return tuple(found)


def _headings(language: Language) -> dict[str, str]:
    say: Callable[[str], str] = language.gettext
    return {
        "about": say("About you"),
        "consents": say("Consents"),
        "visits": say("Visits"),
        "notes": say("Notes of visits"),
        "problems": say("Diagnoses and problems"),
        "allergies": say("Allergies"),
        "medicines": say("Medicines"),
        "results": say("Results"),
        "reports": say("Reports"),
        "vaccines": say("Vaccines"),
        "procedures": say("Procedures"),
        "documents": say("Documents"),
        "letters": say("Referrals"),
        "sick notes": say("Sick notes"),
        "appointments": say("Appointments"),
        "requests": say("Your requests about your data"),
        "given": say("Who got what"),
        "bills": say("Invoices"),
    }


class _Asked:
    """The lines of one patient."""

    def __init__(self, reads: ReadSession, patient_id: uuid.UUID, language: Language) -> None:
        self._reads, self._patient_id, self._language = reads, patient_id, language

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return charts.rows(self._reads, sql.format(of=_OF), self._patient_id)

    def about(self) -> Iterator[str]:
        """Names, numbers, phones, family."""
        yield from (str(each) for each in self._rows(_PERSON)[0] if each)
        for sql in _ABOUT:
            for row in self._rows(sql):
                yield _joined(row)

    def lines(self, source: str, moment: str, columns: str) -> Iterator[str]:
        """A day, and what there is to say of it."""
        sql = f"SELECT {moment}, {columns} FROM {source} WHERE {{of}} ORDER BY {moment}, t.id"
        for at, *rest in self._rows(sql):
            yield _joined((self._day(at), *rest))

    def bills(self) -> Iterator[str]:
        """Number, day and sum."""
        for at, number, total, currency, status in self._rows(_BILLS):
            amount = self._language.money(total, currency)
            yield _joined((self._day(at), number, amount, status))

    def _day(self, at: int | None) -> str:
        if at is None:
            return ""
        return self._language.date(self._language.local(from_millis(at)).date())


def _joined(parts: Any) -> str:
    texts = (" ".join(str(each).split()) for each in parts if each)
    return " · ".join(text for text in texts if text)
