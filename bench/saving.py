"""Saving a visit, beside one bare transaction that leaves the same rows.

What is measured is the whole way from the call on the window's thread to the answer after the
commit: the writer's thread, permissions, validation and the questions it needs, the rows, their
capture, the commit packed and chained, the search index, the announcement.

The floor leaves every row that the save leaves: observations, diagnosis, the use of a favourite,
note, visit, the versions of changed groups and the commit with a body of the same bytes. It writes
through the same connection, so that both find the same pages in memory; the file's triggers fire
for it as for anybody; its ids grow with time, so that its rows lie beside each other too. It knows
every value beforehand: it asks nothing, checks nothing, encodes and hashes nothing.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.desk import OpenDesk
from bench.timing import Line, Spent, Timed, interleave, timed
from clinic_desktop.clock import SystemClock
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.services import conditions, encounters, observations
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.observations import TypedVital

NOTE = NoteText(
    "Headache in the mornings for two weeks. No chest pain, sleeps well. " * 3,
    "Alert, no oedema. Heart sounds regular, lungs clear. " * 3,
    "Essential hypertension, not yet controlled.",
    "Amlodipine 5 mg once a day. Salt, walking. Again in four weeks.",
)
VITALS = (TypedVital("bp", "148/92"), TypedVital("pulse", "76"), TypedVital("weight", "81"))
DIAGNOSIS = Coded("Essential (primary) hypertension", "http://hl7.org/fhir/sid/icd-10-cm", "I10")


def save_visit(uow: UnitOfWork, encounter_id: uuid.UUID) -> None:
    """Vital signs, a diagnosis, the note and the signature, in one transaction."""
    confirmed = [TypedVital(each.field, each.text, confirmed=True) for each in VITALS]
    observations.record_vitals(uow, encounter_id, confirmed)
    conditions.add_diagnosis(uow, encounter_id, DIAGNOSIS)
    encounters.sign(uow, encounter_id, text=NOTE)


def saving(desk: OpenDesk, people: list[uuid.UUID], repeats: int) -> list[Line]:
    """From the key that signs to the commit on the disk."""
    store, actor = desk.clinic.store, desk.clinic.actor
    warm = 2
    begun = [
        store.write(actor, encounters.start_visit, patient_id=person).result().encounter_id
        for person in people[: 2 * (repeats + warm) + 1]
    ]
    store.write(actor, save_visit, begun[0]).result()
    ours, theirs = iter(begun[1 : repeats + warm + 1]), iter(begun[repeats + warm + 1 :])
    line = Line("save a visit: note, vital signs, diagnosis, signature",
                "one bare transaction with the same rows", 3, 100)  # fmt: skip
    save = timed(lambda: store.write(actor, save_visit, next(ours)).result())
    interleave(line, save, bare_saving(writers_connection(store), begun[0], theirs), repeats, warm)
    desk.settle()
    return [line]


def writers_connection(store: Store) -> Any:
    """The driver's connection that the writer uses, for use while it has nothing to do."""
    engine = store._writer_engine  # noqa: SLF001 - nobody but a measurement needs it
    with engine.connect() as connection:
        return connection.connection.dbapi_connection


@dataclass
class Saved:
    """The rows that saving a visit has left, as the file holds them."""

    names: dict[str, list[str]]
    """The columns of each table."""
    added: dict[str, list[tuple[Any, ...]]]
    """Observations and conditions."""
    note: tuple[Any, ...]
    visit: tuple[Any, ...]
    cells: list[tuple[int, int]]
    """Tables and groups that were changed."""
    commit: tuple[Any, ...]


def bare_saving(connection: Any, saved: uuid.UUID, open_visits: Iterator[uuid.UUID]) -> Timed:
    """Leaves in another open visit what was saved in one: new rows inserted, others updated."""
    pattern, new_id = _what_was_saved(connection, saved), SystemClock().new_id
    favourite = connection.execute("SELECT id FROM favourite ORDER BY uses DESC").fetchone()[0]
    numbers = itertools.count(pattern.commit[0] + 1_000_000)

    def save() -> Spent:
        target = next(open_visits).bytes
        owner = connection.execute(
            "SELECT patient_id FROM encounter WHERE id = ?", (target,)
        ).fetchone()[0]
        batches = [
            (_insert(table, names), _renewed(names, pattern.added[table], owner, target))
            for table, names in pattern.names.items()
        ]
        number = next(numbers)
        cells = [(table, new_id().bytes, group, number) for table, group in pattern.cells]

        def transaction() -> None:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in batches:
                connection.executemany(statement, values)
            connection.execute("UPDATE favourite SET uses = uses + 1 WHERE id = ?", (favourite,))
            connection.execute(_NOTE, (*pattern.note, target))
            connection.execute(_VISIT, (*pattern.visit, target))
            connection.executemany(
                "INSERT INTO sync_cell (tbl, pk, grp, ver) VALUES (?, ?, ?, ?)", cells
            )
            connection.execute(_COMMIT, (-number, number, *pattern.commit[1:]))
            connection.execute("DELETE FROM sync_journal")
            connection.execute("COMMIT")

        return timed(transaction)()

    return save


_NOTE = """
UPDATE note SET subjective=?, objective=?, assessment=?, plan=?, status=?, author_id=?,
 written_at=?, signed_at=?, content_hash=? WHERE encounter_id = ?"""
_VISIT = "UPDATE encounter SET status=?, end_at=?, signed_at=?, signed_by=? WHERE id = ?"
_COMMIT = """
INSERT INTO sync_commit
 (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain)
VALUES (?, 99, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def _what_was_saved(connection: Any, saved: uuid.UUID) -> Saved:
    commit = connection.execute(
        "SELECT cid, hlc, wall, user_id, reason, schema_ver, deps, body, chain FROM sync_commit"
        " ORDER BY cid DESC LIMIT 1"
    ).fetchone()
    cells = connection.execute("SELECT tbl, grp FROM sync_cell WHERE ver = ?", commit[:1])
    made = {
        table: connection.execute(
            f"SELECT * FROM {table} WHERE encounter_id = ?",
            (saved.bytes,),
        )
        for table in ("observation", "condition")
    }
    note = connection.execute(
        "SELECT subjective, objective, assessment, plan, status, author_id, written_at, signed_at,"
        " content_hash FROM note WHERE encounter_id = ?",
        (saved.bytes,),
    )
    visit = connection.execute(
        "SELECT status, end_at, signed_at, signed_by FROM encounter WHERE id = ?", (saved.bytes,)
    )
    return Saved(
        {table: [column[0] for column in found.description] for table, found in made.items()},
        {table: found.fetchall() for table, found in made.items()},
        note.fetchone(),
        visit.fetchone(),
        cells.fetchall(),
        commit,
    )


def _insert(table: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _renewed(
    columns: list[str], rows: list[tuple[Any, ...]], owner: bytes, visit: bytes
) -> list[list[Any]]:
    """The rows under ids of their own, for another patient and visit."""
    new_id = SystemClock().new_id
    fresh = {row[columns.index("id")]: new_id().bytes for row in rows}
    renewed = []
    for row in rows:
        values = dict(zip(columns, row, strict=True)) | {"patient_id": owner, "encounter_id": visit}
        for name in ("id", "parent_id"):
            if name in values:
                values[name] = fresh.get(values[name])
        renewed.append(list(values.values()))
    return renewed
