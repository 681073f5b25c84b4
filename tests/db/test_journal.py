"""Every write of a synced table is captured, in the transaction that made it."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from clinic_desktop.db import journal, triggers
from clinic_desktop.db.chain import verify_chain
from clinic_desktop.db.dictionary import models_by_table
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import RuleError, StaleError
from clinic_desktop.models import Base
from clinic_desktop.models.base import Synced
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.registry import BY_NAME, TABLES, TableSpec
from tests.support.records import Record


def _add_patient(uow: UnitOfWork, family: str = "Otieno") -> uuid.UUID:
    patient = Patient(family=family, mrn="A1-1")
    uow.add(patient)
    return patient.id


def _last_body(record: Record) -> tuple[list[Any], list[Any]]:
    rows = record.rows("SELECT body FROM sync_commit ORDER BY cid DESC LIMIT 1")
    return journal.read_body(rows[0][0])


def _captured(record: Record, patient_id: uuid.UUID) -> bool:
    inserts, updates = _last_body(record)
    number = BY_NAME["patient"].number
    fresh = {row[0] for table, _cols, rows in inserts if table == number for row in rows}
    changed = {update[1] for update in updates if update[0] == number}
    return patient_id.bytes in fresh | changed


def test_every_synced_model_is_in_the_registry_column_by_column() -> None:
    """A synced table or column that the registry does not know would never leave this PC."""
    models = {
        name: {column.name for column in Base.metadata.tables[name].columns}
        for name, model in models_by_table().items()
        if issubclass(model, Synced)
    }

    assert {table.name: {"id", "sv", *table.columns} for table in TABLES} == models


def test_registry_numbers_are_unique() -> None:
    """No number of a table, group or column means two things."""
    assert len({table.number for table in TABLES}) == len(TABLES)
    for table in TABLES:
        groups = [group.number for group in table.groups]
        columns = [number for group in table.groups for _name, number in group.columns]

        assert len(set(groups)) == len(groups), table.name
        assert len(set(columns)) == len(columns), table.name


def test_orm_insert_is_captured_with_its_values(record: Record) -> None:
    """A new row's commit carries every column under its number."""
    patient_id = record.write(_add_patient)

    inserts, updates = _last_body(record)

    assert updates == []
    table, columns, rows = inserts[0]
    assert table == BY_NAME["patient"].number
    family = columns.index(1) + 1
    assert [row[family] for row in rows if row[0] == patient_id.bytes] == ["Otieno"]


@pytest.mark.parametrize("way", ["core", "bulk", "upsert", "raw"])
def test_no_way_of_writing_escapes(record: Record, way: str) -> None:
    """Core, bulk, upsert and raw SQL are captured like the ORM's own writes."""
    patient_id = record.write(_add_patient)
    target = record.clock.new_id() if way in {"bulk", "upsert"} else patient_id

    def change(uow: UnitOfWork) -> None:
        if way == "core":
            uow.session.execute(update(Patient).where(Patient.id == target).values(given="Ann"))
        elif way == "bulk":
            rows = [{"id": target, "family": "A", "mrn": "x"}]
            uow.session.execute(insert(Patient), rows)
        elif way == "upsert":
            uow.cursor.execute(
                "INSERT INTO patient (id, mrn, family, deceased) VALUES (?, 'u', 'U', 0)"
                " ON CONFLICT (id) DO UPDATE SET family = 'V'",
                (target.bytes,),
            )
        else:
            uow.cursor.execute("UPDATE patient SET given = 'B' WHERE id = ?", (target.bytes,))

    record.write(change)

    assert _captured(record, target)
    assert record.rows("SELECT count(*) FROM sync_journal") == [(0,)]


def test_update_names_the_group_its_values_and_what_it_replaces(record: Record) -> None:
    """One changed column travels with its whole group and the version it supersedes."""
    patient_id = record.write(_add_patient)
    first = record.read(lambda reads: reads.version("patient", patient_id))

    def rename(uow: UnitOfWork) -> None:
        patient = uow.session.get_one(Patient, patient_id)
        patient.given = "Brian"

    record.write(rename)

    _inserts, updates = _last_body(record)
    group = next(each for each in BY_NAME["patient"].groups if each.name == "name")
    table, pk, number, values, replaced = updates[0]
    assert (table, pk, number) == (BY_NAME["patient"].number, patient_id.bytes, group.number)
    assert dict(zip(group.names, values, strict=True))["given"] == "Brian"
    assert replaced == [first]


