"""The visit on one page: the note at the leading side, what it is about at the other."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.errors import ClinicError, NotFoundError
from clinic_desktop.i18n import _, commas, current, isolate, ngettext
from clinic_desktop.services.encounters_page import VisitPage, WritingAids
from clinic_desktop.services.notes import NoteRow, NoteText
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.code_search import PackSearch, Search
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.panels import SlashWord, VisitPanel, VisitPanelFactory
from clinic_desktop.ui.core.patient_card import patient_card
from clinic_desktop.ui.core.person_words import listed_name
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5, Tone
from clinic_desktop.ui.visits import confidence
from clinic_desktop.ui.visits.context_panel import ContextPanel
from clinic_desktop.ui.visits.diagnoses import Diagnoses
from clinic_desktop.ui.visits.follow_up import follow_up_day
from clinic_desktop.ui.visits.next_steps import NextSteps, Step
from clinic_desktop.ui.visits.note_panel import NotePanel
from clinic_desktop.ui.visits.sheet import NoteSheet
from clinic_desktop.ui.visits.signed_note import SignedNote
from clinic_desktop.ui.visits.templates_form import TEMPLATES_WIDTH, TemplatesForm
from clinic_desktop.ui.visits.visit_vm import Restored, VisitState, VisitVM
from clinic_desktop.ui.visits.vitals_row import VitalsRow
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.column import Column, scrolled
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.patient_banner import PatientBanner
from clinic_desktop.ui.widgets.skeleton import Loading
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class VisitView(Screen):
    """The page of one visit; ``panel`` makes the part for prescribing that stands beside it."""

    def __init__(
        self,
        context: Context,
        panel: VisitPanelFactory | None = None,
        search: Search | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, parent)
        self.setObjectName("visit")
        self.vm = VisitVM(context.tasks, self)
        self._warned_of_blanks = False
        self._build()
        self._build_note(search or PackSearch(context.tasks, self))
        self._build_side(panel)
        self._connect()

    # -- building -----------------------------------------------------------------

    def _build(self) -> None:
        # From the outside in: a finished part that gets a new parent is styled all over again.
        inner = QWidget()
        self.loading = Loading(inner)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(self.loading)
        self.banner = PatientBanner(parent=inner)
        self.saved = Label("", "caption", "muted")
        self.sign_button = Button(_("Sign"), "primary", shortcut="Ctrl+Return", show_shortcut=True)
        self.sign_button.setObjectName("visit.sign")
        self.banner.add_action(self.saved)
        self.banner.add_action(self.sign_button)
        self.sheet = NoteSheet(inner)
        self._side_column = Column()
        panes = SplitInspector(self.sheet, scrolled(self._side_column), shares=(11, 9))
        column = QVBoxLayout(inner)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_4)
        column.setSpacing(SPACE_3)
        column.addWidget(self.banner)
        column.addWidget(panes, 1)

    def _build_note(self, search: Search) -> None:
        self.vitals = VitalsRow(self.sheet.column)
        self.diagnoses = Diagnoses(self.context, search, self.sheet.column)
        self.note = NotePanel(
            {"subjective": self.vitals, "assessment": self.diagnoses}, self.sheet.column
        )
        self.next_steps = NextSteps(self.sheet.column)
        self.signed_note = SignedNote(self.sheet.column)
        self.sheet.hold(self.note, self.signed_note, self.next_steps)

    def _build_side(self, panel: VisitPanelFactory | None) -> None:
        # After the note: Tab goes through a page in the order it was made.
        column = self._side_column
        self.panel: VisitPanel | None = panel(self.context, column) if panel else None
        if self.panel is not None:
            self.panel.changed.connect(self._show_next_steps)
        self.side = ContextPanel(column, self.panel)
        self.note.set_words(self._slash_words())

    def _connect(self) -> None:
        vm = self.vm
        vm.opened.connect(self._on_opened)
        vm.refreshed.connect(self._on_refreshed)
        vm.text_replaced.connect(self._on_replaced)
        vm.note_collided.connect(self._on_collided)
        vm.aids_loaded.connect(self._on_aids)
        vm.draft_saved.connect(self._on_draft_saved)
        vm.signed.connect(self._on_signed)
        vm.failed.connect(self._on_failed)
        self.context.tasks.gate_changed.connect(self._show_gate)
        self.note.edited.connect(lambda: vm.type_note(self.note.text()))
        self.note.action_wanted.connect(self._on_slash)
        self.vitals.record_wanted.connect(
            lambda typed: vm.record_vitals(
                typed, self.vitals.taken, partial(self.vitals.refuse, typed)
            )
        )
        self.vitals.typed.connect(vm.type_vitals)
        self.diagnoses.added.connect(vm.add_diagnosis)
        self.diagnoses.removed.connect(vm.remove_diagnosis)
        self.diagnoses.main_wanted.connect(vm.make_main)
        self.diagnoses.problem_wanted.connect(vm.add_problem)
        self.sign_button.clicked.connect(self.sign)
        self.signed_note.addendum.edited.connect(
            lambda: vm.type_addendum(self.signed_note.addendum.text())
        )
        vm.addendum_restored.connect(self.signed_note.addendum.set_text)
        self.signed_note.addendum_wanted.connect(
            lambda words: vm.add_addendum(words, self._on_addendum_signed)
        )
        side = self.side
        side.copy_plan_wanted.connect(self.copy_last_plan)
        side.allergies_wanted.connect(lambda: self._go(to.EditAllergies(self._patient())))
        side.problems_wanted.connect(lambda: self._go(to.EditProblems(self._patient())))
        side.medicines_wanted.connect(lambda: self._go(to.Chart(self._patient(), "medicines")))

    # -- coming and going ---------------------------------------------------------

    def go_to(self, destination: to.Destination) -> None:
        """Show a visit; the one that is open already stays as it is."""
        if not isinstance(destination, to.Visit):
            return
        if destination.encounter_id != self.vm.encounter_id:
            self.loading.begin()
            self.vm.open(destination.encounter_id)
        self._focus_first()

    def can_leave(self) -> bool:
        """The note goes into the record; a vital sign that cannot be has to be put right."""
        if not self.vitals.commit():
            return False
        self.vm.keep()
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        """Another place is shown, or the clinic was locked: nothing waits for the timer."""
        super().hideEvent(event)
        self.vm.draft.flush()

    def primary(self) -> None:
        """Ctrl+Enter: sign, or after that the next step."""
        page = self.vm.page
        if page is not None and page.is_open:
            self.sign()
        elif page is not None and page.visit.is_signed:
            self.next_steps.run_first()

    def _focus_first(self) -> None:
        is_open = self.vm.page is not None and self.vm.page.is_open
        (self.note if is_open else self.signed_note).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def _may_sign(self) -> bool:
        return self.vm.page is not None and self.vm.page.may_sign

    def _patient(self) -> uuid.UUID:
        page = self.vm.page
        if page is None:
            raise NotFoundError(_("There is no such visit."))
        return page.banner.row.id

    def _go(self, destination: to.Destination) -> None:
        self.context.navigator.open(destination)

    # -- showing ------------------------------------------------------------------

    def _on_opened(self, state: VisitState) -> None:
        self._warned_of_blanks = False
        self.sheet.clear_notices()
        self.saved.setText("")
        self.vitals.clear()
        self.diagnoses.set_visit(state.page.visit.id)
        self.signed_note.clear_addendum()
        self.note.set_text(state.text)
        self._on_refreshed(state.page)
        self.vitals.set_pending(state.vitals)
        if state.restored is not None:
            self._say_restored(state.restored, state.page)
        self.loading.end()
        self._focus_first()

    def _on_refreshed(self, page: VisitPage) -> None:
        is_open = page.is_open
        card = patient_card(page.banner)
        self.banner.set_card(card)
        name = listed_name(page.banner.row.name)
        verb = _("Sign for {name}") if self._may_sign else _("Finish the visit of {name}")
        self.sign_button.set_text(verb.format(name=isolate(name)))
        self.sign_button.setShortcut("")  # the window has the key, so that drawers can take it
        self.sign_button.setVisible(is_open)
        self.saved.setVisible(is_open)
        self.sheet.show_visit(page)
        self.vitals.set_context(page.vitals)
        self.diagnoses.set_rows(page.diagnoses, page.problems)
        self.side.show_page(page)
        if not is_open:
            self.signed_note.show_page(page)
        if self.panel is not None:
            self.panel.set_visit(page.banner.row.id, page.visit.id, is_open=is_open)
        self._show_next_steps()
        self._show_gate()

    def _show_gate(self) -> None:
        """Where nothing can be written, nothing is typed; words that are there stay in reach."""
        may_type = self.context.tasks.refusal is None or self.vm.is_dirty
        parts = (self.note, self.vitals, self.diagnoses, self.signed_note.addendum, self.panel)
        for part in (*parts, self.sign_button):
            if part is not None:
                part.setEnabled(may_type)

    def _show_next_steps(self) -> None:
        page = self.vm.page
        if page is not None and not page.is_open:
            self.next_steps.set_steps(self._steps(page))

    def _on_aids(self, aids: WritingAids) -> None:
        self.note.set_aids(aids)
        self.diagnoses.set_favourites(aids.favourites)

    def _on_draft_saved(self, at: datetime) -> None:
        when = current().time(at, "medium")
        self.saved.setText(_("draft saved {time}").format(time=isolate(when)))

    def _on_replaced(self, text: NoteText) -> None:
        self.note.set_text(text)

    def _on_failed(self, error: ClinicError) -> None:
        if self.vm.page is None:
            self.loading.fail(error.message, error.hint)
        else:
            self.context.host.show_error(error)

    def _say_restored(self, restored: Restored, page: VisitPage) -> None:
        names = {part: edit.accessibleName() for part, edit in self.note.edits.items()}
        parts = commas(names[part] for part in restored.parts) or _("Vital signs")
        title = _("What you typed on {date} was restored: {parts}.").format(
            date=isolate(current().datetime(restored.saved_at)), parts=parts
        )
        notice = Notice(Tone.INFO, title, _("It is not in the record yet."), closable=True)
        note = page.note
        if note is not None:
            notice.add_action(_("Discard it"), lambda: self._discard(note, notice))
        self.sheet.add_notice(notice)
        if restored.note_changed_since and note is not None:
            self._on_collided(note)

    def _discard(self, note: NoteRow, notice: Notice) -> None:
        notice.hide()
        self.vm.take_theirs(note)

    def _on_collided(self, note: NoteRow) -> None:
        title = _("{name} saved this note meanwhile.").format(name=isolate(note.author))
        theirs = "\n".join(filter(None, vars(note.text).values()))
        notice = Notice(Tone.WARN, title, theirs)

        def decide(keep_mine: bool) -> None:
            notice.hide()
            (self.vm.keep_mine if keep_mine else self.vm.take_theirs)(note)

        notice.add_action(_("Keep mine"), lambda: decide(keep_mine=True))
        notice.add_action(_("Take theirs"), lambda: decide(keep_mine=False))
        self.sheet.add_notice(notice)

    # -- acting -------------------------------------------------------------------

    def sign(self) -> None:
        """Sign, unless a vital sign is wrong or a blank is still empty."""
        if not self.vitals.commit():
            return
        left = self.note.blanks_left()
        if left and not self._warned_of_blanks:
            self._warned_of_blanks = True
            words = ngettext(
                "{count} blank is not filled in.", "{count} blanks are not filled in.", left
            )
            notice = Notice(Tone.WARN, words.format(count=left), closable=True)
            notice.add_action(_("Sign anyway"), self.sign)
            self.sheet.add_notice(notice)
            self.note.go_to_first_blank()
            return
        if self._may_sign:
            self.vm.sign()
        else:
            self.finish()

    def finish(self) -> None:
        """End the visit without a signature; the person goes on to the till."""
        if self.vitals.commit():
            self.vm.finish(lambda: self._go(to.Today()))

    def _on_signed(self) -> None:
        self.context.host.toast(_("Visit signed."))
        self.context.actions.set_screen(self.offered_actions())

    def _on_addendum_signed(self) -> None:
        self.signed_note.clear_addendum()
        self.signed_note.setFocus(Qt.FocusReason.OtherFocusReason)
        self.context.host.toast(_("Addendum signed."))

    def copy_last_plan(self) -> None:
        """Put the plan of the visit before into this one."""
        page = self.vm.page
        if page is not None and page.text_before.plan:
            self.note.insert("plan", page.text_before.plan)
            self.note.edits["plan"].setFocus(Qt.FocusReason.OtherFocusReason)

    def book_follow_up(self, when: str = "") -> None:
        """Open the booking over the visit, at the day that was typed."""
        today = current().local(self.context.clock.now()).date()
        self._go(to.BookAppointment(self._patient(), follow_up_day(when, today)))

    def _edit_templates(self) -> None:
        form = TemplatesForm(self.context, self.note.text())
        self.context.host.show_drawer(form, _("Note templates"), width=TEMPLATES_WIDTH)

    def _slash_words(self) -> tuple[SlashWord, ...]:
        own = (
            SlashWord("fu", _("Book a follow-up"), Icon.BOOK),
            SlashWord("dx", _("Add a diagnosis"), Icon.DIAGNOSIS),
            SlashWord("vitals", _("Measure vital signs"), Icon.VITALS),
            SlashWord("last", _("Copy the last plan"), Icon.COPY),
        )
        return (*(self.panel.slash_words() if self.panel else ()), *own)

    def _on_slash(self, name: str, rest: str) -> None:
        run = {
            "fu": lambda: self.book_follow_up(rest),
            "dx": lambda: self.diagnoses.begin(rest),
            "vitals": lambda: self.vitals.setFocus(Qt.FocusReason.OtherFocusReason),
            "last": self.copy_last_plan,
        }.get(name)
        if run is not None:
            run()
        elif self.panel is not None:
            self.panel.begin(name, rest)

    def _steps(self, page: VisitPage) -> list[Step]:
        patient, visit = page.banner.row.id, page.visit.id
        steps = [
            Step("visit.bill", _("Bill the visit"), Icon.BILLING,
                 lambda: self._go(to.Billing(patient, visit))),
            Step("visit.follow-up", _("Book a follow-up"), Icon.BOOK, self.book_follow_up),
        ]  # fmt: skip
        if self.panel is not None and self.panel.can_print():
            paper = Step("visit.print", _("Print prescription"), Icon.PRINT, self._print)
            steps.insert(0, paper)
        return steps

    def _print(self) -> None:
        if self.panel is not None:
            self.panel.print_papers()

    def screen_actions(self) -> tuple[Action, ...]:
        """What can be done on this page."""
        here = _("Visit")

        def chart() -> None:
            self._go(to.Chart(self._patient()))

        return (
            Action("visit.sign", self.sign_button.accessibleName(), self.primary, "Ctrl+Return",
                   Icon.SIGN, here),
            Action("visit.finish", _("Finish without signing"), self.finish, "", Icon.CHECK, here),
            Action("visit.templates", _("Edit note templates"), self._edit_templates, "",
                   Icon.NOTE, here, _("phrases shortcuts")),
            Action("visit.vitals", _("Measure vital signs"), self.vitals.setFocus, "Ctrl+M",
                   Icon.VITALS, here),
            Action("visit.diagnose", _("Add a diagnosis"), self.diagnoses.begin, "Ctrl+D",
                   Icon.DIAGNOSIS, here, _("ICD code")),
            Action("visit.copy-plan", _("Copy the last plan"), self.copy_last_plan, "",
                   Icon.COPY, here),
            Action("visit.follow-up", _("Book a follow-up"), self.book_follow_up, "",
                   Icon.BOOK, here),
            Action("visit.print", _("Print what was prescribed"), self._print, "Ctrl+P",
                   Icon.PRINT, here),
            *confidence.actions(self.context, self.vm, here),
            Action("visit.chart", _("Open the chart"), chart, "Ctrl+H", Icon.PATIENT, here),
        )  # fmt: skip
