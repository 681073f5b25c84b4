"""Arrangements that several documents share."""

from __future__ import annotations

from datetime import date

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import (
    Block,
    Closing,
    Panel,
    Row,
    Section,
    Space,
    Stack,
    Text,
    natural_width,
)
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.fields import Pair, Signature
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet
from clinic_desktop.printing.paper import MM, Look
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import (
    Allergies,
    Clinician,
    PersonName,
    clinician_lines,
    patient_name,
)
from clinic_desktop.printing.text import value


def title(sheet: Sheet, name: str, number: str, under: list[tuple[str, str]]) -> Block:
    """The document's name, its number at the other edge, dates below."""
    look = sheet.look
    facts = [Pair(label, text, look.body, look.muted) for label, text in under if text]
    if sheet.paper.is_small:
        numbered = [Text(numbered_words(number, sheet.language), look.strong)] if number else []
        return Stack((Text(name, look.title), *numbered, Space(2), *facts))
    words = numbered_words(number, sheet.language)
    right: list[Block] = [Text(words, look.lead, Align.END)] if words else []
    width = min(_facts_width(words, under, sheet), sheet.width * 0.5)
    return Row((Text(name, look.title), Stack((*right, *facts))), (None, width))


def _facts_width(words: str, under: list[tuple[str, str]], sheet: Sheet) -> float:
    look, rtl = sheet.look, sheet.language.rtl
    labels = [natural_width(label, look.muted, rtl=rtl) for label, text in under if text]
    texts = [natural_width(text, look.body, rtl=rtl) for _, text in under if text]
    pairs = max(labels, default=0) + max(texts, default=0) + look.body_size * 1.4
    return max(pairs, natural_width(words, look.lead, rtl=rtl) + 1)


def numbered_words(number: str, language: Language) -> str:
    """A number with the word for it."""
    return language.gettext("No. {number}").format(number=value(number)) if number else ""


def open_sheet(
    on: Stationery,
    name: str,
    number: str,
    whose: PersonName | None = None,
    *,
    body_size: float | None = None,
) -> Sheet:
    """A sheet for a kind of document; from the second page on it says whose it is."""
    person = patient_name(whose, on.language) if whose else ""
    parts = (value(on.letterhead.practice), f"{name} {value(number)}".strip(), person)
    running = " · ".join(part for part in parts if part)
    title = f"{name} {number}".strip()
    return Sheet(on.paper, on.language, on.letterhead, title, running, body_size)


def section(heading: str, body: Block, look: Look) -> list[Block]:
    """A heading with what follows, and the space before it."""
    return [Space(look.gap), Section(Stack((Text(heading, look.heading), Space(3))), body)]


def paragraphs(heading: str, text: str, look: Look) -> list[Block]:
    """A headed free text, or nothing."""
    return section(heading, Text(value(text), look.body), look) if text.strip() else []


def not_decided(told: tuple[str, ...], look: Look, language: Language) -> list[Block]:
    """What other PCs wrote in the place of what stands above, a line each."""
    words = language.gettext("Not decided. Another version says: {words}")
    return [
        part
        for each in told
        for part in (Space(2), Text(words.format(words=value(each)), look.strong))
    ]


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
    small = sheet.paper.is_small
    cells: list[Block] = [Stack((who, Space(4), line))] if small else [who, line]
    widths: list[float | None] = [None] * len(cells)
    if code:
        cells.append(code)
        widths.append(_code_size(sheet))
    return Closing(Row(tuple(cells), tuple(widths)))


def verify_code(content: str, code: str, sheet: Sheet) -> Block | None:
    """A QR code with the characters a person can type instead of it."""
    if not content:
        return None
    words = [Space(4), Text(value(code), sheet.look.label, Align.END)] if code else []
    return Stack((Qr(content, _code_size(sheet), Align.END), *words))


def _code_size(sheet: Sheet) -> float:
    return (22 if sheet.paper.width > 160 else 18) * MM
