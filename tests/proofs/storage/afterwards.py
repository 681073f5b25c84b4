"""What has to be true of a record after a crash, whatever the disk kept."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3

from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import journal, triggers
from clinic_desktop.db.chain import verify_chain
from clinic_desktop.db.engine import connect
from clinic_desktop.db.opening import open_store
from clinic_desktop.errors import ClinicError
from clinic_desktop.models.registry import BY_NUMBER
from tests.proofs.storage.power_cut import Left
from tests.proofs.storage.working_day import DAY

_LOG = "SELECT CAST(dseq AS TEXT), hex(chain) FROM sync_commit WHERE dev = 1"


def put(left: Left, folder: Path) -> None:
    """Write the files that a power cut left into a folder of their own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in left.kept:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(left.content(name))


@dataclass(frozen=True)
class Verdict:
    """What a record is like, whoever was told what of it."""

    wrong: list[str]
    kept: dict[str, str]
    """The log: of each commit its chain value."""

    def faults(self, acked: list[str]) -> list[str]:
        """What is wrong, if these saves were told to be done."""
        told = dict(line.split(" ") for line in acked)
        lost = [f"save {dseq} is lost" for dseq, tip in told.items() if self.kept.get(dseq) != tip]
        return self.wrong + lost


def faults(folder: Path, key: bytes, acked: list[str], *, whole: bool = False) -> list[str]:
    """What is wrong with the record; nothing, if the promise holds."""
    return examine(folder, key, whole=whole).faults(acked)


def examine(folder: Path, key: bytes, *, whole: bool = False) -> Verdict:
    """Open a record and look.

    The file opens, each page carries its seal, the structure is whole, the log is unbroken, each
    save that was said to be done is in it unchanged, and each row that the log tells of exists.
    With ``whole`` the program itself opens it too, and every reference is followed.
    """
    path = DataDir(folder).database
    try:
        with closing(connect(path, key)) as record:
            record.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            kept = dict(record.execute(_LOG).fetchall())
            found = _broken(record) + _half_written(record)
            if whole:
                found += [str(row) for row in record.execute("PRAGMA foreign_key_check")]
                found += triggers.missing(record)
        if whole and not found:
            open_store(path, key, FixedClock(DAY)).close()
    except (sqlcipher3.Error, ClinicError) as error:
        return Verdict([f"{type(error).__name__}: {error}"], {})
    return Verdict(found, kept)


def _broken(record: Any) -> list[str]:
    seals = [row[0] for row in record.execute("PRAGMA cipher_integrity_check").fetchmany(5)]
    structure = [row[0] for row in record.execute("PRAGMA quick_check(5)") if row[0] != "ok"]
    link = verify_chain(record)
    return [*seals, *structure, *([f"log broken at {link}"] if link else [])]


def _half_written(record: Any) -> list[str]:
    """Rows that a commit of the log made and that are not there; only the newest can be torn."""
    missing = []
    newest = "SELECT dseq, body FROM sync_commit ORDER BY cid DESC LIMIT 5"
    for dseq, body in record.execute(newest).fetchall():
        inserts, _updates = journal.read_body(body)
        for number, _columns, rows in inserts:
            name = BY_NUMBER[number].name
            for row in rows:
                sql = f"SELECT 1 FROM {name} WHERE id = ?"  # noqa: S608 - of the registry
                there = record.execute(sql, (row[0],)).fetchone()
                if there is None:
                    missing.append(f"commit {dseq}: {name} row missing")
    if record.execute("SELECT count(*) FROM sync_journal").fetchone()[0]:
        missing.append("the journal holds rows of no commit")
    return missing
