"""Export of the medical record: a folder of NDJSON, one file for each FHIR resource type.

The layout is that of FHIR Bulk Data, so that other systems can read it; importing the folder
into an empty clinic gives the same record. Resources that an import only kept (row-less ones)
are not repeated here: their originals stay in the record.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from clinic_desktop.db.lists import BATCH, marks
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import SetupError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.fhir import resources
from clinic_desktop.services.fhir.resources import Resource, Row
from clinic_desktop.services.fhir.undecided import Undecided

_encode = msgspec.json.Encoder(decimal_format="number").encode


def export_folder(store: Store, actor: Actor, out: Path) -> dict[str, int]:
    """Write every record into a new or empty folder; how many resources of each type.

    Raises:
        PermissionDeniedError: the actor may not export.
        SetupError: the folder is not empty.
        StorageError: it cannot be written.
    """
    check_empty(out)
    counts = store.read(actor, _write_all, out).result()
    store.write(actor, _note, sum(counts.values())).result()
    return counts


def check_empty(out: Path) -> None:
    """Refuse a folder that holds something: an export never mixes with what was there.

    Raises:
        SetupError: it is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SetupError(
            _("The export needs an empty folder."),
            kept=_("Nothing was written."),
            hint=_("Name a folder that does not exist yet."),
            place=str(out),
        )


@command("export.run")
def _note(uow: UnitOfWork, count: int) -> None:
    uow.audit("record.export", resources=count)


