"""Who looked at a chart, and looks that an owner may want to ask about."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic_desktop.clock import uuid7
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.audit.events import REFUSED
from clinic_desktop.services.confidentiality.emergency import BEGAN
from clinic_desktop.services.patients.looks import OPENED

DAYS_BACK = 30
MANY_CHARTS = 40
"""Different charts of one person within one hour."""
MANY_EMERGENCIES = 3
"""Charts that one person may open in an emergency within a week before somebody asks."""
MANY_REFUSALS = 5
"""Wrong passwords within one day."""
NIGHT_FROM, NIGHT_TO = 22, 6
"""Hours of the clinic's clock."""
_ODD = (
    *("integrity.", "clock.", "key.recovered", "record.restored", "record.moved"),
    *("access.device-anew", "access.device-confirmed", "access.device-outlived"),
)
"""How kinds of events begin that are odd by themselves."""
_MOST_SEEN = 1000
_SEEN = """
SELECT e.happened_at, coalesce(u.name, ''), e.kind FROM audit_event e
LEFT JOIN app_user u ON u.id = e.user_id
WHERE e.patient_id IN (SELECT id FROM chart) ORDER BY e.happened_at DESC LIMIT ?2"""
_LATELY = """
SELECT e.happened_at, e.user_id, coalesce(u.name, ''), e.kind, e.patient_id FROM audit_event e
LEFT JOIN app_user u ON u.id = e.user_id WHERE e.id >= ? ORDER BY e.id"""
_PERSON = "SELECT family, given, address, city FROM patient WHERE id = ?"
_STAFF = """
SELECT u.id, p.family, p.given FROM app_user u JOIN practitioner p ON p.id = u.practitioner_id"""
_OWN_CHARTS = "SELECT family, given, address, city FROM patient WHERE address <> ''"


@dataclass(frozen=True)
class Seen:
    """Somebody's looks at a chart on one day."""

    at: datetime
    """The last of them."""
    who: str
    kind: str
    times: int


@dataclass(frozen=True)
class Oddity:
    """Something to ask about; nothing of it is a proof of wrong."""

    kind: str
    """``many``, ``night``, ``family``, ``neighbour``, ``refused``, ``emergency-often``,
    or an event's own kind."""
    at: datetime
    who: str
    count: int
    patient_id: uuid.UUID | None = None


@dataclass(frozen=True)
class _Event:
    at: datetime
    user_id: uuid.UUID | None
    who: str
    kind: str
    patient_id: uuid.UUID | None


@query("audit.read")
def who_saw(reads: ReadSession, patient_id: uuid.UUID) -> list[Seen]:
    """Who opened or printed a chart, by day, the latest first; merged charts included."""
    days: dict[tuple[object, str, str], Seen] = {}
    for at, who, kind in charts.rows(reads, _SEEN, patient_id, _MOST_SEEN):
        moment = from_millis(at)
        key = (moment.astimezone(reads.zone).date(), who, kind)
        before = days.get(key)
        days[key] = Seen(before.at if before else moment, who, kind,
                         before.times + 1 if before else 1)  # fmt: skip
    return list(days.values())


