"""Gallery: banner, tabs, lists and plots of a chart."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desktop.i18n import isolate
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.gallery import samples
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.patient_banner import PatientBanner
from clinic_desktop.ui.widgets.pill import PillSpec
from clinic_desktop.ui.widgets.segmented import Option
from clinic_desktop.ui.widgets.tabs import SectionTabs, TabStrip
from clinic_desktop.ui.widgets.trend_plot import TrendPlot

_SECTIONS = ("Summary", "Visits", "Medicines", "Results", "Vaccines", "Documents", "Billing")
_PROBLEMS = (
    ("Type 2 diabetes mellitus", "E11.9 · since 2014", None),
    ("Essential hypertension", "I10 · since 2011", None),
    ("Chronic kidney disease, stage 3a", "N18.3 · since 2023", PillSpec("watch", Tone.WARN)),
)
_MEDICINES = (
    ("Metformin 850 mg", "1 tablet twice a day · 3 refills left", PillSpec("reduce", Tone.WARN)),
    ("Lisinopril 10 mg", "1 tablet in the morning", None),
    ("Atorvastatin 20 mg", "1 tablet at night", PillSpec("renew", Tone.INFO)),
)


def chart() -> QWidget:
    """A chart summary."""
    page = ScrollPage()
    strip = TabStrip(say("Open patients"))
    strip.add(1, samples.IVANOVA.name)
    strip.add(2, samples.HASSAN.name)
    strip.add(3, samples.OTIENO.name)
    strip.set_current(1)
    page.column.addWidget(strip)
    banner = PatientBanner(samples.IVANOVA)
    banner.add_action(Button(say("Prescribe")))
    banner.add_action(Button(say("Start visit"), "primary"))
    page.column.addWidget(banner)
    page.column.addWidget(
        SectionTabs([Option(name, say(name)) for name in _SECTIONS], say("Sections"))
    )
    grid = QGridLayout()
    grid.setSpacing(SPACE_3)
    grid.addWidget(_list(say("Problems"), _PROBLEMS), 0, 0)
    grid.addWidget(_list(say("Medicines"), _MEDICINES), 0, 1)
    grid.addWidget(_plot(), 1, 0)
    grid.addWidget(_vitals(), 1, 1)
    for place in range(2):
        grid.setColumnStretch(place, 1)
    page.column.addLayout(grid)
    page.column.addStretch(1)
    return page


def _list(title: str, entries: tuple[tuple[str, str, PillSpec | None], ...]) -> Card:
    card = Card(title)
    card.header.add_action(Button(say("Add"), "link"))
    facts = FactList()
    facts.show_facts(
        [
            Fact(text, say(text), say(sub), pill and PillSpec(say(pill.text), pill.tone))
            for text, sub, pill in entries
        ]
    )
    card.add(facts)
    card.body.addStretch(1)
    return card


def _plot() -> Card:
    card = Card("HbA1c, %")
    card.header.add_action(Label("7.4 · 12-Nov", "strong", "accent"))
    card.add(TrendPlot(samples.HBA1C), 1)
    return card


def _vitals() -> Card:
    card = Card(say("Vitals"))
    facts = FactList()
    facts.show_facts(
        [
            Fact(name, f"{say(name)}  {isolate(value)}", trend=samples.HBA1C)
            for name, value in (("Blood pressure", "138/84 mmHg"), ("Weight", "82.0 kg"))
        ]
    )
    card.add(facts)
    card.body.addStretch(1)
    return card
