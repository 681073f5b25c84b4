"""Small FHIR files for tests, and the counting of big ones."""

from __future__ import annotations

import csv
import json
import uuid
from pathlib import Path
from typing import Any

from clinic_desktop.services.fhir.importing import ImportReport, import_files
from tests.support.records import Record

Resource = dict[str, Any]


def bring(record: Record, *paths: Path, **options: Any) -> ImportReport:
    """Import as the owner."""
    return import_files(record.store, record.owner, paths, **options)


def uid(number: int) -> str:
    """A UUID for a resource."""
    return str(uuid.UUID(int=number))


def patient(number: int = 1, **more: Any) -> Resource:
    """A person with what registration asks for."""
    return {
        "resourceType": "Patient",
        "id": uid(number),
        "identifier": [{"system": "urn:test:mrn", "value": f"T-{number}"}],
        "name": [{"use": "official", "family": "Wanjiru", "given": ["Mary", "Akinyi"]}],
        "gender": "female",
        "birthDate": "1984-03",
        "telecom": [{"system": "phone", "value": "+254 712 000 001", "use": "mobile"}],
        **more,
    }


def encounter(number: int = 2, of: int = 1, **more: Any) -> Resource:
    """A visit with a zone that is not UTC."""
    return {
        "resourceType": "Encounter",
        "id": uid(number),
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"urn:uuid:{uid(of)}"},
        "period": {"start": "2024-05-01T10:00:00+03:00", "end": "2024-05-01T10:20:00+03:00"},
        **more,
    }


def observation(number: int = 3, of: int = 1, value: str = "72.50", **more: Any) -> str:
    """A weight as JSON text, so that the digits of its value are as written."""
    resource = {
        "resourceType": "Observation",
        "id": uid(number),
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Weight"},
        "subject": {"reference": f"Patient/{uid(of)}"},
        "encounter": {"reference": f"urn:uuid:{uid(2)}"},
        "effectiveDateTime": "2024-05-01",
        "valueQuantity": {"value": "VALUE", "unit": "kg", "code": "kg"},
        **more,
    }
    return json.dumps(resource).replace('"VALUE"', value)


def bundle(*resources: Resource | str, kind: str = "transaction") -> str:
    """One line of JSON."""
    entries = []
    for each in resources:
        text = each if isinstance(each, str) else json.dumps(each)
        name = json.loads(text).get("id", "")
        entries.append(f'{{"fullUrl": "urn:uuid:{name}", "resource": {text}}}')
    return f'{{"resourceType": "Bundle", "type": "{kind}", "entry": [{", ".join(entries)}]}}'


def write(path: Path, *lines: str) -> Path:
    """A file of lines."""
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def totals(manifest: Path, file: str, columns: dict[str, str]) -> dict[str, int]:
    """What a manifest says a file holds; ``columns`` gives the resource type of each column."""
    found = dict.fromkeys(columns.values(), 0)
    with manifest.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["file"] == file:
                for column, kind in columns.items():
                    found[kind] += int(row[column])
    return found
