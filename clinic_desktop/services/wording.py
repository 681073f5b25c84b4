"""Sentences for what the rules refuse, the same on every screen and on the command line."""

from __future__ import annotations

from clinic_desktop.domain.dates import AmbiguousDateError
from clinic_desktop.domain.refusals import RefusedError
from clinic_desktop.i18n import _, current


def sentence_of(error: RefusedError) -> str:
    """What is wrong and how to put it right, in the reader's language."""
    if isinstance(error, AmbiguousDateError):
        readings = [current().date(each.first) for each in error.readings]
        return _("Which is meant, {readings}?").format(readings=_(" or ").join(readings))
    sentence = _sentences().get(error.code) or _("This cannot be stored.")
    return sentence.format_map(error.details)


def _sentences() -> dict[str, str]:
    return {
        "not-a-date": _("This is no date. Write 14.3.1955, 1955 or an age such as 34y."),
        "no-such-day": _("There is no such day."),
        "no-such-time": _("There is no such time."),
        "no-such-month": _("There is no month {month}."),
        "no-such-year": _("There is no such year."),
        "day-without-month": _("The month is missing."),
        "day-needed": _("The day is needed here."),
        "year-out-of-range": _("The year {year} is too far away."),
        "in-future": _("This day has not come yet."),
        "born-in-future": _("This day has not come yet."),
        "born-too-long-ago": _("Nobody is older than {years} years."),
    }
