"""Lists of facts: painted rows that say, wrap and mirror all they hold."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import Appearance, apply
from clinic_desktop.ui.theme.tokens import Theme, Tone
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.column import Column, scrolled
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList, FactRow
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.pill import PillSpec
from tests.support import screen_checks
from tests.ui.widgets.conftest import Place

LONG = "Feels well. Home glucose 6.8–8.4 mmol/L in the mornings. Metformin continued. " * 4
DIABETES = Fact(1, "Type 2 diabetes mellitus", "E11.9 · since 2014", PillSpec("watch", Tone.WARN))
PRESSURE = Fact(2, "Essential hypertension", "I10 · since 2011")


def rows(shown: FactList) -> list[FactRow]:
    return [row for row in shown.findChildren(FactRow) if not row.isHidden()]


def drawn(widget: QWidget, box: QRect) -> set[str]:
    image: QImage = widget.grab(box).toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


def test_a_row_says_all_that_it_shows(place: Place) -> None:
    shown = FactList()
    shown.show_facts([DIABETES, Fact(3, "Weight", trend=samples.HBA1C)])
    place(shown)
    first, second = (QAccessible.queryAccessibleInterface(row) for row in rows(shown))
    assert first is not None
    assert second is not None
    assert first.role() == QAccessible.Role.StaticText
    words = first.text(QAccessible.Text.Name)
    assert words == "Type 2 diabetes mellitus, E11.9 · since 2014, watch"
    assert second.text(QAccessible.Text.Description) == samples.HBA1C.summary()
    assert rows(shown)[1].toolTip() == samples.HBA1C.summary()


def test_rows_are_kept_for_the_next_facts(place: Place) -> None:
    shown = FactList("Nothing recorded.")
    shown.show_facts([DIABETES, PRESSURE])
    place(shown)
    before = rows(shown)
    shown.show_facts([PRESSURE])
    assert rows(shown) == before[:1]
    assert rows(shown)[0].text() == "Essential hypertension\nI10 · since 2011"
    shown.show_facts([])
    assert rows(shown) == []
    assert not shown._none.isHidden()
    shown.show_facts([PRESSURE, DIABETES])
    assert rows(shown) == before


def test_a_row_has_the_height_of_its_words_before_the_layouts_have_made_room(place: Place) -> None:
    """Whoever looks between two steps of a layout must not find it squeezed."""
    shown, column = FactList(), Column()
    column.body.addWidget(shown)
    place(scrolled(column))
    shown.show_facts([Fact(number, "Visit", LONG) for number in range(40)])
    for row in rows(shown):
        assert row.height() == row.heightForWidth(row.width()) > 3 * look().metrics().height()
    screen_checks.settle()
    assert shown.height() == sum(row.height() for row in rows(shown))
    assert column.height() >= shown.height()
    assert screen_checks.clipping_problems(shown) == []


@pytest.mark.parametrize("scale", [100, 200])
def test_nothing_is_cut_however_narrow_and_large(
    qapp: QApplication, place: Place, scale: int
) -> None:
    shown = FactList()
    window = place(shown)
    apply(qapp, Appearance(Theme.LIGHT, scale=scale, reduced_motion=True))
    shown.show_facts([DIABETES, Fact(2, "Arterial hypertension", LONG, trend=samples.HBA1C)])
    screen_checks.settle()
    window.resize(window.minimumSizeHint().width(), 900)
    screen_checks.settle()
    assert screen_checks.clipping_problems(shown) == []


def test_marks_stand_at_the_trailing_edge(qapp: QApplication, place: Place) -> None:
    shown = FactList()
    shown.show_facts([DIABETES])
    place(shown)
    (row,) = rows(shown)
    ground = look().tone(Tone.WARN)[1].name()
    left = QRect(0, 0, row.width() // 2, row.height())
    right = left.translated(row.width() // 2, 0)
    assert ground in drawn(row, right) - drawn(row, left)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    screen_checks.settle()
    assert ground in drawn(row, left) - drawn(row, right)


def test_a_text_put_together_from_values_runs_like_the_window(
    qapp: QApplication, place: Place
) -> None:
    """As it does in a label: the first letter outside the values does not decide."""
    shown = FactList()
    shown.show_facts([Fact(1, f"{isolate('21-Nov')} زيارة"), Fact(2, f"زيارة {isolate('21-Nov')}")])
    place(shown)
    first, second = rows(shown)
    pictures = [row.grab().toImage() for row in (first, second)]
    assert pictures[0] != pictures[1]


def action(pressed: list[str], name: str) -> FactAction:
    return FactAction(Icon.CHECK, f"Resolve {name}", lambda: pressed.append(name))


def test_a_held_button_does_not_act_on_the_fact_that_took_its_place(place: Place) -> None:
    pressed: list[str] = []
    shown = FactList()
    shown.show_facts([Fact(1, "Asthma", actions=(action(pressed, "asthma"),))])
    place(shown)
    (button,) = shown.findChildren(IconButton)
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    shown.show_facts([Fact(2, "Gout", actions=(action(pressed, "gout"),))])
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert pressed == []
    assert button.accessibleName() == "Resolve gout"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == ["gout"]


def test_a_button_keeps_the_keyboard_while_its_fact_is_read_again(place: Place) -> None:
    pressed: list[str] = []
    shown = FactList()
    shown.show_facts([Fact(1, "Asthma", actions=(action(pressed, "old"),))])
    place(shown)
    (button,) = shown.findChildren(IconButton)
    button.setFocus()
    again = FactAction(Icon.CHECK, "Resolve old", lambda: pressed.append("new"))
    shown.show_facts([Fact(1, "Asthma", "since 2026", actions=(again,))])
    assert button.hasFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert pressed == ["new"]
