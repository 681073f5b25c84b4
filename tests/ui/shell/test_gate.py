"""The window on a record that can only be looked at: said above every screen, nothing is typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import encounters, patients
from clinic_desktop.services.backups import ledger
from clinic_desktop.services.backups.ledger import Reason, Result
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.restore_view import RestoreView
from clinic_desktop.ui.shell.window_host import WindowHost
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD

NEW_PASSWORD = "a whole new sentence"
SHEET = RecoveryKey(bytes(range(20)))


@pytest.fixture
def newer_dir(
    clinic_folder: tuple[Path, bytes, Actor], clinic_dir: DataDir, tmp_path: Path
) -> DataDir:
    """A clinic with an open visit, backed up and then brought forward by a newer program."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON))
    opened.use_recovery(SHEET)
    patient = opened.store.write(opened.actor, put_chart, 0).result()
    opened.store.write(opened.actor, encounters.start_visit, patient_id=patient).result()
    made = opened.back_up(tmp_path / "before.clinicbackup", lambda *_told: None)
    opened.close()
    with ledger.changing(clinic_dir) as changed:
        changed.results = [Result(NOON, str(made.path), Reason.UPGRADE, 1, schema=HEAD)]
    with closing(connect(clinic_dir.database, clinic_folder[1])) as cursor:
        cursor.execute(f"PRAGMA user_version = {HEAD + 1}")
    return clinic_dir


@pytest.fixture
def session(newer_dir: DataDir, qtbot: QtBot) -> Iterator[Session]:
    """The program, signed in on it."""
    found = Session(newer_dir, "amina", FixedClock(NOON, seed=9000), CHEAP)
    found.start()
    with qtbot.waitSignal(found.desk_shown):
        found.unlock("amina", PASSWORD)
    wait(found, qtbot)
    yield found
    wait(found, qtbot)
    found.close()
    found.window.close()
    delete(found.window)
    delete(found)
    speak(ENGLISH)


def wait(session: Session, qtbot: QtBot) -> None:
    context = session.context
    if context is not None:
        qtbot.waitUntil(lambda: context.tasks.is_idle)


def desk_of(session: Session) -> tuple[Desk, WindowHost]:
    assert session.desk is not None
    assert session.context is not None
    assert isinstance(session.context.host, WindowHost)
    return session.desk, session.context.host


def test_it_is_said_above_every_screen_with_the_way_back(session: Session) -> None:
    desk, host = desk_of(session)
    assert desk.gate.isVisible()
    assert "newer version" in desk.gate.accessibleName()
    assert "before.clinicbackup" in desk.gate.accessibleDescription()
    assert desk.gate.restore.isVisible()
    assert not desk.gate.again.isVisible()
    assert host.error is None


@pytest.mark.parametrize("destination", [to.RegisterPatient(), to.WalkIn(), to.ImportRecords()])
def test_a_form_that_could_not_save_is_not_shown(
    session: Session, destination: to.Destination, qtbot: QtBot
) -> None:
    desk, host = desk_of(session)
    desk.context.navigator.open(destination)
    wait(session, qtbot)
    assert host.drawer is None
    assert isinstance(desk.shown, TodayView)
    assert host.error is not None
    assert "newer version" in host.error.accessibleName()


def test_an_open_visit_is_shown_and_nothing_is_typed_into_it(
    session: Session, qtbot: QtBot
) -> None:
    desk, host = desk_of(session)
    context = desk.context
    found = context.tasks.read(desk, patients.search, "Ivanova").result()
    patient = found[0].id
    rows = context.tasks.read(
        desk, lambda reads: reads.cursor.execute("SELECT id FROM encounter").fetchall()
    ).result()
    desk.context.navigator.open(to.Chart(patient))
    wait(session, qtbot)
    context.navigator.open(to.Visit(patient, type(patient)(bytes=bytes(rows[0][0]))))
    wait(session, qtbot)
    screen = desk.shown
    assert isinstance(screen, VisitView)
    assert not screen.note.isEnabled()
    assert not screen.sign_button.isEnabled()
    assert host.error is None


def test_the_backup_before_the_upgrade_comes_back(session: Session, qtbot: QtBot) -> None:
    desk, _host = desk_of(session)
    desk.gate.restore.click()
    view = session.window.shown
    assert isinstance(view, RestoreView)
    assert view.file.text().endswith("before.clinicbackup")
    view.key.setText(SHEET.text)
    view.login.setText("amina")
    for field in (view.password.password, view.password.repeat):
        field.setText(NEW_PASSWORD)
    with qtbot.waitSignal(session.desk_shown, timeout=60_000):
        view.submit()
    wait(session, qtbot)
    desk, host = desk_of(session)
    assert not desk.gate.isVisible()
    desk.context.navigator.open(to.RegisterPatient())
    wait(session, qtbot)
    assert host.drawer is not None


def test_esc_leads_from_there_to_the_lock_screen(session: Session) -> None:
    desk, _host = desk_of(session)
    desk.gate.restore.click()
    view = session.window.shown
    assert isinstance(view, RestoreView)
    view.left.emit()
    assert isinstance(session.window.shown, LockView)
    assert session.clinic is None


# ------------------------------------------------------------------ a full disk


@pytest.fixture
def full(clinic_dir: DataDir, qtbot: QtBot) -> Iterator[Session]:
    """The program on an ordinary clinic whose disk turns out to be full."""
    found = Session(clinic_dir, "amina", FixedClock(NOON, seed=9000), CHEAP)
    found.start()
    with qtbot.waitSignal(found.desk_shown):
        found.unlock("amina", PASSWORD)
    wait(found, qtbot)
    assert found.clinic is not None
    found.clinic.store.gate.on_full()
    yield found
    wait(found, qtbot)
    found.close()
    found.window.close()
    delete(found.window)
    delete(found)
    speak(ENGLISH)


def test_a_full_disk_is_said_until_there_is_room_and_what_was_typed_is_kept(
    full: Session, qtbot: QtBot
) -> None:
    desk, host = desk_of(full)
    qtbot.waitUntil(desk.gate.isVisible)
    assert "disk is full" in desk.gate.accessibleName()
    assert not desk.gate.restore.isVisible()
    desk.context.navigator.open(to.RegisterPatient())
    wait(full, qtbot)
    assert host.drawer is None

    words: dict[str, object] = {"text": "typed while it was full"}
    keeper = DraftKeeper(desk.context.tasks, "note", "proof", lambda: words, desk)
    keeper.save()
    wait(full, qtbot)
    assert host.error is not None
    with qtbot.waitSignal(keeper.saved):
        desk.gate.again.click()
    assert not desk.gate.isVisible()
    desk.context.navigator.open(to.RegisterPatient())
    wait(full, qtbot)
    assert host.drawer is not None
