"""A new recovery sheet: on paper first, valid then, and kept nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from clinic_desktop.errors import WrongPasswordError
from clinic_desktop.security import keys
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import setup
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.printers import FOLDER, PrinterChoice
from clinic_desktop.services.setup import SetupStep
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.settings.recovery_page import NewSheetForm, RecoveryPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance
from tests.support import screen_checks
from tests.support.typing_keys import Keyboard
from tests.ui.settings.conftest import Desk

KEY = RecoveryKey(bytes(range(60, 80)))


@pytest.fixture
def form(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> NewSheetForm:
    """The drawer of a new sheet, with a key that the test knows."""
    monkeypatch.setattr(RecoveryKey, "new", lambda: KEY)
    page = desk.open("recovery", RecoveryPage)
    page.make.click()
    found = desk.drawer(NewSheetForm)
    desk.qtbot.waitExposed(found)
    found.activateWindow()
    return found


def type_group(form: NewSheetForm, place: int, text: str) -> None:
    """Type into a field, reached by the keys."""
    name, keyboard = f"recovery.group-{place + 1}", Keyboard()
    form.panel.first_field.setFocus()
    while (focus := QApplication.focusWidget()) is None or focus.objectName() != name:
        keyboard.press(Qt.Key.Key_Tab)
    keyboard.type(text)


def shown(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_a_new_sheet_ends_the_old_once_it_is_on_paper(desk: Desk, form: NewSheetForm) -> None:
    older = RecoveryKey(bytes(20))
    desk.context.clinic.use_recovery(older)
    data_dir, panel = desk.context.clinic.data_dir, form.panel
    form.submit(False)
    assert "Type this group" in shown(form)
    keys.check_sheet(data_dir, older)
    for place, number in enumerate(panel.asked):
        type_group(form, place, KEY.groups[number].lower())
    with desk.qtbot.waitSignal(panel.confirmed):
        form.submit(False)
    desk.idle()
    keys.check_sheet(data_dir, KEY)
    with pytest.raises(WrongPasswordError):
        keys.check_sheet(data_dir, older)
    page = desk.open("recovery", RecoveryPage)
    assert "21-Nov-2026" in page.known.facts[0].text
    assert "valid" in desk.host.toasts[-1]
    done = {item.step for item in desk.record.read(setup.checklist) if item.is_done}
    assert SetupStep.RECOVERY in done
    reasons = desk.record.rows("select count(*) from audit_event where kind = ?",
                               "key.recovery-renewed")  # fmt: skip
    assert reasons == [(2,)]  # the older one, and this


def test_the_screen_hides_the_groups_while_they_are_typed(form: NewSheetForm) -> None:
    assert all(group in shown(form) for group in KEY.groups)
    first = form.panel.asked[0]
    type_group(form, 0, KEY.groups[(first + 1) % 8])
    assert not any(group in shown(form) for group in KEY.groups)
    assert "Not right" in shown(form)
    form.panel.reveal.click()
    assert all(group in shown(form) for group in KEY.groups)


def test_the_group_of_another_sheet_is_told_apart(form: NewSheetForm) -> None:
    other = RecoveryKey(bytes(range(20)))
    type_group(form, 1, other.groups[form.panel.asked[1]])
    assert "another sheet" in shown(form)


def test_without_a_printer_it_is_said_and_no_folder_gets_the_sheet(
    desk: Desk, form: NewSheetForm, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    choice = PrinterChoice("referral", f"{FOLDER}{folder}")
    desk.record.write(printers.choose, choice)
    form.panel.print.click()
    desk.until(lambda: "no printer" in form.panel.notice.accessibleName())
    assert list(folder.iterdir()) == []
    assert desk.record.rows("select count(*) from printed_document") == [(0,)]


def test_a_printed_sheet_leads_to_its_groups(
    desk: Desk, form: NewSheetForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[tuple[bytes, str]] = []
    monkeypatch.setattr(spool, "target", lambda _choice: "Laser")
    monkeypatch.setattr(spool, "_to_printer", lambda pdf, name, _how: printed.append((pdf, name)))
    form.panel.print.setFocus()
    Keyboard().press(Qt.Key.Key_Return)
    desk.until(lambda: "Laser" in form.panel.notice.accessibleName())
    assert [name for _pdf, name in printed] == ["Laser"]
    assert QApplication.focusWidget() is form.panel.rows[0].field
    assert not any(group in shown(form) for group in KEY.groups)
    assert desk.record.rows("select count(*) from printed_document") == [(0,)]
    assert desk.record.rows("select count(*) from print_job") == [(0,)]


def test_a_saved_sheet_is_for_this_account_only(
    desk: Desk, form: NewSheetForm, tmp_path: Path
) -> None:
    form.panel.save_to(str(tmp_path / "sheet.pdf"))
    desk.until(lambda: "Saved" in form.panel.notice.accessibleName())
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "sheet.pdf").stat().st_mode & 0o077 == 0
    assert desk.record.rows("select count(*) from printed_document") == [(0,)]
    assert not form.may_close(), "a paper that opens nothing yet"
    form.panel.save_to(str(tmp_path / "nowhere" / "sheet.pdf"))
    desk.until(lambda: "cannot be written" in form.panel.notice.accessibleName())
    assert "archive" not in form.panel.notice.accessibleDescription()


def test_the_form_can_be_used_by_keys_and_screen_readers_at_any_size(form: NewSheetForm) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for scale, width in ((100, 560), (200, 1000)):
        style.apply(app, Appearance(scale=scale))
        screen_checks.present(form, width, 900)
        assert screen_checks.problems(form) == []
        assert screen_checks.problems(form, screen_checks.ROOM) == []
        assert screen_checks.mirror_problems(form) == []


def test_reduced_protection_is_said(desk: Desk) -> None:
    page = desk.open("recovery", RecoveryPage)
    assert desk.context.clinic.keys.is_reduced, "tests have no key store"
    assert "protection is reduced" in shown(page)


def test_only_an_owner_has_the_page(desk: Desk) -> None:
    desk.context.tasks.actor = desk.record.as_role("doctor")
    view = SettingsView(desk.context)
    desk.qtbot.addWidget(view)
    assert "recovery" not in view._specs
