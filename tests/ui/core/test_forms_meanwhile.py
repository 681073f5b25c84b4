"""A form is open while another PC's change of the same row comes in: what is typed stays.

What changed is said in the form, and saving goes over it only after that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import StaleError
from clinic_desktop.services import (
    allergies,
    encounters,
    note_templates,
    observations,
    patients,
    practice,
)
from clinic_desktop.services.allergies import RecordAllergy
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.billing.catalogue import ServiceForm
from clinic_desktop.services.confidentiality import team
from clinic_desktop.services.note_templates import SaveTemplate
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.observations import TypedVital
from clinic_desktop.services.scheduling import bookings, resources
from clinic_desktop.services.scheduling.bookings import BookAppointment
from clinic_desktop.services.scheduling.resources import SaveType
from clinic_desktop.ui.booking.move_view import MoveView
from clinic_desktop.ui.chart.allergies_form import AllergiesForm
from clinic_desktop.ui.chart.care_team_form import CareTeamForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.patients.merge_view import MergeView
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.settings.practice_page import PracticePage
from clinic_desktop.ui.settings.prices_page import ServicesPage
from clinic_desktop.ui.settings.schedule_lines import TypesPage
from clinic_desktop.ui.settings.templates_page import TemplatesPage
from clinic_desktop.ui.visits.templates_form import TemplatesForm
from clinic_desktop.ui.visits.visit_view import VisitView
from clinic_desktop.ui.widgets.notice import Notice
from tests.support.pcs import Pc, meet, new_patient
from tests.support.records import Record
from tests.support.windows import RecordingHost

MINE, THEIRS = "Mine", "Theirs"


@dataclass
class Desk:
    """A window at the first PC, and the other PC."""

    context: Context
    first: Pc
    second: Pc
    record: Record
    qtbot: QtBot
    patient: uuid.UUID
    kept: list[QWidget] = field(default_factory=list)

    @property
    def host(self) -> RecordingHost:
        assert isinstance(self.context.host, RecordingHost)
        return self.context.host

    def show(self, widget: QWidget) -> None:
        """Open it, and wait until it is filled."""
        self.qtbot.addWidget(widget)
        self.kept.append(widget)
        widget.resize(900, 700)
        widget.show()
        self.idle()

    def idle(self) -> None:
        self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def until(self, so: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(so)

    def meet(self) -> None:
        meet(self.first, self.second)

    def pull(self) -> None:
        self.first.pull(self.second)
        self.idle()

    def value(self, sql: str) -> Any:
        return self.first.rows(sql)[0][0]

    def elsewhere(self, sql: str) -> None:
        """The other PC writes, and this one hears of it."""
        self.second.sql(sql)
        self.pull()


@dataclass
class Form:
    """An open form with something typed."""

    elsewhere: Callable[[], None]
    """The other PC's change of the same row comes in."""
    typed: Callable[[], str]
    told: Callable[[], str]
    """What the form says of it; empty as long as it says nothing."""
    save: Callable[[], object]
    saved: Callable[[], str]
    """What the record has in the place of what was typed."""
    mine: str = MINE


def shown(notice: QWidget) -> str:
    assert isinstance(notice, Notice)
    return f"{notice.accessibleName()} {notice.accessibleDescription()}" * notice.isVisible()


def details(desk: Desk) -> Form:
    form = EditView(desk.context, to.EditPatient(desk.patient))
    desk.show(form)
    given = form.findChild(QLineEdit, "patient.given")
    assert given is not None
    given.setText(MINE)

    def save() -> None:
        form._keep_mine()
        form.submit(print_too=False)

    return Form(
        lambda: desk.elsewhere("UPDATE patient SET preferred = 'Theirs'"), given.text,
        lambda: shown(form.overtaken), save, lambda: desk.value("SELECT given FROM patient"),
    )  # fmt: skip


def booked(desk: Desk) -> uuid.UUID:
    now = desk.first.clock.now()
    wish = BookAppointment(now.date(), time(16), 30, desk.patient, overlap_reason="closed hours")
    desk.first.write(bookings.book, wish)
    desk.meet()
    return uuid.UUID(bytes=desk.value("SELECT id FROM appointment"))


def move(desk: Desk) -> Form:
    form = MoveView(desk.context, to.MoveAppointment(booked(desk)))
    desk.show(form)
    QTest.keyClicks(form.slot.line, "17:00")

    def save() -> None:
        form.slot.reason.edit.setText("She asked")
        desk.idle()
        form.submit(print_too=False)

    return Form(
        lambda: desk.elsewhere("UPDATE appointment SET reason = 'Theirs'"), form.slot.line.text,
        lambda: shown(form.notice), save,
        lambda: "17:00" * (desk.value("SELECT end_at - start_at FROM appointment") > 0),
        mine="17:00",
    )  # fmt: skip


