"""PDF files opened to be drawn or counted, by one thread at a time.

PDFium must not be entered by two threads at once (its own documentation says so), and papers are
made on several: whoever opens a PDF does it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import pypdfium2 as pdfium

_PDFIUM = RLock()


@contextmanager
def opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    """The document, for as short as possible. Raises ``pypdfium2.PdfiumError`` if it is none."""
    with _PDFIUM:
        document = pdfium.PdfDocument(pdf)
        try:
            yield document
        finally:
            document.close()
