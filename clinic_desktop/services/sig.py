"""The sentence a patient reads: how to take a medicine, in the patient's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from clinic_desktop.domain.dates import AgeUnit
from clinic_desktop.domain.dosing import DoseUnit, Duration, Frequency, Route, SigParts, When
from clinic_desktop.i18n import Language, isolate


def sig_text(parts: SigParts, language: Language) -> str:
    """A sentence such as "Take 1 capsule by mouth 3 times a day after meals for 7 days.".

    Abbreviations are written out (ISMP list of error-prone abbreviations), numbers are never torn
    from their units.
    """
    words = _Words(language)
    return words.sentence(parts)


def quantity_unit(unit: str, language: Language) -> str:
    """What a quantity to dispense is counted in, abbreviated so that it fits any number."""
    words = {
        DoseUnit.TABLET: language.pgettext("quantity", "tabs."),
        DoseUnit.CAPSULE: language.pgettext("quantity", "caps."),
        DoseUnit.ML: language.pgettext("quantity", "mL"),
        DoseUnit.MG: language.pgettext("quantity", "mg"),
        DoseUnit.MCG: language.pgettext("quantity", "micrograms"),
        DoseUnit.G: language.pgettext("quantity", "g"),
        DoseUnit.UNIT: language.pgettext("quantity", "units"),
        DoseUnit.DROP: language.pgettext("quantity", "drops"),
        DoseUnit.PUFF: language.pgettext("quantity", "puffs"),
        DoseUnit.SPRAY: language.pgettext("quantity", "sprays"),
        DoseUnit.SACHET: language.pgettext("quantity", "sachets"),
        DoseUnit.AMPOULE: language.pgettext("quantity", "amp."),
        DoseUnit.SUPPOSITORY: language.pgettext("quantity", "supp."),
        DoseUnit.PATCH: language.pgettext("quantity", "patches"),
        DoseUnit.APPLICATION: language.pgettext("quantity", "applications"),
    }
    return words.get(DoseUnit(unit), unit) if unit else ""


class _Words:
    """The pieces of the sentence in one language; every piece can stand in any order."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._ = language.gettext
        self.pgettext = language.pgettext
        self.ngettext = language.ngettext

    def sentence(self, parts: SigParts) -> str:
        frequency = parts.frequency
        if frequency.pattern and parts.dose is None:  # 1-0-1 says how much by itself
            parts = replace(parts, dose=Decimal(1))
        told_by_parts = frequency.pattern or frequency.is_told_by_parts
        how = [self._route(parts.route), "" if told_by_parts else self._often(frequency)]
        how += [self._when(frequency.when), self._how_long(parts.duration)]
        rest = " ".join(piece for piece in how if piece)
        for extra in (self._as_needed(frequency, parts.reason), self._most(parts)):
            rest = self._comma(rest, extra) if rest and extra else rest or extra
        if parts.dose is None:
            return self.pgettext("medicine", "{rest}.").format(rest=rest[:1].upper() + rest[1:])
        if parts.unit is DoseUnit.APPLICATION and parts.dose == 1:
            return self.pgettext("medicine", "Apply {rest}.").format(rest=rest)
        verb = self._verb(parts.route, parts.unit)
        text = verb.format(dose=self._dose(parts), rest=rest)
        return " ".join(text.split()).replace(" .", ".")

    # ------------------------------------------------------------ what to do

    def _verb(self, route: Route | None, unit: DoseUnit | None) -> str:
        verbs = {
            "apply": self.pgettext("medicine", "Apply {dose} {rest}."),
            "inhale": self.pgettext("medicine", "Inhale {dose} {rest}."),
            "inject": self.pgettext("medicine", "Inject {dose} {rest}."),
            "insert": self.pgettext("medicine", "Insert {dose} {rest}."),
            "put": self.pgettext("medicine", "Put {dose} {rest}."),
            "take": self.pgettext("medicine", "Take {dose} {rest}."),
            "use": self.pgettext("medicine", "Use {dose} {rest}."),
        }
        by_route = _VERB_OF_ROUTE.get(route) if route else None
        return verbs[by_route or _VERB_OF_UNIT.get(unit or "", "take")]

    def _dose(self, parts: SigParts) -> str:
        if parts.dose is None:
            return ""
        slots = parts.frequency.slots
        if not slots:
            return self._amount(parts.dose, parts.unit)
        text = ""
        for place, (slot, multiple) in enumerate(slots):
            piece = self._at(slot).format(dose=self._amount(parts.dose * multiple, parts.unit))
            if not text:
                text = piece
            elif place < len(slots) - 1:
                text = self._comma(text, piece)
            else:
                text = self.pgettext("list", "{first} and {second}").format(
                    first=text, second=piece
                )
        return text

    def _amount(self, value: Decimal, unit: DoseUnit | None) -> str:
        counted = unit in {DoseUnit.TABLET, DoseUnit.AMPOULE, DoseUnit.SUPPOSITORY}
        number = self._number(value, fractions=counted)
        if unit is None:
            return number
        if value != int(value):
            parts = self._less_than_one(unit) if value < 1 else self._broken(unit)
            if parts:
                return parts.format(n=number)
        n = int(value) if value == int(value) else 2
        return self._units(unit, n).format(n=number)

    def _number(self, value: Decimal, *, fractions: bool = False) -> str:
        value = value.normalize() + 0
        whole, part = divmod(value, 1)
        if fractions and (sign := _FRACTIONS.get(str(part.normalize()))):
            text = (self._language.number(whole) if whole else "") + sign
        else:
            text = self._language.number(value)
        return isolate(text) if self._language.rtl and not text.isdecimal() else text

    def _units(self, unit: DoseUnit, n: int) -> str:
        ngettext = self.ngettext
        forms: dict[str, Callable[[], str]] = {
            DoseUnit.TABLET: lambda: ngettext("{n} tablet", "{n} tablets", n),
            DoseUnit.CAPSULE: lambda: ngettext("{n} capsule", "{n} capsules", n),
            DoseUnit.DROP: lambda: ngettext("{n} drop", "{n} drops", n),
            DoseUnit.PUFF: lambda: ngettext("{n} puff", "{n} puffs", n),
            DoseUnit.SPRAY: lambda: ngettext("{n} spray", "{n} sprays", n),
            DoseUnit.SACHET: lambda: ngettext("{n} sachet", "{n} sachets", n),
            DoseUnit.AMPOULE: lambda: ngettext("{n} ampoule", "{n} ampoules", n),
            DoseUnit.SUPPOSITORY: lambda: ngettext("{n} suppository", "{n} suppositories", n),
            DoseUnit.PATCH: lambda: ngettext("{n} patch", "{n} patches", n),
            DoseUnit.APPLICATION: lambda: ngettext("{n} application", "{n} applications", n),
            DoseUnit.UNIT: lambda: ngettext("{n} unit", "{n} units", n),
            DoseUnit.ML: lambda: self.pgettext("unit", "{n} mL"),
            DoseUnit.MG: lambda: self.pgettext("unit", "{n} mg"),
            DoseUnit.MCG: lambda: self.pgettext("unit", "{n} micrograms"),
            DoseUnit.G: lambda: self.pgettext("unit", "{n} g"),
        }
        known = forms.get(unit)
        return known() if known else "{n} " + isolate(str(unit)).replace("{", "").replace("}", "")

    def _less_than_one(self, unit: DoseUnit) -> str:
        return {
            DoseUnit.TABLET: self.pgettext("less than one", "{n} tablet"),
            DoseUnit.AMPOULE: self.pgettext("less than one", "{n} ampoule"),
            DoseUnit.SUPPOSITORY: self.pgettext("less than one", "{n} suppository"),
        }.get(unit, "")

    def _broken(self, unit: DoseUnit) -> str:
        return {
            DoseUnit.TABLET: self.pgettext("more than one", "{n} tablets"),
            DoseUnit.AMPOULE: self.pgettext("more than one", "{n} ampoules"),
            DoseUnit.SUPPOSITORY: self.pgettext("more than one", "{n} suppositories"),
        }.get(unit, "")

    # ------------------------------------------------------------ where and when

    def _route(self, route: Route | None) -> str:
        return {
            Route.ORAL: self._("by mouth"),
            Route.SUBLINGUAL: self._("under the tongue"),
            Route.TOPICAL: self._("to the skin"),
            Route.NASAL: self._("into the nose"),
            Route.EYE: self._("in the eye"),
            Route.EAR: self._("in the ear"),
            Route.RECTAL: self._("into the rectum"),
            Route.VAGINAL: self._("into the vagina"),
            Route.INTRAMUSCULAR: self._("into a muscle"),
            Route.INTRAVENOUS: self._("into a vein"),
            Route.SUBCUTANEOUS: self._("under the skin"),
            Route.TRANSDERMAL: self._("to the skin"),
        }.get(route or Route(""), "")

    def _often(self, frequency: Frequency) -> str:
        if frequency.once:
            return self._("as a single dose")
        if not frequency.times:
            return ""
        if frequency.unit != "h" and frequency.period == 1 and not frequency.period_max:
            return self._times(frequency.times, frequency.times_max, frequency.unit)
        every = self._every(frequency.period, frequency.period_max, frequency.unit)
        if frequency.times == 1:
            return every
        times = self.ngettext("{n} time", "{n} times", frequency.times)
        return f"{times.format(n=frequency.times)} {every}"

    def _times(self, n: int, most: int, unit: str) -> str:
        ngettext = self.ngettext
        if (n, most, unit) == (2, 0, "d"):
            return self._("twice a day")
        if n == 1 and not most:
            once = {"wk": self._("once a week"), "mo": self._("once a month")}
            return once.get(unit) or self._("once a day")
        forms = {
            "d": lambda n: ngettext("{n} time a day", "{n} times a day", n),
            "wk": lambda n: ngettext("{n} time a week", "{n} times a week", n),
            "mo": lambda n: ngettext("{n} time a month", "{n} times a month", n),
        }
        return self._spelled(n, most, forms[unit])

    def _every(self, n: int, most: int, unit: str) -> str:
        ngettext = self.ngettext
        if (n, most) == (1, 0) and unit == "h":
            return self._("every hour")
        if (n, most, unit) == (2, 0, "d"):
            return self._("every other day")
        forms = {
            "h": lambda n: ngettext("every {n} hour", "every {n} hours", n),
            "d": lambda n: ngettext("every {n} day", "every {n} days", n),
            "wk": lambda n: ngettext("every {n} week", "every {n} weeks", n),
            "mo": lambda n: ngettext("every {n} month", "every {n} months", n),
        }
        return self._spelled(n, most, forms[unit])

    def _spelled(self, low: int, high: int, form: Callable[[int], str]) -> str:
        """A count, or a range in a form that has room for it: Arabic says "twice" in one word."""
        if not high:
            return form(low).format(n=low)
        text = next(text for n in (high, 3, 11) if "{n}" in (text := form(n)))
        return text.format(n=self._range(low, high))

    def _range(self, low: int, high: int) -> str:
        text = f"{low}–{high}"
        return isolate(text) if self._language.rtl else text

    def _at(self, slot: When) -> str:
        return {
            When.MORNING: self._("{dose} in the morning"),
            When.NOON: self._("{dose} at midday"),
            When.EVENING: self._("{dose} in the evening"),
            When.BEDTIME: self._("{dose} at bedtime"),
        }[slot]

    def _when(self, parts: tuple[When, ...]) -> str:
        names = {
            When.WAKING: self._("on waking"),
            When.MORNING: self._("in the morning"),
            When.NOON: self._("at midday"),
            When.EVENING: self._("in the evening"),
            When.BEDTIME: self._("at bedtime"),
            When.BEFORE_MEALS: self._("before meals"),
            When.WITH_MEALS: self._("with meals"),
            When.AFTER_MEALS: self._("after meals"),
        }
        text = ""
        for part in parts:
            both = self.pgettext("list", "{first} and {second}")
            text = both.format(first=text, second=names[part]) if text else names[part]
        return text

    def _how_long(self, duration: Duration | None) -> str:
        if duration is None:
            return ""
        n, ngettext = duration.value, self.ngettext
        return {
            AgeUnit.DAY: ngettext("for {n} day", "for {n} days", n),
            AgeUnit.WEEK: ngettext("for {n} week", "for {n} weeks", n),
            AgeUnit.MONTH: ngettext("for {n} month", "for {n} months", n),
            AgeUnit.YEAR: ngettext("for {n} year", "for {n} years", n),
        }[duration.unit].format(n=n)

    def _as_needed(self, frequency: Frequency, reason: str) -> str:
        if not frequency.as_needed:
            return ""
        if reason:
            return self._("only if needed for {reason}").format(reason=isolate(reason))
        return self._("only if needed")

    def _most(self, parts: SigParts) -> str:
        """The most in a day; with the amount, so that nobody takes tablets for times."""
        n = parts.frequency.max_per_day
        text = self.ngettext(
            "no more than {n} time in 24 hours", "no more than {n} times in 24 hours", n
        ).format(n=n)
        if n and parts.dose is not None and parts.dose > 1 and parts.unit is not None:
            whole = self._amount(parts.dose * n, parts.unit)
            text = self.pgettext("medicine", "{most} ({amount})").format(most=text, amount=whole)
        return text if n else ""

    def _comma(self, first: str, second: str) -> str:
        return self.pgettext("list", "{first}, {second}").format(first=first, second=second)


_FRACTIONS = {"0.5": "½", "0.25": "¼", "0.75": "¾"}
_VERB_OF_ROUTE: dict[str, str] = {
    Route.TOPICAL: "apply",
    Route.TRANSDERMAL: "apply",
    Route.INHALED: "inhale",
    Route.NASAL: "use",
    Route.EYE: "put",
    Route.EAR: "put",
    Route.RECTAL: "insert",
    Route.VAGINAL: "insert",
    Route.INTRAMUSCULAR: "inject",
    Route.INTRAVENOUS: "inject",
    Route.SUBCUTANEOUS: "inject",
}
_VERB_OF_UNIT: dict[str, str] = {
    DoseUnit.PUFF: "inhale",
    DoseUnit.SPRAY: "use",
    DoseUnit.DROP: "use",
    DoseUnit.SUPPOSITORY: "insert",
    DoseUnit.PATCH: "apply",
    DoseUnit.APPLICATION: "apply",
    DoseUnit.AMPOULE: "inject",
}
