"""What the page of the other PCs lists: what each has, what each exchange came to."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.devices import Pc
from clinic_desktop.sync.outcomes import outcome_words
from clinic_desktop.sync.standing import Run
from clinic_desktop.ui.core.exchange_words import size_words
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.facts import Fact
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

MEGABYTE = 1_000_000
"""As it is paid for."""


def budget_words(megabytes: int) -> str:
    """A choice of how much may go over the line in a month; 0 for no end."""
    return size_words(megabytes * MEGABYTE) if megabytes else pgettext("data in a month", "no end")


def numbers(pc: Pc) -> str:
    """What tells two PCs of the same name apart, on paper too."""
    if not pc.prefix:
        return ""
    return _("Its charts and papers are numbered {prefix}-…").format(prefix=isolate(pc.prefix))


def came(pc: Pc) -> str:
    """Since when nothing has come from it."""
    if pc.last_work is None:
        return _("Nothing from it is here yet")
    moment = isolate(current().datetime(pc.last_work))
    return _("Newest change from it: {moment}").format(moment=moment)


def has(pc: Pc) -> str:
    """What it has for certain; it may have more, and says so with its next change."""
    if pc.has_until is None:
        return _("Not known yet what it has received from here")
    moment = isolate(current().datetime(pc.has_until))
    return _("It has everything written here until {moment}").format(moment=moment)


def run(one: Run) -> Fact:
    """One of the last exchanges."""
    moment, cost = current().datetime(one.started), size_words(one.up + one.down)
    is_good = not one.error
    pill = PillSpec(
        outcome_words(one.error), Tone.NEUTRAL if is_good else Tone.WARN,
        Glyph.FULL if is_good else Glyph.HALF,
    )  # fmt: skip
    return Fact(one.number, isolate(moment), cost, pill)
