"""PDF files opened to be drawn or counted, by one thread at a time.

PDFium must not be entered by two threads at once (its own documentation says so), and papers are
made on several: whoever opens a PDF does it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pypdfium2 as pdfium

_PDFIUM = RLock()


@contextmanager
def opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    """The document, for as short as possible. Raises ``pypdfium2.PdfiumError`` if it is none."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - loaded with the first file that is read

    with _PDFIUM:
        document = pdfium.PdfDocument(pdf)
        try:
            yield document
        finally:
            document.close()
