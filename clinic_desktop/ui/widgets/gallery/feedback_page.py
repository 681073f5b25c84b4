"""Gallery: notices, empty states, progress, banners."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.patient_banner import PatientBanner
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


def feedback() -> QWidget:
    """What the program says of itself."""
    page = ScrollPage()
    stop = Notice(
        Tone.DANGER,
        say("Stop: penicillin allergy"),
        say("Anaphylaxis recorded 12-Mar-2018 (certain). Amoxicillin is a penicillin."),
    )
    stop.add_action(say("Choose doxycycline"), lambda: None)
    stop.add_action(say("Override…"), lambda: None)
    ask = Notice(
        Tone.WARN,
        say("Metformin 850 mg twice a day with eGFR 48"),
        say("Consider at most 1,000 mg a day below 45."),
    )
    ask.add_action(say("Reduce"), lambda: None)
    info = Notice(Tone.INFO, say("Two bookings at 14:20"), closable=True)
    done = Notice(Tone.OK, say("Backup verified"))
    for notice in (stop, ask, info, done):
        page.column.addWidget(notice)
    for card in (samples.HASSAN, samples.OTIENO):
        page.column.addWidget(PatientBanner(card))
    progress = ProgressPanel(say("Importing records"))
    progress.set_progress(312, 2000, say("312 of 2,000 · 2 min left"))
    box = Card()
    box.add(progress)
    empty = Card()
    empty.add(
        EmptyState(
            Icon.CALENDAR,
            say("No visits today"),
            say("Book one, or add a walk-in."),
            say("Book appointment"),
        )
    )
    row = QHBoxLayout()
    row.setSpacing(SPACE_3)
    row.addWidget(box, 1)
    row.addWidget(empty, 1)
    page.column.addLayout(row)
    page.column.addStretch(1)
    return page
