"""One transaction of an import: some resources of one part become rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from clinic_desktop.db import journal
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain import ids
from clinic_desktop.models.base import Base
from clinic_desktop.models.clinical import (
    AllergyIntolerance,
    Condition,
    Immunization,
    Procedure,
)
from clinic_desktop.models.document import DocumentReference
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.medication import MedicationRequest
from clinic_desktop.models.observation import DiagnosticReport, Observation
from clinic_desktop.models.patient import Coverage, Patient
from clinic_desktop.models.practice import Location, Organization, Practitioner
from clinic_desktop.services.access import command
from clinic_desktop.services.fhir import (
    clinical,
    documents,
    matching,
    medicines,
    people,
    results,
    shapes,
)
from clinic_desktop.services.fhir.index import Known
from clinic_desktop.services.fhir.links import Links
from clinic_desktop.services.fhir.naming import digest, identifier_names, key, subject_of
from clinic_desktop.services.fhir.parts import Entry, resource
from clinic_desktop.services.fhir.sources import ABSENT, ALIAS, Placed, Run, Sources
from clinic_desktop.services.fhir.tables import Row, Rows


@dataclass
class Counts:
    """What happened to the resources of one slice, by type."""

    imported: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0

    def add(self, other: Counts) -> None:
        """Take another slice's counts in."""
        self.imported += other.imported
        self.updated += other.updated
        self.kept += other.kept
        self.unchanged += other.unchanged


