"""A choice out of many: type a few letters, take the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SEARCH_DELAY_MS
from clinic_desktop.ui.widgets.fields import FieldFrame
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.suggestions import Suggestion, Suggestions

_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 5,
    Qt.Key.Key_PageUp: -5,
}


class _Edit(QLineEdit):
    """A line edit that lets its owner have the keys first."""

    def __init__(self) -> None:
        super().__init__()
        self.owner: ComboSearch | None = None

    def event(self, event: QEvent) -> bool:
        # Tab must be caught before Qt moves the focus with it.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            taken = self.owner is not None and self.owner.take_key(event)
        else:
            taken = False
        return taken or super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.owner is not None:
            self.owner.leave()


class ComboSearch(FieldFrame):
    """A field with an asynchronous list, of which keys take a line only if it answers the text.

    ``wanted(text)`` after a pause in the typing: answer with ``show_suggestions(text, items)``.
    ``taken(suggestion)`` when a line is taken; ``changed(value)`` with its value, or ``None``
    when the text was edited afterwards. With ``free`` any text may stay.
    """

    wanted = Signal(str)
    taken = Signal(object)
    changed = Signal(object)

    def __init__(
        self,
        placeholder: str = "",
        *,
        free: bool = False,
        clear_on_take: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        edit = _Edit()
        super().__init__(edit, parent)
        edit.owner = self
        self._free, self._clear_on_take = free, clear_on_take
        self._value: Any = None
        self._popup: Suggestions | None = None
        self.row.insertWidget(0, IconMark(Icon.SEARCH, "text2"))
        self.edit.setPlaceholderText(placeholder)
        if placeholder:
            self.edit.setAccessibleName(placeholder)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_DELAY_MS)
        self._pause.timeout.connect(lambda: self.wanted.emit(self.edit.text().strip()))
        self.edit.textEdited.connect(self._on_edited)

    def value(self) -> Any:
        """The value of the line taken last, ``None`` while there is none."""
        return self._value

    def text(self) -> str:
        """What stands in the field."""
        return self.edit.text()

    def set_value(self, value: Any, text: str) -> None:
        """Show a choice, without a signal."""
        self._value = value
        self.edit.setText(text)

    def show_suggestions(self, text: str, items: Sequence[Suggestion]) -> None:
        """Open the list; an answer to an older question is dropped."""
        if text != self.edit.text().strip() or not self.edit.hasFocus():
            return
        nothing = _("Nothing found") if text and not self._free else ""
        self._list().show_items(items, nothing)

    def _list(self) -> Suggestions:
        if self._popup is None:
            self._popup = Suggestions(self, self.edit.accessibleName())
            self._popup.taken.connect(self._on_taken)
        return self._popup

    def _on_edited(self, _text: str) -> None:
        if self._value is not None:
            self._value = None
            self.changed.emit(None)
        if self._popup is not None:
            self._popup.expire()
        self._pause.start()

    def _on_taken(self, item: Suggestion) -> None:
        self._pause.stop()
        self._value = item.value
        self.edit.setText("" if self._clear_on_take else item.text)
        if self._clear_on_take:
            self._value = None
        self.taken.emit(item)
        self.changed.emit(item.value)

    def leave(self) -> None:
        """Close the list; text that is no choice goes, unless the field is free."""
        self._pause.stop()
        if self._popup is not None:
            self._popup.hide()
        if self._value is None and not self._free:
            self.edit.clear()

    def take_key(self, event: QKeyEvent) -> bool:
        """Keys that belong to the list; whether this was one."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shown = self._popup is not None and self._popup.isVisible()
        if plain and key in _STEPS:
            if shown:
                self._list().move_by(_STEPS[key])
            elif key == Qt.Key.Key_Down:
                self.wanted.emit(self.edit.text().strip())
            return True
        if not shown or not plain:
            return False
        if key == Qt.Key.Key_Escape:
            self._list().hide()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self._list().take()
        if key == Qt.Key.Key_Tab:
            # Tab takes the line and moves on.
            self._list().take()
        return False
