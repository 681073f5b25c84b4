"""A page that shows whether a printer prints where and what it should."""

from __future__ import annotations

from clinic_desktop.printing.blocks import Block, Panel, Rule, Space, Stack, Text
from clinic_desktop.printing.letterhead import Letterhead, Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import GREY
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.text import value

_SCRIPTS = ("Hamburgefonstiv 0123456789", "Съешь ещё этих булок", "نص عربي ١٢٣", "שלום", "नमस्ते")
_LABEL_MM = 60
"""Below this height there is room for two lines only."""


def render_trial_page(title: str, on: Stationery) -> bytes:
    """A page for one kind of document, named ``title``, as PDF bytes."""
    paper, language = on.paper, on.language
    name = language.gettext("Test page")
    is_label = paper.height is not None and paper.height < _LABEL_MM
    letterhead = Letterhead() if is_label else on.letterhead
    sheet = Sheet(paper, language, letterhead, title=name, running=name)
    look = sheet.look
    lines: list[Block] = [
        Text(f"{name}: {value(title)}", look.strong),
        Text(value(paper.name), look.body),
    ]
    if is_label:
        return render(sheet, [Stack(tuple(lines))])
    hint = language.gettext("The frame is whole on all four sides if the paper size is right.")
    blocks: list[Block] = [
        Panel(Stack((*lines, Text(hint, look.muted))), frame=BLACK, padding=6),
        Space(look.gap),
        Rule(0.6, GREY),
        Space(look.gap),
        *(Text(value(words), look.lead) for words in _SCRIPTS),
    ]
    return render(sheet, blocks)
