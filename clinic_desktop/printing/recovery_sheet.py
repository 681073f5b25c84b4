"""The recovery sheet: the key that opens the record when passwords or the PC are lost.

It is printed from memory and kept nowhere but on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.printing.blocks import Block, Panel, Row, Space, Stack, Text
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import A4, A5, LETTER, MM, Style
from clinic_desktop.printing.parts import bullets, open_sheet, title
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.text import value

PAPERS = (A4, A5, LETTER)
_COLUMNS = 2


@dataclass(frozen=True)
class RecoverySheetDoc:
    """What stands on the sheet."""

    groups: tuple[str, ...]
    text: str
    """The whole key, as the QR code holds it."""
    made_on: date


def render_recovery_sheet(doc: RecoverySheetDoc, on: Stationery) -> bytes:
    """The sheet as PDF bytes."""
    name = on.language.gettext("Recovery sheet")
    sheet = open_sheet(on, name, "")
    look, language = sheet.look, sheet.language
    sentences = (
        language.gettext(
            "This sheet opens the practice's record when passwords are forgotten or the PC's key "
            "store is lost: on the lock screen choose “Use the recovery sheet”."
        ),
        language.gettext(
            "Keep it away from the PC, in a safe. Whoever has it can read everything."
        ),
        language.gettext(
            "A newer sheet ends this one for the record. Keep it: backups of its time open only "
            "with it."
        ),
    )
    blocks: list[Block] = [
        title(sheet, name, "", [(language.gettext("Date"), value(language.date(doc.made_on)))]),
        Space(look.gap),
        Panel(_key(doc, sheet), frame=BLACK, padding=3 * MM),
        Space(look.gap),
        bullets(sentences, look),
    ]
    return render(sheet, blocks)


def _key(doc: RecoverySheetDoc, sheet: Sheet) -> Block:
    is_wide = sheet.paper.width > 160
    half = (len(doc.groups) + _COLUMNS - 1) // _COLUMNS
    columns = [
        Stack(tuple(_group(number, doc.groups[number], sheet) for number in range(at, at + half)))
        for at in range(0, len(doc.groups), half)
    ]
    size = (36 if is_wide else 27) * MM
    return Row((*columns, Qr(doc.text, size, Align.END)), (None, None, size), 3 * MM)


def _group(number: int, letters: str, sheet: Sheet) -> Block:
    """Each letter in a place of its own; they run from left to right in every language."""
    is_wide = sheet.paper.width > 160
    style = Style(sheet.look.body_size * (2 if is_wide else 1.6), bold=True)
    language = sheet.language
    small = sheet.look.muted
    mark = Text(value(language.number(number + 1)), small, Align.END)
    lower = Space((style.line_height - small.line_height) * 0.6)
    shown = reversed(letters) if language.rtl else letters
    step = style.size * 1.05
    cells = [Text(letter, style, Align.CENTRE) for letter in shown]
    widths = (5 * MM, 1.5 * MM, *(step for _ in cells))
    row = Row((Stack((lower, mark)), Space(0), *cells), widths, 0)
    return Stack((Space(2 * MM), row))
