"""What another PC wrote, applied here: the same rows on both, whole commits, in causal order."""

from __future__ import annotations

import itertools
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clinic_desktop.db import incoming, unknown
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, TABLES
from clinic_desktop.services.audit import exporting
from tests.support.pcs import (
    MADE_BY_HAND,
    Pc,
    family,
    fill,
    join,
    made_up,
    meet,
    new_patient,
    same,
    set_family,
    tables_of,
)
from tests.support.records import Record


def test_a_new_pc_gets_everything(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    report = second.pull(first)
    assert (report.applied, report.held, report.quarantined) == (1, 0, [])
    assert report.changes is not None
    assert report.changes.origin == "sync"
    assert ("patient", row) in report.changes.rows
    found = second.rows("SELECT count(*) FROM patient_fts WHERE patient_fts MATCH 'wanjiru'")
    assert found == [(1,)]
    meet(first, second)
    same(first, second)


def test_screens_hear_of_it(two: tuple[Pc, Pc]) -> None:
    first, second = two
    heard: list[Any] = []
    second.store.subscribe(heard.append)
    row = new_patient(first)
    second.pull(first)
    assert [(each.origin, each.ids("patient")) for each in heard] == [("sync", {row})]


# ---------------------------------------------------------------- every table


def test_every_table_arrives(two: tuple[Pc, Pc]) -> None:
    """Each is inserted, changed group by group, and hidden on one PC; the other has the same."""
    first, second = two
    rows = fill(first, 1)
    assert second.pull(first).quarantined == []
    meet(first, second)
    same(first, second)
    changed = 0
    for table in TABLES:
        if table.insert_only or table.name in {*MADE_BY_HAND, "payment", "task"}:
            continue  # what they say is never changed
        for group in table.own_groups:
            values = [made_up(table, name, rows, 2) for name in group.names]
            wanted = ", ".join(f"{name} = ?" for name in group.names)
            first.sql(
                f"UPDATE {table.name} SET {wanted} WHERE id = ?",  # noqa: S608
                *values, rows[table.name],
            )  # fmt: skip
            changed += 1
        first.sql(f"UPDATE {table.name} SET is_deleted = 1 WHERE id = ?", rows[table.name])  # noqa: S608
    assert changed > 60
    assert second.pull(first).quarantined == []
    meet(first, second)
    same(first, second)


# ---------------------------------------------------------------- order, repetition, failure


def test_what_comes_early_waits_and_what_comes_twice_is_dropped(three: tuple[Pc, Pc, Pc]) -> None:
    one, two, other = three
    row = new_patient(one)
    two.pull(one)
    set_family(two, row, "Otieno")
    early = two.outgoing(other.tip(two))
    report = other.take(two, early)
    assert (report.applied, report.held) == (len(early) - 1, 1) or report.held == len(early)
    assert other.rows("SELECT count(*) FROM patient WHERE id = ?", row.bytes) == [(0,)]
    report = other.pull(one)
    assert report.held == 0
    assert family(other, row) == "Otieno"
    again = other.take(two, two.outgoing())
    assert (again.applied, again.duplicates) == (0, len(two.outgoing()))
    meet(*three)
    same(*three)


def test_commits_in_any_order(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    for number in range(6):
        set_family(first, row, f"Name {number}")
    handed = first.outgoing(second.tip(first))
    for each in reversed(handed):
        second.take(first, [each])
    assert family(second, row) == "Name 5"
    assert second.rows("SELECT count(*) FROM sync_hold WHERE dseq > 0") == [(0,)]
    meet(first, second)
    same(first, second)


def test_a_failure_on_the_way_leaves_nothing(
    two: tuple[Pc, Pc], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    for number in range(5):
        new_patient(first, f"Name {number}")
    before = tables_of(second), second.rows("SELECT count(*) FROM sync_commit")
    real, calls = incoming.Rows.write, itertools.count()

    def fail(self: incoming.Rows, *args: Any) -> None:
        if next(calls) == 3:
            raise RuntimeError
        real(self, *args)

    monkeypatch.setattr(incoming.Rows, "write", fail)
    with pytest.raises(RuntimeError):
        second.pull(first)
    monkeypatch.undo()
    assert (tables_of(second), second.rows("SELECT count(*) FROM sync_commit")) == before
    assert second.rows("SELECT applying FROM sync_ctx") == [(0,)]
    meet(first, second)
    same(first, second)


def test_a_changed_commit_is_kept_out_and_what_follows_waits(two: tuple[Pc, Pc]) -> None:
    first, second = two
    new_patient(first)
    new_patient(first)
    handed = first.outgoing(second.tip(first))
    false = msgspec.structs.replace(handed[0], reason="something else")
    report = second.take(first, [false, *handed[1:]])
    assert [each[1:] for each in report.quarantined] == [(handed[0].dseq, "chain")]
    assert report.applied == 0
    assert second.take(first, handed).applied == len(handed)
    meet(first, second)
    same(first, second)


def test_who_does_not_belong_here_writes_nothing(two: tuple[Pc, Pc]) -> None:
    first, second = two
    stranger = uuid.uuid4()
    first.actor = type(first.actor)(stranger, "stranger", "", first.actor.roles)
    new_patient(first)
    report = second.pull(first)
    assert [each[2] for each in report.quarantined] == ["author"]
    assert second.rows("SELECT count(*) FROM patient") == [(0,)]


def test_a_pc_that_nobody_let_in_waits(two: tuple[Pc, Pc], record: Record, tmp_path: Path) -> None:
    first, second = two
    third = join(record, tmp_path / "three", 3)
    third.pull(first)
    new_patient(third)
    report = second.pull(third)  # second has not heard of it yet
    assert report.applied == 0
    meet(first, second, third)
    same(first, second, third)
    third.store.close()


# ---------------------------------------------------------------- other versions of the program


def test_what_a_newer_program_wrote_is_kept(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    assert row
    number = BY_NAME["location"].number
    hidden_tables = {n: t for n, t in BY_NUMBER.items() if n != number}
    first.sql(
        "INSERT INTO location (id, name, kind, position, is_active)"
        " VALUES (?, 'Room 1', 'room', 1, 1)",
        b"L" * 16,
    )
    with pytest.MonkeyPatch.context() as older:
        older.setattr(incoming, "BY_NUMBER", hidden_tables)
        report = second.pull(first)
        assert report.quarantined == []
    assert second.rows("SELECT count(*) FROM location WHERE id = ?", b"L" * 16) == [(0,)]
    first.sql("UPDATE location SET name = 'Room 2' WHERE id = ?", b"L" * 16)
    with pytest.MonkeyPatch.context() as older:
        older.setattr(incoming, "BY_NUMBER", hidden_tables)
        second.pull(first)
    assert second.rows("SELECT DISTINCT tbl, pk FROM sync_unknown") == [(number, b"L" * 16)]
    assert second.write(lambda uow: unknown.replay(uow.cursor)) == 2
    assert second.rows("SELECT name FROM location WHERE id = ?", b"L" * 16) == [("Room 2",)]
    assert second.rows("SELECT count(*) FROM sync_unknown") == [(0,)]
    meet(first, second)
    same(first, second)


@pytest.mark.parametrize(
    ("grp", "op"),
    [
        (-1, [[], [b"L" * 16]]),
        (-1, "no entry"),
        (1, [2, ["Room"], [], False]),
        (-2, [[1], [b"x", 7]]),
    ],
)
def test_faults_of_a_newer_program_do_not_shut_the_record(
    two: tuple[Pc, Pc], grp: int, op: object, caplog: pytest.LogCaptureFixture
) -> None:
    """What does not fit is kept as it came; what another commit said is written."""
    first, second = two
    number = BY_NAME["location"].number
    first.sql(
        "INSERT INTO location (id, name, kind, position, is_active)"
        " VALUES (?, 'Room 1', 'room', 1, 1)",
        b"R" * 16,
    )
    with pytest.MonkeyPatch.context() as older:
        older.setattr(incoming, "BY_NUMBER", {n: t for n, t in BY_NUMBER.items() if n != number})
        second.pull(first)
    packed = msgspec.msgpack.encode(op)
    second.write(
        lambda uow: uow.cursor.execute(
            "INSERT INTO sync_unknown (tbl, pk, grp, cid, op) VALUES (?, ?, ?, 1, ?)",
            (number, b"L" * 16, grp, packed),
        )
    )
    second.write(lambda uow: unknown.replay(uow.cursor))
    assert second.rows("SELECT name FROM location WHERE id = ?", b"R" * 16) == [("Room 1",)]
    assert second.rows("SELECT pk, op FROM sync_unknown") == [(b"L" * 16, packed)]
    assert "Commit 1 of a newer program does not fit" in caplog.text
    caplog.clear()


def test_a_reference_of_a_newer_program_to_nothing_does_not_shut_the_record(
    two: tuple[Pc, Pc], caplog: pytest.LogCaptureFixture
) -> None:
    """The file itself would only say so at the end of the opening."""
    first, _second = two
    table = BY_NAME["contact_point"]
    told = {"patient_id": b"N" * 16, "system": "phone", "value": "1", "digits": "1"}
    columns = [(told[name], n) for each in table.groups for name, n in each.columns if name in told]
    op = [[n for _value, n in columns], [b"C" * 16, *(value for value, _n in columns)]]
    first.write(
        lambda uow: uow.cursor.execute(
            "INSERT INTO sync_unknown (tbl, pk, grp, cid, op) VALUES (?, ?, -1, 1, ?)",
            (table.number, b"C" * 16, msgspec.msgpack.encode(op)),
        )
    )
    assert first.write(lambda uow: unknown.replay(uow.cursor)) == 0
    assert first.rows("SELECT pk FROM sync_unknown") == [(b"C" * 16,)]
    assert first.rows("SELECT count(*) FROM contact_point WHERE id = ?", b"C" * 16) == [(0,)]
    assert "RefusedError" in caplog.text
    caplog.clear()


def test_anybody_can_check_the_exported_logs_of_two_pcs(two: tuple[Pc, Pc], tmp_path: Path) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(second, row, "Otieno")
    meet(first, second)
    for pc in two:
        pc.store.sign_off().result(60)
    meet(first, second)
    verifier = Path(__file__).parents[2] / "packaging" / "verify_audit_export.py"
    for name, pc in zip("ab", two, strict=True):
        pc.read(exporting.write_export, tmp_path / name, content=True)
        words = [sys.executable, str(verifier), str(tmp_path / name)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "heads 1: " in done.stdout
        assert ", 2: " in done.stdout
