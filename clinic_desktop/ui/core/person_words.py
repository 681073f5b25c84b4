"""A person in the few words of a list: name, sex, age, phone, next appointment."""

from __future__ import annotations

from datetime import date, datetime

from clinic_desktop.domain.codes import Sex
from clinic_desktop.domain.dates import Age, AgeUnit
from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.patients.rows import FoundPatient


def listed_name(name: HumanName) -> str:
    """FAMILY Given, in the order of its script."""
    return name.listed(current().language) or _("Name not known")


def sex_letter(sex: str) -> str:
    """One letter for a list; nothing when it is not known."""
    return {
        Sex.FEMALE: pgettext("sex, one letter", "F"),
        Sex.MALE: pgettext("sex, one letter", "M"),
        Sex.OTHER: pgettext("sex, one letter", "X"),
    }.get(Sex(sex), "")


def short_age(age: Age | None) -> str:
    """An age in one number, years without a unit; "~" before one that is not certain."""
    if age is None:
        return ""
    shown = {
        AgeUnit.YEAR: "{n}",
        AgeUnit.MONTH: pgettext("age", "{n} mo"),
        AgeUnit.WEEK: pgettext("age", "{n} wk"),
        AgeUnit.DAY: pgettext("age", "{n} d"),
    }[age.unit].format(n=current().number(age.value))
    return f"~{shown}" if age.approximate else shown


def sex_and_age(row: FoundPatient) -> str:
    """Such as "F 71"."""
    return " ".join(filter(None, (sex_letter(row.sex), short_age(row.age))))


def phone_tail(phone: str) -> str:
    """The last four digits, by which people tell phones apart."""
    digits = "".join(char for char in phone if char.isdecimal())
    return isolate(f"…{digits[-4:]}") if len(digits) > 4 else isolate(digits)


def how_found(row: FoundPatient) -> str:
    """What to see before choosing: a death; a text looked for that is not in the name."""
    hints = [pgettext("list of patients", "died")] if row.deceased else []
    return " · ".join([*hints, _("sounds alike")] if row.only_sounds_alike else hints)


def next_time(at: datetime | None, today: date) -> str:
    """When the person comes next: the time today, otherwise the day."""
    if at is None:
        return ""
    local = current().local(at)
    if local.date() == today:
        return _("today {time}").format(time=isolate(current().time(at)))
    return _("next {date}").format(date=isolate(current().date(local.date())))
