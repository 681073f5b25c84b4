"""A PC that joins is open after the first parts of a snapshot; the rest comes beside it."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.history import History
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import refuse_untold
from clinic_desktop.db.snapshot_pages import SnapshotError
from clinic_desktop.errors import ReadOnlyError, ServerError, StoppedError
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.services.audit import verifying
from clinic_desktop.sync import snapshot_beginning
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_snapshots import kept, leave

_LOOKS = "SELECT patient_id FROM audit_event WHERE kind = 'test.looked'"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def long_ago(practice: Practice) -> Practice:
    """One patient was here yesterday, one never; the first PC has left a snapshot of both."""
    for given in ("Far", "Near"):
        add_patient(practice.front, given)
    practice.front.store.write(practice.front.actor, _visit, "Near").result(60)
    sync(practice.front)
    assert leave(practice.front)
    return practice


@pytest.fixture
def early(long_ago: Practice) -> Clinic:
    """A PC that joined, and opened as soon as it could."""
    joined = long_ago.join("new", opens_early=True)
    assert joined.passed is None
    return long_ago.open("new")


def _visit(uow: UnitOfWork, given: str) -> None:
    (row,) = uow.cursor.execute("SELECT id FROM patient WHERE given = ?", (given,)).fetchall()
    at = uow.now - timedelta(days=1)
    uow.add(Encounter(patient_id=uuid.UUID(bytes=bytes(row[0])), start_at=at))


def given_names(pc: Clinic) -> list[object]:
    return [row[1] for row in patients(pc)]


def harm(practice: Practice, sql: str) -> None:
    with kept(practice) as server:
        server.execute(sql)


@pytest.fixture
def wrong_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The rows are not what the log says: found when all has come."""
    plain = refuse_untold
    left = [1]

    def refuse(cursor: object, *more: object) -> None:
        if left:
            left.pop()
            raise SnapshotError("the rows are not what the log says")
        plain(cursor, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshot_beginning, "refuse_untold", refuse)
    yield
    assert not left


def test_near_charts_can_be_looked_at_and_nothing_written(early: Clinic) -> None:
    assert given_names(early) == ["Near"]
    with pytest.raises(ReadOnlyError, match="still coming"):
        add_patient(early, "Else")
    assert rows(early, "SELECT count(*) FROM sync_commit WHERE dev = 1") == [(0,)]
    why = early.store.gate.halt
    assert why is not None
    assert "allergies too" in why.kept


def test_what_needs_the_whole_record_is_refused(early: Clinic) -> None:
    with pytest.raises(ReadOnlyError, match="still coming"):
        early.store.read(early.actor, verifying.verify, None).result(60)
    with pytest.raises(ReadOnlyError, match="still coming"):
        early.back_up(early.data_dir.root, lambda *_far: None)


def test_the_rest_comes_with_the_first_pass_and_everything_can_be_written(
    long_ago: Practice, early: Clinic
) -> None:
    add_patient(long_ago.front, "Since")
    sync(long_ago.front, early)
    assert given_names(early) == ["Far", "Near", "Since"]
    assert early.store.gate.halt is None
    add_patient(early, "Written")
    sync(early, long_ago.front)
    assert patients(early) == patients(long_ago.front)
    report = early.store.read(early.actor, verifying.verify, None).result(60)
    assert not [each for each in report.findings if each.trouble > 1]


def test_opened_anew_it_still_only_looks_and_goes_on(long_ago: Practice, early: Clinic) -> None:
    early.close()
    long_ago.opened.remove(early)
    again = long_ago.open("new")
    assert again.store.gate.is_held
    sync(again)
    assert given_names(again) == ["Far", "Near"]
    assert again.store.gate.halt is None


def test_stopped_while_pages_are_loaded_it_goes_on_later(early: Clinic) -> None:
    syncing = Syncing(early)

    def stop(*_far: int) -> None:
        syncing._is_over = True

    with pytest.raises(StoppedError):
        syncing.run(stop)
    assert early.store.gate.is_held
    assert given_names(early) == ["Near"]
    sync(early)
    assert given_names(early) == ["Far", "Near"]


