"""A text of which the words are marked that another version has not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSizeF, Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from clinic_desktop.domain.word_diff import pieces
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1


class DiffText(QTextEdit):
    """Read, not written; marked words have a ground and a line below them, never colour alone."""

    def __init__(self, name: str, text: str, other: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._other = text, other
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._write()

    def _write(self) -> None:
        self.clear()
        cursor = self.textCursor()
        marked = QTextCharFormat()
        marked.setBackground(look().color("warn_bg"))
        marked.setForeground(look().color("warn"))
        marked.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        plain = QTextCharFormat()
        plain.setForeground(look().color("text"))
        for piece in pieces(self._text, self._other):
            cursor.insertText(piece.text, marked if piece.is_different else plain)
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self._grow(self.document().size())

    def _grow(self, size: QSizeF) -> None:
        self.setFixedHeight(round(size.height()) + 2 * self.frameWidth() + 2 * SPACE_1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_text"):
            self._write()
