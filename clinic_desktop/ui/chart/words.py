"""How rows of the chart read on its pages."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.allergies import AllergyRow, AllergyState
from clinic_desktop.services.chart_medicines import MedicineRow
from clinic_desktop.services.chart_results import ResultRow, Series
from clinic_desktop.services.chart_timeline import TimelineEntry
from clinic_desktop.services.chart_visits import VisitRow
from clinic_desktop.services.conditions import ConditionRow
from clinic_desktop.services.immunizations import DoseRow
from clinic_desktop.services.observations_words import flag_words, reported_words, unit_words
from clinic_desktop.ui.core.dispute_words import undecided_words, withdrawn_words
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec, severity
from clinic_desktop.ui.widgets.trend_plot import Trend, TrendPoint

_GRAVE = ("HH", "LL", "AA")
_SEVERITIES = ("mild", "moderate", "severe")


def day_of(instant: datetime | None) -> str:
    """The clinic's calendar day of an instant; empty for none."""
    return current().date(current().local(instant).date()) if instant else ""


def since(iso_day: str) -> str:
    """Since when, by the year: the day of an onset is seldom known."""
    return _("since {date}").format(date=isolate(iso_day[:4])) if iso_day else ""


def joined(*parts: str) -> str:
    """Parts of a line that are there."""
    return " · ".join(part for part in parts if part)


def problem_sub(row: ConditionRow) -> str:
    """The second line of a problem; a code that is only a number tells a reader nothing."""
    code = "" if row.term.code.isdigit() else isolate(row.term.code)
    return joined(undecided(row), code, since(row.onset))


def medicine_name(row: MedicineRow) -> str:
    """Product with its strength, said once."""
    return row.product if row.strength in row.product else f"{row.product} {row.strength}"


def undecided(row: AllergyRow | MedicineRow | ConditionRow) -> str:
    """What stands beside each version of what two PCs wrote differently."""
    return undecided_words() if row.is_disputed else ""


def undecided_or_withdrawn(row: ResultRow | DoseRow | TimelineEntry) -> str:
    """The same, and which version says that it does not count."""
    if not row.is_disputed:
        return ""
    return joined(undecided_words(), withdrawn_words() if row.is_withdrawn else "")


def allergy_pill(row: AllergyRow) -> PillSpec | None:
    """How bad it was, or could be."""
    if row.severity in _SEVERITIES:
        return severity(row.severity)
    if row.criticality == "high":
        return PillSpec(_("high risk"), Tone.DANGER, Glyph.UP)
    return None


def no_allergies(state: AllergyState) -> str:
    """What stands where no allergy is recorded."""
    if state.status != "none-known":
        return _("Not asked yet.")
    asked = current().date(state.asked_on) if state.asked_on else ""
    return _("No known allergies, asked {date}.").format(date=isolate(asked))


def value_of(row: ResultRow) -> str:
    """A result with its unit, in one piece."""
    return isolate(f"{reported_words(row.value)} {unit_words(row.unit)}".strip())


def flag_pill(row: ResultRow) -> PillSpec | None:
    """The flag of a result in a word, a shape and a colour."""
    words = flag_words(row.interpretation)
    if not words:
        return None
    grave = row.interpretation in _GRAVE
    low = row.interpretation.startswith("L")
    glyph = Glyph.DOUBLE_UP if grave else Glyph.DOWN if low else Glyph.UP
    return PillSpec(words, Tone.DANGER if grave else Tone.WARN, glyph)


def range_of(row: ResultRow) -> str:
    """The reference range of a result."""
    low, high = reported_words(row.low), reported_words(row.high)
    if low and high:
        return isolate(f"{low}–{high}")
    if low or high:
        return isolate(f"≥ {low}" if low else f"≤ {high}")
    return row.reference


def trend_of(series: Series) -> Trend:
    """A series as a plot; values in other units are in its table only."""
    points = tuple(
        TrendPoint(
            row.measured_at.timestamp(),
            row.number,
            value_of(row),
            day_of(row.measured_at),
            flag_words(row.interpretation),
        )
        for row in series.rows
        if row.number is not None and row.measured_at is not None and row.unit == series.unit
        if not row.is_withdrawn
    )
    return Trend(series.display, points, series.low, series.high)


def visit_title(row: VisitRow) -> str:
    """What a visit was about, in one line."""
    return plain_term(row.kind or row.reason) or _("Visit")


def visit_versions(row: VisitRow) -> list[str]:
    """What the visit was about by each other version that nobody has decided on."""
    told = [joined(plain_term(kind), plain_term(reason)) for kind, reason in row.others]
    return [_("Or: {value}").format(value=isolate(each or _("Visit"))) for each in told]


def excerpt_of(row: VisitRow) -> str:
    """The first words of the note, or why they are not here."""
    asked = joined(undecided_words() if row.is_disputed else "", *visit_versions(row))
    if row.is_hidden:
        return joined(asked, _("Kept in confidence"))
    return joined(asked, row.excerpt)


def diagnoses_of(row: VisitRow) -> str:
    """The diagnoses of a visit, in one line."""
    return joined(*map(plain_term, row.diagnoses.split(" · ")))


def visit_pill(row: VisitRow) -> PillSpec | None:
    """Whether a visit of ours is signed; imported ones say nothing."""
    if row.is_signed:
        return PillSpec(_("signed"), Tone.OK)
    if row.status == "in-progress":
        return PillSpec(_("open"), Tone.VIOLET)
    return None
