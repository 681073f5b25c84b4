"""Notices inside a page: what happened, why it matters, what can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.reveal import reveal

_ICONS = {
    Tone.INFO: Icon.INFO,
    Tone.OK: Icon.OK,
    Tone.WARN: Icon.ALERT,
    Tone.DANGER: Icon.ERROR,
}


class Notice(QFrame):
    """A tinted card with a title, a text and buttons; ``closed`` when it was dismissed."""

    closed = Signal()

    def __init__(
        self,
        tone: Tone,
        title: str,
        text: str = "",
        *,
        closable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._mark = IconMark(Icon.INFO, "info")
        self._title = Label(title, "strong", wrap=True)
        self._text = Label(text, wrap=True)
        self._actions = QWidget()
        self._flow = FlowLayout(self._actions)
        self._actions.hide()
        words = QVBoxLayout()
        words.setSpacing(SPACE_1)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addWidget(self._actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_3, SPACE_2, SPACE_3, SPACE_2)
        row.setSpacing(SPACE_2)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        if closable:
            close = IconButton(Icon.CLOSE, _("Dismiss this notice"))
            close.clicked.connect(self._on_close)
            row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.set_words(tone, title, text)

    def set_words(self, tone: Tone, title: str, text: str = "") -> None:
        """Say something else."""
        toggle(self, "tone", tone.value)
        role = tone.value if tone in _ICONS else "text2"
        self._mark.set_icon(_ICONS.get(tone, Icon.INFO), role)
        self._title.setText(title)
        self._title.set_tone(tone.value if tone in _ICONS else "")
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    def add_action(self, text: str, run: Callable[[], object], kind: str = "secondary") -> Button:
        """A button below the text."""
        button = Button(text, kind)
        button.clicked.connect(lambda: run())  # noqa: PLW0108 - clicked brings a bool along
        self._flow.addWidget(button)
        self._actions.show()
        return button

    def say(self) -> None:
        """Have a screen reader speak it, and scroll to a refusal; the focus stays where it is."""
        text = f"{self._title.text()}. {self._text.text()}".strip()
        refused = self.property("tone") == Tone.DANGER.value
        announce(self, text, urgent=refused)
        if refused:
            reveal(self)

    def _on_close(self) -> None:
        self.hide()
        self.closed.emit()
