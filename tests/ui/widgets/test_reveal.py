"""What a page says about a wrong field or a refusal is seen, however far it is scrolled."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.notice import Notice
from tests.ui.widgets.conftest import Place


def seen(widget: QWidget) -> bool:
    """Is all of it on the screen?"""
    return widget.visibleRegion().boundingRect().size() == widget.size()


def long_page(place: Place) -> tuple[QScrollArea, Notice, list[FormRow]]:
    """A notice above more fields than the window holds."""
    notice, form = Notice(Tone.DANGER, "The password was not changed."), Form()
    rows = [form.add(f"Field {number}", QLineEdit()) for number in range(30)]
    page, area = QWidget(), QScrollArea()
    column = QVBoxLayout(page)
    column.addWidget(notice)
    column.addWidget(form)
    area.setWidgetResizable(True)
    area.setWidget(page)
    place(area)
    return area, notice, rows


def test_the_words_below_a_wrong_field_come_into_sight(place: Place, qtbot: QtBot) -> None:
    _area, _notice, rows = long_page(place)
    last = rows[-1]
    assert not seen(last)
    last.set_error("A sentence that says what is wrong, and how it is put right.")
    last.field.setFocus()
    qtbot.waitUntil(lambda: seen(last.message) and seen(last))


def test_of_several_wrong_fields_the_one_with_the_caret_is_shown(
    place: Place, qtbot: QtBot
) -> None:
    _area, _notice, rows = long_page(place)
    rows[0].field.setFocus()
    rows[20].set_error("wrong")
    rows[25].set_error("wrong too")
    rows[20].field.setFocus()
    qtbot.waitUntil(lambda: seen(rows[20].message))
    assert not seen(rows[25].message)


def test_a_refusal_above_is_scrolled_to(place: Place, qtbot: QtBot) -> None:
    area, notice, rows = long_page(place)
    area.ensureWidgetVisible(rows[-1])
    assert not seen(notice)
    notice.say()
    qtbot.waitUntil(lambda: seen(notice))
