"""A thermal printer in the network: takes ESC/POS over TCP and keeps the dots."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

READY = {2: 0x12, 4: 0x12}
NO_PAPER = {2: 0x32, 4: 0x72}
COVER_OPEN = {2: 0x16, 4: 0x12}
KICK = b"\x1bp\x00"
"""Begins the pulse that opens the cash drawer."""
_STATUS, _BAND, _START, _CUT = b"\x10\x04", b"\x1dv0\x00", b"\x1b@", b"\x1dV\x42\x03"


class ThermalPrinter:
    """Listens on a port of its own; ``answers`` are its states, ``None`` if it never answers."""

    def __init__(self, answers: dict[int, int] | None) -> None:
        self._answers = answers
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._door.getsockname()[1]}"
        self.jobs: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            line, _who = self._door.accept()
            with line:
                job = self._take(line)
                if job == b"bye":
                    return
                self.jobs.append(job)

    def _take(self, line: socket.socket) -> bytes:
        job = b""
        while piece := line.recv(65536):
            job += piece
            if job[:2] == _STATUS and len(job) >= 3:
                if self._answers is not None:
                    line.sendall(bytes([self._answers[job[2]]]))
                job = job[3:]
        return job

    def close(self) -> None:
        """Go off the network."""
        with socket.create_connection(self._door.getsockname()) as line:
            line.sendall(b"bye")
        self._thread.join()
        self._door.close()


@contextmanager
def thermal_printer(answers: dict[int, int] | None = None) -> Iterator[ThermalPrinter]:
    """A printer for the length of a test."""
    printer = ThermalPrinter(answers)
    try:
        yield printer
    finally:
        printer.close()


def decoded(job: bytes) -> list[Image.Image]:
    """The strips of paper a job comes to, each cut off at its end, black on white."""
    papers: list[Image.Image] = []
    bands: list[Image.Image] = []
    while job:
        if job.startswith(_START):
            job = job[len(_START) :]
        elif job.startswith(KICK):
            job = job[len(KICK) + 2 :]
        elif job.startswith(_CUT):
            papers.append(_joined(bands))
            bands, job = [], job[len(_CUT) :]
        else:
            assert job.startswith(_BAND), job[:8]
            wide, high = (int.from_bytes(job[at : at + 2], "little") for at in (4, 6))
            dots = job[8 : 8 + wide * high]
            dark = Image.frombytes("1", (wide * 8, high), dots)
            bands.append(dark.convert("L").point(lambda grey: 255 - grey))
            job = job[8 + wide * high :]
    assert not bands, "the paper was not cut"
    return papers


def _joined(bands: list[Image.Image]) -> Image.Image:
    paper = Image.new("L", (bands[0].width, sum(band.height for band in bands)))
    top = 0
    for band in bands:
        paper.paste(band, (0, top))
        top += band.height
    return paper
