"""What is done on a screen before it is looked at: a drawer opened, a page turned."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar, cast

from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from clinic_desktop.errors import RuleError
from clinic_desktop.i18n import _
from clinic_desktop.security import second_factor
from clinic_desktop.security.recovery_drill import Drill
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.conflicts.listing import ConflictRow
from clinic_desktop.services.conflicts.repeating import Step
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.scheduling.grid import ColumnsBy
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.billing.billing_vm import Tab
from clinic_desktop.ui.billing.insured_view import InsuredView
from clinic_desktop.ui.calendar.calendar_view import CalendarView
from clinic_desktop.ui.calendar.calendar_vm import Mode, Placing
from clinic_desktop.ui.calendar.overlap_form import OverlapForm
from clinic_desktop.ui.chart.allergies_form import AllergiesForm
from clinic_desktop.ui.chart.documents_section import DocumentsSection
from clinic_desktop.ui.conflicts.conflict_panel import ConflictPanel
from clinic_desktop.ui.conflicts.conflicts_view import ConflictsView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.imports.import_view import ImportView
from clinic_desktop.ui.imports.import_vm import Phase
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from clinic_desktop.ui.settings.audit_page import AuditPage
from clinic_desktop.ui.settings.code_card import CodesForm
from clinic_desktop.ui.settings.drill_form import DrillForm
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.people_page import NewPersonForm
from clinic_desktop.ui.settings.rights_page import RightsPage
from clinic_desktop.ui.settings.schedule_closures import ClosuresPage
from clinic_desktop.ui.settings.schedule_lines import LinesPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell import questions
from clinic_desktop.ui.shell.palette_help import HelpView
from clinic_desktop.ui.shell.palette_topics import topics
from clinic_desktop.ui.shell.questions import LongAsked
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.screens import apart
from tests.screens.program import Program
from tests.support import fhir
from tests.support.records import CHEAP

W = TypeVar("W", bound=QWidget)


def _the(program: Program, kind: type[W]) -> W:
    """The one visible part of this kind."""
    found = program.screen.findChildren(kind)
    return next(part for part in found if part.isVisible())


# ---------------------------------------------------------------- two PCs


def write_apart(program: Program) -> uuid.UUID:
    """Both wrote into one chart; returns its patient."""
    assert program.session.clinic is not None
    return apart.write_apart(program.session.clinic)


def open_question(table: str) -> Callable[[Program], None]:
    """Choose the question about a row of this table."""

    def choose(program: Program) -> None:
        view = program.screen
        assert isinstance(view, ConflictsView)
        model = view.table.model_
        for place in range(model.rowCount()):
            row = model.row_at(place)
            if isinstance(row, ConflictRow) and row.table == table:
                view.table.opened.emit(row.id)

    return choose


def show_step_in_vain(program: Program) -> None:
    """The question about somebody whom an owner entered, beside another step."""
    view = program.screen
    assert isinstance(view, ConflictsView)
    open_question("allergy_intolerance")(program)
    program.settle()
    assert view.panel is not None
    asked = view.panel.item
    row = replace(
        asked.row, kind="membership", table="membership_entry", patient_id=None, patient=None,
        subject=None, versions=1,
    )  # fmt: skip
    step = Step("add-person", "Dr Olga Njoroge", "olga", ("owner", "doctor", "accountant"))
    view._show_item(
        replace(
            asked,
            row=row,
            versions=asked.versions[:1],
            before={},
            can_keep_both=False,
            editable=(),
            is_told=True,
            again=step,
        )
    )


def take_step_again(program: Program) -> None:
    """What is asked before it is taken."""
    view = program.screen
    assert isinstance(view, ConflictsView)
    view._take_again()


def _id_of(program: Program, sql: str) -> uuid.UUID:
    patient = write_apart(program)
    assert program.session.clinic is not None
    found = apart.rows(program.session.clinic.store, sql, patient.bytes)
    return uuid.UUID(bytes=found[0][0])


def show_disputed_appointment(program: Program) -> None:
    """The calendar at an appointment about which something is asked."""
    booked = _id_of(program, "SELECT id FROM appointment WHERE patient_id = ?")
    program.go(to.Calendar(appointment_id=booked))


def show_disputed_bill(program: Program) -> None:
    """A bill that two desks took the money for."""
    bill = _id_of(program, "SELECT id FROM invoice WHERE patient_id = ?")
    program.go(to.Billing(invoice_id=bill))


def wait_a_day(program: Program) -> None:
    """What nobody decided for a day comes up over every screen."""
    questions.LONG = timedelta()
    try:
        notice = program.screen.window().findChild(LongAsked)
        assert isinstance(notice, LongAsked)
        notice.look()
    finally:
        questions.LONG = timedelta(hours=24)


def put_words_together(program: Program) -> None:
    """The drawer of a third version."""
    panel = _the(program, ConflictPanel)
    panel.edit_third()


# ---------------------------------------------------------------- the day


def show_week(program: Program) -> None:
    """Seven days beside each other."""
    cast("CalendarView", program.screen).vm.set_mode(Mode.WEEK)


def show_rooms(program: Program) -> None:
    """A column for each room."""
    calendar = cast("CalendarView", program.screen)
    calendar.vm.set_mode(Mode.DAY)
    calendar.vm.set_columns(ColumnsBy.ROOM)


def add_to_wait_list(program: Program) -> None:
    """The drawer for somebody who wants a time."""
    calendar = cast("CalendarView", program.screen)
    calendar.vm.set_mode(Mode.DAY)
    calendar.vm.set_columns(ColumnsBy.PRACTITIONER)
    calendar.panel.waiting.added.emit()


def ask_reason(program: Program) -> None:
    """Why two are to come at the same time."""
    calendar = cast("CalendarView", program.screen)
    grid = calendar.vm.state.grid
    assert grid is not None
    column = next(each for each in grid.columns if each.tiles)
    row, start = column.tiles[0].row, column.tiles[0].start_min
    sentence = _("Somebody is booked at this time already.")
    wish = Placing(row, column, start, row.minutes)
    form = OverlapForm(program.context, wish, sentence, lambda _reason: None)
    program.context.host.show_drawer(form, "OKAFOR Adaeze")


def cancel_appointment(program: Program) -> None:
    """The drawer that asks why."""
    today = cast("TodayView", program.screen)
    row = today._current()
    assert row is not None
    today.steps.cancel(row)


# ---------------------------------------------------------------- care


def add_document(program: Program) -> None:
    """The drawer that names a file."""
    picture = program.session.data_dir.root.parent / "x-ray.png"
    Image.new("RGB", (480, 640), "gray").save(picture)
    _the(program, DocumentsSection).take_files([picture])


def change_allergy(program: Program) -> None:
    """An allergy taken into the fields."""
    form = program.in_front().findChild(AllergiesForm)  # an earlier one may still be closing
    assert form is not None
    program.until(lambda: bool(form.listed.facts))
    form.listed.facts[0].actions[0].run()
    program.until(lambda: form.edited is not None)


def prescribe_against_allergy(program: Program) -> None:
    """A line added, and another that the recorded allergy speaks against."""
    editor = _the(program, PrescribePanel).editor
    editor.show_form(LineForm("Ibuprofen", "1 tab tid 3d", "400 mg", "tablet"))
    editor.submit()
    program.until(lambda: not editor.product.edit.text())
    editor.show_form(LineForm("Amoxicillin", "1 cap tid 7d", "500 mg", "capsule"))
    editor.submit()
    program.until(editor.notices.isVisible)


def edit_templates(program: Program) -> None:
    """The templates for notes."""
    cast("VisitView", program.screen)._edit_templates()


def preview_prescription(program: Program) -> None:
    """The paper before it is printed."""
    program.context.printing.print_paper(
        "prescription", program.sample.prescription_id, preview=True
    )


# ---------------------------------------------------------------- money


def show_all_documents(program: Program) -> None:
    """The list of every document."""
    cast("BillingView", program.screen).vm.show_tab(Tab.ALL)


def open_bill(program: Program) -> None:
    """The first bill of an insurer's agent."""
    screen = program.screen
    assert isinstance(screen, InsuredView)
    screen.table.select_id(screen.table.model_.id_at(0))


