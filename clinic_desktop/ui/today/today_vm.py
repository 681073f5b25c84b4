"""State of the board: the day, the tab, the order; loads it and keeps it fresh."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import ClinicError
from clinic_desktop.services.scheduling.board import BoardData, BoardRow, DeskCard, desk_card
from clinic_desktop.services.scheduling.board import today_board as read_board
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.words import name_of

S = AppointmentStatus
TICK_MS = 15_000
"""How often waiting times are counted anew."""
_TABLES = ("appointment", "patient", "practitioner", "location", "appointment_type", "setting")
_CARD_TABLES = ("patient", "allergy_intolerance", "coverage", "consent", "invoice", "payment",
                "contact_point", "patient_alert", "encounter")  # fmt: skip


class Tab(StrEnum):
    """Which part of the board is shown."""

    ALL = "all"
    WAITING = "waiting"
    IN_ROOM = "in-room"
    TO_BILL = "to-bill"
    TOMORROW = "tomorrow"


_STATUS_OF = {Tab.WAITING: S.ARRIVED, Tab.IN_ROOM: S.IN_ROOM, Tab.TO_BILL: S.TO_BILL}


@dataclass(frozen=True)
class TodayState:
    """What the board shows."""

    day: date
    now: datetime
    board: BoardData | None = None
    tomorrow: BoardData | None = None
    tab: Tab = Tab.ALL
    order: str = "time"
    descending: bool = False
    error: str = ""

    @property
    def shown(self) -> BoardData | None:
        """The board behind the tab."""
        return self.tomorrow if self.tab is Tab.TOMORROW else self.board

    def rows(self) -> tuple[BoardRow, ...]:
        """The rows of the tab in their order."""
        if self.shown is None:
            return ()
        wanted = _STATUS_OF.get(self.tab)
        found = [row for row in self.shown.rows if wanted in {None, row.appointment.status}]
        return tuple(sorted(found, key=_KEYS[self.order](self.now), reverse=self.descending))

    def counts(self) -> dict[Tab, int | None]:
        """How many rows each tab has; ``None`` while that is not known."""
        if self.board is None:
            return dict.fromkeys(Tab)
        found: dict[Tab, int | None] = {
            tab: self.board.count(status) for tab, status in _STATUS_OF.items()
        }
        return {Tab.ALL: self.board.count(), **found, Tab.TOMORROW: self.board.tomorrow}


_STATUSES = list(AppointmentStatus)


def _status_place(row: BoardRow) -> int:
    status = row.appointment.status
    return _STATUSES.index(status) if status in _STATUSES else len(_STATUSES)


def _by_time(_now: datetime) -> Callable[[BoardRow], Any]:
    return lambda row: (row.appointment.start_at, row.id)


_KEYS: dict[str, Callable[[datetime], Callable[[BoardRow], Any]]] = {
    "time": _by_time,
    "patient": lambda _now: lambda row: (name_of(row.appointment).casefold(), row.id),
    "reason": lambda _now: lambda row: (row.appointment.about.casefold(), row.id),
    "doctor": lambda _now: lambda row: (row.appointment.practitioner, row.appointment.start_at),
    "status": lambda _now: lambda row: (_status_place(row), row.appointment.start_at),
    "wait": lambda now: lambda row: (row.appointment.waited(now) or -1, row.appointment.start_at),
}


class TodayVM(QObject):
    """``changed(state)`` when rows, tab or order change, ``ticked(now)`` when only time went on."""

    changed = Signal(object)
    ticked = Signal(object)
    card_changed = Signal(object)
    """The ``DeskCard`` of the selected patient, or ``None``."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        now = context.clock.now()
        self.state = TodayState(context.language.local(now).date(), now)
        self._patient: uuid.UUID | None = None
        context.tasks.committed.connect(self._on_committed)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)

    def watch(self, on: bool) -> None:
        """Count waiting times while the board is in sight."""
        if on:
            self._timer.start()
            self.tick()
        else:
            self._timer.stop()

    def load(self) -> None:
        """Read the board of today, and of tomorrow where it is looked at."""
        today = self._context.language.local(self._context.clock.now()).date()
        self._context.tasks.read(
            self, read_board, today, done=self._show_today, failed=self._failed
        )
        if self.state.tab is Tab.TOMORROW:
            self._context.tasks.read(
                self, read_board, today + timedelta(days=1), done=self._show_tomorrow
            )

    def tick(self) -> None:
        """Time has passed: count again; after midnight another day is shown."""
        now = self._context.clock.now()
        if self._context.language.local(now).date() != self.state.day:
            self.load()
            return
        self.state = replace(self.state, now=now)
        self.ticked.emit(now)

    def show_tab(self, tab: Tab) -> None:
        """Show another part of the board."""
        self._set(tab=tab)
        if tab is Tab.TOMORROW:
            self.load()

    def sort(self, order: str, descending: bool) -> None:
        """Put the rows in another order."""
        self._set(order=order, descending=descending)

    def row(self, appointment_id: object) -> BoardRow | None:
        """The row of an appointment, if it is on the board."""
        shown = self.state.shown
        return (
            next((row for row in shown.rows if row.id == appointment_id), None) if shown else None
        )

    def select(self, patient_id: uuid.UUID | None) -> None:
        """Fetch the card of the person under the selection."""
        if patient_id == self._patient:
            return
        self._patient = patient_id
        self._load_card()

    def _load_card(self) -> None:
        wanted = self._patient
        if wanted is None or not to.may_open(self._context.actor, to.Chart):
            self.card_changed.emit(None)
            return

        def show(card: DeskCard) -> None:
            if self._patient == wanted:
                self.card_changed.emit(card)

        def fail(error: ClinicError) -> None:
            if self._patient == wanted:
                self.card_changed.emit(None)  # nobody's allergies beside another one's name
                self._context.tasks.failed.emit(error)

        self._context.tasks.read(self, desk_card, wanted, done=show, failed=fail)

    def _show_today(self, board: BoardData) -> None:
        self._set(board=board, day=board.day, now=self._context.clock.now(), error="")

    def _show_tomorrow(self, board: BoardData) -> None:
        self._set(tomorrow=board)

    def _failed(self, error: ClinicError) -> None:
        self._set(error=str(error))

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self.changed.emit(self.state)

    @property
    def _is_asked(self) -> bool:
        rows = self.state.board.rows if self.state.board else ()
        return any(row.appointment.question_id for row in rows)

    def _on_committed(self, changes: Changes) -> None:
        # Questions come with what other PCs wrote; where one is asked, any write may answer it.
        asked = changes.origin == "sync" or self._is_asked
        if self.state.board is not None and (asked or changes.touches(*_TABLES)):
            self.load()
        if self._patient is not None and changes.touches(*_CARD_TABLES):
            self._load_card()
