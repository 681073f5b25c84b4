"""What papers say of letters and visits that two PCs wrote differently."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.i18n import Language
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.printing.referral import urgency_text
from clinic_desktop.services import undecided
from clinic_desktop.services.access import part

_ACTIVE = "active"


def either(text: str, others: Iterable[str | None], language: Language) -> str:
    """A text as it is shown; where another version differs each of them, and that it is open."""
    texts = dict.fromkeys([text, *(each or "" for each in others)])
    mark = language.gettext("not decided")
    return text if len(texts) < 2 else "\n".join(f"({mark}) {each}" for each in texts if each)


@part
def of_referral(reads: ReadSession, row: Referral, language: Language) -> tuple[str, ...]:
    """What other versions of a referral say where it says something else."""

    def words(told: dict[str, Any]) -> Iterable[str]:
        now = _changed(row, told, ("recipient", "specialty", "urgency", "reason", "body", "status"))
        if "urgency" in now:
            now["urgency"] = urgency_text(now["urgency"], language)
        return _told(now, language)

    return _versions(reads, "referral", row.id, row.patient_id, words)


@part
def of_sick_note(reads: ReadSession, row: SickNote, language: Language) -> tuple[str, ...]:
    """The same of a sick note; a diagnosis only where that version lets it be printed."""

    def words(told: dict[str, Any]) -> Iterable[str]:
        now = _changed(row, told, ("restrictions", "status"))
        days = [
            date.fromisoformat(str(told.get(n, getattr(row, n)))) for n in ("start_on", "end_on")
        ]
        if days != [row.start_on, row.end_on]:
            now["days"] = "–".join(language.date(day) for day in days)
        shows, shown = told.get("shows_diagnosis", row.shows_diagnosis), row.shows_diagnosis
        reason = told.get("reason", row.reason) if shows else ""
        if reason != (row.reason if shown else ""):
            now["reason"] = reason or language.gettext("without the diagnosis")
        return _told(now, language)

    return _versions(reads, "sick_note", row.id, row.patient_id, words)


def _changed(row: Any, told: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    return {
        name: str(told[name]) for name in names
        if name in told and told[name] != getattr(row, name)
    }  # fmt: skip


def _told(now: dict[str, str], language: Language) -> Iterable[str]:
    status = now.pop("status", _ACTIVE)
    yield from now.values()
    if status != _ACTIVE:
        yield language.gettext("void")


def _versions(
    reads: ReadSession, table: str, row_id: uuid.UUID, patient_id: uuid.UUID, words: Any
) -> tuple[str, ...]:
    told = undecided.others(reads, table, patient_id).get(row_id, [])
    found = (" · ".join(filter(None, words(each))) for each in told)
    return tuple(dict.fromkeys(filter(None, found)))