def add_insurers_agent(program: Program) -> None:
    """What is asked about somebody from an insurer."""
    form = NewPersonForm(program.context)
    form.roles.choose(("insurer",))
    program.context.host.show_drawer(form, _("Add a person"))


def charge(program: Program) -> None:
    """Two services on the checkout."""
    checkout = cast("BillingView", program.screen).checkout
    opened = program.context.clinic
    for service in opened.store.read(opened.actor, catalogue.services).result(60)[:2]:
        checkout._add(service)


def pay(program: Program) -> None:
    """The drawer that takes what is still due."""
    cast("BillingView", program.screen).document.pay.click()


def refund(program: Program) -> None:
    """The drawer that gives money back."""
    cast("BillingView", program.screen).document.refund.click()


def take_back(program: Program) -> None:
    """The drawer that undoes an invoice."""
    cast("BillingView", program.screen).document.credit.click()


def show_requests(program: Program) -> None:
    """The list of what was asked for."""
    cast("BillingView", program.screen).vm.show_tab(Tab.REQUESTS)


def decline(program: Program) -> None:
    """The drawer that says no to a request."""
    cast("BillingView", program.screen).document.decline.click()


# ---------------------------------------------------------------- the house


def _page(program: Program) -> QWidget:
    settings = cast("SettingsView", program.screen)
    return settings.page(settings.shown)