def cancel(desk: Desk) -> Form:
    row = desk.first.read(bookings.appointment, booked(desk))
    form = CancelForm(desk.context, row, lambda: None)
    desk.show(form)
    form.reason.edit.setText(MINE)
    return Form(
        lambda: desk.elsewhere("UPDATE appointment SET start_at = start_at + 60000, end_at ="
                               " end_at + 60000"),
        form.reason.text, lambda: shown(form.overtaken), partial(form.submit, False),
        lambda: desk.value("SELECT cancel_reason FROM appointment"),
    )  # fmt: skip


def template(desk: Desk) -> Form:
    desk.first.write(note_templates.save_template, SaveTemplate("Cold", "uri", NoteText("Cough")))
    desk.meet()
    form = TemplatesForm(desk.context, NoteText())
    desk.show(form)
    form._edit(desk.first.read(note_templates.templates)[0])
    desk.idle()
    form.name.setText(MINE)
    return Form(
        lambda: desk.elsewhere("UPDATE note_template SET name = 'Theirs', shortcut = 'cold'"),
        form.name.text, form._rows["name"].message.text,
        partial(form.submit, False), lambda: desk.value("SELECT name FROM note_template"),
    )  # fmt: skip


def line(desk: Desk, page: Any, table: str) -> Form:
    """A line of a list in the settings."""
    made = page(desk.context)
    desk.show(made)
    made.open_line(next(iter(made._rows.values())))
    form: Any = desk.host.drawers[-1]
    desk.show(form)
    form.name.setText(MINE)
    return Form(
        lambda: desk.elsewhere(f"UPDATE {table} SET name = 'Theirs'"), form.name.text,  # noqa: S608
        form.rows["name"].message.text, partial(form.submit, False),
        lambda: desk.value(f"SELECT name FROM {table}"),  # noqa: S608
    )  # fmt: skip


def template_line(desk: Desk) -> Form:
    desk.first.write(note_templates.save_template, SaveTemplate("Cold", "uri", NoteText("Cough")))
    desk.meet()
    return line(desk, TemplatesPage, "note_template")


def service(desk: Desk) -> Form:
    desk.first.write(catalogue.save_service, ServiceForm("Dressing", 50_000))
    desk.meet()
    return line(desk, ServicesPage, "service_item")


def kind_of_appointment(desk: Desk) -> Form:
    desk.first.write(resources.save_type, SaveType("Check-up", 20))
    desk.meet()
    return line(desk, TypesPage, "appointment_type")


def allergy(desk: Desk) -> Form:
    desk.first.write(allergies.record_allergy, RecordAllergy(desk.patient, "Nuts"))
    desk.meet()
    form = AllergiesForm(desk.context, to.EditAllergies(desk.patient))
    desk.show(form)
    key = uuid.UUID(bytes=desk.value("SELECT id FROM allergy_intolerance"))
    form._read(key, form._begin)
    desk.idle()
    form.reaction.setText(MINE)
    return Form(
        lambda: desk.elsewhere("UPDATE allergy_intolerance SET reaction = 'Theirs'"),
        form.reaction.text, form.rows["reaction"].message.text,
        partial(form.submit, False),
        lambda: desk.value("SELECT reaction FROM allergy_intolerance"),
    )  # fmt: skip


def care_team(desk: Desk) -> Form:
    roles = (("doctor",), ("doctor", "nurse"), ("doctor", "reception"))
    before, mine, theirs = (desk.record.as_role(*each).user_id for each in roles)
    owner = desk.record.owner.user_id
    assert owner is not None
    assert before is not None
    assert mine is not None
    assert theirs is not None
    desk.first.write(team.keep_in_confidence, desk.patient, [owner, before])
    desk.meet()
    form = CareTeamForm(desk.context, to.EditCareTeam(desk.patient))
    desk.show(form)
    form.ticks[mine].setChecked(True)

    def elsewhere() -> None:
        desk.second.write(team.keep_in_confidence, desk.patient, [owner, before, theirs])
        desk.pull()

    def members() -> str:
        found = desk.first.read(team.care_team, desk.patient).members
        return MINE if found == {owner, before, mine, theirs} else str(found)

    return Form(
        elsewhere, lambda: MINE if form.ticks[mine].isChecked() else "",
        form.rows["team"].message.text, partial(form.submit, False), members,
    )  # fmt: skip


def visit(desk: Desk) -> VisitView:
    begun = desk.first.write(encounters.start_visit, patient_id=desk.patient).encounter_id
    desk.meet()
    view = VisitView(desk.context)
    desk.show(view)
    view.go_to(to.Visit(desk.patient, begun))
    desk.idle()
    return view


def note(desk: Desk) -> Form:
    view = visit(desk)
    edit = view.note.edits["plan"]
    QTest.keyClicks(edit, MINE)

    def notices() -> str:
        return " ".join(shown(each) for each in view.sheet.findChildren(Notice))

    def save() -> None:
        next(
            each for each in view.findChildren(QWidget)
            if getattr(each, "text", lambda: "")() == "Keep mine"
        ).click()  # type: ignore[attr-defined]  # fmt: skip
        view.can_leave()

    return Form(
        lambda: desk.elsewhere("UPDATE note SET plan = 'Theirs'"), lambda: view.note.text().plan,
        notices, save, lambda: desk.value("SELECT plan FROM note"),
    )  # fmt: skip


