"""An owner sees the window as a role would, and changes nothing meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import MATRIX, VIEWS, Actor, allowed
from clinic_desktop.errors import PermissionDeniedError, ReadOnlyError
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.audit import events
from clinic_desktop.services.billing import payments
from clinic_desktop.services.billing.payments import GiveBack
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Chart
from clinic_desktop.ui.shell.desk import Desk
from tests.support.records import CHEAP, NOON, PASSWORD, Record
from tests.ui.shell.test_session import _end, unlock


@pytest.mark.parametrize("role", VIEWS)
def test_nobody_sees_more_than_his_own_rights_give(role: str) -> None:
    """Of what is read; what would change something is offered as to the role, and refused."""
    owner = Actor(uuid.uuid4(), "o", roles=("owner",), sees_as=role)
    pure, other = replace(owner, sees_as=""), Actor(uuid.uuid4(), "r", roles=(role,))
    for permission in MATRIX:
        if allowed(owner, permission):
            assert allowed(other, permission)
            is_read = permission.rpartition(".")[2] in {"read", "find", "flag", "own", "export"}
            assert not is_read or allowed(pure, permission)
    assert not allowed(owner, "draft.write")


def test_nothing_is_written_by_whoever_looks(record: Record) -> None:
    looking = replace(record.owner, sees_as="cashier")
    wish = GiveBack(uuid.uuid4(), 1, "x")
    for command, args in ((payments.refund, (wish,)), (events.note_lock, ())):
        with pytest.raises(ReadOnlyError):
            record.store.write(looking, command, *args).result()
    with pytest.raises(PermissionDeniedError):
        record.store.write(record.as_role("doctor"), events.note_view, "nurse").result()


def test_the_desk_is_that_of_the_role(record: Record, ui_context: Context, qtbot: QtBot) -> None:
    """Places and actions are the role's; a chart opens without a commit of the looker's own."""
    ui_context.tasks.actor = replace(record.owner, sees_as="receptionist")
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.show()
    assert desk.view.isVisible()
    names = {each.name for each in desk._global_actions()}
    assert "records.import" not in names
    assert "patient.register" in names
    patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
    record.write(lambda uow: uow.add(patient))
    desk._go(Chart(patient.id))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert ui_context.host.errors == []  # type: ignore[attr-defined]


@pytest.fixture
def session(clinic_dir: DataDir, qtbot: QtBot) -> Iterator[Session]:
    opened = Session(clinic_dir, "amina", FixedClock(NOON, seed=1000), CHEAP)
    opened.start()
    qtbot.waitExposed(opened.window)
    opened.window.activateWindow()
    yield opened
    _end(opened, qtbot)


def test_the_view_begins_in_the_menu_and_ends_in_the_bar(session: Session, qtbot: QtBot) -> None:
    unlock(session, qtbot, PASSWORD)
    assert session.desk is not None
    own = session.desk
    with qtbot.waitSignal(session.desk_shown):
        own.top.views.actions()[VIEWS.index("nurse")].trigger()
    seen = session.desk
    assert seen is not own
    assert seen.context.actor.sees_as == "nurse"
    keys = [each.key for each in seen.rail._buttons if each.key != "conflicts"]
    assert keys == ["today", "calendar", "patients", "settings"]
    with qtbot.waitSignal(session.desk_shown):
        seen.view.end.click()
    assert session.desk.context.actor.sees_as == ""
    assert not session.desk.view.isVisible()
    assert session.clinic is not None
    kinds = session.clinic.store.read(
        session.clinic.actor,
        lambda reads: reads.cursor.execute(
            "SELECT count(*) FROM audit_event WHERE kind = 'access.view-as'"
        ).fetchone(),
    )
    assert kinds.result() == (1,)