def add_line(program: Program) -> None:
    """An empty line of a list."""
    cast("LinesPage", _page(program)).open_line(None)


def open_rights(program: Program) -> None:
    """The drawer of what one person may do."""
    page = cast("RightsPage", _page(program))
    page._open("amina")


def open_person(program: Program) -> None:
    """The first of those who sign in."""
    page = cast("LinesPage", _page(program))
    page.open_line(next(iter(page._rows.values())))


def review_emergency(program: Program) -> None:
    """What somebody looks at after an emergency."""
    page = cast("AuditPage", _page(program))
    page.emergencies._open(next(iter(page.emergencies._rows)))


def switch_code_on(program: Program) -> None:
    """The drawer in which codes from a phone begin."""
    cast("LockPage", _page(program)).code.switch_on.click()


def show_recovery_codes(program: Program) -> None:
    """Ten recovery codes, shown once."""
    form = CodesForm(program.context, second_factor.new_codes())
    program.context.host.show_drawer(form, _("New recovery codes"))


def check_sheet(program: Program) -> None:
    """The drawer in which two groups of the recovery sheet are typed."""
    drill = Drill.of(RecoveryKey(bytes(range(60, 80))), CHEAP)
    program.context.host.show_drawer(DrillForm(program.context, drill), _("Check my sheet"))


def ask_password(program: Program) -> None:
    """The password is wanted once more."""
    assert program.context.tasks.ask_password is not None
    program.context.tasks.ask_password()


def add_closure(program: Program) -> None:
    """The drawer of closed days."""
    cast("ClosuresPage", _page(program))._add()


def add_holidays(program: Program) -> None:
    """The drawer of public holidays."""
    cast("ClosuresPage", _page(program))._open_holidays()


def find_setting(program: Program) -> None:
    """A word that no page has."""
    settings = cast("SettingsView", program.screen)
    QTest.keyClicks(settings.search.edit, "zz")
    program.until(lambda: not settings.list.count())


def try_import(program: Program) -> None:
    """What would come of two files, one of which is broken."""
    folder = program.session.data_dir.root.parent / "to-import"
    folder.mkdir(exist_ok=True)
    fhir.write(folder / "good.json", fhir.bundle(fhir.patient(), fhir.encounter()))
    (folder / "broken.json").write_text('{"resourceType": "Bundle", "entry": [', "utf-8")
    view = cast("ImportView", program.screen)
    view.dry_run.setChecked(True)
    view.add_paths([str(folder)])
    view.vm.start()
    program.until(lambda: view.vm.state.phase is Phase.DONE)


def find_patient(program: Program) -> None:
    """The palette with patients and actions."""
    assert program.session.desk is not None
    top = program.session.desk.top
    top.focus_palette()
    QTest.keyClicks(top.field.edit, "iva")
    palette = top.palette_list
    assert palette is not None
    program.until(palette.isVisible)


def read_help(program: Program) -> None:
    """An answer of the palette."""
    topic = topics()[0]
    program.context.host.show_drawer(HelpView(topic), topic.title)


def show_keys(program: Program) -> None:
    """What keys do here."""
    assert program.session.desk is not None
    program.session.desk._show_shortcuts()


def ask(program: Program) -> None:
    """A question before something that cannot be undone."""
    text = _("{name} cannot sign in any more.").format(name="Kofi")
    program.context.host.confirm(_("End the way in"), text, _("End it"), lambda: None)


def fail(program: Program) -> None:
    """A sentence about what went wrong."""
    error = RuleError(_("This visit is signed already."), hint=_("Write an addendum."))
    program.context.host.show_error(error)


def say_done(program: Program) -> None:
    """What was done, with a way back."""
    program.context.host.toast(_("Document removed."), lambda: None)


def fill_disk(program: Program) -> None:
    """Find the disk full: the record can only be looked at."""
    program.gate.on_full()
