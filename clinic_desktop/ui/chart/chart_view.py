"""The chart of one patient: the banner, and its sections one key apart."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.confidentiality import Standing
from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.services import encounters
from clinic_desktop.services.encounters import VisitStarted
from clinic_desktop.services.patients.banner import PatientBannerData, banner
from clinic_desktop.services.patients.looks import look, look_only
from clinic_desktop.ui.chart.documents_section import DocumentsSection
from clinic_desktop.ui.chart.door import Door
from clinic_desktop.ui.chart.results_section import ResultsSection
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.chart.summary_section import SummarySection
from clinic_desktop.ui.chart.tables import MedicinesSection, VaccinesSection, VisitsSection
from clinic_desktop.ui.chart.timeline_section import TimelineSection
from clinic_desktop.ui.chart.undecided_notice import UndecidedNotice
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.panels import ChartSection, ChartSectionFactory
from clinic_desktop.ui.core.patient_card import patient_card
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.pages import Pages
from clinic_desktop.ui.widgets.patient_banner import PatientBanner
from clinic_desktop.ui.widgets.segmented import Option
from clinic_desktop.ui.widgets.skeleton import Loading
from clinic_desktop.ui.widgets.tabs import SectionTabs

_OWN: dict[str, type[Section]] = {
    "summary": SummarySection,
    "timeline": TimelineSection,
    "visits": VisitsSection,
    "medicines": MedicinesSection,
    "results": ResultsSection,
    "vaccines": VaccinesSection,
    "documents": DocumentsSection,
}
_BANNER_TABLES = (
    *("patient", "contact_point", "related_person", "allergy_intolerance", "patient_alert"),
    *("patient_merge", "invoice", "payment", "processing_restriction"),
    *("chart_confidentiality", "care_team_member", "emergency_access"),
)


class ChartView(Screen):
    """Sections are made when first shown; ``parts`` are those of other features (billing)."""

    def __init__(
        self,
        context: Context,
        parent: QWidget | None = None,
        **parts: ChartSectionFactory,
    ) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart")
        own = {name: kind for name, kind in _OWN.items() if allowed(context.actor, kind.permission)}
        bills = to.may_open(context.actor, to.Billing)
        others = {name: part for name, part in parts.items() if name != "billing" or bills}
        self._makers: dict[str, ChartSectionFactory] = {**own, **others}
        self.sections: dict[str, ChartSection] = {}
        self.patient_id: uuid.UUID | None = None
        self._shown = ""
        self._is_known = False
        self._stale: set[str] = set()
        self._build()
        context.tasks.committed.connect(self._on_committed)

    def _build(self) -> None:
        self.banner = PatientBanner()
        self.book = Button(_("Book"), icon=Icon.BOOK)
        self.book.setObjectName("chart.book")
        self.book.clicked.connect(self._book)
        self.start = Button(_("Start visit"), "primary", Icon.START)
        self.start.setObjectName("visit.start")
        self.start.clicked.connect(self.start_visit)
        for button, offered in (
            (self.book, to.may_open(self.context.actor, to.BookAppointment)),
            (self.start, allowed(self.context.actor, "visit.create")),
        ):
            self.banner.add_action(button)
            if not offered:
                button.hide()
        titles = section_titles()
        options = [Option(name, titles.get(name, name)) for name in self._makers]
        self.tabs = SectionTabs(options, _("Sections of the chart"))
        self.tabs.changed.connect(lambda name: self.show_section(str(name)))
        self.door = Door(self.context)
        self.door.ran_out.connect(self._read_banner)
        self.undecided = UndecidedNotice(self.context)
        self.stack = Pages()
        inner = QWidget()
        self._column = column = QVBoxLayout(inner)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_4)
        column.setSpacing(SPACE_2)
        column.addWidget(self.banner)
        column.addWidget(self.door)
        column.addWidget(self.undecided)
        column.addWidget(self.tabs)
        column.addWidget(self.stack, 1)
        self.loading = Loading(inner)
        self.loading.late.connect(lambda: self._reveal(late=True))
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(self.loading)

    # -- coming and going ---------------------------------------------------------

    def go_to(self, destination: to.Destination) -> None:
        """Show a patient's chart at a section; opening a chart leaves a trace."""
        if not isinstance(destination, to.Chart):
            return
        if destination.patient_id != self.patient_id:
            self.patient_id = destination.patient_id
            self._stale = set(self.sections)
            self._is_known = False
            self.loading.begin()
            self._read_banner()
            tasks = self.context.tasks
            if tasks.refusal is None:
                tasks.write(self, look, destination.patient_id)
            else:
                tasks.read(self, look_only, destination.patient_id)
        self.show_section(destination.section)

    def show_section(self, name: str) -> None:
        """Show a section, made and filled the first time it is wanted."""
        wanted = name if name in self._makers else next(iter(self._makers), "")
        if not wanted:
            return
        if self.door.is_closed and self._is_known:
            self._shown = wanted
            return
        section = self.sections.get(wanted)
        if section is None:
            section = self._makers[wanted](self.context, self.stack)
            self.sections[wanted] = section
            self.stack.addWidget(section)
            if isinstance(section, Section):
                section.section_wanted.connect(self.show_section)
                section.visit_wanted.connect(self.start_visit)
                section.answered.connect(self._reveal)
            self._stale.add(wanted)
        self._shown = wanted
        self.tabs.set_value(wanted)
        self.stack.setCurrentWidget(section)
        if wanted in self._stale and self.patient_id is not None:
            self._stale.discard(wanted)
            section.set_patient(self.patient_id)
        lead = section.lead if isinstance(section, Section) else None
        (lead or section).setFocus(Qt.FocusReason.OtherFocusReason)

    def _read_banner(self) -> None:
        wanted = self.patient_id
        if wanted is not None:
            self.context.tasks.read(
                self,
                banner,
                wanted,
                done=lambda data: self._on_banner(wanted, data),
                failed=lambda error: self._on_failed(wanted, error),
            )

    def _on_banner(self, asked: uuid.UUID, data: PatientBannerData) -> None:
        if asked != self.patient_id:  # no name of one patient over the chart of another
            return
        self.banner.set_card(patient_card(data))
        self.undecided.show_of(asked, data.undecided)
        self._is_known = True
        self._stand_before(asked, data.standing)
        self._reveal()

    def _stand_before(self, patient_id: uuid.UUID, standing: Standing) -> None:
        """Show the chart, or only its cover: of a closed chart nothing is held any more."""
        was_closed = self.door.is_closed
        self.door.set_standing(patient_id, standing)
        self._column.setStretchFactor(self.door, 1 if self.door.is_closed else 0)
        for part in (self.tabs, self.stack):
            part.setHidden(self.door.is_closed)
        may_start = allowed(self.context.actor, "visit.create")
        self.start.setHidden(self.door.is_closed or not may_start)
        if self.door.is_closed:
            for section in self.sections.values():
                self.stack.removeWidget(section)
                section.deleteLater()
            self.sections.clear()
            self.door.cover.button.setFocus(Qt.FocusReason.OtherFocusReason)
        elif was_closed:
            self.show_section(self._shown)

    def _reveal(self, *, late: bool = False) -> None:
        """Show the page in one piece; a section that takes long is not waited for."""
        section = self.sections.get(self._shown)
        waits = isinstance(section, Section) and section.is_waiting
        if self._is_known and (late or not waits):
            self.loading.end()

    def _on_failed(self, asked: uuid.UUID, error: ClinicError) -> None:
        if asked != self.patient_id:
            return
        self._is_known = False
        self.loading.fail(error.message, error.hint)

    def _on_committed(self, changes: Changes) -> None:
        if self.patient_id is None:
            return
        # Questions come with what other PCs wrote, and go with what is written here.
        asked = changes.origin == "sync" or not self.undecided.isHidden()
        if asked or changes.touches(*_BANNER_TABLES):
            self._read_banner()
        for name, section in self.sections.items():
            if isinstance(section, Section) and changes.touches(*section.tables):
                if name == self._shown and self.isVisible():
                    section.refresh()
                else:
                    self._stale.add(name)

    # -- acting -------------------------------------------------------------------

    def primary(self) -> None:
        """Ctrl+Enter."""
        self.start_visit()

    def start_visit(self) -> None:
        """Begin a visit, or go on with the one that has begun."""
        if self.patient_id is not None and allowed(self.context.actor, "visit.create"):
            self.context.tasks.write(
                self,
                encounters.start_visit,
                patient_id=self.patient_id,
                done=self._started,
                failed=self.context.host.show_error,
            )

    def _started(self, started: VisitStarted) -> None:
        self.context.navigator.open(to.Visit(started.patient_id, started.encounter_id))

    def _book(self) -> None:
        self.context.navigator.open(to.BookAppointment(self.patient_id))

    def _edit(self, destination: Callable[[uuid.UUID], to.Destination]) -> None:
        if self.patient_id is not None:
            self.context.navigator.open(destination(self.patient_id))

    def screen_actions(self) -> tuple[Action, ...]:
        """The sections by Alt and a digit, and what can be done with the chart."""
        here, titles = _("Chart"), section_titles()
        shown = [
            Action(f"chart.{name}", titles.get(name, name), partial(self.show_section, name),
                   f"Alt+{number}", section=here)
            for number, name in enumerate(self._makers, 1)
        ]  # fmt: skip
        asked = [
            Action("chart.changes", _("What was changed"), lambda: self._edit(to.ChartChanges),
                   "Ctrl+Shift+H", Icon.HISTORY, here),
        ]  # fmt: skip
        if to.may_open(self.context.actor, to.EditCareTeam):
            asked.append(
                Action("chart.care-team", _("Who reads this chart"),
                       lambda: self._edit(to.EditCareTeam), "", Icon.LOCK, here,
                       keywords=_("Keep in confidence"))
            )  # fmt: skip
        if to.may_open(self.context.actor, to.OpenInEmergency):
            asked.append(
                Action("chart.emergency", _("Open in an emergency…"), self.door.ask, "",
                       Icon.LOCK, here)
            )  # fmt: skip
        if allowed(self.context.actor, "audit.read"):
            asked.append(
                Action("chart.looks", _("Who saw this chart"), lambda: self._edit(to.ChartLooks),
                       "", Icon.SHOW, here)
            )  # fmt: skip
        return (
            *shown,
            *asked,
            Action("visit.start", _("Start visit"), self.start_visit, "Ctrl+Return", Icon.START,
                   here),
            Action("allergy.record", _("Record an allergy"),
                   lambda: self._edit(to.EditAllergies), "", Icon.ALLERGY, here),
            Action("problem.add", _("Add a problem"),
                   lambda: self._edit(to.EditProblems), "", Icon.FLAG, here),
            Action("document.add", _("Add documents"), self._add_documents, "", Icon.DOCUMENT,
                   here),
            Action("results.table", _("Plot or table of a result"), self._toggle_table, "Ctrl+T",
                   Icon.TABLE, here),
        )  # fmt: skip

    def _add_documents(self) -> None:
        self.show_section("documents")
        section = self.sections["documents"]
        if isinstance(section, DocumentsSection):
            section.choose_files()

    def _toggle_table(self) -> None:
        section = self.sections.get("results")
        if isinstance(section, ResultsSection) and self._shown == "results":
            section.toggle_table()


def section_titles() -> dict[str, str]:
    """What the sections are called."""
    return {
        "summary": _("Summary"),
        "timeline": _("Timeline"),
        "visits": _("Visits"),
        "medicines": _("Medicines"),
        "results": _("Results"),
        "vaccines": _("Vaccines"),
        "documents": _("Documents"),
        "billing": _("Billing"),
        "privacy": _("Privacy"),
    }
