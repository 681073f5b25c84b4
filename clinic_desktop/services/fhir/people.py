"""Persons, organisations, places and policies."""

from __future__ import annotations

from collections.abc import Iterable

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.moments import Moment
from clinic_desktop.services.fhir.tables import Row
from clinic_desktop.services.fhir.words import best, code, first_words, shown, words

_PRECISION = {4: "year", 7: "month"}


def patient(found: shapes.Patient, links: Links) -> Row:
    """The person's own columns, apart from what only we give: number, allergies, photo."""
    birth = found.birth_date
    died = found.deceased_date_time
    return {
        **_name(found.name),
        "sex": found.gender or "unknown",
        "birth_date": birth.partial if birth else "",
        "birth_precision": _PRECISION.get(len(birth.text), "day") if birth else "day",
        "deceased": bool(found.deceased_boolean or died),
        "deceased_at": died.millis(links.zone) if died else None,
        "marital_status": code(found.marital_status) or words(found.marital_status),
        "language": _language(found.communication),
        **_address(found.address),
    }


def identifiers(found: shapes.Patient) -> list[Row]:
    """The person's numbers."""
    return [
        {
            "system": each.system or "",
            "kind": code(each.type) or words(each.type),
            "value": each.value,
            "assigner": shown(each.assigner),
        }
        for each in found.identifier
        if each.value
    ]


def contact_points(found: shapes.Patient) -> list[Row]:
    """Phones and addresses of the net."""
    return [
        {
            "system": each.system or "phone",
            "use": each.use or "",
            "value": each.value,
            "digits": "".join(char for char in each.value if char in "0123456789"),
            "rank": rank,
        }
        for rank, each in enumerate((each for each in found.telecom if each.value), 1)
        if each.value
    ]


def relatives(found: shapes.Patient) -> list[Row]:
    """Next of kin and guardians."""
    return [
        {
            "relationship": first_words(each.relationship),
            "name": name,
            "phone": _telecom(each.telecom, "phone"),
            "is_guardian": any(best(kind).code in {"GUARD", "N"} for kind in each.relationship),
            "is_next_of_kin": True,
        }
        for each in found.contact
        if (name := full_name(each.name))
    ]


def practitioner(found: shapes.Practitioner) -> Row:
    """A doctor named in a record; never one of our staff."""
    name = _official(found.name)
    numbers = [each for each in found.identifier if each.value]
    return {
        "family": (name.family or "") if name else "",
        "given": _joined(name.given) if name else "",
        "prefix": _joined(name.prefix) if name else "",
        "name": full_name(name),
        "registration_number": (numbers[0].value or "") if numbers else "",
        "identifier": f"{numbers[0].system or ''}|{numbers[0].value}" if numbers else "",
        "phone": _telecom(found.telecom, "phone"),
        "email": _telecom(found.telecom, "email"),
    }


def organization(found: shapes.Organization) -> Row:
    """A hospital, laboratory or payer."""
    numbers = [each for each in found.identifier if each.value]
    address = found.address[0] if found.address else shapes.Address()
    return {
        "name": found.name or "",
        "kind": code(found.type[0]) if found.type else "",
        "identifier": f"{numbers[0].system or ''}|{numbers[0].value}" if numbers else "",
        "phone": _telecom(found.telecom, "phone"),
        "address": _joined(address.line) or address.text or "",
        "city": address.city or "",
        "postal_code": address.postal_code or "",
        "country": address.country or "",
    }


def coverage(found: shapes.Coverage, links: Links) -> Row:
    """An insurance policy."""
    period = found.period or shapes.Period()
    payor = found.payor[0] if found.payor else None
    numbers = [each.value for each in found.identifier if each.value]
    return {
        "payer_id": links.organization(payor),
        "payer_name": shown(payor) or words(found.type),
        "policy_number": found.subscriber_id or (numbers[0] if numbers else ""),
        "kind": code(found.type) or words(found.type),
        "relationship": code(found.relationship),
        "status": found.status or "active",
        "valid_from": _day(period.start),
        "valid_to": _day(period.end),
    }


def full_name(name: shapes.HumanName | None) -> str:
    """A name in one line, in the order of its source."""
    if name is None:
        return ""
    parts = (*name.prefix, *name.given, name.family, *name.suffix)
    return name.text or " ".join(filter(None, parts))


def _official(names: Iterable[shapes.HumanName]) -> shapes.HumanName | None:
    order = ("official", "usual", None)
    found = [name for name in names if name.use not in {"old", "maiden"}]
    known = sorted(found, key=lambda n: order.index(n.use) if n.use in order else len(order))
    return known[0] if known else None


def _name(names: Iterable[shapes.HumanName]) -> Row:
    name = _official(names) or shapes.HumanName()
    given = [part for part in name.given if part]
    nothing = not (name.family or given)
    return {
        "family": (name.family or "") if not nothing else name.text or "",
        "given": given[0] if given else "",
        "middle": " ".join(given[1:]),
        "prefix": _joined(name.prefix),
        "suffix": _joined(name.suffix),
    }


def _address(found: tuple[shapes.Address, ...]) -> Row:
    current = [each for each in found if each.use not in {"old", "billing"}] or list(found)
    address = current[0] if current else shapes.Address()
    return {
        "address": ", ".join(filter(None, address.line)) or address.text or "",
        "city": address.city or "",
        "district": address.district or "",
        "state": address.state or "",
        "postal_code": address.postal_code or "",
        "country": address.country or "",
    }


def _language(spoken: tuple[shapes.Communication, ...]) -> str:
    ordered = sorted(spoken, key=lambda each: not each.preferred)
    return code(ordered[0].language) or words(ordered[0].language) if ordered else ""


def _telecom(found: Iterable[shapes.ContactPoint], system: str) -> str:
    return next((each.value for each in found if each.system == system and each.value), "")


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(filter(None, parts))


def _day(moment: Moment | None) -> str | None:
    return moment.first.isoformat() if moment else None


def specialty(found: shapes.PractitionerRole) -> str:
    """What a practitioner works as."""
    return first_words(found.specialty) or first_words(found.code)


def location(name: str) -> Row:
    """A place of somebody else: never a room of ours."""
    return {"name": name, "kind": "external", "is_active": False}
