"""Documents of a chart: dragged in, listed with a small picture, looked at beside the list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services import documents
from clinic_desktop.services.documents import (
    AddDocument,
    DocumentContent,
    DocumentRow,
    DocumentVersion,
)
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.file_ways import Where
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.chart.document_files import read_and_check
from clinic_desktop.ui.chart.document_form import DocumentForm
from clinic_desktop.ui.chart.document_viewer import DocumentViewer
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.chart.thumbnails import ThumbnailDelegate
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.dispute_words import undecided_words, withdrawn_words
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class DocumentsSection(Section):
    """PDF, JPEG and PNG files are checked before they come in; Delete takes one out again."""

    tables = ("document_reference", "attachment")
    permission = "document.read"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart.documents")
        self.setAcceptDrops(True)
        self._added: uuid.UUID | None = None
        self.count = Label("", "caption", "muted")
        self.add = Button(_("Add files…"), icon=Icon.ADD)
        self.add.setObjectName("document.add")
        self.add.clicked.connect(self.choose_files)
        self.remove = Button(_("Remove"), "ghost", Icon.DELETE)
        self.remove.setObjectName("document.remove")
        self.remove.clicked.connect(self._remove)
        self.table = DataTable(_columns(), _("Documents"), tall=True)
        self.pictures = ThumbnailDelegate(context, self.table)
        self.table.setItemDelegateForColumn(0, self.pictures)
        self.table.set_empty(
            Icon.DOCUMENT,
            _("No documents yet"),
            _("Drag PDF, JPEG or PNG files in here."),
            _("Add files…"),
        )
        self.table.empty_acted.connect(self.choose_files)
        self.table.current_changed.connect(self._on_current)
        self.viewer = DocumentViewer(context)
        self._refusals = QVBoxLayout()
        self._build()
        self.lead = self.table

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_2)
        bar.addWidget(self.count, 1)
        bar.addWidget(self.remove)
        bar.addWidget(self.add)
        listed = Card(flush=True)
        listed.add(self.table, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.setSpacing(SPACE_2)
        root.addLayout(bar)
        root.addLayout(self._refusals)
        root.addWidget(SplitInspector(listed, self.viewer, shares=(1, 1)), 1)

    # -- the list -----------------------------------------------------------------

    def clear(self) -> None:
        """No documents, nothing to look at."""
        self.table.model_.set_rows({})
        self.viewer.clear()
        self.count.setText("")

    def refresh(self) -> None:
        """Read the list."""
        self.ask("list", documents.documents_of, done=self._show)

    def _show(self, rows: list[DocumentRow]) -> None:
        self.table.model_.set_rows({row.id: row for row in rows})
        shown = ngettext("{count} document", "{count} documents", len(rows))
        self.count.setText(shown.format(count=len(rows)))
        self.remove.setVisible(bool(rows))
        if not rows:
            self.viewer.clear()
        elif self._added is not None or self.table.current_id() is None:
            self.table.select_id(self._added or rows[0].id)
            self._added = None

    def _on_current(self, key: object) -> None:
        if isinstance(key, uuid.UUID):
            self.context.tasks.read(
                self,
                documents.document_content,
                key,
                done=self._on_content,
                failed=lambda error: self._on_absent(key, error),
            )

    def _on_absent(self, key: uuid.UUID, error: ClinicError) -> None:
        """Say beside the list what is not here: it is no reason to be stopped."""
        if key == self.table.current_id():
            self.viewer.show_words(f"{error.message} {error.hint}".strip())

    def _on_content(self, content: DocumentContent) -> None:
        if content.row.id == self.table.current_id():
            self.viewer.show_content(content)

    def _remove(self) -> None:
        key = self.table.current_id()
        if not isinstance(key, uuid.UUID):
            return

        def undo() -> None:
            self.context.tasks.write(self, documents.remove_document, key, restore=True)

        self.context.tasks.write(
            self,
            documents.remove_document,
            key,
            done=lambda _none: self.context.host.toast(_("Document removed."), undo),
            failed=self.context.host.show_error,
        )

    # -- coming in ----------------------------------------------------------------

    def choose_files(self) -> None:
        """Let the person choose files."""
        kinds = _("Documents") + " (*.pdf *.jpg *.jpeg *.png)"
        chooser = QFileDialog(self, _("Add documents"), "", kinds)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.filesSelected.connect(lambda names: self.take_files([Path(n) for n in names]))
        chooser.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Check what was dropped."""
        names = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.take_files([Path(name) for name in names])
        event.acceptProposedAction()

    def take_files(self, paths: Sequence[Path]) -> None:
        """Check files off the window's thread, one after the other; each is then named."""
        patient = self.patient_id
        for path in paths:
            self.context.tasks.call(
                self,
                read_and_check,
                path,
                done=lambda file: self._on_checked(patient, file),
                failed=self._on_refused,
            )

    def _on_checked(self, patient: uuid.UUID | None, file: CheckedFile) -> None:
        if patient is None or patient != self.patient_id:
            words = _("{file} was not added: another chart was opened meanwhile.")
            self.context.host.toast(words.format(file=isolate(file.filename)))
            return
        again = partial(self._on_checked, patient, file)
        form = DocumentForm(self.context, file, patient, again)
        form.accepted.connect(lambda form: self._keep(patient, form))
        self.context.host.show_drawer(form, _("Add a document"))

    def _on_refused(self, error: ClinicError) -> None:
        title = f"{isolate(error.place)}: {error.message}" if error.place else error.message
        notice = Notice(Tone.DANGER, title, f"{error.kept} {error.hint}".strip(), closable=True)
        self._refusals.addWidget(notice)
        notice.show()
        notice.say()

    def _keep(self, patient: uuid.UUID, form: DocumentForm) -> None:
        wish = AddDocument(patient, form.file, form.title_text(), form.kind_text())
        self.context.tasks.write_once(
            form,
            documents.add_document,
            wish,
            done=lambda added: self._kept(form, added),
            failed=form.refuse,
        )

    def _kept(self, form: DocumentForm, added: uuid.UUID) -> None:
        form.draft.forget()
        form.close_requested.emit()
        self._added = added
        self.refresh()

        def undo() -> None:
            self.context.tasks.write(self, documents.remove_document, added)

        self.context.host.toast(_("Document added."), undo)


