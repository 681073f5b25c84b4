"""The patient and the clinician on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.domain.partial_dates import AgeUnit, BirthDate, DateError, age
from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import Block, Panel, Space, Stack, Text
from clinic_desktop.printing.fields import facts
from clinic_desktop.printing.paper import TINT, Look, Paper
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class PersonName:
    """A name with its parts in the order the country writes them."""

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    family_first: bool = True

    def _joined(self, family: str) -> str:
        given = [self.given, self.middle]
        parts = [family, *given] if self.family_first else [*given, family]
        return " ".join(part for part in [self.prefix, *parts] if part)

    @property
    def plain(self) -> str:
        """As it is written in a sentence."""
        return self._joined(self.family)

    @property
    def marked(self) -> str:
        """With the family name in capitals, where the script has them."""
        return self._joined(self.family.upper())


@dataclass(frozen=True)
class Patient:
    """Who a document is about."""

    name: PersonName
    birth: BirthDate | None = None
    sex: str = "unknown"
    """FHIR's administrative gender: ``female``, ``male``, ``other`` or ``unknown``."""
    number: str = ""
    phone: str = ""
    address: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    """What the number is called, and the number: insurance policy, national id."""
    others: tuple[Patient, ...] = ()
    """The person by other versions of name, birth or sex, as long as nobody has decided."""
    died_on: date | None = None

    def last_day(self, on: date) -> date:
        """The day of the paper, or of the death: the age is counted no further."""
        return on if self.died_on is None else min(on, self.died_on)


@dataclass(frozen=True)
class Clinician:
    """Who is responsible for a document."""

    name: PersonName
    qualification: str = ""
    registration: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Allergies:
    """What is known about allergies; paper always says something."""

    status: str = "not-asked"
    """``not-asked``, ``none-known`` or ``recorded``."""
    substances: tuple[str, ...] = ()
    asked_on: date | None = None

    def text(self, language: Language) -> str:
        """In words; a recorded substance counts whatever the status says."""
        if self.substances:
            return " · ".join(value(substance) for substance in self.substances)
        if self.status == "none-known":
            known = language.gettext("No known allergies")
            if not self.asked_on:
                return known
            asked = language.gettext("No known allergies (asked {date})")
            return asked.format(date=value(language.date(self.asked_on)))
        return language.gettext("Allergies not asked")


NOT_ASKED = Allergies()


def patient_name(name: PersonName, language: Language) -> str:
    """The name, or words for its absence."""
    return value(name.marked) if name.marked.strip() else language.gettext("Name not known")


def other_names(patient: Patient) -> tuple[PersonName, ...]:
    """What else the person may be called; a paper that shows the name only shows these too."""
    names = dict.fromkeys(each.name for each in patient.others)
    return tuple(each for each in names if each != patient.name)


def sex_text(sex: str, language: Language) -> str:
    """The sex in words; nothing when it is not known."""
    words = {
        "female": language.pgettext("sex", "Female"),
        "male": language.pgettext("sex", "Male"),
        "other": language.pgettext("sex", "Other"),
    }
    return words.get(sex, "")


def birth_text(birth: BirthDate | None, on: date, language: Language) -> str:
    """The birth date as precisely as it is known, with the age on a day."""
    if birth is None:
        return ""
    born = birth.value
    if born.day is not None:
        text = language.date(born.first)
    elif born.month is not None:
        text = language.month(born.first)
    else:
        text = str(born.year)
    if born.approximate:
        text = f"~{text}"
    old = age_text(birth, on, language)
    return f"{value(text)} ({old})" if old else value(text)


def age_text(birth: BirthDate, on: date, language: Language) -> str:
    """The age on a day in one number and unit; nothing before birth."""
    try:
        found = age(birth, on)
    except DateError:
        return ""
    n = found.value
    words = {
        AgeUnit.YEAR: language.ngettext("{n} year", "{n} years", n),
        AgeUnit.MONTH: language.ngettext("{n} month", "{n} months", n),
        AgeUnit.WEEK: language.ngettext("{n} week", "{n} weeks", n),
        AgeUnit.DAY: language.ngettext("{n} day", "{n} days", n),
    }
    number = language.number(n)
    return words[found.unit].format(n=f"~{number}" if found.approximate else number)


def patient_panel(
    patient: Patient,
    on: date,
    paper: Paper,
    look: Look,
    language: Language,
    extra: tuple[tuple[str, str], ...] = (),
) -> Block:
    """The patient's name over what tells the person from another of that name."""
    on = patient.last_day(on)
    pairs = [
        (language.pgettext("person", "Born"), birth_text(patient.birth, on, language)),
        (language.gettext("Sex"), sex_text(patient.sex, language)),
        (language.gettext("Chart no."), value(patient.number)),
        (language.gettext("Phone"), value(patient.phone)),
        (language.gettext("Address"), value(patient.address)),
        *((value(name), value(number)) for name, number in patient.identifiers),
        *extra,
    ]
    columns = 2 if paper.is_small else 3 if paper.width < 160 else 4
    name = Text(patient_name(patient.name, language), look.lead)
    parts: list[Block] = [name, Space(2), facts(pairs, columns, look.label, look.body)]
    told = language.gettext("Not decided. Another version says: {words}")
    for each in patient.others:
        who = (patient_name(each.name, language), birth_text(each.birth, on, language),
               sex_text(each.sex, language))  # fmt: skip
        words = " · ".join(filter(None, who))
        parts += [Space(2), Text(told.format(words=words), look.strong)]
    return Panel(Stack(tuple(parts)), fill=TINT)


def clinician_lines(clinician: Clinician, look: Look, language: Language) -> Block:
    """Name, qualification and registration number under each other."""
    registration = ""
    if clinician.registration:
        template = language.gettext("Registration no. {number}")
        registration = template.format(number=value(clinician.registration))
    phone = language.pgettext("letterhead", "Tel. {phones}").format(phones=value(clinician.phone))
    lines: list[Block] = [Text(value(clinician.name.plain), look.strong)]
    texts = (value(clinician.qualification), registration, phone if clinician.phone else "")
    lines += [Text(text, look.muted) for text in texts if text]
    return Stack(tuple(lines))
