"""The words of the patient banner, from what the record says."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.domain.partial_dates import Age, AgeUnit, BirthDate, PartialDate
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.services.field_words import sex_words, show_partial
from clinic_desktop.services.patients.banner import AllergyMark, PatientBannerData
from clinic_desktop.services.undecided import Undecided
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.patient_banner import AllergyState, PatientCard
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec


def patient_card(data: PatientBannerData) -> PatientCard:
    """The banner of a patient."""
    row = data.row
    owed = row.balance.amount_minor
    asked = current().date(data.allergy_asked_on) if data.allergy_asked_on else ""
    return PatientCard(
        family=row.name.family,
        given=" ".join(filter(None, (row.name.given, row.name.middle))),
        born=born_words(row.birth),
        age=age_words(row.age),
        sex=sex_words(row.sex),
        number=row.mrn,
        phone=row.phone,
        balance=current().money(owed, row.balance.currency) if owed else "",
        owes=owed > 0,
        allergy_state=AllergyState.CONFIDENTIAL
        if data.standing.is_closed
        else AllergyState(data.allergy_status),
        allergies=tuple(allergy_words(each) for each in data.allergies),
        asked=_("asked {date}").format(date=asked) if asked else "",
        marks=_marks(data),
        photo=data.photo,
    )


def born_words(birth: BirthDate | None) -> str:
    """A birth date as far as it is known; a guessed one says so."""
    return show_partial(birth.value) if birth else ""


def age_words(age: Age | None) -> str:
    """An age in one or two numbers with their units: "71 y", "7 w 3 d"."""
    if age is None:
        return ""
    words = {
        AgeUnit.DAY: pgettext("age", "{count} d"),
        AgeUnit.WEEK: pgettext("age", "{count} w"),
        AgeUnit.MONTH: pgettext("age", "{count} mo"),
    }
    shown = " ".join(
        (
            ngettext("{count} y", "{count} y", part.value)
            if part.unit is AgeUnit.YEAR  # of which the short word is not one in every language
            else words[part.unit]
        ).format(count=part.value)
        for part in age.parts
    )
    return f"~{shown}" if age.approximate else shown


def allergy_words(mark: AllergyMark) -> str:
    """An allergy with what it did: "Penicillin — anaphylaxis"; or only that there is one."""
    if not mark.display:
        return _("Has allergies")
    return f"{mark.display} — {mark.reaction}" if mark.reaction else mark.display


def _marks(data: PatientBannerData) -> tuple[PillSpec, ...]:
    marks = [*_undecided(data.undecided)]
    if data.standing.is_restricted:
        marks.append(PillSpec(_("Kept in confidence"), Tone.INFO))
    if data.row.deceased:
        marks.append(PillSpec(_died(data.deceased_at), Tone.NEUTRAL))
    for alert in data.alerts:
        tone = Tone.DANGER if alert.severity == "danger" else Tone.WARN
        marks.append(PillSpec(alert.message, tone, Glyph.UP))
    if data.has_twin:
        marks.append(PillSpec(_("Same birth date and name: twin?"), Tone.INFO))
    elif data.has_namesake:
        marks.append(PillSpec(_("Another patient has this name"), Tone.INFO))
    if data.guardian:
        name = isolate(data.guardian.name)
        marks.append(PillSpec(_("Guardian: {name}").format(name=name), Tone.NEUTRAL))
    if data.merged_from:
        count = len(data.merged_from)
        words = ngettext("{count} chart joined", "{count} charts joined", count)
        marks.append(PillSpec(words.format(count=count), Tone.NEUTRAL))
    return tuple(marks)


def _died(when: datetime | None) -> str:
    on = current().date(current().local(when).date()) if when else ""
    return _("Died {date}").format(date=isolate(on)).strip()


def undecided_words(found: Undecided) -> str:
    """How much of a chart is not decided."""
    words = ngettext("{count} question is not decided", "{count} questions are not decided",
                     found.count)  # fmt: skip
    return words.format(count=current().number(found.count))


def _undecided(found: Undecided) -> list[PillSpec]:
    """That something is not decided, and what else the person may be called."""
    if not found.count:
        return []
    tone = Tone.DANGER if found.has_safety else Tone.WARN
    births = [show_partial(PartialDate.parse(each)) for each in found.births]
    also = [*found.names, *births, *(sex_words(each) for each in found.sexes)]
    also += [_died(when) if died else pgettext("person", "alive") for died, when in found.deaths]
    also += [
        _("joined to chart {number}").format(number=each) if each else _("a chart of its own")
        for each in found.joined
    ]
    return [
        PillSpec(undecided_words(found), tone, Glyph.DOUBLE_UP if found.has_safety else Glyph.UP),
        *(PillSpec(_("Or: {value}").format(value=isolate(each)), Tone.WARN) for each in also),
    ]
