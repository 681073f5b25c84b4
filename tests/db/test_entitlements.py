"""Who may do what, for the owner's review; and what was approved by whoever asked."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.audit import alone, entitlements
from clinic_desktop.services.audit.entitlements import Entitled, Review
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.confidentiality import emergency, team
from clinic_desktop.services.confidentiality.emergency import OpenChart
from tests.support.records import NOON, Record, engage


def _paid_and_refunded(record: Record) -> Patient:
    patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
    record.write(lambda uow: uow.add(patient))
    issued = record.write(invoices.issue, InvoiceForm(patient.id, (LineForm("ECG", 100),)))
    record.write(payments.take, TakePayment(issued.id, 100))
    record.write(payments.refund, GiveBack(issued.id, 40, "Paid twice"))
    return patient


def _of(found: Review, login: str) -> Entitled:
    return next(each for each in found.people if each.login == login)


def _unused_roles(found: Review, login: str) -> set[str]:
    return {each.role for each in _of(found, login).roles if each.is_unused}


def _unused(found: Review, login: str) -> set[str]:
    return {each.permission for each in _of(found, login).rights if each.is_unused}


def test_roles_tell_since_when_and_by_whom(record: Record) -> None:
    """Taken from the signed chain; the first owner was there before anybody could give roles."""
    record.clock.advance(days=3)
    engage(record, "nurse")
    found = record.read(entitlements.review)
    (nurse,) = _of(found, "signed-nurse").roles
    assert (nurse.given_by, nurse.since) == (record.owner.name, NOON + timedelta(days=3))
    assert {(each.given_by, each.since) for each in _of(found, "amina").roles} == {("", NOON)}
    assert "note.read" in {each.permission for each in _of(found, "signed-nurse").rights}
    assert "note.sign" not in {each.permission for each in _of(found, "signed-nurse").rights}


def test_what_nobody_used_for_ninety_days_is_marked(record: Record) -> None:
    """Only what leaves a trace, and nothing that was given a moment ago."""
    _paid_and_refunded(record)
    assert not _unused(record.read(entitlements.review), "amina")
    record.clock.advance(days=91)
    engage(record, "stock")
    patient = Patient(family="Mensah", given="Kofi", mrn="A1-8")
    record.write(lambda uow: uow.add(patient))
    record.write(invoices.issue, InvoiceForm(patient.id, (LineForm("ECG", 100),)))

    found = record.read(entitlements.review)
    assert not _unused(found, "signed-stock")
    assert "invoice.create" not in _unused(found, "amina")
    assert {"payment.create", "note.sign", "appointment.create"} <= _unused(found, "amina")
    assert "note.read" not in _unused(found, "amina")  # looks of this kind leave no trace
    assert {"doctor", "accountant"} <= _unused_roles(found, "amina")
    refund = next(r for r in _of(found, "amina").rights if r.permission == "refund.create")
    assert refund.last_used == NOON


def test_the_review_is_on_record_and_comes_again(record: Record) -> None:
    assert not record.read(entitlements.review).is_due
    record.clock.advance(days=183)
    assert record.read(entitlements.review).is_due
    assert record.read(entitlements.is_due)
    record.write(entitlements.note_reviewed)
    found = record.read(entitlements.review)
    assert (found.is_due, found.reviewed_by) == (False, record.owner.name)
    assert found.reviewed_at == record.clock.now()
    assert not record.read(entitlements.is_due)
    with pytest.raises(PermissionDeniedError):
        record.store.read(record.as_role("doctor"), entitlements.review).result()


def test_the_sheet_has_no_formula(record: Record) -> None:
    def rename(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE app_user SET name = '=HYPERLINK(1)'")

    record.write(rename)
    lines = list(csv.DictReader(io.StringIO(record.read(entitlements.review_as_csv))))
    assert {line["person"] for line in lines} == {"'=HYPERLINK(1)"}
    assert {"doctor", "owner"} <= {line["role"] for line in lines}


def test_the_owner_reads_what_was_approved_alone(record: Record) -> None:
    """Refunds and emergencies; it asks for a look once the oldest is a week old."""
    patient = _paid_and_refunded(record)
    assert record.owner.user_id is not None
    record.write(team.keep_in_confidence, patient.id, {record.owner.user_id})
    wish = OpenChart(patient.id, "emergency", "Found unconscious")
    record.store.write(record.as_role("nurse"), emergency.open_chart, wish).result()
    found = record.read(alone.report)
    glass, row = found.rows
    assert (glass.what, glass.who, glass.reason) == ("emergency", "Other nurse", wish.words)
    assert (row.what, row.amount_minor, row.reason) == ("refund", 40, "Paid twice")
    assert (row.patient_name, row.week.isoformat()) == ("OTIENO Brian", "2026-11-16")
    assert found.unseen == 0
    record.clock.advance(days=7)
    assert record.read(alone.report).unseen == 2
    record.write(alone.note_seen)
    assert record.read(alone.report).unseen == 0
    record.clock.advance(weeks=12)
    assert record.read(alone.report).rows == ()
