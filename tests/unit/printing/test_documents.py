"""Every document on every paper in every language."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from clinic_desktop.i18n import FSI, PAPER_LANGUAGES, PDI, PSEUDO, RTL, Language
from clinic_desktop.printing.catalogue import KINDS, LABELS, render_document
from clinic_desktop.printing.fonts import unsupported_characters
from clinic_desktop.printing.letterhead import Letterhead
from clinic_desktop.printing.paper import A4, LABEL_50X25, MM, Paper
from clinic_desktop.printing.raster import page_images
from clinic_desktop.printing.stamp import stamp
from tests.support.hard_papers import HARD_SAMPLES, hard_letterhead
from tests.support.notebook import Notebook, lies_well
from tests.support.paper_samples import (
    SAMPLES,
    credit_note,
    letterhead,
    paper_language,
    reprint,
)
from tests.support.paper_texts import TEXTS
from tests.support.pdf_reading import PdfPage, read_pdf, text_of

EVERY = [
    (kind, paper, code)
    for kind, found in KINDS.items()
    for paper in found.papers
    for code in PAPER_LANGUAGES
]
IDS = [f"{kind}-{paper.key}-{code}" for kind, paper, code in EVERY]


def render(kind: str, paper: Paper, code: str, *, is_hard: bool = False) -> bytes:
    """The sample document, or the hard one."""
    return render_document(
        kind,
        (HARD_SAMPLES if is_hard else SAMPLES)[kind](code),
        paper=paper,
        language=paper_language(code),
        letterhead=(hard_letterhead if is_hard else letterhead)(code),
    )


@pytest.mark.parametrize(("kind", "paper", "code"), EVERY, ids=IDS)
def test_text_stays_on_the_page_and_never_overlaps(
    kind: str, paper: Paper, code: str, notebooks: list[Notebook]
) -> None:
    data = render(kind, paper, code)
    assert data.startswith(b"%PDF-")
    assert 1 <= notebooks[0].pages <= 2
    lies_well(notebooks[0], paper)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_long_texts_stay_on_the_page_and_never_overlap(
    kind: str, code: str, notebooks: list[Notebook]
) -> None:
    for paper in KINDS[kind].papers:
        if paper is not LABEL_50X25:  # what does not fit is refused: test_labels_and_raster.py
            render(kind, paper, code, is_hard=True)
            lies_well(notebooks[-1], paper)


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
        "consent": ["3", t.given],
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


@pytest.mark.parametrize("kind", [key for key, kind in KINDS.items() if kind.papers != LABELS])
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_a_reprint_is_marked_where_the_paper_is_white(kind: str, code: str) -> None:
    """Above all there is on the page, and below what an office printer leaves white."""
    for paper in KINDS[kind].papers:
        data = render(kind, paper, code)
        marked = stamp(data, reprint(code), paper_language(code))
        is_marked(read_pdf(data), read_pdf(marked), paper)


def is_marked(pages: list[PdfPage], marked: list[PdfPage], paper: Paper) -> None:
    """Assert that each page carries a mark above its own text, where a printer can print."""
    assert len(marked) == len(pages)
    for before, after in zip(pages, marked, strict=True):
        added = set(after.boxes) - set(before.boxes)
        assert set(before.boxes) < set(after.boxes)
        assert min(bottom for _, _, bottom, _, _ in added) >= max(box[4] for box in before.boxes)
        if not paper.is_roll:
            assert max(top for *_, top in added) <= after.height - 4.2 * MM


def test_the_mark_says_which_copy_it_is() -> None:
    data = render("invoice", A4, "en")
    marked = stamp(data, reprint("en"), paper_language("en"))
    assert "COPY 2 · printed 21-Nov-2026 10:41 by Anna Reid" in text_of(marked)
    assert "COPY" not in text_of(data)


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
