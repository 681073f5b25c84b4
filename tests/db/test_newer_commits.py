"""Commits that an older program must not apply wait for its update; nothing is lost meanwhile."""

from __future__ import annotations

import dataclasses

import pytest

from clinic_desktop.db import applying, journal
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER
from clinic_desktop.sync import passes, taking
from tests.support.pcs import Pc, family, meet, new_patient, same, set_family

FUTURE = 99
LOCATION = BY_NAME["location"]


def _room_of_the_future(pc: Pc, name: str) -> None:
    """A newer program writes into a group whose meaning it changed."""
    groups = tuple(dataclasses.replace(each, reader=FUTURE) for each in LOCATION.own_groups)
    table = dataclasses.replace(LOCATION, own_groups=groups)
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(journal, "BY_NUMBER", {**BY_NUMBER, LOCATION.number: table})
        newer.setattr(journal, "SCHEMA_VERSION", FUTURE)
        pc.sql(
            "INSERT INTO location (id, name, kind, position, is_active) VALUES (?, ?, 'room', 1, 1)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            b"L" * 16, name,
        )  # fmt: skip


def _open(pc: Pc) -> passes.Open:
    return pc.read(passes.still_open)


def _rooms(pc: Pc) -> list[tuple[object, ...]]:
    return pc.rows("SELECT name FROM location WHERE id = ?", b"L" * 16)


def test_an_older_program_keeps_what_it_must_not_apply(two: tuple[Pc, Pc]) -> None:
    first, second = two
    _room_of_the_future(first, "Room 1")
    after = new_patient(first)
    report = second.pull(first)
    assert (report.applied, report.quarantined) == (0, [])
    assert _rooms(second) == []
    found = _open(second)
    assert (found.newer, found.to_apply, found.kept_out) == (2, 0, 0)

    other = new_patient(second, "Otieno")  # its own work still goes out
    assert first.pull(second).applied > 0
    assert family(first, other) == "Otieno"
    set_family(first, other, "Ochieng")
    second.pull(first)
    assert (_open(second).newer, family(second, other)) == (3, "Otieno")
    assert second.write(taking.apply_run).runs == 0  # not yet, and it ends

    with pytest.MonkeyPatch.context() as updated:
        updated.setattr(applying, "SCHEMA_VERSION", FUTURE)
        assert second.take(first, []).applied == 3
    assert _rooms(second) == [("Room 1",)]
    assert (family(second, after), family(second, other)) == ("Wanjiru", "Ochieng")
    assert _open(second).newer == 0
    meet(first, second)
    same(first, second)


def test_what_came_with_later_commits_waits_and_nothing_is_applied_out_of_turn(
    two: tuple[Pc, Pc],
) -> None:
    first, second = two
    _room_of_the_future(first, "Room 1")
    _room_of_the_future(first, "Room 2")
    handed = first.outgoing(second.tip(first))
    second.take(first, handed[1:])  # the second one first: it waits for the one before it
    second.take(first, handed[:1])
    assert _open(second).newer == 2
    with pytest.MonkeyPatch.context() as updated:
        for module in (applying, taking):
            updated.setattr(module, "SCHEMA_VERSION", FUTURE)
        assert second.write(taking.apply_run).applied == 2
        assert second.write(taking.apply_run).runs == 0
    assert _rooms(second) == [("Room 2",)]


def test_steps_of_the_membership_say_who_may_read_them(two: tuple[Pc, Pc]) -> None:
    """A program that does not know a kind of them would take the chain for broken."""
    first, _second = two
    new_patient(first)
    by_commit = {each.dseq: each.reader for each in first.outgoing()}
    entries = first.rows(
        "SELECT DISTINCT c.dseq FROM membership_entry m JOIN sync_commit c ON c.cid = m.sv"
        " WHERE c.dev = 1"
    )
    assert {by_commit[dseq] for (dseq,) in entries} == {12}
    assert 0 in by_commit.values()  # everything else goes to older programs too
