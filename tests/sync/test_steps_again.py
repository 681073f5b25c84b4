"""A step of an owner that came to nothing beside the use of the sheet is taken once more."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import NotFoundError, RuleError
from clinic_desktop.services import people
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve
from clinic_desktop.services.conflicts.listing import ConflictItem
from clinic_desktop.services.people import NewPerson
from clinic_desktop.ui.conflicts.conflicts_view import ConflictsView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.shell.question import Question
from tests.sync.conftest import Practice, sync
from tests.sync.test_sheet_at_one_pc import AGAIN, NEW, OLD_KEYS, members, told
from tests.sync.windows import seated


def question(pc: Clinic) -> ConflictItem:
    """The one that tells of a step that can be taken again."""
    rows = pc.store.read(pc.actor, listing.open_items).result()
    items = [pc.store.read(pc.actor, listing.item, row.id).result() for row in rows]
    (found,) = [each for each in items if each.again is not None]
    return found


def repeat(pc: Clinic, item: ConflictItem) -> None:
    signer = pc.keys.identity
    pc.store.write(pc.actor, deciding.repeat_step, item.row.id, signer).result()


@pytest.fixture
def owner_in_vain(practice: Practice, back: Clinic) -> Clinic:
    """The second PC: the sheet was used there while an owner was entered at the first."""
    sync(practice.front, back)
    practice.front.add_person(NewPerson("olga", "Olga", ("owner", "doctor")), AGAIN)
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(practice.front, back, practice.front)
    for pc in (practice.front, back):
        assert members(pc).person("olga") is None
    return back


def test_an_owner_entered_beside_the_sheet_is_entered_again(
    practice: Practice, owner_in_vain: Clinic
) -> None:
    front, back = practice.front, owner_in_vain
    asked = question(back)
    assert asked.again is not None
    assert (asked.again.kind, asked.again.login) == ("add-person", "olga")
    with pytest.raises(RuleError, match=OLD_KEYS):
        repeat(front, question(front))
    assert members(front).person("olga") is None
    repeat(back, asked)
    with pytest.raises(NotFoundError):
        repeat(back, asked)  # it is closed
    sync(back, front)
    for pc in (front, back):
        olga = members(pc).person("olga")
        assert olga is not None
        assert olga.roles == ("owner", "doctor")
        assert "membership" not in told(pc)
        shown = pc.store.read(pc.actor, people.everybody).result()
        assert [each.is_active for each in shown if each.login == "olga"] == [True]
    front.close()
    practice.opened.remove(front)
    signed_in = clinic.open_clinic(front.data_dir, "olga", AGAIN, practice.clock)
    practice.opened.append(signed_in)
    assert "owner" in signed_in.actor.roles


def test_roles_given_beside_the_sheet_are_given_again(practice: Practice, back: Clinic) -> None:
    front = practice.front
    front.add_person(NewPerson("nora", "Nora", ("nurse",)), AGAIN)
    sync(front, back)
    nora = members(front).person("nora")
    assert nora is not None
    front.store.write(
        front.actor, people.change_roles, nora.id, ("owner",), front.keys.identity
    ).result()
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(front, back, front)
    assert members(back).people[nora.id].roles == ("nurse",)
    repeat(back, question(back))
    sync(back, front)
    for pc in (front, back):
        assert members(pc).people[nora.id].roles == ("owner",)
        assert "membership" not in told(pc)


def test_a_step_that_was_typed_anew_meanwhile_is_not_offered(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    front.add_person(NewPerson("nora", "Nora", ("nurse",)), AGAIN)
    sync(front, back)
    nora = members(front).person("nora")
    assert nora is not None
    signer = front.keys.identity
    front.store.write(front.actor, people.change_roles, nora.id, ("owner",), signer).result()
    back.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(front, back)
    asked, signer = question(back), back.keys.identity
    back.store.write(back.actor, people.change_roles, nora.id, ("owner",), signer).result()
    rows = back.store.read(back.actor, listing.open_items).result()
    items = [back.store.read(back.actor, listing.item, row.id).result() for row in rows]
    assert [each for each in items if each.again is not None] == []
    before = members(back).n
    with pytest.raises((NotFoundError, RuleError)):
        repeat(back, asked)
    assert members(back).n == before


def test_whoever_closes_the_question_takes_no_step(
    practice: Practice, owner_in_vain: Clinic
) -> None:
    back = owner_in_vain
    asked = question(back)
    back.store.write(back.actor, deciding.resolve, Resolve(asked.row.id, ())).result()
    with pytest.raises(NotFoundError):
        repeat(back, asked)
    assert members(back).person("olga") is None


def test_by_the_button(practice: Practice, back: Clinic, qtbot: QtBot) -> None:
    sync(practice.front, back)
    back.add_person(NewPerson("olga", "Olga", ("owner", "doctor")), AGAIN)
    practice.front.switch_by_recovery(practice.sheet, "ana", NEW)
    sync(back, practice.front)
    with seated(practice, "front", qtbot) as front:
        view = front.go(to.Conflicts(None, question(front.opened).row.id))
        assert isinstance(view, ConflictsView)
        front.until(lambda: view.panel is not None and view.panel.item.again is not None)
        front.press("conflicts.again")
        front.form(Question).submit(print_too=False)
        front.until(lambda: members(front.opened).person("olga") is not None)
        front.settle()
        assert told(front.opened) == []
