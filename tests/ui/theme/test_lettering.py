"""Remembered lines of text look like those that Qt lays out anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme import lettering
from clinic_desktop.ui.theme.lettering import LEFT, MIDDLE, RIGHT, Face
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import Appearance, apply

ROOM = QRect(20, 20, 300, 101)
SIDES = {
    LEFT: Qt.AlignmentFlag.AlignLeft,
    MIDDLE: Qt.AlignmentFlag.AlignHCenter,
    RIGHT: Qt.AlignmentFlag.AlignRight,
}
TEXTS = ("OKAFOR Adaeze", "Иванова Мария", "أحمد الحسن", "34 F · A3-000001", "נועה לוי")


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    apply(qapp, Appearance())


def drawing(draw: Callable[[QPainter], object]) -> QImage:
    image = QImage(340, 141, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw(painter)
    painter.end()
    return image


def plainly(text: str, face: Face, side: Qt.AlignmentFlag, room: QRect = ROOM) -> QImage:
    def draw(painter: QPainter) -> None:
        painter.setFont(look().font(face.role, tabular=face.tabular))
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)

    return drawing(draw)


@pytest.mark.parametrize("lean", SIDES)
@pytest.mark.parametrize("text", TEXTS)
def test_a_line_stands_where_qt_would_put_it(text: str, lean: float) -> None:
    for face in (Face(), Face("strong"), Face("caption"), Face("body", tabular=True)):
        shown = drawing(lambda p, f=face: lettering.draw(p, ROOM, isolate(text), f, lean))  # type: ignore[misc]
        assert shown == plainly(isolate(text), face, SIDES[lean])


def test_a_line_is_remembered_for_its_size_only(qapp: QApplication) -> None:
    before = lettering.width("Adaeze", Face())
    apply(qapp, Appearance(scale=200))
    assert lettering.width("Adaeze", Face()) > before * 1.9


def test_what_does_not_fit_ends_in_dots() -> None:
    room, text = QRect(20, 20, 90, 40), "Adaeze Okafor of Kilimani"
    short = look().metrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    assert short.endswith("…")
    shown = drawing(lambda painter: lettering.draw(painter, room, text, Face()))
    assert shown == plainly(short, Face(), Qt.AlignmentFlag.AlignLeft, room)


def test_line_breaks_become_spaces() -> None:
    shown = drawing(lambda painter: lettering.draw(painter, ROOM, "one\ntwo\u2028three", Face()))
    assert shown == plainly("one two three", Face(), Qt.AlignmentFlag.AlignLeft)


def test_letters_are_not_cut_where_a_line_is_low() -> None:
    low = QRect(20, 60, 300, 8)
    shown = drawing(lambda painter: lettering.draw(painter, low, "أحمد", Face("strong"), LEFT))
    high = QRect(20, 14, 300, 100)
    assert shown == plainly("أحمد", Face("strong"), Qt.AlignmentFlag.AlignLeft, high)
