"""Gallery: the front desk."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.pill import Pill, severity, visit_status
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


def board() -> QWidget:
    """The front desk: a table, an inspector, a list of what needs attention."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
    column.setSpacing(SPACE_3)
    header = SectionHeader(
        say("Saturday 21 November"),
        say("12 booked · 3 waiting · longest wait 24 min"),
        role="page",
    )
    header.add_action(Button(say("Walk-in"), icon=Icon.WALK_IN))
    header.add_action(Button(say("Book appointment"), "primary"))
    column.addWidget(header)
    table = DataTable(samples.board_columns(), say("Today's visits"), tall=True)
    table.model_.set_rows(samples.BOARD)
    table.select_id(5)
    card = Card(flush=True)
    card.add(table)
    column.addWidget(SplitInspector(card, _side()), 1)
    return page


def _side() -> QWidget:
    side = ScrollPage()
    side.column.setContentsMargins(0, 0, 0, 0)
    side.column.setSpacing(SPACE_4)
    side.column.addWidget(_inspector())
    side.column.addWidget(_attention())
    side.column.addStretch(1)
    return side


def _inspector() -> Card:
    card = Card("SINGH Harpreet")
    card.header.add_action(Button(say("Open chart"), "link", Icon.ENTER))
    card.add(Label("29 y · F · " + say("born") + " 14-Mar-1997", tone="muted", wrap=True))
    pills = QWidget()
    flow = FlowLayout(pills)
    flow.addWidget(Pill(severity("severe")))
    flow.addWidget(Pill(visit_status("arrived", "11 min")))
    card.add(pills)
    facts = (("Insurance", "State scheme, valid to 31-Dec"), ("Balance", "₹0.00"))
    for name, value in facts:
        line = QHBoxLayout()
        line.addWidget(Label(say(name), tone="muted", wrap=True), 2)
        line.addWidget(Label(value, wrap=True), 3)
        card.body.addLayout(line)
    buttons = QWidget()
    flow = FlowLayout(buttons, gap=SPACE_2)
    flow.addWidget(Button(say("Start visit"), "primary"))
    flow.addWidget(Button(say("Take payment")))
    card.add(buttons)
    return card


def _attention() -> Card:
    card = Card(say("Needs attention"))
    card.header.add_action(Label("3", "strong", "accent"))
    items = (
        ("Potassium 6.1 mmol/L", "Petrov, Oleg · result today", "danger"),
        ("Two bookings at 14:20", "made offline on 2 PCs", "warn"),
        ("Amoxicillin 500 mg", "11 packs left · reorder at 20", "warn"),
    )
    for text, sub, tone in items:
        card.add(Label(say(text), "strong", tone, wrap=True))
        card.add(Label(say(sub), "caption", "muted", wrap=True))
    return card
