"""The window as a whole: first run, lock, switch of person, idle, language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete
from sqlalchemy import update

from clinic_desktop import clinic, this_pc
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import ENGLISH, current
from clinic_desktop.models.practice import Practice
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import drafts, encounters, own_pin, patients, people, setup
from clinic_desktop.services.backups.container import find
from clinic_desktop.services.backups.making import Backup
from clinic_desktop.services.people import NewPerson
from clinic_desktop.this_pc import ALONE_LOCK_MINUTES, SHARED_LOCK_MINUTES
from clinic_desktop.ui.calendar.calendar_view import CalendarView
from clinic_desktop.ui.core.navigator import Billing, Chart, EditAllergies, Settings, Visit
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.first_run.state import StepKey
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.closing_view import ClosingView
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.question import Question
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.visits.visit_view import VisitView
from clinic_desktop.ui.widgets.label import Label
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard

JOSE_PASSWORD = "blue bicycle bell"
NEW_PASSWORD = "a whole new sentence"
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def two_people(clinic_dir: DataDir) -> DataDir:
    """A closed clinic of Amina and José."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    opened.keys.cost = CHEAP
    opened.add_person(NewPerson("jose", "José Otieno", ("doctor",)), JOSE_PASSWORD)
    opened.close()
    return clinic_dir


@pytest.fixture
def session(two_people: DataDir, qtbot: QtBot) -> Iterator[Session]:
    """The program, started on that clinic."""
    found = Session(two_people, "amina", FixedClock(NOON, seed=1000), CHEAP)
    found.start()
    qtbot.waitExposed(found.window)
    found.window.activateWindow()
    yield found
    _end(found, qtbot)


def _end(session: Session, qtbot: QtBot) -> None:
    if session.context is not None:
        context = session.context
        qtbot.waitUntil(lambda: context.tasks.is_idle)
    session.close()
    session.window.close()
    delete(session.window)
    delete(session)
    speak(ENGLISH)


def lock_of(session: Session) -> LockView:
    lock = session.window.shown
    assert isinstance(lock, LockView)
    return lock


def unlock(session: Session, qtbot: QtBot, password: str) -> None:
    """Type the password and press Enter."""
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock_of(session).password)
    keyboard = Keyboard()
    keyboard.type(password)
    with qtbot.waitSignal(session.desk_shown):
        keyboard.press(Qt.Key.Key_Return)
    context = session.context
    assert context is not None
    qtbot.waitUntil(lambda: context.tasks.is_idle)


# ------------------------------------------------------------------ lock screen


def test_a_wrong_password_is_said_and_the_right_one_opens(session: Session, qtbot: QtBot) -> None:
    lock = lock_of(session)
    Keyboard().type("not the password")
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "do not fit" in lock.message.text())
    unlock(session, qtbot, PASSWORD)
    assert session.desk is not None
    assert session.context is not None
    assert session.context.actor.login == "amina"


def test_guessing_is_held_up_and_the_others_are_not(session: Session, qtbot: QtBot) -> None:
    lock, clock = lock_of(session), session.clock
    assert isinstance(clock, FixedClock)
    for number in range(4):
        qtbot.waitUntil(lock.password.isEnabled)
        Keyboard().type(f"not the password {number}")
        Keyboard().press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "do not fit" in lock.message.text())
    qtbot.waitUntil(lambda: "Try again in 1 second." in lock.message.text())
    assert not lock.password.isEnabled()
    Keyboard().press(Qt.Key.Key_2, CTRL)
    assert lock.password.isEnabled()
    assert not lock.message.text()
    Keyboard().press(Qt.Key.Key_1, CTRL)
    assert not lock.password.isEnabled()
    clock.advance(seconds=1)
    qtbot.waitUntil(lambda: "try again now" in lock.message.text())
    unlock(session, qtbot, PASSWORD)


def test_somebody_comes_back_with_a_pin_and_a_stranger_does_not(
    session: Session, qtbot: QtBot
) -> None:
    unlock(session, qtbot, PASSWORD)
    opened = session.clinic
    assert opened is not None
    opened.store.write(opened.actor, own_pin.set_pin, "274916").result()
    session.show_lock()
    lock = lock_of(session)
    qtbot.waitUntil(lambda: "PIN" in lock.password.placeholderText())
    Keyboard().type("111222")
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not the PIN" in lock.message.text())
    unlock(session, qtbot, "274916")
    assert opened.actor.login == "amina"
    session.show_lock()
    Keyboard().press(Qt.Key.Key_2, CTRL)
    assert "PIN" not in lock_of(session).password.placeholderText()


