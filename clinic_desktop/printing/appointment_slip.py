"""The slip a patient takes home: when, with whom, where, what to bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import Block, Rule, Space, Stack, Text, Whole
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.fields import Pair
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import render
from clinic_desktop.printing.paper import GREY, MM
from clinic_desktop.printing.parts import not_decided, open_sheet, paragraphs
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import PersonName, patient_name
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class SlipVersion:
    """An appointment as another version has it; ``None`` and empty where it says the same."""

    patient: str = ""
    starts_at: datetime | None = None
    doctor: str = ""
    room: str = ""
    reason: str = ""
    is_cancelled: bool = False


@dataclass(frozen=True)
class AppointmentSlipDoc:
    """One appointment."""

    starts_at: datetime
    patient: PersonName
    doctor: str
    room: str = ""
    reason: str = ""
    duration_minutes: int | None = None
    code: str = ""
    """What the front desk types to find the appointment."""
    qr: str = ""
    preparation: str = ""
    others: tuple[PersonName, ...] = ()
    """What else the person may be called, as long as nobody has decided."""
    versions: tuple[SlipVersion, ...] = ()
    """What another PC wrote of the same appointment, as long as nobody has decided."""


def render_appointment_slip(doc: AppointmentSlipDoc, on: Stationery) -> bytes:
    """The slip as PDF bytes."""
    name = on.language.gettext("Appointment")
    sheet = open_sheet(on, name, doc.code)
    look, language = sheet.look, sheet.language
    align = Align.CENTRE if on.paper.is_roll else Align.START
    day = language.local(doc.starts_at).date()
    pairs = [
        (language.gettext("Patient"), patient_name(doc.patient, language)),
        (language.gettext("Doctor"), value(doc.doctor)),
        (language.pgettext("paper", "Room"), value(doc.room)),
        (language.pgettext("paper", "Reason"), value(doc.reason)),
        (language.gettext("Duration"), _duration(doc.duration_minutes, language)),
    ]
    blocks: list[Block] = [
        Text(name, look.heading, align),
        Space(3),
        Text(value(weekday_date(day, language)), look.lead, align),
        Text(value(language.time(doc.starts_at)), look.title, align),
        Space(5),
        Rule(0.6, GREY),
        Space(5),
        *(Pair(label, text, look.strong, look.muted) for label, text in pairs if text),
        *not_decided(_also(doc, language), look, language),
        *paragraphs(language.gettext("Before you come"), doc.preparation, look),
    ]
    if doc.qr or doc.code:
        code = [Qr(doc.qr, 26 * MM, align), Space(7)] if doc.qr else []
        words = [Text(value(doc.code), look.lead, align)] if doc.code else []
        blocks += [Space(look.gap), Whole(Stack((*code, *words)))]
    return render(sheet, blocks)


def _also(doc: AppointmentSlipDoc, language: Language) -> tuple[str, ...]:
    """Who else it may be for, and what else may be agreed."""
    names = tuple(patient_name(each, language) for each in doc.others)
    return (*names, *filter(None, (_version(each, language) for each in doc.versions)))


def _version(told: SlipVersion, language: Language) -> str:
    when = ""
    if told.starts_at is not None:
        day = weekday_date(language.local(told.starts_at).date(), language)
        when = f"{day}, {language.time(told.starts_at)}"
    status = language.pgettext("visit status", "Cancelled") if told.is_cancelled else ""
    parts = (told.patient, status, when, told.doctor, told.room, told.reason)
    return " · ".join(value(part) for part in parts if part)


def weekday_date(day: date, language: Language) -> str:
    """The date in words with its weekday, as a person would say it."""
    return language.date(day, "full")


def _duration(minutes: int | None, language: Language) -> str:
    if not minutes:
        return ""
    number = language.number(minutes)
    return language.ngettext("{n} minute", "{n} minutes", minutes).format(n=number)
