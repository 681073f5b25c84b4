"""A page of settings: heading, whose choice it is, cards with fields that keep at once."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.pill import Pill, PillSpec


class Scope(StrEnum):
    """Whom a choice is for."""

    ME = "me"
    PC = "pc"
    CLINIC = "clinic"


def scope_pill(scope: Scope) -> Pill:
    """The tag that says whom a choice is for."""
    words = {
        Scope.ME: (pgettext("settings scope", "Only me"), Tone.INFO),
        Scope.PC: (pgettext("settings scope", "This PC"), Tone.NEUTRAL),
        Scope.CLINIC: (pgettext("settings scope", "The whole practice"), Tone.ACCENT),
    }
    return Pill(PillSpec(*words[scope]))


class SettingsPage(QWidget):
    """Cards below each other. There is no Save button: a choice holds when it is made."""

    def __init__(self, context: Context, title: str, sentence: str, scope: Scope) -> None:
        super().__init__()
        self.context = context
        header = SectionHeader(title, sentence)
        header.subtitle.setWordWrap(True)
        header.add_action(scope_pill(scope))
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self._page = ScrollPage()
        self._page.column.setContentsMargins(0, 0, 0, 0)
        self._page.column.setSpacing(SPACE_4)
        self._page.column.addWidget(self.notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(header)
        column.addWidget(self._page, 1)

    def add_card(self, title: str, *widgets: QWidget) -> Card:
        """A card with fields."""
        card = Card(title)
        for widget in widgets:
            if isinstance(widget, Button):  # a button is as wide as its words
                card.body.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeading)
            else:
                card.add(widget)
        self.put_card(card)
        return card

    def put_card(self, card: Card) -> None:
        """A card that was made elsewhere."""
        self._page.column.addWidget(card)

    def end(self) -> None:
        """No more cards follow."""
        self._page.column.addStretch(1)

    def load(self) -> None:
        """Show what is kept now; called each time the page is shown."""

    def said(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """It is kept."""
        self.notice.hide()
        self.context.host.toast(text, undo, _("Undo") if undo else "")

    def refuse(self, error: ClinicError) -> None:
        """It is not kept, and why."""
        self.notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self.notice.show()
        self.notice.say()
