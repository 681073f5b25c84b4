"""Words of the patient forms: parts of names, consents, why two people look alike."""

from __future__ import annotations

from babel.languages import get_official_languages

from clinic_desktop.domain.codes import Sex
from clinic_desktop.domain.duplicates import Reason
from clinic_desktop.domain.names import NamePart
from clinic_desktop.i18n import PAPER_LANGUAGES, _, current, pgettext
from clinic_desktop.services.patients.entry import Identifier, Phone, Policy, Relative
from clinic_desktop.ui.patients.lines_editor import LineField, LineKind
from clinic_desktop.ui.widgets.segmented import Option

_MOST_LANGUAGES = 8


def name_part_label(part: NamePart) -> str:
    """What a form asks for."""
    return {
        NamePart.FAMILY: _("Family name"),
        NamePart.GIVEN: _("Given name"),
        NamePart.MIDDLE: _("Middle name"),
        NamePart.PATRONYMIC: _("Patronymic"),
        NamePart.FATHER: _("Father’s name"),
        NamePart.GRANDFATHER: _("Grandfather’s name"),
        NamePart.SINGLE: _("Name"),
        NamePart.SUFFIX: pgettext("part of a name", "Suffix"),
    }[part]


def sex_options() -> list[Option]:
    """The choices with the letter that takes each."""
    return [
        Option(Sex.FEMALE.value, pgettext("sex", "Female"), pgettext("sex, one letter", "F")),
        Option(Sex.MALE.value, pgettext("sex", "Male"), pgettext("sex, one letter", "M")),
        Option(Sex.OTHER.value, pgettext("sex", "Other"), pgettext("sex, one letter", "X")),
    ]


def reason_words(reason: Reason) -> str:
    """Why somebody may be the same person."""
    return {
        Reason.SAME_IDENTIFIER: _("same document number"),
        Reason.SAME_NAME: _("same name"),
        Reason.SOUNDS_ALIKE: _("sounds the same"),
        Reason.SIMILAR_NAME: _("similar name"),
        Reason.SWAPPED_NAMES: _("names swapped"),
        Reason.SAME_BIRTH: _("same birth date"),
        Reason.BIRTH_TYPO: _("birth date off by a slip"),
        Reason.BIRTH_YEAR: _("birth year off by one or two"),
        Reason.BIRTH_FITS: _("age fits"),
        Reason.SAME_PHONE: _("same phone"),
        Reason.TWINS: _("twin?"),
        Reason.OTHER_NAME: _("other name"),
        Reason.OTHER_BIRTH: _("other birth date"),
        Reason.OTHER_SEX: _("other sex"),
    }[reason]


def language_options(region: str) -> list[tuple[str, str]]:
    """The languages usual in the country and those our papers speak, in their own words."""
    usual = [code.split("_")[0] for code in get_official_languages(region.upper())]
    codes = list(dict.fromkeys((current().language.split("_")[0], *usual, *PAPER_LANGUAGES)))
    names = current().locale.languages
    return [(code, str(names.get(code, code))) for code in codes[:_MOST_LANGUAGES]]


def phone_lines() -> LineKind:
    """Further phones and e-mail."""
    return LineKind(
        _("Further phones and e-mail"),
        _("Add a phone or e-mail"),
        _("Remove this phone or e-mail"),
        Phone(""),
        (
            LineField("value", _("Phone or e-mail")),
            LineField("use", _("Whose, or what for")),
        ),
    )


def identifier_lines() -> LineKind:
    """Numbers of papers."""
    return LineKind(
        _("Documents and numbers"),
        _("Add a document"),
        _("Remove this document"),
        Identifier(""),
        (
            LineField("kind", _("Document")),
            LineField("value", _("Number")),
        ),
    )


def relative_lines() -> LineKind:
    """Next of kin and guardians."""
    return LineKind(
        _("Next of kin"),
        _("Add a relative or guardian"),
        _("Remove this relative"),
        Relative(""),
        (
            LineField("name", _("Name")),
            LineField("relationship", _("Relationship")),
            LineField("phone", _("Phone"), "phone"),
            LineField("is_guardian", _("Is the guardian"), "tick"),
        ),
    )


def policy_lines() -> LineKind:
    """Insurance."""
    return LineKind(
        _("Insurance"),
        _("Add a policy"),
        _("Remove this policy"),
        Policy(),
        (
            LineField("payer_name", _("Insurer")),
            LineField("policy_number", _("Policy number")),
            LineField("valid_from", _("Valid from"), "day"),
            LineField("valid_to", _("Valid to"), "day"),
        ),
    )
