"""Where rows come from: the import, its files, and the exact bytes of every resource."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.models.document import Attachment
from clinic_desktop.models.provenance import ImportBatch, SourceResource
from clinic_desktop.models.types import to_json
from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.index import Index
from clinic_desktop.services.fhir.naming import Names
from clinic_desktop.services.fhir.parts import Entry, Part
from clinic_desktop.services.fhir.tables import Rows
from clinic_desktop.services.fhir.words import content_of

ABSENT: Final = bytes(16)
"""The content hash of a resource known from references only."""
ALIAS: Final = b"\x01" * 16
"""The content hash of a further name of a resource that has come."""
_MIME: Final = "application/fhir+json"


@dataclass
class Run:
    """What the transactions of one import share."""

    files: list[str]
    found: dict[str, int]
    """Resources in the files, by type."""
    dry: bool
    index: Index
    batch_id: bytes | None = None
    products: dict[bytes, shapes.Concept] = field(default_factory=dict)
    report_of: dict[bytes, bytes] = field(default_factory=dict)
    """The report of a result that has not been written yet."""

    def end_bundle(self) -> None:
        """Forget what only the resources of one bundle say of each other."""
        self.report_of.clear()
        self.products.clear()
        self.index.end_part()


@dataclass
class Placed:
    """A part with the names of its resources and the file it came from."""

    part: Part
    file: str
    names: Names
    last: Entry
    """The one written last."""
    has_coverage: bool = False
    attachment_id: bytes | None = None


class Sources:
    """Writes the provenance of one part's rows."""

    def __init__(self, uow: UnitOfWork, rows: Rows, run: Run, placed: Placed) -> None:
        self._uow = uow
        self._rows = rows
        self._run = run
        self._placed = placed
        self.position = 0
        """Of the resource being written, in its part."""

    def add(
        self,
        name_key: bytes,
        content: bytes,
        kind: str,
        row: tuple[str, bytes | None],
        patient_id: bytes | None = None,
    ) -> None:
        """Tie a row, given as table and id, to the resource at ``position``."""
        self._rows.add(
            SourceResource,
            {
                "id": self._uow.new_id().bytes,
                "batch_id": self._batch(),
                "patient_id": patient_id,
                "attachment_id": self._original(),
                "position": self.position,
                "resource_type": kind,
                "source_key": name_key,
                "content_hash": content,
                "row_table": row[0],
                "row_id": row[1],
            },
        )
        self._run.index.put(name_key, *row, content)

    def file(self, attachment: shapes.Attachment) -> bytes:
        """Keep the bytes inside a resource as a file; its id."""
        content = content_of(attachment) or b""
        mime = (attachment.content_type or "application/octet-stream").split(";")[0].strip()
        return self._attach(content, mime, attachment.title or "", packs=False)

    def _batch(self) -> bytes:
        if self._run.batch_id is None:
            self._run.batch_id = self._uow.new_id().bytes
            user = self._uow.actor.user_id
            self._rows.add(
                ImportBatch,
                {
                    "id": self._run.batch_id,
                    "started_at": to_millis(self._uow.now),
                    "started_by": user.bytes if user else None,
                    "format": "fhir-r4",
                    "files": to_json(self._run.files),
                    "counts": to_json(self._run.found),
                },
            )
        return self._run.batch_id

    def _original(self) -> bytes:
        """The attachment with the exact bytes of this part."""
        if self._placed.attachment_id is None:
            name = PurePath(self._placed.file).name
            content = self._placed.part.content
            self._placed.attachment_id = self._attach(content, _MIME, name, packs=True)
        return self._placed.attachment_id

    def _attach(self, content: bytes, mime: str, filename: str, *, packs: bool) -> bytes:
        digest = hashlib.sha256(content).hexdigest()
        row_id = self._uow.new_id().bytes
        row = {"id": row_id, "sha256": digest, "size": len(content), "mime": mime}
        self._rows.add(Attachment, row | {"filename": filename})
        data = zlib.compress(content, 1) if packs else content
        self._uow.cursor.execute(
            "INSERT OR IGNORE INTO blob (sha256, encoding, data) VALUES (?, ?, ?)",
            (digest, "deflate" if packs else "", data),
        )
        return row_id
