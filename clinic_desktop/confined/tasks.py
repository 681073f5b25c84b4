"""What the confined process can do: the one list to add a parser to.

A task is ``def task(data: bytes, wish: dict[str, str | int]) -> Iterator[msgspec.Struct]``. It
knows neither the record nor its keys; ``BadFileError`` and ``ValidationError`` reach the caller
as they are, and any other exception becomes "cannot be read".
"""

from __future__ import annotations

from typing import Final

TASKS: Final = {
    "backup-head": "clinic_desktop.services.backups.confining:head_task",
    "backup-manifest": "clinic_desktop.services.backups.confining:manifest_task",
    "document": "clinic_desktop.services.documents_checks:check_task",
    "page": "clinic_desktop.services.documents_pages:page_task",
    "photo": "clinic_desktop.services.pictures:photo_task",
    "code-pack": "clinic_desktop.services.packs.confining:pack_task",
    "code-table": "clinic_desktop.services.packs.confining:table_task",
    "fhir": "clinic_desktop.services.fhir.confining:parts_task",
    "fhir-members": "clinic_desktop.services.fhir.confining:members_task",
    "logo": "clinic_desktop.services.pictures:logo_task",
}
"""Name of the task, and the module and function that do it."""
