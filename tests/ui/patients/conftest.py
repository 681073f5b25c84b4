"""A window with drawers and toasts around the patient screens."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import Language, use
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, Phone, RegisterPatient
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.shell.window_host import WindowHost
from tests.support.records import Record
from tests.support.typing_keys import Keyboard
from tests.support.windows import VisitedNavigator, make_context

KENYA = Language("en", "KE", "Africa/Nairobi")
MARIA = PatientEntry(
    HumanName("Иванова", "Мария"),
    sex="female",
    birth=BirthDate.of(date(1955, 3, 14)),
    phones=(Phone("+254 712 345678"),),
)


class Stage:
    """A window, its real host for drawers, and a person's keyboard."""

    def __init__(self, qtbot: QtBot, record: Record, language: Language) -> None:
        use(language)
        self.qtbot, self.record = qtbot, record
        self.keys = Keyboard()
        self.window = QWidget()
        self.window.resize(1280, 900)
        self.layout = QVBoxLayout(self.window)
        self.context: Context = make_context(record, language)
        self.host = WindowHost(self.window)
        self.context.host = self.host
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def show(self, screen: QWidget) -> None:
        self.layout.addWidget(screen)
        self.settle()

    def open(self, form: DrawerForm) -> None:
        self.host.show_drawer(form, "Form")
        self.settle()
        self.until(lambda: _has_focus(form))

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition)

    def click(self, inside: QWidget, name: str) -> None:
        """Press the button of that objectName."""
        button = inside.findChild(QPushButton, name)
        assert button is not None
        button.click()

    @property
    def visited(self) -> list[to.Destination]:
        navigator = self.context.navigator
        assert isinstance(navigator, VisitedNavigator)
        return navigator.visited

    @property
    def said(self) -> str:
        """The toast."""
        return self.host._toast.label.text()

    def close(self) -> None:
        self.settle()
        self.context.tasks.close()


def _has_focus(form: QWidget) -> bool:
    focus = QApplication.focusWidget()
    return focus is not None and form.isAncestorOf(focus)


@pytest.fixture
def stage(qtbot: QtBot, record: Record) -> Iterator[Stage]:
    """An empty window of a clinic in Kenya."""
    made = Stage(qtbot, record, KENYA)
    yield made
    made.close()


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    """Мария Иванова, 71."""
    return record.write(patients.register, RegisterPatient(MARIA))
