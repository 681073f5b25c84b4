"""When the record is closed altogether and its key leaves the memory, though the window stays.

Closing the record alone would leave copies of the key in this process. So the program ends its work
as at closing time and then becomes itself anew, at the lock screen (``restart``).
"""

from __future__ import annotations

import os
import subprocess
import sys

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from clinic_desktop.clock import Clock
from clinic_desktop.config import DataDir

LOCKED_MS = 15 * 60_000
"""How long the window stays locked before the record is closed too."""
LONGEST_S = 12 * 3600.0
"""However busy the desk is: whoever goes on after this signs in anew."""
_BEAT_MS = 10_000
_ASLEEP_S = 120.0
"""A gap between two beats that only sleep, or a clock set forward, explains."""


class VaultLock(QObject):
    """Emits ``due`` once: after long locking, after sleep, after twelve hours, and when asked."""

    due = Signal()

    def __init__(
        self, data_dir: DataDir, clock: Clock, parent: QObject, locked_ms: int = LOCKED_MS
    ) -> None:
        super().__init__(parent)
        self._data_dir, self._clock = data_dir, clock
        self._is_open = self.was_due = False
        self._locked = QTimer(self)
        self._locked.setSingleShot(True)
        self._locked.setInterval(locked_ms)
        self._locked.timeout.connect(self.close_now)
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT_MS)
        self._beat.timeout.connect(self.beat)
        self._last = (0.0, 0.0)
        self._since = 0.0
        self._watch = QFileSystemWatcher([str(data_dir.root)], self)
        self._watch.directoryChanged.connect(lambda _folder: self.answer())

    def on_opened(self) -> None:
        """Somebody is at the desk."""
        if not self._is_open:
            self._since = self._clock.uptime()
        self._is_open = True
        self._locked.stop()
        self._last = self._times()
        self._beat.start()

    def on_locked(self) -> None:
        """The window shows the lock screen; the record behind it is still open."""
        if self._is_open:
            self._locked.start()

    def beat(self) -> None:
        """Notice that the PC has slept (a clock went on without us), and that a day has passed."""
        before, self._last = self._last, self._times()
        slept = max(now - then for now, then in zip(self._last, before, strict=True)) > _ASLEEP_S
        if slept or self._last[1] - self._since >= LONGEST_S:
            self.close_now()

    def _times(self) -> tuple[float, float]:
        return self._clock.now().timestamp(), self._clock.uptime()

    def answer(self) -> None:
        """Do what ``clinic-desktop lock`` asks for; taking its file away says that we heard."""
        wanted = self._data_dir.lock_wanted
        if wanted.exists():
            wanted.unlink(missing_ok=True)
            self.close_now()

    def close_now(self) -> None:
        """Close the record, if it is open."""
        if self._is_open and not self.was_due:
            self.was_due = True
            self.stop()
            self.due.emit()

    def stop(self) -> None:
        """Nothing to watch any more."""
        self._is_open = False
        for timer in (self._locked, self._beat):
            timer.stop()


def restart(data_dir: DataDir, login: str) -> None:
    """Become the program anew, at the lock screen; everything in memory is gone.

    On Windows a process cannot become another: a new one starts, and this one has to end now.
    """
    program = [sys.executable] if getattr(sys, "frozen", False) else [
        sys.executable, "-m", "clinic_desktop",
    ]  # fmt: skip
    words = [*program, "--data-dir", str(data_dir.root)]
    if login:
        words += ["--user", login]
    if sys.platform == "win32":
        subprocess.Popen(words)  # noqa: S603 - our own program
    else:
        os.execv(sys.executable, words)  # noqa: S606 - our own program
