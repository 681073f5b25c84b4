"""A PC without a clinic, and the keys of the person in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.first_run.state import StepKey
from clinic_desktop.ui.setup import region
from tests.support.records import CHEAP, NOON
from tests.support.typing_keys import Keyboard

ENTER = Qt.Key.Key_Return
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@dataclass
class Pc:
    """Starts the first run as often as wanted on one data folder."""

    qtbot: QtBot
    data_dir: DataDir
    keys: Keyboard = field(default_factory=Keyboard)
    view: FirstRunView = field(init=False)
    finished: list[Clinic] = field(default_factory=list)

    def start(self, opened: Clinic | None = None) -> FirstRunView:
        """Open the program."""
        self.view = FirstRunView(
            self.data_dir, FixedClock(NOON, seed=1000), opened=opened, cost=CHEAP
        )
        self.qtbot.addWidget(self.view)
        self.view.finished.connect(self.finished.append)
        self.view.resize(1100, 800)
        self.view.show()
        self.qtbot.waitExposed(self.view)
        self.view.activateWindow()
        self.settle()
        return self.view

    def quit(self) -> None:
        """Close the program, as a power cut would: nothing is asked."""
        if not hasattr(self, "view"):
            return
        self.view.close_work()
        if self.view._clinic is not None:
            self.view._clinic.close()
        self.view.close()

    def settle(self) -> None:
        """Wait until the caret stands where typing begins and all is answered."""
        begun = QTimer(self.view)  # comes behind the one that begins the step
        begun.setSingleShot(True)
        with self.qtbot.waitSignal(begun.timeout):
            begun.start(0)
        step = self.view.step(self.view.here)

        def ready() -> bool:
            tasks, focus = self.view._tasks, QApplication.focusWidget()
            idle = tasks is None or tasks.is_idle
            return idle and focus is not None and (focus is step or step.isAncestorOf(focus))

        self.qtbot.waitUntil(ready)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """A key where the focus is."""
        self.keys.press(key, modifier or Qt.KeyboardModifier.NoModifier)

    def type(self, text: str) -> None:
        """Letters where the focus is."""
        self.keys.type(text)

    def tab_to(self, name: str) -> QWidget:
        """Tab until a thing of this name has the focus."""
        for _step in range(60):
            focus = QApplication.focusWidget()
            if focus is not None and focus.objectName() == name:
                return focus
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(name)

    def reach(self, key: StepKey) -> None:
        """Wait until a step is shown and ready."""
        self.qtbot.waitUntil(lambda: self.view.here is key)
        self.settle()


@pytest.fixture
def pc(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pc]:
    """A PC in Nairobi that speaks English, with an empty data folder."""
    guess = region.guess("en_KE", "Africa/Nairobi")
    monkeypatch.setattr("clinic_desktop.ui.first_run.state.system_guess", lambda: guess)
    found = Pc(qtbot, DataDir(tmp_path / "clinic"))
    yield found
    found.quit()
    for each in found.finished:
        each.close()
    speak(ENGLISH)