def test_people_are_chosen_by_arrows_and_digits(session: Session, qtbot: QtBot) -> None:
    lock = lock_of(session)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.password)
    keyboard = Keyboard()
    assert lock.login == "amina"
    keyboard.press(Qt.Key.Key_Down)
    assert lock.login == "jose"
    keyboard.press(Qt.Key.Key_Down)
    assert lock.login == "amina"
    keyboard.press(Qt.Key.Key_2, CTRL)
    assert lock.login == "jose"
    assert QApplication.focusWidget() is lock.password


def test_caps_lock_is_noticed_before_the_password_is_refused(
    session: Session, qtbot: QtBot
) -> None:
    lock = lock_of(session)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.password)
    keyboard = Keyboard()
    keyboard.type("C")  # without Shift
    assert "Caps Lock is on" in lock.keyboard.text()
    keyboard.type("c")
    assert "Caps Lock" not in lock.keyboard.text()


def test_the_lock_screen_names_nobody_but_those_who_work_here(session: Session) -> None:
    lock = lock_of(session)
    assert set(lock._tiles) == {"amina", "jose"}
    assert session.window.windowTitle() == "Clinic Desktop"


# ------------------------------------------------------------------ the recovery sheet


def recover(session: Session, qtbot: QtBot, typed: str, password: str) -> RecoverView:
    """From the lock screen to the sheet, all typed by keys, and Enter."""
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock_of(session).password)
    keyboard = Keyboard()
    while QApplication.focusWidget() is not lock_of(session).sheet:
        keyboard.press(Qt.Key.Key_Tab)
    keyboard.press(Qt.Key.Key_Return)
    view = session.window.shown
    assert isinstance(view, RecoverView)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is view.key)
    keyboard.type(typed)
    keyboard.press(Qt.Key.Key_Tab)
    for _again in range(2):
        keyboard.press(Qt.Key.Key_Tab)
        keyboard.type(password)
    keyboard.press(Qt.Key.Key_Return)
    return view


def question_text(session: Session) -> str:
    asked = session.window.findChild(Question)
    return " ".join(each.text() for each in asked.findChildren(Label)) if asked else ""


def put_on_paper(data_dir: DataDir) -> RecoveryKey:
    """A sheet that opens the closed clinic."""
    opened, sheet = clinic.open_clinic(data_dir, "amina", PASSWORD), RecoveryKey.new()
    opened.use_recovery(sheet)
    opened.close()
    return sheet


def test_who_forgot_the_password_comes_in_with_the_sheet(
    two_people: DataDir, session: Session, qtbot: QtBot
) -> None:
    sheet = put_on_paper(two_people)
    session.show_lock()
    with qtbot.waitSignal(session.desk_shown):
        recover(session, qtbot, sheet.text.lower().replace("-", "  "), NEW_PASSWORD)
    assert desk_of(session).context.actor.login == "amina"
    qtbot.waitUntil(lambda: "print a new one." in question_text(session))
    session.show_lock()
    unlock(session, qtbot, NEW_PASSWORD)


def test_a_lost_key_store_is_said_and_the_sheet_opens_the_record(
    two_people: DataDir, session: Session, qtbot: QtBot
) -> None:
    sheet = put_on_paper(two_people)
    two_people.device_secret.unlink()
    session.show_lock()
    lock = lock_of(session)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.password)
    Keyboard().type(PASSWORD)
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "key store" in lock.message.text())
    assert QApplication.focusWidget() is lock.sheet
    lock.password.setFocus()
    with qtbot.waitSignal(session.desk_shown):
        recover(session, qtbot, sheet.text, NEW_PASSWORD)
    qtbot.waitUntil(lambda: "give the others new passwords" in question_text(session))
    assert session.clinic is not None
    assert session.clinic.keys.vault.slot("jose") is None


def test_a_wrong_group_is_named_while_typing_and_esc_goes_back(
    two_people: DataDir, session: Session, qtbot: QtBot
) -> None:
    sheet = put_on_paper(two_people)
    groups = list(sheet.groups)
    # One letter: a group turned round may by chance be right.
    groups[2] = ("B" if groups[2][0] == "A" else "A") + groups[2][1:]
    view = recover(session, qtbot, " ".join(groups), NEW_PASSWORD)
    assert "Group 3" in view._key_row.message.text()
    assert QApplication.focusWidget() is view.key
    Keyboard().press(Qt.Key.Key_Escape)
    unlock(session, qtbot, PASSWORD)


