"""Commits of a shape that this program never writes are kept out; what others wrote goes on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clinic_desktop.models.registry import BY_NAME
from tests.support.pcs import Pc, family, forged, meet, new_patient, set_family

Body = tuple[list[Any], list[Any]]
PATIENT = BY_NAME["patient"]
ENTRY = BY_NAME["membership_entry"]


def _column(name: str) -> int:
    return next(number for group in PATIENT.groups for n, number in group.columns if n == name)


def _refers(body: Body, to: Any) -> None:
    body[0][0][2][0][body[0][0][1].index(_column("practitioner_id")) + 1] = to


def _nothing_written(body: Body) -> None:
    body[1].append([PATIENT.number, body[0][0][2][0][0], 1, [], []])


def _text_as_reference(body: Body) -> None:
    _refers(body, "somebody")


def _number_as_reference(body: Body) -> None:
    _refers(body, 7)


def _short_reference(body: Body) -> None:
    _refers(body, b"short")


def _references_of_two_kinds(body: Body) -> None:
    _refers(body, b"p" * 16)
    body[0][0][2].append([b"q" * 16, *body[0][0][2][0][1:]])
    body[0][0][2][1][body[0][0][1].index(_column("practitioner_id")) + 1] = "text"


def _entry_of_texts(body: Body) -> None:
    columns = list(ENTRY.column_numbers)
    body[0].append([ENTRY.number, columns, [[b"e" * 16, *("x" for _each in columns)]]])


def _bill_that_is_a_number(body: Body) -> None:
    line = BY_NAME["invoice_line"]
    body[0].append([line.number, [1], [[b"l" * 16, 5]]])


@pytest.mark.parametrize(
    "spoil",
    [
        _nothing_written,
        _text_as_reference,
        _number_as_reference,
        _short_reference,
        _references_of_two_kinds,
        _entry_of_texts,
        _bill_that_is_a_number,
    ],
)
def test_one_pc_that_writes_nonsense_does_not_stop_the_others(
    three: tuple[Pc, Pc, Pc], spoil: Callable[[Body], None]
) -> None:
    here, wrong, sound = three
    row = new_patient(wrong)
    handed = wrong.outgoing(here.tip(wrong))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    spoil((inserts, updates))
    body = msgspec.msgpack.encode([inserts, updates])
    report = here.take(wrong, [forged(here, wrong, handed, body)])
    assert [each[2] for each in report.quarantined] == ["unreadable"]
    _goes_on(here, sound)
    assert here.rows("SELECT count(*) FROM patient WHERE id = ?", row.bytes) == [(0,)]


@pytest.mark.parametrize(
    "deps",
    [
        {b"short": 1},
        {b"d" * 16: "x"},
        {b"d" * 16: -1},
        {"d": 1},
        5,
        {b"d" * 16: [1]},
        {b"d" * 16: [1, b"abc"]},
        {b"d" * 16: [0, b"abcd"]},
        {b"d" * 16: [1, "abcd"]},
        {b"d" * 16: [1, b"abcd", 1]},
    ],
)
def test_a_past_that_names_no_pc(three: tuple[Pc, Pc, Pc], deps: Any) -> None:
    here, wrong, sound = three
    new_patient(wrong)
    handed = wrong.outgoing(here.tip(wrong))[-1]
    handed = msgspec.structs.replace(handed, deps=msgspec.msgpack.encode(deps))
    report = here.take(wrong, [forged(here, wrong, handed, handed.body)])
    assert [each[2] for each in report.quarantined] == ["unreadable"]
    _goes_on(here, sound)


def test_a_second_version_that_the_file_does_not_take(three: tuple[Pc, Pc, Pc]) -> None:
    """It is looked at with its commit, not only when both versions are put side by side."""
    here, wrong, sound = three
    row = new_patient(here)
    meet(*three)
    set_family(here, row, "Kamau")
    set_family(wrong, row, "Otieno")
    handed = wrong.outgoing(here.tip(wrong))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    updates[0][3] = [None for _each in updates[0][3]]
    body = msgspec.msgpack.encode([inserts, updates])
    report = here.take(wrong, [forged(here, wrong, handed, body)])
    assert [each[2] for each in report.quarantined] == ["file"]
    assert family(here, row) == "Kamau"
    _goes_on(here, sound)


def test_a_row_made_twice_by_programs_of_two_ages(two: tuple[Pc, Pc]) -> None:
    """The older one did not know the last columns of a group; they stay as they are."""
    here, older = two
    row = new_patient(here)
    new_patient(older)
    handed = older.outgoing(here.tip(older))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    group = next(each for each in PATIENT.own_groups if "family" in each.names)
    left_out = {number for _name, number in group.columns[1:]}
    _table, columns, ((_pk, *values),) = inserts[0]
    kept = [(c, v) for c, v in zip(columns, values, strict=True) if c not in left_out]
    inserts[0][1:] = [[c for c, _v in kept], [[row.bytes, *(v for _c, v in kept)]]]
    body = msgspec.msgpack.encode([inserts, updates])
    report = here.take(older, [forged(here, older, handed, body)])
    assert report.quarantined == []
    assert family(here, row) == "Wanjiru"


def _goes_on(here: Pc, sound: Pc) -> None:
    row: uuid.UUID = new_patient(sound, "Sound")
    report = here.pull(sound)
    assert (report.quarantined, report.applied) == ([], 1)
    assert family(here, row) == "Sound"
