"""Forms that were open while another PC changed what they show."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TypeVar, cast

from PySide6.QtWidgets import QWidget

from clinic_desktop.services.patients.consent_texts import ConsentTextRow
from clinic_desktop.ui.billing.money_forms import PayForm
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.settings.privacy_page import PrivacyPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from tests.screens.program import Program
from tests.support.records import NOON

W = TypeVar("W", bound=QWidget)


def _in_front(program: Program, kind: type[W]) -> W:
    found = program.in_front().findChild(kind)
    assert isinstance(found, kind)
    return found


def paid_elsewhere(program: Program) -> None:
    """Somebody took a part of what is still due."""
    form = _in_front(program, PayForm)
    row = form.view.row
    form.follow(replace(form.view, row=replace(row, due_minor=row.due_minor // 2)))


def another_text(program: Program) -> None:
    """The words that a person is reading came in anew."""
    form = _in_front(program, DecisionForm)
    body = "We treat you as we agreed. We keep what we write for ten years, and longer for a child."
    for number in (1, 2):
        kind = str(form.kind.value())
        row = ConsentTextRow(
            uuid.UUID(int=number), kind, str(number), "en", "Your data", body, NOON
        )
        form._on_texts([row])


def other_years(program: Program) -> None:
    """Years that were typed, beside those that an owner chose at another PC."""
    page = cast("SettingsView", program.screen).page("privacy")
    assert isinstance(page, PrivacyPage)
    page.years.set_text("25")
    page._show_rule(replace(page._rule, years=15))
