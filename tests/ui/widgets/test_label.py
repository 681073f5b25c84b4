"""A label follows the text size, and the direction of its window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.widgets.label import LRM, RLM, Label


def test_a_shown_label_grows_with_the_text_and_shrinks_again(
    qtbot: QtBot, qapp: QApplication
) -> None:
    """Both ways, although a changed style sheet brings the old font back."""
    was = look().appearance
    apply(qapp, Appearance(scale=100))
    label = Label("Blood pressure", "title")
    qtbot.addWidget(label)
    label.show()
    try:
        for scale in (200, 100):
            apply(qapp, Appearance(scale=scale))
            assert label.font().pointSizeF() == look().font("title").pointSizeF()
    finally:
        apply(qapp, was)


def test_a_text_put_together_from_values_runs_like_the_window(qtbot: QtBot) -> None:
    """A time and Latin words begin on the right in Arabic."""
    text = f"{isolate('12:20 م')} · Blood pressure"
    label = Label(text)
    qtbot.addWidget(label)
    label.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert QLabel.text(label) == RLM + text
    label.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert QLabel.text(label) == LRM + text
    assert label.text() == text


def test_a_text_of_one_piece_keeps_its_own_direction(qtbot: QtBot) -> None:
    """A name is not touched."""
    label = Label("أحمد الحسن")
    qtbot.addWidget(label)
    assert QLabel.text(label) == "أحمد الحسن"


def test_a_sentence_in_arabic_may_begin_with_a_latin_word(qtbot: QtBot) -> None:
    """Its full stop stands at its left all the same."""
    text = "4. Enter يفتح الملف."
    label = Label(text)
    qtbot.addWidget(label)
    label.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert QLabel.text(label) == RLM + text


def test_lines_from_right_to_left_begin_at_one_edge(qtbot: QtBot) -> None:
    text = "كل حاسوب يعمل وحده ويحمل السجل كله. " * 3
    label = Label(text, wrap=True)
    qtbot.addWidget(label)
    label.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    label.resize(300, 200)
    assert label.text() == text
    edges = _right_edges(label)
    assert len(edges) > 1
    assert max(edges) - min(edges) <= 2


def _right_edges(label: Label) -> list[int]:
    """Where the ink of each line begins, seen from the right; lone dots are no line."""
    label.setStyleSheet("background: white; color: black")
    image = label.grab().toImage()
    lines: list[list[int]] = [[]]
    for y in range(image.height()):
        inked = [x for x in range(image.width()) if image.pixelColor(x, y).lightness() < 128]
        if inked:
            lines[-1].append(inked[-1])
        elif lines[-1]:
            lines.append([])
    return [max(each) for each in lines if len(each) > 6]
