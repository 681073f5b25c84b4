"""The one way this program writes CSV: nothing in it becomes a formula of a spreadsheet.

Excel and LibreOffice run what begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break when
the file is opened (OWASP, CSV injection). Such a cell gets an apostrophe before it, unless it is a
plain number; ``defused`` is undone by ``plain``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import IO

_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z", re.ASCII)
MARK = "'"


def defused(cell: str) -> str:
    """A cell that a spreadsheet shows and does not run; what looks defused already too."""
    if _NUMBER.match(cell):
        return cell
    bare = cell.lstrip(" \u00a0\ufeff")
    return MARK + cell if bare.startswith((*_LEADING, MARK)) else cell


def plain(cell: str) -> str:
    """A defused cell as it was."""
    return cell.removeprefix(MARK)


def write(file: IO[str], head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a head and rows; returns how many rows. ``None`` is an empty cell."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([defused(cell) for cell in head])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - it is the answer
        writer.writerow(["" if cell is None else defused(str(cell)) for cell in row])
    return count
