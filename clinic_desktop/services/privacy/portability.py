"""The whole record of one patient in a folder: for the person to read, and for another program.

* ``record.pdf`` to read;
* ``bundle.json``, the medical record as HL7 FHIR R4;
* ``rows.json``, every row about the person as the tables have it, so that nothing is left out;
* ``documents/``, the files of the chart and the papers that were printed.
"""

from __future__ import annotations

import json
import re
import uuid
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clinic_desktop.db import confidentiality
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.domain.sharing import OF_PERSON, PAPERS, TABLES
from clinic_desktop.errors import ConfidentialError, RuleError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.models import Base
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.models.types import Id, UtcDateTime
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4
from clinic_desktop.printing.subject_record import SubjectRecordDoc, render_subject_record
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.fhir.exporting import as_json, check_empty, person_resources
from clinic_desktop.services.fhir.person_resources import beside_the_record, part_of
from clinic_desktop.services.papers import parties
from clinic_desktop.services.patients import sharing
from clinic_desktop.services.privacy import disclosures, readable, requests
from clinic_desktop.services.privacy.blanks import person_tables, rows_about
from clinic_desktop.services.privacy.disclosures import NoteDisclosure

_REFERENCE = re.compile(rb'"reference":"\w+/([0-9a-f-]{36})"')
_INSIDE = frozenset({"log_redaction", "source_resource", "chart_confidentiality",
                     "care_team_member", "emergency_access"})  # fmt: skip
"""Rows that say how the practice works, not what it knows of the person."""
_ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}


@dataclass(frozen=True)
class ExportFor:
    """Who gets the copy, and what for.

    With ``related_person_id`` the copy holds the parts that this person may be given, no more.
    """

    recipient: str = ""
    """Empty where it is the patient."""
    recipient_kind: str = "patient"
    purpose: str = ""
    related_person_id: uuid.UUID | None = None


@dataclass
class Copied:
    """What stands in the folder."""

    folder: str
    resources: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    documents: int = 0


def export_person(
    store: Store, actor: Actor, patient_id: uuid.UUID, out: Path, wish: ExportFor
) -> Copied:
    """Write everything about a patient into a new or empty folder, and put that on record.

    The files are not encrypted: whoever has the folder can read them.

    Raises:
        PermissionDeniedError: the actor may not export.
        NotFoundError: there is no such patient.
        SetupError: the folder is not empty.
        RuleError: the related person may be given nothing.
        StorageError: it cannot be written.
    """
    check_empty(out)
    try:
        copied = store.read(actor, _write_person, patient_id, out, wish.related_person_id).result()
        store.write(actor, _note_export, patient_id, wish).result()
    except BaseException:
        _take_back(out)  # no copy lies about that is on no record
        raise
    return copied


def _take_back(out: Path) -> None:
    """Remove what was written into a folder that was empty before."""
    for path in (out / "documents", out):
        for each in path.glob("*") if path.is_dir() else ():
            if each.is_file():
                with suppress(OSError):
                    each.unlink()
    with suppress(OSError):
        (out / "documents").rmdir()


@command("subject.export")
def _note_export(uow: UnitOfWork, patient_id: uuid.UUID, wish: ExportFor) -> None:
    told = NoteDisclosure(
        patient_id,
        wish.recipient.strip() or _("The patient"),
        wish.purpose.strip() or _("Copy of the record"),
        "copy",
        wish.recipient_kind,
        _("The whole record") if wish.related_person_id is None else _("The parts agreed to"),
    )
    disclosures.add(uow, told)
    if wish.recipient_kind == "patient":
        requests.complete(uow, patient_id, ("access", "portability"), _("A copy was handed out."))
    uow.audit("export.subject", patient_id=charts.surviving(uow.session, patient_id))


@query("subject.export", password_again=True)
def _write_person(
    reads: ReadSession, patient_id: uuid.UUID, out: Path, related: uuid.UUID | None
) -> Copied:
    patient_id = charts.surviving(reads.session, patient_id)
    ids = [each.bytes for each in charts.chart_ids(reads.session, patient_id)]
    if confidentiality.visits_of_others(reads, patient_id):
        raise ConfidentialError(
            _("Words of this chart are kept by others."),
            kept=_("Nothing was written."),
            hint=_("Its care team makes the copy."),
        )
    parts = _parts(reads, patient_id, related)
    copied = Copied(str(out))
    try:
        out.mkdir(parents=True, exist_ok=True)
        rows = _all_rows(reads, ids, parts)
        copied.rows = {table: len(found) for table, found in rows.items() if found}
        _put(out / "rows.json", json.dumps(rows, ensure_ascii=False, indent=1).encode())
        bundle = _bundle(reads, ids, parts)
        copied.resources = len(bundle["entry"])
        _put(out / "bundle.json", _REFERENCE.sub(rb'"reference":"urn:uuid:\1"', as_json(bundle)))
        if parts is None or "documents" in parts:
            copied.documents = _documents(reads, ids, out / "documents", parts)
        _put(out / "record.pdf", _pdf(reads, patient_id, parts))
    except OSError as error:
        raise StorageError(
            _("The export cannot be written: {reason}").format(reason=error.strerror or error),
            hint=_("Free some space, or choose another folder."),
            place=str(out),
        ) from error
    return copied


