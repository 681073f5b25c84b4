"""Values of fields as people read them, in the window and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from clinic_desktop.domain.partial_dates import PartialDate
from clinic_desktop.domain.refusals import RefusedError
from clinic_desktop.i18n import _, current, isolate, pgettext

_DAYS = frozenset({"birth_date", "onset", "abated", "valid_from", "valid_to", "valid_until"})


def field_value(field: str, value: Any) -> str:
    """A value of a field as the file keeps it, in words."""
    if value in (None, ""):
        return _("nothing")
    if field == "sex":
        return sex_words(str(value))
    if field.startswith("is_") or field in {"deceased", "as_needed"}:
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if field.endswith("_at") and isinstance(value, int):
        return current().datetime(datetime.fromtimestamp(value / 1000, UTC))
    if field in _DAYS or field.endswith("_on"):
        return _day(str(value))
    return _states().get(str(value), str(value))


def _day(text: str) -> str:
    try:
        return show_partial(PartialDate.parse(text))
    except (RefusedError, ValueError):
        return text


def _states() -> dict[str, str]:
    """Codes of states that stand in fields of that name."""
    return {
        "active": pgettext("state", "active"),
        "inactive": pgettext("state", "inactive"),
        "resolved": pgettext("state", "resolved"),
        "issued": pgettext("state", "issued"),
        "booked": pgettext("state", "booked"),
        "arrived": pgettext("state", "arrived"),
        "confirmed": pgettext("state", "confirmed"),
        "in-room": pgettext("state", "in the room"),
        "to-bill": pgettext("state", "to bill"),
        "done": pgettext("state", "done"),
        "no-show": pgettext("state", "did not come"),
        "cancelled": pgettext("state", "cancelled"),
        "completed": pgettext("state", "completed"),
        "stopped": pgettext("state", "stopped"),
        "draft": pgettext("state", "draft"),
        "signed": pgettext("state", "signed"),
        "final": pgettext("state", "final"),
        "finished": pgettext("state", "finished"),
        "in-progress": pgettext("state", "under way"),
        "entered-in-error": pgettext("state", "entered by mistake"),
        "none-known": pgettext("state", "none known"),
        "not-asked": pgettext("state", "not asked"),
        "recorded": pgettext("state", "recorded"),
        "unconfirmed": pgettext("state", "not confirmed"),
        "refuted": pgettext("state", "refuted"),
        "unknown": pgettext("state", "not known"),
        "high": pgettext("state", "high"),
        "low": pgettext("state", "low"),
        "mild": pgettext("state", "mild"),
        "moderate": pgettext("state", "moderate"),
        "severe": pgettext("state", "severe"),
    }


def sex_words(sex: str) -> str:
    """Administrative gender as one word; an unknown one is not guessed."""
    return {
        "male": pgettext("sex", "Male"),
        "female": pgettext("sex", "Female"),
        "other": pgettext("sex", "Other"),
        "unknown": pgettext("sex", "Sex not known"),
    }.get(sex, sex)


def show_partial(value: PartialDate) -> str:
    """A date as far as it is known: day, month or year."""
    if value.is_day:
        shown = current().date(value.first)
    elif value.month:
        shown = current().month(value.first)
    else:
        shown = str(value.year)
    shown = isolate(shown)
    return _("about {date}").format(date=shown) if value.approximate else shown
