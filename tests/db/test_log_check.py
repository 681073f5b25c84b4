"""The log check finds what was done behind the program's back, and nothing where nothing was."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from clinic_desktop.db import checkpoints, triggers
from clinic_desktop.db.checkpoints import EVERY_COMMITS
from clinic_desktop.db.engine import connect
from clinic_desktop.db.facts import faults_of_structure
from clinic_desktop.db.log_check import LogReport, Trouble, check_log
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import RuleError, StorageError
from clinic_desktop.models.patient import Patient
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services.audit.verifying import accept, verify
from clinic_desktop.services.patients.finding import search
from tests.support.records import Record


def _add(uow: UnitOfWork, family: str = "Otieno") -> uuid.UUID:
    patient = Patient(family=family, mrn="A1-1")
    uow.add(patient)
    return patient.id


def _rename(uow: UnitOfWork, patient_id: uuid.UUID, given: str) -> None:
    uow.session.get_one(Patient, patient_id).given = given


def _fill(record: Record) -> list[uuid.UUID]:
    made = [record.write(_add, f"Family {number}") for number in range(8)]
    for turn in ("Ann", "Beth"):
        record.write(_rename, made[0], turn)
    record.store.sign_off().result()
    return made


def _check(record: Record) -> LogReport:
    return record.read(lambda reads: check_log(reads.cursor, record.store.mirror))


def _verify(record: Record) -> LogReport:
    """As the owner asks for it: with what the log itself tells of older states."""
    return record.read(verify, record.store.mirror)


def _tamper(record: Record, work: Callable[[Any], object]) -> None:
    """Write with the key but without the program: no trigger stands in the way."""
    with closing(connect(record.path, record.key)) as connection:
        for name in triggers.present(connection):
            connection.execute(f'DROP TRIGGER "{name}"')
        work(connection)
        for sql in triggers.trigger_sql().values():
            connection.execute(sql)


def _whats(report: LogReport) -> set[str]:
    return {each.what for each in report.findings}


def test_clean_log_gives_no_alarm(record: Record) -> None:
    """After a clean close everything is signed, mirrored and as the log says."""
    _fill(record)

    report = _check(record)

    assert report.findings == []
    assert report.commits == report.heads[1][0] > 10
    assert report.mirrored >= 1


def test_searching_before_and_saving_since_gives_no_alarm(record: Record) -> None:
    """A reader that has searched knows the index as it was; that alone is no damage."""
    made = _fill(record)
    assert record.read(search, "Family")
    for turn in range(30):
        record.write(_rename, made[turn % len(made)], f"Turn {turn}")
    record.store.sign_off().result()

    assert _verify(record).findings == []
    assert record.read(lambda reads: faults_of_structure(reads.cursor)) == []


def test_rows_changed_in_every_way_are_what_the_log_says(record: Record) -> None:
    """Groups changed one after the other, and rows hidden, still agree with the log."""
    made = _fill(record)
    record.write(lambda uow: uow.cursor.execute("UPDATE patient SET sex = 'female', city = 'X'"))
    record.write(
        lambda uow: uow.cursor.execute(
            "UPDATE patient SET is_deleted = 1 WHERE id = ?", (made[1].bytes,)
        )
    )
    record.store.sign_off().result()

    assert _check(record).findings == []


def test_signed_after_so_many_commits_and_by_the_clock(record: Record) -> None:
    """64 commits bring a signature, 60 seconds of work bring one too; a young tail is said so."""
    record.write(_add)
    before = _check(record).signatures
    for number in range(EVERY_COMMITS):
        record.write(_add, f"F{number}")
    assert _check(record).signatures == before + 1
    record.clock.advance(seconds=61)
    record.write(_add)

    assert _check(record).signatures == before + 2
    record.write(_add)
    assert _whats(_check(record)) == {"not-signed-yet"}
    assert _check(record).trouble == Trouble.UNANCHORED


def test_weighty_events_are_signed_at_once(record: Record) -> None:
    """A sign-in is covered by a signature in its own commit."""
    _fill(record)
    before = _check(record).signatures

    record.write(lambda uow: uow.audit("session.sign-in"))

    assert _check(record).signatures == before + 1
    assert _check(record).findings == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM sync_commit",
        "UPDATE sync_commit SET reason = 'x'",
        "DELETE FROM sync_checkpoint",
        "UPDATE sync_checkpoint SET wall = 7",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET kind = 'x'",
    ],
)
def test_the_file_refuses_to_forget(record: Record, sql: str) -> None:
    """Triggers refuse to change or remove what the log keeps."""
    record.write(lambda uow: uow.audit("session.sign-in"))

    with pytest.raises(RuleError):
        record.write(lambda uow: uow.cursor.execute(sql))


STRANGER = """INSERT INTO patient (id, sv, mrn, family, deceased)
 VALUES (randomblob(16), SV, 'u', 'U', 0)"""
FIFTH = "(SELECT max(dseq) - 4 FROM sync_commit)"
"""The fifth newest commit."""


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE sync_commit SET reason = 'x' WHERE dseq = FIFTH", "chain"),
        ("UPDATE sync_commit SET wall = wall + 1 WHERE dseq = FIFTH", "chain"),
        ("UPDATE sync_commit SET user_id = NULL WHERE dseq = FIFTH", "chain"),
        ("UPDATE sync_commit SET body = x'00' WHERE dseq = FIFTH", "chain"),
        ("UPDATE sync_commit SET chain = zeroblob(32) WHERE dseq = FIFTH", "chain"),
        ("DELETE FROM sync_commit WHERE dseq = FIFTH", "commits-missing"),
        ("UPDATE sync_commit SET cid = -cid WHERE dseq = 3", "order"),
        ("UPDATE sync_checkpoint SET signature = zeroblob(64)", "signature"),
        ("UPDATE sync_checkpoint SET wall = wall + 1", "signature"),
        ("UPDATE sync_device SET sign_pk = zeroblob(32)", "signature"),
        ("UPDATE patient SET family = 'Z' WHERE family = 'Family 3'", "row"),
        ("UPDATE patient SET given = 'Ann' WHERE given = 'Beth'", "row"),
        ("DELETE FROM patient WHERE family = 'Family 3'", "row"),
        ("DELETE FROM sync_cell", "row"),
        ("UPDATE sync_cell SET ver = ver - 1", "row"),
        ("UPDATE sync_cell SET ver = ver + 100", "row-unknown"),
        ("UPDATE patient SET sv = sv + 1 WHERE family = 'Family 3'", "row"),
        (STRANGER.replace("SV", "(SELECT max(sv) FROM patient)"), "row-unknown"),
        (STRANGER.replace("SV", "0"), "row-unknown"),
    ],
)
def test_every_tampering_is_found_and_named(record: Record, sql: str, what: str) -> None:
    """One word changed with the key in hand is found, as broken."""
    _fill(record)
    _tamper(record, lambda connection: connection.execute(sql.replace("FIFTH", FIFTH)))

    report = _check(record)

    assert what in _whats(report)
    assert report.trouble >= Trouble.BROKEN


def test_difference_names_table_and_row(record: Record) -> None:
    """A row that is not what the log says is named, with the commit that says otherwise."""
    made = _fill(record)
    _tamper(record, lambda c: c.execute("UPDATE patient SET city = 'X' WHERE family = 'Family 3'"))

    found = _check(record).findings

    assert [(each.table, each.row) for each in found] == [("patient", str(made[3]))]
    assert found[0].dseq > 0


def test_cut_tail_is_found_by_the_mirror(record: Record) -> None:
    """Removing the newest commits, their signatures and their rows leaves the mirror behind."""
    _fill(record)

    def cut(connection: Any) -> None:
        last = connection.execute("SELECT max(cid) FROM sync_commit").fetchone()[0] - 3
        connection.execute("DELETE FROM sync_checkpoint WHERE dseq > ?", (last,))
        connection.execute("DELETE FROM patient WHERE sv > ?", (last,))
        connection.execute("DELETE FROM sync_commit WHERE cid > ?", (last,))

    _tamper(record, cut)

    report = _check(record)
    assert "commits-cut-off" in _whats(report)
    assert report.trouble == Trouble.FORK


def _older_copy(record: Record, copy: Path) -> None:
    """Put back yesterday's file and go on working with it."""
    record.store.close()
    shutil.copyfile(copy, record.path)
    record.store = open_store(record.path, record.key, record.clock)


