"""What cannot wait: shown only while there is something."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Signal

from clinic_desktop.i18n import _, current
from clinic_desktop.services.scheduling.board import BoardData, BoardRow
from clinic_desktop.ui.core.dispute_words import mark_words
from clinic_desktop.ui.scheduling.entry_button import EntryButton
from clinic_desktop.ui.scheduling.words import clock, minutes, name_of
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.today.today_model import BoardCells
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.label import Label

_MOST = 6


@dataclass(frozen=True)
class Item:
    """One thing to look at, and the row it is about."""

    appointment_id: uuid.UUID
    text: str
    sub: str
    tone: Tone
    question_id: uuid.UUID | None = None
    """What is to be decided; the line leads there."""


def needs_attention(board: BoardData, cells: BoardCells, now: datetime) -> list[Item]:
    """Long waits, what is to be decided, bookings over each other, allergies nobody asked about."""
    found = [
        Item(
            row.id,
            name_of(row.appointment),
            _("has waited {time}").format(time=minutes(row.appointment.waited(now) or 0)),
            Tone.DANGER,
        )
        for row in board.rows
        if cells.is_late(row)
    ]
    found += [
        Item(row.id, name_of(row.appointment), mark_words(), Tone.WARN, row.appointment.question_id)
        for row in board.rows
        if row.appointment.question_id is not None
    ]
    found += [_doubled(row) for row in board.rows if row.doubled]
    found += [
        Item(row.id, name_of(row.appointment), _("Allergies not asked"), Tone.WARN)
        for row in board.rows
        if row.appointment.status.is_present
        and row.appointment.person is not None
        and not row.appointment.person.allergies_asked
    ]
    return found


def _doubled(row: BoardRow) -> Item:
    booked = row.appointment
    when = _("Two bookings at {time}").format(time=clock(booked.start_at))
    whose = " · ".join(filter(None, (name_of(booked), booked.practitioner)))
    return Item(row.id, when, whose, Tone.WARN)


class AttentionCard(Card):
    """``chosen(item)`` when a line is pressed."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__(_("Needs attention"))
        self._count = Label("", "strong", "accent")
        self.header.add_action(self._count)
        self._items: list[Item] = []
        self._lines: list[EntryButton] = []
        self.hide()

    def show_items(self, items: list[Item]) -> None:
        """Show these, the first ones in full; the card goes when there are none."""
        self.setVisible(bool(items))
        if items == self._items:
            return
        self._items = items
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines = []
        self._count.setText(current().number(len(items)))
        for item in items[:_MOST]:
            line = EntryButton(item.text, item.sub, item.tone)
            line.clicked.connect(lambda _on=False, item=item: self.chosen.emit(item))
            self.body.addWidget(line)
            self._lines.append(line)
