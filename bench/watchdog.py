"""Notices when the window's thread does not answer, and where it was meanwhile."""

from __future__ import annotations

import faulthandler
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

LIMIT_S = 0.05
_BEAT_MS = 5
_LOOK_S = 0.01
_LONGEST_S = 0.5
"""Only the benchmark itself holds the thread for longer; to look on would cost what it measures."""
_BENCH = str(Path(__file__).parent)
_PROGRAM = str(Path(__file__).parent.parent / "clinic_desktop")
WAITING = "wait_until"
"""The function in which the benchmark runs Qt's loop; innermost, it means Qt itself is at work."""


@dataclass(frozen=True)
class Block:
    """One time that the thread did not answer."""

    line: str
    """What was being measured."""
    place: str
    seconds: float
    cpu_seconds: float
    """Of the thread itself; far less than ``seconds`` when it only waited for its turn."""

    @property
    def at_work(self) -> bool:
        """Whether the thread was held up by its own work, not by a busy machine."""
        return self.cpu_seconds > LIMIT_S


class Watchdog(QObject):
    """A heart on the window's thread, and a thread that listens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self.beats = 0
        self._line = ""
        self._places: Counter[str] = Counter()
        self._main = threading.get_ident()
        self._beat = time.perf_counter()
        self._cpu = time.thread_time()
        self._heart = QTimer(self)
        self._heart.setInterval(_BEAT_MS)
        self._heart.timeout.connect(self._on_beat)
        self._stop = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="watchdog", daemon=True)
        self._listener.start()

    @contextmanager
    def watching(self, line: str) -> Iterator[None]:
        """Count what blocks meanwhile."""
        self._line = line
        self._places.clear()
        self._beat, self._cpu = time.perf_counter(), time.thread_time()
        self._heart.start()
        try:
            yield
        finally:
            self._heart.stop()
            self._line = ""

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._listener.join()

    def _on_beat(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        late = now - self._beat - _BEAT_MS / 1000
        if late > LIMIT_S and self._places:
            place, _times = self._places.most_common(1)[0]
            if place:
                self.blocks.append(Block(self._line, place, late, cpu - self._cpu))
        self._places.clear()
        self.beats += 1
        self._beat, self._cpu = now, cpu

    def _listen(self) -> None:
        # Not sys._current_frames(): who holds a frame may be the last to hold its painter or
        # timer, and would destroy it on this thread. The fault handler only reads.
        with tempfile.TemporaryFile("w+") as file:
            while not self._stop.wait(_LOOK_S):
                if self._line and LIMIT_S < time.perf_counter() - self._beat < _LONGEST_S:
                    file.seek(0)
                    file.truncate()
                    faulthandler.dump_traceback(file, all_threads=True)
                    file.seek(0)
                    self._places[_place(_frames(file.read(), self._main))] += 1


_FRAME = re.compile(r'  File "(.+)", line (\d+) in (.+)')


def _frames(dump: str, thread: int) -> Iterator[tuple[str, int, str]]:
    """File, line and function of each frame of one thread, the innermost first."""
    for part in dump.split("\n\n"):
        if re.match(rf"(Current t|T)hread 0x0*{thread:x} ", part):
            for found in map(_FRAME.match, part.splitlines()):
                if found:
                    yield found[1], int(found[2]), found[3]


def _place(frames: Iterable[tuple[str, int, str]]) -> str:
    """The innermost frame of the program; empty where the benchmark itself is at work."""
    for file, line, name in frames:
        if file.startswith(_PROGRAM):
            module = Path(file).relative_to(_PROGRAM).with_suffix("")
            return f"{'.'.join(module.parts)}.{name}:{line}"
        if file.startswith(_BENCH):
            return "Qt (drawing, layout)" if name == WAITING else ""
    return ""