def test_while_the_server_is_away_people_look(long_ago: Practice, early: Clinic) -> None:
    long_ago.server.stop()
    with pytest.raises(ServerError):
        sync(early)
    assert given_names(early) == ["Near"]
    assert early.store.gate.is_held


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE page SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
        "DELETE FROM page",
    ],
)
def test_a_wrong_page_after_the_near_charts_and_segments_tell_the_record(
    long_ago: Practice, early: Clinic, sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    harm(long_ago, sql)
    sync(early)
    caplog.clear()
    assert given_names(early) == ["Far", "Near"]
    assert rows(early, "SELECT count(*) FROM sync_segment WHERE content = x''") == [(0,)]
    add_patient(early, "Written")
    sync(early, long_ago.front)
    assert patients(early) == patients(long_ago.front)


def test_a_wrong_log_at_the_end_is_told_and_another_source_takes_its_place(
    long_ago: Practice, early: Clinic, wrong_log: None, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    gate = early.store.gate
    gate.subscribe(lambda: said.append(gate.halt.message if gate.halt else ""))
    sync(early)
    caplog.clear()
    assert any("not right" in each for each in said)
    assert said[-1] == ""
    assert given_names(early) == ["Far", "Near"]
    early.close()
    long_ago.opened.remove(early)
    again = long_ago.open("new")
    assert again.store.gate.halt is None
    add_patient(again, "Written")
    sync(again, long_ago.front)
    assert patients(again) == patients(long_ago.front)


def test_killed_while_it_is_fetched_anew_it_begins_with_another_source_again(
    long_ago: Practice, early: Clinic, wrong_log: None, caplog: pytest.LogCaptureFixture
) -> None:
    syncing = Syncing(early)
    gate = early.store.gate

    def stop() -> None:
        syncing._is_over = gate.halt is not None and "not right" in gate.halt.message

    gate.subscribe(stop)
    with pytest.raises((StoppedError, ServerError)):
        syncing.run()
    early.close()
    long_ago.opened.remove(early)
    again = long_ago.open("new")
    assert again.store.gate.halt is not None
    assert "not right" in again.store.gate.halt.message
    sync(again)
    caplog.clear()
    assert given_names(again) == ["Far", "Near"]
    assert again.store.gate.halt is None


def test_where_a_near_chart_refers_to_another_all_comes_at_once(long_ago: Practice) -> None:
    front = long_ago.front
    front.store.write(front.actor, _refer).result(60)
    sync(front)
    assert leave(front)
    joined = long_ago.join("new", opens_early=True)
    assert joined.passed is not None
    new = long_ago.open("new")
    assert new.store.gate.halt is None
    assert given_names(new) == ["Far", "Near"]


def _refer(uow: UnitOfWork) -> None:
    """An allergy of the near patient, noted at a visit of the far one two years ago."""
    far, near = (
        uuid.UUID(bytes=bytes(row[0]))
        for row in uow.cursor.execute("SELECT id FROM patient ORDER BY given").fetchall()
    )
    visit = uow.new_id()
    uow.add(
        Encounter(id=visit, patient_id=far, start_at=uow.now - timedelta(days=800)),
        AllergyIntolerance(patient_id=near, encounter_id=visit, display="Penicillin"),
    )


def test_a_snapshot_that_does_not_know_the_person_is_not_opened_early(
    long_ago: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_desktop.joining.is_theirs", lambda *_asked: False)
    joined = long_ago.join("new", opens_early=True)
    assert joined.passed is not None
    assert given_names(long_ago.open("new")) == ["Far", "Near"]


def test_looks_at_that_time_outlast_the_program_and_come_into_the_log(
    long_ago: Practice, early: Clinic
) -> None:
    (patient,) = rows(early, "SELECT id FROM patient")
    early.store.read(early.actor, _look, uuid.UUID(bytes=bytes(patient[0]))).result(60)  # type: ignore[call-overload]
    early.close()
    long_ago.opened.remove(early)
    again = long_ago.open("new")
    sync(again)
    assert rows(again, _LOOKS) == []
    add_patient(again, "Written")
    assert rows(again, _LOOKS) == [patient]
    again.close()
    long_ago.opened.remove(again)
    add_patient(long_ago.open("new"), "Later")
    assert rows(long_ago.opened[-1], _LOOKS) == [patient]


def _look(reads: ReadSession, patient: uuid.UUID) -> None:
    reads.note("test.looked", patient_id=patient)


def test_the_history_of_a_value_is_no_fault_while_the_log_is_coming(early: Clinic) -> None:
    (patient,) = rows(early, "SELECT id FROM patient")
    found = early.store.read(early.actor, _history, bytes(patient[0])).result(60)  # type: ignore[call-overload]
    assert found == []


def _history(reads: ReadSession, patient: bytes) -> list[object]:
    return list(History(reads.cursor).of("patient", uuid.UUID(bytes=patient)))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("steps", [0, 2, 5, 8])
def test_killed_at_any_moment_it_goes_on(long_ago: Practice, early: Clinic, steps: int) -> None:
    early.close()
    long_ago.opened.remove(early)
    words = [str(early.data_dir.root), long_ago.server.url, str(steps)]
    child = [sys.executable, "-m", "tests.sync.half_arrived", *words]
    assert subprocess.run(child, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    again = long_ago.open("new")
    assert given_names(again) in (["Near"], ["Far", "Near"])
    assert again.store.gate.is_held
    sync(again)
    assert again.store.gate.halt is None
    add_patient(again, "Written")
    sync(again, long_ago.front)
    assert patients(again) == patients(long_ago.front)
