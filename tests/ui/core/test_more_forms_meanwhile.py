"""The same for what is set up for the practice, for consents, and for money."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import StaleError
from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.services import membership, people
from clinic_desktop.services.billing import accounts, invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import TakePayment
from clinic_desktop.services.patients import consent_texts, consents
from clinic_desktop.services.patients.consent_texts import SaveText
from clinic_desktop.services.patients.consents import Decision
from clinic_desktop.services.people import NewPerson
from clinic_desktop.services.privacy import retention
from clinic_desktop.services.scheduling import hours, resources
from clinic_desktop.services.scheduling.hours import WeekHours
from clinic_desktop.services.scheduling.resources import SavePractitioner, SaveRoom
from clinic_desktop.services.scheduling.timetable import PRACTICE, Span
from clinic_desktop.ui.billing.money_forms import PayForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.settings.consent_texts_page import ConsentTextLine, ConsentTextsPage
from clinic_desktop.ui.settings.people_page import PersonForm
from clinic_desktop.ui.settings.privacy_page import PrivacyPage
from clinic_desktop.ui.settings.rules_page import RulesPage
from clinic_desktop.ui.settings.schedule_hours import HoursPage
from clinic_desktop.ui.settings.schedule_lines import PeoplePage, RoomsPage
from tests.support.pcs import Pc, new_patient
from tests.support.records import Record, keys_of
from tests.ui.core.test_forms_meanwhile import MINE, THEIRS, Desk, Form, line, says_so, shown

MINUTE = 60


def _usual(*monday: Span) -> tuple[tuple[Span, ...], ...]:
    return (tuple(monday), *[()] * 6)


def working_hours(desk: Desk) -> Form:
    page = HoursPage(desk.context)
    desk.show(page)
    page.days[0].set_text("8-12")

    def elsewhere() -> None:
        wish = WeekHours(PRACTICE, _usual((9 * MINUTE, 17 * MINUTE)))
        desk.second.write(hours.save_week_hours, wish)
        desk.pull()

    def saved() -> str:
        found = desk.first.read(hours.week_hours)
        spans = [week.spans[0] for week in found if week.resource == PRACTICE]
        return "8-12" if spans == [((8 * MINUTE, 12 * MINUTE),)] else str(spans)

    return Form(
        elsewhere, page.days[0].text, page._lines[0].message.text, page._save, saved, mine="8-12"
    )


def retention_rule(desk: Desk) -> Form:
    page = PrivacyPage(desk.context)
    desk.show(page)
    page.load()
    desk.idle()
    page.years.set_text("25")

    def elsewhere() -> None:
        rule = desk.second.read(retention.rule)
        desk.second.write(retention.decide_rule, replace(rule, years=15))
        desk.pull()

    return Form(
        elsewhere, page.years.text, page.years.note.text, page._keep_rule,
        lambda: str(desk.first.read(retention.rule).years), mine="25",
    )  # fmt: skip


def retention_rule_not_yet_shown(desk: Desk) -> Form:
    """The save is sent before the page has heard of the other."""
    form = retention_rule(desk)
    page = next(each for each in desk.kept if isinstance(each, PrivacyPage))

    def elsewhere() -> None:
        desk.context.tasks.committed.disconnect(page._on_committed)
        form.elsewhere()
        form.save()
        desk.until(page.notice.isVisible)
        desk.idle()

    return replace(form, elsewhere=elsewhere)


def room(desk: Desk) -> Form:
    desk.first.write(resources.save_room, SaveRoom("Room 1"))
    desk.meet()
    return line(desk, RoomsPage, "location")


def doctor(desk: Desk) -> Form:
    desk.first.write(resources.save_practitioner, SavePractitioner("Dr One"))
    desk.meet()
    return line(desk, PeoplePage, "practitioner")


def _text(title: str) -> SaveText:
    return SaveText("treatment", title, "We treat you.", "en")


def consent_text(desk: Desk) -> Form:
    desk.first.write(consent_texts.save_text, _text("Treatment"))
    desk.meet()
    page = ConsentTextsPage(desk.context)
    desk.show(page)
    page.open_line(next(iter(page._rows.values())))
    form: Any = desk.host.drawers[-1]
    assert isinstance(form, ConsentTextLine)
    desk.show(form)
    form.title.setText(MINE)

    def elsewhere() -> None:
        desk.second.clock.advance(minutes=1)
        desk.second.write(consent_texts.save_text, _text(THEIRS))
        desk.pull()
        desk.first.clock.advance(minutes=2)

    def saved() -> str:
        return desk.first.read(consent_texts.texts)[0].title

    return Form(
        elsewhere, form.title.text, lambda: shown(form._overtaken),
        lambda: form.submit(print_too=False), saved,
    )  # fmt: skip


def consent(desk: Desk) -> Form:
    """The text to agree to changes while the person is reading it."""
    desk.first.write(consent_texts.save_text, _text("Treatment"))
    desk.meet()
    form = DecisionForm(desk.context, to.DecideConsent(desk.patient))
    desk.show(form)
    form.kind.set_value("treatment")
    form._show_text()
    form.note.setText(MINE)

    def elsewhere() -> None:
        desk.second.clock.advance(minutes=1)
        desk.second.write(consent_texts.save_text, _text(THEIRS))
        desk.pull()
        desk.first.clock.advance(minutes=2)

    def saved() -> str:
        rows = desk.first.read(consents.consents_of, desk.patient)
        return "".join(row.note for row in rows if row.title == THEIRS)

    return Form(
        elsewhere, form.note.text, form.rows["text"].message.text,
        lambda: form.submit(print_too=False), saved,
    )  # fmt: skip


def roles_of_a_person(desk: Desk) -> Form:
    new = NewPerson(login="bo", name="Dr Bo", roles=("doctor",))
    someone = desk.context.clinic.add_person(new, "one long password of Bo")
    desk.meet()
    staff = desk.first.read(people.everybody)
    form = PersonForm(desk.context, next(each for each in staff if each.id == someone))
    desk.show(form)
    form.roles.ticks["nurse"].setChecked(True)

    def elsewhere() -> None:
        signer = keys_of(desk.record).identity
        desk.second.write(people.change_roles, someone, ("doctor", "receptionist"), signer)
        desk.pull()
        form.submit(print_too=False)
        desk.until(form.notice.isVisible)
        desk.idle()

    def typed() -> str:
        return MINE if form.roles.ticks["nurse"].isChecked() else ""

    def saved() -> str:
        found = next(each for each in desk.first.read(people.everybody) if each.id == someone)
        return MINE if set(found.roles) == {"doctor", "nurse"} else str(found.roles)

    return Form(
        elsewhere, typed, lambda: shown(form.notice), lambda: form.submit(print_too=False), saved
    )


def payment(desk: Desk) -> Form:
    bill = desk.first.write(invoices.issue, InvoiceForm(desk.patient, (LineForm("Visit", 500),))).id
    desk.meet()
    view = desk.first.read(accounts.invoice, bill)
    assert view is not None
    form = PayForm(desk.context, view)
    desk.show(form)
    form.amount.set_text("5.00")

    def elsewhere() -> None:
        desk.second.write(payments.take, TakePayment(bill, 300))
        desk.pull()

    def save() -> None:
        form.amount.set_text("2.00")
        form.submit(print_too=False)

    def saved() -> str:
        return "5.00" if desk.value("SELECT sum(amount_minor) FROM payment") == 500 else ""

    return Form(elsewhere, form.amount.text, lambda: shown(form._notice), save, saved, mine="5.00")


FORMS = (
    working_hours, retention_rule, retention_rule_not_yet_shown, room, doctor, consent_text,
    consent, roles_of_a_person, payment,
)  # fmt: skip


@pytest.mark.parametrize("opened", FORMS, ids=lambda each: each.__name__)
def test_what_is_typed_stays_and_what_changed_is_said(
    two: tuple[Pc, Pc],
    record: Record,
    ui_context: Context,
    qtbot: QtBot,
    opened: Callable[[Desk], Form],
) -> None:
    first, second = two
    desk = Desk(ui_context, first, second, record, qtbot, new_patient(first))
    desk.meet()
    form = opened(desk)
    assert form.typed() == form.mine
    assert not says_so(form)
    form.elsewhere()
    desk.until(lambda: says_so(form))
    assert form.typed() == form.mine
    assert form.saved() != form.mine
    form.save()
    desk.until(lambda: form.saved() == form.mine)
    desk.idle()


def test_nobody_agrees_to_words_that_came_after_they_were_asked(two: tuple[Pc, Pc]) -> None:
    first, patient = two[0], new_patient(two[0])
    first.write(consent_texts.save_text, _text("Treatment"))
    asked = first.read(consents.texts_for, patient)[0].id
    first.clock.advance(minutes=1)
    first.write(consent_texts.save_text, _text(THEIRS))
    with pytest.raises(StaleError):
        first.write(consents.decide, Decision(patient, "treatment", shown=(asked,)))
    with pytest.raises(StaleError):
        first.write(consents.decide, Decision(patient, "treatment", shown=()))
    assert first.read(consents.consents_of, patient) == []
    now = first.read(consents.texts_for, patient)[0].id
    first.write(consents.decide, Decision(patient, "treatment", shown=(now,)))
    assert [row.title for row in first.read(consents.consents_of, patient)] == [THEIRS]


def test_rules_signed_at_another_pc_show_at_once(
    two: tuple[Pc, Pc], record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    desk = Desk(ui_context, *two, record, qtbot, uuid.uuid4())
    desk.meet()
    page = RulesPage(ui_context)
    desk.show(page)
    page.load()
    desk.idle()
    assert not page.ticks["doctor"].isChecked()
    wanted = Rules(page._kept.lock_minutes, ("doctor",))
    two[1].write(membership.set_rules, wanted, keys_of(record).identity)
    desk.pull()
    desk.until(page.ticks["doctor"].isChecked)
