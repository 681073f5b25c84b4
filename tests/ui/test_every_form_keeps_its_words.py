"""No typed word is lost: into every field of every form a word is typed, and must be in a draft.

Which classes have such fields is read from the code (``typed_classes``); one that no form here
shows, and that has no reason to stand below, fails.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.services import drafts
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.billing.insured_view import InsuredView
from clinic_desktop.ui.calendar.calendar_bar import CalendarBar
from clinic_desktop.ui.conflicts.version_cards import VersionCards
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.first_run.early_steps import OwnerStep
from clinic_desktop.ui.patients.patients_view import PatientsView
from clinic_desktop.ui.scheduling.patient_field import PatientField
from clinic_desktop.ui.settings import people_page
from clinic_desktop.ui.settings.code_card import SwitchOnForm
from clinic_desktop.ui.settings.drill_form import DrillForm
from clinic_desktop.ui.settings.exchange_forms import InviteForm
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.privacy_page import PrivacyPage
from clinic_desktop.ui.settings.recovery_page import NewSheetForm
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.settings.stick_invite_form import StickInviteForm
from clinic_desktop.ui.setup.backup_panel import BackupPanel
from clinic_desktop.ui.setup.code_panel import CodePanel
from clinic_desktop.ui.setup.recovery_panel import RecoveryPanel
from clinic_desktop.ui.setup.region_fields import RegionFields
from clinic_desktop.ui.shell.join_view import JoinView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.password_again import PasswordForm
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.shell.restore_view import RestoreView
from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView
from clinic_desktop.ui.shell.stick_join_view import StickJoinView
from clinic_desktop.ui.shell.top_bar import TopBar
from clinic_desktop.ui.today.unfinished import _place, _title
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.value_edits import NumberUnitEdit, PhoneEdit
from tests.support.busy_day import BusyDay
from tests.support.every_form import FORMS, SHOWN_BY, Bench
from tests.support.typed_classes import FIELDS, typed_classes

KEEPS_NOTHING: dict[type, str] = {
    **dict.fromkeys(
        (InsuredView, PatientsView, SettingsView, TopBar, CalendarBar),
        "a search: what is typed only finds something",
    ),
    VersionCards: "nothing can be typed there",
    **dict.fromkeys(
        (LockPage, PasswordForm, people_page.PersonForm),
        "passwords and PINs, which are kept nowhere",
    ),
    **dict.fromkeys(
        (CodePanel, SwitchOnForm, InviteForm, StickInviteForm, DrillForm, RecoveryPanel,
         NewSheetForm),
        "codes and pieces of a key, which are kept nowhere",
    ),
    **dict.fromkeys(
        (JoinView, LockView, RecoverView, RestoreView, ServerRestoreView,
         StickJoinView),
        "nobody is signed in: there is no record to keep words in, or none that is open",
    ),
    OwnerStep: "kept with the answers of the first run, all but the password",
    BackupPanel: "a folder of this PC, kept when the field is left",
    RegionFields: "a search of countries, currencies and time zones",
    PrivacyPage: "years in figures, kept when the field is left",
}  # fmt: skip
"""Classes with fields whose words are in no draft, and why that is right."""
WITHOUT_LINE = {"document", "price-list"}
"""Given back by the same file, and by the same step of the first run."""


@pytest.fixture
def bench(
    busy_day: BusyDay,
    ui_context: Context,
    qtbot: QtBot,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Bench:
    i18n.use(ui_context.language)
    return Bench(ui_context, busy_day, qtbot, tmp_path, request)


@pytest.mark.parametrize("name", FORMS)
def test_every_word_typed_into_a_form_is_in_a_draft_and_no_password_is(
    bench: Bench, name: str
) -> None:
    form = bench.shown(FORMS[name](bench))
    shown = {each for widget in _all(form) for each in type(widget).__mro__}
    assert shown >= set(SHOWN_BY[name]), "what it is said to show below"
    typed = {field: _type(field, number) for number, field in enumerate(_fields(form))}
    assert typed, "it has no field at all"
    bench.context.tasks.closing.emit()
    kept = _kept(bench)
    secrets = {word for field, word in typed.items() if _is_secret(field)}
    assert kept.isdisjoint(secrets)
    words = {field: word for field, word in typed.items() if word not in secrets}
    assert [_name(field) for field, word in words.items() if word not in kept] == []
    _see_lines(bench)
    if isinstance(form, DrawerForm) and form.may_close():  # Esc, and nobody was asked
        assert _kept(bench) >= set(words.values()) or bench.host.undo is not None


def _kept(bench: Bench) -> set[str]:
    """Every word of every draft."""
    bench.idle()
    bodies = [row.body for row in bench.record.read(drafts.my_drafts)]
    return set(re.findall(r"\w+", json.dumps(bodies, ensure_ascii=False)))


def _see_lines(bench: Bench) -> None:
    """Under "Not finished" each draft has a line with a title, which leads to its form."""
    kinds = {row.kind for row in bench.record.read(drafts.my_drafts)} - WITHOUT_LINE
    lines = bench.record.read(unfinished)
    assert {line.kind for line in lines} == kinds
    for line in lines:
        assert _title(line)
        assert _place(line) is not None


def test_every_class_with_fields_is_shown_by_a_form_here_or_has_a_reason() -> None:
    shown = {each for classes in SHOWN_BY.values() for each in classes}
    found = typed_classes()
    assert {each.__qualname__ for each in found - shown - set(KEEPS_NOTHING)} == set()
    assert set(KEEPS_NOTHING) <= found, "a reason for what has no fields any more"
    assert shown.isdisjoint(KEEPS_NOTHING)
    assert SHOWN_BY.keys() == FORMS.keys()


def _all(form: QWidget) -> list[QWidget]:
    return [form, *form.findChildren(QWidget)]


def _fields(form: QWidget) -> list[QWidget]:
    """Every field that takes words, but not those of a search: they go when it is left."""
    fields = [each for each in _all(form) if isinstance(each, FIELDS)]
    combos = [each for each in form.findChildren(ComboSearch) if each not in _kept_searches(form)]
    searched = {each.edit for each in combos if _is_emptied(each)}
    return [
        each
        for each in fields
        if each.isEnabled() and not each.property("readOnly") and each not in searched
    ]


def _kept_searches(form: QWidget) -> list[ComboSearch]:
    """Whom somebody looks for: those words are kept, though leaving the field empties it."""
    own = [form] if isinstance(form, PatientField) else []
    return [each.combo for each in (*own, *form.findChildren(PatientField))]


def _is_emptied(combo: ComboSearch) -> bool:
    before = combo.text()
    combo.edit.setText("wq")
    combo.leave()
    is_emptied = combo.text() == ""
    combo.edit.setText(before)
    return is_emptied


def _type(field: QWidget, number: int) -> str:
    """A word that stands nowhere else; what kind of word depends on what the field takes."""
    word = f"wq{number:02}x"
    if isinstance(field, PhoneEdit):
        word = f"70{number:02}461"
    elif isinstance(field, QLineEdit) and _with_unit(field):
        word = str(400 + number)
    assert isinstance(field, QLineEdit | QTextEdit | QPlainTextEdit)
    field.selectAll()
    QTest.keyClicks(field, word)
    return word


def _with_unit(field: QWidget) -> bool:
    above = field.parentWidget()
    while above is not None and not isinstance(above, NumberUnitEdit):
        above = above.parentWidget()
    return above is not None


def _is_secret(field: QWidget) -> bool:
    return isinstance(field, QLineEdit) and field.echoMode() != QLineEdit.EchoMode.Normal


def _name(field: QWidget) -> str:
    return f"{type(field).__name__} {field.objectName()} {field.accessibleName()}"
