"""A record with destroyed pages: what can be saved is saved, what cannot is named."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop import cli, clinic
from clinic_desktop.cli.access import PASSWORD_VARIABLE
from clinic_desktop.cli.salvage import LOSSES
from clinic_desktop.config import DataDir
from clinic_desktop.db.checks import examine, examine_content
from clinic_desktop.db.engine import connect
from clinic_desktop.db.salvage.ladder import Salvaged, salvage
from clinic_desktop.domain.permissions import Actor
from tests.support.charts import put_chart
from tests.support.records import PASSWORD

PAGE = 4096
TABLES = ("observation", "note", "encounter", "sync_commit", "patient")
Everything = dict[str, set[str]]


@pytest.fixture(scope="module")
def full_clinic(
    clinic_folder: tuple[Path, bytes, Actor], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, bytes]:
    """A closed clinic with enough rows for many pages."""
    root = Path(shutil.copytree(clinic_folder[0], tmp_path_factory.mktemp("full") / "clinic"))
    opened = clinic.open_clinic(DataDir(root), "amina", PASSWORD)
    for visits in (20, 20, 20):
        opened.store.write(opened.actor, put_chart, visits).result()
    key = opened.keys.key
    opened.close()
    return root, key


def everything(path: Path, key: bytes) -> Everything:
    """Every row of every table that is synced or part of the log."""
    with closing(connect(path, key)) as cursor:
        names = [
            row[0]
            for row in cursor.execute(
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                " WHERE m.type = 'table' AND c.name IN ('sv', 'chain', 'ver')"
            )
        ]
        return {
            name: {repr(row) for row in cursor.execute(f'SELECT * FROM "{name}"')}  # noqa: S608
            for name in names
        }


class Pages:
    """Which page belongs to which table, found by destroying one after the other."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self.of: dict[str, list[int]] = {name: [] for name in TABLES}
        whole = path.read_bytes()
        for page in range(2, len(whole) // PAGE + 1):
            destroy(path, [page])
            self._find(page)
            with path.open("r+b") as file:
                file.seek((page - 1) * PAGE)
                file.write(whole[(page - 1) * PAGE : page * PAGE])

    def _find(self, page: int) -> None:
        with ExitStack() as opened:
            cursor = opened.enter_context(self._open())
            for name in TABLES:
                rows = f"SELECT * FROM {name} "  # noqa: S608 - a name of our own
                if _reads(cursor, rows + "NOT INDEXED"):
                    continue
                for end in ("WHERE rowid = 1", "ORDER BY rowid DESC LIMIT 1"):
                    # A connection that met a bad page reads nothing any more.
                    cursor = opened.enter_context(self._open())
                    if _reads(cursor, rows + end):
                        self.of[name].append(page)
                        break
                cursor = opened.enter_context(self._open())

    def _open(self) -> closing[Any]:
        cursor = dbapi2.connect(str(self._path))
        cursor.execute("PRAGMA cipher_log_level = NONE")
        cursor.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        return closing(cursor)

    def __call__(self, *names: str) -> list[int]:
        return [page for name in names for page in self.of[name]]


def _reads(cursor: Any, sql: str) -> bool:
    try:
        cursor.execute(sql).fetchall()
    except sqlcipher3.Error:
        return False
    return True


@pytest.fixture(scope="module")
def pages(full_clinic: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The pages of the full clinic."""
    copy = tmp_path_factory.mktemp("pages") / "clinic.db"
    shutil.copy(full_clinic[0] / "clinic.db", copy)
    return Pages(copy, full_clinic[1])


def destroy(path: Path, pages: list[int]) -> None:
    """Write rubbish over pages."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(random.Random(page).randbytes(PAGE))


def climb(
    full_clinic: tuple[Path, bytes], tmp_path: Path, pages: list[int], backup: Path | None = None
) -> tuple[Salvaged, Everything, Everything]:
    """Destroy pages of a copy and salvage it; what was found, and all rows before and after."""
    root, key = full_clinic
    damaged = Path(shutil.copy(root / "clinic.db", tmp_path / "clinic.db"))
    before = everything(damaged, key)
    destroy(damaged, pages)
    raw = damaged.read_bytes()
    target = tmp_path / "new" / "clinic.db"
    target.parent.mkdir()
    found = salvage(damaged, key, target, (backup, key) if backup else None, lambda _table: None)
    assert damaged.read_bytes() == raw
    assert [path.name for path in target.parent.iterdir() if path.suffix == ".db"] == ["clinic.db"]
    return found, before, everything(target, key)


def test_a_sound_record_is_left_as_it_is(full_clinic: tuple[Path, bytes], tmp_path: Path) -> None:
    found, before, after = climb(full_clinic, tmp_path, [])
    assert found.was_whole
    assert before == after


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_charts_come_back_from_the_log(
    full_clinic: tuple[Path, bytes], pages: Pages, tmp_path: Path, seed: int
) -> None:
    key = full_clinic[1]
    hurt = random.Random(seed).sample(pages("observation", "note", "encounter"), 5)
    found, before, after = climb(full_clinic, tmp_path, hurt)
    assert before == after
    assert found.from_log
    assert found.lost == []
    with closing(connect(tmp_path / "new" / "clinic.db", key)) as cursor:
        assert not any((examine(cursor) | examine_content(cursor)).values())


def test_what_neither_table_nor_log_has_is_named_with_its_patient(
    full_clinic: tuple[Path, bytes], pages: Pages, tmp_path: Path
) -> None:
    hurt = pages("sync_commit") + pages("observation")[2:4]
    found, before, after = climb(full_clinic, tmp_path, hurt)
    gone = before["observation"] - after["observation"]
    named = [row for row in found.lost if row.table == "observation"]
    assert gone
    assert len(named) == len(gone)
    assert all(any(repr(bytes.fromhex(row.row)) in text for text in gone) for row in named)
    assert all(row.patient for row in named)
    assert "sync_commit" in found.cut_tables or any(
        row.table == "sync_commit" for row in found.lost
    )


def test_the_last_backup_fills_what_the_log_cannot(
    full_clinic: tuple[Path, bytes], pages: Pages, tmp_path: Path
) -> None:
    old = Path(shutil.copy(full_clinic[0] / "clinic.db", tmp_path / "backup.db"))
    hurt = pages("sync_commit", "observation", "patient")
    found, before, after = climb(full_clinic, tmp_path, hurt, old)
    assert before == after
    assert found.from_backup
    assert [row for row in found.lost if row.table != "sync_commit"] == []


def test_salvage_on_the_command_line_keeps_the_damaged_record(
    full_clinic: tuple[Path, bytes],
    pages: Pages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data_dir = DataDir(Path(shutil.copytree(full_clinic[0], tmp_path / "clinic")))
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    destroy(data_dir.database, pages("observation")[1:3])

    def run(*words: str) -> tuple[int, Any]:
        code = cli.run(["--data-dir", str(data_dir.root), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    code, found = run("check", "--deep")
    assert code == 9
    raw = data_dir.database.read_bytes()
    code, found = run("salvage", "--into", str(tmp_path / "saved"))
    assert (code, found["lost"]) == (0, [])
    assert data_dir.database.read_bytes() == raw
    clinic.open_clinic(DataDir(tmp_path / "saved"), "amina", PASSWORD).close()
    code, found = run("salvage", "--replace")
    assert code in {0, LOSSES}
    assert (Path(found["damaged"]) / "clinic.db").read_bytes() == raw
    assert run("check", "--deep")[0] == 0
