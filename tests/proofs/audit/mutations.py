"""T15: a log that somebody changed is found, each time; one that nobody changed never is.

Each case changes a whole signed record in one way, with the database key and the signing key in
hand and no trigger in the way, and lets the check read it. The change is rolled back for the next.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from clinic_desktop.db import checkpoints, log_check, triggers
from clinic_desktop.db.chain import chain_value, inflated
from clinic_desktop.db.checkpoints import Checkpoint, sign_as
from clinic_desktop.db.engine import connect
from clinic_desktop.db.log_check import Finding, LogReport, Trouble, check_log
from clinic_desktop.db.mirror import Line, Mirror
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.primitives import Identity, is_signed
from tests.proofs.audit.corpus import remember
from tests.proofs.audit.sample import Sample, mirror_of
from tests.proofs.result import Result, in_memory, progress

COMMITS = (15, 25, 25, 40, 80)
"""Of the logs that are changed; each of so many is changed in ``CASES_A_LOG`` ways."""
CASES_A_LOG = 420
LOGS_A_DAY = 50
"""Clean logs that grow out of each other; then a new one is begun."""
CLEAN_SHARE = 10
"""One clean log for so many mutations."""
TABLES = ("patient", "contact_point", "audit_event")
Mutation = Callable[["Case"], Trouble]
"""Changes the record; returns how bad the finding must be at least."""


@dataclass
class Frozen:
    """The mirror's lines, read once."""

    held: list[tuple[str, Line | None]]

    def lines(self) -> list[tuple[str, Line | None]]:
        """As ``Mirror.lines``."""
        return self.held


@dataclass
class Case:
    """One mutation under way."""

    record: Any
    chance: random.Random
    mirror: Frozen

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.record.execute(sql, values).fetchone()[0]

    def row(self, columns: str, table: str) -> Any:
        """Some row, the same for the same seed; names are our own."""
        count = self.one(f"SELECT count(*) FROM {table}")  # noqa: S608
        sql = f"SELECT {columns} FROM {table} ORDER BY 1 LIMIT 1 OFFSET ?"  # noqa: S608
        return self.record.execute(sql, (self.chance.randrange(count),)).fetchone()

    def commit(self, *, not_last: int = 0) -> int:
        """The number of some commit."""
        last = self.one("SELECT max(dseq) FROM sync_commit")
        return self.chance.randrange(1, last + 1 - not_last)

    def rechain(self, first: int) -> None:
        """Compute all chain values anew from a commit on, as whoever knows how it is done."""
        previous = bytes(32)
        if first > 1:
            previous = self.one("SELECT chain FROM sync_commit WHERE dseq = ?", first - 1)
        rows = self.record.execute(
            "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body FROM sync_commit"
            " WHERE dseq >= ? ORDER BY dseq",
            (first,),
        ).fetchall()
        for row in rows:
            previous = chain_value(previous, row[:8], row[8])
            self.record.execute(
                "UPDATE sync_commit SET chain = ? WHERE dseq = ?", (previous, row[1])
            )

    def resign(self, first: int) -> None:
        """Sign all checkpoints from a commit on anew, with the stolen key."""
        seed = self.one("SELECT seed FROM device_key")
        device = uuid.UUID(bytes=self.one("SELECT device_id FROM sync_device"))
        for point in checkpoints.checkpoints(self.record):
            if point.dseq >= first:
                chain = self.one("SELECT chain FROM sync_commit WHERE dseq = ?", point.dseq)
                fresh = Checkpoint(
                    point.dev, point.number, point.dseq, point.hlc, point.wall, chain
                )
                self.record.execute(
                    "UPDATE sync_checkpoint SET chain = ?, signature = ? WHERE number = ?",
                    (chain, sign_as(seed, fresh.statement(device)), point.number),
                )


def _other(chance: random.Random, value: Any) -> Any:
    """A value that is not the one given."""
    if isinstance(value, bytes) and value:
        place = chance.randrange(len(value))
        return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1000))
    return f"{value or ''}x"


def edit_commit(case: Case) -> Trouble:
    """One field of one commit."""
    column = case.chance.choice(
        ("hlc", "wall", "user_id", "reason", "schema_ver", "deps", "body", "chain")
    )
    where = case.commit()
    value = case.one(f"SELECT {column} FROM sync_commit WHERE dseq = ?", where)  # noqa: S608
    if column == "user_id" and value is None:
        value = b"\0" * 16
    changed = _other(case.chance, value)
    while column == "body" and inflated(changed) == inflated(value):
        # A bit that only fills the last byte of what was packed: nothing else was written.
        changed = _other(case.chance, value)
    case.record.execute(
        f"UPDATE sync_commit SET {column} = ? WHERE dseq = ?",  # noqa: S608
        (changed, where),
    )
    return Trouble.BROKEN


