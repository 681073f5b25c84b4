"""Rows that several PCs wrote without knowing of each other, and that do not go together.

Each row alone is as its author meant it: two bookings of one doctor at one time, one person
entered twice, one bill paid twice, a prescription on paper whose dose changed elsewhere. What
somebody wrote with the other row in sight is no such case, so a pair is asked about only as long as
neither author had seen the other's row. Made from the commits, the same on every PC.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from clinic_desktop.db.commits import Names
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import Severity
from clinic_desktop.models.registry import BY_NAME

_pack = msgspec.msgpack.Encoder().encode
_LONGEST_MS = 24 * 60 * 60 * 1000
"""An appointment is not longer than a day."""


@dataclass(frozen=True)
class _Kind:
    """How such rows are found."""

    name: str
    severity: Severity
    table: str
    group: int
    """The versions of which are compared; 0 for the making of the rows."""
    watched: tuple[tuple[str, str], ...]
    """Tables whose rows bring a pair about, each with the column of the query that is its id."""
    sql: str
    """Selects a row and the other; ``{which}`` says which rows are looked at."""
    other_table: str = ""
    """Of the other row, where it is another's; then its making is compared."""


_OVERLAP = f"""
SELECT a.id, b.id FROM appointment a JOIN appointment b
 ON b.start_at > a.start_at - {_LONGEST_MS} AND b.start_at < a.end_at AND b.end_at > a.start_at
 AND b.id <> a.id AND (b.practitioner_id = a.practitioner_id OR b.location_id = a.location_id)
WHERE {{which}} AND a.is_deleted = 0 AND b.is_deleted = 0
 AND a.status NOT IN ('cancelled', 'no-show', 'done')
 AND b.status NOT IN ('cancelled', 'no-show', 'done')"""
# By the birth date (hence the "+"): of people with the common names of a place there are many.
_SAME_NAME = """
SELECT a.id, b.id FROM patient a JOIN patient b
 ON +b.family = a.family AND b.given = a.given AND b.birth_date = a.birth_date AND b.id <> a.id
WHERE {which} AND a.is_deleted = 0 AND b.is_deleted = 0 AND a.birth_date <> ''
 AND +a.merged_into IS NULL AND +b.merged_into IS NULL"""
_SAME_NUMBER = """
SELECT a.id, b.id FROM patient_identifier i
 JOIN patient_identifier j ON j.value = i.value AND j.system = i.system AND j.kind = i.kind
 JOIN patient a ON a.id = i.patient_id JOIN patient b ON b.id = j.patient_id
WHERE {which} AND a.id <> b.id AND i.value <> '' AND i.is_deleted = 0 AND j.is_deleted = 0
 AND a.is_deleted = 0 AND b.is_deleted = 0
 AND +a.merged_into IS NULL AND +b.merged_into IS NULL"""
# Of a folder that was copied both number on alike, until one of them notices.
_SAME_CHART = """
SELECT a.id, b.id FROM patient a JOIN patient b ON b.mrn = a.mrn AND b.id <> a.id
WHERE {which} AND a.mrn <> '' AND a.is_deleted = 0 AND b.is_deleted = 0
 AND +a.merged_into IS NULL AND +b.merged_into IS NULL"""
_PAID_TWICE = """
SELECT a.id, b.id FROM payment a JOIN payment b
 ON b.invoice_id = a.invoice_id AND b.id <> a.id AND b.kind = 'payment'
 JOIN invoice i ON i.id = a.invoice_id
WHERE {which} AND a.kind = 'payment' AND a.is_deleted = 0 AND b.is_deleted = 0
 AND (SELECT sum(p.amount_minor) FROM payment p WHERE p.invoice_id = i.id AND p.is_deleted = 0)
  > i.total_minor"""
