"""Wrapped words look and measure the same, whatever width was asked for before."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from clinic_desktop.ui.theme.paragraph import Paragraph

_TEXTS = ("Essential hypertension", "ارتفاع ضغط الدم الأساسي", "one\nand two", "")


def _drawn(words: Paragraph, width: int) -> QImage:
    image = QImage(width + 8, 80, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    words.draw(painter, 4, 4, width)
    painter.end()
    return image


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize("text", _TEXTS)
def test_its_lines_lie_the_same_after_other_widths(
    qapp: QApplication, text: str, *, rtl: bool
) -> None:
    used = Paragraph(text, "body", rtl=rtl)
    for width in (400, 90, 400, 90, 300):
        fresh = Paragraph(text, "body", rtl=rtl)
        assert used.height(width) == fresh.height(width)
        assert _drawn(used, width) == _drawn(fresh, width)


@pytest.mark.parametrize("rtl", [False, True])
def test_words_of_one_line_stand_at_their_side(qapp: QApplication, *, rtl: bool) -> None:
    image = _drawn(Paragraph("Hypertension", "body", rtl=rtl), 400)
    inked = [x for x in range(image.width()) if any(image.pixel(x, y) for y in range(40))]
    first, last = min(inked), max(inked)
    assert (first > 200 and last > 390) if rtl else (first < 10 and last < 200)
