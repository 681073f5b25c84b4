"""One line of a list in the settings, in its drawer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft, Read, Write, access
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class LineForm(DrawerForm):
    """Fields of one line. ``wish()`` is what ``command`` gets.

    When somebody else changes the line meanwhile, fields left alone follow; below the others
    stands what they hold by now, and the next save goes over that.
    """

    draft_kind = ""
    """Of its draft, where the line keeps one by itself."""
    draft_fields: tuple[str, ...] = ()
    """The fields of that draft, by the names of their attributes."""
    saved = Signal()
    outdated = Signal()
    """It was to be saved over something newer than is shown."""

    def __init__(
        self, context: Context, command: Callable[..., uuid.UUID], row: Any | None
    ) -> None:
        super().__init__()
        self._context, self._command, self.row = context, command, row
        self._first: list[Any] = []
        self.kept: FieldDraft | None = None
        self._overtaken = Notice(Tone.WARN, "")
        self._overtaken.hide()
        self.fields = Form()
        self.rows: dict[str, FormRow] = {}
        self.active = Tick(_("In use"))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self._overtaken)
        self.column.addWidget(self.fields)
        self.column.addWidget(self.active)
        self.column.addStretch(1)

    def line(self, field: str, label: str, value: str, *, hint: str = "") -> QLineEdit:
        """Add a line of text."""
        edit = QLineEdit(value)
        edit.returnPressed.connect(lambda: self.submit(print_too=False))
        self.rows[field] = self.fields.add(label, edit, required=field == "name", hint=hint)
        return edit

    def showEvent(self, event: QShowEvent) -> None:
        """The tick stands below the fields, and so it comes after them by the Tab key."""
        QWidget.setTabOrder(self.fields.rows[-1].field, self.active)
        super().showEvent(event)

    @property
    def base(self) -> int | None:
        """The version of the line that will be saved over."""
        return None if self.row is None else self.row.version

    def opened(self) -> None:
        """The fields are filled in: what differs from now on was typed."""
        self._first = [read() for _row, read, _write in self._accesses()]

    def begin_draft(self) -> None:
        """What is typed from now on outlives a crash, Esc and the record that is closed."""
        if self.draft_kind and self.primary_text():
            self.kept = self._draft()
            self.kept.begin()

    def _draft(self) -> FieldDraft:
        # Words typed over another version would go over what somebody else changed since.
        subject = str(self.row.id) if self.row else ""
        draft = FieldDraft(self._context, self.draft_kind, subject, self, self.base)
        self.column.insertWidget(0, draft.notice)
        for name in self.draft_fields:
            draft.keep(name, getattr(self, name))
        return draft

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.kept is None or self.kept.flush()

    def follow(self, newer: LineForm) -> None:
        """Somebody else changed the line; ``newer`` shows it as it is now."""
        newer.opened()
        theirs = (partial(_shown, field) for _row, field in newer._lines())
        for (row, read, write), before, now, shown in zip(
            self._accesses(), self._first, newer._first, theirs, strict=True
        ):
            mine = read()
            if now in {before, mine}:
                continue
            if mine == before:
                write(now)
            elif row is not None:
                words = _("Changed by somebody else meanwhile to: {value}")
                row.set_warning(words.format(value=isolate(shown()) or "–"))
        self.row, self._first = newer.row, newer._first
        if self.kept is not None:
            self.kept.begin_as(newer._draft())
            self.kept.is_about(self.base)
        newer.deleteLater()
        self._overtaken.set_words(
            Tone.WARN,
            _("Somebody changed this while you were editing."),
            _("Fields you had not changed show the newer version."),
        )
        self._overtaken.show()
        self._overtaken.say()

    def _accesses(self) -> list[tuple[FormRow | None, Read, Write]]:
        return [(row, *access(field)[:2]) for row, field in self._lines()]

    def _lines(self) -> list[tuple[FormRow | None, QWidget]]:
        lines = [(row, row.field) for row in self.fields.rows]
        typed = [(row, field) for row, field in lines if not isinstance(field, Button | Label)]
        return [*typed, (None, self.active)]

    def wish(self) -> object:
        """The command's wish from what was typed."""
        raise NotImplementedError

    def primary_text(self) -> str:
        """The verb."""
        return _("Save")

    def submit(self, print_too: bool) -> None:
        """Save the line."""
        self._context.tasks.write_once(
            self, self._command, self.wish(), done=self._done, failed=self._failed
        )

    def _done(self, _key: uuid.UUID) -> None:
        if self.kept is not None:
            self.kept.begin_as(self.kept)
            self.kept.forget()
        self.close_requested.emit()
        self.saved.emit()

    def _failed(self, error: ClinicError) -> None:
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if isinstance(error, StaleError):
            self.outdated.emit()
        if row is None:
            self._context.host.show_error(error)
        else:
            row.set_error(str(error))
            row.field.setFocus()


def _shown(field: QWidget) -> str:
    """What a field shows, as a person reads it."""
    if isinstance(field, Select):
        return field.currentText()
    value = access(field)[0]()
    return value if isinstance(value, str) else ("✓" if value else "")
