"""Appointments and people in words, the same on the board, the calendar and in forms."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.dates import DateError, age
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.services.scheduling.rows import AppointmentRow, Person
from clinic_desktop.services.scheduling.versions import OtherVersion
from clinic_desktop.ui.core.dispute_words import mark_words
from clinic_desktop.ui.core.person_words import listed_name, sex_letter, short_age
from clinic_desktop.ui.widgets.pill import visit_status


def name_of(row: AppointmentRow) -> str:
    """Who comes, or for what a slot without a name is held."""
    if row.person is None:
        return row.about or row.comment or _("Held")
    return listed(row.person)


def listed(person: Person) -> str:
    """FAMILY Given, in the order of the script."""
    return listed_name(person.name)


def age_and_sex(person: Person, today: date) -> str:
    """Such as "34 F"."""
    try:
        old = short_age(age(person.birth, today)) if person.birth else ""
    except DateError:  # born after this day, says the record
        old = ""
    return " ".join(filter(None, (old, sex_letter(person.sex))))


def minutes(count: int) -> str:
    """A wait or a length, in one piece also in right-to-left text."""
    number = current().number
    if count >= 120:
        hours, rest = divmod(count, 60)
        words = pgettext("duration", "{hours} h {minutes} min")
        return isolate(words.format(hours=number(hours), minutes=number(rest)))
    return isolate(pgettext("duration", "{n} min").format(n=number(count)))


def clock(moment: datetime) -> str:
    """The time of day, in one piece also in right-to-left text."""
    return isolate(current().time(moment))


def from_to(row: AppointmentRow) -> str:
    """Such as 10:30–10:45."""
    return isolate(f"{current().time(row.start_at)}–{current().time(row.end_at)}")


def long_day(day: date) -> str:
    """The day with its weekday, without the year, as a heading: Saturday 21 November."""
    words = day_in(day, "EEEE d MMMM")
    return words[:1].upper() + words[1:]


def short_day(day: date) -> str:
    """Such as Sat 21 Nov."""
    return day_in(day, "EEE d MMM")


def day_in(day: date, pattern: str) -> str:
    """A date by a pattern of Unicode's locale data markup language."""
    return current().date(day, pattern)


def relative_day(day: date, today: date) -> str:
    """Today and tomorrow by name, other days with their weekday."""
    if day == today:
        return _("Today")
    if day == today + timedelta(days=1):
        return _("Tomorrow")
    return short_day(day)


def people(count: int) -> str:
    """How many are booked."""
    return ngettext("{n} booked", "{n} booked", count).format(n=current().number(count))


def status_note(row: AppointmentRow, now: datetime) -> str:
    """What follows the word of the status: how long somebody waits, which room."""
    if row.status == AppointmentStatus.IN_ROOM and row.location:
        return isolate(row.location)
    if row.status == AppointmentStatus.ARRIVED:
        waited = row.waited(now)
        return minutes(waited) if waited is not None else ""
    return ""


def asked_words(row: AppointmentRow) -> str:
    """That something about an appointment is not decided, and what else it may be."""
    told = [each for each in map(_other, row.others) if each]
    if not (row.question_id or told):
        return ""
    also = [_("Or: {value}").format(value=isolate(each)) for each in told]
    return " · ".join((mark_words(), *also))


def _other(told: OtherVersion) -> str:
    """What another version says, where it says something else."""
    status = "" if told.status is None else told.status.value
    if told.status is not None and told.status.is_known:
        status = visit_status(told.status).text
    when = ""
    if told.start_at is not None:
        when = f"{short_day(current().local(told.start_at).date())} {clock(told.start_at)}"
    parts = (status, when, told.practitioner, told.location, told.patient, told.reason)
    return ", ".join(filter(None, parts))


def told_words(row: AppointmentRow) -> str:
    """Day, time, doctor, what about and room, in one line."""
    day = current().local(row.start_at).date()
    facts = [day_in(day, "EEEE d MMMM"), from_to(row), row.practitioner, row.about]
    return " · ".join(filter(None, (*facts, row.location)))


def changed_words(before: AppointmentRow, now: AppointmentRow) -> tuple[str, str]:
    """That somebody changed an appointment over which a form stands: title and text."""
    status = ""
    if before.status != now.status:
        status = visit_status(now.status).text if now.status.is_known else now.status.value
    text = _("It was: {before}. It is: {now}. What you typed is still here.").format(
        before=isolate(told_words(before)),
        now=isolate(" · ".join(filter(None, (told_words(now), status)))),
    )
    return _("Somebody changed this appointment meanwhile"), text
