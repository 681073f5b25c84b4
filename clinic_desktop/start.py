"""From a data folder to a running window, and to its end."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import clinic_desktop.ui  # noqa: F401 - first: it makes loading the rest cheaper
from clinic_desktop import i18n, logs, this_pc
from clinic_desktop.app import Session
from clinic_desktop.config import APP_NAME, DataDir, resource
from clinic_desktop.ui.core import unexpected
from clinic_desktop.ui.core.garbage import WindowCollector
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.shell.opened_file import OpenedFile
from clinic_desktop.ui.shell.vault_lock import VaultLock, restart
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.remembered import appearance_of
from clinic_desktop.ui.widgets.focus_ring import FocusRing


def dress(app: QApplication, choices: dict[str, Any]) -> None:
    """Put on the look this PC was last used with."""
    style.apply(app, appearance_of(choices))


def make_application(data_dir: DataDir) -> QApplication:
    """The Qt application with look, language, hooks and log."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName(APP_NAME)
    app.setDesktopFileName("clinic-desktop")
    app.setWindowIcon(QIcon(str(resource("icons", "clinic-desktop.svg"))))
    dress(app, this_pc.remembered(data_dir))
    speak(i18n.current())
    if app.findChild(FocusRing) is None:
        FocusRing(app)
    return app


def _watch_system(session: Session, vault_lock: VaultLock) -> None:
    """From the first sign-in on; the lock screen need not wait for it."""
    from clinic_desktop.ui.shell.system_watch import SystemWatch

    watch = SystemWatch(session.window.windowHandle(), session)
    watch.away.connect(vault_lock.close_now)


def run_window(data_dir: DataDir, login: str = "", pack: Path | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    ``pack`` is a file to offer once somebody has signed in.
    """
    with suppress(OSError):  # the window will say what is wrong with the folder
        data_dir.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        logs.start(data_dir.logs)
    app = make_application(data_dir)
    session = Session(data_dir, login)
    unexpected.watch(session.show_error)
    collector = WindowCollector(session)
    session.desk_wanted.connect(collector.set_aside)
    files = OpenedFile(session)
    files.opened.connect(session.offer_pack)
    if sys.platform == "darwin":  # elsewhere a file comes as an argument, and filters cost time
        app.installEventFilter(files)
    if pack is not None:
        session.offer_pack(pack)
    session.work_alone()
    vault_lock = VaultLock(data_dir, session.clock, session)
    session.desk_shown.connect(vault_lock.on_opened)
    session.locked.connect(vault_lock.on_locked)
    session.closing_wanted.connect(vault_lock.close_now)
    session.desk_shown.connect(
        partial(_watch_system, session, vault_lock), Qt.ConnectionType.SingleShotConnection
    )
    vault_lock.due.connect(session.forgo_last_backup)  # the key leaves the memory first
    vault_lock.due.connect(app.quit, Qt.ConnectionType.QueuedConnection)
    session.start()
    code = app.exec()
    vault_lock.stop()
    login = session.clinic.actor.login if session.clinic else ""
    session.close()
    collector.stop()
    if vault_lock.was_due:
        restart(session.data_dir, login)
    return session.trouble.exit_code if session.trouble else code