def test_writing_the_same_value_is_no_change(record: Record) -> None:
    """A save that changes nothing makes no commit."""
    patient_id = record.write(_add_patient)
    before = record.rows("SELECT max(cid) FROM sync_commit")

    record.write(
        lambda uow: uow.session.execute(
            update(Patient).where(Patient.id == patient_id).values(family="Otieno")
        )
    )

    assert record.rows("SELECT max(cid) FROM sync_commit") == before


def test_a_write_into_a_deleted_row_deletes_it_again(record: Record) -> None:
    """Other PCs would take it for work that the deletion did not know of, and bring it back."""
    kept, gone = record.write(_add_patient), record.write(_add_patient)

    def set_all(uow: UnitOfWork, /, rows: list[uuid.UUID], **values: Any) -> None:
        uow.session.execute(update(Patient).where(Patient.id.in_(rows)).values(**values))

    record.write(set_all, [gone], is_deleted=True)
    record.write(set_all, [kept, gone], family="Blank")

    updates = sorted(_last_body(record)[1], key=lambda each: (each[1], each[2]))
    assert [(each[1], each[2]) for each in updates] == [
        (kept.bytes, 1),
        (gone.bytes, 0),
        (gone.bytes, 1),
    ]
    assert updates[1][3] == [1]


def test_failed_transaction_leaves_neither_row_nor_journal(record: Record) -> None:
    """An error after the write takes the write, its journal and its number back."""
    before = record.rows("SELECT count(*), (SELECT count(*) FROM patient) FROM sync_commit")

    def fail(uow: UnitOfWork) -> None:
        _add_patient(uow)
        uow.next_number("test")
        uow.session.flush()
        raise RuleError("no")

    with pytest.raises(RuleError):
        record.write(fail)

    after = record.rows("SELECT count(*), (SELECT count(*) FROM patient) FROM sync_commit")
    assert after == before
    assert record.rows("SELECT * FROM number_series WHERE name = 'test'") == []


def test_rows_cannot_be_removed(record: Record) -> None:
    """Deleting a synced row is refused by the file itself."""
    patient_id = record.write(_add_patient)

    with pytest.raises(RuleError):
        record.write(
            lambda uow: uow.cursor.execute("DELETE FROM patient WHERE id = ?", (patient_id.bytes,))
        )

    assert record.rows("SELECT count(*) FROM patient") == [(1,)]


def test_commit_announces_what_changed(record: Record) -> None:
    """Listeners hear table and id of every changed row, and the origin."""
    heard = record.changes()

    patient_id = record.write(_add_patient)

    assert heard[-1].ids("patient") == {patient_id}
    assert heard[-1].touches("patient")
    assert not heard[-1].touches("invoice")
    assert heard[-1].origin == "local"


def test_stale_form_cannot_overwrite(record: Record) -> None:
    """A form that was opened before somebody else saved is told so."""
    patient_id = record.write(_add_patient)
    base = record.read(lambda reads: reads.version("patient", patient_id))
    record.write(
        lambda uow: setattr(uow.session.get_one(Patient, patient_id), "given", "Other person")
    )

    def save(uow: UnitOfWork) -> None:
        uow.expect("patient", patient_id, base)
        uow.session.get_one(Patient, patient_id).given = "Mine"

    with pytest.raises(StaleError):
        record.write(save)
    assert record.rows("SELECT given FROM patient") == [("Other person",)]


def test_chain_finds_an_edited_commit(record: Record) -> None:
    """Changing a word of an old commit breaks the chain at that commit."""
    record.write(_add_patient)
    record.write(_add_patient, "Wanjiru")
    assert record.read(lambda reads: verify_chain(reads.cursor)) is None

    def tamper(uow: UnitOfWork) -> None:
        uow.cursor.execute("DROP TRIGGER guard_sync_commit_update")
        uow.cursor.execute("UPDATE sync_commit SET reason = 'x' WHERE dseq = 2")

    record.write(tamper)

    assert record.read(lambda reads: verify_chain(reads.cursor)) == "1/2"


