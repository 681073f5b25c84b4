"""Saving a visit, beside one bare transaction that leaves the same rows."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from bench.desk import OpenDesk
from bench.timing import Line, Spent, Timed, interleave, timed
from clinic_desktop.db.engine import connect
from clinic_desktop.db.session import UnitOfWork
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
    bare = connect(store.path, desk.clinic.keys.key)
    interleave(line, save, bare_saving(bare, begun[0], theirs), repeats, warm)
    bare.close()
    desk.settle()
    return [line]


def bare_saving(connection: Any, saved: uuid.UUID, open_visits: Iterator[uuid.UUID]) -> Timed:
    """Leaves in another open visit what was saved in one: new rows inserted, others updated.

    The rows of the commit log are among them; the triggers that gather it are switched off.
    """
    log, cells, names, rows, note, visit = _what_was_saved(connection, saved)
    numbers = itertools.count(log[0] + 1_000_000)

    def save() -> Spent:
        target = next(open_visits).bytes
        owner = connection.execute(
            "SELECT patient_id FROM encounter WHERE id = ?", (target,)
        ).fetchone()[0]
        batches = [
            (_insert(table, names[table]), _renewed(names[table], rows[table], owner, target))
            for table in rows
        ]

        def transaction() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE sync_ctx SET applying = 1")
            for statement, values in batches:
                connection.executemany(statement, values)
            connection.execute(
                "UPDATE note SET subjective=?, objective=?, assessment=?, plan=?, status=?,"
                " author_id=?, written_at=?, signed_at=?, content_hash=? WHERE encounter_id = ?",
                (*note, target),
            )
            connection.execute(
                "UPDATE encounter SET status=?, end_at=?, signed_at=?, signed_by=? WHERE id = ?",
                (*visit, target),
            )
            number = next(numbers)
            connection.executemany(
                "INSERT INTO sync_cell (tbl, pk, grp, ver) VALUES (?, ?, ?, ?)",
                [(table, uuid.uuid4().bytes, group, number) for table, _row, group in cells],
            )
            connection.execute(
                "INSERT INTO sync_commit (cid, dev, dseq, hlc, wall, user_id, reason, schema_ver,"
                " deps, body, chain) VALUES (?, 99, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (-number, number, *log[1:]),
            )
            connection.execute("UPDATE sync_ctx SET applying = 0")
            connection.execute("COMMIT")

        return timed(transaction)()

    return save


def _what_was_saved(connection: Any, saved: uuid.UUID) -> tuple[Any, ...]:
    """The rows of a saved visit: log, cells, names of columns, new rows, note, visit."""
    log = connection.execute(
        "SELECT cid, hlc, wall, user_id, reason, schema_ver, deps, body, chain FROM sync_commit"
        " ORDER BY cid DESC LIMIT 1"
    ).fetchone()
    cells = connection.execute(
        "SELECT tbl, pk, grp FROM sync_cell WHERE ver = ?", (log[0],)
    ).fetchall()
    made = {
        table: connection.execute(
            f"SELECT * FROM {table} WHERE encounter_id = ?",  # noqa: S608 - our names
            (saved.bytes,),
        )
        for table in ("observation", "condition")
    }
    names = {table: [column[0] for column in found.description] for table, found in made.items()}
    rows = {table: found.fetchall() for table, found in made.items()}
    note = connection.execute(
        "SELECT subjective, objective, assessment, plan, status, author_id, written_at, signed_at,"
        " content_hash FROM note WHERE encounter_id = ?",
        (saved.bytes,),
    ).fetchone()
    visit = connection.execute(
        "SELECT status, end_at, signed_at, signed_by FROM encounter WHERE id = ?", (saved.bytes,)
    ).fetchone()
    return log, cells, names, rows, note, visit


def _insert(table: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our names


def _renewed(
    columns: list[str], rows: list[tuple[Any, ...]], owner: bytes, visit: bytes
) -> list[list[Any]]:
    """The rows under ids of their own, for another patient and visit."""
    fresh = {row[columns.index("id")]: uuid.uuid4().bytes for row in rows}
    renewed = []
    for row in rows:
        values = dict(zip(columns, row, strict=True)) | {"patient_id": owner, "encounter_id": visit}
        for name in ("id", "parent_id"):
            if name in values:
                values[name] = fresh.get(values[name])
        renewed.append(list(values.values()))
    return renewed
