"""The tables of an import's report: what came in, and what did not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clinic_desktop.i18n import N_, _, current, isolate
from clinic_desktop.services.fhir.importing import FileError, ImportReport
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column

_NAMES = {
    "Patient": N_("Patients"),
    "Practitioner": N_("Doctors and nurses"),
    "PractitionerRole": N_("Roles of doctors and nurses"),
    "Organization": N_("Organisations"),
    "Location": N_("Places"),
    "Encounter": N_("Visits"),
    "Condition": N_("Diagnoses and problems"),
    "AllergyIntolerance": N_("Allergies"),
    "MedicationRequest": N_("Medicines"),
    "MedicationStatement": N_("Medicines said to be taken"),
    "Medication": N_("Medicinal products"),
    "MedicationAdministration": N_("Medicines given"),
    "Observation": N_("Measurements and results"),
    "Immunization": N_("Vaccinations"),
    "Procedure": N_("Procedures"),
    "DiagnosticReport": N_("Reports"),
    "DocumentReference": N_("Documents"),
    "Coverage": N_("Insurance policies"),
    "Claim": N_("Claims"),
    "ExplanationOfBenefit": N_("Payers' answers to claims"),
    "CarePlan": N_("Care plans"),
    "CareTeam": N_("Care teams"),
    "Device": N_("Devices"),
    "Goal": N_("Goals"),
    "ImagingStudy": N_("Imaging studies"),
    "Provenance": N_("Records of origin"),
    "SupplyDelivery": N_("Supplies"),
}


def kind_words(kind: str) -> str:
    """What people call a resource type; its own name where we have no better one."""
    return _(_NAMES[kind]) if kind in _NAMES else isolate(kind)


@dataclass(frozen=True)
class CountRow:
    """What happened to one type."""

    kind: str
    imported: int
    updated: int
    kept: int


def count_rows(report: ImportReport) -> dict[str, CountRow]:
    """A row for each type, what people look for first."""
    counts = (report.imported, report.updated, report.kept)
    order = list(_NAMES)
    kinds = {kind for each in counts for kind in each}
    ranked = sorted(kinds, key=lambda kind: (order.index(kind) if kind in _NAMES else 99, kind))
    return {kind: CountRow(kind, *(each.get(kind, 0) for each in counts)) for kind in ranked}


def count_columns() -> tuple[Column, ...]:
    """The columns of the counts."""
    return (
        Column("kind", _("What"), lambda row: Cell(kind_words(row.kind)), stretch=True, letters=24),
        _numbers("imported", _("Imported")),
        _numbers("updated", _("Updated")),
        _numbers("kept", _("Kept as it came")),
    )


def _numbers(key: str, title: str) -> Column:
    def cell(row: CountRow) -> Cell:
        count = getattr(row, key)
        return Cell(current().number(count) if count else "–")

    return Column(key, title, cell, CellKind.NUMBER, letters=len(title) + 2)


def error_rows(report: ImportReport) -> dict[int, FileError]:
    """The errors by their place in the list."""
    return dict(enumerate(report.errors))


def error_columns() -> tuple[Column, ...]:
    """The columns of the errors."""
    return (
        Column("file", _("File"), _file_cell, letters=28),
        Column(
            "line",
            _("Line"),
            lambda error: Cell(current().number(error.line) if error.line else "–"),
            CellKind.NUMBER,
            letters=8,
        ),
        Column(
            "reason",
            _("Reason"),
            lambda error: Cell(error.reason, tip=error.reason),
            stretch=True,
            letters=40,
        ),
    )


def _file_cell(error: FileError) -> Cell:
    return Cell(isolate(Path(error.file).name), tip=error.file)
