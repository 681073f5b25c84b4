"""The columns of the billing list."""

from __future__ import annotations

from dataclasses import replace

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.billing.billing_vm import Line
from clinic_desktop.ui.billing.words import (
    longest_status,
    money,
    request_pill,
    request_title,
    status_pill,
)
from clinic_desktop.ui.core.dispute_words import mark_words
from clinic_desktop.ui.core.paged_model import EMPTY_CELL, Cell, CellKind, Column


def columns() -> tuple[Column, ...]:
    """Who, which document, how much, where it stands."""
    return (
        Column("patient", _("Patient"), _patient, CellKind.STRONG, 16, stretch=True),
        Column("number", _("Document"), _number, letters=18, drop=1),
        Column("total", _("Total"), _total, CellKind.NUMBER, 12, drop=2),
        Column("due", _("Due"), _due, CellKind.NUMBER, 12),
        Column("status", _("Status"), _status, CellKind.PILL, longest_status()),
    )


def columns_of_one() -> tuple[Column, ...]:
    """The same for the documents of one patient, whose name stands above them."""
    _name, document, *rest = columns()
    return (replace(document, stretch=True, drop=0), *rest)


def _patient(line: Line) -> Cell:
    return Cell(line.patient_name or _("Name not known"))


def _number(line: Line) -> Cell:
    if line.request is not None:
        return Cell(request_title(line.request), isolate(line.request.invoice_number))
    if line.document is None:
        return Cell(_("Visit today"))
    day = current().date(current().local(line.document.issued_at).date())
    asked = mark_words() if line.document.question_id else ""
    return Cell(isolate(line.document.number), " · ".join(filter(None, (asked, isolate(day)))))


def _total(line: Line) -> Cell:
    found = line.document
    return Cell(money(found.total_minor, found.currency)) if found else EMPTY_CELL


def _due(line: Line) -> Cell:
    found = line.document
    return Cell(money(found.due_minor, found.currency)) if found else EMPTY_CELL


def _status(line: Line) -> Cell:
    if line.request is not None:
        spec = request_pill(line.request.status)
        return Cell(spec.text, tone=spec.tone, glyph=spec.glyph)
    if line.document is None:
        spec = status_pill("unpaid")
        return Cell(_("To bill"), tone=spec.tone, glyph=spec.glyph)
    spec = status_pill(line.document.status)
    return Cell(spec.text, tone=spec.tone, glyph=spec.glyph)