def _copied(record: Record, tmp_path: Path) -> Path:
    record.store.close()
    copy = tmp_path / "yesterday.db"
    shutil.copyfile(record.path, copy)
    record.store = open_store(record.path, record.key, record.clock)
    return copy


def test_older_file_is_found_and_goes_on_record(record: Record, tmp_path: Path) -> None:
    """An older copy of the record is noticed at opening, and stays found however one works on."""
    copy = _copied(record, tmp_path)
    _fill(record)

    _older_copy(record, copy)
    assert "mirror-older" in _whats(_verify(record))
    for _turn in range(3):
        _fill(record)

    assert _check(record).trouble == Trouble.FORK
    assert "integrity.mirror-older" in {
        row[0] for row in record.rows("SELECT kind FROM audit_event")
    }


def test_accepted_restore_is_no_alarm_but_stays_on_record(record: Record, tmp_path: Path) -> None:
    """Once somebody answers for it, the older state is the right one; the report still tells."""
    copy = _copied(record, tmp_path)
    _fill(record)
    _older_copy(record, copy)
    record.write(accept, "Yesterday's backup after a broken disk")
    record.store.accept_state().result()
    _fill(record)

    report = _verify(record)
    assert report.findings == []
    assert len(report.restored) == 1


def test_lost_mirror_is_noticed(record: Record) -> None:
    """Without the files beside it the record says so, and a new mirror begins."""
    _fill(record)
    record.store.close()
    shutil.rmtree(record.path.parent / "audit")

    record.store = open_store(record.path, record.key, record.clock)

    kinds = {row[0] for row in record.rows("SELECT kind FROM audit_event")}
    assert "integrity.mirror-missing" in kinds
    assert _whats(_verify(record)) == {"mirror-missing"}
    record.write(accept, "The folder was moved without it")
    record.store.accept_state().result()
    assert _verify(record).findings == []


