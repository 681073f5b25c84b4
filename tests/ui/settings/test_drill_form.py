"""The recovery sheet is looked for each quarter, and two of its groups are typed."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLineEdit

from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import recovery_drill
from clinic_desktop.ui.settings.drill_form import DrillForm
from clinic_desktop.ui.settings.recovery_page import RecoveryPage
from tests.ui.settings.conftest import Desk

KEY = RecoveryKey(bytes(range(60, 80)))
OTHER = RecoveryKey(bytes(range(20)))


@pytest.fixture
def page(desk: Desk) -> RecoveryPage:
    desk.context.clinic.use_recovery(KEY)
    return desk.open("recovery", RecoveryPage)


def open_form(desk: Desk, page: RecoveryPage) -> DrillForm:
    page.load()
    desk.idle()
    page.check.click()
    return desk.drawer(DrillForm)


def type_groups(form: DrillForm, sheet: RecoveryKey) -> None:
    assert form.pair is not None
    for row, place in zip(form.rows, (form.pair.first, form.pair.second), strict=True):
        assert isinstance(row.field, QLineEdit)
        row.field.setText(sheet.groups[place].lower())


def test_two_groups_of_the_valid_sheet_are_put_on_record(desk: Desk, page: RecoveryPage) -> None:
    assert not desk.record.read(recovery_drill.drill_state).is_due
    desk.record.clock.advance(days=93)
    assert desk.record.read(recovery_drill.drill_state).is_due
    form = open_form(desk, page)
    form.submit(False)
    assert "Type this group" in form.rows[0].message.text()
    type_groups(form, KEY)
    with desk.qtbot.waitSignal(form.passed):
        form.submit(False)
    desk.idle()
    assert not desk.record.read(recovery_drill.drill_state).is_due
    assert "valid one" in desk.host.toasts[-1]
    assert "in hand on" in page.known.facts[0].sub
    kinds = [kind for (kind,) in desk.record.rows("select kind from audit_event")]
    assert "key.recovery-seen" in kinds


def test_another_sheet_and_a_slip_are_told_apart(desk: Desk, page: RecoveryPage) -> None:
    form = open_form(desk, page)
    type_groups(form, OTHER)
    form.submit(False)
    desk.until(lambda: "not of the valid sheet" in form.rows[0].message.text())
    second = form.rows[1].field
    assert isinstance(second, QLineEdit)
    second.setText("AAAAA" if form.pair and KEY.groups[form.pair.second] != "AAAAA" else "BBBBB")
    form.submit(False)
    desk.until(lambda: "one by one" in form.rows[1].message.text())


def test_a_sheet_older_than_drills_is_typed_as_a_whole_once(desk: Desk, page: RecoveryPage) -> None:
    desk.record.write(
        lambda uow: uow.cursor.execute("delete from local_setting where key like 'recovery.%'")
    )
    form = open_form(desk, page)
    (row,) = form.rows
    assert isinstance(row.field, QLineEdit)
    row.field.setText(OTHER.text)
    form.submit(False)
    desk.until(lambda: "does not belong" in row.message.text())
    row.field.setText(KEY.text)
    with desk.qtbot.waitSignal(form.passed):
        form.submit(False)
    desk.idle()
    assert desk.record.read(recovery_drill.drill_state).drill is not None
    assert len(open_form(desk, page).rows) == 2


def test_what_is_kept_does_not_hold_the_groups(desk: Desk, page: RecoveryPage) -> None:
    assert page
    ((kept,),) = desk.record.rows("select value from local_setting where key = 'recovery.drill'")
    assert not any(group in str(kept) for group in KEY.groups)