@query("audit.read")
def oddities(reads: ReadSession, days: int = DAYS_BACK) -> list[Oddity]:
    """Looks of the last days that stand out, the latest first."""
    since = uuid7(int((reads.now - timedelta(days=days)).timestamp() * 1000), 0, 0)
    events = [
        _Event(
            from_millis(at), uuid.UUID(bytes=user) if user else None, who, kind,
            uuid.UUID(bytes=patient) if patient else None,
        )
        for at, user, who, kind, patient in reads.cursor.execute(_LATELY, (since.bytes,)).fetchall()
    ]  # fmt: skip
    looks = [each for each in events if each.kind == OPENED and each.user_id is not None]
    found = [*_many(looks), *_nights(reads, looks), *_close_ones(reads, looks)]
    found += [*_refusals(reads, events), *_emergencies(events), *_faults(events)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _many(looks: list[_Event]) -> Iterator[Oddity]:
    """Hours in which somebody went through more charts than a visit needs."""
    hours: dict[tuple[uuid.UUID | None, datetime], list[_Event]] = defaultdict(list)
    for look in looks:
        hours[look.user_id, look.at.replace(minute=0, second=0, microsecond=0)].append(look)
    for within in hours.values():
        count = len({each.patient_id for each in within})
        if count >= MANY_CHARTS:
            yield Oddity("many", within[-1].at, within[-1].who, count)


def _nights(reads: ReadSession, looks: list[_Event]) -> Iterator[Oddity]:
    nights: dict[tuple[uuid.UUID | None, object], list[_Event]] = defaultdict(list)
    for look in looks:
        local = look.at.astimezone(reads.zone)
        if local.hour >= NIGHT_FROM or local.hour < NIGHT_TO:
            night = (local - timedelta(hours=NIGHT_TO)).date()
            nights[look.user_id, night].append(look)
    for within in nights.values():
        yield Oddity("night", within[-1].at, within[-1].who, len(within))


def _close_ones(reads: ReadSession, looks: list[_Event]) -> Iterator[Oddity]:
    """Charts of people who bear the looker's family name, or live at the looker's address."""
    staff = {
        uuid.UUID(bytes=row[0]): (fold(row[1] or ""), fold(row[2] or ""))
        for row in reads.cursor.execute(_STAFF).fetchall()
    }
    homes = _homes(reads, set(staff.values()))
    groups: dict[tuple[uuid.UUID | None, uuid.UUID | None], list[_Event]] = defaultdict(list)
    for look in looks:
        if look.user_id in staff and look.patient_id is not None:
            groups[look.user_id, look.patient_id].append(look)
    for (user, patient), within in groups.items():
        row = reads.cursor.execute(_PERSON, (patient.bytes if patient else b"",)).fetchone()
        if row is None or user is None:
            continue
        family, home = fold(row[0] or ""), _home(row[2], row[3])
        if family and family == staff[user][0]:
            yield Oddity("family", within[-1].at, within[-1].who, len(within), patient)
        elif home and home == homes.get(staff[user]):
            yield Oddity("neighbour", within[-1].at, within[-1].who, len(within), patient)


def _homes(reads: ReadSession, names: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Where colleagues live who are patients here too, by their names."""
    return {
        name: _home(address, city)
        for family, given, address, city in reads.cursor.execute(_OWN_CHARTS)
        if (name := (fold(family or ""), fold(given or ""))) in names
    }


def _home(address: str | None, city: str | None) -> str:
    return f"{fold(address)}|{fold(city or '')}" if address else ""


def _refusals(reads: ReadSession, events: list[_Event]) -> Iterator[Oddity]:
    days: dict[object, list[_Event]] = defaultdict(list)
    for event in events:
        if event.kind == REFUSED:
            days[event.at.astimezone(reads.zone).date()].append(event)
    for within in days.values():
        if len(within) >= MANY_REFUSALS:
            yield Oddity("refused", within[-1].at, "", len(within))


def _emergencies(events: list[_Event]) -> Iterator[Oddity]:
    """More emergencies of one person within a week than seem likely."""
    last: dict[uuid.UUID | None, list[_Event]] = defaultdict(list)
    for event in events:
        if event.kind == BEGAN:
            week = [each for each in last[event.user_id] if event.at - each.at < timedelta(days=7)]
            last[event.user_id] = [*week, event]
            if len(week) >= MANY_EMERGENCIES:
                yield Oddity("emergency-often", event.at, event.who, len(week) + 1)


def _faults(events: list[_Event]) -> Iterator[Oddity]:
    for event in events:
        if event.kind.startswith(_ODD):
            yield Oddity(event.kind, event.at, event.who, 1)
