"""Sentences for doses that cannot be, doses that are doubtful, and allergies that stand against."""

from __future__ import annotations

from clinic_desktop.domain.allergy import AllergyMatch, MatchKind
from clinic_desktop.domain.dosing import AmbiguousFrequencyError, DoseDoubt, DoseError
from clinic_desktop.i18n import _, isolate


def refusal_words(error: DoseError) -> str:
    """Why the directions cannot be read, with an example of some that can."""
    known = {
        "not-a-dose": _("This is no dose. Write for example 1 tab, ½ tab or 5 ml."),
        "unknown-unit": _("This unit is not known. Write for example tab, cap, ml or puff."),
        "dose-not-positive": _("The dose must be more than nothing."),
        "not-a-duration": _("For how long? Write for example 7d, 2w or 1 month."),
        "duration-out-of-range": _("This is longer than anybody is treated."),
        "too-often": _("Nothing is taken so often outside a hospital."),
    }
    if isinstance(error, AmbiguousFrequencyError):
        return _("Is {first} at once meant, or {first} times a day? Write “{first}x/day”.").format(
            **error.details
        )
    usual = _("Write how much and how often, for example “1 tab 3x/day 7d”.")
    return known.get(error.code, usual)


def doubt_words(doubt: DoseDoubt) -> str:
    """A doubt about a dose."""
    return {
        DoseDoubt.NOT_POSITIVE: _("The dose must be more than nothing."),
        DoseDoubt.NOT_DIVISIBLE: _("This cannot be cut into such parts."),
        DoseDoubt.TENFOLD: _("Ten times the usual: was a decimal point lost?"),
        DoseDoubt.TENTH: _("A tenth of the usual: was a decimal point moved?"),
        DoseDoubt.MANY: _("Five or more at once: is that meant?"),
        DoseDoubt.LONG: _("Longer than a year without a review."),
        DoseDoubt.MAX_BELOW_SCHEDULE: _("The most per day is less than the schedule gives."),
    }[doubt]


def match_words(match: AllergyMatch, product: str) -> str:
    """Why an allergy stands against a medicine."""
    words = {
        MatchKind.SAME_CODE: _("{product} is what the person is allergic to: {allergy}."),
        MatchKind.SAME_SUBSTANCE: _("{product} contains {shared}; recorded: {allergy}."),
        MatchKind.SAME_GROUP: _("{product} belongs to {shared}; recorded: {allergy}."),
        MatchKind.SIDE_CHAIN: _("{product} resembles {shared}; recorded: {allergy}."),
        MatchKind.DISTANT_GROUP: _("{product} is a distant relative of {allergy}."),
        MatchKind.SAME_NAME: _("{product} shares a name with {allergy}."),
    }
    text = words.get(match.kind, _("{product} may not fit with {allergy}."))
    return text.format(
        product=isolate(product),
        shared=isolate(group_words(match.shared)),
        allergy=isolate(match.allergy.display),
    )


def group_words(key: str) -> str:
    """A group of medicines; a single substance is its own name."""
    return {
        "penicillins": _("the penicillins"),
        "cephalosporins": _("the cephalosporins"),
        "carbapenems": _("the carbapenems"),
        "monobactams": _("the monobactams"),
        "sulfonamides": _("the sulfonamides"),
        "nsaids": _("the anti-inflammatory painkillers (NSAIDs)"),
        "coxibs": _("the coxibs"),
        "macrolides": _("the macrolides"),
        "quinolones": _("the quinolones"),
        "tetracyclines": _("the tetracyclines"),
        "aminoglycosides": _("the aminoglycosides"),
        "lincosamides": _("the lincosamides"),
        "opioids": _("the opioids"),
        "local-anaesthetics-ester": _("the ester local anaesthetics"),
        "local-anaesthetics-amide": _("the amide local anaesthetics"),
        "ace-inhibitors": _("the ACE inhibitors"),
        "iodinated-contrast": _("the iodinated contrast media"),
    }.get(key, key)