def test_another_practices_sheet_opens_nothing_and_loses_nothing(
    session: Session, qtbot: QtBot
) -> None:
    view = recover(session, qtbot, RecoveryKey.new().text, NEW_PASSWORD)
    qtbot.waitUntil(lambda: "does not belong" in view._key_row.message.text())
    assert view.password.value() == NEW_PASSWORD
    view.left.emit()
    unlock(session, qtbot, PASSWORD)


def test_the_sheet_lets_an_owner_in_at_an_open_record(
    two_people: DataDir, session: Session, qtbot: QtBot
) -> None:
    sheet = put_on_paper(two_people)
    session.show_lock()
    unlock(session, qtbot, PASSWORD)
    session.show_lock()
    with qtbot.waitSignal(session.desk_shown):
        recover(session, qtbot, sheet.text, NEW_PASSWORD)
    session.show_lock()
    unlock(session, qtbot, NEW_PASSWORD)


# ------------------------------------------------------------------ lock and switch


def test_the_desk_waits_behind_the_lock(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    assert session.context is not None
    session.context.navigator.open(Billing())
    desk = session.desk
    session.show_lock()
    unlock(session, qtbot, PASSWORD)
    assert session.desk is desk
    assert desk is not None
    assert desk.shown is not None
    assert desk.shown.objectName() == "billing"


def test_another_person_gets_an_own_desk_and_drafts_survive(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    opened, context = session.clinic, session.context
    assert opened is not None
    assert context is not None
    write = opened.store.write
    patient = write(opened.actor, put_chart, 2).result()
    visit = write(opened.actor, encounters.start_visit, patient_id=patient).result().encounter_id

    def edit_of() -> VisitView:
        assert session.desk is not None
        assert isinstance(session.desk.shown, VisitView)
        return session.desk.shown

    context.navigator.open(Visit(patient, visit))
    with qtbot.waitSignal(edit_of().vm.opened):
        pass
    QTest.keyClicks(edit_of().note.edits["subjective"], "Cough")
    session.show_lock()
    Keyboard().press(Qt.Key.Key_Down)
    first = session.desk
    unlock(session, qtbot, JOSE_PASSWORD)
    assert session.desk is not first
    assert session.context is not None
    assert session.context.actor.login == "jose"
    session.show_lock()
    Keyboard().press(Qt.Key.Key_Down)
    unlock(session, qtbot, PASSWORD)
    session.context.navigator.open(Visit(patient, visit))
    with qtbot.waitSignal(edit_of().vm.opened):
        pass
    qtbot.waitUntil(lambda: edit_of().note.edits["subjective"].toPlainText() == "Cough")


def test_an_empty_chair_locks_the_window(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    desk = session.desk
    session.idle.start(0.001)
    qtbot.waitUntil(lambda: isinstance(session.window.shown, LockView))
    unlock(session, qtbot, PASSWORD)
    assert session.desk is desk


def test_a_touch_begins_the_wait_anew(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    session.idle.start(5)
    session.idle._timer.setInterval(1_000_000)
    session.idle._timer.start(30_000)
    QTest.mouseMove(session.window.windowHandle(), QPoint(40, 40))
    QTest.mouseMove(session.window.windowHandle(), QPoint(60, 60))
    qtbot.waitUntil(lambda: session.idle._timer.remainingTime() > 29_000)
    session.idle.start(0)
    assert not session.idle._timer.isActive()


@pytest.mark.parametrize(
    ("kept", "minutes"),
    [(0, 15), (30, 15), (10, 10), ("x", ALONE_LOCK_MINUTES), (True, ALONE_LOCK_MINUTES),
     (-3, ALONE_LOCK_MINUTES)],
)  # fmt: skip
def test_minutes_that_cannot_be_read_are_the_usual(
    clinic_dir: DataDir, kept: str | int, minutes: int
) -> None:
    assert this_pc.lock_minutes(clinic_dir, 1, 15) == ALONE_LOCK_MINUTES
    assert this_pc.lock_minutes(clinic_dir, 2, 15) == SHARED_LOCK_MINUTES
    this_pc.remember(clinic_dir, lock_minutes=kept)
    assert this_pc.lock_minutes(clinic_dir, 1, 15) == minutes
    assert this_pc.lock_minutes(clinic_dir, 1, 1) == 1


def test_the_lock_screen_tells_how_old_the_last_copy_is(session: Session, qtbot: QtBot) -> None:
    words = [label.text() for label in lock_of(session).findChildren(QLabel)]
    assert "No backup has been made on this PC yet" in words
    this_pc.remember(session.data_dir, backup_at="2026-11-21T05:00:00+00:00")
    session.show_lock()
    words = [label.text() for label in lock_of(session).findChildren(QLabel)]
    assert any(text.startswith("Last verified backup: \u206821-Nov-2026") for text in words)


# ------------------------------------------------------------------ language, first run


def test_another_language_makes_the_desk_anew_at_the_same_page(
    session: Session, qtbot: QtBot
) -> None:
    unlock(session, qtbot, PASSWORD)
    opened, context, before = session.clinic, session.context, session.desk
    assert opened is not None
    assert context is not None
    context.navigator.open(Settings("language"))
    opened.store.write(opened.actor, people.speak, "ar").result()
    with qtbot.waitSignal(session.desk_shown):
        context.navigator.rebuild_requested.emit(Settings("language"))
    assert session.desk is not before
    assert current().language == "ar"
    assert QApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
    assert session.desk is not None
    assert isinstance(session.desk.shown, SettingsView)
    assert session.desk.shown.shown == "language"
    assert this_pc.remembered(session.data_dir)["language"] == "ar"


def test_a_first_run_that_was_left_goes_on_after_signing_in(
    two_people: DataDir, qtbot: QtBot
) -> None:
    opened = clinic.open_clinic(two_people, "amina", PASSWORD)
    opened.store.write(opened.actor, setup.reach_step, "backup").result()
    opened.close()
    session = Session(two_people, "amina", FixedClock(NOON, seed=1000), CHEAP)
    session.start()
    qtbot.waitExposed(session.window)
    session.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock_of(session).password)
    Keyboard().type(PASSWORD)
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(session.window.shown, FirstRunView))
    view = session.window.shown
    assert isinstance(view, FirstRunView)
    assert view.here is StepKey.BACKUP
    with qtbot.waitSignal(session.desk_shown):
        view.next.click()
    assert session.desk is not None
    _end(session, qtbot)


def test_a_practice_made_in_the_window_is_ready_to_work(clinic_dir: DataDir, qtbot: QtBot) -> None:
    session = Session(DataDir(clinic_dir.root / "new"), "", FixedClock(NOON, seed=1000), CHEAP)
    session.start()
    view = session.window.shown
    assert isinstance(view, FirstRunView)
    view.answers.name, view.answers.login = "Dr Amina Kamau", "amina"
    with qtbot.waitSignal(view.created):
        view._create(PASSWORD)
    for key in (StepKey.PRICES, StepKey.PRINTERS, StepKey.BACKUP):
        view.skip()
        qtbot.waitUntil(lambda key=key: view.here is key)  # type: ignore[misc]
    with qtbot.waitSignal(session.desk_shown):
        view.skip()
    assert session.desk is not None
    assert session.clinic is not None
    assert session.clinic.keys.vault.name == "My practice"
    _end(session, qtbot)


def test_an_empty_folder_begins_with_the_first_run(clinic_dir: DataDir, qtbot: QtBot) -> None:
    session = Session(DataDir(clinic_dir.root / "new"), "", FixedClock(NOON), CHEAP)
    session.start()
    assert isinstance(session.window.shown, FirstRunView)
    _end(session, qtbot)


def test_the_sample_clinic_says_that_it_is_one(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    opened, desk = session.clinic, session.desk
    assert opened is not None
    assert desk is not None
    assert desk.top.sample.isHidden()
    opened.store.write(
        opened.actor, lambda uow: uow.session.execute(update(Practice).values(is_sample=True))
    ).result()
    with qtbot.waitSignal(session.desk_shown):
        desk.context.navigator.rebuild_requested.emit(Settings())
    again = session.desk
    assert again is not None
    qtbot.waitUntil(lambda: not again.top.sample.isHidden())


# ------------------------------------------------------------------ forms in front


def desk_of(session: Session) -> Desk:
    assert session.desk is not None
    return session.desk


def test_going_elsewhere_closes_a_form_and_keeps_its_words(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    context, keyboard = desk_of(session).context, Keyboard()
    keyboard.press(Qt.Key.Key_N, CTRL)
    keyboard.type("Otieno")
    keyboard.press(Qt.Key.Key_2, CTRL)
    assert isinstance(desk_of(session).shown, CalendarView)
    qtbot.waitUntil(lambda: not context.host.has_drawer)
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    (kept,) = context.tasks.read(context.tasks, drafts.my_drafts).result()
    assert kept.body["fields"]["family"] == "Otieno"


def test_a_form_that_would_lose_its_words_is_not_left_without_asking(
    session: Session, qtbot: QtBot
) -> None:
    unlock(session, qtbot, PASSWORD)
    desk, keyboard = desk_of(session), Keyboard()
    assert session.clinic is not None
    patient = session.clinic.store.write(desk.context.actor, put_chart, 1).result()
    desk.context.navigator.open(EditAllergies(patient))
    keyboard.type("Penicillin")
    keyboard.press(Qt.Key.Key_2, CTRL)
    assert isinstance(desk.shown, TodayView)
    assert [button.key for button in desk.rail._buttons if button.isChecked()] == ["today"]
    keyboard.press(Qt.Key.Key_Tab)  # from "go on" to "throw it away"
    keyboard.press(Qt.Key.Key_Space)
    keyboard.press(Qt.Key.Key_2, CTRL)
    assert isinstance(desk.shown, CalendarView)
    qtbot.waitUntil(lambda: desk.context.tasks.is_idle)


def test_f6_goes_round_the_parts_of_the_window(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    desk, keyboard = desk_of(session), Keyboard()
    assert isinstance(desk.shown, TodayView)
    table, parts = desk.shown.table, []
    for _press in range(3):
        keyboard.press(Qt.Key.Key_F6)
        focus = QApplication.focusWidget()
        assert focus is not None
        parts.append(
            next((part for part in (desk.rail, desk.top) if part.isAncestorOf(focus)), focus)
        )
    assert parts[-3:] == [desk.rail, desk.top, table]
    keyboard.press(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert desk.top.isAncestorOf(focus)


def test_ctrl_z_takes_back_what_was_done_last(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    host, keyboard = desk_of(session).context.host, Keyboard()
    done: list[str] = []
    host.toast("First", lambda: done.append("first"))
    host.toast("Second", lambda: done.append("second"))
    host.toast("Something else to do", lambda: done.append("other"), "Do it")
    for _press in range(2):
        keyboard.press(Qt.Key.Key_Z, CTRL)
    assert done == ["second"]


def test_a_chart_joined_to_another_leaves_no_tab_with_the_old_name(
    session: Session, qtbot: QtBot
) -> None:
    unlock(session, qtbot, PASSWORD)
    desk = desk_of(session)
    assert session.clinic is not None
    write, actor = session.clinic.store.write, desk.context.actor
    stays, goes = (write(actor, put_chart, 1).result() for _chart in range(2))
    for each in (goes, stays):
        desk.context.navigator.open(Chart(each))
    qtbot.waitUntil(lambda: desk.context.tasks.is_idle)
    assert desk.top.tabs.open_ids == (goes, stays)
    write(actor, patients.merge, stays, goes, reason="Registered twice").result()
    qtbot.waitUntil(lambda: desk.top.tabs.open_ids == (stays,))
    qtbot.waitUntil(lambda: desk.context.tasks.is_idle)


# ------------------------------------------------------------------ closing


def test_closing_waits_for_the_backup_of_what_was_written(session: Session, qtbot: QtBot) -> None:
    session.work_alone()
    unlock(session, qtbot, PASSWORD)
    keeper = session.context.backups if session.context else None
    assert keeper is not None
    with qtbot.waitSignal(keeper.ended, timeout=60_000) as made:
        session.window.close()
        assert session.window.isVisible()
    assert isinstance(made.args[0], Backup) if made.args else False
    qtbot.waitUntil(lambda: not session.window.isVisible())
    assert len(list(session.data_dir.backups.glob("*.clinicbackup"))) == 1


def test_nobody_has_to_wait_for_the_backup_at_closing(session: Session, qtbot: QtBot) -> None:
    session.work_alone()
    unlock(session, qtbot, PASSWORD)
    session.window.close()
    view = session.window.findChild(ClosingView)
    assert view is not None
    view.back.click()
    assert session.window.shown is not view
    session.window.close()
    closing = session.window.shown
    assert isinstance(closing, ClosingView)
    closing.leave.click()
    assert not session.window.isVisible()
    for made in session.data_dir.backups.glob("*.clinicbackup"):
        find(made)  # one that was quicker than the click is whole
