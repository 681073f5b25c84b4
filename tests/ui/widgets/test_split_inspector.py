"""Two panes: their shares, the handle, and the order in which they stand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme
from clinic_desktop.ui.widgets.split_inspector import SplitInspector
from tests.support.screen_checks import settle
from tests.ui.widgets.conftest import Place


@pytest.fixture
def panes(place: Place) -> SplitInspector:
    """A list with three quarters of 1,000 px, its detail with one."""
    made = SplitInspector(shares=(3, 1))
    made.hold(QWidget(made.splitter), QWidget(made.splitter))
    place(made)
    made.window().resize(1024, 600)
    settle()
    return made


def share_of_main(panes: SplitInspector) -> float:
    main, detail = panes.splitter.sizes()
    return main / (main + detail)


def test_the_panes_keep_their_shares_at_every_width(panes: SplitInspector) -> None:
    for width in (1400, 1000, 1200):
        panes.window().resize(width, 600)
        settle()
        assert share_of_main(panes) == pytest.approx(0.75, abs=0.01)


def test_larger_text_and_back_leaves_the_shares(panes: SplitInspector, qapp: QApplication) -> None:
    apply(qapp, Appearance(Theme.LIGHT, scale=200, reduced_motion=True))
    settle()
    assert panes.splitter.orientation() == Qt.Orientation.Vertical
    apply(qapp, Appearance(Theme.LIGHT, reduced_motion=True))
    settle()
    assert panes.splitter.orientation() == Qt.Orientation.Horizontal
    assert share_of_main(panes) == pytest.approx(0.75, abs=0.01)


def test_a_handle_that_was_moved_stays(panes: SplitInspector) -> None:
    handle = panes.splitter.handle(1)
    middle = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(handle, middle - QPoint(250, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle - QPoint(250, 0))
    assert share_of_main(panes) == pytest.approx(0.5, abs=0.03)
    panes.window().resize(1200, 600)
    settle()
    assert share_of_main(panes) < 0.65


@pytest.mark.parametrize("scale", [100, 200])
def test_it_is_never_a_strip_without_a_line(place: Place, qapp: QApplication, scale: int) -> None:
    """The screen around it scrolls as a whole before that."""
    panes = SplitInspector(QWidget(), QWidget())
    place(panes)
    apply(qapp, Appearance(Theme.LIGHT, scale=scale, reduced_motion=True))
    least, lines = panes.minimumSizeHint().height(), 2 * look().tall_row_height
    apply(qapp, Appearance(Theme.LIGHT, reduced_motion=True))
    assert least >= lines
