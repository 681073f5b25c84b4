"""The settings about time: types, hours, closed days, people and rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.errors import StaleError
from clinic_desktop.services import drafts
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.billing.catalogue import ServiceForm
from clinic_desktop.services.scheduling import hours, resources
from clinic_desktop.services.scheduling.hours import WeekHours
from clinic_desktop.services.scheduling.resources import SavePractitioner, SaveRoom, SaveType
from clinic_desktop.services.scheduling.timetable import PRACTICE, Resource
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.schedule_closures import ClosureForm, ClosuresPage, HolidaysForm
from clinic_desktop.ui.settings.schedule_hours import NEW_PERIOD, USUAL, HoursPage
from clinic_desktop.ui.settings.schedule_lines import PeoplePage, RoomsPage, TypeForm, TypesPage
from clinic_desktop.ui.settings.schedule_pages import SCHEDULE_PAGES
from clinic_desktop.ui.widgets.choices import Select
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.windows import RecordingHost


@pytest.fixture
def context(busy_day: BusyDay, ui_context: Context) -> Context:
    """A practice to set up."""
    i18n.use(ui_context.language)
    return ui_context


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(800, 700)
    widget.show()


def choose(field: Select, value: Hashable) -> None:
    """Choose as a person does."""
    field.set_value(value)
    field.activated.emit(field.currentIndex())


def drawer(context: Context) -> QWidget:
    host = context.host
    assert isinstance(host, RecordingHost)
    return host.drawers[-1]


@pytest.mark.parametrize(("name", "title", "page"), SCHEDULE_PAGES)
def test_every_page_opens(
    context: Context, qtbot: QtBot, name: str, title: str, page: Callable[[Context], QWidget]
) -> None:
    made = page(context)
    shown(qtbot, made)
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def test_a_type_is_added_and_its_shortcut_must_be_free(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    page = TypesPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 4)
    page.open_line(None)
    form = drawer(context)
    assert isinstance(form, TypeForm)
    shown(qtbot, form)
    QTest.keyClicks(form.name, "Ultrasound")
    QTest.keyClicks(form.shortcut, "fu")
    form.length.set_text("40")
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: bool(form.rows["shortcut"].message.text().startswith("Another")))
    form.shortcut.setText("us")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 5)
    found = busy_day.record.read(resources.types)[-1]
    assert (found.name, found.shortcut, found.duration_min) == ("Ultrasound", "us", 40)


def test_enter_on_a_line_opens_it_with_what_it_holds(context: Context, qtbot: QtBot) -> None:
    page = TypesPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 4)
    page.table.setFocus()
    page.table.setCurrentIndex(page.table.model_.index(1, 0))
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    form = drawer(context)
    assert isinstance(form, TypeForm)
    assert (form.name.text(), form.length.text()) == ("Follow-up", "15")
    qtbot.addWidget(form)


def test_two_people_in_one_line_lose_nothing_of_each_other(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    record = busy_day.record
    page = TypesPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 4)
    page.open_line(page.table.model_.row_at(1))
    form = drawer(context)
    assert isinstance(form, TypeForm)
    shown(qtbot, form)
    old = form.row
    assert old is not None
    form.name.setText("Control")
    wish = SaveType("Review", 25, old.shortcut, preparation="Fasting", type_id=old.id)
    record.write(resources.save_type, wish)
    qtbot.waitUntil(lambda: form.length.text() == "25")
    assert (form.name.text(), form.preparation.text()) == ("Control", "Fasting")
    assert "Review" in form.rows["name"].message.text()
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    found = next(row for row in record.read(resources.types) if row.id == old.id)
    assert (found.name, found.duration_min, found.preparation) == ("Control", 25, "Fasting")


def test_a_line_is_never_saved_over_what_was_not_shown(busy_day: BusyDay) -> None:
    """Between two PCs, or in the moment before the list was read again."""
    record = busy_day.record
    price = ServiceForm("Dressing", 50_000)
    lines: tuple[tuple[Callable[..., uuid.UUID], Any, Callable[..., Any], str], ...] = (
        (resources.save_type, SaveType("Scan"), resources.types, "type_id"),
        (resources.save_room, SaveRoom("Scan"), resources.rooms, "room_id"),
        (resources.save_practitioner, SavePractitioner("Scan"), resources.practitioners,
         "practitioner_id"),
        (catalogue.save_service, price, partial(catalogue.services, all_=True), "id"),
    )  # fmt: skip
    for save, wish, listed, name in lines:
        key = record.write(save, wish)
        base = next(row.version for row in record.read(listed) if row.id == key)
        mine = replace(wish, **{name: key, "base": base})
        changed = {"amount_minor": 1} if wish is price else {"name": "Theirs"}
        record.write(save, replace(mine, **changed))
        with pytest.raises(StaleError):
            record.write(save, mine)
        base = next(row.version for row in record.read(listed) if row.id == key)
        record.write(save, replace(mine, base=base))


def test_hours_are_never_saved_over_what_was_not_shown(busy_day: BusyDay) -> None:
    early, late = ((480, 720),), ((840, 1080),)
    none: tuple[tuple[tuple[int, int], ...], ...] = ((),) * 7
    first = WeekHours(PRACTICE, (early, *none[1:]), seen=none)
    busy_day.record.write(hours.save_week_hours, first)
    with pytest.raises(StaleError):
        busy_day.record.write(hours.save_week_hours, replace(first, spans=(late, *none[1:])))
    again = replace(first, spans=(late, *none[1:]), seen=first.spans)
    busy_day.record.write(hours.save_week_hours, again)


@pytest.mark.parametrize("page", [PeoplePage, RoomsPage])
def test_a_line_out_of_use_stays_in_the_list(
    context: Context, busy_day: BusyDay, qtbot: QtBot, page: type[PeoplePage | RoomsPage]
) -> None:
    made = page(context)
    shown(qtbot, made)
    qtbot.waitUntil(lambda: made.table.model_.rowCount() >= 2)
    count = made.table.model_.rowCount()
    made.open_line(made.table.model_.row_at(1))
    form = drawer(context)
    shown(qtbot, form)
    form.active.setChecked(False)  # type: ignore[attr-defined]
    with qtbot.waitSignal(form.close_requested):  # type: ignore[attr-defined]
        form.submit(print_too=False)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: made.table.model_.index(1, made.table.model_.columnCount() - 1).data()
                    == "out of use")  # fmt: skip
    assert made.table.model_.rowCount() == count


def test_hours_are_typed_as_people_write_them(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    page = HoursPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    assert not page.first.isVisible(), "days from and to belong to a new period"
    for day in range(5):
        page.days[day].set_text("8-12, 14-18")
    page.days[5].set_text("9-8")
    page.save.click()
    assert "end before" in page.days[5].message.text()
    page.days[5].set_text("9-13")
    page.save.setEnabled(True)
    qtbot.waitUntil(lambda: not page.save._guard.isActive())
    page.save.click()
    qtbot.waitUntil(lambda: len(busy_day.record.read(hours.week_hours)) == 1)
    (week,) = busy_day.record.read(hours.week_hours)
    assert week.resource == PRACTICE
    assert week.spans[0] == ((480, 720), (840, 1080))
    assert week.spans[5:] == (((540, 780),), ())


def test_other_hours_for_a_period_of_one_doctor(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    page = HoursPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.whose.count() == 6)
    njeri = Resource(busy_day.doctors["Njeri"])
    choose(page.whose, njeri)
    choose(page.period, NEW_PERIOD)
    page.first.set_text("8.2.2027")
    page.last.set_text("9.3.2027")
    page.days[0].set_text("10-14")
    page.save.click()
    dates = (date(2027, 2, 8), date(2027, 3, 9))
    qtbot.waitUntil(lambda: page.period.value() == dates)
    assert page.whose.value() == njeri
    assert page.days[0].text() == "10:00-14:00", "what was saved is what is shown"
    (week,) = busy_day.record.read(hours.week_hours)
    assert (week.resource, week.valid_from, week.valid_to) == (njeri, *dates)


def test_hours_being_typed_outlive_what_others_save(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    page = HoursPage(context)
    shown(qtbot, page)
    assert not page.save.isEnabled(), "nothing is saved over what was not read yet"
    qtbot.waitUntil(page.save.isEnabled)
    njeri = Resource(busy_day.doctors["Njeri"])
    choose(page.whose, njeri)
    page.days[0].set_text("10-14")
    page.days[1].set_text("9-")
    early, late = ((480, 720),), ((840, 1080),)
    busy_day.record.write(hours.save_week_hours, WeekHours(njeri, (late, early, early) + ((),) * 4))
    qtbot.waitUntil(lambda: page.days[2].text() == "08:00-12:00")
    assert [page.days[day].text() for day in range(2)] == ["10-14", "9-"]
    assert [bool(row.message.text()) for row in page._lines[:3]] == [True, True, False]
    busy_day.record.write(resources.save_room, resources.SaveRoom("Ultrasound"))
    qtbot.waitUntil(lambda: page.whose.count() == 7)
    assert page.whose.value() == njeri
    assert page.days[0].text() == "10-14"
    page.days[1].set_text("")
    page.save.click()
    qtbot.waitUntil(lambda: page.days[0].text() == "10:00-14:00")
    assert not any(row.message.text() for row in page._lines)
    (week,) = busy_day.record.read(hours.week_hours)
    assert week.spans[:3] == (((600, 840),), (), early)


def test_hours_typed_for_one_doctor_wait_while_another_is_looked_at(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    page = HoursPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.whose.count() == 6)
    njeri, kamau = (Resource(busy_day.doctors[name]) for name in ("Njeri", "Kamau"))
    choose(page.whose, njeri)
    page.days[0].set_text("10-14")
    page.days[1].set_text("9-")
    choose(page.whose, kamau)
    assert [page.days[day].text() for day in range(2)] == ["", ""]
    assert not page.draft.notice.isVisible()
    choose(page.period, NEW_PERIOD)
    page.first.set_text("8.2.2027")
    page.days[2].set_text("8-9")
    choose(page.period, USUAL)
    assert page.days[2].text() == ""
    qtbot.waitUntil(lambda: context.tasks.is_idle)  # the words of both are kept
    qtbot.waitUntil(lambda: len(busy_day.record.read(drafts.my_drafts)) == 2)
    choose(page.whose, njeri)
    qtbot.waitUntil(page.draft.notice.isVisible)
    assert [page.days[day].text() for day in range(2)] == ["10:00-14:00", "9-"]
    page.days[1].set_text("")
    page.save.click()
    qtbot.waitUntil(lambda: len(busy_day.record.read(hours.week_hours)) == 1)
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    (left,) = busy_day.record.read(drafts.my_drafts)
    assert left.subject == f"{busy_day.doctors['Kamau']}/new"
    choose(page.whose, kamau)
    page.show_item(left.subject)
    qtbot.waitUntil(lambda: page.days[2].text() == "08:00-09:00")
    assert (page.whose.value(), page.period.value()) == (kamau, NEW_PERIOD)
    assert page.first.text() == "8.2.2027"


def test_a_draft_of_hours_says_what_was_changed_under_it(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    njeri = Resource(busy_day.doctors["Njeri"])
    early, late = ((480, 720),), ((840, 1080),)
    busy_day.record.write(hours.save_week_hours, WeekHours(njeri, (early,) * 7))
    page = HoursPage(context)
    shown(qtbot, page)
    qtbot.waitUntil(lambda: page.whose.count() == 6)
    choose(page.whose, njeri)
    page.days[0].set_text("10-14")
    choose(page.whose, PRACTICE)
    busy_day.record.write(hours.save_week_hours, WeekHours(njeri, (late, *(early,) * 6)))
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    choose(page.whose, njeri)
    qtbot.waitUntil(page.draft.notice.isVisible)
    assert page.days[0].text() == "10:00-14:00"
    assert "14:00-18:00" in page._lines[0].message.text()
    assert not page._lines[1].message.text()
    page.draft.start_afresh()
    assert page.days[0].text() == "14:00-18:00"
    assert not page._lines[0].message.text()
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    assert not busy_day.record.read(drafts.my_drafts)


def test_leave_is_added_in_words(context: Context, busy_day: BusyDay, qtbot: QtBot) -> None:
    page = ClosuresPage(context)
    shown(qtbot, page)
    form = ClosureForm(context)
    shown(qtbot, form)
    form.submit(print_too=False)
    assert form.rows["start_on"].message.text()
    form.first.set_text("mon")
    form.last.set_text("fri")
    form.reason.setText("Congress")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 1)
    (row,) = busy_day.record.read(hours.closures, SATURDAY)
    assert (row.start_on, row.end_on) == (date(2026, 11, 23), date(2026, 11, 27))
    page.table.setCurrentIndex(page.table.model_.index(0, 0))
    page.remove.click()
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 0)


def test_public_holidays_are_ticked_and_closed(
    context: Context, busy_day: BusyDay, qtbot: QtBot
) -> None:
    form = HolidaysForm(context)
    shown(qtbot, form)
    qtbot.waitUntil(lambda: bool(form.chosen()))
    count = len(form.chosen())
    assert str(count) in form.primary_text()
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    closed = busy_day.record.read(hours.closures, date(2026, 1, 1))
    assert len(closed) == count