def vitals(desk: Desk) -> Form:
    view = visit(desk)
    tile = view.vitals.tiles["weight"]
    tile.edit.setText("71")
    begun = uuid.UUID(bytes=desk.value("SELECT id FROM encounter"))

    def elsewhere() -> None:
        desk.second.write(observations.record_vitals, begun, [TypedVital("weight", "68")])
        desk.pull()

    newest = (
        "SELECT value FROM observation WHERE is_deleted = 0 AND status NOT IN"
        " ('entered-in-error') ORDER BY sv DESC"
    )
    return Form(
        elsewhere, tile.edit.text, view.vitals._meanwhile.text, view.vitals.commit,
        lambda: str(desk.value(newest)).removesuffix(".00"), mine="71",
    )  # fmt: skip


def merge(desk: Desk) -> Form:
    other = new_patient(desk.first, "Other")
    desk.meet()
    form = MergeView(desk.context, to.MergePatients(desk.patient))
    desk.show(form)
    form.vm.choose_other(other)
    desk.idle()
    form.reason.setText(MINE)

    def elsewhere() -> None:
        desk.elsewhere(f"UPDATE patient SET family = 'Theirs' WHERE id = X'{other.hex}'")  # noqa: S608
        form.submit(print_too=False)
        desk.until(lambda: bool(desk.host.errors))
        desk.idle()

    def told() -> str:
        theirs = form.vm.state.other
        errors = [str(each) for each in desk.host.errors if isinstance(each, StaleError)]
        return " ".join(errors) * (theirs is not None and theirs.entry.name.family == THEIRS)

    return Form(
        elsewhere, form.reason.text, told, partial(form.submit, False),
        lambda: desk.value("SELECT coalesce(max(reason), '') FROM patient_merge"),
    )  # fmt: skip


def details_of_the_practice(desk: Desk) -> Form:
    page = PracticePage(desk.context)
    desk.show(page)
    page.load()
    desk.idle()
    edit = page.fields._fields["phone"]
    edit.setText(MINE)

    def elsewhere() -> None:
        desk.elsewhere("UPDATE practice SET phone = 'Theirs'")
        page._on_field("phone")
        desk.idle()

    return Form(
        elsewhere, edit.text, page.fields._rows["phone"].message.text,
        lambda: page._on_field("phone"), lambda: desk.first.read(practice.details).phone,
    )  # fmt: skip


FORMS = (
    details, move, cancel, template, template_line, service, kind_of_appointment, allergy,
    care_team, note, vitals, merge, details_of_the_practice,
)  # fmt: skip


def says_so(form: Form) -> bool:
    return any(words in form.told() for words in ("meanwhile", "Somebody changed this"))


@pytest.mark.parametrize("opened", FORMS, ids=lambda each: each.__name__)
def test_what_is_typed_stays_and_what_changed_is_said(
    two: tuple[Pc, Pc],
    record: Record,
    ui_context: Context,
    qtbot: QtBot,
    opened: Callable[[Desk], Form],
) -> None:
    first, second = two
    assert first.store is record.store
    desk = Desk(ui_context, first, second, record, qtbot, new_patient(first))
    desk.meet()
    form = opened(desk)
    assert form.typed() == form.mine
    assert not says_so(form)
    form.elsewhere()
    desk.until(lambda: says_so(form))
    assert form.typed() == form.mine
    assert form.saved() != form.mine or form.mine == "17:00"
    form.save()
    desk.until(lambda: form.saved() == form.mine)
    desk.idle()


def test_a_care_team_is_not_replaced_unseen(two: tuple[Pc, Pc], record: Record) -> None:
    first, patient = two[0], new_patient(two[0])
    one, other = (record.as_role("doctor", also).user_id for also in ("nurse", "reception"))
    owner = record.owner.user_id
    assert owner is not None
    assert one is not None
    assert other is not None
    first.write(team.keep_in_confidence, patient, [owner, one, other], frozenset())
    with pytest.raises(StaleError):
        first.write(team.keep_in_confidence, patient, [owner, other], frozenset())
    seen = frozenset({owner, one, other})
    first.write(team.keep_in_confidence, patient, [owner, other], seen)


def test_charts_are_not_joined_over_what_was_not_compared(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    one, other = new_patient(first), new_patient(first, "Other")
    records = [first.read(patients.record_of, each) for each in (one, other)]
    seen = (records[0].entry, records[1].entry)
    first.sql("UPDATE patient SET family = 'Theirs' WHERE id = ?", other.bytes)
    with pytest.raises(StaleError):
        first.write(patients.merge, one, other, reason="Same", seen=seen)