def _columns() -> tuple[Column, ...]:
    return (
        Column("title", _("Document"), _title, CellKind.STRONG, 26, stretch=True),
        Column("on", _("Date"), lambda row: Cell(words.day_of(row.dated_at)), letters=14),
    )


def _title(row: DocumentRow) -> Cell:
    kind = row.kind if row.kind != row.title else ""
    asked = words.joined(undecided_words() if row.others else "", *map(_version, row.others))
    told = words.joined(asked, kind, _file_kind(row), _way(row), row.author)
    return Cell(row.title or _("Untitled"), told)


def _version(told: DocumentVersion) -> str:
    """What another version says of a document."""
    gone = withdrawn_words() if told.is_withdrawn else ""
    day = words.day_of(told.dated_at)
    title = told.title or _("Untitled")
    kind = told.kind if told.kind != told.title else ""
    value = words.joined(title, kind, day, told.author, gone)
    return _("Or: {value}").format(value=isolate(value))


def _way(row: DocumentRow) -> str:
    """Where the file is, unless it is simply here."""
    way = row.way
    told = {
        Where.HERE: "",
        Where.ONLY_HERE: _("only on this PC"),
        Where.COMING: _("on the way here"),
        Where.ELSEWHERE: _("on another PC"),
        Where.DAMAGED: _("damaged at the server"),
    }[way.where]
    if way.where is Where.ONLY_HERE and way.done:
        told = _("on the way to the others")
    if not way.done or way.where is Where.DAMAGED:
        return told
    how_far = _("{way}: {done} of {parts}")
    return isolate(how_far.format(way=told, done=way.done, parts=way.parts))


def _file_kind(row: DocumentRow) -> str:
    names = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}
    if not row.mime:
        return _("text")
    size = current().number(max(row.size / 1024, 1), 0)
    return isolate(_("{kind}, {size} KB").format(kind=names.get(row.mime, row.mime), size=size))
