"""How a person is spoken to: the own language, in the formats of the practice."""

from __future__ import annotations

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.practice import AppUser, Practice, Setting

LATIN_DIGITS = "formats.latin-digits"
"""The practice's choice of digits: one system for doses, results and receipts."""


def language_of(reads: ReadSession, language: str) -> Language:
    """The signed-in person's language, or another one.

    Raises:
        NotFoundError: there is no practice.
    """
    own = reads.session.scalar(select(Practice).limit(1))
    if own is None:
        raise NotFoundError(_("The practice has not been set up."))
    user = reads.session.get(AppUser, reads.actor.user_id) if reads.actor.user_id else None
    digits = reads.session.scalar(
        select(Setting.value).where(Setting.key == LATIN_DIGITS, Setting.user_id.is_(None))
    )
    spoken = language or (user.language if user else "") or own.language
    return Language(spoken, own.country, own.time_zone, latin_digits=digits is not False)
