"""Who may do what, on paper: gone through by an owner, and signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.printing.blocks import Block, Closing, Space, Text
from clinic_desktop.printing.fields import Signature
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import render
from clinic_desktop.printing.paper import A4, LETTER
from clinic_desktop.printing.parts import open_sheet, title
from clinic_desktop.printing.table import Column, table
from clinic_desktop.printing.text import value

PAPERS = (A4, LETTER)


@dataclass(frozen=True)
class HeldRole:
    """One role of a person."""

    name: str
    since: date | None
    given_by: str
    is_unused: bool


@dataclass(frozen=True)
class ReviewedPerson:
    """One line of the list."""

    name: str
    login: str
    roles: tuple[HeldRole, ...]
    last_sign_in: date | None


@dataclass(frozen=True)
class RightsReviewDoc:
    """The list on one day."""

    made_on: date
    people: tuple[ReviewedPerson, ...]
    reviewed_on: date | None
    reviewed_by: str


def render_rights_review(doc: RightsReviewDoc, on: Stationery) -> bytes:
    """The list as PDF bytes."""
    name = on.language.gettext("Who may do what")
    sheet = open_sheet(on, name, "")
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.made_on)))]
    columns = (
        Column(language.gettext("Name"), 4.0, bold=True),
        Column(language.gettext("Roles"), 5.0),
        Column(language.gettext("Not used")),
        Column(language.gettext("Signed in")),
    )
    rows = [row for person in doc.people for row in _rows(person, on)]
    told = language.gettext("Not used: nothing that only this role allows, for 90 days.")
    blocks: list[Block] = [
        title(sheet, name, "", under),
        Space(look.gap),
        table(columns, rows, look, width=sheet.width, rtl=language.rtl),
        Space(6),
        Text(told, look.muted),
    ]
    if doc.reviewed_on is not None:
        last = language.gettext("{name} went through the list on {day}.").format(
            name=value(doc.reviewed_by), day=value(language.date(doc.reviewed_on))
        )
        blocks.append(Text(last, look.muted))
    line = language.pgettext("paper", "Gone through: date, name, signature")
    blocks += [Space(look.gap * 3), Closing(Signature(line, look.label))]
    return render(sheet, blocks)


def _rows(person: ReviewedPerson, on: Stationery) -> list[tuple[str, ...]]:
    """A line for each role, the person at the first; what follows a line end stands muted below."""
    language, seen = on.language, person.last_sign_in
    who = f"{value(person.name)}\n{value(person.login)}"
    day = value(language.date(seen)) if seen else language.pgettext("sign-in", "never")
    unused = language.gettext("Not used")
    return [
        (
            "" if place else who,
            f"{value(each.name)}\n{_since(each, on)}",
            unused if each.is_unused else "",
            "" if place else day,
        )
        for place, each in enumerate(person.roles)
    ]


def _since(role: HeldRole, on: Stationery) -> str:
    if role.since is None:
        return ""
    words = "since {day}, given by {name}" if role.given_by else "since {day}, from the beginning"
    day = value(on.language.date(role.since))
    return on.language.gettext(words).format(day=day, name=value(role.given_by))
