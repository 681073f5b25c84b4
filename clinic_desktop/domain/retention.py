"""How long a chart must be kept: per country, and longer for those who were children.

The numbers are what a practice usually starts from, not legal advice; an owner changes them in the
settings. Nothing is ever erased because a period is over: the chart is only listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from clinic_desktop.domain.partial_dates import BirthDate


@dataclass(frozen=True)
class RetentionRule:
    """Years after the last entry; for a child at least until an age; bills apart."""

    years: int
    child_until: int = 0
    """The age until which a child's chart is kept whatever the years say; 0 for no such rule."""
    invoice_years: int = 10
    """Full calendar years after the year of a bill."""
    basis: str = ""
    """Where the numbers come from."""


USUAL: Final = RetentionRule(10, 25, 10)
"""Where we know no rule of the country: on the long side."""
RULES: Final[dict[str, RetentionRule]] = {
    "AE": RetentionRule(25, 0, 5, "Federal Law 2/2019, art. 20"),
    "AT": RetentionRule(10, 0, 7, "ÄrzteG § 51"),
    "CH": RetentionRule(20, 0, 10, "OR art. 128a"),
    "DE": RetentionRule(10, 0, 10, "BGB § 630f"),
    "FR": RetentionRule(20, 28, 10, "CSP R1112-7"),
    "GB": RetentionRule(8, 25, 6, "Records Management Code of Practice"),
    "RU": RetentionRule(25, 0, 5, "order 1030 of 1980 and its followers, form 025/u"),
    "US": RetentionRule(10, 25, 7, "longest of the usual state rules; HIPAA papers 6 years"),
}
"""By ISO 3166-1 country. To be checked by the practice with whoever knows its law."""


def rule_of(country: str) -> RetentionRule:
    """The rule to begin with."""
    return RULES.get(country.upper(), USUAL)


def kept_until(last: date, birth: BirthDate | None, rule: RetentionRule) -> date:
    """The last day on which a chart must still be there.

    ``last`` is the last entry of any kind. A birth known by its year only counts as its last day:
    a chart is kept too long rather than too short.
    """
    until = _years_later(last, rule.years)
    if birth is not None and rule.child_until:
        until = max(until, _years_later(birth.value.last, rule.child_until))
    return until


def invoice_kept_until(issued: date, rule: RetentionRule) -> date:
    """Bills are kept for full calendar years."""
    return date(issued.year + rule.invoice_years, 12, 31)


def _years_later(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 3, 1)
    return day.replace(year=day.year + years)
