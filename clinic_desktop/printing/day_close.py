"""The slip at the end of a day: what was taken in, and how far the signed log had come.

The head of the log on paper is out of reach of whoever changes the record: an auditor compares it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic_desktop.printing.blocks import Block, Rule, Space, Stack, Text, Whole
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.fields import Pair
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import render
from clinic_desktop.printing.paper import A5, GREY, MM, ROLL_58, ROLL_80
from clinic_desktop.printing.parts import open_sheet
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.text import value

PAPERS = (ROLL_80, ROLL_58, A5)
_GROUP = 8


@dataclass(frozen=True)
class Taken:
    """What came in one way of paying, refunds taken off."""

    method: str
    amount_minor: int


@dataclass(frozen=True)
class DayCloseDoc:
    """One day of one PC."""

    day: date
    printed_at: datetime
    who: str
    currency: str
    receipts: int
    taken: tuple[Taken, ...]
    commit: int
    chain: str
    """The log's chain value at that commit, in hexadecimal."""
    key: str
    """The PC's public key, in hexadecimal."""

    @property
    def head(self) -> str:
        """What ``--head`` of the auditor's program takes."""
        return f"{self.commit}:{self.chain[: 2 * _GROUP]}"

    @property
    def qr(self) -> str:
        """The same for a scanner, with the whole chain value and key."""
        return f"clinic-day 1\n{self.day.isoformat()}\n{self.commit}:{self.chain}\n{self.key}"


def render_day_close(doc: DayCloseDoc, on: Stationery) -> bytes:
    """The slip as PDF bytes."""
    name = on.language.gettext("End of the day")
    sheet = open_sheet(on, name, "")
    look, language = sheet.look, sheet.language
    align = Align.CENTRE if on.paper.is_roll else Align.START

    def money(amount_minor: int) -> str:
        return value(language.money(amount_minor, doc.currency))

    pairs = [
        (language.gettext("Date"), value(language.date(doc.day))),
        (language.pgettext("paper", "Printed"), value(language.datetime(doc.printed_at))),
        (language.gettext("Who"), value(doc.who)),
        (language.gettext("Receipts"), value(language.number(doc.receipts))),
    ]
    total = sum(each.amount_minor for each in doc.taken)
    log = (
        Text(language.gettext("Log of the record"), look.strong, align),
        Text(value(doc.head), look.lead, align),
        Text(language.pgettext("paper", "Keep this slip away from the PC."), look.muted, align),
        Space(5),
        Qr(doc.qr, 30 * MM, align),
    )
    blocks: list[Block] = [
        Text(name, look.heading, align),
        Space(5),
        *(Pair(label, text, look.body, look.muted) for label, text in pairs if text),
        Space(5),
        Rule(0.6, GREY),
        Space(3),
        *(Pair(value(each.method), money(each.amount_minor), look.body) for each in doc.taken),
        Pair(language.gettext("Total"), money(total), look.strong),
        Space(5),
        Rule(0.6, GREY),
        Space(5),
        Whole(Stack(log)),
        Space(8),
    ]
    return render(sheet, blocks)
