"""Beside the sheet: who waits, what is on the clipboard, how full the day is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling.grid import GridColumn
from clinic_desktop.services.scheduling.openings import DayPart
from clinic_desktop.services.scheduling.waitlist import URGENT, WaitlistRow
from clinic_desktop.ui.calendar.calendar_vm import CalendarState, Mode
from clinic_desktop.ui.calendar.sheet import clock_words
from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.scheduling.entry_button import EntryButton
from clinic_desktop.ui.scheduling.words import from_to, listed, name_of, short_day
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.cells import paint_number
from clinic_desktop.ui.widgets.label import Label

_MOST = 8


def preference_words(row: WaitlistRow) -> str:
    """When and with whom somebody would like to come."""
    part = {
        URGENT: _("urgent"),
        DayPart.MORNING: _("mornings"),
        DayPart.AFTERNOON: _("afternoons"),
        DayPart.EVENING: _("evenings"),
    }.get(row.preference, _("any time"))
    day = current().date
    until = _("until {date}").format(date=isolate(day(row.to_on))) if row.to_on else ""
    return " · ".join(filter(None, (part, until, row.practitioner, row.type_name, row.note)))


class WaitingEntry(EntryButton):
    """One who waits; Delete takes the person off the list."""

    removed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses, Delete removes."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class WaitingCard(Card):
    """The wait list: ``chosen(entry)`` books, ``removed(entry)``, ``added`` to add somebody."""

    chosen = Signal(object)
    removed = Signal(object)
    added = Signal()
    offered = Signal()

    def __init__(self) -> None:
        super().__init__(_("Waiting list"))
        self._count = Label("", "strong", "accent")
        self.header.add_action(self._count)
        self._rows: tuple[WaitlistRow, ...] | None = None
        self._entries: list[WaitingEntry] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._nobody = Label(_("Nobody is waiting for a time."), tone="muted", wrap=True)
        self.offer = Button("")
        self.offer.clicked.connect(self.offered)
        add = Button(_("Add somebody"), "ghost")
        add.clicked.connect(self.added)
        self.body.addLayout(self._list)
        for widget in (self._nobody, self.offer, add):
            self.body.addWidget(widget)

    def show_state(self, state: CalendarState) -> None:
        """Show who waits, and whom the slot would suit."""
        if state.waiting != self._rows:
            self._show_rows(state.waiting)
        self.offer.setVisible(state.offer is not None)
        if state.offer is not None:
            name = isolate(listed(state.offer.entry.person))
            when = clock_words(state.offer.start_min)
            self.offer.set_text(_("Offer {time} to {name}").format(time=when, name=name))

    def _show_rows(self, rows: tuple[WaitlistRow, ...]) -> None:
        self._rows = rows
        for old in self._entries:
            old.hide()
            old.deleteLater()
        self._entries = []
        self._count.setText(current().number(len(rows)) if rows else "")
        self._nobody.setVisible(not rows)
        for row in rows[:_MOST]:
            tone = Tone.DANGER if row.is_urgent else None
            entry = WaitingEntry(listed(row.person), preference_words(row), tone)
            entry.clicked.connect(lambda _on=False, row=row: self.chosen.emit(row))
            entry.removed.connect(lambda row=row: self.removed.emit(row))
            self._list.addWidget(entry)
            self._entries.append(entry)


class ClipboardCard(Card):
    """An appointment taken up to be put down elsewhere."""

    cleared = Signal()
    put = Signal()

    def __init__(self) -> None:
        super().__init__(_("Clipboard"))
        self._text = Label("", "strong", wrap=True)
        self._sub = Label("", "caption", "muted", wrap=True)
        self._put = Button(_("Put into the marked slot"), shortcut="Ctrl+V")
        self._put.setShortcut("")  # the sheet hears the key itself
        self._put.clicked.connect(self.put)
        clear = Button(_("Let go"), "ghost")
        clear.clicked.connect(self.cleared)
        for widget in (self._text, self._sub, self._put, clear):
            self.body.addWidget(widget)
        self.hide()

    def show_state(self, state: CalendarState) -> None:
        """Show what is held, and whether it will be moved or copied."""
        row = state.clipboard
        self.setVisible(row is not None)
        if row is None:
            return
        self._text.setText(name_of(row))
        day = short_day(current().local(row.start_at).date())
        what = _("copy of {when}") if state.clipboard_copies else _("now {when}")
        self._sub.setText(what.format(when=f"{day} {from_to(row)}"))


class LoadCard(Card):
    """How full each doctor or room is."""

    def __init__(self) -> None:
        super().__init__(_("Load"))
        self._bars: list[LoadBar] = []

    def show_state(self, state: CalendarState) -> None:
        """Show the columns of a day."""
        columns = state.grid.columns if state.grid is not None else ()
        shown = [each for each in columns if each.title and not each.is_closed]
        self.setVisible(state.mode is Mode.DAY and bool(shown))
        self.header.set_title(_("Load on {day}").format(day=short_day(state.day)))
        while len(self._bars) < len(shown):
            self._bars.append(LoadBar())
            self.body.addWidget(self._bars[-1])
        for place, bar in enumerate(self._bars):
            bar.setVisible(place < len(shown))
            if place < len(shown):
                bar.show_column(shown[place])


class LoadBar(QWidget):
    """A name, a bar and a percentage."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._percent = "", 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_column(self, column: GridColumn) -> None:
        """Show how full one column is."""
        self._title, self._percent = column.title, column.load
        self.setAccessibleName(f"{column.title}: {self._words()}")
        self.setToolTip(self.accessibleName())
        self.update()

    def _words(self) -> str:
        return _("{percent} %").format(percent=current().number(self._percent))

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(look().px(120), look().metrics().height() + SPACE_2)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The name, the bar, the figure."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now, rtl = look(), self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        metrics = now.metrics()
        figures = metrics.horizontalAdvance("100 %") + SPACE_2
        name = self.width() // 2
        bar = max(self.width() - name - figures - 2 * SPACE_2, 0)
        rects = [QRect(0, 0, name, self.height()),
                 QRect(name + SPACE_2, self.height() // 2 - 4, bar, 8),
                 QRect(self.width() - figures, 0, figures, self.height())]  # fmt: skip
        if rtl:
            for rect in rects:
                rect.moveLeft(self.width() - rect.right() - 1)
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = int(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(now.color("text2"))
        painter.setFont(now.font())
        words = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, name)
        painter.drawText(rects[0], flags, words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("sunken"))
        painter.drawRoundedRect(rects[1], 4, 4)
        full = QRect(rects[1])
        full.setWidth(min(bar * self._percent // 100, bar))
        if rtl:
            full.moveRight(rects[1].right())
        painter.setBrush(now.color("accent"))
        painter.drawRoundedRect(full, 4, 4)
        paint_number(painter, rects[2], Cell(self._words()))
        painter.end()


class SidePanel(QWidget):
    """The cards. Dropping a tile on one of the first two takes the appointment there."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting, self.clipboard, self.load = WaitingCard(), ClipboardCard(), LoadCard()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        for card in (self.waiting, self.clipboard, self.load):
            column.addWidget(card)
        column.addStretch(1)

    def show_state(self, state: CalendarState) -> None:
        """Show the newest state."""
        for card in (self.waiting, self.clipboard, self.load):
            card.show_state(state)
