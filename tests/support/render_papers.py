"""Write every document in every language on every paper as PDF and PNG, to look at.

``python -m tests.support.render_papers [FOLDER] [--words FILE.json]``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.catalogue import KINDS, render_document
from clinic_desktop.printing.paper import A4, ROLL_80
from clinic_desktop.printing.raster import DOTS_58_MM, DOTS_80_MM, page_images, raster_receipt
from tests.support import paper_samples as samples
from tests.support.paper_words import paper_words


def papers(code: str) -> Iterator[tuple[str, bytes]]:
    """Every sample in one language: its file name and its PDF."""
    language, head = samples.paper_language(code), samples.letterhead(code)
    for key, kind in KINDS.items():
        for paper in kind.papers:
            doc = samples.SAMPLES[key](code)
            pdf = render_document(key, doc, paper=paper, language=language, letterhead=head)
            yield f"{key}-{paper.key}", pdf
    for name, paper in (("invoice", A4), ("receipt", ROLL_80)):
        pdf = render_document(
            name,
            samples.SAMPLES[name](code),
            paper=paper,
            language=language,
            letterhead=head,
            reprint=samples.reprint(code),
        )
        yield f"{name}-copy", pdf
    note = samples.credit_note(code)
    yield "credit-note", render_document("invoice", note, language=language, letterhead=head)
    large = replace(samples.visit_summary(code), large_print=True)
    pdf = render_document("visit-summary", large, language=language, letterhead=head)
    yield "visit-summary-large", pdf


def write_all(folder: Path) -> int:
    """Write all files; their number."""
    count = 0
    for code in PAPER_LANGUAGES:
        into = folder / code
        into.mkdir(parents=True, exist_ok=True)
        for name, pdf in papers(code):
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
    parser.add_argument("--words", type=Path, help="translations as JSON, before they are merged")
    arguments = parser.parse_args()
    with paper_words(arguments.words) if arguments.words else nullcontext():
        count = write_all(arguments.folder)
    print(f"{count} documents in {arguments.folder}")  # noqa: T201 - a script talks to a person


if __name__ == "__main__":
    main()
