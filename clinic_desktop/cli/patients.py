"""Patients from the command line: ``patient add``, ``patient show`` and ``search``."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clinic_desktop.cli.access import open_clinic
from clinic_desktop.domain.codes import Sex
from clinic_desktop.domain.dates import BirthDate, DateError, parse_date
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _, commas, current, isolate
from clinic_desktop.services import patients
from clinic_desktop.services.field_words import field_value, sex_words, show_partial
from clinic_desktop.services.papers.printable import Printable, printable
from clinic_desktop.services.patients import (
    Identifier,
    PatientBannerData,
    PatientEntry,
    PatientRecord,
    PatientRow,
    Phone,
    RegisterPatient,
)
from clinic_desktop.services.wording import sentence_of

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir
    from clinic_desktop.db.session import ReadSession

_SEX = {"f": Sex.FEMALE, "m": Sex.MALE, "x": Sex.OTHER}
_MOST_FOUND = 50


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``patient`` and ``search``."""
    patient = commands.add_parser("patient", help="register and show patients")
    actions = patient.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[common], help="register a patient")
    for part in ("family", "given", "middle", "prefix", "suffix"):
        add.add_argument(f"--{part}", default="", metavar="NAME")
    add.add_argument("--sex", default=Sex.UNKNOWN.value, help="female, male, other or unknown")
    add.add_argument("--birth-date", default="", metavar="DATE", help="1955-03-14, 1955 or 71y")
    add.add_argument("--phone", action="append", default=[], help="may be given again")
    add.add_argument("--email", action="append", default=[])
    add.add_argument("--identifier", action="append", default=[], metavar="KIND=NUMBER")
    add.add_argument("--patient-language", default="", metavar="LANGUAGE")
    add.set_defaults(run=_add)
    show = actions.add_parser("show", parents=[common], help="everything known of a patient")
    show.add_argument("id", metavar="ID")
    show.set_defaults(run=_show)
    search = commands.add_parser("search", parents=[common], help="find patients by any word")
    search.add_argument("text", nargs="+", metavar="TEXT")
    search.add_argument("--limit", type=int, default=12)
    search.set_defaults(run=_search)


