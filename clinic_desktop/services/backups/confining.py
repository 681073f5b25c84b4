"""The end of a backup from elsewhere, taken apart in the confined process."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from clinic_desktop.confined.reading import shared
from clinic_desktop.confined.words import Wish
from clinic_desktop.errors import BadFileError, NewerDatabaseError
from clinic_desktop.i18n import _
from clinic_desktop.services.backups import container
from clinic_desktop.services.backups.manifest import Head, Manifest


class HeadRead(Struct, frozen=True, forbid_unknown_fields=True):
    """A head; ``None`` where a newer program wrote it."""

    head: Head | None


class ManifestRead(Struct, frozen=True, forbid_unknown_fields=True):
    """A manifest."""

    manifest: Manifest


def head(raw: bytes) -> Head:
    """Who may open the backup.

    Raises:
        BadFileError: it is no head, or breaks the limits.
        NewerDatabaseError: made by a newer program.
    """
    found = shared.read("backup-head", HeadRead, raw).head
    if found is None:
        raise container.newer()
    return found


def manifest(plain: bytes) -> Manifest:
    """What is in the backup. Whoever knows the sheet's public key could have written it.

    Raises:
        BadFileError: it is no manifest, or breaks the limits.
    """
    return shared.read("backup-manifest", ManifestRead, plain).manifest


def head_task(data: bytes, _wish: Wish) -> Iterator[HeadRead]:
    """Decode a head."""
    try:
        yield HeadRead(container.read_head(data))
    except NewerDatabaseError:
        yield HeadRead(None)
    except (ValueError, RecursionError) as error:
        raise _not_one() from error


def manifest_task(data: bytes, _wish: Wish) -> Iterator[ManifestRead]:
    """Decode a manifest."""
    try:
        yield ManifestRead(container.read_manifest(data))
    except (ValueError, RecursionError) as error:
        raise _not_one() from error


def _not_one() -> BadFileError:
    return BadFileError(_("This is not a whole backup of a clinic."))