_PRINTED = """
SELECT a.id, b.id FROM medication_request a
 JOIN printed_document b ON b.subject_id = lower(hex(a.prescription_id))
  AND b.kind = 'prescription'
WHERE {which} AND a.is_deleted = 0"""
KINDS = (
    _Kind("overlap", Severity.ADMIN, "appointment", 1, (("appointment", "a.id"),), _OVERLAP),
    _Kind("duplicate_identity", Severity.CLINICAL, "patient", 0, (("patient", "a.id"),),
          _SAME_NAME),
    _Kind("duplicate_identity", Severity.CLINICAL, "patient", 0,
          (("patient_identifier", "i.id"), ("patient", "i.patient_id")), _SAME_NUMBER),
    _Kind("duplicate_identity", Severity.CLINICAL, "patient", 0, (("patient", "a.id"),),
          _SAME_CHART),
    _Kind("paid_twice", Severity.ADMIN, "payment", 0,
          (("payment", "a.id"), ("invoice", "a.invoice_id")), _PAID_TWICE),
    _Kind("printed", Severity.SAFETY, "medication_request", 1,
          (("medication_request", "a.id"), ("prescription", "a.prescription_id")), _PRINTED,
          other_table="printed_document"),
    _Kind("printed", Severity.SAFETY, "medication_request", 2,
          (("medication_request", "a.id"), ("prescription", "a.prescription_id")), _PRINTED,
          other_table="printed_document"),
)  # fmt: skip
COLLISIONS = tuple(dict.fromkeys(each.name for each in KINDS))


def ask(cursor: Any, touched: Iterable[tuple[str, uuid.UUID]]) -> None:
    """Find such pairs anew for rows that a commit wrote, of this PC or another."""
    rows: dict[str, list[bytes]] = {}
    for table, row in touched:
        rows.setdefault(table, []).append(row.bytes)
    rows["payment"] = _of_bills(cursor, rows.get("payment", []), rows.get("invoice", []))
    printed = _of_papers(cursor, rows.get("printed_document", []))
    rows["prescription"] = [*rows.get("prescription", []), *printed]
    for name, pk in _taken_back(cursor, rows.get("audit_event", [])):
        rows[name] = [*rows.get(name, []), pk]
    _Asking(cursor).ask(rows)


def ask_all(cursor: Any) -> None:
    """Find all such pairs, in a record that lost its questions."""
    tables = {table for kind in KINDS for table, _column in kind.watched}
    rows = {
        table: [bytes(row[0]) for row in cursor.execute(f"SELECT id FROM {table}").fetchall()]
        for table in tables
    }
    _Asking(cursor).ask(rows)


class TakenBack(msgspec.Struct, frozen=True):
    """The detail of the event that takes the answer to such a question back."""

    question: str
    table: str
    row: str
    answers: str


def _taken_back(cursor: Any, events: list[bytes]) -> list[tuple[str, bytes]]:
    """Rows of questions whose answers some of these events take back."""
    found = []
    for part in batches(events):
        for (detail,) in cursor.execute(
            "SELECT detail FROM audit_event WHERE kind = 'conflict.reopen'"
            f" AND id IN ({marks(part)})",
            part,
        ).fetchall():
            try:
                again = msgspec.json.decode(detail, type=TakenBack)
            except (msgspec.DecodeError, TypeError):
                continue  # of another question, or not written by this program
            if again.question in COLLISIONS and _is_id(again.row):
                found.append((again.table, uuid.UUID(hex=again.row).bytes))
    return found


def _of_bills(cursor: Any, payments: list[bytes], invoices: list[bytes]) -> list[bytes]:
    """All payments of the bills that were touched: whether two go together depends on their sum."""
    found = dict.fromkeys(payments)
    for ids, bills in (
        (payments, "SELECT invoice_id FROM payment WHERE id IN ({})"),
        (invoices, "{}"),
    ):
        for part in batches(ids):
            of = bills.format(marks(part))
            rows = cursor.execute(f"SELECT id FROM payment WHERE invoice_id IN ({of})", part)
            found.update((bytes(row[0]), None) for row in rows.fetchall())
    return list(found)


def _of_papers(cursor: Any, papers: list[bytes]) -> list[bytes]:
    """The prescriptions that were printed."""
    found: list[bytes] = []
    for part in batches(papers):
        rows = cursor.execute(
            "SELECT subject_id FROM printed_document WHERE kind = 'prescription'"
            f" AND id IN ({marks(part)})",
            part,
        ).fetchall()
        found += [uuid.UUID(hex=subject).bytes for (subject,) in rows if _is_id(subject)]
    return found


