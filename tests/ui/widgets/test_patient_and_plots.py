"""Banner, tabs, notes and plots."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.theme.look import Appearance, look
from clinic_desktop.ui.theme.style import apply
from clinic_desktop.ui.theme.tokens import HIGH_CONTRAST, Theme, Tone
from clinic_desktop.ui.widgets.avatar import Avatar, initials
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.nav_rail import NavRail
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.overlay import focus_stops
from clinic_desktop.ui.widgets.patient_banner import AllergyState, PatientBanner, PatientCard
from clinic_desktop.ui.widgets.pill import Pill, visit_status
from clinic_desktop.ui.widgets.segmented import Option
from clinic_desktop.ui.widgets.suggestions import Suggestion, Suggestions
from clinic_desktop.ui.widgets.tabs import SectionTabs, TabStrip
from clinic_desktop.ui.widgets.trend_plot import Trend, TrendPlot, ticks
from tests.support import screen_checks
from tests.ui.widgets.conftest import Place


def _pills(banner: PatientBanner) -> list[Pill]:
    return [pill for pill in banner.findChildren(Pill) if not pill.isHidden()]


@pytest.mark.parametrize(
    ("state", "allergies", "words", "tone"),
    [
        (AllergyState.RECORDED, ("Penicillin",), "Penicillin", Tone.DANGER),
        (AllergyState.NONE_KNOWN, (), "No known allergies (12-Jan)", Tone.OK),
        (AllergyState.NOT_ASKED, (), "Allergies not asked", Tone.WARN),
        (AllergyState.RECORDED, (), "Allergies not asked", Tone.WARN),
    ],
)
def test_the_allergy_zone_is_never_empty(
    place: Place, state: AllergyState, allergies: tuple[str, ...], words: str, tone: Tone
) -> None:
    card = PatientCard("Otieno", "Brian", allergy_state=state, allergies=allergies, asked="12-Jan")
    banner = PatientBanner(card)
    place(banner)
    pill = _pills(banner)[0]
    assert (pill.text(), pill.spec.tone) == (words, tone)
    assert words in banner.accessibleDescription()


def test_the_name_is_family_in_capitals_then_given() -> None:
    assert samples.IVANOVA.name == "ИВАНОВА Мария Петровна"
    assert samples.HASSAN.name == "أحمد الحسن"
    assert PatientCard("Otieno", "Brian").name == "OTIENO Brian"
    assert PatientCard("", "").name == "Name not known"


def test_a_banner_that_shows_the_next_patient_keeps_nothing_of_the_last(place: Place) -> None:
    banner = PatientBanner(samples.IVANOVA)
    place(banner)
    banner.set_card(samples.OTIENO)
    screen_checks.settle()
    words = " ".join(screen_checks.words_of(banner))
    assert "ИВАНОВА" not in words
    assert "Penicillin" not in words


@given(st.text(max_size=8), st.text(max_size=8))
def test_initials_are_one_or_two_signs_and_never_nothing(family: str, given_name: str) -> None:
    assert len(initials(family, given_name).strip() or "?") >= 1


def test_a_broken_photo_leaves_the_initials(place: Place) -> None:
    avatar = Avatar("AB", "Ann B")
    place(avatar)
    before = avatar.grab().toImage()
    avatar.set_photo(b"no picture")
    assert avatar.grab().toImage() == before


def test_every_status_has_its_own_sign_and_word() -> None:
    codes = ("booked", "confirmed", "arrived", "in-room", "to-bill", "done", "no-show", "cancelled")
    pills = [visit_status(code) for code in codes]
    assert len({pill.glyph for pill in pills}) == len(codes)
    assert len({pill.text for pill in pills}) == len(codes)
    assert visit_status("in_room", "2").text == "In room 2"


def test_ctrl_tab_goes_round_the_open_patients(place: Place, qtbot: QtBot) -> None:
    strip = TabStrip("Open patients")
    window = place(strip, QLineEdit())
    for key, name in ((1, "IVANOVA Maria"), (2, "OTIENO Brian"), (3, "HASSAN Ahmed")):
        strip.add(key, name)
    assert strip.current() == 3
    assert len({strip.tone_of(key) for key in strip.keys()}) == 3  # noqa: SIM118 - not a dict
    QTest.keyClick(window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert strip.current() == 1
    with qtbot.waitSignal(strip.activated) as activated:
        strip.remove(1)
    assert activated.args == [2]
    strip.add(3, "HASSAN Ahmed")
    assert strip.keys() == (2, 3)


def test_a_cross_asks_to_close_its_own_tab(place: Place, qtbot: QtBot) -> None:
    strip = TabStrip("Open patients")
    place(strip)
    for key in (1, 2):
        strip.add(key, f"Patient {key}")
    crosses = {b.accessibleName(): b for b in strip.findChildren(IconButton)}
    with qtbot.waitSignal(strip.close_wanted) as wanted:
        next(b for name, b in crosses.items() if "Patient 1" in name).click()
    assert wanted.args == [1]


def test_section_tabs_go_with_the_arrows(place: Place, qtbot: QtBot) -> None:
    tabs = SectionTabs([Option("s", "Summary"), Option("v", "Visits")], "Sections")
    place(tabs)
    first = focus_stops(tabs)[0]
    first.setFocus()
    with qtbot.waitSignal(tabs.changed) as changed:
        QTest.keyClick(first, Qt.Key.Key_Right)
    assert changed.args == ["v"]
    assert len(focus_stops(tabs)) == 1


def test_the_rail_goes_where_its_buttons_say(place: Place, qtbot: QtBot) -> None:
    rail = NavRail("Places")
    rail.add("today", "layout-list", "Today", "Ctrl+1")
    rail.add("patients", "users", "Patients", "Ctrl+2")
    window = place(rail)
    with qtbot.waitSignal(rail.chosen) as chosen:
        QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert chosen.args == ["patients"]


# ---------------------------------------------------------------- notes


def test_tab_jumps_through_the_blanks_and_then_leaves(place: Place, qtbot: QtBot) -> None:
    note, other = NoteEdit("Note"), QLineEdit()
    place(note, other)
    note.setFocus()
    note.insert_text("Cough for ⟦days⟧ days, fever ⟦yes/no⟧.")
    assert note.textCursor().selectedText() == "⟦days⟧"
    QTest.keyClicks(note, "3")
    screen_checks.press(Qt.Key.Key_Tab)
    assert note.textCursor().selectedText() == "⟦yes/no⟧"
    QTest.keyClicks(note, "no")
    assert note.text() == "Cough for 3 days, fever no."
    assert note.blanks_left() == 0
    screen_checks.press(Qt.Key.Key_Tab)
    assert other.hasFocus()


def test_a_slash_opens_the_menu_and_its_word_goes_when_a_line_is_taken(
    place: Place, qtbot: QtBot
) -> None:
    note = NoteEdit("Note")
    place(note)
    words: list[str] = []
    note.slash_wanted.connect(words.append)
    note.slash_wanted.connect(lambda word: note.show_slash(word, [Suggestion("rx", "Prescribe")]))
    note.setFocus()
    QTest.keyClicks(note, "Fever. /rx")
    assert words[-1] == "rx"
    popup = note.window().findChild(Suggestions)
    assert isinstance(popup, Suggestions)
    assert popup.isVisible()
    with qtbot.waitSignal(note.slash_taken) as taken:
        QTest.keyClick(note, Qt.Key.Key_Return)
    assert taken.args[0].value == "rx"
    assert note.text() == "Fever. "
    assert not popup.isVisible()


@pytest.mark.parametrize("text", ["1/2", "and/or", "BP 138/84"])
def test_a_slash_inside_a_word_is_only_a_slash(place: Place, qtbot: QtBot, text: str) -> None:
    note = NoteEdit("Note")
    place(note)
    note.setFocus()
    with qtbot.assertNotEmitted(note.slash_wanted):
        QTest.keyClicks(note, text)


def test_a_note_grows_with_its_text_and_tells_only_what_a_person_changed(
    place: Place, qtbot: QtBot
) -> None:
    note = NoteEdit("Note")
    place(note)
    low = note.height()
    with qtbot.assertNotEmitted(note.edited):
        note.set_text("line\n" * 12)
    assert note.height() > low
    with qtbot.waitSignal(note.edited):
        QTest.keyClicks(note, "x")


def test_ctrl_enter_in_a_note_is_left_to_the_screen(place: Place, qtbot: QtBot) -> None:
    note = NoteEdit("Note")
    place(note)
    note.set_text("text")
    note.setFocus()
    QTest.keyClick(note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert note.text() == "text"


# ---------------------------------------------------------------- plots


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e6),
    st.integers(2, 8),
)
def test_ticks_are_round_and_inside(low: float, length: float, wanted: int) -> None:
    found = ticks(low, low + length, wanted)
    step = found[1] - found[0] if len(found) > 1 else length
    slack = step * 1e-3 + abs(low) * 1e-9
    assert len(found) <= wanted + 1
    assert all(low - slack <= tick <= low + length + slack for tick in found)


def test_a_plot_is_walked_with_the_arrows(place: Place, qtbot: QtBot) -> None:
    plot = TrendPlot(samples.HBA1C)
    place(plot)
    assert "7 values" in plot.accessibleName()
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    with qtbot.waitSignal(plot.point_chosen) as chosen:
        QTest.keyClick(plot, Qt.Key.Key_Return)
    assert chosen.args == [6]


def test_the_table_twin_has_every_value_newest_first() -> None:
    rows = samples.HBA1C.rows()
    assert rows[0] == ("Nov 26", "7.4 %", "")
    assert rows[-1] == ("Nov 24", "9.1 %", "high")


def test_a_plot_without_values_says_so(place: Place, qapp: QApplication) -> None:
    plot = TrendPlot(Trend("Potassium"))
    place(plot)
    assert "no values" in plot.accessibleName()
    assert not plot.grab().isNull()


def test_a_flat_trend_can_be_drawn(place: Place) -> None:
    flat = Trend("Weight", samples.HBA1C.points[:1])
    plot = TrendPlot(flat)
    place(plot)
    assert not plot.grab().isNull()
    low, high = flat.span()
    assert math.isfinite(low)
    assert low < high


def test_a_painted_widget_has_the_role_it_was_given(place: Place) -> None:
    plot = TrendPlot(samples.HBA1C)
    place(plot)
    seen = QAccessible.queryAccessibleInterface(plot)
    assert seen is not None
    assert seen.role() == QAccessible.Role.Chart
    assert "7 values" in seen.text(QAccessible.Text.Name)


@pytest.mark.parametrize("theme", sorted(HIGH_CONTRAST))
def test_the_open_patient_has_an_outline_where_grounds_are_alike(
    place: Place, qapp: QApplication, theme: Theme
) -> None:
    strip = TabStrip("Open patients")
    for name in ("Ann", "Ben"):
        strip.add(name, name)
    place(strip)
    apply(qapp, Appearance(theme, reduced_motion=True))
    screen_checks.settle()
    image = strip._bar.grab().toImage()
    inked = []
    for each in range(2):
        rect = strip._bar.tabRect(each)
        line = {image.pixelColor(x, rect.bottom() - 1).name().upper()
                for x in range(rect.left() + 12, rect.right() - 12)}  # fmt: skip
        inked.append(line == {look().colors.border})
    assert inked == [False, True]
