"""Erasing a patient: refused while the law keeps the chart, thorough afterwards.

Rows stay as empty places, so that what refers to them holds; the log keeps who did what when, and
digests. Bills stay whole as long as the law of bookkeeping asks for them. Backups of before keep
what they hold until they are rotated out: nothing here can reach into them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from clinic_desktop.db import redaction
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.conflicts import ERASED
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.retention import invoice_kept_until
from clinic_desktop.errors import RuleError, ValidationError
from clinic_desktop.i18n import _, current
from clinic_desktop.models.privacy import LogRedaction
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.privacy import requests, retention
from clinic_desktop.services.privacy.blanks import Values, blanks_for, empty_row

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHORTEST_REASON = 10
_SHORTEST_WORD = 3
_TELLING = (
    ("patient", "id", "family, given, middle, preferred, name_latin, mrn, address"),
    ("patient_identifier", "patient_id", "value"),
    ("contact_point", "patient_id", "value, digits"),
    ("related_person", "patient_id", "name, phone"),
    ("coverage", "patient_id", "policy_number"),
)
"""Where names and numbers of a person stand."""
_HELD_PAPERS = frozenset({"invoice", "receipt", "credit-note"})


@dataclass(frozen=True)
class ErasurePlan:
    """What would happen."""

    patient_id: uuid.UUID
    hold: retention.Hold
    rows: dict[str, int]
    """Rows that lose their words, by table."""
    bills: tuple[tuple[str, date], ...]
    """Numbers of bills that stay whole, and until when."""
    is_sealed: bool
    """Whether this PC sealed commits for others: these runs stay as they were sent."""

    @property
    def is_allowed(self) -> bool:
        """Whether the law asks for the chart no more."""
        return self.hold.is_over


@dataclass(frozen=True)
class Erased:
    """What happened."""

    rows: dict[str, int]
    commits: int
    """Places of the log that were written anew without the words."""
    files: int
    bills: tuple[tuple[str, date], ...]


@query("subject.erase")
def plan(reads: ReadSession, patient_id: uuid.UUID) -> ErasurePlan:
    """Say what an erasure would do, and whether it may be done yet.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    work = _Work(reads, patient_id)
    hold = retention.hold_of(reads, patient_id)
    sealed = reads.cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM sync_segment WHERE dev = ?)", (THIS_PC,)
    ).fetchone()[0]
    return ErasurePlan(
        patient_id, hold, _counted(work.blanks), tuple(work.bills), is_sealed=bool(sealed)
    )


