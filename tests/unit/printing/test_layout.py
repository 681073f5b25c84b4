"""Pages: breaks, repeated heads, bad input, paper that is already printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clinic_desktop.domain.partial_dates import BirthDate, PartialDate
from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import PAPER_LANGUAGES, Language
from clinic_desktop.printing.blocks import Closing, Row, Rule, Section, Space, Stack, Text, Whole
from clinic_desktop.printing.fields import Pair
from clinic_desktop.printing.fonts import EM
from clinic_desktop.printing.invoice import InvoiceLine, render_invoice
from clinic_desktop.printing.letterhead import Letterhead, Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import A4, A5, A6, MM, ROLL_80, Look, Style
from clinic_desktop.printing.pdf import BLACK, Colour, PdfWriter
from clinic_desktop.printing.pen import Align, Pen
from clinic_desktop.printing.people import Allergies, PersonName, age_text, birth_text
from clinic_desktop.printing.prescription import PrescriptionLine, digit_names, render_prescription
from clinic_desktop.printing.referral import urgency_text
from clinic_desktop.printing.table import Column, table
from clinic_desktop.printing.text import Line
from tests.support.paper_samples import (
    invoice,
    letterhead,
    paper_language,
    prescription,
    sick_note,
)
from tests.support.pdf_drawing import drawn_lines
from tests.support.pdf_reading import read_pdf, text_of

EN = paper_language("en")
STYLE = Style(10)
PLAIN = Sheet(A5, EN, Letterhead("Practice", footer="Footer"), "title", "running head")


def test_a_long_invoice_repeats_the_head_of_its_table() -> None:
    line = InvoiceLine("Consultation", Decimal(1), 1000, 1000)
    doc = replace(invoice("en"), lines=(line,) * 200)
    pages = read_pdf(render_invoice(doc, Stationery(A4, EN, letterhead("en"))))
    assert len(pages) > 4
    assert sum(page.text.count("Consultation") for page in pages) == 200
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page.text
        if "Consultation" in page.text:
            assert "Amount, GBP" in page.text
    assert "Lakeside Family Practice · Invoice A3-2026-000124 · WHITAKER" in pages[1].text


@pytest.mark.parametrize("paper", [A4, A5, A6])
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_monstrous_texts_still_print(paper: object, code: str) -> None:
    assert isinstance(paper, type(A4))
    monster = PrescriptionLine("X" * 300, "y" * 300, "z" * 80, "d" * 300, "sig " * 800)
    doc = replace(prescription(code), lines=(monster,), note="w" * 2000, diagnosis="q " * 300)
    head = replace(letterhead(code), practice="P" * 300, footer="f" * 400)
    pages = read_pdf(render_prescription(doc, Stationery(paper, paper_language(code), head)))
    text = "".join(page.text for page in pages).replace(" ", "")
    assert text.count("sig") == 800
    for page in pages:
        for _, left, bottom, right, top in page.boxes:
            assert left >= 0
            assert bottom >= 0
            assert right <= page.width
            assert top <= page.height


def test_a_cell_higher_than_a_page_goes_on_overleaf() -> None:
    look = Look(9, (0, 0, 0))
    tall = " ".join(f"word{n}" for n in range(1500))
    block = table(
        (Column("A", 1), Column("B")), [("x", "1"), (tall, "2")], look, width=PLAIN.width, rtl=False
    )
    text = text_of(render(PLAIN, [block]))
    assert all(f"word{n}" in text for n in range(1500))


def test_a_heading_never_stands_alone_at_the_foot() -> None:
    filler = Text("line\n" * 33 + "last", STYLE)
    section = Section(Text("HEADING", STYLE), Text("first words", STYLE))
    for extra in range(12):
        pages = read_pdf(render(PLAIN, [filler, Space(extra * 4.0), section]))
        for page in pages:
            assert ("HEADING" in page.text) == ("first words" in page.text)


def test_a_whole_block_moves_to_the_next_page_but_is_cut_when_it_must_be() -> None:
    small = Whole(Text("a\nb\nc\nd\ne", STYLE))
    pages = read_pdf(render(PLAIN, [Text("line\n" * 30, STYLE), small]))
    assert "a b c d e" in pages[1].text
    huge = Whole(Text("\n".join(f"n{i}" for i in range(200)), STYLE))
    assert "n199" in text_of(render(PLAIN, [huge]))


def test_a_signature_takes_along_what_stands_before_it() -> None:
    after = [Text("content", STYLE), Space(4), Rule(), Space(4), Closing(Text("a\nb\nSIGN", STYLE))]
    for lines in range(25, 45):
        for page in read_pdf(render(PLAIN, [Text("line\n" * lines, STYLE), *after])):
            assert ("SIGN" in page.text) == ("content" in page.text), lines
    alone = render(PLAIN, [Closing(Text("SIGN\n" * 80, STYLE))])
    assert text_of(alone).count("SIGN") == 80


def test_preprinted_paper_keeps_its_margins_and_says_nothing_twice() -> None:
    head = replace(letterhead("en"), preprinted=True, preprinted_top_mm=60)
    data = render_prescription(prescription("en"), Stationery(A5, EN, head))
    (page, *_) = read_pdf(data)
    assert head.practice not in page.text
    assert head.footer not in page.text
    assert max(top for *_, top in page.boxes) <= page.height - 60 * MM
    assert min(bottom for _, _, bottom, _, _ in page.boxes) >= 20 * MM


def test_no_letterhead_and_no_names_still_print() -> None:
    doc = prescription("en")
    nobody = replace(doc.patient, name=PersonName(), birth=None, sex="unknown", number="")
    doc = replace(doc, patient=nobody, lines=(), allergies=Allergies())
    text = text_of(render_prescription(doc, Stationery(A5, EN, Letterhead())))
    assert "Name not known" in text
    assert "Allergies not asked" in text


def test_the_allergy_line_is_never_silent() -> None:
    assert Allergies().text(EN) == "Allergies not asked"
    assert Allergies("none-known").text(EN) == "No known allergies"
    asked = Allergies("none-known", asked_on=date(2026, 1, 12)).text(EN)
    assert "12-Jan-2026" in asked
    assert "Latex" in Allergies("none-known", ("Latex",)).text(EN), "a substance always counts"


def test_a_broken_logo_does_not_stop_paper() -> None:
    head = replace(letterhead("en"), logo=b"not a picture")
    data = render_prescription(prescription("en"), Stationery(A5, EN, head))
    assert head.practice in text_of(data)


def test_the_same_logo_is_stored_once() -> None:
    doc = replace(sick_note("en"), restrictions="word " * 3000)
    from clinic_desktop.printing.sick_note import render_sick_note

    data = render_sick_note(doc, Stationery(A5, EN, letterhead("en")))
    assert len(read_pdf(data)) > 1
    assert data.count(b"/Subtype /Image") <= 2, "the picture and its mask"


def test_a_document_without_end_is_refused() -> None:
    with pytest.raises(PrintError, match="500 pages"):
        render(PLAIN, [Text("x\n" * 40000, STYLE)])


def test_a_roll_is_as_long_as_its_content() -> None:
    sheet = replace(PLAIN, paper=ROLL_80)
    short, long = (
        read_pdf(render(sheet, [Text("x\n" * count, STYLE)]))[0].height for count in (1, 40)
    )
    assert long - short == pytest.approx(39 * STYLE.line_height, abs=0.1)


def test_all_fonts_are_embedded() -> None:
    on = Stationery(A5, paper_language("ar"), letterhead("ar"))
    data = render_prescription(prescription("ar"), on)
    assert data.count(b"/FontFile2") == data.count(b"/Subtype /CIDFontType2") >= 3
    assert b"Helvetica" not in data


def test_emoji_print_as_boxes_and_read_back() -> None:
    assert "😀" in text_of(render(PLAIN, [Text("mood 😀", STYLE)]))


def test_row_shares_what_fixed_columns_leave() -> None:
    row = Row((Rule(1), Rule(2), Rule(3)), (None, 40, None), gap=10)
    assert row.height(200, rtl=False) == 3
    assert row._columns(200) == [(0, 70), (80, 40), (130, 70)]


def test_stack_splits_where_a_block_ends_or_inside_it() -> None:
    stack = Stack((Space(10), Text("a\nb\nc", STYLE)))
    head, rest = stack.split(100, 10 + 2 * STYLE.line_height, rtl=False)
    assert head is not None
    assert rest is not None
    assert head.height(100, rtl=False) == pytest.approx(10 + 2 * STYLE.line_height)
    assert rest.height(100, rtl=False) == pytest.approx(STYLE.line_height)
    assert stack.split(100, 5, rtl=False) == (None, stack)


def test_digits_are_named_one_by_one() -> None:
    assert digit_names(Decimal(21), EN) == "two-one"
    assert digit_names(Decimal(10), EN) == "one-zero"
    assert digit_names(Decimal("0.5"), EN) == "zero-point-five"
    assert digit_names(Decimal("1E+2"), EN) == "one-zero-zero"


def test_births_print_as_precisely_as_they_are_known() -> None:
    on = date(2026, 11, 21)

    def plain(birth: BirthDate) -> str:
        return birth_text(birth, on, EN).replace("\u2068", "").replace("\u2069", "")

    assert plain(BirthDate.of(date(1955, 3, 14))) == "14-Mar-1955 (71 years)"
    assert plain(BirthDate.of(PartialDate(1955, 3))) == "March 1955 (71 years)"
    assert plain(BirthDate.of(PartialDate(1955))) == "1955 (~71 years)"
    assert plain(BirthDate.of(PartialDate(1955, approximate=True))).startswith("~1955")
    assert plain(BirthDate.of(date(2026, 10, 1))) == "01-Oct-2026 (7 weeks)"
    assert age_text(BirthDate.of(date(2027, 1, 1)), on, EN) == ""
    assert birth_text(None, on, EN) == ""


def test_names_follow_the_country() -> None:
    assert PersonName("Ivanova", "Maria", "Petrovna").marked == "IVANOVA Maria Petrovna"
    assert PersonName("Mwangi", "James", prefix="Dr", family_first=False).plain == "Dr James Mwangi"
    assert PersonName("الحسن", "أحمد").marked == "الحسن أحمد"


def test_an_unknown_urgency_prints_as_it_is() -> None:
    assert urgency_text("stat", Language()) == "Emergency"
    assert "two weeks" in urgency_text("two weeks", Language())


@pytest.mark.parametrize("room", [0.0, 55.0])
def test_a_pair_that_would_be_torn_stands_in_two_lines(room: float) -> None:
    pair = Pair("Electrocardiography", "-1,234.56", STYLE, room=room)
    beside = []
    for width in range(100, 200, 3):
        sheet = replace(PLAIN, paper=replace(ROLL_80, width=2 * ROLL_80.margin + width / MM))
        lines = drawn_lines(render(sheet, [pair]))
        words = {"".join(line.clusters): line.baseline for line in lines}
        beside.append(words["Electrocardiography"] == words["-1,234.56"])
    assert not beside[0]
    assert beside[-1]
    assert beside == sorted(beside)


def test_a_table_is_set_smaller_before_a_number_is_torn() -> None:
    columns = (Column("Service", 1), Column("Amount", align=Align.NUMBER), Column("Tax"))
    rows: list[tuple[str, ...]] = [("Consultation", "1,234,567,890.00", "12,345.67")]
    heights = []
    for width in range(160, 300, 10):
        made = table(columns, rows, Look(9, BLACK), width=width, rtl=False)
        assert made.fits(width)
        heights.append(made.rows[0][0].height(1000, rtl=False))
    assert heights == sorted(heights)
    assert heights[0] < heights[-1] == 9 * 1.4


@pytest.mark.parametrize("rtl", [False, True])
def test_numbers_in_a_column_end_at_the_same_place(rtl: bool) -> None:
    class Ruler(PdfWriter):
        """Remembers where lines end."""

        def line(self, line: Line, x: float, y: float, size: float, colour: Colour = BLACK) -> None:
            ends[line.text.strip("\u2066\u2069")] = x + line.width * size / EM
            super().line(line, x, y, size, colour)

    ends: dict[str, float] = {}
    columns = (Column("Text", 1), Column("Sum", align=Align.NUMBER))
    rows: list[tuple[str, ...]] = [("a", "1,500.00"), ("b", "9.99")]
    writer = Ruler(title="", author="", language="")
    writer.start_page(300, 200)
    block = table(columns, rows, Look(9, BLACK), width=280, rtl=rtl)
    block.draw(Pen(writer, 300, 200, rtl=rtl), 10, 10, 280)
    assert ends["1,500.00"] == pytest.approx(ends["9.99"])
