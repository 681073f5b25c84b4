"""A practice that took a PC out sets its server up anew: what that PC wrote goes there too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync import registering, state, statements
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.messages import Statements, decode
from clinic_desktop.sync.statements import Body, Known, OwnerBySheet, StatementError
from clinic_desktop.syncing import Syncing
from clinic_desktop.whole_record import NotWholeError
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, add_patient, sync
from tests.sync.test_incarnations import agree
from tests.sync.test_members import hangs_up, id_of
from tests.sync.test_older_states import names
from tests.sync.test_recovering import bring_back, opened
from tests.sync.test_window_pcs import empty_pc
from tests.sync.test_window_recovering import typed

ALL = ["FromFront", "FromLab"]


@pytest.fixture
def lab(practice: Practice, back: Clinic) -> Clinic:
    """A third PC that wrote something on which others built, and was taken out."""
    made = practice.new_pc("lab")
    add_patient(made, "FromLab")
    sync(made, practice.front, back, made)
    Syncing(practice.front).revoke(id_of(made))
    add_patient(practice.front, "FromFront")
    sync(practice.front, back)
    return made


@pytest.fixture
def reset(practice: Practice, back: Clinic, lab: Clinic, tmp_path: Path) -> Callable[[], None]:
    """Loses all that the server held, and sets it up anew."""

    def again() -> None:
        practice.server.stop()
        practice.server.folder = tmp_path / "another"
        practice.server.start()
        back.store.write(SYSTEM, practice._use_server).result()
        Syncing(practice.front).set_up(practice.address)
        sync(back, practice.front)

    return again


@pytest.fixture
def half_told(
    practice: Practice, reset: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The server was set up anew by a program that told of those only who belong here now.

    Undone, it is this one again.
    """

    def nobody(_known: Known, _state: object) -> Iterator[Body]:
        return iter(())

    def forget(uow: UnitOfWork) -> None:
        state.change_settings(uow.cursor, told_ended=0)

    monkeypatch.setattr(registering, "_former", nobody)
    reset()
    practice.front.store.write(SYSTEM, forget).result()
    return monkeypatch


def known_to_server(pc: Clinic) -> Known:
    with closing(link_of(pc.store)) as link:
        said = decode(link.signed("GET", "/v1/statements"), Statements).statements
    known = statements.replay(statements.read(each) for each in said)
    assert known is not None
    return known


@pytest.mark.usefixtures("lab")
def test_a_pc_joins_after_a_reset(practice: Practice, reset: Callable[[], None]) -> None:
    reset()
    assert names(practice.new_pc("new")) == ALL


def test_the_sheet_restores_after_a_reset(
    practice: Practice, back: Clinic, lab: Clinic, reset: Callable[[], None]
) -> None:
    reset()
    gone = id_of(lab).bytes
    known = known_to_server(practice.front)
    assert gone in known.ended
    assert gone not in known.devices
    assert bring_back(practice, practice.sheet).passed.open.to_apply == 0
    fresh = opened(practice)
    agree(fresh, practice.front, back)
    assert names(back) == ALL


def test_a_sheet_changes_nothing_while_the_server_does_not_hold_everything(
    practice: Practice, back: Clinic, half_told: pytest.MonkeyPatch
) -> None:
    front = practice.front
    before = front.store.read(SYSTEM, chain.current).result()
    devices = known_to_server(front).devices
    for _try in range(2):
        with pytest.raises(NotWholeError, match="does not hold everything"):
            bring_back(practice, practice.sheet)
    assert not list((practice.root / "fresh").glob("*.db*"))
    assert known_to_server(front).devices == devices  # none is let in that never came
    half_told.undo()
    sync(front, back)
    assert front.store.read(SYSTEM, chain.current).result() == before
    bring_back(practice, practice.sheet)
    fresh = opened(practice)
    agree(fresh, front, back)
    assert names(fresh) == names(back) == ALL


def test_the_next_pass_of_an_owner_tells_what_the_server_lacks(
    practice: Practice, half_told: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotWholeError):
        practice.join("early")
    half_told.undo()
    sync(practice.front)
    assert names(practice.new_pc("new")) == ALL
    n = known_to_server(practice.front).n
    sync(practice.front)
    assert known_to_server(practice.front).n == n  # nothing is said twice


def test_whoever_makes_do_with_less_stops_nobody_and_gets_the_rest(
    practice: Practice, back: Clinic, half_told: pytest.MonkeyPatch
) -> None:
    made = bring_back(practice, practice.sheet, incomplete=True)
    assert made.passed.open.to_apply > 0
    half_told.undo()
    fresh = opened(practice)
    add_patient(back, "FromBack")
    sync(back, fresh, practice.front, back, fresh)
    assert names(practice.front) == ["FromBack", *ALL]
    agree(fresh, practice.front, back)
    assert names(fresh) == ["FromBack", *ALL]
    members = fresh.store.read(SYSTEM, chain.current).result()
    assert members is not None
    assert not members.needs_epoch  # the owner with the new keys began another one


def test_an_owner_with_other_keys_meanwhile_stops_no_exchange(
    practice: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One PC is taken out where the other has not heard that its owner got new keys."""
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    with monkeypatch.context() as away:
        away.setattr(Link, "_ask", hangs_up)
        back.switch_by_recovery(practice.sheet, "ana", PASSWORD)
    add_patient(back, "Bea")
    Syncing(front).revoke(id_of(third))
    add_patient(front, "Ada")
    sync(back, front, back, front)
    assert names(front) == names(back) == ["Ada", "Bea"]
    add_patient(front, "Cleo")
    sync(front, back)
    assert names(back) == ["Ada", "Bea", "Cleo"]
    for pc in (front, back):
        members = pc.store.read(SYSTEM, chain.current).result()
        assert members is not None
        assert not members.needs_epoch
        assert id_of(third) not in members.devices


def test_who_was_an_owner_is_none_at_a_server_that_began_anew(
    practice: Practice, reset: Callable[[], None]
) -> None:
    front, before = practice.front, practice.front.keys.identity
    front.switch_by_recovery(practice.sheet, "ana", PASSWORD)
    reset()
    known = known_to_server(front)
    assert known.owners == {front.keys.identity.public.signing}
    proof = statements.vouch(practice.sheet.identity, known.clinic, before.public.signing)
    word = OwnerBySheet(before.public.signing, proof)
    with pytest.raises(StatementError, match="taken out"):
        statements.write(known, known.clinic, before, word)


@pytest.mark.usefixtures("half_told")
def test_where_no_pc_is_left_what_is_there_comes_back_after_a_tick(
    practice: Practice, qtbot: QtBot
) -> None:
    with empty_pc(practice, "fresh") as session:
        view = typed(session, practice, practice.sheet)
        assert not view.make_do.isVisible()
        view.submit()
        qtbot.waitUntil(view.make_do.isVisible)
        assert "does not hold everything" in view.notice.accessibleName()
        assert "--incomplete" not in view.notice.accessibleDescription()
        assert "would not be in the record" in view.missing.text()
        assert not DataDir(practice.root / "fresh").database.exists()
        view.make_do.click()
        QTest.keyClicks(view.server, "/")  # of another server nothing was said
        assert not view.make_do.isChecked()
        view.server.setText(practice.server.url)
        view.submit()
        qtbot.waitUntil(view.make_do.isVisible)
        view.make_do.click()
        view.submit()
        qtbot.waitUntil(lambda: session.context is not None)
        context = session.context
        assert context is not None
        assert session.clinic is not None
        assert names(session.clinic) != ALL
        qtbot.waitUntil(lambda: context.tasks.is_idle and context.exchange.is_idle)