def _parts(
    reads: ReadSession, patient_id: uuid.UUID, related: uuid.UUID | None
) -> frozenset[str] | None:
    """What a related person may be given; ``None`` for everything."""
    if related is None:
        return None
    parts = sharing.parts_for(reads, patient_id, related)
    if not parts:
        raise RuleError(
            _("This person may be given nothing of the record."),
            hint=_("Record first what the patient agrees to, on the page Privacy."),
        )
    return parts


def _all_rows(
    reads: ReadSession, ids: list[bytes], parts: frozenset[str] | None
) -> dict[str, list[dict[str, Any]]]:
    tables = [table for table in person_tables() if table not in _INSIDE]
    if parts is not None:
        given = {table for part in parts for table in TABLES[part]}
        tables = [table for table in tables if table in given]
    rows = {table: list(_rows(reads, table, ids)) for table in tables}
    if parts is None or "billing" in parts:
        rows["invoice_line"] = list(_lines(reads, ids))
    if parts is not None:
        rows["patient"] = [
            {name: row[name] for name in OF_PERSON if name in row}
            for row in _rows(reads, "patient", ids)
        ]
    return rows


def _put(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


def _bundle(reads: ReadSession, ids: list[bytes], parts: frozenset[str] | None) -> dict[str, Any]:
    found = [*person_resources(reads, ids), *beside_the_record(reads.cursor, ids)]
    if parts is not None:
        found = part_of(found, parts)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": reads.now.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in found],
    }


def _rows(reads: ReadSession, table: str, ids: list[bytes]) -> Iterator[dict[str, Any]]:
    for part in batches(rows_about(reads.cursor, table, ids)):
        yield from _shown(reads, table, f"id IN ({marks(part)})", part)


def _lines(reads: ReadSession, ids: list[bytes]) -> Iterator[dict[str, Any]]:
    which = f"invoice_id IN (SELECT id FROM invoice WHERE patient_id IN ({marks(ids)}))"
    return _shown(reads, "invoice_line", which, ids)


def _shown(
    reads: ReadSession, table: str, which: str, values: list[bytes]
) -> Iterator[dict[str, Any]]:
    """Rows with their columns as another program can read them."""
    columns = Base.metadata.tables[table].columns
    names = ["id", *BY_NAME[table].columns]
    if table == "audit_event":  # that somebody looked, not which colleague
        names.remove("user_id")
    found = reads.cursor.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {which}", values)
    for row in found.fetchall():
        yield {
            name: _plain(columns[name].type, value)
            for name, value in zip(names, row, strict=True)
            if value is not None
        }


def _plain(kind: Any, value: Any) -> Any:
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if isinstance(kind, Id) else value.hex()
    if isinstance(kind, UtcDateTime):
        return from_millis(value).isoformat()
    return value


def _documents(
    reads: ReadSession, ids: list[bytes], folder: Path, parts: frozenset[str] | None
) -> int:
    """Files of the chart, the photo, and what was printed; numbered, for names tell too much.

    Of papers, ``parts`` gives those whose part is given; the photo is the patient's alone.
    """
    which = marks(ids)
    found = reads.cursor.execute(
        "SELECT 'document', a.mime, b.encoding, b.data FROM document_reference d"
        " JOIN attachment a ON a.id = d.attachment_id JOIN blob b ON b.sha256 = a.sha256"
        f" WHERE d.is_deleted = 0 AND d.patient_id IN ({which})"
        " UNION ALL SELECT p.kind, a.mime, b.encoding, b.data FROM printed_document p"
        " JOIN attachment a ON a.id = p.attachment_id JOIN blob b ON b.sha256 = a.sha256"
        f" WHERE p.is_deleted = 0 AND p.patient_id IN ({which})"
        " UNION ALL SELECT 'photo', a.mime, b.encoding, b.data FROM patient t"
        " JOIN attachment a ON a.id = t.photo_id JOIN blob b ON b.sha256 = a.sha256"
        f" WHERE t.id IN ({which})",
        ids * 3,
    )
    given = [
        row for row in found.fetchall()
        if parts is None or row[0] == "document" or PAPERS.get(row[0]) in parts
    ]  # fmt: skip
    count = 0
    for count, (kind, mime, encoding, data) in enumerate(given, 1):
        folder.mkdir(exist_ok=True)
        content = zlib.decompress(data) if encoding == "deflate" else bytes(data)
        _put(folder / f"{count:04d}-{kind}{_ENDINGS.get(mime, '')}", content)
    return count


def _pdf(reads: ReadSession, patient_id: uuid.UUID, parts: frozenset[str] | None) -> bytes:
    language = parties.paper_language(reads, "", patient_id)
    person = parties.patient(reads, patient_id)
    purpose = language.gettext("Everything that the practice keeps about you.")
    if parts is not None:
        person = replace(person, phone="", address="", number="", identifiers=())
        purpose = language.gettext("The parts that this person may be given.")
    doc = SubjectRecordDoc(
        made_on=reads.today,
        patient=person,
        purpose=purpose,
        sections=readable.sections(reads, patient_id, language, parts),
    )
    return render_subject_record(doc, Stationery(A4, language, parties.letterhead(reads)))
