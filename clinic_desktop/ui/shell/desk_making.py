"""A desk for the signed-in person, with all that its screens are given."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop import this_pc
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import Clock
from clinic_desktop.ui.core.actions import Actions
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Navigator
from clinic_desktop.ui.core.print_desk import PrintDesk
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.shell.keepers import Keepers
from clinic_desktop.ui.shell.password_again import ask_password
from clinic_desktop.ui.shell.window_host import WindowHost


def make_desk(
    opened: Clinic, frame: QWidget, keepers: Keepers, clock: Clock, parent: QObject
) -> Desk:
    """A desk that fills ``frame``, in the language of the person; ``parent`` owns its tasks."""
    language = opened.language()
    speak(language)
    this_pc.remember(opened.data_dir, language=language.language)
    tasks, host = Tasks(opened.store, opened.actor, parent), WindowHost(frame)
    host.halt = lambda: tasks.halt
    tasks.ask_password = partial(ask_password, tasks, host, opened)
    desk = Desk(
        Context(
            tasks=tasks,
            navigator=Navigator(parent),
            actions=Actions(parent),
            host=host,
            clock=clock,
            language=language,
            printing=PrintDesk(tasks, host, language),
            backups=keepers.backups_of(opened),
            exchange=keepers.exchange_of(opened),
            clinic=opened,
        )
    )
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(desk)
    return desk
