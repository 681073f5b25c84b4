"""The chart's sections, on real records, by keys."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop.services import allergies, conditions, documents, drafts
from clinic_desktop.services.allergies import RecordAllergy
from clinic_desktop.services.chart_results import ResultRow
from clinic_desktop.services.chart_timeline import TimelineKind
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.chart.chart_view import ChartView
from clinic_desktop.ui.chart.document_form import DocumentForm
from clinic_desktop.ui.chart.documents_section import DocumentsSection
from clinic_desktop.ui.chart.results_section import ResultsSection
from clinic_desktop.ui.chart.summary_section import SummarySection
from clinic_desktop.ui.chart.tables import MedicinesSection, VisitsSection
from clinic_desktop.ui.chart.timeline_section import TimelineSection
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Chart, Destination, EditAllergies, Visit
from clinic_desktop.ui.core.panels import ChartSection
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.patient_banner import PatientCard
from tests.db.test_documents import pdf, picture
from tests.support.charts import put_chart
from tests.support.records import Record
from tests.support.windows import RecordingHost, VisitedNavigator


@pytest.fixture
def patient_id(record: Record) -> uuid.UUID:
    """A person seen fourteen times."""
    return record.write(put_chart, 14)


@pytest.fixture
def view(ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID) -> ChartView:
    """The chart of that person, at its summary."""
    return opened(ui_context, qtbot, patient_id)


def opened(
    context: Context, qtbot: QtBot, patient_id: uuid.UUID, section: str = "summary"
) -> ChartView:
    shown = ChartView(context)
    qtbot.addWidget(shown)
    shown.resize(1180, 720)
    shown.show()
    qtbot.waitExposed(shown)
    shown.go_to(Chart(patient_id, section))
    idle(context, qtbot)
    summary = shown.sections.get("summary")
    if isinstance(summary, SummarySection):
        qtbot.waitUntil(summary.problems.isVisible)
    return shown


def idle(context: Context, qtbot: QtBot) -> None:
    # An answer may ask for more: the table for its page, the summary for its plot.
    for _turn in range(3):
        qtbot.waitUntil(lambda: context.tasks.is_idle)


def visited(context: Context) -> list[Destination]:
    assert isinstance(context.navigator, VisitedNavigator)
    return context.navigator.visited


def host(context: Context) -> RecordingHost:
    assert isinstance(context.host, RecordingHost)
    return context.host


def take_back(context: Context) -> None:
    undo = host(context).undo
    assert undo is not None
    undo()


def section(view: ChartView, name: str) -> ChartSection:
    view.show_section(name)
    return view.sections[name]


def test_no_name_of_one_patient_stands_over_the_chart_of_another(
    view: ChartView,
    ui_context: Context,
    record: Record,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    charts = [record.write(put_chart, 1) for _each in range(2)]
    shown: list[PatientCard] = []
    monkeypatch.setattr(view.banner, "set_card", shown.append)
    for each in charts:
        view.go_to(Chart(each, "summary"))
    idle(ui_context, qtbot)
    assert len({card.number for card in shown}) == 1, "the first was left before it was known"


def test_a_file_never_goes_into_the_chart_opened_after_it_was_chosen(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot, tmp_path: Path
) -> None:
    documents_page = section(view, "documents")
    assert isinstance(documents_page, DocumentsSection)
    idle(ui_context, qtbot)
    other = record.write(put_chart, 1)
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf())
    documents_page.take_files([path])
    view.go_to(Chart(other, "documents"))
    idle(ui_context, qtbot)
    assert host(ui_context).drawers == []
    assert "letter.pdf" in host(ui_context).toasts[-1]


def test_opening_a_chart_leaves_a_trace_once(
    view: ChartView, record: Record, patient_id: uuid.UUID
) -> None:
    view.go_to(Chart(patient_id, "timeline"))
    rows = record.rows("SELECT patient_id FROM audit_event WHERE kind = 'chart.open'")
    assert rows == [(patient_id.bytes,)]


def test_the_summary_shows_problems_medicines_vitals_and_a_trend(
    view: ChartView, qtbot: QtBot
) -> None:
    summary = view.sections["summary"]
    assert isinstance(summary, SummarySection)
    assert "Type 2 diabetes mellitus" in [fact.text for fact in summary.problems.facts.facts]
    assert summary.medicines.facts.facts[0].text.startswith("Metformin")
    assert summary.vitals.facts.facts[0].text.startswith("BP")
    qtbot.waitUntil(lambda: len(summary.plot.trend().points) == 14)
    assert view.banner.card().family == "Ivanova"


def test_an_allergy_recorded_elsewhere_appears_in_banner_and_summary(
    view: ChartView, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    record.write(allergies.record_allergy, RecordAllergy(patient_id, "Penicillin"))
    qtbot.waitUntil(lambda: view.banner.card().allergies == ("Penicillin",))
    summary = view.sections["summary"]
    assert isinstance(summary, SummarySection)
    qtbot.waitUntil(lambda: [f.text for f in summary.allergies.facts.facts] == ["Penicillin"])


def test_a_problem_is_resolved_from_the_summary_and_taken_back(
    view: ChartView, ui_context: Context, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    summary = view.sections["summary"]
    assert isinstance(summary, SummarySection)
    fact = summary.problems.facts.facts[0]
    fact.actions[0].run()
    idle(ui_context, qtbot)
    assert len(record.read(conditions.problems_of, patient_id)) == 3
    take_back(ui_context)
    idle(ui_context, qtbot)
    assert len(record.read(conditions.problems_of, patient_id)) == 4


def test_sections_are_one_key_apart(view: ChartView) -> None:
    actions = {action.shortcut: action for action in view.screen_actions()}
    for number, name in enumerate(view._makers, 1):
        actions[f"Alt+{number}"].run()
        assert view.tabs.value() == name
        assert view.stack.currentWidget() is view.sections[name]


def test_who_reads_the_chart_is_found_by_what_it_is_for(view: ChartView) -> None:
    (asked,) = [each for each in view.screen_actions() if each.name == "chart.care-team"]
    assert "confidence" in asked.keywords


def test_a_visit_starts_from_the_chart(
    view: ChartView, ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID
) -> None:
    view.primary()
    idle(ui_context, qtbot)
    (went,) = visited(ui_context)
    assert isinstance(went, Visit)
    assert went.patient_id == patient_id


def test_the_timeline_grows_as_it_is_scrolled(
    view: ChartView, ui_context: Context, qtbot: QtBot
) -> None:
    shown = section(view, "timeline")
    assert isinstance(shown, TimelineSection)
    idle(ui_context, qtbot)
    first = len(shown.model.lines)
    shown.view.scrollToBottom()
    qtbot.waitUntil(lambda: len(shown.model.lines) > first)
    entries = [line.entry for line in shown.model.lines if line.entry]
    assert entries == sorted(entries, key=lambda each: (each.at, each.id), reverse=True)


def test_digits_filter_the_timeline(view: ChartView, ui_context: Context, qtbot: QtBot) -> None:
    shown = section(view, "timeline")
    assert isinstance(shown, TimelineSection)
    idle(ui_context, qtbot)
    QTest.keyClick(shown.view, Qt.Key.Key_6)
    idle(ui_context, qtbot)
    kinds = {line.entry.kind for line in shown.model.lines if line.entry}
    assert kinds == {TimelineKind.VACCINE}
    QTest.keyClick(shown.view, Qt.Key.Key_6)
    QTest.keyClick(shown.view, Qt.Key.Key_9)
    idle(ui_context, qtbot)
    assert shown.empty.isVisible()
    shown.empty.acted.emit()
    idle(ui_context, qtbot)
    assert shown.view.isVisible()


def test_the_timeline_jumps_to_a_year(view: ChartView, ui_context: Context, qtbot: QtBot) -> None:
    shown = section(view, "timeline")
    assert isinstance(shown, TimelineSection)
    idle(ui_context, qtbot)
    shown.years.chosen.emit(2025)
    idle(ui_context, qtbot)
    assert shown.model.lines[0].spoken == "2025"


def test_enter_on_a_visit_opens_it(view: ChartView, ui_context: Context, qtbot: QtBot) -> None:
    shown = section(view, "visits")
    assert isinstance(shown, VisitsSection)
    idle(ui_context, qtbot)
    assert shown.count.text() == "14 visits"
    shown.table.setCurrentIndex(shown.table.model_.index(0, 0))
    QTest.keyClick(shown.table, Qt.Key.Key_Return)
    (went,) = visited(ui_context)
    assert isinstance(went, Visit)


def test_past_medicines_are_shown_on_demand(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    sql = "UPDATE medication_request SET status = 'stopped' WHERE product LIKE 'Lisinopril%'"
    record.write(lambda uow: uow.cursor.execute(sql) and None)
    shown = section(view, "medicines")
    assert isinstance(shown, MedicinesSection)
    idle(ui_context, qtbot)
    assert shown.table.model_.rowCount() == 2
    shown.past.setChecked(True)
    idle(ui_context, qtbot)
    assert shown.table.model_.rowCount() == 3


def test_every_plot_has_a_table_with_the_same_values(
    view: ChartView, ui_context: Context, qtbot: QtBot
) -> None:
    shown = section(view, "results")
    assert isinstance(shown, ResultsSection)
    idle(ui_context, qtbot)
    plotted = [point.value for point in shown.plot.trend().points]
    assert shown.plot.isVisible()
    shown.toggle_table()
    assert shown.values.isVisible()
    model = shown.values.model_
    listed = [model.row_at(place) for place in range(model.rowCount())]
    numbers = [row.number for row in reversed(listed) if isinstance(row, ResultRow)]
    assert numbers == plotted


def drop(shown: DocumentsSection, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    shown.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_a_file_dragged_in_is_checked_named_and_kept(
    view: ChartView, ui_context: Context, record: Record, patient_id: uuid.UUID,
    qtbot: QtBot, tmp_path: Path,
) -> None:  # fmt: skip
    scan = tmp_path / "chest.pdf"
    scan.write_bytes(pdf(3))
    shown = section(view, "documents")
    assert isinstance(shown, DocumentsSection)
    drop(shown, scan)
    idle(ui_context, qtbot)
    (form,) = host(ui_context).drawers
    assert isinstance(form, DocumentForm)
    assert form.title_text() == "chest"
    assert not form.picture.pixmap().isNull()
    form.submit(print_too=False)
    idle(ui_context, qtbot)
    row = record.read(documents.documents_of, patient_id)[0]
    assert (row.title, row.mime, row.kind) == ("chest", "application/pdf", "Letter")
    qtbot.waitUntil(lambda: shown.viewer.place.text() == "Page 1 of 3")
    shown.viewer.turn(1)
    qtbot.waitUntil(lambda: shown.viewer.place.text() == "Page 2 of 3")


def test_the_title_of_a_file_is_there_again_when_it_is_added_once_more(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot, tmp_path: Path
) -> None:
    scan, other = tmp_path / "chest.pdf", tmp_path / "knee.pdf"
    scan.write_bytes(pdf(3))
    other.write_bytes(pdf(2))
    shown = section(view, "documents")
    assert isinstance(shown, DocumentsSection)

    def added(path: Path) -> DocumentForm:
        drop(shown, path)
        idle(ui_context, qtbot)
        form = host(ui_context).drawers[-1]
        assert isinstance(form, DocumentForm)
        qtbot.addWidget(form)
        form.show()
        idle(ui_context, qtbot)
        return form

    form = added(scan)
    form.title.setText("X-ray of the chest, ward 3")
    form.kind.set_value("Imaging")
    ui_context.tasks.closing.emit()
    idle(ui_context, qtbot)
    assert added(other).title_text() == "knee"
    again = added(scan)
    assert (again.title_text(), again.kind_text()) == ("X-ray of the chest, ward 3", "Imaging")
    assert record.read(unfinished) == (), "without the file there is nothing to go on with"

    assert again.may_close()  # Esc
    idle(ui_context, qtbot)
    assert record.read(drafts.my_drafts) == []
    host(ui_context).undo_last()
    idle(ui_context, qtbot)
    brought = host(ui_context).drawers[-1]
    assert isinstance(brought, DocumentForm)
    qtbot.addWidget(brought)
    idle(ui_context, qtbot)
    assert brought.title_text() == "X-ray of the chest, ward 3"
    brought.submit(print_too=False)
    idle(ui_context, qtbot)
    assert record.read(drafts.my_drafts) == []


def test_a_file_that_is_none_is_refused_by_name(
    view: ChartView, ui_context: Context, qtbot: QtBot, tmp_path: Path
) -> None:
    fake = tmp_path / "scan.pdf"
    fake.write_bytes(b"MZ a program")
    shown = section(view, "documents")
    assert isinstance(shown, DocumentsSection)
    drop(shown, fake, tmp_path / "missing.png")
    qtbot.waitUntil(lambda: len(shown.findChildren(Notice)) == 2)
    said = " ".join(notice.accessibleName() for notice in shown.findChildren(Notice))
    assert "scan.pdf" in said
    assert "missing.png" in said
    assert host(ui_context).drawers == []


def test_a_removed_document_comes_back_with_undo(
    view: ChartView, ui_context: Context, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    shown = section(view, "documents")
    assert isinstance(shown, DocumentsSection)
    idle(ui_context, qtbot)
    before = len(record.read(documents.documents_of, patient_id))
    shown.remove.click()
    idle(ui_context, qtbot)
    assert len(record.read(documents.documents_of, patient_id)) == before - 1
    take_back(ui_context)
    idle(ui_context, qtbot)
    assert len(record.read(documents.documents_of, patient_id)) == before


def test_an_empty_chart_says_what_to_do(ui_context: Context, record: Record, qtbot: QtBot) -> None:
    shown = opened(ui_context, qtbot, record.write(put_chart, 0))
    summary = shown.sections["summary"]
    assert isinstance(summary, SummarySection)
    assert not summary.trend_card.isVisible()
    assert summary.medicines.geometry().right() == summary.vitals.geometry().right()
    for name in ("timeline", "visits", "medicines", "results", "vaccines", "documents"):
        shown.show_section(name)
        idle(ui_context, qtbot)
    assert host(ui_context).errors == []


def test_another_patients_chart_replaces_everything(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    other = record.write(put_chart, 2)
    view.show_section("visits")
    view.go_to(Chart(other, "visits"))
    idle(ui_context, qtbot)
    visits = view.sections["visits"]
    assert isinstance(visits, VisitsSection)
    assert visits.count.text() == "2 visits"


def test_a_part_of_another_feature_has_its_own_section(
    ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID
) -> None:
    class Part(ChartSection):
        shown: uuid.UUID | None = None

        def set_patient(self, patient_id: uuid.UUID) -> None:
            self.shown = patient_id

    view = ChartView(ui_context, billing=Part)
    qtbot.addWidget(view)
    view.go_to(Chart(patient_id, "billing"))
    part = view.sections["billing"]
    assert isinstance(part, Part)
    assert part.shown == patient_id


def test_allergies_are_edited_from_the_summary(
    view: ChartView, ui_context: Context, patient_id: uuid.UUID
) -> None:
    summary = view.sections["summary"]
    assert isinstance(summary, SummarySection)
    summary._edit_allergies()
    assert visited(ui_context) == [EditAllergies(patient_id)]


def test_a_picture_is_drawn_as_wide_as_there_is_room(
    view: ChartView, ui_context: Context, qtbot: QtBot, tmp_path: Path
) -> None:
    photo = tmp_path / "foot.png"
    photo.write_bytes(picture("PNG", (800, 600)))
    shown = section(view, "documents")
    assert isinstance(shown, DocumentsSection)
    drop(shown, photo)
    idle(ui_context, qtbot)
    (form,) = host(ui_context).drawers
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: not shown.viewer.picture.pixmap().isNull())
    qtbot.waitUntil(lambda: len(shown.pictures._pictures) == 1)
    assert not next(iter(shown.pictures._pictures.values())).isNull()


def test_no_row_of_one_patient_stands_under_the_name_of_another(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    other = record.write(put_chart, 0)
    view.show_section("visits")
    idle(ui_context, qtbot)
    view.go_to(Chart(other, "visits"))
    visits = view.sections["visits"]
    assert isinstance(visits, VisitsSection)
    assert visits.table.model_.rowCount() == 0
    assert not view.banner.isVisible()
    idle(ui_context, qtbot)
    assert view.banner.isVisible()


def test_a_chart_appears_in_one_piece_but_waits_for_no_slow_section(
    view: ChartView, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    other = record.write(put_chart, 2)
    summary = view.sections["summary"]
    assert isinstance(summary, SummarySection)
    summary.ask("slow", lambda _reads, _patient: None, done=lambda _none: None)
    view.loading.begin()
    view._reveal()
    assert summary.is_waiting
    assert not view.banner.isVisible()
    view.loading.late.emit()
    assert view.banner.isVisible()
    view.go_to(Chart(other))
    idle(ui_context, qtbot)
    assert not summary.is_waiting
    assert view.banner.isVisible()
    assert summary.problems.isVisible()


class _FirstPictures(QObject):
    """Where each card stands when it is first drawn."""

    def __init__(self, cards: list[Card]) -> None:
        super().__init__()
        self.places: dict[Card, QRect] = {}
        for card in cards:
            card.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, Card):
            self.places.setdefault(watched, watched.geometry())
        return False


def test_the_cards_of_another_chart_stand_still_from_their_first_picture(
    ui_context: Context, record: Record, qtbot: QtBot, patient_id: uuid.UUID
) -> None:
    view = opened(ui_context, qtbot, record.write(put_chart, 0))
    summary = view.sections["summary"]
    view.loading._timer.setInterval(60_000)  # in one piece, however slow this machine
    first = _FirstPictures(summary.findChildren(Card))
    for chart in (patient_id, record.write(put_chart, 1)):
        first.places.clear()
        view.go_to(Chart(chart))
        idle(ui_context, qtbot)
        qtbot.waitUntil(lambda: bool(first.places))
        QApplication.processEvents()
        assert first.places == {card: card.geometry() for card in first.places}


def test_the_front_desk_sees_what_it_may(
    record: Record, ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID
) -> None:
    ui_context.tasks.actor = record.as_role("receptionist")
    view = opened(ui_context, qtbot, patient_id)
    assert list(view._makers) == []
    assert not view.start.isVisible()
    assert view.banner.card().family == "Ivanova"
    assert host(ui_context).errors == []


def test_a_chart_that_is_not_there_says_so(ui_context: Context, qtbot: QtBot) -> None:
    view = opened(ui_context, qtbot, uuid.uuid4(), "visits")
    shown = view.loading.currentWidget()
    assert shown is not None
    assert shown.accessibleName() == "There is no such patient."
