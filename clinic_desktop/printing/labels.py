"""Labels: patient, chart, specimen and medicine, one by one, on rolls and on sheets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from clinic_desktop.domain.partial_dates import BirthDate
from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import Language, _
from clinic_desktop.printing.blocks import Block, Space, Stack, Text
from clinic_desktop.printing.codes import Barcode
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import GREY, MM, Paper, Style
from clinic_desktop.printing.pdf import PdfWriter
from clinic_desktop.printing.pen import Pen
from clinic_desktop.printing.people import Patient, PersonName, birth_text, patient_name, sex_text
from clinic_desktop.printing.text import value

SMALLEST = 5.0
"""Points; smaller type cannot be read on a thermal label."""
LEADING = 1.25
MAX_COPIES = 500


@dataclass(frozen=True)
class PersonLabelDoc:
    """A label that tells whose tube, chart or envelope it is."""

    patient: PersonName
    printed_on: date
    others: tuple[Patient, ...] = ()
    """The person by other versions of name, birth or sex, as long as nobody has decided."""
    birth: BirthDate | None = None
    sex: str = "unknown"
    number: str = ""
    barcode: str = ""
    """Printable ASCII; the chart number or the specimen's."""
    lines: tuple[str, ...] = ()
    """More to say: specimen, tests, time of collection."""
    copies: int = 1
    start: int = 1
    """The first free place on a sheet of labels, counted from 1 along the rows."""


@dataclass(frozen=True)
class DrugLabelDoc:
    """A label for a medicine handed out."""

    patient: PersonName
    product: str
    sig: str
    dispensed_on: date
    strength: str = ""
    quantity: str = ""
    batch: str = ""
    expires_on: date | None = None
    warning: str = ""
    barcode: str = ""
    copies: int = 1
    start: int = 1


@dataclass(frozen=True)
class _Label:
    """One label: a head in strong type, texts with their weight, a bar code at the foot."""

    head: str
    also: tuple[str, ...]
    """What else may stand in the place of the head; in the same weight."""
    strong: str
    texts: tuple[str, ...]
    small: tuple[str, ...]
    barcode: str
    copies: int
    start: int

    def block(self, size: float) -> Stack:
        """Everything, at a type size."""
        body = Style(size, leading=LEADING)
        parts: list[Block] = [Text(self.head, replace(body, size=size * 1.2, bold=True))]
        parts += [Text(text, replace(body, bold=True)) for text in self.also]
        if self.strong:
            parts.append(Text(self.strong, replace(body, bold=True)))
        parts += [Text(text, body) for text in self.texts if text]
        parts += [Text(t, replace(body, size=size * 0.85, colour=GREY)) for t in self.small if t]
        if self.barcode:
            parts += [Space(2.5), Barcode(self.barcode, size * 3)]
        return Stack(tuple(parts))


def render_person_label(doc: PersonLabelDoc, on: Stationery) -> bytes:
    """The labels as PDF bytes; one page each, or sheets."""
    language = on.language
    details = _details(doc.birth, doc.sex, doc.printed_on, language)
    number = language.gettext("No. {number}").format(number=value(doc.number)) if doc.number else ""
    lines = tuple(value(line) for line in doc.lines)
    name = patient_name(doc.patient, language)
    also = tuple(_either(each, doc.printed_on, language) for each in doc.others)
    label = _Label(name, also, number, (details, *lines), (), doc.barcode, doc.copies, doc.start)
    return _render(label, on)


def _details(birth: BirthDate | None, sex: str, on: date, language: Language) -> str:
    born = birth_text(birth, on, language)
    return " · ".join(part for part in (born, sex_text(sex, language)) if part)


def _either(other: Patient, on: date, language: Language) -> str:
    """The person by another version, marked as open: short, for a label is small."""
    mark = language.gettext("not decided")
    parts = (patient_name(other.name, language), _details(other.birth, other.sex, on, language))
    return f"({mark}) {' · '.join(filter(None, parts))}"


def render_drug_label(doc: DrugLabelDoc, on: Stationery) -> bytes:
    """The labels as PDF bytes; one page each, or sheets."""
    language = on.language
    details = [value(doc.quantity), value(doc.batch)]
    if doc.expires_on:
        expires = language.gettext("Use by {date}")
        details.append(expires.format(date=value(language.date(doc.expires_on))))
    given = [value(language.date(doc.dispensed_on)), value(on.letterhead.practice)]
    label = _Label(
        head=value(f"{doc.product} {doc.strength}".strip()),
        also=(),
        strong=value(doc.sig),
        texts=(value(doc.warning), patient_name(doc.patient, language)),
        small=tuple(" · ".join(p for p in parts if p) for parts in (details, given)),
        barcode=doc.barcode,
        copies=doc.copies,
        start=doc.start,
    )
    return _render(label, on)


def _fitted(label: _Label, paper: Paper, width: float, room: float, *, rtl: bool) -> Stack:
    """The label at the largest size that fits. Nothing is cut off: PrintError instead."""
    size = paper.body
    while size >= SMALLEST:
        block = label.block(size)
        if paper.is_roll or block.height(width, rtl=rtl) <= room:
            return block
        size -= 0.5
    raise PrintError(
        _("The text does not fit on this label."),
        hint=_("Choose a larger label or shorten the text."),
    )


def _render(label: _Label, on: Stationery) -> bytes:
    paper, language = on.paper, on.language
    title = language.pgettext("paper", "Label")
    writer = PdfWriter(title=title, author=on.letterhead.practice, language=language.language)
    grid = paper.labels
    places = grid.columns * grid.rows if grid else 1
    _check(label, places)
    margin = paper.margin * MM
    width = (grid.width if grid else paper.width) * MM
    height = ((grid.height if grid else paper.height) or 0) * MM
    block = _fitted(label, paper, width - 2 * margin, height - 2 * margin, rtl=language.rtl)
    if paper.is_roll:
        height = block.height(width - 2 * margin, rtl=language.rtl) + 2 * margin
    for copy in range(label.copies):
        place = (label.start - 1 + copy) % places if grid else 0
        if copy == 0 or place == 0:
            page = (paper.width * MM, (paper.height or 0) * MM or height)
            writer.start_page(*page)
        left = bottom = 0.0
        if grid:
            row, column = divmod(place, grid.columns)
            left = (grid.left + column * (grid.width + grid.gap)) * MM
            bottom = page[1] - (grid.top + row * grid.height) * MM - height
        pen = Pen(writer, width, height, rtl=language.rtl, left=left, bottom=bottom)
        block.draw(pen, margin, margin, width - 2 * margin)
    return writer.finish()


def _check(label: _Label, places: int) -> None:
    if not 1 <= label.copies <= MAX_COPIES:
        raise PrintError(
            _("{count} copies cannot be printed at once.").format(count=label.copies),
            hint=_("Choose a number from 1 to {most}.").format(most=MAX_COPIES),
        )
    if places > 1 and not 1 <= label.start <= places:
        raise PrintError(
            _("This sheet has no place {place}.").format(place=label.start),
            hint=_("Choose a place from 1 to {most}.").format(most=places),
        )
