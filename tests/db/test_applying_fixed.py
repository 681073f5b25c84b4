"""What its author saw signed nobody changes; the answer is the same whatever came first."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest

from clinic_desktop.db.conflicts import switched_off
from clinic_desktop.db.session import UnitOfWork
from tests.support.pcs import Pc, fill, forged, meet, new_patient, same

SIGNED = "status = 'signed', signed_at = 1, content_hash = 'x'"


def _note(pc: Pc) -> uuid.UUID:
    rows = fill(pc, 1)
    pc.sql("UPDATE note SET status = 'draft', plan = 'rest' WHERE id = ?", rows["note"])
    return uuid.UUID(bytes=rows["note"])


def _sign(pc: Pc, note: uuid.UUID) -> None:
    pc.sql(f"UPDATE note SET {SIGNED} WHERE id = ?", note.bytes)  # noqa: S608


def _plan(pc: Pc, note: uuid.UUID, plan: str) -> None:
    pc.sql("UPDATE note SET plan = ? WHERE id = ?", plan, note.bytes)


def _force(pc: Pc, note: uuid.UUID, plan: str) -> None:
    """As a program would that holds nothing fast."""

    def write(uow: UnitOfWork) -> None:
        with switched_off(uow.cursor):
            uow.cursor.execute("UPDATE note SET plan = ? WHERE id = ?", (plan, note.bytes))
        uow.cursor.execute(
            "INSERT INTO sync_journal (tbl, pk, op, grp) VALUES (22, ?, 1, 1)", (note.bytes,)
        )

    pc.write(write)


def _whys(pc: Pc, giver: Pc) -> list[str]:
    return [each[2] for each in pc.pull(giver).quarantined]


@pytest.mark.parametrize("is_decided", [False, True])
def test_what_others_wrote_meanwhile_makes_nothing_lawful(
    three: tuple[Pc, Pc, Pc], is_decided: bool
) -> None:
    signing, changing, other = three
    note = _note(signing)
    meet(*three)
    _sign(signing, note)
    author = other.actor.user_id
    assert author
    other.sql("UPDATE note SET author_id = ? WHERE id = ?", author.bytes, note.bytes)
    changing.pull(signing)
    _force(changing, note, "surgery")
    other.pull(signing)
    if is_decided:
        (asked,) = other.conflicts()
        other.decide(asked, status="signed", signed_at=1, content_hash="x")
    assert _whys(other, changing) == ["fixed"]
    assert _whys(signing, changing) == ["fixed"]
    assert other.rows("SELECT plan FROM note WHERE id = ?", note.bytes) == [("rest",)]


def test_naming_more_commits_makes_no_choice_of_a_change(two: tuple[Pc, Pc]) -> None:
    first, second = two
    note = _note(first)
    _sign(first, note)
    new_patient(first)
    meet(first, second)
    _force(second, note, "surgery")
    handed = second.outgoing(first.tip(second))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    seen = len(first.outgoing())
    updates[-1][4] += [[first.device_id, seen], [first.device_id, seen - 1]]
    body = msgspec.msgpack.encode([inserts, updates])
    report = first.take(second, [forged(first, second, handed, body)])
    assert [each[2] for each in report.quarantined] == ["fixed"]


def test_versions_that_were_replaced_are_no_choice(two: tuple[Pc, Pc]) -> None:
    """The text of a draft is not brought back into what was signed."""
    first, second = two
    note = _note(first)
    _plan(first, note, "more rest")
    draft = len(first.outgoing())
    _plan(first, note, "much rest")
    _sign(first, note)
    meet(first, second)
    _force(second, note, "more rest")
    handed = second.outgoing(first.tip(second))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    updates[-1][4].append([first.device_id, draft])
    body = msgspec.msgpack.encode([inserts, updates])
    report = first.take(second, [forged(first, second, handed, body)])
    assert [each[2] for each in report.quarantined] == ["fixed"]


def _with_a_question(three: tuple[Pc, Pc, Pc]) -> uuid.UUID:
    note = _note(three[0])
    meet(*three)
    _sign(three[0], note)
    _plan(three[1], note, "surgery")
    meet(*three)
    return note


def test_two_people_choose_while_apart(three: tuple[Pc, Pc, Pc]) -> None:
    """Each named versions that the other's choice has replaced where it comes to."""
    note = _with_a_question(three)
    for pc, plan in zip(three, ("rest", "surgery"), strict=False):
        (asked,) = pc.conflicts()
        pc.decide(asked, plan=plan)
    for giver, taker in ((0, 2), (1, 2), (1, 0), (0, 1)):
        assert _whys(three[taker], three[giver]) == []
    meet(*three)
    same(*three)
    found: list[Any] = three[2].rows("SELECT status FROM note WHERE id = ?", note.bytes)
    assert found == [("signed",)]


def test_a_choice_is_one_of_the_versions(three: tuple[Pc, Pc, Pc]) -> None:
    _with_a_question(three)
    (asked,) = three[0].conflicts()
    three[0].decide(asked, plan="something else")
    assert [_whys(pc, three[0]) for pc in three[1:]] == [["fixed"], ["fixed"]]


@pytest.mark.parametrize("is_deleted", [0, 1])
def test_a_note_that_was_deleted_while_another_signed_it(
    two: tuple[Pc, Pc], is_deleted: int
) -> None:
    """Whether it stays is asked, and either answer is taken everywhere."""
    first, second = two
    note = _note(first)
    meet(first, second)
    _sign(first, note)
    second.sql("UPDATE note SET is_deleted = 1 WHERE id = ?", note.bytes)
    meet(first, second)
    (asked,) = first.conflicts()
    assert asked.kind == "delete_edit"
    first.decide(asked, is_deleted=is_deleted)
    assert _whys(second, first) == []
    shown = second.rows("SELECT is_deleted FROM note WHERE id = ?", note.bytes)
    assert shown == [(is_deleted,)]
    meet(first, second)
    same(first, second)


def test_a_line_stays_with_its_bill(two: tuple[Pc, Pc]) -> None:
    """Else one could reach a bill that was issued, past the look at new lines."""
    first, second = two
    rows, more = fill(first, 1), fill(first, 2)
    meet(first, second)
    first.sql("UPDATE invoice SET status = 'issued' WHERE id = ?", rows["invoice"])
    moved = "UPDATE invoice_line SET invoice_id = ? WHERE id = ?"
    second.sql(moved, rows["invoice"], more["invoice_line"])
    assert _whys(first, second) == ["fixed"]
