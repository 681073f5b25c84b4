"""Arrangements that several documents share."""

from __future__ import annotations

from datetime import date

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import (
    Block,
    Pair,
    Panel,
    Row,
    Section,
    Signature,
    Space,
    Stack,
    Text,
    Whole,
)
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.page import Sheet
from clinic_desktop.printing.paper import MM, Look
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import Allergies, Clinician, clinician_lines
from clinic_desktop.printing.text import value


def title(sheet: Sheet, name: str, number: str, under: list[tuple[str, str]]) -> Block:
    """The document's name, its number at the other edge, dates below."""
    look = sheet.look
    facts = [Pair(label, text, look.body, look.muted) for label, text in under if text]
    if sheet.paper.is_small:
        numbered = [Text(numbered_words(number, sheet.language), look.strong)] if number else []
        return Stack((Text(name, look.title), *numbered, Space(2), *facts))
    right: list[Block] = []
    if number:
        right.append(Text(numbered_words(number, sheet.language), look.lead, Align.END))
    return Row((Text(name, look.title), Stack((*right, *facts))), (None, sheet.width * 0.42))


def numbered_words(number: str, language: Language) -> str:
    """A number with the word for it."""
    return language.gettext("No. {number}").format(number=value(number)) if number else ""


def running_head(name: str, number: str, whose: str, practice: str) -> str:
    """What the second page and those after it say about themselves."""
    parts = (value(practice), f"{name} {value(number)}".strip(), whose)
    return " · ".join(part for part in parts if part)


def section(heading: str, body: Block, look: Look) -> list[Block]:
    """A heading with what follows, and the space before it."""
    return [Space(look.gap), Section(Stack((Text(heading, look.heading), Space(3))), body)]


def paragraphs(heading: str, text: str, look: Look) -> list[Block]:
    """A headed free text, or nothing."""
    return section(heading, Text(value(text), look.body), look) if text.strip() else []


def bullets(items: tuple[str, ...], look: Look) -> Stack:
    """A list of short texts."""
    rows = (
        Row((Text("•", look.body), Text(value(item), look.body)), (look.body_size * 0.6, None), 4)
        for item in items
    )
    return Stack(tuple(rows))


def allergy_line(allergies: Allergies, look: Look, language: Language) -> Block:
    """Never left out: what is known, what is not, or that nobody asked."""
    label = Text(language.gettext("Allergies"), look.strong)
    words = Text(allergies.text(language), look.strong if allergies.substances else look.body)
    width = look.body_size * 6
    return Panel(Row((label, words), (width, None)), frame=(0.35, 0.35, 0.35), padding=5)


def signature(
    sheet: Sheet, clinician: Clinician, signed_on: date | None = None, code: Block | None = None
) -> Block:
    """Who signs, the line to sign on, and a code to check the paper by."""
    look, language = sheet.look, sheet.language
    date_text = value(language.date(signed_on)) if signed_on else ""
    words = language.gettext("Signature and stamp")
    line = Signature(f"{words} · {date_text}" if date_text else words, look.label)
    who = clinician_lines(clinician, look, language)
    if sheet.paper.is_small and code:
        return Whole(Row((Stack((who, Space(4), line)), code), (None, 22 * MM)))
    cells: tuple[Block, ...] = (who, line, code) if code else (who, line)
    widths = (None, None, 24 * MM) if code else (None, None)
    return Whole(Row(cells, widths))


def verify_code(content: str, code: str, sheet: Sheet) -> Block | None:
    """A QR code with the characters a person can type instead of it."""
    if not content:
        return None
    size = 18 * MM if sheet.paper.is_small else 22 * MM
    words = [Text(value(code), sheet.look.label, Align.END)] if code else []
    return Stack((Qr(content, size, Align.END), Space(5), *words))