def edit_and_rechain(case: Case) -> Trouble:
    """One field, and all chain values after it computed anew: signatures no longer fit."""
    where = case.commit(not_last=1)
    case.record.execute("UPDATE sync_commit SET reason = reason || 'x' WHERE dseq = ?", (where,))
    case.rechain(where)
    return Trouble.BROKEN


def rewrite_with_stolen_key(case: Case) -> Trouble:
    """A history rewritten, chained and signed with the right key: a fork beside the mirror."""
    where = case.commit(not_last=1)
    case.record.execute("UPDATE sync_commit SET wall = wall + 1 WHERE dseq = ?", (where,))
    case.rechain(where)
    case.resign(where)
    return Trouble.FORK


def delete_commits(case: Case) -> Trouble:
    """A run of commits taken out of the middle."""
    where = case.commit(not_last=6)
    case.record.execute(
        "DELETE FROM sync_commit WHERE dseq BETWEEN ? AND ?",
        (where, where + case.chance.randrange(5)),
    )
    return Trouble.BROKEN


def delete_and_close_the_gap(case: Case) -> Trouble:
    """A commit taken out, all later ones numbered and chained anew."""
    where = case.commit(not_last=2)
    case.record.execute("DELETE FROM sync_commit WHERE dseq = ?", (where,))
    case.record.execute("UPDATE sync_commit SET dseq = -dseq WHERE dseq > ?", (where,))
    case.record.execute("UPDATE sync_commit SET dseq = -dseq - 1 WHERE dseq < 0")
    case.rechain(where)
    return Trouble.BROKEN


def insert_commit(case: Case) -> Trouble:
    """A commit slipped in, all later ones numbered and chained anew."""
    where = case.commit(not_last=2)
    case.record.execute("UPDATE sync_commit SET dseq = -dseq WHERE dseq >= ?", (where,))
    case.record.execute("UPDATE sync_commit SET dseq = 1 - dseq WHERE dseq < 0")
    case.record.execute(
        "INSERT INTO sync_commit SELECT (SELECT max(cid) + 1 FROM sync_commit), dev, ?, hlc, wall,"
        " user_id, reason, schema_ver, deps, body, chain FROM sync_commit WHERE dseq = ?",
        (where, where + 1),
    )
    case.rechain(where)
    return Trouble.BROKEN


def append_commit(case: Case) -> Trouble:
    """A commit added at the end with a right chain value, by hand: nobody signed it."""
    last = case.one("SELECT max(dseq) FROM sync_commit")
    body = b"x\x9c\x9b8\x91\x01\x00\x01\xfe\x00\xb2"  # of no rows
    case.record.execute(
        "INSERT INTO sync_commit SELECT cid + 1, dev, dseq + 1, hlc + 1, wall, user_id, reason,"
        " schema_ver, deps, ?, chain FROM sync_commit WHERE dseq = ?",
        (body, last),
    )
    case.rechain(last + 1)
    return Trouble.UNANCHORED


