"""The ladder: the file as it is, its rows one by one, its log, its last backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlcipher3

from clinic_desktop.db import search, triggers
from clinic_desktop.db.checks import examine
from clinic_desktop.db.engine import connect, create_file, make_engine
from clinic_desktop.db.facts import tables
from clinic_desktop.db.lists import marks
from clinic_desktop.db.migrations import migrate
from clinic_desktop.db.salvage import from_log
from clinic_desktop.db.salvage.reading import DamagedFile, Unread
from clinic_desktop.errors import DatabaseDamagedError, StorageError
from clinic_desktop.i18n import _

_BESIDE = ("", "-wal", "-shm", "-journal")
_OURS = frozenset({"alembic_version"})
"""Written anew by the migrations."""
Told = Callable[[str], None]
"""Told the table that is being read; may raise to stop."""


@dataclass(frozen=True)
class LostRow:
    """A row that is gone for good. Ids only, never content."""

    table: str
    row: str = ""
    """Hexadecimal; empty where nothing names it any more."""
    patient: str = ""


@dataclass
class Salvaged:
    """What was done and what was lost."""

    was_whole: bool = False
    """The file and its write-ahead log were sound: nothing had to be done."""
    kept: int = 0
    from_log: int = 0
    from_backup: int = 0
    lost: list[LostRow] = field(default_factory=list)
    cut_tables: list[str] = field(default_factory=list)
    """Tables of which nobody can say how much is missing."""
    checks: dict[str, str] = field(default_factory=dict)
    """What the checks still find in the new file."""


def salvage(
    source: Path, key: bytes, target: Path, backup: tuple[Path, bytes] | None, told: Told
) -> Salvaged:
    """Make ``target`` a sound record of all that can be saved; the source is only read.

    ``backup`` is an unpacked backup with its key.

    Raises:
        DatabaseDamagedError: not even the list of tables can be read.
        StorageError: the disk does not let us.
    """
    work = target.with_name("damaged.db")
    try:
        for end in _BESIDE:
            path = source.with_name(source.name + end)
            if path.exists():
                shutil.copyfile(path, work.with_name(work.name + end))
        return _climb(work, key, target, backup, told)
    except OSError as error:
        raise StorageError(
            _("The disk reported an error: {reason}").format(reason=error.strerror or error),
            kept=_("The damaged record was not touched."),
            place=str(error.filename or target),
        ) from error
    finally:
        for end in _BESIDE:
            work.with_name(work.name + end).unlink(missing_ok=True)


def _climb(
    work: Path, key: bytes, target: Path, backup: tuple[Path, bytes] | None, told: Told
) -> Salvaged:
    whole = _whole(work, key)
    if whole is not None:
        work.rename(target)
        return whole
    found = Salvaged()
    _make_empty(target, key)
    with closing(DamagedFile(work, key)) as damaged, closing(connect(target, key)) as cursor:
        names = damaged.tables()
        if not names:
            raise DatabaseDamagedError(
                _("Not even the list of tables can be read: nothing can be saved row by row."),
                kept=_("The damaged record was not touched."),
                hint=_("Bring the last backup back."),
                place=str(work),
            )
        cursor.execute("PRAGMA foreign_keys = OFF")
        for name in triggers.present(cursor):
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("BEGIN")
        unread = dict(_copy_rows(damaged, cursor, names, found, told))
        _mend(cursor, unread, backup, found, told)
        triggers.install(cursor)
        cursor.execute("COMMIT")
        cursor.execute("PRAGMA foreign_keys = ON")
        found.checks = {name: text for name, text in examine(cursor).items() if text}
    return found


def _whole(work: Path, key: bytes) -> Salvaged | None:
    """The first rung: SQLite's own recovery of what was not yet in the main file."""
    try:
        with closing(connect(work, key)) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if any(examine(cursor).values()):
                return None
            kept = sum(
                cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
                for table in tables(cursor)
            )
    except (sqlcipher3.Error, DatabaseDamagedError, StorageError):
        return None
    return Salvaged(was_whole=True, kept=kept)


