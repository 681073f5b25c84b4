"""The table of results, as Markdown."""

from __future__ import annotations

import math
import os
import platform
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import sqlcipher3

from bench.data import Generated
from bench.timing import Line, p95
from bench.watchdog import LIMIT_S, Block

_PACKAGES = ("PySide6-Essentials", "SQLAlchemy", "sqlcipher3", "msgspec", "reportlab", "uharfbuzz")
_PLACES = 10
"""Of the places where the window's thread was held up, how many are named."""
REMARKS = "## Remarks"
"""Everything from this heading on is written by a person and kept when the table is renewed."""

_HEAD = """# Speed, beside named floors

Repeat with `make bench`, or `python -m bench`; `--size small` takes two minutes, `--only NAME`
measures one group. The clinic is generated once from the public sample records beside the
repository and kept in `~/.cache/clinic-desktop-bench`.
"""
_HOW = """- Work and floor in turns, after two turns that do not count; three times as many
  turns below the window, fewer where a process or an import is started; disk cache warm;
  windows drawn offscreen, 1440 × 900; today's board holds 40 appointments

Times in milliseconds by the clock. CPU is the median of the processor time that the whole
process took, which a busy machine leaves nearly alone. Ratios are of the medians. ✓: goal and
budget kept, the budget by the 95th percentile.
"""


@dataclass
class Report:
    """What a run found."""

    clinic: Generated
    lines: list[Line] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    beats: int = 0
    load: tuple[float, float] = (0.0, 0.0)
    """Load of the machine before and after."""

    def text(self) -> str:
        """The whole report."""
        return "\n".join([*self._head(), *self.table(), "", *self._rest()]) + "\n"

    def _head(self) -> list[str]:
        counts = ", ".join(f"{number:,} {name}" for name, number in self.clinic.counts.items())
        making = ", ".join(f"{name} {spent:.0f} s" for name, spent in self.clinic.seconds.items())
        versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
        size = self.clinic.size
        return [
            _HEAD,
            f"- When: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"- Machine: {_machine()}, load {self.load[0]:.1f} before and {self.load[1]:.1f} after",
            f"- Versions: Python {platform.python_version()}, SQLite {sqlcipher3.sqlite_version},",
            f"  {versions}",
            f"- Clinic “{size.name}”: {counts};",
            f"  the big chart has {size.visits} visits and {size.visits * 10:,} observations",
            f"- Made once in: {making}",
            f"- Repeats of a window line: {size.repeats}",
            _HOW,
        ]

    def table(self) -> list[str]:
        """The table itself."""
        titles = ("work", "floor", "median", "p95", "CPU", "floor median", "floor p95",
                  "floor CPU", "ratio", "CPU ratio", "goal", "budget", "")  # fmt: skip
        rule = ["---", "---", *["--:"] * 10, "---"]
        return [_cells(titles), _cells(rule), *map(row, self.lines)]

    def _rest(self) -> list[str]:
        return [*(f"- {sentence}" for sentence in self.sentences), *self._watched()]

    def _watched(self) -> list[str]:
        if not self.beats:
            return []
        limit, busy = int(LIMIT_S * 1000), [each for each in self.blocks if each.at_work]
        said = [
            f"- Window's thread: {self.beats:,} heartbeats while palette, chart and board were",
            "  measured, and while a backup was made beside it. It did not answer for more than",
            f"  {limit} ms {len(self.blocks)} times;",
        ]
        said.append(
            f"  {len(busy)} times it was itself at work for that long, else it waited for its turn."
        )
        places: dict[tuple[str, str], list[Block]] = defaultdict(list)
        for block in self.blocks:
            places[block.line, block.place].append(block)
        ranked = sorted(places.items(), key=lambda each: -sum(b.cpu_seconds for b in each[1]))
        for (line, place), found in ranked[:_PLACES]:
            longest = max(found, key=lambda block: block.cpu_seconds)
            said.append(
                f"  - {line}: {place}, {len(found)} times, at most {longest.cpu_seconds * 1000:.0f}"
                f" ms at work in {longest.seconds * 1000:.0f} ms"
            )
        return said


def row(line: Line) -> str:
    """One line of the table."""
    if not line.ours:
        return _cells([line.work, line.floor, *[""] * 10, "not measured"])
    cpu = "" if math.isnan(line.cpu_ratio) else f"{line.cpu_ratio:.2f}×"
    goal = f"≤ {line.goal:g}×" if line.goal else ""
    budget = f"{line.budget_ms:,.0f}" if line.budget_ms else ""
    judged = line.goal is not None or line.budget_ms is not None
    mark = ("✓" if line.is_met else "✗") if judged else ""
    times: list[float] = []
    for spent in (line.ours, line.floors):
        walls = [each.wall for each in spent]
        times += [statistics.median(walls), p95(walls)]
        times.append(statistics.median(each.cpu for each in spent))
    shown = (f"{seconds * 1000:.2f}" for seconds in times)
    work = f"{line.work} ({line.note})" if line.note else line.work
    return _cells([work, line.floor, *shown, f"{line.ratio:.2f}×", cpu, goal, budget, mark])


def _cells(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("ascii", errors="replace").splitlines()
        model = next((each.split(":")[1].strip() for each in lines if "model name" in each), model)
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def load() -> float:
    """The machine's load of the last minute; 0 where the system does not count it."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def save(report: Report, path: Path) -> None:
    """Write the report, keeping the remarks that a person wrote below the last one."""
    kept = path.read_text("utf-8") if path.exists() else ""
    _old, found, remarks = kept.partition(REMARKS)
    text = report.text() + (f"\n{found}{remarks}" if found else "")
    path.write_text(text, "utf-8")
    print(f"written: {path}", file=sys.stderr)
