"""What people tell about a patient, and the rules it must keep before it is stored."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from clinic_desktop.domain.codes import AllergyStatus, Sex
from clinic_desktop.domain.dates import BirthDate, DateError
from clinic_desktop.domain.names import HumanName, tidy
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.services.patients.photo import Photo
from clinic_desktop.services.wording import sentence_of

LONGEST = 200
"""Letters in one field; more is pasted text in the wrong place."""
LONGEST_NOTE = 10_000
MOST_NEW_LINES = 20
"""Phones, numbers, relatives or policies told at once; an import may have brought more before."""
FEWEST_DIGITS, MOST_DIGITS = 3, 15
"""Short numbers inside one house up to the longest of ITU-T E.164."""


@dataclass(frozen=True)
class Phone:
    """A phone number or e-mail address, as ``value`` shows it."""

    value: str
    use: str = ""
    system: str = "phone"
    rank: int = 1
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Identifier:
    """A number somebody gave the person: passport, insurance register, another clinic."""

    value: str
    kind: str = ""
    system: str = ""
    assigner: str = ""
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Relative:
    """Next of kin or guardian."""

    name: str
    relationship: str = ""
    phone: str = ""
    is_guardian: bool = False
    is_next_of_kin: bool = True
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Policy:
    """An insurance policy."""

    payer_name: str = ""
    policy_number: str = ""
    kind: str = ""
    status: str = "active"
    valid_from: date | None = None
    valid_to: date | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class PostalAddress:
    """Where the person lives; ``country`` is ISO 3166-1 alpha-2."""

    address: str = ""
    city: str = ""
    district: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class PatientEntry:
    """The demographics of one person, as a form holds them."""

    name: HumanName = field(default_factory=HumanName)
    name_latin: str = ""
    sex: str = Sex.UNKNOWN
    birth: BirthDate | None = None
    phones: tuple[Phone, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    relatives: tuple[Relative, ...] = ()
    policies: tuple[Policy, ...] = ()
    address: PostalAddress = field(default_factory=PostalAddress)
    language: str = ""
    marital_status: str = ""
    note: str = ""
    deceased: bool = False
    deceased_at: datetime | None = None
    """When the person died; midnight of the clinic's day where only the day is known."""


@dataclass(frozen=True)
class RegisterPatient:
    """A new patient. ``consents`` are kinds, such as ``treatment``, that the person agreed to."""

    entry: PatientEntry
    consents: tuple[str, ...] = ()
    allergy_status: str = AllergyStatus.NOT_ASKED
    photo: Photo | None = None
    shares_number: bool = False
    """Somebody said that a number may be on another chart too."""


def checked(entry: PatientEntry, today: date, region: str) -> PatientEntry:
    """The entry tidied up; ``region`` is the practice's country, for phones without a prefix.

    Raises:
        ValidationError: for the first field that cannot be stored.
    """
    name = _checked_name(entry.name)
    if entry.sex not in set(Sex):
        raise ValidationError("sex", _("Choose female, male, other or unknown."))
    _check_birth(entry.birth, today)
    _check_death(entry, today)
    phones = _each(entry.phones, "phone", lambda phone: _checked_phone(phone, region))
    return replace(
        entry,
        name=name,
        name_latin=_line(entry.name_latin, "name_latin"),
        phones=tuple(replace(phone, rank=rank) for rank, phone in enumerate(phones, 1)),
        identifiers=_each(entry.identifiers, "identifier", _checked_identifier),
        relatives=_each(entry.relatives, "relative", lambda who: _checked_relative(who, region)),
        policies=_each(entry.policies, "policy", _checked_policy),
        address=_tidied(entry.address, "address"),
        language=_line(entry.language, "language"),
        marital_status=_line(entry.marital_status, "marital_status"),
        note=_checked_note(entry.note),
        deceased=entry.deceased or entry.deceased_at is not None,
    )


def _checked_name(name: HumanName) -> HumanName:
    parts = {part: tidy(getattr(name, part)) for part in HumanName.__dataclass_fields__}
    for part, text in parts.items():
        _line(text, part)
    found = HumanName(**parts)
    if not found:
        raise ValidationError(
            "family",
            _("A name is missing."),
            hint=_("Type a family or given name, or register an unknown person."),
        )
    if not any(char.isalpha() for char in found.family + found.given):
        raise ValidationError("family", _("A name needs letters."))
    return found