def test_missing_trigger_is_noticed(record: Record) -> None:
    """A dropped or altered trigger is named."""
    record.write(lambda uow: uow.cursor.execute("DROP TRIGGER capture_patient_insert"))

    assert record.read(lambda reads: triggers.missing(reads.cursor)) == ["capture_patient_insert"]


_STEP = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["family", "given", "city", "sex", "note"]),
    st.text(max_size=8),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transactions=st.lists(st.lists(_STEP, min_size=1, max_size=6), min_size=1, max_size=4))
def test_replaying_the_log_gives_the_rows(
    record: Record, transactions: list[list[tuple[int, str, str]]]
) -> None:
    """The commits, applied in order, end in exactly what the table holds.

    Each change names the version that was current before it, whatever else its commit changed.
    """
    people = [record.write(_add_patient) for _each in range(3)]
    for steps in transactions:
        record.write(_set, [(people[place], column, value) for place, column, value in steps])

    spec = BY_NAME["patient"]
    replayed, current = _replay(record, spec)
    columns = ", ".join(spec.columns)
    statement = f"SELECT {columns} FROM patient WHERE id = ?"  # noqa: S608 - our own names
    for patient_id in people:
        row = record.rows(statement, patient_id.bytes)[0]
        assert replayed[patient_id.bytes] == dict(zip(spec.columns, row, strict=True))
        newest = max(current[patient_id.bytes, group.number] for group in spec.groups)
        assert newest == record.read(ReadSession.version, "patient", patient_id)


def _replay(
    record: Record, spec: TableSpec
) -> tuple[dict[bytes, dict[str, object]], dict[tuple[bytes, int], int]]:
    """The rows of a table as the log tells them, and the version of each of their groups."""
    names = {number: name for group in spec.groups for name, number in group.columns}
    groups = {group.number: group for group in spec.groups}
    rows: dict[bytes, dict[str, object]] = {}
    current: dict[tuple[bytes, int], int] = {}
    for cid, body in record.rows("SELECT cid, body FROM sync_commit ORDER BY cid"):
        inserts, updates = journal.read_body(body)
        for _table, columns, made in (each for each in inserts if each[0] == spec.number):
            for pk, *values in made:
                rows[pk] = {names[n]: value for n, value in zip(columns, values, strict=True)}
                current |= dict.fromkeys([(pk, number) for number in groups], cid)
        for table, pk, number, values, replaced in updates:
            if table == spec.number:
                assert replaced == [current[pk, number]]
                current[pk, number] = cid
                rows[pk] |= dict(zip(groups[number].names, values, strict=True))
    return rows, current


def _set(uow: UnitOfWork, changes: list[tuple[uuid.UUID, str, str]]) -> None:
    for patient_id, column, value in changes:
        setattr(uow.session.get_one(Patient, patient_id), column, value)


def test_versions_that_a_form_showed_are_what_its_change_replaces(record: Record) -> None:
    """Where a form showed two disputed versions, its save settles both of them, once."""
    patient_id = record.write(_add_patient)
    spec = BY_NAME["patient"]
    group = next(each for each in spec.groups if "given" in each.names).number
    key = (spec.number, patient_id.bytes, group)

    def settle(uow: UnitOfWork) -> None:
        shown = msgspec.msgpack.encode([3, 4])
        uow.cursor.execute("INSERT INTO sync_base VALUES (?, ?, ?, ?)", (*key, shown))
        _set(uow, [(patient_id, "given", "Brian")])

    record.write(settle)
    assert [each[4] for each in _last_body(record)[1]] == [[3, 4]]
    assert record.rows("SELECT count(*) FROM sync_base") == [(0,)]
    cells = record.rows("SELECT tbl, pk, grp FROM sync_cell WHERE pk = ?", patient_id.bytes)
    assert cells == [key]

    record.write(_set, [(patient_id, "given", "Bryan")])
    settled = record.rows("SELECT max(cid) - 1 FROM sync_commit")[0][0]
    assert [each[4] for each in _last_body(record)[1]] == [[settled]]
