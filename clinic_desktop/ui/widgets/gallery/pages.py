"""The pages of the gallery."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.patient_banner import PatientBanner
from clinic_desktop.ui.widgets.pill import Pill, severity, visit_status
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl


def page() -> tuple[QWidget, QVBoxLayout]:
    """An empty page with the usual margins."""
    widget = QWidget()
    widget.setProperty("role", "page")
    column = QVBoxLayout(widget)
    column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
    column.setSpacing(SPACE_3)
    return widget, column


def board() -> QWidget:
    """The front desk: a table, an inspector, a list of what needs attention."""
    widget, column = page()
    header = SectionHeader(
        "Saturday 21 November", "12 booked · 3 waiting · longest wait 24 min", role="page"
    )
    header.add_action(Button("Walk-in", icon=Icon.WALK_IN))
    header.add_action(Button("Book appointment", "primary"))
    column.addWidget(header)
    table = DataTable(samples.board_columns(), "Today's visits", tall=True)
    table.model_.set_rows(samples.BOARD)
    table.select_id(5)
    card = Card(flush=True)
    card.add(table)
    row = QHBoxLayout()
    row.setSpacing(SPACE_4)
    row.addWidget(card, 3)
    side = QVBoxLayout()
    side.setSpacing(SPACE_4)
    side.addWidget(_inspector())
    side.addWidget(_attention())
    side.addStretch(1)
    row.addLayout(side, 1)
    column.addLayout(row, 1)
    return widget


def _inspector() -> Card:
    card = Card("Singh, Harpreet")
    card.header.add_action(Button("Open chart", "link", Icon.ENTER))
    card.add(Label("29 y · F · born 14-Mar-1997", tone="muted", wrap=True))
    pills = QWidget()
    flow = FlowLayout(pills)
    flow.addWidget(Pill(severity("severe")))
    flow.addWidget(Pill(visit_status("arrived", "11 min")))
    card.add(pills)
    for name, value in (("Insurance", "State scheme"), ("Balance", "₹0.00")):
        line = QHBoxLayout()
        line.addWidget(Label(name, tone="muted"), 2)
        line.addWidget(Label(value, wrap=True), 3)
        card.body.addLayout(line)
    buttons = QHBoxLayout()
    buttons.setSpacing(SPACE_2)
    buttons.addWidget(Button("Start visit", "primary"))
    buttons.addWidget(Button("Take payment"))
    card.body.addLayout(buttons)
    return card


def _attention() -> Card:
    card = Card("Needs attention")
    card.header.add_action(Label("3", "strong", "accent"))
    card.add(Label("Potassium 6.1 mmol/L", "strong", "danger", wrap=True))
    card.add(Label("Petrov, Oleg · result today", "caption", "muted", wrap=True))
    return card


def controls() -> QWidget:
    """Buttons, choices, fields and pills."""
    widget, column = page()
    column.addWidget(PatientBanner(samples.IVANOVA))
    column.addWidget(PatientBanner(samples.HASSAN))
    column.addWidget(PatientBanner(samples.OTIENO))
    card = Card("Buttons")
    box = QWidget()
    flow = FlowLayout(box)
    for kind in ("primary", "secondary", "danger", "ghost", "link"):
        flow.addWidget(Button(f"{kind.title()} action", kind))
    disabled = Button("Disabled", "primary")
    disabled.setEnabled(False)
    flow.addWidget(disabled)
    flow.addWidget(Button("Print", icon=Icon.PRINT))
    flow.addWidget(
        Button("Sign for ИВАНОВА Мария", "primary", shortcut="Ctrl+Return", show_shortcut=True)
    )
    flow.addWidget(IconButton(Icon.PRINT, "Print this page"))
    card.add(box)
    pills = QWidget()
    flow = FlowLayout(pills)
    for code in ("booked", "confirmed", "arrived", "in-room", "to-bill", "done", "no-show"):
        flow.addWidget(Pill(visit_status(code)))
    flow.addWidget(Pill(visit_status("cancelled")))
    for code in ("mild", "moderate", "severe", "critical"):
        flow.addWidget(Pill(severity(code)))
    card.add(pills)
    segments = QHBoxLayout()
    segments.addWidget(
        SegmentedControl(
            [Option("d", "Day", "D"), Option("w", "Week", "W"), Option("m", "Month", "M")],
            "Range",
            "d",
        )
    )
    segments.addWidget(SearchField("Find a patient, or type a command…", hint="Ctrl+K"), 1)
    card.body.addLayout(segments)
    column.addWidget(card)
    column.addStretch(1)
    return widget


def feedback() -> QWidget:
    """Notices, empty states, forms."""
    widget, column = page()
    stop = Notice(
        Tone.DANGER,
        "Stop: penicillin allergy",
        "Anaphylaxis recorded 12-Mar-2018 (certain). Amoxicillin is a penicillin.",
    )
    stop.add_action("Choose doxycycline", lambda: None)
    stop.add_action("Override…", lambda: None)
    column.addWidget(stop)
    column.addWidget(Notice(Tone.WARN, "Metformin 850 mg twice a day with eGFR 48", "Consider."))
    column.addWidget(Notice(Tone.INFO, "Two bookings at 14:20", closable=True))
    form = Form(3)
    error = form.add("&Family name", SearchField("Family name"), required=True)
    form.add("&Given name", SearchField("Given name"), hint="As on the card")
    error.set_error("Enter a family name.")
    column.addWidget(form)
    empty = EmptyState(Icon.CALENDAR, "No visits today", "Book one, or add a walk-in.", "Book")
    card = Card()
    card.add(empty)
    column.addWidget(card, 1, Qt.AlignmentFlag(0))
    return widget
