"""The relay under load: many PCs ask one server at once, on files and on PostgreSQL."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass
from os import sysconf
from pathlib import Path

from clinic_desktop.clock import SystemClock
from clinic_desktop.sync.server.calls import Call
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import Practices
from tests.support.relays import PaperPractice, Pc


@dataclass
class Load:
    """What a server did in a while: how long each answer took, and its processor, in seconds."""

    requests: int
    seconds: float
    answers: list[float]
    processor_s: float

    @property
    def p95(self) -> float:
        """In seconds."""
        return statistics.quantiles(self.answers, n=20)[-1]

    @property
    def processor_ms(self) -> float:
        """Of the server's process, for each request."""
        return self.processor_s * 1000 / self.requests


def practices(kept: Practices, count: int) -> list[Pc]:
    """So many practices of one PC each with three segments, put where a server will find them."""
    relay = Relay(kept, SystemClock(), Limits(per_minute=10**9, burst=10**9, practices=10**9))
    found = []
    for _number in range(count):
        practice = PaperPractice()
        pc = Pc(practice.clinic)
        relay.found(Call("POST", "/v1/practices", "", practice.found(pc), "192.0.2.1"))
        body = pc.sync_body(*[pc.work() for _ in range(3)])
        relay.sync(pc.call("POST", "/v1/sync", body))
        found.append(pc)
    return found


def polled(url: str, pcs: list[Pc], within: float, process: int) -> Load:
    """Each PC asks for news once, spread over so many seconds; ``process`` is the server's id."""
    links = [pc.link(url) for pc in pcs]
    answers: list[float] = []
    lock, turns = threading.Lock(), iter(range(len(pcs)))
    before, started = processor(process), time.perf_counter()

    def work() -> None:
        while True:
            with lock:
                number = next(turns, None)
            if number is None:
                return
            wait = within * number / len(pcs) - (time.perf_counter() - started)
            if wait > 0:
                time.sleep(wait)
            begun = time.perf_counter()
            pcs[number].sync(links[number], have={})
            answers.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    taken = time.perf_counter() - started
    for link in links:
        link.close()
    return Load(len(answers), taken, answers, processor(process) - before)


def processor(process: int) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")


def database_processor() -> float:
    """The same of all processes of PostgreSQL on this machine; only ours should be at work."""
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text("ascii").strip() == "postgres":
                found += processor(int(folder.name))
        except OSError:  # it has just ended
            continue
    return found
