"""Writing a note: plain text that grows, blanks to fill, and a menu behind the slash."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.suggestions import Suggestion, Suggestions

BLANK = re.compile("⟦[^⟦⟧]*⟧")
_SLASH = re.compile(r"(?:^|\s)/([^\s/]*(?: [^\s/]+)?)$")
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class _Blanks(QSyntaxHighlighter):
    """Tints the blanks that are still to be filled."""

    def highlightBlock(self, text: str) -> None:
        for found in BLANK.finditer(text):
            style = QTextCharFormat()
            style.setBackground(look().color("accent_bg"))
            style.setForeground(look().color("accent_fg"))
            self.setFormat(found.start(), found.end() - found.start(), style)


class NoteEdit(QTextEdit):
    """Plain text. Tab goes to the next blank ⟦…⟧, and leaves the field after the last one.

    ``edited`` on each change by a person. ``slash_wanted(text)`` while a word behind a slash is
    typed: answer with ``show_slash(text, items)``; ``slash_taken(suggestion)`` after the word
    was removed: insert something, or do something.
    """

    edited = Signal()
    slash_wanted = Signal(str)
    slash_taken = Signal(object)

    def __init__(
        self, name: str, placeholder: str = "", *, lines: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._lines = lines
        self._popup: Suggestions | None = None
        self._setting = False
        self.setAccessibleName(name)
        self.setAccessibleDescription(placeholder)
        self._placeholder = placeholder
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._blanks = _Blanks(self.document())
        self.textChanged.connect(self._on_changed)
        self.cursorPositionChanged.connect(self._ask_slash)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._lean()
        self._grow(self.document().size())

    # -- text ---------------------------------------------------------------------

    def text(self) -> str:
        """The note."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the note, without ``edited``; the caret goes to the end."""
        self._setting = True
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self._setting = False

    def insert_text(self, text: str) -> None:
        """Insert at the caret, as one step of undo, and go to its first blank."""
        cursor = self.textCursor()
        start = cursor.selectionStart()
        cursor.insertText(text)
        if BLANK.search(text):
            cursor.setPosition(start)
            self.setTextCursor(cursor)
            self.next_blank()

    def blanks_left(self) -> int:
        """How many blanks are still to be filled."""
        return len(BLANK.findall(self.toPlainText()))

    def next_blank(self, *, back: bool = False) -> bool:
        """Select the next blank after the caret (or the one before); whether there was one."""
        cursor = self.textCursor()
        found = list(BLANK.finditer(self.toPlainText()))
        if back:
            found = [blank for blank in found if blank.end() <= cursor.selectionStart()][-1:]
        else:
            found = [blank for blank in found if blank.start() >= cursor.selectionEnd()][:1]
        for blank in found:
            cursor.setPosition(blank.start())
            cursor.setPosition(blank.end(), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
        return bool(found)

    def _lean(self) -> None:
        """Text runs by its own script; an empty field by that of the window."""
        empty = self.document().isEmpty()
        side = self.layoutDirection() if empty else Qt.LayoutDirection.LayoutDirectionAuto
        option = self.document().defaultTextOption()
        wrap = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
        if option.textDirection() != side or option.wrapMode() != wrap:
            option.setTextDirection(side)
            option.setWrapMode(wrap)
            self.document().setDefaultTextOption(option)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, or the placeholder: Qt's own would lose the dots below Arabic letters."""
        super().paintEvent(event)
        if not self.document().isEmpty():
            return
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignTop
        margin = round(self.document().documentMargin())
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().placeholderText().color())
        room = self.viewport().rect().adjusted(margin, margin, -margin, -margin)
        whole = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextDontClip
        painter.drawText(room, int(flags) | int(whole), self._placeholder)
        painter.end()

    def _on_changed(self) -> None:
        self._lean()
        if not self._setting:
            self.edited.emit()

    # -- the slash menu -----------------------------------------------------------

    def _slash(self) -> str | None:
        """The word behind the slash before the caret, without the slash."""
        cursor = self.textCursor()
        if cursor.hasSelection():
            return None
        before = cursor.block().text()[: cursor.positionInBlock()]
        found = _SLASH.search(before)
        return found[1] if found else None

    def _ask_slash(self) -> None:
        word = self._slash() if self.hasFocus() and not self._setting else None
        if word is not None:
            self.slash_wanted.emit(word)
        elif self._popup is not None:
            self._popup.hide()

    def show_slash(self, word: str, items: Sequence[Suggestion]) -> None:
        """Open the menu at the caret; an answer to an older word is dropped."""
        if word != self._slash():
            return
        if self._popup is None:
            self._popup = Suggestions(self, self.accessibleName())
            self._popup.taken.connect(self._on_slash_taken)
        self._popup.show_items(items)
        if items:
            caret = self.cursorRect()
            caret.translate(self.viewport().pos())
            self._popup.place_below(caret)

    def _on_slash_taken(self, item: Suggestion) -> None:
        word = self._slash()
        if word is not None:
            cursor = self.textCursor()
            move = QTextCursor.MoveOperation.Left
            cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor, len(word) + 1)
            cursor.removeSelectedText()
            self.setTextCursor(cursor)
        self.slash_taken.emit(item)

    # -- keys ---------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The open menu has the keys first; Ctrl+Enter belongs to the screen."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self._menu_key(event):
            event.accept()
        elif event.key() in enters and control:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _menu_key(self, event: QKeyEvent) -> bool:
        menu = self._popup
        if menu is None or not menu.isVisible():
            return False
        key = Qt.Key(event.key())
        if key in _STEPS:
            menu.move_by(_STEPS[key])
            return True
        if key == Qt.Key.Key_Escape:
            menu.hide()
            return True
        return key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and menu.take()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 - Qt's name
        """Tab takes the menu's line, or goes to the next blank, or leaves."""
        menu = self._popup
        if next and menu is not None and menu.isVisible() and menu.take():
            return True
        return self.next_blank(back=not next) or super().focusNextPrevChild(next)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Close the menu."""
        super().focusOutEvent(event)
        if self._popup is not None:
            self._popup.hide()

    # -- size ---------------------------------------------------------------------

    def _grow(self, size: QSizeF) -> None:
        line = look().metrics().lineSpacing()
        frame = 2 * self.frameWidth() + 2 * SPACE_2
        least = self._lines * line + 2 * round(self.document().documentMargin())
        self.setFixedHeight(max(round(size.height()), least) + frame)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme, text size and direction."""
        super().changeEvent(event)
        if not hasattr(self, "_blanks"):
            return
        if event.type() == QEvent.Type.StyleChange:
            self._blanks.rehighlight()
            self._grow(self.document().size())
        elif event.type() == QEvent.Type.LayoutDirectionChange:
            self._lean()
