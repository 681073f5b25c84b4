"""Starting the window where something is wrong, or with a file in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.services.packs.pack import Concept, PackInfo, write_pack
from clinic_desktop.start import make_application
from clinic_desktop.ui.core.code_search import _Shelf
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.opened_file import OpenedFile
from clinic_desktop.ui.shell.window_host import WindowHost
from clinic_desktop.ui.widgets.empty_state import EmptyState
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard

Start = Callable[..., Session]


@pytest.fixture
def start(clinic_dir: DataDir, qtbot: QtBot) -> Iterator[Start]:
    """Starts the program on a clinic, perhaps with a pack; closed at the end."""
    sessions: list[Session] = []

    def go(pack: Path | None = None) -> Session:
        session = Session(clinic_dir, "amina", FixedClock(NOON, seed=1000), CHEAP)
        sessions.append(session)
        if pack is not None:
            session.offer_pack(pack)
        session.start()
        qtbot.waitExposed(session.window)
        session.window.activateWindow()
        return session

    yield go
    for session in sessions:
        context = session.context
        if context is not None:
            qtbot.waitUntil(lambda context=context: context.tasks.is_idle)  # type: ignore[misc]
        session.close()
        session.window.close()
        delete(session.window)
        delete(session)
    speak(ENGLISH)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small code pack as somebody might have been sent it."""
    path = tmp_path / "local terms.clinicpack"
    info = PackInfo(
        "local", "Local terms", "http://hl7.org/fhir/sid/icd-10", "1", "en", "us", "CC0",
        "2026-01-01",
    )  # fmt: skip
    write_pack(path, info, [Concept("X99", "Assault by zebra")])
    return path


def words_of(session: Session) -> str:
    """All words of the excuse shown."""
    view = session.window.shown
    assert isinstance(view, EmptyState)
    return " ".join(label.text() for label in view.findChildren(QLabel))


def sign_in(session: Session, qtbot: QtBot) -> None:
    lock = session.window.shown
    assert isinstance(lock, LockView)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.password)
    Keyboard().type(PASSWORD)
    with qtbot.waitSignal(session.desk_shown):
        Keyboard().press(Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "key file is missing"), (b"{", "key file cannot be read")]
)
def test_a_clinic_without_its_key_file_is_explained(
    start: Start, clinic_dir: DataDir, content: bytes | None, sentence: str
) -> None:
    clinic_dir.vault.unlink()
    if content is not None:
        clinic_dir.vault.write_bytes(content)
    record = clinic_dir.database.read_bytes()
    session = start()
    assert sentence in words_of(session)
    assert "vault.json.previous" in words_of(session)
    assert session.trouble is not None
    assert session.trouble.exit_code == 9
    assert clinic_dir.database.read_bytes() == record


def test_a_second_window_says_so_before_it_asks_for_a_password(
    start: Start, clinic_dir: DataDir, pack: Path
) -> None:
    first = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    assert "already open" in words_of(start())
    assert "Settings, Code packs" in words_of(start(pack))
    first.close()
    assert isinstance(start().window.shown, LockView)


def test_the_excuse_can_be_closed(start: Start, clinic_dir: DataDir) -> None:
    clinic_dir.vault.unlink()
    session = start()
    view = session.window.shown
    assert isinstance(view, EmptyState)
    view.button.click()
    assert not session.window.isVisible()


def test_a_pack_opened_from_outside_is_offered_after_signing_in(
    start: Start, qtbot: QtBot, pack: Path
) -> None:
    session = start(pack)
    sign_in(session, qtbot)
    assert session.context is not None
    host = session.context.host
    assert isinstance(host, WindowHost)
    assert host.drawer is not None
    words = " ".join(label.text() for label in host.drawer.findChildren(QLabel))
    assert "local terms.clinicpack" in words
    added = session.data_dir.packs / "local.clinicpack"
    assert not added.exists(), "nothing is added before it was agreed to"
    host.submit_drawer()
    qtbot.waitUntil(added.exists)


def test_a_pack_opened_while_somebody_works_is_offered_at_once(
    start: Start, qtbot: QtBot, pack: Path
) -> None:
    session = start()
    sign_in(session, qtbot)
    assert session.context is not None
    assert not session.context.host.has_drawer
    files = OpenedFile(session)
    files.opened.connect(session.offer_pack)
    assert files.eventFilter(session, QFileOpenEvent(QUrl.fromLocalFile(str(pack))))
    assert session.desk is not None
    assert isinstance(session.desk.shown, SettingsView)
    assert session.context.host.has_drawer
    session.context.host.close_drawer()


def test_a_pack_added_while_a_visit_is_open_is_found_in_it(clinic_dir: DataDir, pack: Path) -> None:
    shelf = _Shelf(clinic_dir)
    assert "X99" not in {hit.code for hit in shelf.find("zebra")}
    clinic_dir.packs.mkdir(exist_ok=True)
    pack.rename(clinic_dir.packs / "local.clinicpack")
    assert shelf.find("zebra")[0].code == "X99"
    shelf.close()


def test_the_running_program_has_our_mark(qtbot: QtBot, tmp_path: Path) -> None:
    icon = make_application(DataDir(tmp_path)).windowIcon()
    for side in (16, 32, 256):
        image = icon.pixmap(side, side).toImage()
        assert image.width() == side
        assert image.pixelColor(side // 2, side // 2).alpha() == 255
