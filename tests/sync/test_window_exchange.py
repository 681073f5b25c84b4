"""The exchange beside an open window: it goes on by itself, and nobody waits for it."""

from __future__ import annotations

import socket
import uuid
from contextlib import closing
from dataclasses import replace

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.services import patients as people
from clinic_desktop.services.patients import UpdatePatient
from clinic_desktop.sync import state
from clinic_desktop.sync.passes import Passed
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.shell.closing_view import ClosingView
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.windows import seated


def test_a_change_goes_out_without_being_asked_for_and_is_shown_at_the_other(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    with seated(practice, "front", qtbot, alone=True) as front:
        front.until(lambda: front.exchange.standing is not None and front.exchange.is_idle)
        with qtbot.waitSignal(
            front.exchange.ended, check_params_cb=lambda got: getattr(got, "sent", 0) > 0
        ):
            add_patient(front.opened, "Ada")
        front.settle()
        assert front.exchange.to_send == 0
        sync(back)
        assert patients(back) == patients(front.opened)
        add_patient(back, "Bea")
        sync(back)
        heard: list[Changes] = []
        front.context.tasks.committed.connect(heard.append)
        came = front.exchange_now()
        assert isinstance(came, Passed)
        assert came.received > 0
        front.until(lambda: any(each.origin == "sync" for each in heard))
        assert any(each.touches("patient") for each in heard if each.origin == "sync")


def test_what_is_new_takes_one_round_trip_once_the_record_is_known_to_be_no_copy(
    practice: Practice,
) -> None:
    syncing = Syncing(practice.front)
    syncing.run()
    add_patient(practice.front, "Ada")
    passed = syncing.run()
    assert (passed.round_trips, passed.open.to_send) == (1, 0)


def test_a_form_being_typed_in_stays_when_the_same_row_comes_from_another_pc(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front, back)
    (row,) = rows(back, "SELECT id FROM patient")
    assert isinstance(row[0], bytes)
    patient_id = uuid.UUID(bytes=row[0])
    with seated(practice, "front", qtbot) as front:
        front.go(to.EditPatient(patient_id))
        form = front.form(EditView)
        assert isinstance(form, EditView)
        front.until(form.form.isEnabled)
        given, family = (
            form.findChild(QLineEdit, f"patient.{part}") for part in ("given", "family")
        )
        assert given is not None
        assert family is not None
        given.setText("Adelaide")
        before = back.store.read(back.actor, people.record_of, patient_id).result().entry
        after = replace(before, name=replace(before.name, family="Lovelace"))
        change = UpdatePatient(patient_id, before, after)
        back.store.write(back.actor, people.update, change).result()
        sync(back)
        front.exchange_now()
        front.until(form.overtaken.isVisible)
        assert given.text() == "Adelaide"
        assert family.text() == before.name.family
        form._keep_mine()
        assert given.text() == "Adelaide"
        assert family.text() == "Lovelace"
        form.submit(False)
        front.settle()
        front.exchange_now()
    sync(back)
    assert patients(back)[0][:2] == ("Lovelace", "Adelaide")


def test_a_server_that_is_away_costs_nothing_and_is_said(practice: Practice, qtbot: QtBot) -> None:
    with seated(practice, "front", qtbot) as front:
        front.exchange_now()
        practice.server.kill()
        add_patient(front.opened, "Ada")
        outcome = front.exchange_now()
        assert isinstance(outcome, ServerError)
        assert front.exchange.error is outcome
        assert front.exchange.to_send > 0
        found = front.exchange.standing
        assert found is not None
        assert found.oldest_unsent is not None
        assert found.last_error == "server"
        practice.server.start()
        assert isinstance(front.exchange_now(), Passed)
        assert not front.exchange.to_send
        assert not front.exchange.error


def test_closing_sends_what_waits(practice: Practice, back: Clinic, qtbot: QtBot) -> None:
    with seated(practice, "front", qtbot, alone=True) as front:
        add_patient(front.opened, "Ada")
        front.session.window.close()
        assert front.session.window.isVisible()
        front.until(lambda: not front.session.window.isVisible())
    sync(back)
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_closing_without_a_server_says_what_is_left_and_lets_go(
    practice: Practice, qtbot: QtBot
) -> None:
    with seated(practice, "front", qtbot, alone=True) as front:
        front.until(lambda: front.exchange.is_idle and front.exchange.standing is not None)
        practice.server.kill()
        add_patient(front.opened, "Ada")
        front.session.window.close()
        view = front.session.window.shown
        assert isinstance(view, ClosingView)
        front.until(view.notice.isVisible)
        assert "on this PC only" in view.notice.accessibleName()
        assert "cannot be reached" in view.notice.accessibleDescription()
        view.leave.click()
        assert not front.session.window.isVisible()


def test_a_server_that_never_answers_holds_nobody_up(practice: Practice, qtbot: QtBot) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        def use(uow: UnitOfWork) -> None:
            found = state.peer(uow.cursor)
            assert found is not None
            state.use_peer(uow.cursor, url, found.settings)

        practice.front.store.write(SYSTEM, use).result()
        with seated(practice, "front", qtbot) as front:
            front.exchange.exchange_now()
            taken, _from = silent.accept()  # it hangs in the middle of a request from here on
            with taken:
                add_patient(front.opened, "Ada")
                assert front.exchange.is_running
                front.exchange.close()
                open_runs = "SELECT count(*) FROM sync_run WHERE ended IS NULL"
                assert rows(front.opened, open_runs) == [(0,)]
