"""Paper from a screen: straight to its printer, looked at first, or kept when nothing prints."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from clinic_desktop.services.papers import archive, printers
from clinic_desktop.services.papers.printers import FOLDER, PrinterChoice
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.preview import PreviewForm
from clinic_desktop.ui.widgets.notice import Notice
from tests.support.pdf_reading import text_of
from tests.support.receipts import pay
from tests.support.records import Record
from tests.support.windows import RecordingHost


@pytest.fixture
def receipt(record: Record) -> uuid.UUID:
    """A payment that has a receipt."""
    return pay(record, "Otieno", "Brian", "en")


def _into(record: Record, folder: Path, **choices: object) -> None:
    choice = PrinterChoice("receipt", f"{FOLDER}{folder}", **choices)  # type: ignore[arg-type]
    record.write(printers.choose, choice)


def _print(context: Context, qtbot: QtBot, receipt: uuid.UUID, *, preview: bool = False) -> None:
    context.printing.print_paper("receipt", receipt, preview=preview)
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def test_the_second_print_is_a_copy_beside_the_first(
    ui_context: Context, record: Record, receipt: uuid.UUID, tmp_path: Path, qtbot: QtBot
) -> None:
    """The file of the first one stays as it is."""
    _into(record, tmp_path / "out")
    for _ in range(2):
        _print(ui_context, qtbot, receipt)

    first, second = sorted((tmp_path / "out").iterdir(), key=lambda path: len(path.name))
    assert "COPY" not in text_of(first.read_bytes())
    assert "COPY 1" in text_of(second.read_bytes())
    assert second.stem == f"{first.stem}-2"
    rows = record.read(archive.kept, receipt)
    assert record.read(archive.kept_pdf, rows[0].id) == first.read_bytes()


def test_a_paper_is_looked_at_first_where_that_was_chosen(
    ui_context: Context,
    record: Record,
    host: RecordingHost,
    receipt: uuid.UUID,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    """Nothing is kept until it is printed."""
    _into(record, tmp_path / "out", preview=True)
    _print(ui_context, qtbot, receipt)
    (form,) = host.drawers
    assert isinstance(form, PreviewForm)
    assert form.primary_text() == "Print"
    assert [page.accessibleName() for page in form.findChildren(QLabel)] == ["Page 1"]
    assert record.read(archive.kept, receipt) == ()

    form.submit(False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert len(record.read(archive.kept, receipt)) == 1


@pytest.mark.parametrize(
    ("printer", "words"),
    [
        ("Office printer", "The printer \u2068Office printer\u2069 is not there."),
        ("", "There is no printer for this document."),
    ],
)
def test_without_its_printer_a_paper_is_shown_and_can_be_saved(
    ui_context: Context,
    record: Record,
    host: RecordingHost,
    receipt: uuid.UUID,
    tmp_path: Path,
    qtbot: QtBot,
    printer: str,
    words: str,
) -> None:
    """The sentence says which printer is missing and what to do; nothing comes out elsewhere."""
    record.write(printers.choose, PrinterChoice("receipt", printer))
    _print(ui_context, qtbot, receipt)
    (form,) = host.drawers
    assert isinstance(form, PreviewForm)
    (notice,) = form.findChildren(Notice)
    assert notice.accessibleName() == words
    assert "save the PDF" in notice.accessibleDescription()

    form.submit(False)
    dialog = form.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "mine.pdf"))
    dialog.reject()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    (row,) = record.read(archive.kept, receipt)
    assert record.read(archive.kept_pdf, row.id) == (tmp_path / "mine.pdf").read_bytes()


def test_a_print_that_failed_can_be_tried_again_and_is_no_copy(
    ui_context: Context,
    record: Record,
    host: RecordingHost,
    receipt: uuid.UUID,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    """The paper is kept once; the disk says no twice, then yes."""
    blocked = tmp_path / "folder"
    blocked.write_text("a file where a folder should be")
    _into(record, blocked)
    _print(ui_context, qtbot, receipt)
    _print(ui_context, qtbot, receipt)
    assert all("cannot be written there" in str(error) for error in host.errors)
    assert host.toasts == ["The paper is kept in the archive."] * 2
    assert len(record.read(archive.kept, receipt)) == 1

    blocked.unlink()
    assert host.undo is not None
    host.undo()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    (written,) = blocked.iterdir()
    assert "COPY" not in text_of(written.read_bytes())
    assert record.rows("SELECT count(*) FROM print_job") == [(0,)]
