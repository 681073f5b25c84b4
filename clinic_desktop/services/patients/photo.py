"""The face beside the name: checked by its content, turned upright, made small, kept as JPEG."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.models.document import Attachment
from clinic_desktop.models.local import Blob
from clinic_desktop.services import pictures
from clinic_desktop.services.access import part

MOST_FILE_BYTES = 30_000_000


@dataclass(frozen=True)
class Photo:
    """A photo ready to be kept; made by ``photo_from``."""

    jpeg: bytes


def photo_from(data: bytes) -> Photo:
    """Read a picture file and make it small; nothing but the picture is kept of it.

    Place and camera, which phones write into their files, are left out. Slow (about 0.1 s for
    12 megapixels): call it off the window's thread.

    Raises:
        BadFileError: no picture, a broken one, or one too large to open.
    """
    if len(data) > MOST_FILE_BYTES:
        raise _bad(_("The picture is too large."))
    made = pictures.small_photo(data)
    if made.is_too_large:
        raise _bad(_("The picture is too large."))
    if not made.data:
        raise _bad(_("This file is no picture that can be read."))
    return Photo(made.data)


def photo_file(path: Path) -> Photo:
    """Read a picture from a file.

    Raises:
        BadFileError: the file cannot be read, or is no picture.
    """
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise _bad(_("The picture is too large."))
        data = path.read_bytes()
    except OSError as error:
        raise _bad(_("This file cannot be read.")) from error
    return photo_from(data)


def _bad(message: str) -> BadFileError:
    return BadFileError(
        message, kept=_("Nothing was changed."), hint=_("Use a JPEG or PNG photo of the face.")
    )


@part
def keep(uow: UnitOfWork, photo: Photo) -> uuid.UUID:
    """Write the bytes once, whoever else has the same ones; returns the attachment."""
    sha256 = hashlib.sha256(photo.jpeg).hexdigest()
    if uow.session.get(Blob, sha256) is None:
        uow.session.add(Blob(sha256=sha256, data=photo.jpeg))
    attachment = Attachment(
        id=uow.new_id(), sha256=sha256, size=len(photo.jpeg), mime="image/jpeg", filename=""
    )
    uow.add(attachment)
    return attachment.id


@part
def bytes_of(reads: ReadSession, photo_id: uuid.UUID | None) -> bytes:
    """The JPEG of a photo; empty if there is none, or its bytes have not arrived yet."""
    if photo_id is None:
        return b""
    of_attachment = select(Attachment.sha256).where(Attachment.id == photo_id).scalar_subquery()
    return reads.session.scalar(select(Blob.data).where(Blob.sha256 == of_attachment)) or b""
