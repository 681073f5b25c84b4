"""Several lines of one kind in a form: further phones, numbers, relatives, policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.dates import DateOrder
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.value_edits import PhoneEdit, SmartDateEdit


@dataclass(frozen=True)
class LineField:
    """One field of a line; ``kind`` is text, phone, day or tick."""

    name: str
    label: str
    kind: str = "text"
    span: int = 1


@dataclass(frozen=True)
class LineKind:
    """What the lines are: an empty one, its fields, and the words around them."""

    title: str
    add: str
    remove: str
    empty: Any
    fields: tuple[LineField, ...]


class _Line(QFrame):
    changed = Signal()
    remove_wanted = Signal()

    def __init__(self, kind: LineKind, line: Any, today: date, order: DateOrder) -> None:
        super().__init__()
        self._kind, self._line = kind, line
        self._editors: dict[str, QWidget] = {}
        self.form = Form(columns=2)
        for field in kind.fields:
            editor = self._editor(field, today, order)
            self._editors[field.name] = editor
            label = "" if field.kind == "tick" else field.label
            self.form.add(label, editor, span=field.span)
        remove = Button(kind.remove, "link", Icon.MINUS)
        remove.clicked.connect(self.remove_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_1)
        column.addWidget(self.form)
        column.addWidget(remove, 0, Qt.AlignmentFlag.AlignLeading)

    def _editor(self, field: LineField, today: date, order: DateOrder) -> QWidget:
        value = getattr(self._line, field.name)
        if field.kind == "tick":
            tick = Tick(field.label)
            tick.setChecked(bool(value))
            tick.toggled.connect(self.changed)
            return tick
        if field.kind == "day":
            day = SmartDateEdit(date_parser(today, order=order, whole_day=True))
            day.set_text(value.isoformat() if value else "")
            day.changed.connect(lambda _value: self.changed.emit())
            return day
        edit = PhoneEdit() if field.kind == "phone" else QLineEdit()
        edit.setText(str(value or ""))
        edit.textChanged.connect(lambda _text: self.changed.emit())
        return edit

    def first(self) -> QWidget:
        return next(iter(self._editors.values()))

    def line(self) -> Any:
        return replace(self._line, **{name: self._value(name) for name in self._editors})

    def _value(self, name: str) -> Any:
        editor = self._editors[name]
        if isinstance(editor, Tick):
            return editor.isChecked()
        if isinstance(editor, SmartDateEdit):
            found = editor.value()
            return found.day if found is not None else None
        return editor.text() if isinstance(editor, QLineEdit) else None

    def texts(self) -> dict[str, str | bool]:
        kept: dict[str, str | bool] = {}
        for name, editor in self._editors.items():
            if isinstance(editor, Tick):
                kept[name] = editor.isChecked()
            elif isinstance(editor, SmartDateEdit | QLineEdit):
                kept[name] = editor.text()
        return kept

    def set_texts(self, texts: dict[str, Any]) -> None:
        for name, value in texts.items():
            editor = self._editors.get(name)
            if isinstance(editor, Tick):
                editor.setChecked(bool(value))
            elif isinstance(editor, SmartDateEdit):
                editor.set_text(str(value))
            elif isinstance(editor, QLineEdit):
                editor.setText(str(value))

    def wrong_field(self) -> QWidget | None:
        dates = [each for each in self._editors.values() if isinstance(each, SmartDateEdit)]
        return next((each for each in dates if not each.show_error()), None)


class LinesEditor(QWidget):
    """Lines with a button that adds one; empty lines are left out by the service."""

    changed = Signal()

    def __init__(self, kind: LineKind, today: date, order: DateOrder) -> None:
        super().__init__()
        self._kind, self._today, self._order = kind, today, order
        self._lines: list[_Line] = []
        self.setAccessibleName(kind.title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE_2)
        self._column.addWidget(Label(kind.title, "strong"))
        self.add_button = Button(kind.add, "link", Icon.ADD)
        self.add_button.clicked.connect(self._on_add)
        self._column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeading)

    def set_lines(self, lines: Sequence[Any]) -> None:
        """Show these."""
        for old in self._lines:
            old.hide()
            old.deleteLater()
        self._lines = []
        for line in lines:
            self._add(line)

    def lines(self) -> tuple[Any, ...]:
        """The lines as edited."""
        return tuple(line.line() for line in self._lines)

    def texts(self) -> list[dict[str, str | bool]]:
        """What is typed, for a draft."""
        return [line.texts() for line in self._lines]

    def set_texts(self, texts: Sequence[dict[str, Any]]) -> None:
        """Put a draft back over the lines shown."""
        while len(self._lines) > len(texts):
            self._remove(self._lines[-1])
        for place, kept in enumerate(texts):
            line = self._lines[place] if place < len(self._lines) else self._add(self._kind.empty)
            line.set_texts(kept)

    def wrong_field(self) -> QWidget | None:
        """The first date that cannot be read; each of them says so."""
        wrong = [line.wrong_field() for line in self._lines]
        return next((field for field in wrong if field is not None), None)

    def show_error(self, sentence: str, place: int = 1) -> QWidget | None:
        """Say below a line (counted from 1) what is wrong; returns where the caret belongs."""
        if not 1 <= place <= len(self._lines):
            return None
        line = self._lines[place - 1]
        line.form.rows[0].set_error(sentence)
        return line.first()

    def clear_errors(self) -> None:
        """Take the sentences away."""
        for line in self._lines:
            line.form.rows[0].set_error("")

    def _on_add(self) -> None:
        first = self._add(self._kind.empty).first()
        # Once the line has its place, so that the page scrolls to where it is.
        QTimer.singleShot(0, first, first.setFocus)

    def _add(self, line: Any) -> _Line:
        row = _Line(self._kind, line, self._today, self._order)
        row.changed.connect(self.changed)
        row.remove_wanted.connect(self._remover(row))
        self._lines.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        return row

    def _remover(self, row: _Line) -> Callable[[], None]:
        return lambda: self._remove(row)

    def _remove(self, row: _Line) -> None:
        self._lines.remove(row)
        self.add_button.setFocus()
        row.hide()
        row.deleteLater()
        self.changed.emit()
