"""Hidden behind the lock screen, or closed altogether: what was typed is there again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.services import drafts
from clinic_desktop.ui.shell.vault_lock import VaultLock
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard
from tests.ui.shell.test_session import CTRL, desk_of, unlock


def test_unsaved_words_survive_both_locks(clinic_dir: DataDir, qtbot: QtBot) -> None:
    """Hidden behind the lock screen, and when the record is closed altogether."""
    session = Session(clinic_dir, "amina", FixedClock(NOON, seed=1000), CHEAP)
    session.start()
    qtbot.waitExposed(session.window)
    session.window.activateWindow()
    unlock(session, qtbot, PASSWORD)
    keyboard, closed = Keyboard(), VaultLock(session.data_dir, session.clock, session)
    session.closing_wanted.connect(closed.close_now)
    closed.on_opened()
    keyboard.press(Qt.Key.Key_N, CTRL)
    keyboard.type("Otieno")
    session.show_lock()
    unlock(session, qtbot, PASSWORD)
    keyboard.type(" Brian")
    with qtbot.waitSignal(closed.due):
        desk_of(session).closing_requested.emit()
    session.close()
    data_dir = session.data_dir
    delete(session.window)  # the program becomes another here: no window hears anything more
    delete(session)
    opened = clinic.open_clinic(data_dir, "amina", PASSWORD, FixedClock(NOON, seed=9000))
    (kept,) = opened.store.read(opened.actor, drafts.my_drafts).result()
    opened.close()
    assert "Otieno" in str(kept.body)
    assert "Brian" in str(kept.body)