def _checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise ValidationError(
            "note", _("This is too long; {most} letters fit.").format(most=LONGEST_NOTE)
        )
    return note.strip()


def _check_birth(birth: BirthDate | None, today: date) -> None:
    try:
        if birth is not None:
            birth.check(today)
    except DateError as error:
        raise ValidationError("birth", sentence_of(error)) from error


def _check_death(entry: PatientEntry, today: date) -> None:
    if entry.deceased_at is None:
        return
    # A day of grace, for the clinic's day may differ from that of the instant.
    day = entry.deceased_at.date()
    if day > today + timedelta(days=1):
        raise ValidationError("deceased", _("This day has not come yet."))
    if entry.birth is not None and day < entry.birth.value.first - timedelta(days=1):
        raise ValidationError("deceased", _("Nobody dies before being born."))


def _checked_phone(phone: Phone, region: str) -> Phone:
    value = _line(phone.value, "email" if phone.system == "email" else "phone")
    if phone.system == "email":
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise ValidationError("email", _("This is no e-mail address."))
        return replace(phone, value=value)
    return replace(phone, value=phone_text(value, region))


def phone_text(typed: str, region: str) -> str:
    """A phone number in the international spelling where it is a known one, else as typed.

    Raises:
        ValidationError: it holds letters, or too few or too many digits.
    """
    if re.search(r"[^\d\s()+./–-]", typed):
        raise ValidationError(
            "phone",
            _("A phone number has digits only."),
            hint=_("Write an extension as a second number, or into the note."),
        )
    count = len(phone_digits(typed))
    if not FEWEST_DIGITS <= count <= MOST_DIGITS:
        raise ValidationError(
            "phone",
            _("A phone number has {least} to {most} digits.").format(
                least=FEWEST_DIGITS, most=MOST_DIGITS
            ),
        )
    return _international(typed, region) or typed


def _international(typed: str, region: str) -> str:
    import phonenumbers  # noqa: PLC0415 - its tables take a while to load

    try:
        number = phonenumbers.parse(typed, region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def phone_digits(text: str) -> str:
    """The digits of a number in any script."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def _checked_identifier(found: Identifier) -> Identifier:
    return _tidied(found, "identifier")


def _checked_relative(who: Relative, region: str) -> Relative:
    who = replace(who, name=tidy(who.name))
    if not who.name:
        raise ValidationError("relative", _("Whose number is this? A name is missing."))
    phone = phone_text(who.phone.strip(), region) if who.phone.strip() else ""
    return replace(_tidied(who, "relative"), phone=phone)


def _checked_policy(policy: Policy) -> Policy:
    if policy.valid_from and policy.valid_to and policy.valid_to < policy.valid_from:
        raise ValidationError("policy", _("The policy ends before it begins."))
    return _tidied(policy, "policy")


T = TypeVar("T")


def _each(items: tuple[T, ...], name: str, check: Callable[[T], T]) -> tuple[T, ...]:
    """The filled-in lines, each checked; an error names the line, counted from 1."""
    told = [item for item in items if not is_blank(item)]
    if sum(getattr(item, "id", None) is None for item in told) > MOST_NEW_LINES:
        raise ValidationError(
            name,
            _("These are too many at once; {most} fit.").format(most=MOST_NEW_LINES),
        )
    checked_items = []
    for place, item in enumerate(items, 1):
        if is_blank(item):
            continue
        try:
            checked_items.append(check(item))
        except ValidationError as error:
            if place > 1:
                error.place = f"{name} {place}"
            raise
    return tuple(checked_items)


def is_blank(item: object) -> bool:
    """Whether nothing was typed into a line of the form."""
    told = ("value", "name", "phone", "payer_name", "policy_number")
    return not any(str(getattr(item, name, "")).strip() for name in told)


def _tidied(item: T, name: str) -> T:
    values = vars(item)
    texts = {key: _line(text, name) for key, text in values.items() if isinstance(text, str)}
    return replace(item, **texts)  # type: ignore[type-var]


def _line(text: str, name: str) -> str:
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(clean) > LONGEST:
        raise ValidationError(name, _("This is too long; {most} letters fit.").format(most=LONGEST))
    return clean