def swap_commits(case: Case) -> Trouble:
    """Two commits change places."""
    last = case.one("SELECT max(dseq) FROM sync_commit")
    one, other = sorted(case.chance.sample(range(1, last + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        case.record.execute("UPDATE sync_commit SET dseq = ? WHERE dseq = ?", (new, old))
    if case.chance.random() < 0.5:
        case.rechain(one)
    return Trouble.BROKEN


def truncate(case: Case) -> Trouble:
    """The newest commits cut off with their rows, versions and signatures."""
    keep = case.commit(not_last=1)
    cid = case.one("SELECT cid FROM sync_commit WHERE dseq = ?", keep)
    case.record.execute("DELETE FROM sync_checkpoint WHERE dseq > ?", (keep,))
    for table in TABLES:
        case.record.execute(f"DELETE FROM {table} WHERE sv > ?", (cid,))  # noqa: S608
    case.record.execute("DELETE FROM sync_cell WHERE ver > ?", (cid,))
    case.record.execute("DELETE FROM sync_commit WHERE dseq > ?", (keep,))
    return Trouble.FORK


def cut_signatures(case: Case) -> Trouble:
    """The newest signatures taken away, or one from the middle."""
    last = case.one("SELECT max(number) FROM sync_checkpoint")
    number = case.chance.randrange(1, last + 1)
    tail = case.chance.random() < 0.5
    case.record.execute(
        "DELETE FROM sync_checkpoint WHERE number = ? OR (? AND number > ?)", (number, tail, number)
    )
    return Trouble.UNANCHORED if tail or number == last else Trouble.BROKEN


def edit_signature(case: Case) -> Trouble:
    """One field of one checkpoint."""
    column = case.chance.choice(("dseq", "hlc", "wall", "chain", "signature"))
    number = case.chance.randrange(1, case.one("SELECT max(number) FROM sync_checkpoint") + 1)
    value = case.one(f"SELECT {column} FROM sync_checkpoint WHERE number = ?", number)  # noqa: S608
    case.record.execute(
        f"UPDATE sync_checkpoint SET {column} = ? WHERE number = ?",  # noqa: S608
        (_other(case.chance, value), number),
    )
    return Trouble.BROKEN


def swap_signatures(case: Case) -> Trouble:
    """A right signature under another statement."""
    last = case.one("SELECT max(number) FROM sync_checkpoint")
    one, other = case.chance.sample(range(1, last + 1), 2)
    taken = case.one("SELECT signature FROM sync_checkpoint WHERE number = ?", one)
    case.record.execute("UPDATE sync_checkpoint SET signature = ? WHERE number = ?", (taken, other))
    return Trouble.BROKEN


def foreign_key(case: Case) -> Trouble:
    """The log signed by another key, which the record then names as its own."""
    other = Identity.new()
    case.record.execute("UPDATE device_key SET seed = ?", (other.signing,))
    if case.chance.random() < 0.7:
        case.record.execute("UPDATE sync_device SET sign_pk = ?", (other.public.signing,))
    case.resign(1)
    return Trouble.BROKEN


def other_device(case: Case) -> Trouble:
    """The log claimed for another PC."""
    case.record.execute("UPDATE sync_device SET device_id = ?", (case.chance.randbytes(16),))
    if case.chance.random() < 0.5:
        case.resign(1)
    return Trouble.BROKEN


def edit_row(case: Case) -> Trouble:
    """A value in a table, past the log."""
    table = case.chance.choice(TABLES)
    columns = {
        "patient": ("family", "given", "city", "note", "sex", "is_deleted", "sv", "mrn"),
        "contact_point": ("value", "patient_id", "is_deleted", "sv"),
        "audit_event": ("kind", "happened_at", "user_id", "patient_id", "detail", "is_deleted"),
    }[table]
    pk, *values = case.row(f"id, {', '.join(columns)}", table)
    held = [pair for pair in zip(columns, values, strict=True) if pair[1] is not None]
    column, value = case.chance.choice(held)
    case.record.execute(
        f"UPDATE {table} SET {column} = ? WHERE id = ?",  # noqa: S608
        (_other(case.chance, value), pk),
    )
    return Trouble.BROKEN


def old_value_again(case: Case) -> Trouble:
    """A row as it was before its last change, its version with it."""
    pk, grp = case.row("pk, grp", "sync_cell WHERE tbl = 8")
    case.record.execute("DELETE FROM sync_cell WHERE pk = ? AND grp = ?", (pk, grp))
    if case.chance.random() < 0.5:
        case.record.execute("UPDATE patient SET family = family || 'x' WHERE id = ?", (pk,))
    return Trouble.BROKEN


def delete_row(case: Case) -> Trouble:
    """A row taken away."""
    table = case.chance.choice(TABLES)
    case.record.execute(f"DELETE FROM {table} WHERE id = ?", case.row("id", table))  # noqa: S608
    return Trouble.BROKEN


def insert_row(case: Case) -> Trouble:
    """A row that no commit made, claiming one or none."""
    claim = case.chance.choice((0, case.commit(), 10_000))
    case.record.execute(
        "INSERT INTO patient (id, sv, mrn, family, deceased) VALUES (?, ?, 'x', 'x', 0)",
        (case.chance.randbytes(16), claim),
    )
    return Trouble.BROKEN


def edit_version(case: Case) -> Trouble:
    """The version of a group moved."""
    case.record.execute(
        "UPDATE sync_cell SET ver = ver + ? WHERE (tbl, pk, grp) = (?, ?, ?)",
        (case.chance.choice((-1, 1, 10_000)), *case.row("tbl, pk, grp", "sync_cell")),
    )
    return Trouble.BROKEN


def cut_mirror(case: Case) -> Trouble:
    """Lines of the mirror taken away: at its end, or from its middle."""
    place = case.chance.randrange(1, len(case.mirror.held))
    stop = place + 1 if case.chance.random() < 0.5 else None
    del case.mirror.held[place:stop]
    return Trouble.UNANCHORED


def edit_mirror(case: Case) -> Trouble:
    """A line that cannot be read, or that was never signed."""
    place = case.chance.randrange(len(case.mirror.held))
    where, line = case.mirror.held[place]
    assert line is not None
    if case.chance.random() < 0.5:
        case.mirror.held[place] = where, None
        return Trouble.UNANCHORED
    changed = Line(line.kind, line.device, line.public, line.number, line.dseq, line.hlc,
                   line.wall, case.chance.randbytes(32), line.signature)  # fmt: skip
    case.mirror.held[place] = where, changed
    return Trouble.BROKEN


MUTATIONS: tuple[Mutation, ...] = (
    edit_commit, edit_and_rechain, rewrite_with_stolen_key, delete_commits,
    delete_and_close_the_gap, insert_commit, append_commit, swap_commits, truncate, cut_signatures,
    edit_signature, swap_signatures, foreign_key, other_device, edit_row, old_value_again,
    delete_row, insert_row, edit_version, cut_mirror, edit_mirror,
)  # fmt: skip


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` mutations of many logs, and a tenth as many clean logs."""
    failures: list[str] = []
    passed, chance = 0, random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="clinic-proof-", dir=in_memory()) as folder:
        sample = Sample(Path(folder), chance)
        sample.begin()
        fresh = sample.path.read_bytes()
        with _remembered_signatures():
            for first in range(0, size, CASES_A_LOG):
                log = Sample(_empty(Path(folder) / "log"), chance, sample.key)
                log.begin(fresh)
                with log.open() as store:
                    log.work_at_all(store)
                    log.work(store, chance.choice(COMMITS))
                cases = range(first, min(first + CASES_A_LOG, size))
                with closing(connect(log.path, log.key)) as record:
                    passed += _mutate(record, log.path, cases, seed, failures)
                if first // CASES_A_LOG % 10 == 9:
                    progress("T15", cases.stop, size, failures)
        clean = max(1, size // CLEAN_SHARE)
        passed += _stay_clean(Path(folder), sample.key, fresh, clean, seed, failures)
    return remember(Result("T15", passed, failures, seed))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@contextmanager
def _remembered_signatures() -> Iterator[None]:
    """A signature under the same bytes by the same key is the same: each is computed once."""
    known = lru_cache(maxsize=4096)(is_signed)
    with patch.object(checkpoints, "is_signed", known), patch.object(log_check, "is_signed", known):
        yield


def _mutate(record: Any, path: Path, cases: range, seed: int, failures: list[str]) -> int:
    for name in triggers.present(record):
        record.execute(f'DROP TRIGGER "{name}"')
    record.execute("PRAGMA foreign_keys = OFF")
    lines = list(mirror_of(path, record).lines())
    clean = check_log(record, Frozen(list(lines)))  # type: ignore[arg-type]
    if clean.findings:
        failures.append(f"the clean log was not clean: {clean.findings}")
    passed = 0
    for number in cases:
        mutation = MUTATIONS[number % len(MUTATIONS)]
        chance = random.Random(f"{seed}/{number}")
        case = Case(record, chance, Frozen(list(lines)))
        record.execute("BEGIN")
        wanted = mutation(case)
        report = check_log(record, case.mirror)  # type: ignore[arg-type]
        record.execute("ROLLBACK")
        if not _fits(report, wanted):
            failures.append(f"case {number} {mutation.__name__}: {report.findings[:3]}")
        else:
            passed += 1
    return passed


def _fits(report: LogReport, wanted: Trouble) -> bool:
    return report.trouble >= wanted


def _stay_clean(
    folder: Path, key: bytes, fresh: bytes, size: int, seed: int, failures: list[str]
) -> int:
    """Logs of random days, each signed at its end and longer than the last: nothing is found."""
    passed = 0
    for first in range(0, size, LOGS_A_DAY):
        chance = random.Random(f"clean {seed}/{first}")
        day = Sample(_empty(folder / "clean"), chance, key)
        day.begin(fresh)
        number, stop = first, min(first + LOGS_A_DAY, size)
        while number < stop:
            with day.open() as store:  # closed and opened anew after some
                for _log in range(min(chance.randrange(1, 12), stop - number)):
                    day.work(store, chance.randrange(1, 8))
                    store.sign_off().result()
                    found = store.read(SYSTEM, _found, store.mirror).result()
                    if found:
                        failures.append(f"clean {number}: {found[:3]}")
                    else:
                        passed += 1
                    number += 1
        if first // LOGS_A_DAY % 20 == 19:
            progress("T15 clean logs", stop, size, failures)
    return passed


def _found(reads: ReadSession, mirror: Mirror | None) -> list[Finding]:
    return check_log(reads.cursor, mirror).findings
