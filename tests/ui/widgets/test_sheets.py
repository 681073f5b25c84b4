"""Drawer, toast, shortcut sheet, buttons: what opens, closes and is pressed once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.drawer import Drawer
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel
from clinic_desktop.ui.widgets.shortcut_overlay import ShortcutGroup, ShortcutOverlay
from clinic_desktop.ui.widgets.toast import toast_of
from tests.support import screen_checks
from tests.ui.widgets.conftest import Place


@pytest.fixture
def behind() -> QLineEdit:
    return QLineEdit()


@pytest.fixture
def drawer(place: Place, behind: QLineEdit) -> Drawer:
    window = place(behind)
    behind.setAccessibleName("Behind")
    behind.setFocus()
    made = Drawer(window, "New patient")
    for name in ("Family name", "Given name"):
        field = QLineEdit()
        field.setAccessibleName(name)
        made.body.addWidget(field)
    made.set_primary("Save patient")
    made.open()
    screen_checks.settle()
    return made


def _focused() -> str:
    widget = QApplication.focusWidget()
    return widget.accessibleName() if widget is not None else ""


def test_a_drawer_takes_the_focus_and_gives_it_back(drawer: Drawer, qtbot: QtBot) -> None:
    assert _focused() == "Family name"
    with qtbot.waitSignal(drawer.closed):
        screen_checks.press(Qt.Key.Key_Escape)
    assert not drawer.isVisible()
    assert _focused() == "Behind"


def test_tab_stays_in_an_open_drawer(drawer: Drawer) -> None:
    seen = []
    for _ in range(5):
        screen_checks.press(Qt.Key.Key_Tab)
        seen.append(_focused())
    assert "Behind" not in seen
    assert {"Family name", "Given name", "Save patient", "Close (Esc)"} <= set(seen)


@pytest.mark.parametrize("shift", [False, True])
def test_ctrl_enter_submits_and_shift_prints_too(drawer: Drawer, qtbot: QtBot, shift: bool) -> None:
    keys = Qt.KeyboardModifier.ControlModifier
    if shift:
        keys |= Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(drawer.submitted) as submitted:
        screen_checks.press(Qt.Key.Key_Return, keys)
    assert submitted.args == [shift]


def test_a_drawer_with_unsaved_work_can_refuse_to_close(drawer: Drawer) -> None:
    drawer.may_close = lambda: False
    field = QApplication.focusWidget()
    screen_checks.press(Qt.Key.Key_Escape)
    assert drawer.isVisible()
    assert _focused() == "Go on with it"
    screen_checks.press(Qt.Key.Key_Space)
    assert QApplication.focusWidget() is field
    assert not drawer._question.isVisible()


def test_unsaved_work_is_thrown_away_only_when_that_is_said(drawer: Drawer) -> None:
    drawer.may_close = lambda: False
    screen_checks.press(Qt.Key.Key_Escape)
    screen_checks.press(Qt.Key.Key_Escape)
    assert drawer.isVisible()
    screen_checks.press(Qt.Key.Key_Tab)
    assert _focused() == "Throw it away"
    screen_checks.press(Qt.Key.Key_Space)
    assert not drawer.isVisible()


def test_a_drawer_stands_at_the_trailing_edge(drawer: Drawer, qapp: QApplication) -> None:
    host = drawer.parentWidget()
    assert isinstance(host, QWidget)
    assert drawer.geometry().right() == host.rect().right()
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    drawer.close_drawer()
    drawer.open()
    assert drawer.x() == 0


def test_a_drawer_slides_when_motion_is_wanted(
    drawer: Drawer, qtbot: QtBot, qapp: QApplication
) -> None:
    drawer.close_drawer()
    apply(qapp, Appearance(Theme.LIGHT, reduced_motion=False))
    drawer.open()
    host = drawer.parentWidget()
    assert isinstance(host, QWidget)
    qtbot.waitUntil(lambda: drawer.geometry().right() == host.rect().right())
    with qtbot.waitSignal(drawer.closed):
        drawer.close_drawer()


def test_a_toast_can_be_undone_and_is_announced(place: Place, qtbot: QtBot) -> None:
    window = place(QLineEdit())
    undone: list[bool] = []
    toast = toast_of(window)
    toast.show_message("Appointment moved", run=lambda: undone.append(True))
    assert toast.isVisible()
    assert toast.accessibleName() == "Appointment moved"
    toast.button.click()
    assert undone == [True]
    assert not toast.isVisible()
    assert toast_of(window) is toast


def test_a_second_toast_ends_the_first_ones_time(place: Place, qtbot: QtBot) -> None:
    window = place(QLineEdit())
    toast = toast_of(window)
    toast.show_message("First", run=lambda: None)
    with qtbot.waitSignal(toast.expired):
        toast.show_message("Second")
    assert not toast.button.isVisible()
    toast.dismiss()


def test_the_shortcut_sheet_shows_keys_and_closes_with_f1(place: Place) -> None:
    field = QLineEdit()
    window = place(field)
    field.setFocus()
    sheet = ShortcutOverlay(window)
    sheet.open([ShortcutGroup("Everywhere", (("Command palette", "Ctrl+K"),))])
    words = set(screen_checks.words_of(sheet))
    assert "Command palette" in words
    screen_checks.press(Qt.Key.Key_F1)
    assert not sheet.isVisible()
    assert field.hasFocus()


def test_a_double_click_pays_once(place: Place, qtbot: QtBot) -> None:
    pay, plain = Button("Take payment", "primary"), Button("Next")
    place(pay, plain)
    clicks: list[str] = []
    pay.clicked.connect(lambda: clicks.append("paid"))
    plain.clicked.connect(lambda: clicks.append("next"))
    for button in (pay, plain):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert clicks == ["paid", "next", "next"]


def test_a_held_enter_key_presses_once(place: Place) -> None:
    button = Button("Sign note")
    place(button)
    clicks: list[int] = []
    button.clicked.connect(lambda: clicks.append(1))
    button.setFocus()
    for repeat in (False, True, True):
        event = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", repeat
        )
        QApplication.sendEvent(button, event)
    assert len(clicks) == 1


def test_a_button_says_its_words_without_marks_and_keys(place: Place) -> None:
    button = Button("&Sign R&&D", "primary", shortcut="Ctrl+Return", show_shortcut=True)
    place(button)
    assert button.accessibleName() == "Sign R&D"
    assert "↵" in button.text()


def test_progress_is_cancelled_once(place: Place, qtbot: QtBot) -> None:
    panel = ProgressPanel("Importing records")
    place(panel)
    panel.set_progress(1, 10, "1 of 10")
    with qtbot.waitSignal(panel.cancelled):
        panel.cancel.click()
    assert not panel.cancel.isEnabled()
    panel.start("Importing again")
    assert panel.cancel.isEnabled()
    panel.finish("Done: 10 records.")


def _ring(window: QWidget) -> bool:
    ring = window.findChild(QWidget, "focus.ring")
    return isinstance(ring, QWidget) and ring.isVisible()


def test_the_focus_ring_follows_the_keyboard_and_spares_clicked_buttons(place: Place) -> None:
    first, second, field = Button("Save note"), Button("Print note"), QLineEdit()
    window = place(first, second, field)
    first.setFocus(Qt.FocusReason.TabFocusReason)
    assert _ring(window)
    QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert second.hasFocus()
    assert not _ring(window)
    QTest.keyClick(second, Qt.Key.Key_Tab)
    assert _ring(window)
    first.setFocus(Qt.FocusReason.OtherFocusReason)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert _ring(window)
