"""The gallery's window: a rail of pages and switches for the look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import apply
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, Density, Theme, Tone
from clinic_desktop.ui.widgets.avatar import Avatar
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.drawer import Drawer
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.gallery.board_page import board
from clinic_desktop.ui.widgets.gallery.chart_page import chart
from clinic_desktop.ui.widgets.gallery.feedback_page import feedback
from clinic_desktop.ui.widgets.gallery.fields_page import TODAY, fields
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.nav_rail import NavRail
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.shortcut_overlay import ShortcutGroup, ShortcutOverlay
from clinic_desktop.ui.widgets.toast import toast_of
from clinic_desktop.ui.widgets.value_edits import PhoneEdit, SmartDateEdit

PAGES: dict[str, tuple[str, Icon, Callable[[], QWidget]]] = {
    "board": ("Today", Icon.TODAY, board),
    "chart": ("Patients", Icon.PATIENTS, chart),
    "fields": ("Fields", Icon.GRID, fields),
    "feedback": ("Messages", Icon.MESSAGE, feedback),
}


class Gallery(QMainWindow):
    """Every part of the vocabulary in one window."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Gallery")
        self.rail = NavRail(say("Pages"))
        self._stack = QStackedWidget()
        for number, (key, (text, icon, make)) in enumerate(PAGES.items(), 1):
            self.rail.add(key, icon, say(text), f"Ctrl+{number}")
            widget = make()
            widget.setObjectName(key)
            self._stack.addWidget(widget)
        self.rail.chosen.connect(self.open)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._top())
        right.addWidget(self._stack, 1)
        right.addWidget(self._switches())
        middle = QWidget()
        middle.setProperty("role", "page")
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self._middle = middle
        self.setCentralWidget(middle)
        self.open("board")

    def _top(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "topbar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_2)
        row.setSpacing(SPACE_4)
        field = SearchField(say("Find a patient, or type a command…"), hint="Ctrl+K")
        row.addWidget(field, 2)
        row.addStretch(1)
        offline = PillSpec(say("Offline · 14 changes waiting"), Tone.WARN, Glyph.FULL)
        row.addWidget(Pill(offline))
        row.addWidget(Avatar("AK", "Ann Kamau", 32))
        return bar

    def _switches(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "statusbar")
        flow = FlowLayout(bar)
        flow.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_2)
        now = look().appearance
        for name, options, value in (
            ("theme", [(theme, theme.value) for theme in Theme], now.theme),
            ("density", [(density, density.value) for density in Density], now.density),
            ("scale", [(size, f"{size} %") for size in (80, 100, 125, 150, 200)], now.scale),
        ):
            select = Select(options, value)
            select.setAccessibleName(say(name))
            select.chosen.connect(lambda chosen, name=name: self._change(name, chosen))
            flow.addWidget(select)
        for text, run in (
            ("Direction", self._turn),
            ("Drawer", self.open_drawer),
            ("Toast", self.show_toast),
            ("Shortcuts", self.open_shortcuts),
        ):
            button = Button(say(text))
            button.clicked.connect(run)
            flow.addWidget(button)
        return bar

    def _change(self, name: str, value: Any) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply(app, replace(look().appearance, **{name: value}))

    def _turn(self) -> None:
        rtl = QApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left, right = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
        QApplication.setLayoutDirection(left if rtl else right)

    def open(self, key: str) -> None:
        """Show a page."""
        self.rail.set_current(key)
        page = self._stack.findChild(QWidget, key)
        if page is not None:
            self._stack.setCurrentWidget(page)

    def open_drawer(self) -> Drawer:
        """Slide a form in."""
        drawer = Drawer(self._middle, say("New patient"))
        form = Form(2)
        form.add(say("&Phone"), PhoneEdit())
        form.add(say("&Born or age"), SmartDateEdit(date_parser(TODAY, past=True)))
        drawer.body.addWidget(form)
        drawer.body.addStretch(1)
        drawer.body.setSpacing(SPACE_3)
        drawer.add_secondary(say("Cancel"), drawer.close_drawer)
        drawer.set_primary(say("Save and book"))
        drawer.submitted.connect(drawer.close_drawer)
        drawer.closed.connect(drawer.deleteLater)
        drawer.open()
        return drawer

    def show_toast(self) -> None:
        """Say something with Undo."""
        toast_of(self._middle).show_message(
            say("SINGH Harpreet has arrived"), say("Undo"), lambda: None
        )

    def open_shortcuts(self) -> ShortcutOverlay:
        """Show the keys."""
        overlay = ShortcutOverlay(self._middle)
        overlay.closed.connect(overlay.deleteLater)
        board_keys = (("Arrive", "A"), ("Start visit", "V"), ("Bill", "B"), ("Open", "Return"))
        program = (("Command palette", "Ctrl+K"), ("New patient", "Ctrl+N"), ("Lock", "Ctrl+Alt+L"))
        overlay.open(
            [
                ShortcutGroup(say("Today"), tuple((say(n), k) for n, k in board_keys)),
                ShortcutGroup(say("Everywhere"), tuple((say(n), k) for n, k in program)),
            ]
        )
        return overlay
