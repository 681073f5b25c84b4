"""The practice: its name and letterhead, its choices and those of this PC."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, localedata
from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import BadFileError, NotFoundError, ValidationError
from clinic_desktop.i18n import PSEUDO, _
from clinic_desktop.models.document import Attachment
from clinic_desktop.models.local import Blob
from clinic_desktop.models.practice import Practice, Setting
from clinic_desktop.services import pictures
from clinic_desktop.services.access import command, query

LOGO_SIDE, LOGO_BYTES = 800, 8 << 20
MOST_NAME_LETTERS = 200
"""Names stand in the key file too, which is read within limits."""


@dataclass(frozen=True)
class PracticeDetails:
    """What stands on the practice's paper and rules its formats."""

    name: str
    legal_name: str = ""
    tax_number: str = ""
    licence_number: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    language: str = "en"
    currency: str = "USD"
    time_zone: str = "UTC"
    letterhead: dict[str, Any] = field(default_factory=dict)
    logo: bytes = b""
    is_sample: bool = False
    version: int = 0
    """Base for saving."""


def _practice(session_or: ReadSession) -> Practice:
    row = session_or.session.scalar(select(Practice).where(~Practice.is_deleted).limit(1))
    if row is None:
        raise NotFoundError(_("The practice has not been set up."))
    return row


@query("practice.read")
def details(reads: ReadSession) -> PracticeDetails:
    """The practice as it is now."""
    row = _practice(reads)
    plain = {
        name: getattr(row, name)
        for name in PracticeDetails.__dataclass_fields__
        if name not in {"logo", "version"}
    }
    plain["letterhead"] = dict(row.letterhead or {})
    return PracticeDetails(
        **plain,
        logo=_bytes(reads, row.logo_id),
        version=reads.version("practice", row.id),
    )


def _bytes(reads: ReadSession, attachment_id: uuid.UUID | None) -> bytes:
    if attachment_id is None:
        return b""
    attachment = reads.session.get_one(Attachment, attachment_id)
    blob = reads.session.get(Blob, attachment.sha256)
    return blob.data if blob else b""


@command("practice.write")
def change_details(uow: UnitOfWork, new: PracticeDetails) -> None:
    """Write the practice's details; the logo has its own command.

    Raises:
        ValidationError: no name.
        StaleError: changed elsewhere since ``new.version``.
    """
    if not new.name.strip():
        raise ValidationError("name", _("The practice needs a name."))
    check_formats(new.language, new.country, new.currency, new.time_zone)
    row = _practice(uow)
    uow.expect("practice", row.id, new.version or None)
    for name, value in asdict(new).items():
        if name not in {"logo", "version", "is_sample"}:
            setattr(row, name, value.strip() if isinstance(value, str) else value)


def check_formats(language: str, country: str, currency: str, time_zone: str) -> None:
    """Refuse codes that nothing could be written with; an empty country is fine.

    Raises:
        ValidationError: there is no such language, country, currency or time zone.
    """
    words = Locale("en")
    speaks = language == PSEUDO or localedata.exists(language.replace("-", "_") or "-")
    known = (
        ("language", language, speaks),
        ("region", country, not country or (len(country) == 2 and country in words.territories)),
        ("currency", currency, currency in words.currencies),
        ("time_zone", time_zone, time_zone in available_timezones()),
    )
    for field_name, code, is_known in known:
        if not is_known:
            raise ValidationError(
                field_name,
                _("“{code}” is no code that we know here.").format(code=code[:40]),
                hint=_("Examples: language ru, region RU, currency RUB, time zone Europe/Moscow."),
            )


def short_name(field_name: str, text: str) -> str:
    """A name as it is stored: in one line, neither empty nor endless.

    Raises:
        ValidationError: there is none, or it is too long.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise ValidationError(field_name, _("A name is missing."))
    if len(name) > MOST_NAME_LETTERS:
        raise ValidationError(
            field_name, _("This is too long; {most} letters fit.").format(most=MOST_NAME_LETTERS)
        )
    return name


@command("practice.write")
def change_logo(uow: UnitOfWork, picture: bytes) -> None:
    """Put a logo on the letterhead, made small enough for paper; empty bytes take it away.

    Raises:
        ValidationError: not a picture, or far too large.
    """
    row = _practice(uow)
    row.logo_id = _keep_picture(uow, picture) if picture else None


def logo_file(path: Path) -> bytes:
    """The picture of a file, made small enough for paper.

    Raises:
        ValidationError: it cannot be read, is no picture, or is far too large.
    """
    try:
        with path.open("rb") as file:
            picture = file.read(LOGO_BYTES + 1)
    except OSError as error:
        raise ValidationError("logo", _("This file cannot be read."), place=path.name) from error
    return small_logo(picture)


def small_logo(picture: bytes) -> bytes:
    """A picture made small enough for paper, as PNG.

    Raises:
        ValidationError: not a picture, or far too large.
    """
    if len(picture) > LOGO_BYTES:
        raise ValidationError("logo", _("The picture is larger than 8 MB."))
    try:
        made = pictures.small_logo(picture, LOGO_SIDE)
    except BadFileError as error:
        raise _no_logo(error.message) from error
    if made.is_too_large:
        raise _no_logo(_("This picture has too many pixels."))
    if not made.data:
        raise _no_logo(_("This file is not a picture we can read."))
    return made.data


def _no_logo(message: str) -> ValidationError:
    return ValidationError("logo", message, hint=_("Use a PNG or JPEG file."))


def _keep_picture(uow: UnitOfWork, picture: bytes) -> uuid.UUID:
    data = small_logo(picture)
    digest = hashlib.sha256(data).hexdigest()
    if uow.session.get(Blob, digest) is None:
        uow.session.add(Blob(sha256=digest, data=data))
    attachment = Attachment(sha256=digest, size=len(data), mime="image/png", filename="logo.png")
    uow.add(attachment)
    return attachment.id


@query("practice.read")
def setting(reads: ReadSession, key: str, *, personal: bool = False) -> Any:
    """A choice of the practice, or of the signed-in person; ``None`` if never made."""
    owner = reads.actor.user_id if personal else None
    row = reads.session.scalar(
        select(Setting).where(Setting.key == key, Setting.user_id.is_(owner))
        if owner is None
        else select(Setting).where(Setting.key == key, Setting.user_id == owner)
    )
    return row.value if row else None


@command("practice.read")
def choose(uow: UnitOfWork, key: str, value: Any) -> None:
    """Keep a choice of the signed-in person."""
    row = uow.session.scalar(
        select(Setting).where(Setting.key == key, Setting.user_id == uow.actor.user_id)
    )
    if row is None:
        uow.add(Setting(key=key, value=value, user_id=uow.actor.user_id))
    else:
        row.value = value


@command("practice.write")
def decide(uow: UnitOfWork, key: str, value: Any) -> None:
    """Keep a choice of the practice."""
    row = uow.session.scalar(select(Setting).where(Setting.key == key, Setting.user_id.is_(None)))
    if row is None:
        uow.add(Setting(key=key, value=value, user_id=None))
    else:
        row.value = value