@command("subject.erase", password_again=True)
def erase(uow: UnitOfWork, patient_id: uuid.UUID, reason: str) -> Erased:
    """Take a patient out of the record and out of its log.

    Raises:
        NotFoundError: there is no such patient.
        RuleError: the chart must still be kept; restricting its use is what can be done.
        ValidationError: the reason is too short to mean anything.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError("reason", _("Say in a few words why this is erased."))
    hold = retention.hold_of(uow, patient_id)
    if not hold.is_over:
        raise RuleError(
            _("This chart must be kept until {day}.").format(day=current().date(hold.until)),
            kept=_("Nothing was erased."),
            hint=_("Restrict its use instead: then it is only stored."),
        )
    requests.complete(uow, patient_id, ("erasure",), _("Erased."))
    uow.session.flush()
    work = _Work(uow, patient_id)
    counted = _counted(work.blanks)
    files = work.drop_files()
    found = redaction.erase(uow.cursor, work.blanks)
    uow.session.expire_all()
    uow.add(*(
        LogRedaction(
            id=uow.new_id(), dev=each.dev, dseq=each.dseq, original=each.original,
            redacted=each.redacted, redacted_at=uow.now,
            device_id=uuid.UUID(bytes=each.device_id),
        )
        for each in found
    ))  # fmt: skip
    uow.audit(ERASED, patient_id=patient_id, reason=reason.strip(), commits=len(found))
    uow.at_once = True
    # The triggers slept: the screens hear from here what is gone.
    gone = {(table, uuid.UUID(bytes=pk)) for table, rows in work.blanks.items() for pk in rows}
    uow.extra.append(Changes(frozenset(gone), reason=ERASED))
    return Erased(counted, len(found), files, tuple(work.bills))


@query("subject.erase")
def words_of(reads: ReadSession, patient_id: uuid.UUID) -> tuple[str, ...]:
    """What somebody would look for after an erasure: names, numbers, phones, address."""
    ids = [each.bytes for each in charts.chart_ids(reads.session, patient_id)]
    which = marks(ids)
    found: list[str] = []
    for table, owner, columns in _TELLING:
        sql = f"SELECT {columns} FROM {table} WHERE {owner} IN ({which})"
        for row in reads.cursor.execute(sql, ids).fetchall():
            found += [word for word in row if word and len(word) >= _SHORTEST_WORD]
    return tuple(dict.fromkeys(found))


@query("subject.erase")
def places_of(reads: ReadSession, words: tuple[str, ...]) -> dict[str, int]:
    """Where any of these words still stands in the decrypted file: tables with how many rows.

    Names that others bear are found too; so are bills that the law keeps.
    """
    wanted = [word.casefold() for word in words]
    tables = reads.cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    found: dict[str, int] = {}
    for (table,) in tables:
        count = sum(
            any(_holds(value, wanted) for value in row)
            for row in reads.cursor.execute(f'SELECT * FROM "{table}"')
        )
        if count:
            found[table] = count
    return found


def _holds(value: Any, words: list[str]) -> bool:
    if isinstance(value, bytes):
        texts = [value.decode("utf-8", "ignore")]
        with contextlib.suppress(zlib.error):
            texts.append(zlib.decompress(value).decode("utf-8", "ignore"))
    elif isinstance(value, str):
        texts = [value]
    else:
        return False
    return any(word in text.casefold() for text in texts for word in words)


def _counted(blanks: Values) -> dict[str, int]:
    return {table: len(rows) for table, rows in sorted(blanks.items())}


class _Work:
    """What there is to do for one patient, worked out before anything is touched."""

    def __init__(self, reads: ReadSession, patient_id: uuid.UUID) -> None:
        self._reads, self._cursor = reads, reads.cursor
        reads.session.flush()
        self._ids = [each.bytes for each in charts.chart_ids(reads.session, patient_id)]
        self.bills: list[tuple[str, date]] = []
        self._kept_rows = held = self._held()
        self.blanks = blanks_for(self._cursor, self._ids, held)
        self._files: dict[bytes, str] = {}
        self._rewritten: dict[str, tuple[bytes, str]] = {}
        self._attachments(held)
        self._imports()

    def _held(self) -> set[bytes]:
        """Bills still in their time, with their lines, payments and papers."""
        kept = retention.rule(self._reads)
        held: set[bytes] = set()
        rows = self._cursor.execute(
            "SELECT id, number, issued_at FROM invoice WHERE status = 'issued'"
            f" AND patient_id IN ({marks(self._ids)})",
            self._ids,
        ).fetchall()
        for pk, number, issued_at in rows:
            day = from_millis(issued_at).astimezone(self._reads.zone).date()
            until = invoice_kept_until(day, kept)
            if until >= self._reads.today:
                held.add(bytes(pk))
                self.bills.append((number, until))
        for part in batches(sorted(held)):
            payments = self._cursor.execute(
                f"SELECT id FROM payment WHERE invoice_id IN ({marks(part)})", part
            ).fetchall()
            held |= {bytes(row[0]) for row in payments}
        for part in batches(sorted(held)):
            subjects = [pk.hex() for pk in part]  # this column is text
            papers = self._cursor.execute(
                f"SELECT id, kind FROM printed_document WHERE subject_id IN ({marks(part)})",
                subjects,
            ).fetchall()
            held |= {bytes(pk) for pk, kind in papers if kind in _HELD_PAPERS}
        return held

    def _attachments(self, held: set[bytes]) -> None:
        """Files of rows that lose their words; an original with other people in it is cut."""
        for table, column in (
            ("document_reference", "attachment_id"),
            ("printed_document", "attachment_id"),
            ("source_resource", "attachment_id"),
            ("patient", "photo_id"),
        ):
            rows = sorted(self.blanks.get(table, {}))
            for part in batches(rows):
                for (pk,) in self._cursor.execute(
                    f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
                    f" AND id IN ({marks(part)})",
                    part,
                ).fetchall():
                    self._take_file(bytes(pk), held)

    def _take_file(self, pk: bytes, held: set[bytes]) -> None:
        if pk in self._files or pk in held:
            return
        (sha,) = self._cursor.execute(
            "SELECT sha256 FROM attachment WHERE id = ?", (pk,)
        ).fetchone()
        self._files[pk] = sha
        others = self._cursor.execute(
            "SELECT count(*) FROM source_resource WHERE attachment_id = ? AND patient_id IS NOT"
            f" NULL AND patient_id NOT IN ({marks(self._ids)})",
            (pk, *self._ids),
        ).fetchone()[0]
        values = empty_row("attachment")
        if others:
            content = self._without(pk, sha)
            new = hashlib.sha256(content).hexdigest()
            self._rewritten[new] = (content, sha)
            values = {"sha256": new, "size": len(content)}
        self.blanks.setdefault("attachment", {})[pk] = values

    def _without(self, attachment: bytes, sha: str) -> bytes:
        """An original without this patient's resources; the others keep their places."""
        row = self._cursor.execute(
            "SELECT encoding, data FROM blob WHERE sha256 = ?", (sha,)
        ).fetchone()
        if row is None:
            return b""
        content = zlib.decompress(row[1]) if row[0] == "deflate" else bytes(row[1])
        places = {
            position
            for (position,) in self._cursor.execute(
                "SELECT position FROM source_resource WHERE attachment_id = ?"
                f" AND patient_id IN ({marks(self._ids)})",
                (attachment, *self._ids),
            ).fetchall()
        }
        return _cut(content, places)

    def _imports(self) -> None:
        """Names of files of one person are that person's name often enough."""
        names = {
            row[0]
            for pk in self._files
            for row in self._cursor.execute(
                "SELECT filename FROM attachment WHERE id = ? AND filename <> ''", (pk,)
            ).fetchall()
        }
        for pk, files in self._cursor.execute("SELECT id, files FROM import_batch").fetchall():
            told = json.loads(files)
            left = [each for each in told if PurePath(str(each)).name not in names]
            if left != told:
                packed = json.dumps(left, ensure_ascii=False, sort_keys=True,
                                    separators=(",", ":"))  # fmt: skip
                self.blanks.setdefault("import_batch", {})[bytes(pk)] = {"files": packed}

    def drop_files(self) -> int:
        """Throw the bytes away, with drafts and papers that wait; how many files went."""
        for sha, (content, _old) in self._rewritten.items():
            self._cursor.execute(
                "INSERT OR IGNORE INTO blob (sha256, encoding, data) VALUES (?, 'deflate', ?)",
                (sha, zlib.compress(content, 1)),
            )
        going = set(self._files)
        for sha in set(self._files.values()) - {""}:
            users = self._cursor.execute(
                "SELECT id FROM attachment WHERE sha256 = ?", (sha,)
            ).fetchall()
            if all(bytes(row[0]) in going for row in users):
                self._cursor.execute("DELETE FROM blob WHERE sha256 = ?", (sha,))
        self._drop("print_job", "printed_document_id", self.blanks.get("printed_document", {}))
        self._drop_drafts()
        return len(going)

    def _drop_drafts(self) -> None:
        """Of the person and of every row about the person, also of bills that the law keeps."""
        rows = {pk for rows in self.blanks.values() for pk in rows} | self._kept_rows
        subjects = {str(uuid.UUID(bytes=pk)) for pk in rows | set(self._ids)}
        people = [str(uuid.UUID(bytes=each)) for each in self._ids]
        for user, kind, subject, body in self._cursor.execute(
            "SELECT user_id, kind, subject, body FROM draft"
        ).fetchall():
            is_about = not subjects.isdisjoint(_ID.findall(subject))
            if is_about or any(each in body for each in people):
                self._cursor.execute(
                    "DELETE FROM draft WHERE user_id = ? AND kind = ? AND subject = ?",
                    (user, kind, subject),
                )

    def _drop(self, table: str, column: str, ids: Iterable[bytes]) -> None:
        for pk in ids:
            self._cursor.execute(f"DELETE FROM {table} WHERE {column} = ?", (pk,))


def _cut(content: bytes, places: set[int]) -> bytes:
    """A bundle, a list or lines of resources, with nothing left at these places."""
    try:
        whole = json.loads(content)
    except ValueError:
        lines = content.split(b"\n")
        return b"\n".join(b"{}" if n in places else line for n, line in enumerate(lines))
    if isinstance(whole, dict) and isinstance(whole.get("entry"), list):
        entries = whole["entry"]
        whole["entry"] = [{} if n in places else each for n, each in enumerate(entries)]
        return json.dumps(whole, ensure_ascii=False).encode()
    return b"{}" if 0 in places else content