class DryRunError(Exception):
    """Takes a slice back; carries what it counted."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts


Work = tuple[Placed, list[tuple[Entry, str]]]
"""Some entries of a part, each with its name."""


@command("import.run", origin="import")
def write_slice(uow: UnitOfWork, run: Run, jobs: list[Work]) -> Counts:
    """Write some entries of some parts; all of them or none.

    Raises:
        DryRunError: always, in a dry run.
    """
    counts = Counts()
    run.index.begin(uow.cursor)
    for placed, work in jobs:
        run.index.load(key(name) for _entry, name in work)
        counts.add(_Slice(uow, run, placed).write(work))
        if placed.part.is_bundle and work[-1][0] is placed.last:
            run.end_bundle()
    if run.dry:
        raise DryRunError(counts)
    return counts


_CLINICAL: dict[str, tuple[type[Base], Callable[[Any, Links], Row | None]]] = {
    "Encounter": (Encounter, clinical.encounter),
    "Condition": (Condition, clinical.condition),
    "Immunization": (Immunization, clinical.immunization),
    "Procedure": (Procedure, clinical.procedure),
    "MedicationRequest": (MedicationRequest, medicines.medication_request),
    "MedicationStatement": (MedicationRequest, medicines.medication_statement),
    "Coverage": (Coverage, people.coverage),
}
"""Types that are one row of one patient and nothing else."""
_KEPT: tuple[str, None] = ("", None)
_MODELS: dict[str, type[Base]] = {
    "practitioner": Practitioner,
    "organization": Organization,
    "location": Location,
}


class _Slice:
    def __init__(self, uow: UnitOfWork, run: Run, placed: Placed) -> None:
        self._uow = uow
        self._run = run
        self._placed = placed
        self._counts = Counts()
        self._rows = Rows(uow.cursor, journal.next_cid(uow.cursor))
        self._allergies: dict[bytes, tuple[str, str | None]] = {}
        self._sources = Sources(uow, self._rows, run, placed)
        self._links = Links(
            run.index, placed.names, uow.zone, self._known_by_reference, products=run.products
        )

        self._writers: dict[str, Callable[..., tuple[str, bytes | None]]] = {
            "Patient": self._patient,
            "Observation": self._observation,
            "DiagnosticReport": self._report,
            "AllergyIntolerance": self._allergy,
            "DocumentReference": self._document,
            **dict.fromkeys(("Practitioner", "Organization", "Location"), self._directory),
            "PractitionerRole": self._role,
            "Medication": self._product,
            **dict.fromkeys(("Claim", "ExplanationOfBenefit"), self._claim),
        }

    def write(self, work: list[tuple[Entry, str]]) -> Counts:
        for entry, name in work:
            self._sources.position = entry.position
            self._take(entry, name)
        self._rows.write()
        self._note_allergies()
        return self._counts

    def _take(self, entry: Entry, name: str) -> None:
        name_key = key(name)
        content = digest(msgspec.json.format(entry.raw, indent=-1))
        known = self._run.index.get(name_key)
        if known is not None and content in known.hashes:
            self._counts.unchanged += 1
            self._meet_again(entry, name, known)
            return
        found = resource(entry)
        self._links.beside = self._placed.names.of(subject_of(found))
        table, row_id = self._map(entry.kind, found, name, known)
        counted = self._counts.imported if table else self._counts.kept
        if table and known is not None and known.hashes:
            counted = self._counts.updated
        counted[entry.kind] += 1
        patient = row_id if table == "patient" else self._links.row(subject_of(found), "patient")
        self._sources.add(name_key, content, entry.kind, (table, row_id), patient)

    def _meet_again(self, entry: Entry, name: str, known: Known) -> None:
        """A resource that came before may still be named by one that is new."""
        report_id = self._run.report_of.pop(key(name), None)
        if report_id and known.row_id and known.table == "observation":
            self._rows.change(Observation, known.row_id, {"report_id": report_id})
        if entry.kind == "Medication":
            self._product(resource(entry), name, known)

    def _map(
        self, kind: str, found: Any, name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        """Write the row of a resource; its table, empty where the resource is only kept."""
        if kind in _CLINICAL:
            model, read = _CLINICAL[kind]
            row = read(found, self._links)
            return self._of_patient(model, found, row, known) if row else _KEPT
        write = self._writers.get(kind)
        return write(found, name, known) if write else _KEPT

    # ------------------------------------------------------------ rows of a patient

    def _of_patient(
        self, model: type[Base], found: shapes.Resource, row: Row, known: Known | None
    ) -> tuple[str, bytes | None]:
        patient_id = self._links.row(subject_of(found), "patient")
        if patient_id is None:
            return "", None
        row["patient_id"] = patient_id
        return model.__tablename__, self._put(model, row, known)

    def _put(self, model: type[Base], row: Row, known: Known | None) -> bytes:
        if known is not None and known.row_id and known.table == model.__tablename__:
            self._rows.change(model, known.row_id, row)
            return known.row_id
        row_id = self._uow.new_id().bytes
        self._rows.add(model, row | {"id": row_id})
        return row_id

    def _patient(
        self, found: shapes.Patient, _name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        return "patient", self._person(found, known)

    def _person(self, found: shapes.Patient, known: Known | None) -> bytes:
        row = people.patient(found, self._links)
        if known is not None and known.row_id and known.table == "patient":
            self._rows.change(Patient, known.row_id, row)
            self._add_missing(found, known.row_id)
            return known.row_id
        match = matching.same_person(self._uow.cursor, found, row)
        if match is not None:
            self._add_missing(found, match)
            return match
        row_id = self._uow.new_id().bytes
        mrn = ids.mrn(self._uow.device_prefix, self._uow.next_number("mrn"))
        self._rows.add(Patient, row | {"id": row_id, "mrn": mrn})
        for model, lines in matching.lines_of(found):
            for line in lines:
                self._add_line(model, line, row_id)
        return row_id

    def _add_missing(self, found: shapes.Patient, patient_id: bytes) -> None:
        for model, line in matching.missing_lines(self._uow.cursor, found, patient_id):
            self._add_line(model, line, patient_id)

    def _add_line(self, model: type[Base], line: Row, patient_id: bytes) -> None:
        self._rows.add(model, line | {"id": self._uow.new_id().bytes, "patient_id": patient_id})

    def _observation(
        self, found: shapes.Observation, name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        row = results.observation(found, self._links)
        row["report_id"] = self._run.report_of.pop(key(name), None)
        if known is not None and known.table == "observation":
            row["corrects_id"] = known.row_id  # a result is corrected by a new row
            row["report_id"] = row["report_id"] or self._report_before(known.row_id)
        table, row_id = self._of_patient(Observation, found, row, None)
        for part in found.component if row_id else ():
            shared = {name: row[name] for name in _SHARED_WITH_PARTS}
            own = {"id": self._uow.new_id().bytes, "parent_id": row_id}
            self._rows.add(Observation, shared | results.measured(part) | own)
        return table, row_id

    def _report_before(self, row_id: bytes | None) -> bytes | None:
        found = self._uow.cursor.execute(
            "SELECT report_id FROM observation WHERE id = ?", (row_id,)
        ).fetchone()
        return bytes(found[0]) if found and found[0] else None

    def _report(
        self, found: shapes.DiagnosticReport, _name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        row = results.report(found, self._links)
        table, row_id = self._of_patient(DiagnosticReport, found, row, known)
        if row_id is None:
            return table, row_id
        for each in found.result:
            result = key(self._placed.names.of(each, self._links.beside))
            there = self._run.index.get(result) if not self._placed.part.is_bundle else None
            if there is not None and there.row_id and there.table == "observation":
                self._rows.change(Observation, there.row_id, {"report_id": row_id})
            else:
                self._run.report_of[result] = row_id
        if known is None:
            self._forms(found, row)
        return table, row_id

    def _forms(self, found: shapes.DiagnosticReport, report: Row) -> None:
        """PDFs and pictures of a report become documents of the chart."""
        for form in documents.files_of(found.presented_form):
            row = documents.form(found, report, form)
            row |= {"patient_id": report["patient_id"], "attachment_id": self._sources.file(form)}
            self._rows.add(DocumentReference, row | {"id": self._uow.new_id().bytes})

    def _document(
        self, found: shapes.DocumentReference, _name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        row = documents.document(found, self._links)
        files = documents.files_of(each.attachment for each in found.content if each.attachment)
        if files and self._links.row(subject_of(found), "patient"):
            row["attachment_id"] = self._sources.file(files[0])
        return self._of_patient(DocumentReference, found, row, known)

    def _allergy(
        self, found: shapes.AllergyIntolerance, _name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        patient_id = self._links.row(found.patient, "patient")
        if patient_id is None:
            return "", None
        stated = clinical.statement_about_allergies(found)
        if stated is not None:
            day = found.recorded_date.first.isoformat() if found.recorded_date else None
            self._allergies.setdefault(patient_id, (stated, day))
            return "patient", patient_id
        row = clinical.allergy(found, self._links)
        if row["verification_status"] not in {"entered-in-error", "refuted"}:
            self._allergies[patient_id] = ("recorded", None)
        return self._of_patient(AllergyIntolerance, found, row, known)

    def _note_allergies(self) -> None:
        for patient_id, (status, day) in self._allergies.items():
            if status == "recorded":
                self._rows.change(Patient, patient_id, {"allergy_status": status})
            elif status == "none-known":
                self._uow.cursor.execute(
                    "UPDATE patient SET allergy_status = ?, allergy_asked_on = ?"
                    " WHERE id = ? AND allergy_status = 'not-asked'",
                    (status, day, patient_id),
                )
        self._rows.write()

    def _claim(
        self, found: shapes.Claim, _name: str, _known: Known | None
    ) -> tuple[str, bytes | None]:
        """Older exports name the payer inside the claim only: one policy for each payer."""
        patient_id = self._links.row(found.patient, "patient")
        wanted = patient_id is not None and not self._placed.has_coverage
        for policy in documents.claimed_policies(found) if wanted else ():
            name_key = key(f"{self._links.beside}#Coverage~{policy['payer_name']}")
            if self._run.index.get(name_key) is None:
                row_id = self._uow.new_id().bytes
                self._rows.add(Coverage, policy | {"id": row_id, "patient_id": patient_id})
                self._sources.add(name_key, name_key, "Coverage", ("coverage", row_id), patient_id)
                self._counts.imported["Coverage"] += 1
        return _KEPT

    # ------------------------------------------------------------ the directory

    def _directory(
        self, found: _Listed, _name: str, known: Known | None
    ) -> tuple[str, bytes | None]:
        kind = found.resource_type
        table = kind.lower()
        aliases = [key(name) for name in identifier_names(kind, found.identifier)]
        self._run.index.load(aliases)
        # Rows that references made who search for one of its numbers.
        searched = [self._run.index.get(alias) for alias in aliases]
        waiting = [each for each in searched if each and not each.hashes]
        row = _listed(found)
        row_id = self._put(_MODELS[table], row, known or next(iter(waiting), None))
        for other in {each.row_id for each in waiting if each.row_id} - {row_id}:
            self._rows.change(_MODELS[table], other, row)
        for alias, there in zip(aliases, searched, strict=True):
            if there is None or not there.hashes:
                owner = there.row_id if there else row_id
                self._sources.add(alias, ALIAS, kind, (table, owner))
        return table, row_id

    def _role(
        self, found: shapes.PractitionerRole, _name: str, _known: Known | None
    ) -> tuple[str, bytes | None]:
        row_id = self._links.practitioner(found.practitioner)
        special = people.specialty(found)
        if row_id is None:
            return _KEPT
        if special:
            self._rows.change(Practitioner, row_id, {"specialty": special})
        return "practitioner", row_id

    def _known_by_reference(self, table: str, name: str, reference: shapes.Reference) -> bytes:
        row_id = self._uow.new_id().bytes
        row: Row = {"id": row_id, "name": reference.display or ""}
        if table == "location":
            row |= people.location(reference.display or "")
        self._rows.add(_MODELS[table], row)
        self._sources.add(key(name), ABSENT, table.capitalize(), (table, row_id))
        return row_id

    def _product(
        self, found: shapes.Medication, name: str, _known: Known | None
    ) -> tuple[str, bytes | None]:
        if found.code is not None:
            self._run.products[key(name)] = found.code
        return _KEPT


_Listed = shapes.Practitioner | shapes.Organization | shapes.Location


def _listed(found: _Listed) -> Row:
    match found:
        case shapes.Practitioner():
            return people.practitioner(found)
        case shapes.Organization():
            return people.organization(found)
    return people.location(found.name or "")


_SHARED_WITH_PARTS = (
    *("patient_id", "encounter_id", "report_id", "category", "status", "effective_at"),
    *("issued_at", "performer_id"),
)
