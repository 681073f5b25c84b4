"""The columns of the list of patients."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.patients import PatientRow
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.core.person_words import listed_name, sex_and_age
from clinic_desktop.ui.theme.tokens import Tone


def columns() -> tuple[Column, ...]:
    """Name and number, sex and age, phone, last visit, balance."""
    return (
        Column("name", pgettext("column", "Name"), _name, CellKind.PERSON, 24, True, True),
        Column("age", pgettext("column", "Sex, age"), _age, letters=8, sortable=True),
        Column("phone", pgettext("column", "Phone"), _phone, letters=15, drop=1),
        Column(
            "last_visit",
            pgettext("column", "Last visit"),
            _last_visit,
            letters=14,
            sortable=True,
            drop=2,
        ),
        Column(
            "balance",
            pgettext("column", "Balance"),
            _balance,
            CellKind.NUMBER,
            letters=11,
            sortable=True,
        ),
    )


def _name(row: PatientRow) -> Cell:
    marks = [row.mrn]
    marks += [pgettext("list of patients", "died")] if row.deceased else []
    marks += [_("another patient has this name")] if row.has_namesake else []
    return Cell(listed_name(row.name), " · ".join(marks))


def _age(row: PatientRow) -> Cell:
    return Cell(sex_and_age(row))


def _phone(row: PatientRow) -> Cell:
    return Cell(isolate(row.phone))


def _last_visit(row: PatientRow) -> Cell:
    return Cell(current().date(row.last_visit_on) if row.last_visit_on else "")


def _balance(row: PatientRow) -> Cell:
    owed = row.balance.amount_minor
    if not owed:
        return Cell("")
    # Owing is said in words too: the colour alone tells nothing to everyone.
    tip = _("To pay") if owed > 0 else _("Paid ahead")
    shown = current().money(owed, row.balance.currency)
    return Cell(shown, tone=Tone.WARN if owed > 0 else None, tip=tip)
