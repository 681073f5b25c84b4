"""The recovery codes of one person's second factor: for the day the phone is not there.

They are printed from memory and kept nowhere but on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.i18n import isolate
from clinic_desktop.printing.blocks import Block, Panel, Row, Space, Stack, Text
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import MM, Style
from clinic_desktop.printing.parts import bullets, open_sheet, title
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.text import value

_COLUMNS = 2


@dataclass(frozen=True)
class RecoveryCodesDoc:
    """What stands on the paper."""

    login: str
    codes: tuple[str, ...]
    made_on: date


def render_recovery_codes(doc: RecoveryCodesDoc, on: Stationery) -> bytes:
    """The paper as PDF bytes."""
    name = on.language.gettext("Recovery codes")
    sheet = open_sheet(on, name, "")
    look, language = sheet.look, sheet.language
    facts = [
        (language.gettext("Sign-in name"), value(isolate(doc.login))),
        (language.gettext("Date"), value(language.date(doc.made_on))),
    ]
    sentences = (
        language.gettext(
            "On the lock screen, type one of these codes in place of the code from your phone."
        ),
        language.gettext("Each counts once: strike it out. New codes end these."),
        language.gettext(
            "They open nothing without your password. Keep them away from the PC and the phone."
        ),
    )
    blocks: list[Block] = [
        title(sheet, name, "", facts),
        Space(look.gap),
        Panel(_codes(doc, sheet), frame=BLACK, padding=3 * MM),
        Space(look.gap),
        bullets(sentences, look),
    ]
    return render(sheet, blocks)


def _codes(doc: RecoveryCodesDoc, sheet: Sheet) -> Block:
    style = Style(sheet.look.body_size * (1.3 if sheet.paper.width > 160 else 1.1), bold=True)
    half = (len(doc.codes) + _COLUMNS - 1) // _COLUMNS
    columns = [
        Stack(
            tuple(
                Stack((Space(1.5 * MM), Text(value(isolate(code)), style)))
                for code in doc.codes[at : at + half]
            )
        )
        for at in range(0, len(doc.codes), half)
    ]
    return Row(tuple(columns), (None,) * len(columns), 3 * MM)
