"""The settings in a window, on a real record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.navigator import Settings
from clinic_desktop.ui.settings.settings_view import SettingsView
from tests.support.records import Record
from tests.support.windows import RecordingHost

W = TypeVar("W", bound=QWidget)


@dataclass
class Desk:
    """The settings, and what a person does with them."""

    view: SettingsView
    context: Context
    record: Record
    qtbot: QtBot

    @property
    def host(self) -> RecordingHost:
        """What the window was asked for."""
        assert isinstance(self.context.host, RecordingHost)
        return self.context.host

    def idle(self) -> None:
        """Wait until everything is answered."""
        context = self.context
        self.qtbot.waitUntil(lambda: context.tasks.is_idle and context.backups.is_idle)

    def open(self, key: str, kind: type[W]) -> W:
        """A page of the settings."""
        self.view.go_to(Settings(key))
        self.idle()
        page = self.view.page(key)
        assert isinstance(page, kind)
        return page

    def drawer(self, kind: type[W]) -> W:
        """The form that was opened last, shown as the drawer would."""
        form = self.host.drawers[-1]
        assert isinstance(form, DrawerForm)
        assert isinstance(form, kind)
        self.qtbot.addWidget(form)
        form.show()
        return form

    def until(self, so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(so)
        self.idle()

    def undo(self) -> None:
        """Press Undo on the toast."""
        assert self.host.undo is not None
        self.host.undo()
        self.idle()


@pytest.fixture
def desk(record: Record, ui_context: Context, qtbot: QtBot) -> Iterator[Desk]:
    """The settings, open."""
    view = SettingsView(ui_context)
    qtbot.addWidget(view)
    view.resize(1180, 760)
    view.show()
    qtbot.waitExposed(view)
    found = Desk(view, ui_context, record, qtbot)
    yield found
    found.idle()
    QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
