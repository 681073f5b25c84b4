"""Resources whose row two PCs wrote differently: a tag, and what each other version says."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any, Final

from clinic_desktop.db import disputes
from clinic_desktop.models.registry import BY_NUMBER
from clinic_desktop.services.fhir.resources import Resource

TAG: Final = {
    "system": "urn:clinic-desktop:record",
    "code": "undecided",
    "display": "PCs of the practice wrote this differently and nobody has decided",
}
VERSION: Final = "urn:clinic-desktop:other-version"
"""Url of an extension with one extension for each column in dispute, named like the column."""
_NOTHING: Final = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "not-applicable",
}
"""In the place of an empty value."""
_ASKED = "SELECT tbl, pk, grp, vers FROM sync_conflict WHERE kind = 'value' ORDER BY tbl, pk, grp"


class Undecided:
    """Read once for an export; nearly always there is nothing."""

    def __init__(self, cursor: Any) -> None:
        by_table: dict[str, list[tuple[bytes, int, bytes]]] = defaultdict(list)
        for number, pk, grp, vers in cursor.execute(_ASKED).fetchall():
            if number in BY_NUMBER:
                by_table[BY_NUMBER[number].name].append((pk, grp, vers))
        self._others: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for table, asked in by_table.items():
            for row_id, versions in disputes.variants(cursor, table, asked).items():
                self._others[_resource_of(cursor, table, row_id)] += versions

    def mark(self, resource: Resource) -> Resource:
        """The resource, with every version of what is not decided."""
        versions = self._others.get(str(resource.get("id")))
        if not versions:
            return resource
        told = [{"url": VERSION, "extension": _columns(each)} for each in versions]
        return {
            **resource,
            "meta": {"tag": [TAG]},
            "extension": [*resource.get("extension", []), *told],
        }


def _resource_of(cursor: Any, table: str, row_id: uuid.UUID) -> str:
    """The id of the resource in which a row is told: a measurement's parts are in the whole."""
    parents = {"observation": "parent_id", "patient_identifier": "patient_id",
               "related_person": "patient_id", "contact_point": "patient_id"}  # fmt: skip
    column = parents.get(table)
    parent = column and disputes.word_of(cursor, table, column, row_id.bytes)
    return str(uuid.UUID(bytes=bytes(parent)) if parent else row_id)


def _columns(told: dict[str, Any]) -> list[Resource]:
    return [{"url": name, **_said(value)} for name, value in told.items()]


def _said(value: Any) -> Resource:
    if value in (None, ""):
        return {"_valueString": {"extension": [_NOTHING]}}
    if isinstance(value, bytes):
        value = uuid.UUID(bytes=value) if len(value) == 16 else value.hex()
    return {"valueString": str(value)}
