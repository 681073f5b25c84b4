"""``python -m bench [--size full|small|tiny] [--only NAME] [--data DIR] [--out FILE]``."""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.data import Generated, generated
from bench.report import Report, load, row, save
from bench.sizes import BUNDLES, ROOT, SIZES
from bench.timing import Line

if TYPE_CHECKING:
    from bench.watchdog import Watchdog

GROUPS = ("search", "chart", "today", "visit", "paper", "start", "memory", "import", "encryption",
          "audit", "unlock", "backup")  # fmt: skip
_WATCHED = ("search", "chart", "today")
"""In the others the benchmark itself holds the window's thread until the work is done."""


@dataclass
class Run:
    """One run: where the clinic lies, what is wanted of it."""

    cached: Generated
    work: Path
    """A folder of this run, thrown away at its end."""
    bundles: Path
    only: Sequence[str]
    report: Report

    def add(self, lines: list[Line]) -> None:
        """Take lines down, and say them to whoever waits."""
        self.report.lines += lines
        for line in lines:
            say(row(line))

    def take(self, dog: Watchdog) -> None:
        """Take down how the window's thread answered meanwhile."""
        self.report.blocks += dog.blocks
        self.report.beats += dog.beats

    def wants(self, *names: str) -> bool:
        """Whether any of these groups is asked for."""
        return any(name in self.only for name in names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate what is missing, measure, write the table."""
    faulthandler.enable()
    options = _options(arguments)
    size = SIZES[options.size]
    say(f"clinic “{size.name}” in {options.data}")
    try:
        cached = generated(options.data, size, options.bundles, say)
    except FileNotFoundError as error:
        print(f"The sample records are not there: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="clinic-bench-", dir=options.data) as folder:
        run = Run(cached, Path(folder), options.bundles, options.only or GROUPS, Report(cached))
        before = load()
        _measure(run)
        run.report.load = (before, load())
    print("\n".join(run.report.table()))
    print("\n".join(run.report.sentences))
    if options.out:
        save(run.report, options.out)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="NAME",
                        help=f"one of {', '.join(GROUPS)}; may be repeated")  # fmt: skip
    parser.add_argument("--data", type=Path, default=Path.home() / ".cache/clinic-desktop-bench",
                        help="where generated clinics are kept")  # fmt: skip
    parser.add_argument("--bundles", type=Path, default=BUNDLES, help="real records to vary")
    parser.add_argument("--out", type=Path, help="write the report here")
    options = parser.parse_args(arguments)
    if options.out is None and options.size == "full" and not options.only:
        options.out = ROOT / "bench" / "RESULTS.md"
    return options


def say(text: str) -> None:
    """Progress, for a person who waits."""
    print(text, file=sys.stderr, flush=True)


def _measure(run: Run) -> None:
    steps: tuple[tuple[Callable[[Run], None], tuple[str, ...]], ...] = (
        (_at_the_desk, ("search", "chart", "today", "visit", "paper")),
        (_from_outside, ("start", "memory")),
        (_of_files, ("import", "encryption")),
        (_of_the_log, ("audit",)),
        (_of_safety, ("unlock", "backup")),
    )
    for step, names in steps:
        if run.wants(*names):
            step(run)


def _at_the_desk(run: Run) -> None:
    from bench import looking, paper, saving
    from bench.day import adults, fill_today
    from bench.desk import OpenDesk
    from bench.watchdog import Watchdog

    say("the window …")
    clinic, repeats = run.cached.copy(run.work / "desk"), run.cached.size.repeats
    opened = clinic.open()
    people = opened.store.write(opened.actor, fill_today).result()
    grown = opened.store.read(opened.actor, lambda reads: adults(reads.cursor)).result()
    opened.close()
    visited = [each for each in grown if each.bytes != clinic.chart and each not in people]
    desk, dog = OpenDesk(clinic), Watchdog()
    chart = uuid.UUID(bytes=clinic.chart)
    steps: dict[str, Callable[[], list[Line]]] = {
        "search": lambda: looking.palette(desk, repeats),
        "chart": lambda: looking.big_chart(desk, chart, people[0], repeats),
        "today": lambda: looking.board(desk, repeats),
        "visit": lambda: saving.saving(desk, visited, repeats),
        "paper": lambda: paper.papers(desk.clinic, people[1], run.cached.folder.parent, repeats),
    }
    for name, step in steps.items():
        if run.wants(name):
            say(f"  {name} …")
            with dog.watching(name) if name in _WATCHED else nullcontext():
                run.add(step())
    run.take(dog)
    dog.close()
    desk.close()


def _from_outside(run: Run) -> None:
    from bench.starting import memory, starting

    say("start and memory …")
    clinic = run.cached.copy(run.work / "start")
    if run.wants("start"):
        run.add(starting(clinic, max(run.cached.size.repeats // 3, 1)))
    if run.wants("memory"):
        run.report.sentences.append(memory(clinic))


def _of_files(run: Run) -> None:
    from bench.encryption import encryption, make_twins
    from bench.importing import importing

    if run.wants("import"):
        say("import …")
        count = min(run.cached.size.bundles, 30)
        turns = max(run.cached.size.repeats // 8, 1)
        lines, sentence = importing(run.work, run.bundles, count, turns)
        run.add(lines)
        run.report.sentences.append(sentence)
    if run.wants("encryption"):
        say("encryption …")
        opened = run.cached.open()
        opened.close()
        twins = make_twins(run.cached, opened.keys.key, say)
        run.add(encryption(twins, opened.keys.key, run.cached.size.repeats))


def _of_the_log(run: Run) -> None:
    from bench.audit import checking, saving_with_and_without
    from bench.day import adults

    say("the log …")
    ours, bare = run.cached.copy(run.work / "log"), run.cached.copy(run.work / "no-log")
    opened = ours.open()
    grown = opened.store.read(opened.actor, lambda reads: adults(reads.cursor)).result()
    opened.close()
    run.add(saving_with_and_without(ours, bare, grown, run.cached.size.repeats))
    lines, sentence = checking(ours)
    run.add(lines)
    run.report.sentences.append(sentence)


def _of_safety(run: Run) -> None:
    from bench.desk import OpenDesk
    from bench.safety import backing_up, getting_in, window_meanwhile
    from bench.watchdog import Watchdog

    if run.wants("unlock"):
        say("getting in …")
        run.add(getting_in(run.cached.copy(run.work / "unlock")))
    if run.wants("backup"):
        say("backup …")
        clinic = run.cached.copy(run.work / "backup")
        run.add(backing_up(clinic, run.work, max(run.cached.size.repeats // 8, 2)))
        desk, dog = OpenDesk(clinic), Watchdog()
        window_meanwhile(desk, dog)
        run.take(dog)
        dog.close()
        desk.close()


if __name__ == "__main__":
    sys.exit(main())
