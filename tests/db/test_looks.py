"""Looks reach the log without making anybody wait, and none is lost on a clean close."""

from __future__ import annotations

import json
import uuid

import pytest

from clinic_desktop.db.looks import AT_MOST
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import RuleError
from clinic_desktop.services.patients.finding import search
from tests.support.records import Record


def _events(record: Record, kind: str) -> list[dict[str, object]]:
    rows = record.rows("SELECT detail FROM audit_event WHERE kind = ? ORDER BY id", kind)
    return [json.loads(row[0]) for row in rows]


def _look(reads: ReadSession, patient_id: uuid.UUID) -> None:
    reads.note("chart.look", patient_id=patient_id)


def _nothing(_uow: UnitOfWork) -> None:
    pass


def test_searches_are_counted_and_never_quoted(record: Record) -> None:
    """A search letter by letter is one event with what it found; the words are nowhere."""
    for typed in ("C", "Ca", "Canary"):
        record.read(search, typed)
    assert _events(record, "patient.search") == []

    record.write(_nothing)

    assert _events(record, "patient.search") == [{"found": 0, "times": 3}]
    assert record.rows("SELECT count(*) FROM audit_event WHERE detail LIKE '%Canary%'") == [(0,)]


def test_each_look_at_a_chart_counts(record: Record) -> None:
    """Looks at charts are never joined; many get a commit of their own."""
    for _turn in range(AT_MOST):
        record.read(_look, uuid.UUID(int=7))
    record.store.sign_off().result()

    assert len(_events(record, "chart.look")) == AT_MOST


def test_clean_close_loses_no_look(record: Record) -> None:
    """What waits when the record is closed is in it when it is opened again, and signed."""
    record.read(search, "Otieno")
    record.store.close()

    record.store = open_store(record.path, record.key, record.clock)

    assert len(_events(record, "patient.search")) == 1
    assert record.rows(
        "SELECT max(dseq) - (SELECT max(dseq) FROM sync_checkpoint) FROM sync_commit"
    ) == [(0,)]


def test_failed_save_keeps_the_looks(record: Record) -> None:
    """A save that is taken back does not take the looks with it."""

    def fail(uow: UnitOfWork) -> None:
        raise RuleError("no")

    record.read(search, "Otieno")
    with pytest.raises(RuleError):
        record.write(fail)
    record.write(_nothing)

    assert len(_events(record, "patient.search")) == 1


def test_clock_put_back_is_on_record(record: Record) -> None:
    """Working on with a clock that stands earlier than before leaves an event, not an error."""
    record.write(lambda uow: uow.audit("session.sign-in"))
    record.clock.advance(hours=-2)
    record.write(lambda uow: uow.audit("session.sign-in"))

    assert [event["seconds"] for event in _events(record, "clock.back")] == [7200]
