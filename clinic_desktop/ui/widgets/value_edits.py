"""Fields that understand what is typed: dates, amounts, phones, numbers with a unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.cells import is_rtl
from clinic_desktop.ui.widgets.fields import FieldFrame
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.overlay import settle_tab_order
from clinic_desktop.ui.widgets.parsed import Parse, Parsed


class _LeavingEdit(QLineEdit):
    """Tells when a person is done with it, and cleans what is pasted."""

    left = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # A menu or another window takes the focus for a moment only.
        passing = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() not in passing:
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        super().keyPressEvent(event)


class ParsedEdit(QWidget):
    """A field that reads its text with an injected parser and echoes what it understood.

    ``changed(value)`` while typing (``None`` when the text is empty or wrong);
    the error shows when the field is left, not while one types.
    """

    changed = Signal(object)

    def __init__(
        self, parse: Parse, placeholder: str = "", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parse = parse
        self._parsed = Parsed()
        edit = _LeavingEdit()
        self.frame = FieldFrame(edit)
        self.edit: QLineEdit = edit
        self.edit.setPlaceholderText(placeholder)
        self.setFocusProxy(self.edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.echo = Label("", "caption", "muted")
        self.frame.row.addWidget(self.echo)
        self.message = Label("", "caption", "danger", wrap=True)
        self.message.hide()
        self._choices = QWidget()
        self._choice_row = QHBoxLayout(self._choices)
        self._choice_row.setContentsMargins(0, 0, 0, 0)
        self._choice_row.setSpacing(SPACE_1)
        self._shown_choices: tuple[tuple[str, str], ...] = ()
        self._choices.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.frame)
        column.addWidget(self.message)
        column.addWidget(self._choices)
        self.edit.textChanged.connect(self._on_text)
        edit.left.connect(self.show_error)
        self._lean()

    def _lean(self) -> None:
        # QLineEdit leans a text by its own letters: the digits of a date would stand at the far
        # end of an Arabic field, against the echo.
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        self.edit.setAlignment(
            side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the direction of the window."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._lean()

    def text(self) -> str:
        """What was typed."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Put a text in, as if it had been typed."""
        self.edit.setText(text)

    def value(self) -> Any:
        """What the text means, ``None`` when it is empty or wrong."""
        return self._parsed.value

    def error(self) -> str:
        """The sentence for what is wrong, "" when all is well."""
        return self._parsed.error

    def set_parse(self, parse: Parse) -> None:
        """Read the text another way (another currency, another day)."""
        self._parse = parse
        self._on_text(self.edit.text())

    def show_error(self) -> bool:
        """Show what is wrong, if anything; whether the field is all right."""
        wrong = bool(self._parsed.error)
        if wrong and not self.message.isVisible():
            announce(self, self._parsed.error, urgent=True)
        self.message.setText(self._parsed.error)
        self.message.setVisible(wrong)
        self.frame.set_error(wrong)
        return not wrong

    def _on_text(self, text: str) -> None:
        self._parsed = self._parse(text) if text.strip() else Parsed()
        self.echo.setText(self._parsed.echo)
        if not self._parsed.error:
            self.show_error()
        self._show_choices(self._parsed.choices)
        self.edit.setAccessibleDescription(self._parsed.echo or self._parsed.error)
        self.changed.emit(self._parsed.value)

    def _show_choices(self, choices: tuple[tuple[str, str], ...]) -> None:
        if choices == self._shown_choices:
            return
        self._shown_choices = choices
        while (item := self._choice_row.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for label, text in choices:
            button = Button(label, "link")
            button.clicked.connect(lambda _on=False, text=text: self._choose(text))
            self._choice_row.addWidget(button)
        self._choice_row.addStretch(1)
        self._choices.setVisible(bool(choices))
        settle_tab_order(self._choices)

    def _choose(self, text: str) -> None:
        self.edit.setText(text)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)


class SmartDateEdit(ParsedEdit):
    """A date in any of the ways people type one; build the parser with ``date_parser``."""


class MoneyEdit(ParsedEdit):
    """An amount; build the parser with ``money_parser``. The digits stand at the right."""

    def _lean(self) -> None:
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)


_PHONE_EXTRAS = set(" +-().#*/") | {"x", "\u00a0"}


class PhoneEdit(QLineEdit):
    """A phone number, always left to right; ``format_number`` tidies it when it is left.

    Pasted text loses what cannot belong to a number.
    """

    def __init__(
        self,
        placeholder: str = "",
        *,
        format_number: Callable[[str], str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._format = format_number
        self.setPlaceholderText(placeholder)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDialableCharactersOnly)
        self.textEdited.connect(self._clean)
        self.editingFinished.connect(self._tidy)

    def _clean(self, text: str) -> None:
        kept = "".join(ch for ch in text if ch.isdigit() or ch in _PHONE_EXTRAS)
        if kept != text:
            place = self.cursorPosition() - (len(text) - len(kept))
            self.setText(kept)
            self.setCursorPosition(max(place, 0))

    def _tidy(self) -> None:
        if self._format is not None and self.text().strip():
            self.setText(self._format(self.text()))


class NumberUnitEdit(QWidget):
    """A number with its unit, and a line for what is unusual about it.

    ``changed`` when the text changes; the screen checks the value and calls ``set_note``.
    """

    changed = Signal()

    def __init__(self, unit: str, placeholder: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = FieldFrame()
        self.edit = self.frame.edit
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        self.edit.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)
        self.setFocusProxy(self.edit)
        self.unit = Label(isolate(unit), "body", "muted")
        self.frame.row.setSpacing(SPACE_2)
        self.frame.row.addWidget(self.unit)
        # A number and its unit never swap sides; which side is the unit's own letters' matter.
        if is_rtl(unit):
            self.frame.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
            self.edit.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        else:
            self.frame.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.note = Label("", "caption", "warn", wrap=True)
        self.note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.frame)
        column.addWidget(self.note)
        self.edit.textChanged.connect(self.changed)

    def text(self) -> str:
        """What was typed."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Put a number in."""
        self.edit.setText(text)

    def set_note(self, sentence: str, *, wrong: bool = False) -> None:
        """Say what is unusual (amber) or impossible (red, ``wrong``); "" clears it."""
        self.note.setText(sentence)
        self.note.set_tone("danger" if wrong else "warn")
        self.note.setVisible(bool(sentence))
        self.frame.set_error(wrong and bool(sentence))
        toggle(self.frame, "warning", "true" if sentence and not wrong else "false")
        self.edit.setAccessibleDescription(sentence)
