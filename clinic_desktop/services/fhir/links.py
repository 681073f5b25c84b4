"""From the references of a resource to the ids of our rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

import msgspec

from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.index import Index
from clinic_desktop.services.fhir.naming import Names, key

Completer = Callable[[str, str, shapes.Reference], bytes]
"""Makes the row of somebody known by reference only: table, name, reference."""


@dataclass
class Links:
    """The surroundings of the resource being mapped."""

    index: Index
    names: Names
    zone: tzinfo
    known_by_reference: Completer
    beside: str = ""
    """The name of the resource's patient."""
    products: dict[bytes, shapes.Concept] = field(default_factory=dict)
    """What the ``Medication`` resources of this import are."""

    def row(self, reference: shapes.Reference | None, table: str) -> bytes | None:
        """The row of a table that a reference leads to."""
        name = self.names.of(reference, self.beside, table.capitalize())
        known = self.index.get(key(name)) if name else None
        return known.row_id if known is not None and known.table == table else None

    def encounter(self, reference: shapes.Reference | None) -> bytes | None:
        """A visit."""
        return self.row(reference, "encounter")

    def practitioner(self, reference: shapes.Reference | None) -> bytes | None:
        """A doctor or nurse, even one whose own resource has not come yet."""
        return self._shared(reference, "practitioner", "Practitioner")

    def organization(self, reference: shapes.Reference | None) -> bytes | None:
        """An organisation, even one whose own resource has not come yet."""
        return self._shared(reference, "organization", "Organization")

    def location(self, reference: shapes.Reference | None) -> bytes | None:
        """A place, even one whose own resource has not come yet."""
        return self._shared(reference, "location", "Location")

    def _shared(self, reference: shapes.Reference | None, table: str, kind: str) -> bytes | None:
        name = self.names.of(reference, self.beside, kind)
        if reference is None or not name:
            return None
        if found := self.row(reference, table):
            return found
        text = reference.reference or name
        says_kind = text.startswith((f"{kind}/", f"{kind}?")) or f"/{kind}/" in text
        if (says_kind or text.startswith("urn:")) and self.index.get(key(name)) is None:
            return self.known_by_reference(table, name, reference)
        return None

    def medication(
        self, reference: shapes.Reference | None, contained: tuple[msgspec.Raw, ...]
    ) -> shapes.Concept | None:
        """The product a request refers to, inside it or beside it."""
        if reference is None:
            return None
        if (reference.reference or "").startswith("#"):
            own = shapes.inside(contained, "Medication")
            return next((each.code for each in own if f"#{each.id}" == reference.reference), None)
        return self.products.get(key(self.names.of(reference, self.beside)))