def _add(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    with open_clinic(options, data_dir) as opened:
        entry = opened.store.read(opened.actor, _entry, options).result()
        new = RegisterPatient(entry)
        made = opened.store.write(opened.actor, patients.register, new).result()
        row = opened.store.read(opened.actor, patients.rows, (made,)).result()[0]
    output.result(
        {"id": str(made), "mrn": row.mrn},
        _("{name} is registered with number {number}.").format(
            name=row.name.listed(), number=row.mrn
        ),
        str(made),
    )


def _entry(reads: ReadSession, options: argparse.Namespace) -> PatientEntry:
    phones = [Phone(value) for value in options.phone]
    emails = [Phone(value, system="email") for value in options.email]
    return PatientEntry(
        name=HumanName(
            options.family, options.given, options.middle, options.prefix, options.suffix
        ),
        sex=_SEX.get(options.sex.strip().casefold(), options.sex.strip().casefold()),
        birth=_birth(reads, options.birth_date),
        phones=(*phones, *emails),
        identifiers=tuple(_identifier(text) for text in options.identifier),
        language=options.patient_language,
    )


def _birth(reads: ReadSession, text: str) -> BirthDate | None:
    if not text.strip():
        return None
    try:
        return parse_date(text, today=reads.today, past=True).birth
    except DateError as error:
        raise ValidationError("birth_date", sentence_of(error), place="--birth-date") from error


def _identifier(text: str) -> Identifier:
    kind, _equals, value = text.rpartition("=")
    return Identifier(value.strip(), kind.strip())


def _show(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    person = patient_id(options.id)
    with open_clinic(options, data_dir) as opened:
        store, actor = opened.store, opened.actor
        store.write(actor, patients.look, person).result()
        found = store.read(actor, patients.record_of, person).result()
        banner = store.read(actor, patients.banner, person).result()
        consents = store.read(actor, patients.consents_of, person).result()
        papers = store.read(actor, printable, person).result()
    data = _summary(banner.row) | _details(found, banner)
    data["consents"] = [asdict(each) for each in consents]
    data["papers"] = [asdict(each) for each in papers]
    output.result(data, *_lines(found, banner), *_papers(papers))


def patient_id(text: str) -> uuid.UUID:
    """The id that was typed.

    Raises:
        ValidationError: it is none.
    """
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ValidationError(
            "id",
            _("“{text}” is no patient id.").format(text=text),
            hint=_("Find the id with “search”."),
        ) from error


def _search(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    if not 1 <= options.limit <= _MOST_FOUND:
        raise ValidationError("limit", _("The limit is from 1 to {most}.").format(most=_MOST_FOUND))
    text = " ".join(options.text)
    with open_clinic(options, data_dir) as opened:
        found = opened.store.read(opened.actor, patients.search, text, options.limit).result()
        charts = tuple(row.id for row in found)
        shown = opened.store.read(opened.actor, patients.rows, charts).result()
    rows = [_summary(row) for row in shown]
    lines = ["  ".join(filter(None, _told(row))) for row in shown]
    output.result({"patients": rows}, *(lines or [_("Nobody was found.")]))


def _told(row: PatientRow) -> tuple[str, ...]:
    """A patient in a line."""
    born = isolate(show_partial(row.birth.value)) if row.birth else ""
    return str(row.id), isolate(row.name.banner()), row.mrn, born, isolate(row.phone)


def _lines(found: PatientRecord, banner: PatientBannerData) -> list[str]:
    """A patient as people read it; ``--json`` has every field."""
    row, entry, words = banner.row, found.entry, current()
    allergies = commas(
        isolate(each.display) if each.display else _("Has allergies") for each in banner.allergies
    )
    alerts = commas(isolate(each.message) for each in banner.alerts)
    last, coming = row.last_visit_on, row.next_appointment_at
    facts = (
        (_("Patient number"), row.mrn),
        (_("Sex"), sex_words(row.sex)),
        (_("Date of birth"), show_partial(row.birth.value) if row.birth else ""),
        (_("Phone"), row.phone),
        (_("Allergies"), allergies or field_value("allergy_status", banner.allergy_status)),
        (_("Flags"), alerts),
        (_("Last visit"), words.date(last) if last else ""),
        (_("Next appointment"), words.datetime(coming) if coming else ""),
        (_("Note"), entry.note),
    )
    told = [isolate(row.name.banner()), str(row.id)]
    return told + [f"{name}: {isolate(value)}" for name, value in facts if value]


def _papers(papers: Sequence[Printable]) -> list[str]:
    """What can be printed: kind and id as “print” takes them."""
    return [
        f"{each.kind} {each.id}  {isolate(each.number)}  {current().date(each.happened_at)}"
        for each in papers
    ]


def _summary(row: PatientRow) -> dict[str, Any]:
    when = row.next_appointment_at
    return {
        "id": str(row.id),
        "name": row.name.banner(),
        "mrn": row.mrn,
        "sex": row.sex,
        "birth_date": str(row.birth or ""),
        "birth_precision": str(row.birth.precision) if row.birth else "",
        "age": row.age.years if row.age else None,
        "phone": row.phone,
        "last_visit": row.last_visit_on and row.last_visit_on.isoformat(),
        "next_appointment": when and current().local(when).isoformat(timespec="minutes"),
        "balance_minor": row.balance.amount_minor,
        "currency": row.balance.currency,
    }


def _details(found: PatientRecord, banner: PatientBannerData) -> dict[str, Any]:
    entry = found.entry
    return {
        **asdict(entry.name),
        "name_latin": entry.name_latin,
        "phones": [asdict(each) for each in entry.phones],
        "identifiers": [asdict(each) for each in entry.identifiers],
        "related_persons": [asdict(each) for each in entry.relatives],
        "coverage": [asdict(each) for each in entry.policies],
        "address": asdict(entry.address),
        "language": entry.language,
        "marital_status": entry.marital_status,
        "note": entry.note,
        "deceased": entry.deceased,
        "deceased_at": entry.deceased_at and entry.deceased_at.isoformat(),
        "has_photo": bool(found.photo),
        "allergy_status": banner.allergy_status,
        "allergy_asked_on": banner.allergy_asked_on and banner.allergy_asked_on.isoformat(),
        "allergies": [asdict(each) for each in banner.allergies],
        "alerts": [asdict(each) for each in banner.alerts],
        "same_name": banner.has_namesake,
        "twin": banner.has_twin,
        "merged_from": list(banner.merged_from),
    }