def test_mirror_that_was_cut_or_changed_is_found(record: Record) -> None:
    """A line taken out, or one that the key does not open, is told."""
    for _turn in range(4):
        _fill(record)
    file = next((record.path.parent / "audit").glob("*.heads"))
    lines = file.read_bytes().splitlines(keepends=True)

    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert _whats(_check(record)) == {"mirror-gap"}
    file.write_bytes(b"".join(lines[:-1]))
    assert _whats(_check(record)) == {"mirror-behind"}
    file.write_bytes(b"".join([*lines[:-1], _other_letter(lines[-1], 40)]))
    assert "mirror-unreadable" in _whats(_check(record))


def _other_letter(line: bytes, place: int) -> bytes:
    letter = b"B" if line[place : place + 1] == b"A" else b"A"
    return line[:place] + letter + line[place + 1 :]


def test_torn_line_of_a_power_cut_heals(record: Record) -> None:
    """Half a line at the end is written anew at the next opening, without an alarm of its own."""
    _fill(record)
    record.store.close()
    file = next((record.path.parent / "audit").glob("*.heads"))
    file.write_bytes(file.read_bytes()[:-30])

    record.store = open_store(record.path, record.key, record.clock)

    assert _whats(_check(record)) == {"mirror-unreadable"}
    assert "integrity.mirror-older" not in {
        row[0] for row in record.rows("SELECT kind FROM audit_event")
    }


def test_foreign_key_signs_nothing(record: Record) -> None:
    """Signatures made anew with another key betray themselves beside the mirror."""
    _fill(record)
    other = Identity.new()

    def resign(connection: Any) -> None:
        connection.execute("UPDATE device_key SET seed = ?", (other.signing,))
        connection.execute("UPDATE sync_device SET sign_pk = ?", (other.public.signing,))
        device = uuid.UUID(
            bytes=connection.execute("SELECT device_id FROM sync_device").fetchone()[0]
        )
        for point in checkpoints.checkpoints(connection):
            signature = checkpoints.sign_as(other.signing, point.statement(device))
            connection.execute(
                "UPDATE sync_checkpoint SET signature = ? WHERE number = ?",
                (signature, point.number),
            )

    _tamper(record, resign)

    report = _check(record)
    assert "mirror-signature" in _whats(report)
    assert report.trouble >= Trouble.BROKEN


def test_what_the_disk_refused_is_nowhere_signed(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that failed at its very end left its signature behind for the files beside."""
    _fill(record)

    def signed_at_once(uow: UnitOfWork) -> None:
        uow.at_once = True
        uow.add(Patient(family="Refused", mrn="A1-2"))

    def full(connection: Any) -> None:
        connection.rollback()  # as SQLite does by itself
        raise dbapi2.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(record.store._writer_engine.dialect, "do_commit", full)
        with pytest.raises(StorageError):
            record.write(signed_at_once)
    record.write(lambda uow: uow.cursor.execute("UPDATE sync_ctx SET applying = 0") and None)
    record.write(_add)
    record.store.sign_off().result(60)
    assert _check(record).findings == []
