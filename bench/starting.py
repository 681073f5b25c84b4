"""Cold start and memory, each in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import uuid

from bench.data import Generated
from bench.sizes import ROOT
from bench.timing import Line, Spent, Stopwatch, Timed, interleave


def _run(*arguments: str) -> tuple[Spent, int]:
    """What it took until the child's window was drawn, and its memory in KiB then."""
    watch = Stopwatch()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.child", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        wall = watch.spent().wall
    if words[:1] != ["painted"]:
        raise RuntimeError(f"{arguments[0]} ended without a window")
    return Spent(wall, float(words[2])), int(words[1])


def _start(*arguments: str) -> Timed:
    return lambda: _run(*arguments)[0]


def starting(clinic: Generated, repeats: int) -> list[Line]:
    """From the command to the lock screen."""
    line = Line(
        "cold start to the lock screen", "imports PySide6 and SQLAlchemy, empty window", 2.5, 2500
    )
    return [interleave(line, _start("lock", str(clinic.folder)), _start("empty"), repeats, 1)]


def memory(clinic: Generated) -> str:
    """Resident memory with the big chart open, beside the empty window, as a sentence."""
    chart = str(uuid.UUID(bytes=clinic.chart))
    with_chart = [_run("chart", str(clinic.folder), chart)[1] for _turn in range(3)]
    without = [_run("empty")[1] for _turn in range(3)]
    ours, floor = statistics.median(with_chart) / 1024, statistics.median(without) / 1024
    return (
        f"Memory (resident, median of 3): {ours:.0f} MB with the big chart open,"
        f" {floor:.0f} MB for the empty window with PySide6 and SQLAlchemy ({ours / floor:.1f}×)."
    )
