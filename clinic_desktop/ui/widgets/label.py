"""Words in a step of the type scale."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from clinic_desktop.i18n import FSI
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle

LRM, RLM = "\u200e", "\u200f"
_HELD = " \u200b"
"""A space that is never the last letter of its line: from right to left Qt would count that one
twice, and the line would begin further in than the others."""
_RTL_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def directed(text: str, *, rtl: bool) -> str:
    """A text that runs like its window, if it was put together from values (``i18n.isolate``).

    Qt would take the direction of the first letter outside the values, which may be that of
    a drug's or a person's name. So may the first word of a sentence in Arabic: "PDF", "Enter".
    """
    own = FSI in text or (rtl and _RTL_LETTER.search(text) is not None)
    return (RLM if rtl else LRM) + text if own else text


class Label(QLabel):
    """Plain text in a type role (``tokens.TYPE``) and a tone ("muted", "danger", …).

    The text is never read as markup: names and notes may hold anything.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        tone: str = "",
        *,
        wrap: bool = False,
        tabular: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._tabular = role, tabular
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
        self.setProperty("tone", tone)
        self._dress()
        self._lean()
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text; one put together from values runs like the window."""
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        shown = directed(text, rtl=rtl)
        super().setText(shown.replace(" ", _HELD) if rtl and self.wordWrap() else shown)

    def text(self) -> str:
        """The text as it was given."""
        return super().text().lstrip(LRM + RLM).replace(_HELD, " ")

    def setWordWrap(self, on: bool) -> None:
        """Let the text take several lines."""
        super().setWordWrap(on)
        self.setText(self.text())

    def set_tone(self, tone: str) -> None:
        """Change the colour's meaning."""
        toggle(self, "tone", tone)
        self._dress()  # what was polished anew has the font it began with

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
        elif event.type() == QEvent.Type.LayoutDirectionChange:
            self._lean()
            self.setText(self.text())

    def _lean(self) -> None:
        # QLabel leans a text by its own direction; here an Arabic name in an English window
        # starts where every other name starts.
        if self.alignment() & Qt.AlignmentFlag.AlignHCenter:
            return
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)

    def _dress(self) -> None:
        # A changed style sheet brings the old font back, so that the font itself is compared.
        font = look().font(self._role, tabular=self._tabular)
        if self.font() != font:
            self.setFont(font)
