"""The front-desk board: who comes, who waits, what is next — one key a step."""

from __future__ import annotations

import uuid
from functools import partial

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.i18n import _, current, ngettext
from clinic_desktop.services.scheduling.board import BoardRow
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.scheduling.steps import Step, Steps
from clinic_desktop.ui.scheduling.words import long_day, minutes, people
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.today.attention import AttentionCard, Item, needs_attention
from clinic_desktop.ui.today.inspector import Inspector
from clinic_desktop.ui.today.today_model import BoardCells
from clinic_desktop.ui.today.today_vm import Tab, TodayState, TodayVM
from clinic_desktop.ui.today.unfinished import UnfinishedCard
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class TodayView(Screen):
    """The board of the day."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("today")
        self.setProperty("role", "page")
        self.vm = TodayVM(context, self)
        self.steps = Steps(context, self)
        self._cells = BoardCells(self.vm.state.now, self.vm.state.day)
        self._wanted: uuid.UUID | None = None
        """An appointment to go to as soon as it is on the list."""
        self._rows: tuple[BoardRow, ...] = ()
        self._build()
        self.vm.changed.connect(self._render)
        self.vm.ticked.connect(lambda _now: self._tick())
        self.vm.card_changed.connect(self.inspector.show_card)
        self._render(self.vm.state)
        self.table.set_loading(True)

    # ------------------------------------------------------------ construction

    def _build(self) -> None:
        # From the outside in: a finished part that gets a new parent is dressed all over again.
        self.header = SectionHeader("", " ", role="page", parent=self)
        walk_in = Button(_("Walk-in"), icon=Icon.WALK_IN, parent=self.header)
        walk_in.setObjectName("appointment.walk-in")
        walk_in.setToolTip(_("Walk-in (F2)"))
        walk_in.clicked.connect(lambda: self.context.navigator.open(to.WalkIn()))
        book = Button(_("Book appointment"), "primary", Icon.BOOK, parent=self.header)
        book.setObjectName("appointment.book")
        book.setToolTip(_("Book appointment (Ctrl+B)"))
        book.clicked.connect(lambda: self.context.navigator.open(to.BookAppointment()))
        if to.may_open(self.context.actor, to.BookAppointment):
            self.header.add_action(walk_in)
            self.header.add_action(book)
        else:
            walk_in.hide()
            book.hide()
        options = [Option(tab, title) for tab, title in _tab_titles().items()]
        self.tabs = SegmentedControl(options, _("Part of the board"), Tab.ALL, parent=self)
        self.tabs.changed.connect(self.vm.show_tab)
        row = QHBoxLayout()
        row.addWidget(self.tabs)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addLayout(row)
        column.addWidget(self._panes(), 1)

    def _panes(self) -> QWidget:
        panes = SplitInspector(shares=(14, 5), parent=self)
        sheet = Card(flush=True, parent=panes.splitter)
        self._build_table(sheet)
        sheet.body.addWidget(self.table, 1)
        side = ScrollPage(panes.splitter)
        side.column.setContentsMargins(0, 0, 0, 0)
        self.inspector = Inspector(self.context, self.steps, side.content)
        self.inspector.chart_wanted.connect(self._open_chart)
        self.unfinished = UnfinishedCard(self.context)
        self.attention = AttentionCard()
        self.attention.chosen.connect(self._choose)
        for card in (self.inspector, self.unfinished, self.attention):
            side.column.addWidget(card)
        side.column.addStretch(1)
        panes.hold(sheet, side)
        return panes

    def _build_table(self, sheet: Card) -> None:
        columns = self._cells.columns()
        self.table = DataTable(columns, _("Appointments"), tall=True, parent=sheet)
        self.table.setObjectName("today.table")
        self.table.model_.sort_wanted.connect(self.vm.sort)
        self.table.current_changed.connect(self._on_current)
        self.table.opened.connect(lambda _key: self._open_chart())
        self.table.retry_wanted.connect(self.vm.load)
        self.table.empty_acted.connect(self._on_empty)
        for step in self.steps.all():
            self.table.letters.bind(step.letter, step.title, partial(self._take, step))

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """Come here: read anew, the list takes the keys."""
        if isinstance(destination, to.Today) and destination.appointment_id is not None:
            self._wanted = destination.appointment_id
            self._show_all()
        self.vm.load()
        self.table.setFocus()
        self.unfinished.load(focus=isinstance(destination, to.Today) and destination.unfinished)

    def screen_actions(self) -> tuple[Action, ...]:
        """The steps of the selected appointment."""
        chart = Action(
            "chart.open", _("Open chart"), self._open_chart, "", Icon.PATIENT, _("Appointment")
        )
        unfinished = Action(
            "today.unfinished", _("Go to what is not finished"),
            lambda: self.unfinished.load(focus=True), "Ctrl+U", Icon.EDIT, _("Today"),
            _("drafts unsaved texts"),
        )  # fmt: skip
        return (*self.steps.actions(self._current), chart, unfinished)

    def primary(self) -> None:
        """Ctrl+Enter takes the next logical step."""
        row = self._current()
        step = self.steps.next_for(row) if row is not None else None
        if row is not None and step is not None:
            step.run(row)

    def showEvent(self, event: QShowEvent) -> None:
        """Waiting times run while one looks."""
        super().showEvent(event)
        self.vm.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: no timer."""
        super().hideEvent(event)
        self.vm.watch(False)

    # ------------------------------------------------------------ rendering

    def _render(self, state: TodayState) -> None:
        self._cells.now, self._cells.today = state.now, state.day
        if state.shown is not None:
            self._cells.alarm_min = state.shown.wait_alarm_min
        self._render_header(state)
        counts = state.counts()
        for button, (tab, title) in zip(self.tabs.buttons(), _tab_titles().items(), strict=True):
            count = counts[tab]
            shown = "" if count is None else f"  {current().number(count)}"
            button.set_text(f"{title}{shown}")
        self.table.set_error(state.error)
        if state.shown is None:
            return
        self.table.set_loading(False)
        self._set_empty(state)
        first = self.table.model_.rowCount() == 0
        self._show_rows(state)
        if first and self.table.model_.rowCount():
            self.table.select_id(self._first(state))
        if self._wanted is not None and self.table.model_.place_of(self._wanted) >= 0:
            self.table.select_id(self._wanted)
            self._wanted = None
        self._on_current(self.table.current_id())
        self._render_attention()

    def _show_rows(self, state: TodayState) -> None:
        rows = state.rows()
        if rows and rows == self._rows:  # to compare them is quicker than to word them all again
            self._show_waits(state)
        else:
            self._rows = rows
            self.table.model_.set_rows({row.id: row for row in rows})

    def _show_waits(self, state: TodayState) -> None:
        waiting = (row for row in state.rows() if row.appointment.waited(state.now) is not None)
        self.table.model_.put_rows({row.id: row for row in waiting})

    def _first(self, state: TodayState) -> uuid.UUID:
        """Where a receptionist begins: who has waited longest, else who comes next."""
        rows = state.rows()
        waiting = [row for row in rows if row.appointment.status == AppointmentStatus.ARRIVED]
        if waiting:
            return max(waiting, key=lambda row: row.appointment.waited(state.now) or 0).id
        coming = (row for row in rows if row.appointment.end_at > state.now)
        return next(coming, rows[0]).id

    def _render_header(self, state: TodayState) -> None:
        board, facts = state.board, ""
        if board is not None:
            waiting = state.counts()[Tab.WAITING] or 0
            words = [people(board.count())]
            words.append(
                ngettext("{n} waiting", "{n} waiting", waiting).format(n=current().number(waiting))
            )
            longest = board.longest_wait(state.now)
            if longest is not None:
                words.append(_("longest wait {time}").format(time=minutes(longest)))
            facts = " · ".join(words)
        self.header.set_title(long_day(state.day), facts or " ")

    def _render_attention(self) -> None:
        board = self.vm.state.board
        items = needs_attention(board, self._cells, self.vm.state.now) if board else []
        self.attention.show_items(items)

    def _tick(self) -> None:
        state = self.vm.state
        self._cells.now = state.now
        self._render_header(state)
        self._show_waits(state)
        self._render_attention()

    def _set_empty(self, state: TodayState) -> None:
        sentences = {
            Tab.ALL: _("Nobody is booked today"),
            Tab.WAITING: _("Nobody is waiting"),
            Tab.IN_ROOM: _("Nobody is in a room"),
            Tab.TO_BILL: _("Nothing to bill"),
            Tab.TOMORROW: _("Nobody is booked tomorrow"),
        }
        books = state.tab in {Tab.ALL, Tab.TOMORROW}
        self.table.set_empty(
            Icon.CALENDAR if books else Icon.OK,
            sentences[state.tab],
            _("Book somebody, or take a walk-in.") if books else "",
            _("Book appointment") if books else _("Show everybody"),
        )

    # ------------------------------------------------------------ what a person does

    def _current(self) -> AppointmentRow | None:
        row = self.vm.row(self.table.current_id())
        return row.appointment if row is not None else None

    def _on_current(self, key: object) -> None:
        row = self.vm.row(key)
        booked = row.appointment if row is not None else None
        self.inspector.show_row(booked)
        self.vm.select(booked.person.patient_id if booked and booked.person else None)

    def _take(self, step: Step) -> None:
        row = self._current()
        if row is not None:
            step.run(row)

    def _open_chart(self) -> None:
        row = self._current()
        if row is not None:
            self.steps.open_chart(row)

    def _choose(self, item: Item) -> None:
        if item.question_id is not None:
            self.context.navigator.open(to.Conflicts(conflict_id=item.question_id))
            return
        key = item.appointment_id
        if self.table.model_.place_of(key) < 0:
            self._show_all()
        self.table.select_id(key)
        self.table.setFocus()

    def _on_empty(self) -> None:
        if self.vm.state.tab in {Tab.ALL, Tab.TOMORROW}:
            self.context.navigator.open(to.BookAppointment())
        else:
            self._show_all()

    def _show_all(self) -> None:
        self.tabs.set_value(Tab.ALL)
        self.vm.show_tab(Tab.ALL)


def _tab_titles() -> dict[Tab, str]:
    return {
        Tab.ALL: _("Today"),
        Tab.WAITING: _("Waiting"),
        Tab.IN_ROOM: _("In room"),
        Tab.TO_BILL: _("To bill"),
        Tab.TOMORROW: _("Tomorrow"),
    }
