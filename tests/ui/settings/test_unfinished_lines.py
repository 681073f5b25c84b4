"""A line of the settings half typed outlives Esc, a crash and the record that is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtTest import QTest

from clinic_desktop.services import drafts, practice
from clinic_desktop.services.scheduling import resources
from clinic_desktop.services.scheduling.resources import SaveRoom
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.settings.exchange_forms import ServerForm
from clinic_desktop.ui.settings.hub_card import LookForm
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.settings.practice_page import PracticePage
from clinic_desktop.ui.settings.prices_page import ServiceLine, ServicesPage, TaxesPage, TaxLine
from clinic_desktop.ui.settings.schedule_lines import (
    LinesPage,
    PeoplePage,
    PersonForm,
    RoomForm,
    RoomsPage,
    TypeForm,
    TypesPage,
)
from clinic_desktop.ui.today.unfinished import UnfinishedCard
from tests.ui.settings.conftest import Desk


def opened(desk: Desk, page: LinesPage, kind: type[Any], row: object = None) -> Any:
    """As the program opens it when it is started again: nobody closed the one before."""
    page.open_line(row)
    form = desk.drawer(kind)
    desk.idle()
    return form


def close_record(desk: Desk) -> None:
    desk.context.tasks.closing.emit()
    desk.idle()


def kept(desk: Desk) -> list[str]:
    desk.idle()
    return [row.kind for row in desk.record.read(drafts.my_drafts)]


def test_a_field_of_the_letterhead_half_typed_is_there_again_and_kept_when_it_is_left(
    desk: Desk,
) -> None:
    page = desk.open("practice", PracticePage)
    address = page.fields.edits()["address"]
    address.setFocus()
    QTest.keyClicks(address, "12 Moi Aven")
    close_record(desk)
    assert kept(desk) == ["practice"]
    assert desk.record.read(practice.details).address == "", "nobody has left the field"

    again = PracticePage(desk.context)
    desk.qtbot.addWidget(again)
    again.resize(900, 700)
    again.show()
    again.load()
    desk.until(again.draft.notice.isVisible)
    given = again.fields.edits()["address"]
    assert given.text() == "12 Moi Aven"
    again.load()  # the page is shown once more
    desk.idle()
    assert given.text() == "12 Moi Aven"
    QTest.keyClicks(given, "ue")
    given.editingFinished.emit()
    desk.until(lambda: desk.record.read(practice.details).address == "12 Moi Avenue")
    desk.until(lambda: not again.draft.notice.isVisible())
    assert kept(desk) == []


def test_words_that_the_record_holds_by_now_are_unfinished_no_more(desk: Desk) -> None:
    page = desk.open("practice", PracticePage)
    address = page.fields.edits()["address"]
    QTest.keyClicks(address, "12 Moi Avenue")
    close_record(desk)
    assert kept(desk) == ["practice"]
    now = desk.record.read(practice.details)
    desk.record.write(practice.change_details, replace(now, address="12 Moi Avenue"))

    again = PracticePage(desk.context)
    desk.qtbot.addWidget(again)
    again.show()
    again.load()
    desk.idle()
    assert again.fields.edits()["address"].text() == "12 Moi Avenue"
    assert not again.draft.notice.isVisible()
    assert kept(desk) == []


@pytest.mark.parametrize(
    ("page", "kind", "field"),
    [(ServerForm, "server", "url"), (LookForm, "hub", "address")],
)
def test_an_address_half_typed_is_there_again(
    desk: Desk, page: type[Any], kind: str, field: str
) -> None:
    first = page(desk.context)
    desk.qtbot.addWidget(first)
    desk.idle()
    QTest.keyClicks(getattr(first, field), "https://clinic.exam")
    assert first.may_close()
    assert kept(desk) == [kind]
    again = page(desk.context)
    desk.qtbot.addWidget(again)
    desk.idle()
    assert getattr(again, field).text() == "https://clinic.exam"
    card = UnfinishedCard(desk.context)
    desk.qtbot.addWidget(card)
    card.load()
    desk.until(lambda: len(card.lines) == 1)
    card.lines[0].click()
    assert desk.context.navigator.visited[-1] == to.Settings("exchange")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "page", "form", "title"),
    [
        ("rooms", RoomsPage, RoomForm, "Rooms"),
        ("doctors", PeoplePage, PersonForm, "Doctors and nurses"),
        ("appointment-types", TypesPage, TypeForm, "Appointment types"),
        ("prices", ServicesPage, ServiceLine, "Services and prices"),
        ("taxes", TaxesPage, TaxLine, "Taxes"),
    ],
)
def test_a_new_line_half_typed_is_there_again_until_it_is_saved(
    desk: Desk, key: str, page: type[LinesPage], form: type[LineForm], title: str
) -> None:
    listed = desk.open(key, page)
    first = opened(desk, listed, form)
    QTest.keyClicks(first.name, "Physiotherapy")
    close_record(desk)

    again = opened(desk, listed, form)
    assert again.name.text() == "Physiotherapy"
    assert again.kept.notice.isVisible()
    card = UnfinishedCard(desk.context)
    desk.qtbot.addWidget(card)
    card.load()
    desk.until(lambda: len(card.lines) == 1)
    card.lines[0].click()
    assert card.lines[0].accessibleName().startswith(f"{title}, ")
    assert desk.context.navigator.visited[-1] == to.Settings(key)  # type: ignore[attr-defined]
    if isinstance(again, TaxLine):
        again.rate.set_text("7.5")
    with desk.qtbot.waitSignal(again.saved):
        again.submit(print_too=False)
    assert kept(desk) == []
    assert opened(desk, listed, form).name.text() == ""


def test_esc_keeps_what_is_typed_and_starting_afresh_does_not(desk: Desk) -> None:
    listed = desk.open("prices", ServicesPage)
    first = opened(desk, listed, ServiceLine)
    QTest.keyClicks(first.name, "ECG")
    first.price.set_text("12")
    assert first.may_close()
    assert kept(desk) == ["service"]

    again = opened(desk, listed, ServiceLine)
    assert (again.name.text(), again.price.text()) == ("ECG", "12")
    assert again.tax.currentText() == "No tax"
    again.kept.start_afresh()
    assert again.name.text() == ""
    assert kept(desk) == []


def test_a_change_is_given_back_to_its_own_line_only(desk: Desk) -> None:
    for name in ("Room 1", "Room 2"):
        desk.record.write(resources.save_room, SaveRoom(name))
    listed = desk.open("rooms", RoomsPage)
    one, two = (next(row for row in desk.record.read(resources.rooms) if row.name == name)
                for name in ("Room 1", "Room 2"))  # fmt: skip
    QTest.keyClicks(opened(desk, listed, RoomForm, one).name, " upstairs")
    close_record(desk)

    assert opened(desk, listed, RoomForm, two).name.text() == "Room 2"
    assert opened(desk, listed, RoomForm).name.text() == ""
    again = opened(desk, listed, RoomForm, one)
    assert again.name.text() == "Room 1 upstairs"
    with desk.qtbot.waitSignal(again.saved):
        again.submit(print_too=False)
    assert kept(desk) == []


def test_a_change_of_an_older_line_never_goes_over_what_somebody_saved_since(desk: Desk) -> None:
    room_id = desk.record.write(resources.save_room, SaveRoom("Room 1"))
    listed = desk.open("rooms", RoomsPage)
    (row,) = [row for row in desk.record.read(resources.rooms) if row.id == room_id]
    first = opened(desk, listed, RoomForm, row)
    QTest.keyClicks(first.name, " upstairs")
    close_record(desk)
    first.close_requested.emit()
    listed._opened = None
    desk.record.write(
        resources.save_room, SaveRoom("Laboratory", room_id=room_id, base=row.version)
    )
    (now,) = [row for row in desk.record.read(resources.rooms) if row.id == room_id]
    assert opened(desk, listed, RoomForm, now).name.text() == "Laboratory"


def test_what_somebody_else_saved_meanwhile_was_not_typed_here(desk: Desk) -> None:
    room_id = desk.record.write(resources.save_room, SaveRoom("Room 1"))
    listed = desk.open("rooms", RoomsPage)
    (row,) = [row for row in desk.record.read(resources.rooms) if row.id == room_id]
    form = opened(desk, listed, RoomForm, row)
    desk.record.write(
        resources.save_room, SaveRoom("Laboratory", room_id=room_id, base=row.version)
    )
    desk.until(lambda: form.name.text() == "Laboratory")
    close_record(desk)
    assert kept(desk) == []
    QTest.keyClicks(form.name, " 2")
    close_record(desk)
    assert opened(desk, listed, RoomForm, form.row).name.text() == "Laboratory 2"
