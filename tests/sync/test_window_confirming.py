"""An owner looks at a PC that came by itself, in the window, and confirms it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.shell.question import Question
from clinic_desktop.ui.theme.icons import Icon
from tests.support.coming_back import come_back
from tests.sync.conftest import Practice, add_patient, sync
from tests.sync.test_confirming import id_of, listed, names, waiting
from tests.sync.test_window_pcs import give_password, page_of
from tests.sync.windows import seated


def test_an_owner_is_told_and_confirms_it(practice: Practice, back: Clinic, qtbot: QtBot) -> None:
    laptop, front = practice.new_pc("laptop"), practice.front
    sync(front, back, laptop)
    Syncing(back).revoke(id_of(laptop))
    come_back(laptop)
    sync(laptop, back)
    add_patient(back, "Ada")
    sync(back)
    with seated(practice, "front", qtbot) as seat:
        seat.exchange_now()
        page = page_of(seat)
        assert "waits for an owner" in page.state.accessibleName()
        [pc] = [each for each in listed(seat.opened) if each.is_waiting]
        fact = page._pc(pc, practice.clock.now())
        assert "somebody knows the password" in fact.sub
        confirm = next(each for each in fact.actions if each.icon == Icon.OK)
        practice.clock.advance(minutes=6)  # since the password was given
        confirm.run()
        seat.form(Question).submit(False)
        give_password(seat)
        seat.until(lambda: waiting(seat.opened) == set())
        seat.settle()
        assert "waits for an owner" not in page.state.accessibleName()
    sync(laptop)
    assert names(laptop) == ["Ada"]
