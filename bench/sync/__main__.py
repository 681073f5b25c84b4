"""``python -m bench.sync [--rows N] [--turns N] [--peers DIR] [--only NAME] [--pcs N]``: tables."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from bench.sync import ours, overhead, peers, relaying, task
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.postgres import Database
from clinic_desktop.sync.server.tables import Practices
from tests.support import postgres
from tests.support.relays import Pc, running

GROUPS = ("rows", "memory", "commit", "polling", "database")
HEAD = (
    "| program | sealed | write, s | push, s | pull, s | push + pull, s | bytes/row up / down |"
    " an edit, bytes | an edit, ms |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |"
)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=1, help="of the programs, one after the other")
    parser.add_argument("--pcs", type=int, default=1000)
    parser.add_argument("--practices", type=int, default=10_000, help="on PostgreSQL")
    parser.add_argument("--peers", type=Path, default=Path.home() / ".cache/clinic-desktop-peers")
    parser.add_argument("--only", action="append", choices=GROUPS)
    options = parser.parse_args()
    wanted = options.only or GROUPS
    print("load at the beginning:", *(f"{each:.1f}" for each in os.getloadavg()))
    steps: dict[str, Callable[[argparse.Namespace], None]] = {
        "rows": _rows, "memory": _memory, "commit": _commit, "polling": _polling,
        "database": _database,
    }  # fmt: skip
    for name, step in steps.items():
        if name in wanted:
            step(options)
    print("load at the end:", *(f"{each:.1f}" for each in os.getloadavg()))


def _rows(options: argparse.Namespace) -> None:
    print(HEAD)
    found: dict[str, list[task.Result]] = defaultdict(list)
    for turn in range(options.turns):
        for result in _programs(options, (500,) if turn else (500, 1)):
            _show(result)
            found[result.name].append(result)
    if options.turns > 1:
        print(task.MEDIANS)
        for results in found.values():
            print(task.medians(results))


def _programs(options: argparse.Namespace, sizes: tuple[int, ...]) -> Iterator[task.Result]:
    """Each program with the task; ours with so many rows in a commit."""
    for each in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
            yield ours.measure(Path(work), options.rows, each)
    for name, peer in peers.PEERS.items():
        with tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
            found = peers.measure(peer, options.peers, Path(work), options.rows)
        if found is None:
            print(f"{name}: not installed in {options.peers}; see bench/sync/RESULTS.md")
        else:
            yield found


def _show(found: task.Result) -> None:
    print(found.row(), flush=True)
    for what, words in found.remarks.items():
        print(f"  {what}: {words}")


def _memory(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
        grown = ours.applying_mib(Path(work), options.rows)
    print(f"memory while {options.rows:,} rows are applied: {grown:+.0f} MiB", flush=True)


def _commit(_options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
        print(overhead.in_words(overhead.of_the_log(Path(work))), flush=True)


def _polling(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
        folder = Path(work) / "server"
        with closing(Files(folder)) as files:
            pcs = relaying.practices(files, options.pcs)
        size = sum(path.stat().st_size for path in folder.glob("??/??/*.db"))
        print(f"files: {size / options.pcs:,.0f} bytes a practice of three segments")
        with running(folder) as server:
            assert server.process is not None
            _polls("files", server.url, pcs, server.process.pid)


def _database(options: argparse.Namespace) -> None:
    with postgres.running() as cluster, tempfile.TemporaryDirectory(prefix="bench-sync-") as work:
        with closing(Database(cluster.url)) as database:
            pcs = relaying.practices(database, options.practices)
            _sizes(database, options.practices)
        words = ("--insecure", "--database-url", cluster.url)
        with running(Path(work) / "server", *words) as server:
            assert server.process is not None
            _polls("PostgreSQL", server.url, pcs[: options.pcs], server.process.pid)


def _sizes(database: Practices, count: int) -> None:
    with database.letters() as rows:
        (size,) = rows.one("SELECT pg_database_size(current_database())") or (0,)
    print(f"PostgreSQL: {int(size) / count:,.0f} bytes a practice of three segments")


def _polls(name: str, url: str, pcs: list[Pc], process: int) -> None:
    turns = (("the first time", 30.0), ("every 30 s", 30.0), ("as often as it answers", 0.0))
    for words, every in turns:
        before = relaying.database_processor()
        load = relaying.polled(url, pcs, every, process)
        beside = (relaying.database_processor() - before) * 1000 / load.requests
        print(
            f"{name}, {len(pcs):,} PCs {words}: {load.requests / load.seconds:.0f} a second,"
            f" p95 {load.p95 * 1000:.0f} ms, {load.processor_ms:.1f} ms of processor a request"
            f" and {beside:.1f} ms of PostgreSQL",
            flush=True,
        )


if __name__ == "__main__":
    main()
