"""What holds for every test: no window, no home folder, a still clock, nothing left behind."""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

# Before anything imports Qt: windows are drawn into memory, and no key store of a person is asked.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
os.environ["TZ"] = "UTC"
if hasattr(time, "tzset"):  # not on Windows
    time.tzset()

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import settings

from clinic_desktop import i18n
from clinic_desktop.clock import FixedClock

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QWidget

    from clinic_desktop.ui.theme.look import Appearance

pytest_plugins = (
    "tests.support.records",
    "tests.support.pcs",
    "tests.support.races",
    "tests.support.windows",
    "tests.support.busy_day",
    "tests.support.notebook",
)

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
RUNNER_THREADS = ("execnet", "pytest", "ThreadPoolExecutor-asyncio")
"""Threads of the test runner itself."""

# Machines differ in speed: no property fails for being slow.
settings.register_profile("clinic", deadline=None, print_blob=True)
settings.load_profile("clinic")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let a crash name its own thread only.

    The frames of the others go on running while they are read; a run that crashed was seen to
    hang there until it was ended from outside, without a word of which test it had been.
    """
    if fault_handler_stderr_fd_key in config.stash:
        faulthandler.enable(config.stash[fault_handler_stderr_fd_key], all_threads=False)


@pytest.fixture
def clock() -> FixedClock:
    """Wednesday 25 November 2026, eight in the morning in London; it moves only when told to."""
    return FixedClock(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the project."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public sample records beside the repository; tests that need them skip where they are not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the public sample records in {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test out of the data folder of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLINIC_DATA_DIR", str(tmp_path_factory.mktemp("home") / "clinic"))
        patch.delenv("CLINIC_PASSWORD", raising=False)
        yield


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """Give the next test the language this one found."""
    before = i18n.current()
    yield
    i18n.use(before)


@pytest.fixture(autouse=True)
def _look_again() -> Iterator[None]:
    """Give the next test the look this one found, whatever it chose and however it ended."""
    before = _appearance()
    yield
    if _has_windows() and _appearance() != before:
        from PySide6.QtWidgets import QApplication

        from clinic_desktop.ui.theme import style

        app = QApplication.instance()
        assert isinstance(app, QApplication)
        style.apply(app, before or style.Appearance())


def _appearance() -> Appearance | None:
    """The look in force; none before the first window."""
    module = sys.modules.get("clinic_desktop.ui.theme.look")
    return module.look().appearance if module else None


@pytest.fixture(autouse=True)
def _no_warnings_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on a logged warning; a test that expects one reads it and calls ``caplog.clear()``."""
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    loud = [record for record in records if record.levelno >= logging.WARNING]
    assert not loud, "logged: " + "; ".join(f"{r.name}: {r.getMessage()}" for r in loud)


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on threads, running timers and windows that a test leaves behind."""
    threads, windows, timers = threading.enumerate(), _windows(), _running_timers()
    yield
    gc.collect()
    if request.node.get_closest_marker("leaks"):
        return
    left = _left(windows, timers)
    left += [f"thread {t.name}" for t in _alive(set(threading.enumerate()) - set(threads))]
    assert not left, "left behind: " + ", ".join(left)


def _left(windows: list[QWidget], timers: list[QTimer]) -> list[str]:
    """Windows and running timers that were not there before."""
    if _has_windows():
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    fresh = [f"window {w.objectName() or w!r}" for w in _windows() if w not in windows]
    return fresh + [f"timer of {t.parent()!r}" for t in _running_timers() if t not in timers]


def _alive(threads: set[threading.Thread]) -> list[threading.Thread]:
    """Threads that outlive the test by two seconds; most end within a millisecond."""
    ours = [thread for thread in threads if not thread.name.startswith(RUNNER_THREADS)]
    for thread in ours:
        thread.join(timeout=2)
    return [thread for thread in ours if thread.is_alive()]


def _has_windows() -> bool:
    """Whether this process started Qt; a test without windows pays nothing for them."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets is not None and widgets.QApplication.instance() is not None


def _windows() -> list[QWidget]:
    if not _has_windows():
        return []
    from PySide6.QtWidgets import QApplication

    return [widget for widget in QApplication.topLevelWidgets() if widget.parent() is None]


def _running_timers() -> list[QTimer]:
    if not _has_windows():
        return []
    import shiboken6
    from PySide6.QtCore import QTimer

    known = shiboken6.getAllValidWrappers()
    return [item for item in known if type(item) is QTimer and item.isActive()]


def pytest_collection_finish() -> None:
    """Set aside what lives as long as the run, so that looking for leaks stays quick.

    From here on garbage is collected between tests only: never on a thread that must not free
    widgets.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What a file's tests imported and cached lives on too; set it aside at its end."""
    yield
    assert not gc.isenabled(), "garbage is collected on any thread again: the next window crashes"
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()
