"""What names a resource at its source, so that it is found again and references reach it.

A UUID names a resource wherever it appears (``urn:uuid:…``, ``Patient/<uuid>``, an address that
ends in it). An address names itself. A short id (``Patient/1``) means something only beside its
patient, so it is named together with what identifies the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.parts import Entry, Part

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
DIRECTORY = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "Medication"}
)
"""Types that many patients' resources share."""


@lru_cache(maxsize=20_000)
def key(name: str) -> bytes:
    """16 bytes for a name; every resource of a person names the person again."""
    return digest(name.encode())


def digest(content: bytes) -> bytes:
    """16 bytes for a content."""
    return blake2b(content, digest_size=16).digest()


def global_name(resource_id: str, full_url: str) -> str:
    """A name that means the same in every file; empty if there is none."""
    if full_url.startswith("urn:"):
        return full_url.lower()
    if "://" in full_url:
        url = full_url.split("/_history/")[0]
        tail = url.rsplit("/", 1)[-1]
        return f"urn:uuid:{tail.lower()}" if _UUID.fullmatch(tail) else url
    return f"urn:uuid:{resource_id.lower()}" if _UUID.fullmatch(resource_id) else ""


def identifier_name(kind: str, found: shapes.Identifier | None) -> str:
    """The search that finds a resource by its number, as references write it."""
    if found is None or not found.system or not found.value:
        return ""
    return f"{kind}?identifier={found.system}|{found.value}"


def identifier_names(kind: str, found: Iterable[shapes.Identifier]) -> list[str]:
    """All such names of a resource."""
    return [name for each in found if (name := identifier_name(kind, each))]


def person_name(patient: shapes.Patient) -> str:
    """What identifies a patient whose id is only local: a number, else name and birth."""
    if numbers := identifier_names("Patient", patient.identifier):
        return numbers[0]
    told = [(name.family, *name.given, name.text) for name in patient.name]
    birth = patient.birth_date.text if patient.birth_date else ""
    return f"Patient~{told}|{birth}|{patient.gender}"


@dataclass
class Names:
    """Names of the resources around one reference."""

    local: dict[str, str] = field(default_factory=dict)
    """``Type/id`` and full URLs of this bundle, or of the loose files of this import."""

    def add(self, entry: Entry, name: str) -> None:
        """Make an entry's name known under what its neighbours call it."""
        if entry.id:
            self.local[f"{entry.kind}/{entry.id}"] = name
        if entry.full_url:
            self.local[entry.full_url] = name

    def of(self, reference: shapes.Reference | None, beside: str = "", kind: str = "") -> str:
        """The name a reference means; empty for words only.

        ``beside`` is the patient's name, ``kind`` what the reference can only mean.
        """
        if reference is None:
            return ""
        text = reference.reference or ""
        if not text:
            return identifier_name(reference.type or kind, reference.identifier)
        if text.startswith("#"):
            return ""
        if text in self.local:
            return self.local[text]
        if "?" in text or text.startswith("urn:") or "://" in text:
            return text if "?" in text else global_name("", text)
        text = text.split("/_history/")[0]
        found = self.local.get(text) or global_name(text.rsplit("/", 1)[-1], "")
        return found or f"{beside}#{text}"


def bundle_names(part: Part, patient: shapes.Patient | None) -> tuple[list[str], Names]:
    """The name of each entry of a bundle, and what they call each other."""
    names, found = Names(), []
    scope = person_name(patient) if patient else digest(part.content).hex()
    for entry in part.entries:
        name = global_name(entry.id, entry.full_url)
        if not name and entry.kind == "Patient" and entry.id:
            name = f"{scope}#Patient/{entry.id}"
        name = name or f"{scope}#{entry.kind}/{entry.id or entry.position}"
        names.add(entry, name)
        found.append(name)
    return found, names


def loose_name(entry: Entry, resource: shapes.Resource, names: Names) -> str:
    """The name of a resource that came without a bundle."""
    name = global_name(entry.id, "")
    if name or isinstance(resource, shapes.Patient):
        return name or person_name(resource)  # type: ignore[arg-type]
    if entry.kind in DIRECTORY:
        numbers = identifier_names(entry.kind, getattr(resource, "identifier", ()))
        return numbers[0] if numbers else f"{entry.kind}@{digest(entry.raw).hex()}"
    beside = names.of(subject_of(resource))
    return f"{beside}#{entry.kind}/{entry.id or digest(entry.raw).hex()}"


def subject_of(resource: shapes.Resource) -> shapes.Reference | None:
    """Whose resource it is."""
    for role in ("subject", "patient", "beneficiary"):
        found = getattr(resource, role, None)
        if isinstance(found, shapes.Reference):
            return found
        if isinstance(found, dict) and isinstance(found.get("reference"), str):
            return shapes.Reference(reference=found["reference"])
    return None
