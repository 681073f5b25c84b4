"""What the window says after the recovery sheet was used, here and at the other PC."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.ui.settings.recovery_page import RecoveryPage
from clinic_desktop.ui.shell.question import Question
from clinic_desktop.ui.widgets.label import Label
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, sync
from tests.sync.test_incarnations import close
from tests.sync.test_window_pcs import page_of
from tests.sync.windows import Seat, seated

NEW = "Umbrella-Ostrich-7"


def test_after_the_sheet_it_is_said_what_goes_on_at_the_others(
    practice: Practice, qtbot: QtBot
) -> None:
    with seated(practice, "front", qtbot) as front:
        front.session.recover(practice.sheet, "ana", NEW)
        front.until(lambda: question_of(front) is not None)
        asked = question_of(front)
        assert asked is not None
        words = " ".join(each.text() for each in asked.findChildren(Label))
        assert "the former password goes on until it is changed there" in words
        assert "take that PC out" in words
        assert "print a new one" in words
        asked.submit(False)
        front.settle()
        page = front.session.window.findChild(RecoveryPage)
        assert page is not None
        assert page.isVisible()


def question_of(seat: Seat) -> Question | None:
    drawer = seat.host.drawer if seat.session.context is not None else None
    return drawer.findChild(Question) if drawer is not None else None


def test_at_the_other_pc_an_owners_act_says_what_to_do(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    sync(practice.front, back)
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(back)
    close(practice, back)
    with seated(practice, "front", qtbot) as front:
        front.exchange_now()
        page = page_of(front)
        assert front.opened.switch_user("ana", PASSWORD).roles
        front.press("exchange.invite")
        front.until(lambda: any("clinic-desktop device carry" in each for each in said(front)))
        assert any("before the recovery sheet was used" in each for each in said(front))
        assert page.isVisible()


def said(seat: Seat) -> list[str]:
    """All that stands in the window."""
    return [each.text() for each in seat.session.window.findChildren(Label) if each.isVisible()]
