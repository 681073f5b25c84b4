"""Every document on every paper in every language."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from clinic_desktop.i18n import FSI, PAPER_LANGUAGES, PDI, PSEUDO, RTL, Language
from clinic_desktop.printing import pdf
from clinic_desktop.printing.catalogue import KINDS, render_document
from clinic_desktop.printing.fonts import EM, unsupported_characters
from clinic_desktop.printing.letterhead import Letterhead
from clinic_desktop.printing.paper import MM, Paper
from clinic_desktop.printing.pdf import Colour, PdfWriter
from clinic_desktop.printing.raster import page_images
from clinic_desktop.printing.text import Line
from tests.support.paper_samples import (
    SAMPLES,
    credit_note,
    letterhead,
    paper_language,
    reprint,
)
from tests.support.paper_texts import TEXTS
from tests.support.pdf_reading import read_pdf, text_of

EVERY = [
    (kind, paper, code)
    for kind, found in KINDS.items()
    for paper in found.papers
    for code in PAPER_LANGUAGES
]
IDS = [f"{kind}-{paper.key}-{code}" for kind, paper, code in EVERY]


@dataclass(frozen=True)
class Box:
    """Where a line of text was drawn, in points from the lower left corner."""

    page: int
    text: str
    left: float
    right: float
    bottom: float
    top: float


class Notebook(PdfWriter):
    """A writer that remembers where text and pictures went."""

    pages = 0
    drawn: list[Box]
    sizes: list[tuple[float, float]]

    def start_page(self, width: float, height: float) -> None:
        self.__dict__.setdefault("drawn", [])
        self.__dict__.setdefault("sizes", []).append((width, height))
        self.pages += 1
        super().start_page(width, height)

    def line(self, line: Line, x: float, y: float, size: float, colour: Colour = pdf.BLACK) -> None:
        if line.width:
            right = x + line.width * size / EM
            low, high = y - 0.1 * size, y + 0.6 * size
            self.drawn.append(Box(self.pages - 1, line.text, x, right, low, high))
        super().line(line, x, y, size, colour)


@pytest.fixture
def notebooks(monkeypatch: pytest.MonkeyPatch) -> list[Notebook]:
    """The writers of all documents rendered in a test."""
    made: list[Notebook] = []

    def make(**arguments: str) -> Notebook:
        made.append(Notebook(**arguments))
        return made[-1]

    for module in ("page", "labels"):
        monkeypatch.setattr(f"clinic_desktop.printing.{module}.PdfWriter", make)
    return made


def render(kind: str, paper: Paper, code: str) -> bytes:
    """The sample document."""
    return render_document(
        kind,
        SAMPLES[kind](code),
        paper=paper,
        language=paper_language(code),
        letterhead=letterhead(code),
    )


@pytest.mark.parametrize(("kind", "paper", "code"), EVERY, ids=IDS)
def test_text_stays_on_the_page_and_never_overlaps(
    kind: str, paper: Paper, code: str, notebooks: list[Notebook]
) -> None:
    data = render(kind, paper, code)
    (book,) = notebooks
    assert 1 <= book.pages <= 2
    assert data.startswith(b"%PDF-")
    margin = paper.margin * MM - 0.6
    for box in book.drawn:
        width, height = book.sizes[box.page]
        assert width == pytest.approx(paper.width * MM)
        assert box.left >= margin, box
        assert box.right <= width - margin, box
        assert box.bottom >= 0, box
        assert box.top <= height, box
    for one, other in combinations(book.drawn, 2):
        apart = (
            one.page != other.page
            or one.right <= other.left + 0.01
            or other.right <= one.left + 0.01
            or one.top <= other.bottom
            or other.top <= one.bottom
        )
        assert apart, (one, other)


@pytest.mark.parametrize(("kind", "paper", "code"), EVERY, ids=IDS)
def test_what_matters_can_be_read_back(
    kind: str, paper: Paper, code: str, notebooks: list[Notebook]
) -> None:
    t = TEXTS[code]
    found = text_of(render(kind, paper, code))
    if code in RTL:  # a PDF viewer only guesses the order of a mixed line: read what was drawn
        found = " ".join(box.text for box in notebooks[0].drawn)
        found = found.replace(FSI, "").replace(PDI, "")
    expected = {
        "prescription": ["A3-2026-000124", "500 mg", "10-4471", t.given],
        "invoice": ["A3-2026-000124", t.given],
        "receipt": ["A3-2026-000412", t.given],
        "appointment-slip": ["K7Q2", t.given],
        "visit-summary": ["148/92 mmHg", "10-4471", t.given],
        "referral": ["R-2026-0031", t.given],
        "sick-note": ["S-2026-0007", t.given],
        "person-label": ["10-4471", t.given],
        "drug-label": ["LOT 88A1", "500 mg", t.given],
    }[kind]
    for words in expected:
        assert words in found, found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["en", "ar"])
def test_equal_input_gives_equal_bytes(kind: str, code: str) -> None:
    paper = KINDS[kind].default_paper
    assert render(kind, paper, code) == render(kind, paper, code)


def test_documents_made_by_several_threads_are_the_same() -> None:
    jobs = [("prescription", code) for code in PAPER_LANGUAGES] * 4

    def make(job: tuple[str, str]) -> tuple[bytes, int]:
        data = render(job[0], KINDS[job[0]].default_paper, job[1])
        return data, len(page_images(data, 2))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, jobs)) == [make(job) for job in jobs]


@pytest.mark.parametrize("kind", ["prescription", "invoice", "visit-summary"])
def test_right_to_left_pages_are_mirrored(kind: str, notebooks: list[Notebook]) -> None:
    """With equal words, what starts at the left edge starts at the right one."""
    doc, head = SAMPLES[kind]("en"), letterhead("en")
    for code in ("en", "ar"):
        render_document(kind, doc, language=Language(code), letterhead=head)
    left, right = (
        next(box for box in book.drawn if head.practice in box.text) for book in notebooks
    )
    width = notebooks[0].sizes[0][0]
    assert left.left == pytest.approx(width - right.right, abs=0.01)


@pytest.mark.parametrize("kind", ["prescription", "invoice", "receipt", "sick-note"])
def test_a_reprint_is_marked(kind: str) -> None:
    data = render_document(
        kind,
        SAMPLES[kind]("en"),
        language=paper_language("en"),
        letterhead=letterhead("en"),
        reprint=reprint("en"),
    )
    assert "COPY 2 · printed 21-Nov-2026 10:41 by Anna Reid" in text_of(data)
    assert "COPY" not in text_of(render(kind, KINDS[kind].default_paper, "en"))


def test_a_credit_note_says_what_it_refers_to() -> None:
    data = render_document(
        "invoice", credit_note("en"), language=paper_language("en"), letterhead=letterhead("en")
    )
    assert "Credit note" in text_of(data)
    assert "A3-2026-000124" in text_of(data)
    assert "-£1,500.00" in text_of(data)


def test_large_print_is_16_points(notebooks: list[Notebook]) -> None:
    doc = replace(SAMPLES["visit-summary"]("en"), large_print=True)
    data = render_document(
        "visit-summary", doc, language=paper_language("en"), letterhead=letterhead("en")
    )
    sizes = {round((box.top - box.bottom) / 0.7) for box in notebooks[0].drawn}
    assert 16 in sizes
    assert len(read_pdf(data)) > 1


@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_samples_print_without_boxes(code: str) -> None:
    for kind, paper, language in EVERY:
        if language == code:
            found = text_of(render(kind, paper, code))
            assert unsupported_characters(found) == ()


def test_every_kind_has_a_title_and_a_default_paper() -> None:
    for kind in KINDS.values():
        assert kind.title(Language()) == kind.message
        assert kind.default_paper in kind.papers


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="InvoiceDoc"):
        render_document(
            "invoice", SAMPLES["receipt"]("en"), language=Language(), letterhead=Letterhead()
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_pseudo_locale_finds_no_text_that_does_not_fit(
    kind: str, notebooks: list[Notebook]
) -> None:
    for paper in KINDS[kind].papers:
        render_document(
            kind,
            SAMPLES[kind]("en"),
            paper=paper,
            language=Language(PSEUDO),
            letterhead=letterhead("en"),
        )
    for book in notebooks:
        for box in book.drawn:
            assert box.right <= book.sizes[box.page][0]
