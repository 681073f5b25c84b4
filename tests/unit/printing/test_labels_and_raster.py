"""Labels with bar codes, and receipts as dots for thermal printers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from clinic_desktop.errors import PrintError
from clinic_desktop.printing.codes import _bars
from clinic_desktop.printing.labels import render_drug_label, render_person_label
from clinic_desktop.printing.letterhead import Letterhead, Stationery
from clinic_desktop.printing.paper import (
    LABEL_50X25,
    LABEL_89X36,
    LABEL_ROLL_62,
    LABEL_SHEET_A4,
    MM,
    ROLL_58,
    ROLL_80,
    Paper,
)
from clinic_desktop.printing.raster import (
    DOTS_58_MM,
    DOTS_80_MM,
    escpos_raster,
    page_images,
    raster_receipt,
)
from clinic_desktop.printing.receipt import render_receipt
from clinic_desktop.printing.stamp import stamp
from tests.support.paper_samples import (
    drug_label,
    letterhead,
    paper_language,
    person_label,
    receipt,
    reprint,
)
from tests.support.pdf_reading import read_pdf

EN = paper_language("en")


def labels(paper: Paper, *, copies: int = 1, start: int = 1) -> bytes:
    """Person labels on a paper."""
    doc = replace(person_label("en"), copies=copies, start=start)
    return render_person_label(doc, Stationery(paper, EN, Letterhead("P")))


def test_every_copy_is_a_label_of_its_own() -> None:
    pages = read_pdf(labels(LABEL_50X25, copies=3))
    assert len(pages) == 3
    assert all("WHITAKER" in page.text for page in pages)
    assert (pages[0].width, pages[0].height) == pytest.approx((50 * MM, 25 * MM), abs=0.01)


def test_a_sheet_begins_at_the_free_place_and_goes_on_overleaf() -> None:
    pages = read_pdf(labels(LABEL_SHEET_A4, copies=21, start=20))
    assert [page.text.count("WHITAKER") for page in pages] == [2, 19]
    (first, _) = pages
    grid = LABEL_SHEET_A4.labels
    assert grid is not None
    top = first.height - (grid.top + 6 * grid.height) * MM
    assert max(box[4] for box in first.boxes) <= top, "places 20 and 21 are in the last row"
    assert min(box[1] for box in first.boxes) >= (grid.left + grid.width + grid.gap) * MM


@pytest.mark.parametrize(("copies", "start"), [(0, 1), (501, 1), (1, 0), (1, 22)])
def test_impossible_counts_and_places_are_refused(copies: int, start: int) -> None:
    with pytest.raises(PrintError):
        labels(LABEL_SHEET_A4, copies=copies, start=start)


def test_a_long_name_is_set_smaller() -> None:
    doc = replace(person_label("en"), lines=("one more line of text",) * 2)
    data = render_person_label(doc, Stationery(LABEL_50X25, EN, Letterhead()))
    (page,) = read_pdf(data)
    assert page.text.count("one more line") == 2


def test_text_that_cannot_fit_is_refused_not_cut() -> None:
    doc = replace(drug_label("en"), sig="Take with water. " * 60)
    with pytest.raises(PrintError, match="does not fit"):
        render_drug_label(doc, Stationery(LABEL_50X25, EN, Letterhead()))
    data = render_drug_label(doc, Stationery(LABEL_ROLL_62, EN, Letterhead()))
    assert read_pdf(data)[0].text.count("Take with water.") == 60, "a roll is as long as it takes"


@pytest.mark.parametrize("content", ["Иванова", "x" * 90])
def test_a_bar_code_that_scanners_could_not_read_is_refused(content: str) -> None:
    doc = replace(person_label("en"), barcode=content)
    with pytest.raises(PrintError):
        render_person_label(doc, Stationery(LABEL_89X36, EN, Letterhead()))


def test_code_128_has_the_standard_bars() -> None:
    """ISO/IEC 15417: 11 modules a character, start with 2-1-1-2-1-4 (code B), stop with 13."""
    modules, bars = _bars("A")
    assert modules == 11 * 3 + 13
    assert [width for _, width in bars[:3]] == [2, 1, 1]
    assert bars[0][0] == 0
    assert sum(bars[-1]) == modules


@pytest.mark.parametrize(("paper", "dots"), [(ROLL_80, DOTS_80_MM), (ROLL_58, DOTS_58_MM)])
def test_a_receipt_is_as_wide_as_the_print_head(paper: Paper, dots: int) -> None:
    on = Stationery(paper, paper_language("ar"), letterhead("ar"))
    data = stamp(render_receipt(receipt("ar"), on), reprint("ar"), on.language)
    image = raster_receipt(data, dots)
    assert image.mode == "1"
    assert image.width == dots
    assert image.height == page_images(data)[0].height
    left, top, right, _ = image.convert("L").point(lambda grey: 255 - grey).getbbox() or (
        0,
        0,
        0,
        0,
    )
    assert top > 0, "the copies' mark is whole"
    assert left > 0, "nothing is cut at the edges of the head"
    assert right < dots


def test_escpos_carries_every_dot() -> None:
    image = Image.new("1", (16, 300), 1)
    image.putpixel((0, 0), 0)
    image.putpixel((15, 299), 0)
    data = escpos_raster(image, cut=True, kick_drawer=True)
    assert data.startswith(b"\x1b@\x1bp\x00")
    assert data.endswith(b"\x1dV\x42\x03")
    bands = data.split(b"\x1dv0\x00")[1:]
    assert [int.from_bytes(band[2:4], "little") for band in bands] == [128, 128, 44]
    assert bands[0][4:6] == b"\x80\x00"
    assert bands[2][4 + 44 * 2 - 2 : 4 + 44 * 2] == b"\x00\x01"


def test_escpos_without_cut_and_drawer() -> None:
    data = escpos_raster(Image.new("1", (8, 1), 1), cut=False)
    assert data == b"\x1b@\x1dv0\x00\x01\x00\x01\x00\x00"
