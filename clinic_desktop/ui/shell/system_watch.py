"""Hears from the system that it goes to sleep, or that its own screen is locked.

Linux tells it over D-Bus (logind), Windows by messages to a window. Where nothing can be heard the
program goes on without: ``VaultLock`` notices sleep afterwards, and an untouched window locks.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication, QObject, Signal
from PySide6.QtGui import QWindow

log = logging.getLogger(__name__)
LOGIND, MANAGER = "org.freedesktop.login1", "/org/freedesktop/login1"
_MANAGER, _SESSION = "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_WM_POWER, _SUSPEND, _WM_SESSION, _SESSION_LOCK, _SWITCHED_AWAY = 0x218, 0x4, 0x2B1, 0x7, (0x2, 0x4)


class SystemWatch(QObject):
    """Emits ``away`` when the PC sleeps, locks its screen or shows another account."""

    away = Signal()

    def __init__(self, window: QWindow, parent: QObject) -> None:
        super().__init__(parent)
        self.hears = False
        if sys.platform == "win32":
            self._filter = _WindowsMessages(self)
            self.hears = _ask_windows(int(window.winId()), self._filter)
        elif sys.platform.startswith("linux"):
            self._logind = Logind(os.environ.get("XDG_SESSION_ID", ""), self)
            self._logind.away.connect(self.away)
            self.hears = self._logind.hears
        if not self.hears:
            log.info("The system does not tell of sleep and locks; the window's own lock remains.")


if sys.platform.startswith("linux"):
    from PySide6.QtCore import SLOT, Slot
    from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

    class Logind(QObject):
        """What logind tells of sleep and of the session that this program runs in."""

        away = Signal()

        def __init__(
            self, session: str, parent: QObject, bus: QDBusConnection | None = None
        ) -> None:
            super().__init__(parent)
            self._bus = bus or QDBusConnection.systemBus()
            self._path = f"{MANAGER}/session/{escaped(session)}" if session else ""
            self.hears = self._bus.isConnected() and self._listen()

        def _listen(self) -> bool:
            wanted = [(MANAGER, _MANAGER, "PrepareForSleep", "on_sleep(bool)")]
            if self._path:
                wanted.append((self._path, _SESSION, "Lock", "on_lock()"))
                changed = "on_changed(QDBusMessage)"
                wanted.append((self._path, _PROPERTIES, "PropertiesChanged", changed))
            # It takes what SLOT() makes, whatever its own notes on types say.
            connect: Any = self._bus.connect
            return all(connect(LOGIND, *each[:3], self, SLOT(each[3])) for each in wanted)

        @Slot(bool)
        def on_sleep(self, begins: bool) -> None:
            """The PC goes to sleep, or has woken up."""
            if begins:
                self.away.emit()

        @Slot()
        def on_lock(self) -> None:
            """Somebody wants the screen locked."""
            self.away.emit()

        @Slot(QDBusMessage)
        def on_changed(self, _message: QDBusMessage) -> None:
            """Something about the session is new: ask whether it is locked, or not shown."""
            for name, means_away in (("LockedHint", True), ("Active", False)):
                question = QDBusMessage.createMethodCall(LOGIND, self._path, _PROPERTIES, "Get")
                question.setArguments([_SESSION, name])
                watcher = QDBusPendingCallWatcher(self._bus.asyncCall(question), self)
                watcher.setProperty("means-away", means_away)
                watcher.finished.connect(self._answered)

        def _answered(self, watcher: QDBusPendingCallWatcher) -> None:
            found = watcher.reply().arguments()
            watcher.deleteLater()
            if found and getattr(found[0], "variant", str)() is watcher.property("means-away"):
                self.away.emit()


def escaped(session: str) -> str:
    """An id of a session as it stands in the path of its object."""
    letters = []
    for place, each in enumerate(session):
        plain = each.isascii() and (each.isalpha() or (each.isdigit() and place > 0))
        letters.append(each if plain else f"_{ord(each):02x}")
    return "".join(letters)


class _WindowsMessages(QAbstractNativeEventFilter):
    """Looks at the messages that Windows sends to our window."""

    def __init__(self, watch: SystemWatch) -> None:
        super().__init__()
        self._watch = watch

    def nativeEventFilter(self, kind: Any, message: Any) -> Any:
        """Never swallows one."""
        from ctypes import wintypes

        if bytes(kind) == b"windows_generic_MSG":
            told = wintypes.MSG.from_address(int(message))
            sleeps = told.message == _WM_POWER and told.wParam == _SUSPEND
            leaves = told.message == _WM_SESSION and told.wParam in {_SESSION_LOCK, *_SWITCHED_AWAY}
            if sleeps or leaves:
                self._watch.away.emit()
        return False, 0


def _ask_windows(window: int, messages: _WindowsMessages) -> bool:
    """Whether Windows will tell our window of its session."""
    import ctypes

    app = QCoreApplication.instance()
    if app is None:
        return False
    app.installNativeEventFilter(messages)
    try:
        return bool(ctypes.WinDLL("wtsapi32").WTSRegisterSessionNotification(window, 0))  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
