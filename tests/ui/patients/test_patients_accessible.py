"""Every patient screen can be heard and walked through by Tab."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.patients.merge_view import MergeView
from clinic_desktop.ui.patients.patients_view import PatientsView
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.widgets.overlay import focus_stops, in_reading_order
from tests.ui.patients.conftest import Stage

Maker = Callable[[Stage, uuid.UUID], DrawerForm]


def _register(stage: Stage, _maria: uuid.UUID) -> RegisterView:
    form = RegisterView(stage.context, to.RegisterPatient("ivanova maria"))
    form.form.show_more(True)
    for editor in form.form.lines.values():
        editor.add_button.click()
    return form


DRAWERS: dict[str, Maker] = {
    "register": _register,
    "edit": lambda stage, maria: EditView(stage.context, to.EditPatient(maria)),
    "merge": lambda stage, maria: MergeView(stage.context, to.MergePatients(maria)),
}


def unnamed(root: QWidget) -> list[str]:
    nameless = []
    for widget in focus_stops(root):
        spoken = QAccessible.queryAccessibleInterface(widget)
        if not spoken.text(QAccessible.Text.Name).strip():
            nameless.append(f"{type(widget).__name__} {widget.objectName()}")
    return nameless


@pytest.mark.parametrize("name", DRAWERS)
def test_every_field_of_a_drawer_has_a_name_and_stands_in_the_order_of_tab(
    stage: Stage, maria: uuid.UUID, name: str
) -> None:
    form = DRAWERS[name](stage, maria)
    stage.open(form)
    stage.settle()
    assert unnamed(form) == []
    first = QApplication.focusWidget()
    walked = [first]
    while len(walked) <= len(focus_stops(stage.window)):
        stage.keys.press(Qt.Key.Key_Tab)
        if QApplication.focusWidget() is first:
            break
        walked.append(QApplication.focusWidget())
    assert set(focus_stops(form)) <= set(walked)
    inside = [stop for stop in walked if stop is not None and form.isAncestorOf(stop)]
    start = inside.index(in_reading_order(form, inside)[0])
    assert [*inside[start:], *inside[:start]] == in_reading_order(form, inside)


def test_every_part_of_the_list_has_a_name(stage: Stage, maria: uuid.UUID) -> None:
    view = PatientsView(stage.context)
    stage.show(view)
    view.go_to(to.Patients())
    stage.settle()
    stage.settle()
    assert unnamed(view) == []
