"""Forms: label above field, the error below it, one column when the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.focus_chain import proxy_of
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.reveal import reveal_focused

_COLUMN_WIDTH = 190
_ROW_GAP = SPACE_3 - 2
"""What the words above a field are further away from it, the rows are nearer to each other."""


class FormRow(QWidget):
    """One field with its label (the buddy), a required mark, a hint and an error line."""

    def __init__(
        self,
        label: str,
        field: QWidget,
        *,
        required: bool = False,
        hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.field = field
        self._hint = hint
        self.label = Label(label, "label", "muted")
        self._mark = Label(_("required"), "caption", "muted", parent=self)
        self._mark.setVisible(required)
        self.message = Label(hint, "caption", "muted", wrap=True, parent=self)
        self.message.setVisible(bool(hint))
        target = _editor(field)
        self.label.setBuddy(target)
        plain = label.replace("&", "")
        worded = isinstance(target, QAbstractButton) and bool(target.text())
        if not target.accessibleName() and not worded:
            target.setAccessibleName(f"{plain}, {_('required')}" if required else plain)
        words = QHBoxLayout()
        words.setSpacing(SPACE_1)
        words.addWidget(self.label, 1)
        words.addWidget(self._mark)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_1)  # the ring of the focus takes no part of the words above
        column.addLayout(words)
        column.addWidget(field)
        column.addWidget(self.message)
        column.addStretch(1)

    def set_error(self, sentence: str) -> None:
        """Say below the field what is wrong and how to put it right; "" takes it away."""
        self._show(sentence, "danger", "error")

    def set_warning(self, sentence: str) -> None:
        """Say below the field that a value is unusual; it can be stored all the same."""
        self._show(sentence, "warn", "warning")

    def _show(self, sentence: str, tone: str, state: str) -> None:
        self.message.set_tone(tone if sentence else "muted")
        self.message.setText(sentence or self._hint)
        self.message.setVisible(bool(sentence or self._hint))
        for widget in (self.field, _editor(self.field)):
            for name in ("error", "warning"):
                toggle(widget, name, "true" if sentence and name == state else "false")
        _editor(self.field).setAccessibleDescription(sentence or self._hint)
        if sentence:
            announce(self, sentence, urgent=state == "error")
            reveal_focused(self)  # Qt scrolls to a field for Tab only, not for the caret we put


def _editor(field: QWidget) -> QWidget:
    """The part of a field that takes the keys."""
    while (inner := proxy_of(field)) is not None:
        field = inner
    return field


class Form(QWidget):
    """Rows in columns that fall into one when there is no room."""

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted, self._columns = columns, columns
        self.rows: list[FormRow] = []
        self._spans: list[int] = []
        self._filler = QWidget(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_4)
        self._grid.setVerticalSpacing(_ROW_GAP)

    def add(
        self,
        label: str,
        field: QWidget,
        *,
        required: bool = False,
        hint: str = "",
        span: int = 1,
    ) -> FormRow:
        """Append a field; ``span`` columns wide."""
        row = FormRow(label, field, required=required, hint=hint)
        self.rows.append(row)
        self._spans.append(span)
        self._arrange()
        return row

    def first_error(self) -> FormRow | None:
        """The first row that shows an error, to put the focus on."""
        shown = (row for row in self.rows if row.field.property("error") == "true")
        return next(shown, None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Change the number of columns with the width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs wider columns."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit()

    def _fit(self) -> None:
        room = max(self.width() // look().px(_COLUMN_WIDTH), 1)
        columns = min(self._wanted, room)
        if columns != self._columns:
            self._columns = columns
            self._arrange()

    def _arrange(self) -> None:
        line = place = 0
        lines: list[list[FormRow]] = [[]]
        for row, wanted in zip(self.rows, self._spans, strict=True):
            span = min(wanted, self._columns)
            if place + span > self._columns:
                line, place = line + 1, 0
                lines.append([])
            self._grid.addWidget(row, line, place, 1, span)
            lines[line].append(row)
            place += span
        for beside in lines:  # a nameless field keeps the room for a name only beside a named one
            named = any(row.label.text() for row in beside)
            for row in beside:
                row.label.setVisible(named)
        alone = line == 0 and place < self._columns
        if alone:  # else the grid leaves the gap out, and a lone field is wider than those below
            self._grid.addWidget(self._filler, 0, place)
        self._filler.setVisible(alone)
        for column in range(self._wanted):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)
