"""How long charts are kept, and which have been kept long enough. Nothing is erased by itself."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.retention import RetentionRule, kept_until, rule_of
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.services import charts, practice
from clinic_desktop.services.access import command, query
from clinic_desktop.services.patients.registration import birth_of

SETTING = "retention.rule"
MOST_YEARS = 100
MOST_LISTED = 500
_ENTRIES = (
    ("encounter", "start_at"),
    ("note", "written_at"),
    ("observation", "effective_at"),
    ("prescription", "issued_at"),
    ("document_reference", "dated_at"),
    ("immunization", "occurred_at"),
    ("procedure", "performed_at"),
    ("referral", "issued_at"),
    ("sick_note", "issued_at"),
    ("condition", "recorded_at"),
    ("allergy_intolerance", "recorded_at"),
    ("medication_request", "authored_at"),
    ("diagnostic_report", "effective_at"),
    ("appointment", "start_at"),
)
"""What counts as an entry, with its moment. Bills have years of their own."""
_LAST = " UNION ALL ".join(
    f"SELECT patient_id AS person, max({column}) AS at FROM {table}"  # noqa: S608 - our names
    " WHERE is_deleted = 0 {which} GROUP BY patient_id"
    for table, column in _ENTRIES
)


@dataclass(frozen=True)
class Hold:
    """How long a chart must still be kept."""

    last: date
    """The last entry; the day of registration where there is none."""
    until: date
    """The last day of keeping."""
    is_over: bool


@dataclass(frozen=True)
class ExpiredChart:
    """A chart that was kept long enough."""

    id: uuid.UUID
    name: HumanName
    mrn: str
    last: date
    until: date


@query("practice.read")
def rule(reads: ReadSession) -> RetentionRule:
    """What the practice decided, else what is usual in its country."""
    told = practice.setting(reads, SETTING)
    usual = rule_of(practice.details(reads).country)
    known = RetentionRule.__dataclass_fields__.keys()
    if not isinstance(told, dict):
        return usual
    return replace(usual, **{name: told[name] for name in known & told.keys()})


@command("practice.write")
def decide_rule(uow: UnitOfWork, wish: RetentionRule, seen: RetentionRule | None = None) -> None:
    """Keep charts as long as the owner says.

    Raises:
        ValidationError: no sensible number of years.
        StaleError: the rule is not the one that was ``seen``.
    """
    for name in ("years", "invoice_years"):
        if not 1 <= getattr(wish, name) <= MOST_YEARS:
            raise ValidationError(name, _("Choose from 1 to {most} years.").format(most=MOST_YEARS))
    if not 0 <= wish.child_until <= MOST_YEARS:
        raise ValidationError("child_until", _("Choose an age, or 0 for no such rule."))
    uow.expect_seen(rule(uow), seen)
    practice.decide(uow, SETTING, asdict(wish))


@query("subject.read")
def hold_of(reads: ReadSession, patient_id: uuid.UUID) -> Hold:
    """How long a chart, with those merged into it, must still be kept.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    person = charts.patient(reads.session, patient_id)
    which = "AND patient_id IN (SELECT id FROM chart)"
    found = charts.rows(reads, f"SELECT max(at) FROM ({_LAST.format(which=which)})", patient_id)  # noqa: S608
    at = found[0][0]
    last = _day(reads, from_millis(at) if at is not None else _registered(patient_id))
    if person.deceased_at is not None:
        last = max(last, _day(reads, person.deceased_at))
    return _hold(reads, last, birth_of(person.birth_date, person.birth_precision), rule(reads))


@query("subject.read")
def expired(reads: ReadSession) -> list[ExpiredChart]:
    """Charts whose time is over, the longest ago first; for somebody to look through."""
    last: dict[bytes, int] = {}
    sql = f"SELECT person, max(at) FROM ({_LAST.format(which='')}) GROUP BY person"  # noqa: S608
    for person, at in reads.cursor.execute(sql).fetchall():
        if at is not None:
            last[bytes(person)] = at
    people = reads.cursor.execute(
        "SELECT id, family, given, mrn, birth_date, birth_precision, deceased_at, merged_into"
        " FROM patient WHERE is_deleted = 0"
    ).fetchall()
    leads = {bytes(row[0]): bytes(row[7]) for row in people if row[7]}
    for merged in leads:
        into = charts.end_of(leads, merged)
        last[into] = max(last.get(into, 0), last.get(merged, 0))
    kept, found = rule(reads), []
    for pk, family, given, mrn, born, precision, died, merged_into in people:
        if merged_into:
            continue
        person_id = uuid.UUID(bytes=bytes(pk))
        moments = [from_millis(each) for each in (last.get(bytes(pk)), died) if each]
        day = _day(reads, max(moments, default=_registered(person_id)))
        hold = _hold(reads, day, birth_of(born, precision), kept)
        if hold.is_over:
            found.append(ExpiredChart(person_id, HumanName(family, given), mrn, day, hold.until))
    return sorted(found, key=lambda row: (row.until, row.id))[:MOST_LISTED]


def _hold(reads: ReadSession, last: date, birth: BirthDate | None, kept: RetentionRule) -> Hold:
    until = kept_until(last, birth, kept)
    return Hold(last, until, until < reads.today)


def _day(reads: ReadSession, moment: datetime) -> date:
    return moment.astimezone(reads.zone).date()


def _registered(patient_id: uuid.UUID) -> datetime:
    """Ids begin with the millisecond in which they were made."""
    return from_millis(patient_id.int >> 80)
