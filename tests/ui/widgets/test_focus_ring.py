"""What lies around the focus can be read."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.widgets import focus_ring
from clinic_desktop.ui.widgets.form import Form


def test_the_ring_of_a_field_leaves_its_label_whole(qtbot: QtBot) -> None:
    """The ring reaches over the edge of a field: descenders of the words above stay to be read."""
    form, edit = Form(), QLineEdit()
    row = form.add("Why", edit)
    qtbot.addWidget(form)
    with qtbot.waitExposed(form):
        form.show()
    room = edit.geometry().top() - row.label.geometry().bottom() - 1
    assert room >= focus_ring.REACH
