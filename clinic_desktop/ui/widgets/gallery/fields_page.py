"""Gallery: buttons, choices, fields."""

from __future__ import annotations

from datetime import date

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.choices import Radio, Select, Tick
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.parsed import date_parser, money_parser
from clinic_desktop.ui.widgets.pill import Pill, severity, visit_status
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.value_edits import (
    MoneyEdit,
    NumberUnitEdit,
    PhoneEdit,
    SmartDateEdit,
)

TODAY = date(2026, 11, 21)
_STEPS = ("booked", "confirmed", "arrived", "in-room", "to-bill", "done", "no-show", "cancelled")


def fields() -> QWidget:
    """Everything one can press, choose or fill in."""
    page = ScrollPage()
    page.column.addWidget(_buttons())
    page.column.addWidget(_form())
    page.column.addStretch(1)
    return page


def _buttons() -> Card:
    card = Card(say("Buttons"))
    box = QWidget()
    flow = FlowLayout(box)
    flow.addWidget(Button(say("Take payment"), "primary"))
    flow.addWidget(Button(say("Walk-in")))
    flow.addWidget(Button(say("Void invoice"), "danger"))
    flow.addWidget(Button(say("Skip"), "ghost"))
    flow.addWidget(Button(say("Show history"), "link"))
    disabled = Button(say("Unavailable"), "primary")
    disabled.setEnabled(False)
    flow.addWidget(disabled)
    flow.addWidget(Button(say("Print"), icon=Icon.PRINT))
    flow.addWidget(
        Button(say("Sign for IVANOVA Maria"), "primary", shortcut="Ctrl+Return",
               show_shortcut=True)
    )  # fmt: skip
    flow.addWidget(IconButton(Icon.MORE, say("More actions")))
    card.add(box)
    pills = QWidget()
    flow = FlowLayout(pills)
    for code in _STEPS:
        flow.addWidget(Pill(visit_status(code)))
    for code in ("mild", "moderate", "severe", "critical"):
        flow.addWidget(Pill(severity(code)))
    card.add(pills)
    return card


def _form() -> Card:
    card = Card(say("Fields"))
    form = Form(3)
    form.add(say("&Family name"), QLineEdit("Иванова"), required=True)
    given = form.add(say("&Given name"), QLineEdit(), required=True)
    given.set_error(say("Enter a given name."))
    sex = [Option("f", say("Female"), "F"), Option("m", say("Male"), "M")]
    form.add(say("&Sex"), SegmentedControl([*sex, Option("x", say("Other"), "X")], "", "f"))
    born = SmartDateEdit(date_parser(TODAY, past=True))
    born.set_text("14.3.1955")
    form.add(say("&Born or age"), born)
    meet = SmartDateEdit(date_parser(TODAY))
    meet.set_text("03/04")
    form.add(say("&Next visit"), meet)
    price = MoneyEdit(money_parser("EUR"))
    price.set_text("1200.50")
    form.add(say("&Price"), price)
    form.add(say("P&hone"), PhoneEdit("+49 …"))
    weight = NumberUnitEdit("kg")
    weight.set_text("820")
    weight.set_note(say("Unusual: 10 times the last weight."))
    form.add(say("&Weight"), weight)
    form.add(say("&Language"), Select([("en", "English"), ("ru", "Русский")], "en"))
    form.add(say("&Diagnosis"), ComboSearch())
    form.add(say("Sea&rch"), SearchField(say("Find a patient")))
    form.add(say("Choices"), _ticks())
    note = NoteEdit(say("Note"), say("/rx  /lab  or type…"))
    note.set_text("Cough for ⟦days⟧ days, fever ⟦yes/no⟧.")
    form.add(say("N&ote"), note, span=3)
    card.add(form)
    return card


def _ticks() -> QWidget:
    ticks = QWidget()
    row = QHBoxLayout(ticks)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_4)
    tick = Tick(say("Consent"))
    tick.setChecked(True)
    ticks.setFocusProxy(tick)
    radio = Radio(say("Cash"))
    radio.setChecked(True)
    row.addWidget(tick)
    row.addWidget(radio)
    row.addStretch(1)
    return ticks
