"""The lines that only read: palette, chart, board."""

from __future__ import annotations

import itertools
import random
import uuid
from typing import TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from bench.desk import OpenDesk
from bench.timing import Line, Spent, Timed, interleave, timed
from bench.tracing import distinct, replay, traced_reads
from clinic_desktop.db.engine import connect
from clinic_desktop.domain.folding import fts_query
from clinic_desktop.services import chart, patients
from clinic_desktop.services.patients.banner import banner
from clinic_desktop.services.scheduling.board import today_board
from clinic_desktop.ui.chart.chart_view import ChartView
from clinic_desktop.ui.chart.summary_section import SummarySection
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Screen
from clinic_desktop.ui.today.today_view import TodayView

AnyScreen = TypeVar("AnyScreen", bound=Screen)

_FTS = (
    "SELECT patient_id FROM patient_search WHERE rowid IN"
    " (SELECT rowid FROM patient_fts WHERE patient_fts MATCH ? ORDER BY rowid DESC LIMIT 7)"
)


def typed_words(desk: OpenDesk, count: int) -> list[str]:
    """Beginnings of four to six letters of names that are in the clinic."""
    rows = desk.clinic.store.read(
        desk.clinic.actor,
        lambda reads: reads.cursor.execute("SELECT DISTINCT family FROM patient").fetchall(),
    ).result()
    names = sorted(row[0] for row in rows if row[0].isalpha() and len(row[0]) >= 5)
    pick = random.Random(11)
    return [name[: pick.choice((4, 5, 6))].lower() for name in pick.choices(names, k=count)]


def _open_lately(desk: OpenDesk, count: int = 12) -> None:
    """Leave the looks behind that a person at work has left, who search with them in mind."""
    clinic, pick = desk.clinic, random.Random(12)
    rows = clinic.store.read(
        clinic.actor, lambda reads: reads.cursor.execute("SELECT id FROM patient").fetchall()
    ).result()
    for known in pick.sample(rows, count):
        clinic.store.write(clinic.actor, patients.look, uuid.UUID(bytes=known[0])).result()


def _press(field: QWidget, letter: str) -> None:
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter)
        QApplication.sendEvent(field, event)


def palette(desk: OpenDesk, repeats: int) -> list[Line]:
    """From a key to the rows on the screen; and the part of it below the window."""
    store, actor = desk.clinic.store, desk.clinic.actor
    words = typed_words(desk, repeats * 3 + 9)
    _open_lately(desk)
    bare = connect(store.path, desk.clinic.keys.key)
    today = store.read(actor, lambda reads: reads.today).result()

    def floor_of(feed: itertools.cycle[str]) -> Timed:
        def ask() -> Spent:
            match = fts_query(next(feed), today=today)
            return timed(lambda: bare.execute(_FTS, (match,)).fetchall())()

        return ask

    field = desk.desk.top.field
    shown = desk.desk.top.palette_list
    assert shown is not None
    mine = itertools.cycle(words)

    def press() -> Spent:
        word = next(mine)
        field.edit.setFocus()
        field.edit.setText(word[:-1])
        shown.vm.ask(word[:-1])
        desk.settle()
        spent = desk.until_painted(
            lambda: _press(field.edit, word[-1]),
            lambda: shown.vm.state.text == word and shown.isVisible(),
        )
        shown.dismiss()
        desk.settle()
        return spent

    floor = "bare FTS5 query through the driver"
    window = Line("palette: from key to rows drawn", floor, 4, 50)
    interleave(window, press, floor_of(itertools.cycle(words)), repeats)
    below = Line("palette: search below the window", floor, 4)
    again = itertools.cycle(words)
    ask = timed(lambda: store.read(actor, patients.search, next(again), 7).result())
    interleave(below, ask, floor_of(itertools.cycle(words)), repeats * 3)
    bare.close()
    return [window, below]


def big_chart(desk: OpenDesk, chart_id: uuid.UUID, other: uuid.UUID, repeats: int) -> list[Line]:
    """From the wish to see the big chart to its first page; and the part below the window."""
    store, actor = desk.clinic.store, desk.clinic.actor
    navigator = desk.context.navigator

    def leave() -> None:
        navigator.open(to.Chart(other))
        desk.settle()

    def come() -> Spent:
        view = _screen(desk, to.Chart, ChartView)
        arrived: list[object] = []
        section = view.sections["summary"]
        assert isinstance(section, SummarySection)
        section.shown.connect(arrived.append)
        spent = desk.until_painted(
            lambda: navigator.open(to.Chart(chart_id)),
            lambda: bool(arrived) and section.isVisible(),  # its content, not its bars
        )
        section.shown.disconnect(arrived.append)
        desk.settle()
        leave()
        return spent

    leave()
    with traced_reads(store) as sent:
        navigator.open(to.Chart(chart_id))
        desk.settle()
    statements = distinct(sent)
    leave()
    window = Line("open the big chart: to first paint", "bare SQL reading the same rows", 4, 200)
    interleave(window, come, replay(store.path, desk.clinic.keys.key, statements), repeats)
    window.note = f"{len(statements)} statements"

    def read() -> None:
        banner_read = store.read(actor, banner, chart_id)
        store.read(actor, chart.summary, chart_id).result()
        banner_read.result()

    with traced_reads(store) as sent:
        read()
    below = Line("open the big chart: reading below the window", window.floor, 4)
    bare = replay(store.path, desk.clinic.keys.key, distinct(sent))
    interleave(below, timed(read), bare, repeats * 3)
    return [window, below]


def _screen(desk: OpenDesk, place: type[to.Destination], kind: type[AnyScreen]) -> AnyScreen:
    found = desk.desk._screens[place]  # noqa: SLF001 - the window has no need to hand it out
    assert isinstance(found, kind)
    return found


def board(desk: OpenDesk, repeats: int) -> list[Line]:
    """From the wish to see Today to the board of forty on the screen."""
    store, actor = desk.clinic.store, desk.clinic.actor
    navigator = desk.context.navigator

    def come() -> Spent:
        navigator.open(to.Patients())
        desk.settle()
        arrived: list[object] = []
        changed = _screen(desk, to.Today, TodayView).vm.changed

        def arrive(state: object) -> None:
            # Rows that look the same are not drawn again. One pixel is asked for, so that the
            # window draws once more, with all that is still to be drawn.
            arrived.append(state)
            desk.session.window.update(0, 0, 1, 1)

        changed.connect(arrive)
        spent = desk.until_painted(lambda: navigator.open(to.Today()), lambda: bool(arrived))
        changed.disconnect(arrive)
        desk.settle()
        return spent

    read = timed(lambda: store.read(actor, today_board).result())
    with traced_reads(store) as sent:
        read()
    floor = replay(store.path, desk.clinic.keys.key, distinct(sent))
    name = "its bare SQL"
    window = interleave(Line("Today board: to first paint", name, 4, 100), come, floor, repeats)
    below = Line("Today board: reading below the window", name, 4)
    return [window, interleave(below, read, floor, repeats * 3)]
