"""The practice itself: people, rooms, hours, types of appointment, prices, templates."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.billing import Price, PriceList, ServiceItem, TaxRate
from clinic_desktop.models.encounter import Encounter, NoteTemplate
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import AppUser, Favourite, Location, Practice, Practitioner
from clinic_desktop.models.scheduling import AppointmentType, WorkingHours
from clinic_desktop.services.access import command
from clinic_desktop.services.sample.script import Script

OPEN, LUNCH, AFTERNOON, CLOSE = 8 * 60, 13 * 60, 14 * 60, 17 * 60
_SATURDAY = 5
CHILD_YEARS = 15


@command("practice.write")
def furnish(uow: UnitOfWork, script: Script) -> None:
    """Set the practice up; its people are there already."""
    practice = uow.session.scalars(select(Practice).limit(1)).one()
    for name in ("legal_name", "address", "city", "postal_code", "phone", "email"):
        setattr(practice, name, script.practice[name])
    practice.tax_number = script.practice["tax_number"]
    practice.licence_number = script.practice["licence_number"]
    _staff(uow, script)
    rooms = [
        Location(name=name, position=place) for place, name in enumerate(script.words["rooms"])
    ]
    uow.add(*rooms)
    _hours(uow)
    services = _services(uow, script)
    templates = _templates(uow, script)
    for place, each in enumerate(script.data["types"]):
        uow.add(
            AppointmentType(
                name=each["name"],
                shortcut=each["shortcut"],
                duration_min=each["minutes"],
                position=place,
                service_item_id=services[each["service"]],
                note_template_id=templates.get(each.get("template", "")),
            )
        )
    _favourites(uow, script)


def _staff(uow: UnitOfWork, script: Script) -> None:
    """Complete what the people's first entry could not say."""
    for each in script.staff:
        user = uow.session.scalars(select(AppUser).where(AppUser.login == each.login)).one()
        person = user.practitioner_id and uow.session.get(Practitioner, user.practitioner_id)
        if person:
            person.specialty, person.family, person.given = each.specialty, each.family, each.given
            # A nurse has no column of her own in the calendar.
            person.is_staff = "doctor" in each.roles
            if "owner" in each.roles:
                person.registration_number = script.practice["licence_number"]


def _hours(uow: UnitOfWork) -> None:
    """Monday to Saturday noon; whoever looks on a Sunday finds the doors open too."""
    for weekday in sorted({*range(_SATURDAY + 1), uow.today.weekday()}):
        spans = [(OPEN, LUNCH)] if weekday == _SATURDAY else [(OPEN, LUNCH), (AFTERNOON, CLOSE)]
        for start, end in spans:
            uow.add(WorkingHours(weekday=weekday, start_min=start, end_min=end))


def _services(uow: UnitOfWork, script: Script) -> dict[str, uuid.UUID]:
    practice = script.practice
    tax = TaxRate(name=practice["tax"], rate_bp=practice["tax_bp"], is_inclusive=True)
    prices = PriceList(name="Standard", currency=practice["currency"], is_default=True)
    uow.add(tax, prices)
    made = {}
    for place, each in enumerate(script.data["services"]):
        item = ServiceItem(
            code=each["code"],
            name=each["name"],
            category=each["category"],
            position=place,
            tax_rate_id=tax.id if each.get("taxed") else None,
        )
        uow.add(item)
        uow.add(Price(price_list_id=prices.id, service_item_id=item.id, amount_minor=each["minor"]))
        made[each["code"]] = item.id
    return made


def _templates(uow: UnitOfWork, script: Script) -> dict[str, uuid.UUID]:
    made = {}
    for each in script.data["templates"]:
        parts = ("subjective", "objective", "assessment", "plan")
        row = NoteTemplate(
            name=each["name"],
            shortcut=each["shortcut"],
            body={part: each[part] for part in parts},
            language=script.language,
        )
        uow.add(row)
        made[each["shortcut"]] = row.id
    return made


def _favourites(uow: UnitOfWork, script: Script) -> None:
    found = script.data["favourites"]
    doctors = [
        user
        for user in uow.session.scalars(select(AppUser).order_by(AppUser.id))
        if "doctor" in user.roles
    ]
    for user in doctors:
        for place, (code, display) in enumerate(found["diagnoses"]):
            payload = {"system": found["system"], "code": code, "version": found["version"]}
            uses = len(found["diagnoses"]) - place
            uow.add(
                Favourite(
                    user_id=user.id, kind="diagnosis", label=display, payload=payload, uses=uses
                )
            )
        for place, (product, strength, form, directions) in enumerate(found["medicines"]):
            payload = {
                "product": product, "strength": strength, "form": form, "directions": directions,
            }  # fmt: skip
            label = f"{product} {strength} {form}"
            uses = len(found["medicines"]) - place
            uow.add(
                Favourite(user_id=user.id, kind="medicine", label=label, payload=payload, uses=uses)
            )


@command("practice.write")
def settle(uow: UnitOfWork) -> None:
    """Give the imported visits to our doctors, children to the second, and ask about allergies."""
    doctors = uow.session.scalars(
        select(Practitioner).where(Practitioner.is_staff).order_by(Practitioner.id)
    ).all()
    born_after = str(uow.today.year - CHILD_YEARS)
    people = uow.session.execute(select(Patient.id, Patient.birth_date)).all()
    for place, (patient_id, birth) in enumerate(people):
        doctor = doctors[-1] if birth > born_after else doctors[0]
        uow.session.execute(
            update(Encounter)
            .where(Encounter.patient_id == patient_id, Encounter.practitioner_id.is_(None))
            .values(practitioner_id=doctor.id)
        )
        if place % 2:
            uow.session.execute(
                update(Patient)
                .where(Patient.id == patient_id, Patient.allergy_status == "not-asked")
                .values(allergy_status="none-known", allergy_asked_on=uow.today)
            )
