"""A visit that has begun, on its page in a desk."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.services import encounters, note_templates, notes
from clinic_desktop.services.note_templates import SaveTemplate
from clinic_desktop.services.notes import NoteText
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Visit
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.charts import put_chart
from tests.support.records import Record

COLD = SaveTemplate(
    "Cough and cold",
    "uri",
    NoteText(
        subjective="Cough for ⟦how long⟧, ⟦dry or productive⟧.",
        objective="Chest ⟦clear⟧.",
        plan="Fluids, rest. Review in ⟦days⟧ days.",
    ),
)


@dataclass
class Page:
    """The page of a running visit."""

    view: VisitView
    record: Record
    context: Context
    patient_id: uuid.UUID
    visit: uuid.UUID
    qtbot: QtBot
    acts: int = 0

    def idle(self) -> None:
        """Wait until everything asked of the record has been shown."""
        self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def type(self, text: str) -> None:
        """Type content: not counted as an act."""
        QTest.keyClicks(self.focused, text)

    def press(
        self,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Press a command key: one act."""
        self.acts += 1
        QTest.keyClick(self.focused, key, modifier)

    @property
    def focused(self) -> QWidget:
        """The widget that has the keys."""
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def note(self) -> NoteText:
        """The note in the record."""
        return self.record.read(notes.notes_of, self.visit)[0].text


@pytest.fixture
def visit_page(record: Record, ui_context: Context, qtbot: QtBot) -> Page:
    """A visit of a person with a history; the caret stands in the note."""
    record.write(note_templates.save_template, COLD)
    patient_id = record.write(put_chart, 4)
    visit = record.write(encounters.start_visit, patient_id=patient_id).encounter_id
    return open_page(record, ui_context, qtbot, patient_id, visit)


def open_page(
    record: Record, context: Context, qtbot: QtBot, patient_id: uuid.UUID, visit: uuid.UUID
) -> Page:
    """The page of any visit."""
    view = VisitView(context)
    qtbot.addWidget(view)
    page = Page(view, record, context, patient_id, visit, qtbot)
    view.resize(1180, 720)
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    with qtbot.waitSignal(view.vm.opened):
        view.go_to(Visit(patient_id, visit))
    page.idle()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    return page
