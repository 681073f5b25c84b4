"""The versions of a question beside each other, each with the button that keeps it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services.conflicts.fields import PROSE
from clinic_desktop.services.conflicts.listing import ConflictItem, VersionRow
from clinic_desktop.services.conflicts.words import field_name, value_words
from clinic_desktop.ui.conflicts import words
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.diff_text import DiffText
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec

_WIDTH = 260
"""Px that a version needs at the usual text size; with less room they stand below each other."""
_KEYS = 9
"""Versions that a figure on the keyboard keeps."""


class VersionCards(QWidget):
    """One card for each version."""

    def __init__(
        self,
        item: ConflictItem,
        keep: Callable[[VersionRow], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_3)
        self._columns = 0
        self.buttons: list[Button] = []
        self._cards = [
            self._card(item, number, version, keep)
            for number, version in enumerate(item.versions)
            if item.row.kind != "too_late" or not number  # the other is the bill
        ]
        self._fit()

    def _card(
        self,
        item: ConflictItem,
        number: int,
        version: VersionRow,
        keep: Callable[[VersionRow], object],
    ) -> Card:
        card = Card(" ")
        card.setObjectName(f"conflicts.version.{number + 1}")
        card.setAccessibleName(words.author(version))
        card.header.set_title(words.author(version), words.written(version))
        card.header.title.setWordWrap(True)
        # Of a step of an owner the panel says in words what it is: its bytes are shown nowhere.
        is_step = item.row.table == "membership_entry"
        if version.is_shown and not is_step:
            card.header.add_action(Pill(PillSpec(pgettext("version", "Shown"), Tone.INFO)))
        if version.deletes:
            gone = PillSpec(pgettext("version", "Taken out"), Tone.WARN, Glyph.CROSS)
            card.header.add_action(Pill(gone))
        elif not is_step:
            self._add_fields(card, item, version)
        card.body.addStretch(1)
        if item.is_chosen:
            keys = str(number + 1) if number < _KEYS else ""
            button = Button(
                words.keeping(item, version), shortcut=keys, show_shortcut=bool(keys), parent=card
            )
            button.setObjectName(f"conflicts.keep.{number + 1}")
            button.clicked.connect(lambda: keep(version))
            card.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)
            self.buttons.append(button)
        return card

    @staticmethod
    def _add_fields(card: Card, item: ConflictItem, version: VersionRow) -> None:
        short = [name for name in item.fields if name not in PROSE and name in version.values]
        if short:
            facts = FactList()
            facts.show_facts(
                [
                    Fact(name, value_words(item, name, version.values), field_name(name))
                    for name in short
                ]
            )
            card.add(facts)
        others = [each for each in item.versions if each is not version]
        other = others[0] if others else version
        for name in item.fields:
            if name in PROSE and name in version.values:
                title = field_name(name)
                card.add(Label(title, "caption", "muted"))
                text = str(version.values[name] or "")
                card.add(DiffText(title, text or _("nothing"), str(other.values.get(name) or "")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other where there is room."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs wider cards."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_cards"):
            self._fit()

    def _fit(self) -> None:
        room = max(self.width() // look().px(_WIDTH), 1)
        columns = min(len(self._cards), room)
        if columns == self._columns:
            return
        self._columns = columns
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(len(self._cards)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
