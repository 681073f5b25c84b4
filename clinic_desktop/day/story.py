"""The day itself: one patient from the telephone to the receipt, by the keys a person presses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from clinic_desktop.app import Session
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import pgettext
from clinic_desktop.services.sample.script import SAMPLE_PASSWORD, Script
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.player import CTRL, Player, StuckError
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.widgets.suggestions import Suggestions

_KEY = Qt.Key
_SETTLE_MS = 220
_PERSON = ("family", "given", "middle", "birth", "phone")
"""What the registration asks and the script of the language tells."""


@dataclass
class Step:
    """One thing that was done, with the keys it took beside typed content."""

    name: str
    acts: int


@dataclass
class Day:
    """Plays the day and keeps a picture of every step."""

    session: Session
    out: Path
    plan: Script
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.player = Player(self.session.window)
        self.told = self.plan.day
        self.person = {f"patient.{name}": self.told.get(name, "") for name in _PERSON}

    def play(self) -> list[Step]:
        """From the lock screen to the lock screen.

        Raises:
            StuckError: a step did not lead where it should.
        """
        for name, step in (
            ("unlock", self._unlock), ("register", self._register), ("book", self._book),
            ("check-in", self._check_in), ("start-visit", self._start_visit),
            ("note", self._write_note), ("vitals", self._measure), ("diagnosis", self._diagnose),
            ("prescribe", self._prescribe), ("sign", self._sign), ("pay", self._pay),
            ("invoice", self._print_invoice), ("chart", self._look_at_chart), ("close", self._lock),
        ):  # fmt: skip
            self._do(name, step)
        return self.steps

    def _do(self, name: str, step: Callable[[], None]) -> None:
        before = self.player.acts
        step()
        self._settle()
        self.steps.append(Step(name, self.player.acts - before))
        self.player.picture(self.out / f"{len(self.steps):02d}-{name}.png")

    # ------------------------------------------------------------ small help

    @property
    def _context(self) -> Context:
        if self.session.context is None:
            raise StuckError("nobody is signed in")
        return self.session.context

    def _settle(self) -> None:
        """Until everything asked for has come, nothing is on its way, and nothing slides."""
        context = self.session.context
        if context is not None:
            self.player.until(lambda: context.tasks.is_idle, "the record")
        self.player.pause(_SETTLE_MS)

    def _click(self, name: str) -> QWidget:
        widget = self.player.find(name)
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        return widget

    def _fill(self, *texts: str) -> None:
        """Type into this field and the next ones, with Tab between."""
        for place, text in enumerate(texts):
            if place:
                self.player.press(_KEY.Key_Tab)
            self.player.type(text)

    def _pick(self, text: str) -> None:
        """Type, and take the first line of the list that opens."""
        self.player.type(text)
        self.player.until(self._is_suggesting, f"suggestions for “{text}”")
        self.player.press(_KEY.Key_Return)

    def _is_suggesting(self) -> bool:
        lists = self.session.window.findChildren(Suggestions)
        return any(each.isVisible() and each.current() is not None for each in lists)

    def _is_found(self) -> bool:
        palette = self.session.desk.top.palette_list if self.session.desk else None
        line = palette.current() if palette is not None and palette.isVisible() else None
        return line is not None and line.row is not None

    # ------------------------------------------------------------ the steps

    def _unlock(self) -> None:
        player = self.player
        player.until(lambda: player.focus.objectName() == "lock.password", "the lock screen")
        player.type(SAMPLE_PASSWORD)
        player.press(_KEY.Key_Return)
        player.until(lambda: player.sees("today.table"), "the board")

    def _register(self) -> None:
        player = self.player
        player.press(_KEY.Key_N, CTRL)
        player.until(lambda: player.focus.objectName() in self.person, "the form")
        # Which name comes first is the country's custom; the last field is the phone.
        place = ""
        while place != "patient.phone":
            place = player.focus.objectName()
            if place in self.person:
                player.type(self.person[place])
            elif not place:  # the choice of the sex has no name of its own
                player.type(pgettext("sex, one letter", "F"))
            if place != "patient.phone":
                player.press(_KEY.Key_Tab)
        self._settle()
        player.picture(self.out / "form-register.png")
        player.press(_KEY.Key_Return, CTRL)
        player.until(lambda: not player.sees("patient.register-form"), "the new chart")

    def _book(self) -> None:
        player = self.player
        player.press(_KEY.Key_B, CTRL)
        player.until(lambda: player.sees("appointment.book-form"), "the form")
        self._settle()
        self._pick(self.told["family"].lower())
        self._settle()
        local = self._context.language.local(self._context.clock.now())
        kind = self.plan.data["types"][0]["shortcut"]
        player.type(f"{self.told['today']} {local.hour}:{local.minute + 5:02d} {kind}")
        self._settle()
        player.press(_KEY.Key_Return)
        self._settle()
        if player.focus.objectName() == "appointment.overlap-reason":
            player.type(self.told["overlap"])
        player.picture(self.out / "form-book.png")
        player.press(_KEY.Key_Return, CTRL | Qt.KeyboardModifier.ShiftModifier)  # with the slip
        player.until(lambda: not player.sees("appointment.book-form"), "the appointment")

    def _check_in(self) -> None:
        self._choose_row()
        self.player.press(_KEY.Key_A)

    def _choose_row(self) -> None:
        """Down the board to the person."""
        board = self.session.desk.shown if self.session.desk else None
        if not isinstance(board, TodayView):
            raise StuckError("the board is not shown")
        self._click("today.table")
        self.player.press(_KEY.Key_Home, CTRL)
        for _row in range(board.table.model_.rowCount()):
            row = board.table.model_.row_at(board.table.currentIndex().row())
            person = getattr(getattr(row, "appointment", None), "person", None)
            if person is not None and person.name.family == self.told["family"]:
                return
            self.player.press(_KEY.Key_Down)
        raise StuckError(f"{self.told['family']} is not on the board")

    def _start_visit(self) -> None:
        self.player.press(_KEY.Key_V)
        self.player.until(lambda: self.player.focus.objectName() == "note.subjective", "the note")

    def _write_note(self) -> None:
        """The template of the appointment's type is there; Tab goes from blank to blank."""
        player, words = self.player, iter(self.told["blanks"])
        player.press(_KEY.Key_Home, CTRL)
        player.press(_KEY.Key_Tab)
        while player.focus.objectName().startswith("note."):
            if "⟦" in self._selected():
                player.type(next(words, "—"))
            player.press(_KEY.Key_Tab)

    def _selected(self) -> str:
        focus = self.player.focus
        if isinstance(focus, QTextEdit | QPlainTextEdit):
            return focus.textCursor().selectedText()
        return ""

    def _measure(self) -> None:
        self._click("vital.bp")
        self._fill("124/78", "76", "37.9", "98")
        self.player.press(_KEY.Key_Tab)

    def _diagnose(self) -> None:
        self._click("diagnosis.search")
        self._pick("J06.9")

    def _prescribe(self) -> None:
        player = self.player
        self._click("prescribe.product")
        self._pick(self.plan.data["favourites"]["medicines"][0][0])
        self._settle()
        player.press(_KEY.Key_Return)
        player.until(lambda: player.sees("prescribe.issue"), "the line")
        self._settle()
        player.picture(self.out / "prescription-line.png")
        self._click("prescribe.issue")
        player.press(_KEY.Key_Space)
        player.until(lambda: not player.sees("prescribe.issue"), "the prescription")

    def _sign(self) -> None:
        player = self.player
        self._click("note.subjective")
        player.press(_KEY.Key_Return, CTRL)
        self._settle()
        if player.sees("visit.sign"):  # blanks are left: the window asks once, then signs
            player.press(_KEY.Key_Return, CTRL)
        player.until(lambda: not player.sees("visit.sign"), "the signature")

    def _pay(self) -> None:
        player = self.player
        player.press(_KEY.Key_1, CTRL)
        player.until(lambda: player.sees("today.table"), "the board")
        self._settle()
        self._choose_row()
        player.press(_KEY.Key_B)
        player.until(lambda: player.focus.objectName() == "checkout.take", "the checkout")
        self._settle()
        player.picture(self.out / "form-checkout.png")
        player.press(_KEY.Key_Return)
        player.until(lambda: player.sees("document"), "the invoice")

    def _print_invoice(self) -> None:
        self.player.press(_KEY.Key_P, CTRL)

    def _look_at_chart(self) -> None:
        player = self.player
        player.press(_KEY.Key_K, CTRL)
        player.type(self.told["family"].lower())
        player.until(self._is_found, "the person in the palette")
        player.press(_KEY.Key_Return)
        player.until(lambda: player.sees("chart"), "the chart")

    def _lock(self) -> None:
        self.player.press(_KEY.Key_L, CTRL | Qt.KeyboardModifier.AltModifier)
        self.player.until(lambda: self.player.sees("lock.password"), "the lock screen")


def play(session: Session, out: Path, plan: Script) -> list[Step]:
    """Play the day of a sample clinic; ``out`` gets the pictures.

    Raises:
        ClinicError: a step did not lead where it should; the last picture shows where.
    """
    day = Day(session, out, plan)
    try:
        return day.play()
    except StuckError as error:
        day.player.picture(out / "stuck.png")
        raise ClinicError(str(error), place=str(out / "stuck.png")) from error
