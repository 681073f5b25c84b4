"""Prescription and invoice to PDF bytes, beside reportlab drawing the same strings bare."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas

from bench.timing import Line, Timed, interleave, timed
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import ReadSession
from clinic_desktop.printing import pdf
from clinic_desktop.printing.catalogue import render_document
from clinic_desktop.printing.fonts import FACES
from clinic_desktop.services.billing import invoices
from clinic_desktop.services.papers.clinical import prescription_doc
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.papers.money import invoice_doc
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm

_WEIGHTS = {False: 400, True: 700}


@dataclass(frozen=True)
class Words:
    """Text as a paper sets it."""

    page: int
    text: str
    x: float
    y: float
    size: float
    bold: bool


def papers(clinic: Clinic, person: uuid.UUID, cache: Path, repeats: int) -> list[Line]:
    """From a document to the bytes that a printer gets, and from its row in the record."""
    store, actor = clinic.store, clinic.actor
    fonts, lines = _faces(cache), []
    for kind, row_id in _rows(clinic, person).items():
        inputs = store.read(actor, _inputs, kind, row_id).result()
        draw = partial(render_document, kind, **inputs)
        floor = _bare(_words_of(draw), fonts)
        name = "reportlab drawing the same strings, same face"
        line = Line(f"{kind} to PDF bytes", name, 3, 100)
        lines.append(interleave(line, timed(draw), floor, repeats * 3))
        read_too = timed(partial(_made, clinic, PaperRequest(kind, row_id)))
        line = Line(f"{kind} to PDF bytes, reading it from the record too", name, None, 100)
        lines.append(interleave(line, read_too, floor, repeats))
    return lines


def _made(clinic: Clinic, request: PaperRequest) -> object:
    return clinic.store.read(clinic.actor, make, request).result()


def _inputs(reads: ReadSession, kind: str, row_id: uuid.UUID) -> dict[str, Any]:
    language = paper_language(reads, "", None)
    build = prescription_doc if kind == "prescription" else invoice_doc
    return {
        "doc": build(reads, row_id, language),
        "language": language,
        "letterhead": letterhead(reads),
    }


def _rows(clinic: Clinic, person: uuid.UUID) -> dict[str, uuid.UUID]:
    """A prescription and an invoice of a patient, by kind."""
    store, actor = clinic.store, clinic.actor
    medicines = (
        LineForm("Amoxicillin", "1 cap 3x/day 7d", "500 mg", "capsule", override_reason="known"),
        LineForm("Amlodipine", "1 tab 1x/day 30d", "5 mg", "tablet", override_reason="known"),
    )
    wish = prescriptions.Prescribe(person, medicines)
    bill = invoices.InvoiceForm(
        person,
        (
            invoices.LineForm("Consultation", 15000, tax_name="VAT", tax_bp=2000),
            invoices.LineForm("Electrocardiogram", 6000, "2", discount_bp=1000),
        ),
    )
    return {
        "prescription": store.write(actor, prescriptions.prescribe, wish).result().id,
        "invoice": store.write(actor, invoices.issue, bill).result().id,
    }


def _words_of(work: Callable[[], bytes]) -> list[Words]:
    """What a paper draws, taken down while it is made."""
    drawn: list[Words] = []
    pages = 0
    line, start_page = pdf.PdfWriter.line, pdf.PdfWriter.start_page

    def note_line(writer: Any, words: Any, x: float, y: float, size: float, *rest: Any) -> None:
        bold = any(run.font.bold for _x, run in words.runs)
        drawn.append(Words(pages, words.text, x, y, size, bold))
        line(writer, words, x, y, size, *rest)

    def note_page(writer: Any, *size: float) -> None:
        nonlocal pages
        pages += 1
        start_page(writer, *size)

    with (
        patch.object(pdf.PdfWriter, "line", note_line),
        patch.object(pdf.PdfWriter, "start_page", note_page),
    ):
        work()
    return drawn


def _bare(drawn: list[Words], fonts: dict[bool, str]) -> Timed:
    def draw() -> bytes:
        buffer = BytesIO()
        canvas = Canvas(buffer, invariant=1, pageCompression=1)
        page = 1
        for words in drawn:
            while words.page > page:
                canvas.showPage()
                page += 1
            canvas.setFont(fonts[words.bold], words.size)
            canvas.drawString(words.x, words.y, words.text)
        canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return timed(draw)


def _faces(cache: Path) -> dict[bool, str]:
    """The printed Latin face in both weights as reportlab takes it: a static TrueType file."""
    face = FACES["latin"]
    names = {}
    for bold, weight in _WEIGHTS.items():
        file = cache / f"{face.name}-{weight}-few.ttf"
        if not file.exists():
            with files(face.package).joinpath(face.regular).open("rb") as data:
                font = TTFont(data)
                _keep_few_letters(font)
                instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=True)
                font.save(file)
        names[bold] = f"bench-{weight}"
        with suppress(KeyError):
            pdfmetrics.getFont(names[bold])
            continue
        pdfmetrics.registerFont(ttfonts.TTFont(names[bold], str(file)))
    return names


def _keep_few_letters(font: TTFont) -> None:
    """What English papers draw; fixing the weight of all the others takes half a minute."""
    subsetter = Subsetter(Options(layout_features=[]))
    subsetter.populate(unicodes=[*range(0x20, 0x250), *range(0x2000, 0x2200)])
    subsetter.subset(font)