def _is_id(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{32}", text) is not None


class _Asking:
    def __init__(self, cursor: Any) -> None:
        self._cursor, self._names = cursor, Names(cursor)
        self._pasts = Pasts(cursor, self._names)

    def ask(self, rows: dict[str, list[bytes]]) -> None:
        if self._cursor.execute("SELECT count(*) FROM sync_device").fetchone()[0] == 1:
            return
        asked = self._cursor.execute("SELECT DISTINCT kind FROM sync_conflict").fetchall()
        for kind in [each for each in KINDS if (each.name,) in asked]:
            for table in dict.fromkeys((kind.table, kind.other_table or kind.table)):
                self._forget(kind, rows.get(table, []))
        for kind in KINDS:
            for table, column in kind.watched:
                for part in batches(rows.get(table, [])):
                    which = f"{column} IN ({marks(part)})"
                    found = self._cursor.execute(kind.sql.format(which=which), part).fetchall()
                    for row, other in found:
                        self._put(kind, bytes(row), bytes(other))

    def _forget(self, kind: _Kind, rows: list[bytes]) -> None:
        for part in batches(rows):
            self._cursor.execute(
                f"DELETE FROM sync_conflict WHERE kind = ? AND (pk IN ({marks(part)})"
                f" OR other IN ({marks(part)}))",
                (kind.name, *part, *part),
            )

    def _put(self, kind: _Kind, row: bytes, other: bytes) -> None:
        ours = self._versions(kind.table, row, kind.group)
        if kind.other_table:
            if self._making(kind.table, row) in ours:
                return  # never changed since it was written
            theirs = self._versions(kind.other_table, other, 0)
        else:
            theirs = self._versions(kind.table, other, kind.group)
        if not ours or not theirs or self._is_known(ours, theirs):
            return
        if not kind.other_table and self._rank(ours) < self._rank(theirs):
            row, other = other, row  # who came later is asked about
        dots = sorted(self._dot(cid) for cid in (*ours, *theirs))
        named = b"".join([kind.name.encode(), row, other, *(_pack(list(dot)) for dot in dots)])
        cids, patient = (*ours, *theirs), self._patient(kind, row)
        self._cursor.execute(
            "INSERT INTO sync_conflict (id, kind, severity, patient, tbl, pk, grp, vers,"
            " opened_hlc, other) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
            (blake2b(named, digest_size=16).digest(), kind.name, kind.severity.value, patient,
             BY_NAME[kind.table].number, row, kind.group, _pack(list(cids)),
             max(self._hlc(cid) for cid in cids), other),
        )  # fmt: skip

    def _patient(self, kind: _Kind, row: bytes) -> bytes | None:
        if kind.table == "patient":
            return row
        found = self._cursor.execute(
            f"SELECT patient_id FROM {kind.table} WHERE id = ?", (row,)
        ).fetchone()
        return bytes(found[0]) if found and found[0] else None

    def _making(self, table: str, row: bytes) -> int:
        (made,) = self._cursor.execute(f"SELECT sv FROM {table} WHERE id = ?", (row,)).fetchone()
        return int(made)

    def _versions(self, table: str, row: bytes, group: int) -> list[int]:
        """The commits of the versions that hold; of group 0 the making of the row."""
        cells = (
            group
            and self._cursor.execute(
                "SELECT ver FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ? ORDER BY ver",
                (BY_NAME[table].number, row, group),
            ).fetchall()
        )
        return [int(ver) for (ver,) in cells or ()] or [self._making(table, row)]

    def _is_known(self, ours: list[int], theirs: list[int]) -> bool:
        """Whether somebody wrote one with the other in sight."""
        sees, of = self._pasts.sees, self._pasts.of_cid
        return any(sees(of(one), other) or sees(of(other), one) for one in ours for other in theirs)

    def _rank(self, cids: list[int]) -> tuple[int, Dot]:
        return max((self._hlc(cid), self._dot(cid)) for cid in cids)

    def _hlc(self, cid: int) -> int:
        row = self._cursor.execute("SELECT hlc FROM sync_commit WHERE cid = ?", (cid,)).fetchone()
        return int(row[0]) if row else 0

    def _dot(self, cid: int) -> Dot:
        dev, dseq = self._names.dot(cid)
        return Dot(self._names.device_id(dev), dseq)
