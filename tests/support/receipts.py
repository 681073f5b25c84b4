"""A payment whose receipt is printed."""

from __future__ import annotations

import uuid

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.billing import payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from tests.support.records import Record


def pay(record: Record, family: str, given: str, language: str, method: str = "cash") -> uuid.UUID:
    """Somebody pays for a consultation; the id of the payment, which has a receipt."""

    def add(uow: UnitOfWork) -> uuid.UUID:
        patient = Patient(family=family, given=given, mrn="A1-7", language=language)
        uow.add(patient)
        return patient.id

    form = InvoiceForm(record.write(add), (LineForm("Consultation", 150_000),))
    done = record.write(payments.check_out, form, method, 200_000)
    assert done.payment is not None
    return done.payment.id
