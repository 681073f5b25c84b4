"""What we write as CSV is shown by a spreadsheet, never run, and comes back as it was."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.services import spreadsheet

ROOT = Path(__file__).resolve().parents[2] / "clinic_desktop"


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\ufeff=1", "＝1",
     "\0=1", "'=1"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert spreadsheet.defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-3.5", "+7", "12", "1e-5", "Otieno", "", "5 - 3", "a=b"])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert spreadsheet.defused(cell) == cell


@given(st.lists(st.text(), min_size=1))
def test_every_cell_comes_back_and_none_begins_a_formula(cells: list[str]) -> None:
    file = io.StringIO(newline="")
    spreadsheet.write(file, ["head"] * len(cells), [cells])
    if "\0" in file.getvalue():  # the reader of the library refuses it; the writer does not
        return
    _head, *rows = csv.reader(io.StringIO(file.getvalue(), newline=""))
    if cells == [""]:
        return
    assert [spreadsheet.plain(cell) for cell in rows[0]] == cells
    for cell in rows[0]:
        number = spreadsheet._NUMBER.match(cell)
        assert number or not cell.lstrip(" \u00a0\ufeff").startswith(spreadsheet._LEADING)


def test_nothing_else_in_the_program_writes_csv() -> None:
    """One writer, so that one place defuses."""
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"csv.writer", "csv.DictWriter"}
    ]
    assert writers == ["services/spreadsheet.py"]