@query("export.run", password_again=True)
def _write_all(reads: ReadSession, out: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    told = Undecided(reads.cursor)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind, makers in _MAKERS.items():
            with (out / f"{kind}.ndjson").open("wb") as file:
                for make in makers:
                    for resource in make(reads.cursor, ()):
                        file.write(_encode(told.mark(resource)) + b"\n")
                        counts[kind] = counts.get(kind, 0) + 1
            if kind not in counts:
                (out / f"{kind}.ndjson").unlink()
    except OSError as error:
        raise StorageError(
            _("The export cannot be written: {reason}").format(reason=error.strerror or error),
            hint=_("Free some space, or choose another folder."),
            place=str(out),
        ) from error
    return counts


Maker = Callable[[Any, Sequence[bytes]], Iterator[Resource]]
"""Makes the resources of these patients, or of everybody where none is named."""


@part
def person_resources(reads: ReadSession, patients: Sequence[bytes]) -> list[Resource]:
    """Everything about these patients, and whom and what it refers to."""
    told = Undecided(reads.cursor)
    found = [
        told.mark(resource)
        for kind, makers in _MAKERS.items()
        if kind not in _SHARED
        for make in makers
        for resource in make(reads.cursor, patients)
    ]
    wanted = set(re.findall(r'"reference":"((?:Practitioner|Organization|Location)/[^"]+)"',
                            _encode(found).decode()))  # fmt: skip
    shared = [
        told.mark(resource)
        for kind in _SHARED
        for make in _MAKERS[kind]
        for resource in make(reads.cursor, ())
        if f"{kind}/{resource['id']}" in wanted
    ]
    return [*shared, *found]


def as_json(value: Any) -> bytes:
    """A resource or a bundle; numbers as they were written."""
    return _encode(value)


_SHARED = ("Organization", "Practitioner", "Location")
"""What belongs to nobody alone."""


def _rows(cursor: Any, sql: str, values: Any = ()) -> Iterator[Row]:
    found = cursor.execute(sql, values)
    names = [column[0] for column in found.description]
    for row in found:
        yield dict(zip(names, row, strict=True))


def _chunks(cursor: Any, sql: str, values: Any = ()) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in _rows(cursor, sql, values):
        chunk.append(row)
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _beside(cursor: Any, table: str, column: str, rows: list[Row]) -> dict[bytes, list[Row]]:
    """Rows of another table by the id they refer to."""
    sql = f"SELECT * FROM {table} WHERE is_deleted = 0 AND {column} IN ({marks(rows)}) ORDER BY id"  # noqa: S608
    found: dict[bytes, list[Row]] = {row["id"]: [] for row in rows}
    for each in _rows(cursor, sql, [row["id"] for row in rows]):
        found[each[column]].append(each)
    return found


def _only(patients: Sequence[bytes], column: str = "patient_id") -> str:
    return f" AND {column} IN ({marks(patients)})" if patients else ""


def _plain(table: str, make: Callable[[Row], Resource]) -> Maker:
    def maker(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
        sql = f"SELECT * FROM {table} WHERE is_deleted = 0{_only(patients)} ORDER BY id"  # noqa: S608 - our names
        yield from map(make, _rows(cursor, sql, patients))

    return maker


def _patients(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    sql = f"SELECT * FROM patient WHERE is_deleted = 0{_only(patients, 'id')} ORDER BY id"  # noqa: S608
    for rows in _chunks(cursor, sql, patients):
        tables = ("patient_identifier", "contact_point", "related_person")
        numbers, reach, kin = (_beside(cursor, each, "patient_id", rows) for each in tables)
        for row in rows:
            key = row["id"]
            yield resources.patient(row, numbers[key], reach[key], kin[key])


def _none_known(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    sql = (
        "SELECT * FROM patient WHERE is_deleted = 0 AND allergy_status = 'none-known'"  # noqa: S608
        f"{_only(patients, 'id')} ORDER BY id"
    )
    yield from map(resources.no_known_allergies, _rows(cursor, sql, patients))


def _observations(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    which = f"is_deleted = 0 AND parent_id IS NULL{_only(patients)}"
    for rows in _chunks(cursor, f"SELECT * FROM observation WHERE {which} ORDER BY id", patients):  # noqa: S608
        parts = _beside(cursor, "observation", "parent_id", rows)
        for row in rows:
            yield resources.observation(row, parts[row["id"]])


def _reports(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    sql = f"SELECT * FROM diagnostic_report WHERE is_deleted = 0{_only(patients)} ORDER BY id"  # noqa: S608
    for rows in _chunks(cursor, sql, patients):
        results = _beside(cursor, "observation", "report_id", rows)
        for row in rows:
            own = [each["id"] for each in results[row["id"]] if each["parent_id"] is None]
            yield resources.report(row, own)


def _documents(cursor: Any, patients: Sequence[bytes]) -> Iterator[Resource]:
    of_whom = _only(patients, "d.patient_id")
    sql = (
        "SELECT d.*, a.mime, b.encoding, b.data FROM document_reference d"  # noqa: S608 - ours
        " LEFT JOIN attachment a ON a.id = d.attachment_id LEFT JOIN blob b ON b.sha256 = a.sha256"
        f" WHERE d.is_deleted = 0{of_whom} ORDER BY d.id"
    )
    for row in _rows(cursor, sql, patients):
        data = row["data"]
        content = zlib.decompress(data) if row["encoding"] == "deflate" else data
        yield resources.document(row, content)


_MAKERS: dict[str, tuple[Maker, ...]] = {
    "Organization": (_plain("organization", resources.organization),),
    "Practitioner": (_plain("practitioner", resources.practitioner),),
    "Location": (_plain("location", resources.location),),
    "Patient": (_patients,),
    "Coverage": (_plain("coverage", resources.coverage),),
    "Encounter": (_plain("encounter", resources.encounter),),
    "Condition": (_plain("condition", resources.condition),),
    "AllergyIntolerance": (_plain("allergy_intolerance", resources.allergy), _none_known),
    "Immunization": (_plain("immunization", resources.immunization),),
    "Procedure": (_plain("procedure", resources.procedure),),
    "DiagnosticReport": (_reports,),
    "Observation": (_observations,),
    "DocumentReference": (_documents, _plain("note", resources.note)),
    "MedicationRequest": (_plain("medication_request", resources.medication_request),),
}
"""What refers to others comes after them."""
