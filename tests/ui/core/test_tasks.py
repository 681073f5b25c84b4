"""Answers come back to the window in an order that a screen can rely on."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import ClinicError, NotFoundError
from clinic_desktop.services.scheduling import resources
from clinic_desktop.services.scheduling.resources import SaveRoom
from clinic_desktop.ui.core.context import Context
from tests.support.records import Record

GATE_S = 30


@pytest.fixture
def gate() -> threading.Event:
    """Holds a reader up until it is set."""
    return threading.Event()


def test_an_older_answer_never_replaces_a_newer_one(
    ui_context: Context, qtbot: QtBot, gate: threading.Event
) -> None:
    heard: list[str] = []

    def count(reads: ReadSession, name: str) -> str:
        assert name != "old" or gate.wait(GATE_S)
        return name

    def refuse(reads: ReadSession) -> str:
        raise NotFoundError("Nobody")

    def refused(error: ClinicError) -> None:
        heard.append(error.message)

    tasks, owner, other = ui_context.tasks, QObject(), QObject()
    tasks.read(owner, count, "old", done=heard.append)
    tasks.read(owner, count, "new", done=heard.append)
    tasks.read(owner, count, "newest", done=heard.append)
    tasks.read(owner, refuse, failed=refused)
    tasks.read(other, count, "other", done=heard.append)
    qtbot.waitUntil(lambda: heard == ["Nobody", "other"])
    assert not tasks.is_idle
    gate.set()
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert heard[2:] == ["old", "new", "newest"]


def test_an_owner_that_is_gone_holds_nothing_up(
    ui_context: Context, qtbot: QtBot, gate: threading.Event
) -> None:
    tasks, owner = ui_context.tasks, QObject()
    heard: list[str] = []

    def answer(reads: ReadSession, name: str) -> str:
        assert gate.wait(GATE_S)
        return name

    tasks.read(owner, answer, "one", done=heard.append)
    tasks.read(owner, answer, "two", done=heard.append)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    gate.set()
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert heard == []


def test_a_form_is_written_once_however_often_its_key_is_pressed(
    ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    tasks, form = ui_context.tasks, QObject()
    heard: list[object] = []
    before = len(record.read(resources.rooms))
    for _press in range(3):
        tasks.write_once(form, resources.save_room, SaveRoom(""), failed=heard.append)
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert len(heard) == 1, "refused, and said once"
    for _press in range(3):
        tasks.write_once(form, resources.save_room, SaveRoom("Ultrasound"), done=heard.append)
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert len(heard) == 2
    assert len(record.read(resources.rooms)) == before + 1


def test_slow_work_says_how_far_it_is(ui_context: Context, qtbot: QtBot) -> None:
    tasks, owner, other = ui_context.tasks, QObject(), QObject()
    heard: list[str] = []

    def count(name: str, tell: Callable[[str], None]) -> str:
        for step in range(3):
            tell(f"{name} {step}")
        return f"{name} done"

    tasks.call(owner, count, "one", told=heard.append, done=heard.append)
    qtbot.waitUntil(lambda: tasks.is_idle)
    tasks.call(other, count, "two", told=heard.append)
    other.deleteLater()
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert heard[:4] == ["one 0", "one 1", "one 2", "one done"]


def _heard(_who: QObject, _found: object) -> None:
    """What an answer is handed to."""


def test_a_thread_of_the_record_is_never_the_last_to_hold_who_asked(
    ui_context: Context, qtbot: QtBot
) -> None:
    """It would destroy a widget on its own thread, and the program would crash."""
    asked = QObject()
    # What the thread holds until it takes its next work, which may be long after the answer.
    future = ui_context.tasks.read(asked, resources.bookable, done=partial(_heard, asked))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    gone = weakref.ref(asked)
    del asked
    assert gone() is None
    assert future.done()
