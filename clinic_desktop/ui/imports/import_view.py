"""Bringing records in: choose or drop files, look first if wanted, import, read what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.imports.import_model import (
    count_columns,
    count_rows,
    error_columns,
    error_rows,
)
from clinic_desktop.ui.imports.import_vm import ImportVM, Phase
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_SHOWN = 6
"""Chosen files that are named; the rest are counted."""
_ROWS_SEEN = 14


class ImportView(Screen):
    """One column: what to import, progress, report."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("imports")
        self.setProperty("role", "page")
        self.setAcceptDrops(True)
        self.vm = ImportVM(context, self)
        self._said: Phase | None = None
        self._build()
        self.vm.changed.connect(self._render)
        self._render()

    # ------------------------------------------------------------ building

    def _build(self) -> None:
        header = SectionHeader(
            _("Import records"),
            _("FHIR R4 files of another system: bundles, NDJSON, folders, also packed."),
            role="page",
        )
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        page.column.setSpacing(SPACE_4)
        for widget in (self._choice(), self._progress(), self._report()):
            page.column.addWidget(widget)
        page.column.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(header)
        column.addWidget(page, 1)

    def _choice(self) -> QWidget:
        card = Card(_("What to import"))
        self.chosen = Label("", wrap=True)
        self.files = _button(_("Choose files…"), "import.files", self._choose_files, Icon.DOCUMENT)
        self.folder = _button(
            _("Choose a folder…"), "import.folder", self._choose_folder, Icon.FOLDER
        )
        self.clear = _button(_("Clear the list"), "import.clear", self.vm.forget, kind="ghost")
        self.dry_run = Tick(_("Only say what would happen"))
        self.dry_run.setObjectName("import.dry_run")
        self.dry_run.toggled.connect(self.vm.set_dry_run)
        self.start = _button(
            _("Import records"), "import.start", self.vm.start, Icon.DOWNLOAD, kind="primary"
        )
        card.add(self.chosen)
        card.body.addLayout(_row(self.files, self.folder, self.clear))
        card.add(self.dry_run)
        card.body.addLayout(_row(self.start))
        return card

    def _progress(self) -> QWidget:
        self.progress_card = Card()
        self.progress = ProgressPanel(_("Checking the files…"))
        self.progress.cancel.setObjectName("import.cancel")
        self.progress.cancelled.connect(self.vm.cancel)
        self.progress_card.add(self.progress)
        return self.progress_card

    def _report(self) -> QWidget:
        self.report = QWidget()
        self.notice = Notice(Tone.OK, "")
        self.for_real = self.notice.add_action(_("Import now"), self.vm.start_for_real, "primary")
        self.for_real.setObjectName("import.for_real")
        self.counts = DataTable(count_columns(), _("What came in"))
        self.counts.setObjectName("import.counts")
        self.errors = DataTable(error_columns(), _("What was not imported"))
        self.errors.setObjectName("import.errors")
        self.counts_card = _sheet(_("What came in"), self.counts)
        self.errors_card = _sheet(_("What was not imported"), self.errors)
        column = QVBoxLayout(self.report)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        for widget in (self.notice, self.errors_card, self.counts_card):
            column.addWidget(widget)
        return self.report

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """The keys begin with choosing, or with stopping what runs."""
        running = self.vm.state.phase is Phase.RUNNING
        (self.progress.cancel if running else self.files).setFocus()

    def screen_actions(self) -> tuple[Action, ...]:
        """Choosing and starting, for the palette."""
        section, choose, begin = (
            _("Import records"), _("Choose files to import"), _("Start the import"),
        )  # fmt: skip
        return (
            Action("import.files", choose, self._choose_files, "", Icon.DOCUMENT, section),
            Action("import.start", begin, self.vm.start, "", Icon.DOWNLOAD, section),
        )

    def primary(self) -> None:
        """Start the import."""
        self.vm.start()

    def can_leave(self) -> bool:
        """An import goes on while other screens are open."""
        return True

    # ------------------------------------------------------------ choosing

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, _("Files to import"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        kinds = "*.json *.jsonl *.ndjson *.xz *.gz *.zip"
        dialog.setNameFilters([f"{_('FHIR files')} ({kinds})", f"{_('All files')} (*)"])
        self._open(dialog)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, _("Folder to import"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.filesSelected.connect(self.add_paths)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add_paths(self, paths: Iterable[str]) -> None:
        """Files and folders chosen or dropped."""
        self.vm.choose(tuple(Path(path) for path in paths))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the screen."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self.add_paths(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
        event.acceptProposedAction()

    # ------------------------------------------------------------ showing

    def _render(self) -> None:
        state = self.vm.state
        running = state.phase is Phase.RUNNING
        focus = QApplication.focusWidget()
        had_keys = focus is not None and self.isAncestorOf(focus)
        self.chosen.setText(self._chosen_words())
        for widget in (self.files, self.folder, self.dry_run):
            widget.setEnabled(not running)
        self.clear.setVisible(bool(state.paths) and not running)
        self.dry_run.setChecked(state.dry_run)
        self.start.setEnabled(state.can_start)
        self.start.set_text(_("Look what would happen") if state.dry_run else _("Import records"))
        self.progress_card.setVisible(running)
        self.report.setVisible(state.phase is Phase.DONE)
        if running:
            if self._said is not Phase.RUNNING and had_keys:
                self.progress.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
            self._render_progress()
        elif state.phase is Phase.DONE:
            self._render_report()
            if self._said is Phase.RUNNING and had_keys:
                # The button that had the keys is gone; what comes next takes them.
                next_ = self.files if self.for_real.isHidden() else self.for_real
                next_.setFocus(Qt.FocusReason.OtherFocusReason)
        self._said = state.phase

    def _chosen_words(self) -> str:
        paths = self.vm.state.paths
        if not paths:
            return _("Drop files or a folder here, or choose them. A folder is read with all that"
                     " lies below it.")  # fmt: skip
        lines = [isolate(str(path)) for path in paths[:_SHOWN]]
        more = len(paths) - _SHOWN
        if more > 0:
            lines.append(ngettext("and {count} more", "and {count} more", more).format(count=more))
        return "\n".join(lines)

    def _render_progress(self) -> None:
        progress = self.vm.state.progress
        if self._said is not Phase.RUNNING:
            self.progress.start(_("Checking the files…"))
        if progress is None:
            return
        number = current().number
        name = isolate(Path(progress.file).name)
        if progress.phase == "checking":
            words = _("{count} resources checked · {file}")
            self.progress.set_progress(0, 0, words.format(count=number(progress.done), file=name))
            return
        words = _("{done} of {total} resources · {file}").format(
            done=number(progress.done), total=number(progress.total), file=name
        )
        self.progress.set_progress(progress.done, progress.total, words)

    def _render_report(self) -> None:
        state = self.vm.state
        if state.error is not None:
            self.notice.set_words(
                Tone.DANGER, state.error.message, f"{state.error.kept} {state.error.hint}".strip()
            )
            self.counts_card.hide()
            self.errors_card.hide()
            self.for_real.hide()
            return
        report = state.report
        if report is None:
            return
        counts, errors = count_rows(report), error_rows(report)
        self.counts.model_.set_rows(counts)
        self.errors.model_.set_rows(errors)
        for table, rows, card in (
            (self.counts, len(counts), self.counts_card),
            (self.errors, len(errors), self.errors_card),
        ):
            card.setVisible(rows > 0)
            _fit(table, rows)
        self.for_real.setVisible(report.is_dry_run and bool(report.imported or report.updated))
        self._render_notice()

    def _render_notice(self) -> None:
        report = self.vm.state.report
        if report is None:
            return
        done = sum(report.imported.values()) + sum(report.updated.values())
        number = current().number
        if report.is_dry_run:
            title = ngettext(
                "{count} resource would come in.", "{count} resources would come in.", done
            )
        else:
            title = ngettext("{count} resource came in.", "{count} resources came in.", done)
        words = []
        if report.unchanged:
            words.append(
                ngettext(
                    "{count} was there already.", "{count} were there already.", report.unchanged
                ).format(count=number(report.unchanged))
            )
        if report.was_cancelled and report.is_dry_run:
            words.append(_("It was stopped before the end; nothing was changed."))
        elif report.was_cancelled:
            words.append(
                _("It was stopped; what had come in is kept, and the same import goes on.")
            )
        if report.errors:
            words.append(
                ngettext(
                    "{count} file was left out and changed nothing.",
                    "{count} files were left out and changed nothing.",
                    len(report.errors),
                ).format(count=number(len(report.errors)))
            )
        tone = Tone.WARN if report.errors or report.was_cancelled else Tone.OK
        tone = Tone.INFO if report.is_dry_run and not report.errors else tone
        self.notice.set_words(tone, title.format(count=number(done)), " ".join(words))
        if self._said is Phase.RUNNING:
            self.notice.say()


def _button(
    text: str, name: str, run: Callable[[], None], icon: str = "", *, kind: str = "secondary"
) -> Button:
    button = Button(text, kind, icon)
    button.setObjectName(name)
    button.clicked.connect(lambda: run())  # noqa: PLW0108 - clicked brings a bool along
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACE_2)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _fit(table: DataTable, rows: int) -> None:
    """As high as its rows, up to a screenful."""
    shown = min(rows, _ROWS_SEEN) * table.verticalHeader().defaultSectionSize()
    table.setFixedHeight(table.horizontalHeader().sizeHint().height() + shown + look().px(6))


def _sheet(title: str, table: DataTable) -> Card:
    card = Card(title)
    card.add(table)
    return card
