"""Write every document in every language on every paper as PDF and PNG, to look at.

``python -m tests.support.render_papers [FOLDER] [--hard]``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.catalogue import KINDS, LABELS, render_document
from clinic_desktop.printing.raster import DOTS_58_MM, DOTS_80_MM, page_images, raster_receipt
from clinic_desktop.printing.stamp import stamp
from tests.support import hard_papers
from tests.support import paper_samples as samples


def papers(code: str) -> Iterator[tuple[str, bytes]]:
    """Every sample in one language: its file name and its PDF."""
    language, head = samples.paper_language(code), samples.letterhead(code)
    for key, kind in KINDS.items():
        for paper in kind.papers:
            doc = samples.SAMPLES[key](code)
            pdf = render_document(key, doc, paper=paper, language=language, letterhead=head)
            yield f"{key}-{paper.key}", pdf
    note = samples.credit_note(code)
    yield "credit-note", render_document("invoice", note, language=language, letterhead=head)
    large = replace(samples.visit_summary(code), large_print=True)
    pdf = render_document("visit-summary", large, language=language, letterhead=head)
    yield "visit-summary-large", pdf


def hard_ones(code: str) -> Iterator[tuple[str, bytes]]:
    """The same with long and mixed texts, as reprints."""
    language, head = samples.paper_language(code), hard_papers.hard_letterhead(code)
    docs = [(key, key, make(code)) for key, make in hard_papers.HARD_SAMPLES.items()]
    docs.append(("credit-note", "invoice", hard_papers.credit_note(code)))
    for name, key, doc in docs:
        for paper in KINDS[key].papers:
            try:
                pdf = render_document(key, doc, paper=paper, language=language, letterhead=head)
            except PrintError:
                continue  # a label too small for so much text is refused
            if paper not in LABELS:
                pdf = stamp(pdf, samples.reprint(code), language)
            yield f"{name}-{paper.key}", pdf


def write_all(folder: Path, *, is_hard: bool) -> int:
    """Write all files; their number."""
    count = 0
    for code in PAPER_LANGUAGES:
        into = folder / code
        into.mkdir(parents=True, exist_ok=True)
        for name, pdf in hard_ones(code) if is_hard else papers(code):
            (into / f"{name}.pdf").write_bytes(pdf)
            for number, image in enumerate(page_images(pdf, 6), 1):
                image.save(into / f"{name}-{number}.png")
            if "roll-" in name and "label" not in name:
                dots = DOTS_58_MM if name.endswith("58") else DOTS_80_MM
                raster_receipt(pdf, dots).save(into / f"{name}-thermal.png")
            count += 1
    return count


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("out/papers"))
    parser.add_argument("--hard", action="store_true", help="long and mixed texts, as reprints")
    arguments = parser.parse_args()
    count = write_all(arguments.folder, is_hard=arguments.hard)
    print(f"{count} documents in {arguments.folder}")  # noqa: T201 - a script talks to a person


if __name__ == "__main__":
    main()