def _make_empty(target: Path, key: bytes) -> None:
    create_file(target, key)
    engine = make_engine(lambda: connect(target, key), writer=True)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def _copy_rows(
    damaged: DamagedFile, cursor: Any, names: dict[str, str], found: Salvaged, told: Told
) -> Iterator[tuple[str, Unread]]:
    for table in tables(cursor):
        if table in _OURS or table.startswith("patient_fts"):
            continue
        told(table)
        cursor.execute(f'DELETE FROM "{table}"')  # the migrations wrote a row of their own
        unread = Unread()
        columns = [name for name in damaged.columns(table) if name in _columns(cursor, table)]
        if "WITHOUT ROWID" in names.get(table, "").upper():
            into, parts = columns, damaged.rows_by_key(table, columns, unread)
        else:
            into, parts = ["rowid", *columns], damaged.rows(table, columns, unread)
        sql = f'INSERT OR IGNORE INTO "{table}" ({", ".join(into)}) VALUES ({marks(into)})'
        for rows in parts if columns else ():
            cursor.executemany(sql, rows)
        found.kept += int(cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
        yield table, unread


def _columns(cursor: Any, table: str) -> list[str]:
    rows = cursor.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return [str(row[0]) for row in rows]


def _mend(
    cursor: Any, unread: dict[str, Unread], backup: tuple[Path, bytes] | None, found: Salvaged,
    told: Told,
) -> None:  # fmt: skip
    """Fill the gaps: commits that only the backup has first, because the log mends the rest."""
    hurt = [table for table, gaps in unread.items() if gaps.rowids or gaps.is_cut]
    if backup is not None and "sync_commit" in hurt:
        found.from_backup += _overlay(cursor, backup, ["sync_commit"])
    told("sync_commit")
    lost = from_log.lost_rows(cursor)
    refused = from_log.put_back(cursor, lost)
    found.from_log += len(lost) - len(refused) + from_log.put_back_versions(cursor)
    if backup is not None:
        found.from_backup += _overlay(cursor, backup, hurt)
    cursor.execute("INSERT OR IGNORE INTO sync_ctx (one, applying) VALUES (1, 0)")
    told("patient")
    ids = [row[0] for row in cursor.execute("SELECT id FROM patient ORDER BY id").fetchall()]
    search.reindex(cursor, ids)
    for table in hurt:
        _name_lost(cursor, table, unread[table], found)
    by_name = {(row.table.name, row.values["id"]): row for row in refused}
    for (table, pk), row in by_name.items():
        if not _has(cursor, table, pk):
            patient = row.newest.get("patient_id") or b""
            found.lost.append(LostRow(table, pk.hex(), bytes(patient).hex()))


def _overlay(cursor: Any, backup: tuple[Path, bytes], hurt: list[str]) -> int:
    """Rows of the backup that the damaged tables lack."""
    count = 0
    with closing(connect(*backup)) as old:
        for table in hurt:
            columns = [name for name in _columns(old, table) if name in _columns(cursor, table)]
            if not columns:
                continue
            names = ", ".join(columns)
            before = cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            cursor.executemany(
                f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks(columns)})',
                old.execute(f'SELECT {names} FROM "{table}"'),
            )
            after = cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            count += after - before
    return count


def _name_lost(cursor: Any, table: str, gaps: Unread, found: Salvaged) -> None:
    """What is still missing after all rungs, as exactly as anything left can name it."""
    if gaps.is_cut:
        found.cut_tables.append(table)
    has_id = "id" in _columns(cursor, table)
    for rowid in gaps.rowids:
        pk = gaps.ids.get(rowid, b"")
        if not (pk and has_id and _has(cursor, table, pk)):
            patient = gaps.patients.get(rowid, b"")
            found.lost.append(LostRow(table, pk.hex(), patient.hex()))


def _has(cursor: Any, table: str, pk: bytes) -> bool:
    return bool(cursor.execute(f'SELECT 1 FROM "{table}" WHERE id = ?', (pk,)).fetchone())
