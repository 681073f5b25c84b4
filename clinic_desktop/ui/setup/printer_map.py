"""Which document goes to which printer of this PC, on which paper, in how many copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.printing.raster import HEADS
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.papers import printers, trying
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.printers import FOLDER, THERMAL, PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import rule
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice

_NAME, _PRINTER, _PAPER, _COPIES = 150, 230, 120, 96
_ADDRESS = 230
_MOST_COPIES = 5
_ASK, _ASK_THERMAL = "ask", "ask-thermal"


class _Row(QWidget):
    """One kind of document; every choice is sent at once."""

    chosen = Signal(object)
    """``PrinterChoice``."""
    folder_wanted = Signal()
    tested = Signal()

    def __init__(self, choice: PrinterChoice, names: list[str]) -> None:
        super().__init__()
        self.choice, self._names = choice, names
        kind = KINDS[choice.kind]
        title = kind.title(current())
        self._title = Label(title, "strong", wrap=True)
        self.printer = Select(self._targets(), choice.printer)
        self.address = QLineEdit(choice.printer.removeprefix(THERMAL))
        self.address.setPlaceholderText(isolate("192.168.1.50:9100"))
        self.address.setToolTip(
            _("Address in the network, device such as /dev/usb/lp0, or a printer of the system")
        )
        self.address.setVisible(self._is_thermal)
        self.paper = Select(self._papers(), choice.paper or kind.default_paper.key)
        self.copies = Select(
            [(count, isolate(f"× {count}")) for count in range(1, _MOST_COPIES + 1)], choice.copies
        )
        self.preview = Tick(_("Look first"))
        self.preview.setChecked(choice.preview)
        self.drawer = Tick(_("Open the cash drawer"))
        self.drawer.setToolTip(_("When a receipt for cash is printed, not for its copies"))
        self.drawer.setChecked(choice.opens_drawer)
        self.drawer.setVisible(self._has_drawer)
        self.test = Button(_("Test page"))
        words = {
            self.printer: _("Printer for {document}"),
            self.address: _("Address of the thermal printer for {document}"),
            self.paper: _("Paper for {document}"),
            self.copies: _("Copies of {document}"),
            self.preview: _("Look first: {document}"),
            self.drawer: _("Open the cash drawer: {document}"),
            self.test: _("Test page for {document}"),
        }
        for widget, name in words.items():
            widget.setAccessibleName(name.format(document=title))
            widget.setObjectName(f"printers.{choice.kind}.{_part(self, widget)}")
        flow = FlowLayout(self)
        for widget in (self._title, *words):
            flow.addWidget(widget)
        self._connect()
        self._dress()

    def _targets(self) -> list[tuple[str, str]]:
        known = [("", _("The system's printer")), *((name, name) for name in self._names)]
        now = self.choice.printer
        if now.startswith(FOLDER):
            folder = Path(now.removeprefix(FOLDER)).name
            known.append((now, _("PDF into “{folder}”").format(folder=isolate(folder))))
        elif self._is_thermal:
            known.append((now, _("Thermal printer (ESC/POS)")))
        elif now and now not in self._names:
            known.append((now, _("{printer} (not found)").format(printer=isolate(now))))
        if not self._is_thermal and any(
            each.key in HEADS for each in KINDS[self.choice.kind].papers
        ):
            known.append((_ASK_THERMAL, _("Thermal printer (ESC/POS)…")))
        return [*known, (_ASK, _("PDF into a folder…"))]

    @property
    def _is_thermal(self) -> bool:
        return self.choice.printer.startswith(THERMAL)

    @property
    def _has_drawer(self) -> bool:
        """A cash drawer hangs on the printer of receipts."""
        return self._is_thermal and self.choice.kind == "receipt"

    def _papers(self) -> list[tuple[str, str]]:
        papers = KINDS[self.choice.kind].papers
        return [
            (paper.key, isolate(paper.name.replace("mm", pgettext("unit", "mm"))))
            for paper in papers
            if paper.key in HEADS or not self._is_thermal
        ]

    def _connect(self) -> None:
        self.printer.chosen.connect(self._on_printer)
        self.address.editingFinished.connect(self._on_address)
        self.paper.chosen.connect(lambda key: self._send(paper=str(key)))
        self.copies.chosen.connect(lambda count: self._send(copies=int(count)))
        self.preview.clicked.connect(lambda on: self._send(preview=bool(on)))
        self.drawer.clicked.connect(lambda on: self._send(opens_drawer=bool(on)))
        self.test.clicked.connect(self.tested)

    def _on_printer(self, value: object) -> None:
        if value == _ASK:
            self.printer.set_value(self.choice.printer)
            self.folder_wanted.emit()
        elif value == _ASK_THERMAL:
            self.address.setText("")
            self.address.show()
            self.address.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.send_to(str(value))

    def _on_address(self) -> None:
        if not str(self.printer.value()).startswith((_ASK_THERMAL, THERMAL)):
            return  # the field only loses the keys because another printer was chosen
        printer = THERMAL + self.address.text().strip()
        if printer == THERMAL:  # no address after all
            self.printer.set_value(self.choice.printer)
            self.address.setText(self.choice.printer.removeprefix(THERMAL))
            self.address.setVisible(self._is_thermal)
        elif printer != self.choice.printer:
            self.send_to(printer)

    def _send(self, **change: object) -> None:
        self.address.setModified("printer" not in change and self.address.isModified())
        self.choice = replace(self.choice, **change)  # type: ignore[arg-type]
        self.chosen.emit(self.choice)

    def send_to(self, printer: str) -> None:
        """Go to another printer or folder."""
        change = {"printer": printer}
        if printer.startswith(THERMAL) and self.paper.value() not in HEADS:
            rolls = (each.key for each in KINDS[self.choice.kind].papers if each.key in HEADS)
            change["paper"] = next(rolls)
        self._send(**change)
        self.printer.clear()
        for key, text in self._targets():
            self.printer.addItem(text, key)
        self.printer.set_value(printer)
        self.address.setVisible(self._is_thermal)
        self.drawer.setVisible(self._has_drawer)
        self.paper.set_value(self.choice.paper or self.paper.value())
        self.paper.offer(self._papers())

    @property
    def typed(self) -> str | None:
        """The address that is being typed and was not sent yet."""
        return self.address.text() if self.address.isModified() else None

    def type_on(self, words: str) -> None:
        """Go on with an address that was being typed when the lines were read anew."""
        self._on_printer(_ASK_THERMAL)
        self.printer.set_value(self.choice.printer if self._is_thermal else _ASK_THERMAL)
        self.address.insert(words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        widths = {
            self._title: _NAME,
            self.printer: _PRINTER,
            self.address: _ADDRESS,
            self.copies: _COPIES,
        }
        for widget, width in widths.items():
            widget.setFixedWidth(look().px(width))
        # What stands around the words does not shrink with them.
        self.paper.setFixedWidth(max(_PAPER, look().px(_PAPER)))


def _part(row: _Row, widget: QWidget) -> str:
    parts = ("printer", "address", "paper", "copies", "preview", "drawer", "test")
    return next(name for name in parts if getattr(row, name) is widget)


class PrinterMap(QWidget):
    """A line for each kind of document. Choices are kept at once, an address when it is left."""

    ready = Signal()
    """The lines are there."""
    said = Signal(str)
    """What was done, for a toast."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._rows: dict[str, _Row] = {}
        self.draft = DraftKeeper(tasks, "printer", "", self._draft_body, self)
        self._notice = Notice(Tone.INFO, "")
        self._notice.hide()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(SPACE_2)
        self.all_folder = Button(_("Put all papers into a folder as PDF…"))
        self.all_folder.setObjectName("printers.all-folder")
        self.all_folder.clicked.connect(lambda: self._ask_folder(self.send_all_to))
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.addWidget(self.all_folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self._notice)
        column.addLayout(self._lines)
        column.addWidget(buttons)

    def load(self) -> None:
        """Read the printers of the system and the choices of this PC."""
        self._tasks.call(self, spool.printer_names, done=self._on_names)

    def _on_names(self, names: list[str]) -> None:
        self._tasks.read(self, printers.choices, done=lambda choices: self._show(choices, names))

    def _typed(self) -> dict[str, str]:
        return {kind: row.typed for kind, row in self._rows.items() if row.typed is not None}

    def _draft_body(self) -> dict[str, Any] | None:
        typed = {kind: words for kind, words in self._typed().items() if words.strip()}
        return {"addresses": typed} if typed else None

    def _restore(self, draft: DraftRow | None) -> None:
        for kind, words in (draft.body.get("addresses", {}) if draft else {}).items():
            if kind in self._rows and self._rows[kind].typed is None:
                self._rows[kind].type_on(str(words))

    def _show(self, choices: tuple[PrinterChoice, ...], names: list[str]) -> None:
        is_first, typed = not self._rows, self._typed()
        while (item := self._lines.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, choice in enumerate(choices):
            row = _Row(choice, names)
            row.chosen.connect(self._keep)
            row.address.textEdited.connect(lambda _text: self.draft.touch())
            row.folder_wanted.connect(lambda row=row: self._ask_folder(row.send_to))
            row.tested.connect(lambda row=row: self._test(row.choice))
            self._rows[choice.kind] = row
            if place:
                self._lines.addWidget(rule())
            self._lines.addWidget(row)
            if choice.kind in typed:
                row.type_on(typed[choice.kind])
        if not names:
            self._notice.set_words(
                Tone.INFO,
                _("This PC has no printer yet."),
                _("Connect one and come back here; until then papers can go into a folder as "
                  "PDF files."),
            )  # fmt: skip
        self._notice.setVisible(not names)
        if is_first:
            self.draft.load(self._restore)
        self.ready.emit()

    @property
    def rows(self) -> dict[str, _Row]:
        """The lines by kind of document."""
        return self._rows

    def send_all_to(self, printer: str) -> None:
        """All kinds of documents go there."""
        for row in self._rows.values():
            row.send_to(printer)

    def _ask_folder(self, then: Callable[[str], None]) -> None:
        dialog = QFileDialog(self, _("Folder for PDF files"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: then(f"{FOLDER}{path}"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _keep(self, choice: PrinterChoice) -> None:
        if self.draft.is_kept:
            self.draft.save()  # what was typed of an address is the choice by now
        self._tasks.write(self, printers.choose, choice, failed=self._refuse)

    def _test(self, choice: PrinterChoice) -> None:
        self._tasks.read(
            self,
            trying.trial_page,
            choice.kind,
            choice.paper,
            done=lambda made: self._send(made, choice),
            failed=self._refuse,
        )

    def _send(self, made: MadePaper, choice: PrinterChoice) -> None:
        def sent(where: str) -> None:
            words = _("Test page sent to {printer}.").format(printer=isolate(where))
            self._notice.set_words(Tone.OK, words)
            self._notice.show()
            self.said.emit(words)

        once = replace(choice, copies=1)
        self._tasks.call(self, spool.send, made, once, done=sent, failed=self._refuse)

    def _refuse(self, error: ClinicError) -> None:
        self._notice.set_words(Tone.DANGER, error.message, error.hint)
        self._notice.show()
        self._notice.say()
