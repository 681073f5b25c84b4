"""The import screen takes what it is given, shows how far it is and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from clinic_desktop.services.fhir import importing
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.imports.import_view import ImportView
from clinic_desktop.ui.imports.import_vm import Phase
from tests.support.fhir import bundle, encounter, observation, patient, write
from tests.support.records import Record


@pytest.fixture
def view(ui_context: Context, qtbot: QtBot) -> ImportView:
    """The screen, shown."""
    screen = ImportView(ui_context)
    qtbot.addWidget(screen)
    screen.resize(1100, 800)
    screen.show()
    return screen


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good.json", bundle(patient(), encounter(), observation()))


def finish(qtbot: QtBot, view: ImportView) -> None:
    qtbot.waitUntil(lambda: view.vm.state.phase is Phase.DONE, timeout=20_000)


def drop(view: ImportView, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none)
    view.dragEnterEvent(enter)
    assert enter.isAccepted()
    view.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))


def test_nothing_chosen_nothing_to_start(view: ImportView) -> None:
    assert not view.start.isEnabled()
    assert not view.report.isVisible()
    assert not view.progress_card.isVisible()
    view.primary()
    assert view.vm.state.phase is Phase.CHOOSING


def test_dropped_files_are_imported_and_counted(
    view: ImportView, qtbot: QtBot, record: Record, good: Path
) -> None:
    drop(view, good)
    assert "good.json" in view.chosen.text()
    view.start.click()
    assert not view.files.isEnabled()
    finish(qtbot, view)
    assert record.rows("SELECT count(*) FROM patient") == [(1,)]
    assert view.counts.model_.rowCount() == 3
    assert view.counts.model_.index(0, 0).data() == "Patients"
    assert not view.errors_card.isVisible()
    assert "3" in view.notice.accessibleName()


def test_a_dry_run_writes_nothing_and_then_offers_the_real_one(
    view: ImportView, qtbot: QtBot, record: Record, good: Path
) -> None:
    view.add_paths([str(good)])
    view.dry_run.setChecked(True)
    view.primary()
    finish(qtbot, view)
    assert record.rows("SELECT count(*) FROM patient") == [(0,)]
    assert view.for_real.isVisible()
    view.for_real.click()
    qtbot.waitUntil(lambda: record.rows("SELECT count(*) FROM patient") == [(1,)], timeout=20_000)
    finish(qtbot, view)
    assert not view.for_real.isVisible()


def test_broken_files_are_listed_with_line_and_reason(
    view: ImportView, qtbot: QtBot, good: Path, tmp_path: Path
) -> None:
    bad = write(tmp_path / "bad.jsonl", bundle(patient(5)), "{")
    view.add_paths([str(good), str(bad)])
    view.primary()
    finish(qtbot, view)
    assert view.errors_card.isVisible()
    texts = [view.errors.model_.index(0, column).data() for column in range(3)]
    assert "bad.jsonl" in texts[0]
    assert texts[1] == "2"
    assert texts[2]


def test_a_second_import_says_that_all_was_there(
    view: ImportView, qtbot: QtBot, good: Path
) -> None:
    for _time in range(2):
        view.add_paths([str(good)])
        view.primary()
        finish(qtbot, view)
    report = view.vm.state.report
    assert report is not None
    assert report.unchanged == 3
    assert not view.counts_card.isVisible()


def test_the_keys_follow_the_import(view: ImportView, qtbot: QtBot, good: Path) -> None:
    view.activateWindow()
    view.go_to(to.ImportRecords())
    assert view.files.hasFocus()
    view.add_paths([str(good)])
    view.dry_run.setChecked(True)
    view.start.setFocus()
    view.primary()
    assert not view.start.isEnabled()
    finish(qtbot, view)
    assert view.for_real.hasFocus()


def test_cancel_stops_it(
    view: ImportView, qtbot: QtBot, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker waits at its first word of progress until somebody cancels."""
    told = threading.Event()
    begin = importing.import_files

    def patiently(*args: object, cancel: threading.Event, **options: object) -> object:
        told.set()
        cancel.wait(20)
        work: Callable[..., object] = begin
        return work(*args, cancel=cancel, **options)

    monkeypatch.setattr("clinic_desktop.ui.imports.import_vm.import_files", patiently)
    view.add_paths([str(good)])
    view.primary()
    qtbot.waitUntil(told.is_set)
    assert view.progress_card.isVisible()
    view.progress.cancel.click()
    finish(qtbot, view)
    report = view.vm.state.report
    assert report is not None
    assert report.was_cancelled
    assert report.imported == {}


def test_the_thread_that_imports_holds_no_part_of_the_screen(
    view: ImportView, qtbot: QtBot, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be destroyed there, if the thread were the last to let go of it."""
    store = view.context.clinic.store
    call, given = store.call, []

    def note(work: Callable[..., object], *args: object) -> object:
        given.extend([work, *args])
        return call(work, *args)

    monkeypatch.setattr(store, "call", note)
    view.add_paths([str(good)])
    view.primary()
    finish(qtbot, view)
    held = [getattr(each, "__self__", each) for each in given]
    assert not [each for each in held if isinstance(each, QObject)]


def test_files_and_folders_are_chosen_in_dialogs_that_do_not_block(
    view: ImportView, qtbot: QtBot, good: Path
) -> None:
    for button in (view.files, view.folder):
        button.click()
        dialog = view.findChild(QFileDialog)
        assert dialog is not None
        dialog.filesSelected.emit([str(good)])
        dialog.reject()
        qtbot.waitUntil(lambda: view.findChild(QFileDialog) is None)
    assert view.vm.state.paths == (good,)
    view.clear.click()
    assert not view.vm.state.paths
